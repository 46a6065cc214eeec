//! What a configuration allows: access levels and recipients.
