"""``python -m service`` is ``policydesk``."""

import sys

from service.cli import main

sys.exit(main())
