"""Somebody at the console: signed in with Google as a browser would be, each redirect followed by hand."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

SECONDS = 15


class Visitor:
    """A person's browser, without the browser. ``address`` is the console's, ``email`` who they say they are."""

    def __init__(self, address: str, email: str) -> None:
        self._address = address
        self._email = email
        self._session = requests.Session()

    def open(self, path: str) -> requests.Response:
        """A page of the console, after signing in where that is asked for."""
        answer = self._get(f"{self._address}{path}")
        while answer.is_redirect:
            answer = self._follow(answer)
        return answer

    def press(self, page: requests.Response, action: str) -> requests.Response:
        """Post the form of a page that goes to ``action``, with all that is hidden in it; the page that comes of it."""
        forms = _Forms()
        forms.feed(page.text)
        target = next(target for target in forms.fields if target.endswith(action))
        url = urljoin(page.url, target)
        answer = self._session.post(url, forms.fields[target], allow_redirects=False, timeout=SECONDS)
        assert answer.status_code == 303, answer.status_code
        return self.open(str(answer.headers["Location"]))

    def post(self, path: str, fields: dict[str, str]) -> requests.Response:
        """Post to a page, from nowhere."""
        return self._session.post(f"{self._address}{path}", fields, allow_redirects=False, timeout=SECONDS)

    def _follow(self, answer: requests.Response) -> requests.Response:
        target = urljoin(answer.url, answer.headers["Location"])
        if "/o/oauth2/" not in target:
            return self._get(target)
        page = self._get(target)
        assert re.search(rf"\b{re.escape(self._email)}\b", page.text), f"{self._email} cannot be chosen"
        return self._session.post(target, {"email": self._email}, allow_redirects=False, timeout=SECONDS)

    def _get(self, url: str) -> requests.Response:
        return self._session.get(url, allow_redirects=False, timeout=SECONDS)


class _Forms(HTMLParser):
    """The forms of a page: where they go, and the hidden fields in them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, dict[str, str]] = {}
        self._open: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = self.fields.setdefault(given.get("action", ""), {})
        elif tag in ("input", "button") and given.get("name"):
            self._open[given["name"]] = given.get("value", "")
