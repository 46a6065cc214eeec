"""``python -m mcs_gmail_chat``."""

from .cli import entry

entry()
