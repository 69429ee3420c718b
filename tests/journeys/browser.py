"""A real browser: the machine's own Chromium, driven by Playwright, which downloads none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
"""It runs as whoever runs the tests, in a container too, and looks for nothing on the network."""

Visit = Callable[[], Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a screen; the test is skipped where the machine has none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser on this machine: install one of {', '.join(NAMES)}")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """``visit()`` opens a page in a fresh profile: another person at another machine."""
    with ExitStack() as stack:

        def open_page() -> Page:
            context = browser.new_context(viewport={"width": 1200, "height": 900}, locale="en-GB")
            stack.callback(context.close)
            return context.new_page()

        yield open_page
