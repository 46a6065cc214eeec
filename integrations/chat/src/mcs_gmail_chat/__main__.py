"""``python -m mcs_gmail_chat``."""

import sys

from .cli import main

sys.exit(main())
