"""The one HTTP client of all connectors (HTTP/1.1), and its errors as a tree.

    CallError
    ├── NeverLeft       not one byte of the request left this machine
    │   └── Held        the carrier's pace has no turn before the deadline
    ├── Doubt           a byte may have left, or nobody can tell
    │   └── Unreadable  an answer came that cannot be trusted to say anything
    └── NoToken         the carrier gives us no session token

One call, one total deadline on a monotonic clock, no redirect, no proxy, no retry, a capped body. Questions are asked
again by `asked`; an order that would go out from within one is stopped here.
"""

import logging
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from jobs.carriers.http.again import asked, in_a_question
from jobs.carriers.http.errors import CallError, Doubt, Held, NeverLeft, Unreadable
from jobs.carriers.http.reading import Reply, read_capped, wait_asked
from jobs.carriers.http.tokens import NoToken, Token, TokenKeeper
from jobs.carriers.http.wire import Call, DeadlinePassed, Wire, is_loopback, under
from jobs.carriers.pacing import Pace

__all__ = [
    "CallError",
    "Doubt",
    "Held",
    "Http",
    "NeverLeft",
    "NoToken",
    "Reply",
    "Token",
    "TokenKeeper",
    "Unreadable",
    "asked",
    "checked_url",
]

# Both libraries log addresses with their query, one of them headers: there stand our keys.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).setLevel(logging.CRITICAL)
    logging.getLogger(_name).propagate = False

# Answers to an order are a few hundred bytes; lists come in pages.
BODY_CAP = 4 * 2**20
_TOO_MANY, _UNAVAILABLE = 429, 503
_TROUBLE = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ConnectionNotAvailable,
    DeadlinePassed,
    OSError,
)


def checked_url(url: str, *, allow_loopback: bool) -> str:
    """A base URL an account may have: https, or this machine where the account says so. Raises ValueError."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError("give an address such as https://api.example.com/v1") from error
    if parts.userinfo or parts.query or parts.fragment or not parts.host:
        raise ValueError("give scheme, host and path only, such as https://api.example.com/v1")
    local = is_loopback(parts.host)
    if local and not allow_loopback:
        raise ValueError("this is an address of this machine; set allow_loopback = true if that is meant")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ValueError("must begin with https://")
    return url.rstrip("/")


class Http:
    """Calls to one carrier under one credential. Thread-safe."""

    def __init__(
        self,
        base_url: str,
        *,
        pace: Pace,
        now: Callable[[], datetime],
        allow_loopback: bool = False,
        ca_file: str | None = None,
        connections: int = 8,
    ) -> None:
        url = httpx.URL(checked_url(base_url, allow_loopback=allow_loopback))
        self.pace = pace
        self._now = now
        self._origin = (url.scheme, url.host, url.port)
        wire = Wire(plain=url.scheme == "http", allow_loopback=allow_loopback)
        context = None
        if url.scheme == "https":
            context = httpx.create_ssl_context(trust_env=False)
            if ca_file:
                context.load_verify_locations(ca_file)

        def client(kept: int) -> httpx.Client:
            pool = httpcore.ConnectionPool(
                ssl_context=context,
                max_connections=connections,
                max_keepalive_connections=kept,
                keepalive_expiry=15,
                network_backend=wire,
            )
            no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
            headers = {"Accept-Encoding": "identity", "User-Agent": "flowcard", "Accept": "application/json"}
            return httpx.Client(
                base_url=url, transport=_Pool(pool), trust_env=False, headers=headers, cookies=no_cookies
            )

        # An order goes out on a connection of its own: one that was idle may be dead, and that would be a doubt for nothing.
        self._orders, self._reads = client(0), client(connections)
        # A connection that carriers.toml has replaced may still be in a call; with the last of them it closes its sockets.
        weakref.finalize(self, _closed, self._orders, self._reads).atexit = False

    def call(
        self,
        method: str,
        path: str,
        *,
        deadline_s: float,
        money: bool = False,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        body_cap: int = BODY_CAP,
    ) -> Reply:
        """One request and its whole answer, within `deadline_s` in total; waiting for a turn is part of it.

        `money`: an order, which goes before everything else. A redirect is an answer like any other. Raises NeverLeft
        and Doubt; both say so in words that hold no secret.
        """
        if money and in_a_question():
            raise NeverLeft("an order is no part of a question, which may be asked again")
        call = Call(time.monotonic() + deadline_s)
        if not self.pace.take(until=call.ends_at, urgent=money):
            raise Held(max(self.pace.held_s(), 1.0))
        client = self._orders if money else self._reads
        try:
            with under(call):
                timeout = httpx.Timeout(None, pool=call.remaining_s())
                request = client.build_request(
                    method, path, params=params, headers=headers, content=content, timeout=timeout
                )
                if (request.url.scheme, request.url.host, request.url.port) != self._origin:
                    raise NeverLeft("the request names another host than the account")
                reply = self._answered(client, request, body_cap)
        except NeverLeft as error:
            if call.left:
                raise Doubt(str(error)) from None
            raise
        except _TROUBLE as error:
            words = "the deadline passed" if _is_late(error) else f"the connection failed ({type(error).__name__})"
            if call.left:
                raise Doubt(words) from None
            self.pace.unreachable()
            raise NeverLeft(words) from None
        return reply

    def close(self) -> None:
        """Close all connections."""
        _closed(self._orders, self._reads)

    def _answered(self, client: httpx.Client, request: httpx.Request, body_cap: int) -> Reply:
        answer = client.send(request, stream=True, follow_redirects=False)
        try:
            wait_s = self._felt(answer)
            encoding = answer.headers.get("content-encoding", "").strip().lower()
            body = read_capped(answer.iter_raw(), encoding=encoding, cap=body_cap)
        finally:
            answer.close()
        return Reply(answer.status_code, {name.lower(): told for name, told in answer.headers.items()}, body, wait_s)

    def _felt(self, answer: httpx.Response) -> float:
        """Let the pace know how the carrier feels; for how long it wants no call."""
        asked = wait_asked(answer.headers, self._now())
        if answer.status_code == _TOO_MANY or (answer.status_code == _UNAVAILABLE and asked is not None):
            return self.pace.complained(asked)
        self.pace.answered()
        return 0.0


def _closed(*clients: httpx.Client) -> None:
    for one in clients:
        one.close()


def _is_late(error: Exception) -> bool:
    return isinstance(error, DeadlinePassed | httpcore.TimeoutException | TimeoutError)


class _Pool(httpx.BaseTransport):
    """Our connections under httpx's requests."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                url,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """The body as it comes."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
