//! Mail addresses: parsing, checking, comparing.
