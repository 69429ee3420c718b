"""How calls travel: google-api-python-client over ``requests``, one connection pool, each call made once.

The client's own httplib2 is not thread-safe. ``Transport`` looks like ``httplib2.Http`` to it, and is safe to share.
Importing this module imports Google's client (a quarter of a second, 40 MB): ``auth.Google`` does so when first used.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn, TypeVar

import httplib2
import requests
from google.auth.transport.requests import AuthorizedSession, Request
from googleapiclient import discovery
from requests.adapters import HTTPAdapter

from integrations.google.failures import from_exception
from integrations.google.reasons import GoogleError

SessionT = TypeVar("SessionT", bound=requests.Session)
POOLED_HOSTS = 8
POOLED_CONNECTIONS = 32


class Pool:
    """The connections that all transports share. ``direct``: pass by the machine's proxy settings (for loopback)."""

    def __init__(self, *, direct: bool) -> None:
        # No retries below us: only the caller knows whether a call may be repeated.
        self._adapter = HTTPAdapter(POOLED_HOSTS, POOLED_CONNECTIONS, max_retries=0)
        self._direct = direct

    def fit(self, session: SessionT) -> SessionT:
        """Let a session use these connections, keep no cookies and retry nothing; returns it."""
        session.mount("https://", self._adapter)
        session.mount("http://", self._adapter)
        session.trust_env = not self._direct
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session

    def close(self) -> None:
        self._adapter.close()


class Transport:
    """What googleapiclient needs of ``httplib2.Http``, for one identity and API; safe for many threads.

    ``timeout``: seconds to connect, and seconds between two bytes of the reply.
    """

    def __init__(self, credentials: Any, pool: Pool, timeout: tuple[float, float]) -> None:
        self.redirect_codes: frozenset[int] = frozenset()
        self._credentials = credentials
        self._timeout = timeout
        token_request = Request(session=pool.fit(requests.Session()))
        self._token_request = functools.partial(token_request, timeout=timeout)
        self._token_lock = threading.Lock()
        # A 401 means that nothing was done: refresh once and repeat, no more.
        self._session = pool.fit(AuthorizedSession(credentials, max_refresh_attempts=1, auth_request=token_request))

    def sign_in(self, *, afresh: bool = False) -> None:
        """Make sure of a token, asking once however many threads are waiting."""
        with self._token_lock:
            if afresh or not self._credentials.valid:
                self._credentials.refresh(self._token_request)

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_httplib2_only: Any,
    ) -> tuple[Any, bytes]:
        """Send one request; returns (httplib2.Response, content). Raises requests' and google.auth's exceptions."""
        self.sign_in()
        reply = self._session.request(
            method,
            uri,
            data=body.encode() if isinstance(body, str) else body,
            headers=dict(headers or {}),
            timeout=self._timeout,
            allow_redirects=False,  # these APIs do not redirect; a token never follows one elsewhere
        )
        # requests has undone both encodings.
        kept = {k: v for k, v in reply.headers.items() if k.lower() not in ("content-encoding", "transfer-encoding")}
        response = httplib2.Response({**kept, "status": str(reply.status_code)})
        response.reason = reply.reason
        return response, reply.content

    def close(self) -> None:
        """Nothing of its own: the pool is shared and closed by its owner."""


class _Unbound:
    """Stands in for a transport in a resource that all identities share: it never sends."""

    redirect_codes: frozenset[int] = frozenset()

    def request(self, *_args: Any, **_options: Any) -> NoReturn:
        raise RuntimeError("a request to Google is sent with Api.run, which knows in whose name")

    def close(self) -> None:
        """Nothing to close."""


def build(api: str, version: str, root: str | None) -> Any:
    """The client's resource for an API from its bundled discovery document, bound to nobody. ``root`` ends in ``/``."""
    return discovery.build(
        api,
        version,
        http=_Unbound(),
        static_discovery=True,
        cache_discovery=False,
        client_options={"api_endpoint": root} if root else None,
    )


class Api:
    """One Google API in the name of one account: ``run(api.resource.users().drafts().create(...))``."""

    def __init__(self, resource: Any, transport: Transport) -> None:
        self.resource = resource
        self._transport = transport

    def run(self, request: Any, *, reading: bool = False) -> Any:
        """Send a request that ``resource`` made, once; returns the decoded reply. Raises DeliveryError.

        ``reading``: a POST that changes nothing (a search), so that no failure of it is ambiguous.
        """
        reading = reading or request.method == "GET"
        try:
            reply = request.execute(http=self._transport, num_retries=0)
        except Exception as error:
            failure = from_exception(error, reading=reading)
            if failure is None:
                raise
        else:
            # The client hands on a body that is not JSON as text: a proxy's page is no answer of Google's.
            if isinstance(reply, dict) or (request.method == "DELETE" and not reply):
                return reply
            failure = GoogleError("unreadable-reply", ambiguous=not reading, systemic=True)
        # Not chained: Google's own words may hold addresses, and a chain ends up in logs.
        raise failure

    def sign_in(self) -> None:
        """Ask for a new token, whatever is held. Raises DeliveryError."""
        try:
            self._transport.sign_in(afresh=True)
        except Exception as error:
            failure = from_exception(error, reading=True)
            if failure is None:
                raise
        else:
            return
        raise failure
