//! Outgoing messages: RFC 5322 by a library, behind one gate.
