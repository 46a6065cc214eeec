//! The one integration test: stories about the real program in the sandbox, one module per subject.
#![allow(clippy::unwrap_used, reason = "in a test an unwrap is an assertion, in its helpers too")]
#![allow(unreachable_pub, reason = "modules of one test program, which is no library")]

mod broken_world;
mod gmail_world;
mod kit;
mod main_job;
mod sandbox;
mod sign_in;
mod single_flight;
mod world;
