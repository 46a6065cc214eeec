//! Search criteria: IMAP keys translated into Gmail syntax.
