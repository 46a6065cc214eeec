//! A Gmail message resource turned into the message a person sees.
