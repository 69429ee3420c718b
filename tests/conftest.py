"""Property tests try the same examples each time, and take the time they need: a run that fails fails for everybody.

Others each time, to look for what nobody has thought of: ``make test ARGS=--hypothesis-profile=default``.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("the same each time", derandomize=True, deadline=None)
settings.load_profile("the same each time")
