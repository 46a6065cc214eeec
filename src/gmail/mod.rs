//! The Gmail operations.

mod address;
mod html;
mod query;
mod read;
mod write;
