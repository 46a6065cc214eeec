"""Chat with a Gmail mailbox at the terminal: a model asks, mcs-gmail works, the person decides."""

__version__ = "0.1.0"
