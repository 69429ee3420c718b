"""What the journeys share."""

from tests.journeys.browser import browser, visit

__all__ = ["browser", "visit"]
