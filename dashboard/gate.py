"""Sign-in, sessions and the guard: nothing but the doors of sign-in, /healthz and the framework's own code is open."""

import ipaddress
import logging
import time
from datetime import timedelta
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from limits import RateLimitItem, parse, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config

from dashboard import doors, forms, headers, sockets
from dashboard.sign_in_page import sign_in_page
from dashboard.viewer import session_limits
from data import home as house
from data.people import passwords, sessions
from data.people.sessions import Session
from data.words import _

log = logging.getLogger("flowcard.gate")
# A tab that lost its session must still load its code, see that it is signed out and go to the sign-in page.
_OPEN = ("/sign-in", "/healthz", *doors.OPEN)
_OPEN_FOLDER = "/static/"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Our own pages outside the framework.
_FORMS = ("/sign-in", "/password", *doors.OPEN)
# The framework's own numbers and agent interface are nobody's business.
_CLOSED = ("/_stcore/metrics", "/_stcore/agent")
# How many wrong passwords are looked at, in steps that make the waits grow. Whoever comes from an address where this
# very person has signed in before has tries of their own: strangers cannot use those up.
_PER_NAME = parse_many("5/minute; 10/15 minutes; 40/day")
_PER_ADDRESS = parse_many("10/minute; 30/15 minutes; 200/day")
_TOLD = parse("1/15 minutes")  # how often it is written down that tries at one thing have become too many
_tries = MovingWindowRateLimiter(MemoryStorage())
# A hash takes 64 MB and every core: one at a time, and strangers queue apart from those known here.
_LANES = {True: CapacityLimiter(1), False: CapacityLimiter(1)}
_LONGEST_QUEUE = 30
_QUEUE_IS_LONG = timedelta(seconds=30)
# One household or company has so many IPv6 addresses; they count as one.
_IPV6_NETWORK = 64

Bucket = tuple[list[RateLimitItem], tuple[str, ...]]


class Guard:
    """ASGI middleware over HTTP and websocket: hosts, session, security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        session = await to_thread.run_sync(_session_of, connection)
        refusal = _refusal(connection, session)
        if refusal is None:
            inner = _as_the_app_sees_it(connection, session)
            if scope["type"] == "websocket" and session is not None:
                await sockets.until_over(self.app, inner, receive, send, session=session)
            else:
                await self.app(inner, receive, _with_headers(send, connection))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, _with_headers(send, connection))


def _session_of(connection: HTTPConnection) -> Session | None:
    """The session behind the request's cookie, read anew; None when it is over."""
    token = forms.token_of(connection)
    if not token or connection.url.path.startswith(_OPEN_FOLDER):
        return None
    home = house.current()
    return sessions.of_token(home.db.read(), token, now=home.clock.now(), **session_limits())


def _refusal(connection: HTTPConnection, session: Session | None) -> Response | None:
    """Why this request goes no further, as the answer to give; None: it may pass."""
    path = connection.url.path
    if not _known_host(connection.headers):
        return PlainTextResponse("unknown host", 400)
    if _is_of_another_site(connection):
        return PlainTextResponse("foreign origin", 403)
    if path.startswith(_CLOSED):
        return PlainTextResponse("not found", 404)
    if session is not None or path in _OPEN or path.startswith(_OPEN_FOLDER):
        return None
    if "text/html" in connection.headers.get("accept", ""):
        asked = path + (f"?{connection.url.query}" if connection.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(asked)}", 303)
    return PlainTextResponse("sign in first", 401)


def _known_host(headers: Headers) -> bool:
    name = headers.get("host", "").rsplit(":", 1)[0].strip("[]")
    return name in config.get_option("server.allowedHosts")


def _is_of_another_site(connection: HTTPConnection) -> bool:
    """Whether a page of another site opens a socket here, or sends what may change something."""
    if connection.scope["type"] == "http" and connection.scope["method"] in _READING:
        return False
    origin = connection.headers.get("origin")
    return origin is not None and origin.split("://", 1)[-1] != connection.headers.get("host")


def _as_the_app_sees_it(connection: HTTPConnection, session: Session | None) -> Scope:
    """The request with who asks noted, and the session's number in the place of the cookie's token.

    What a browser sends under that name never arrives: a script may trust the number it reads.
    """
    headers = [(name, value) for name, value in connection.scope["headers"] if name.lower() != b"cookie"]
    headers.append((b"cookie", forms.cookies_for_the_app(connection, session)))
    return {
        **connection.scope,
        "headers": headers,
        forms.SESSION: session,
        forms.TOKEN: forms.token_of(connection),
        forms.ACTOR: session.person.actor("page") if session else None,
    }


def _with_headers(send: Send, connection: HTTPConnection) -> Send:
    form = connection.url.path in _FORMS
    return headers.on(send, connection, secure=forms.is_secure(connection), form=form)


async def sign_in(request: Request) -> Response:
    """GET: the page. POST: name and password; a session and the way back."""
    forms.speak(request)
    back = forms.own_path(request.query_params.get("next", "/"))
    session: Session | None = request.scope[forms.SESSION]
    if request.method == "POST":
        return await _posted(request, back, instead_of=session.session_id if session else "")
    if session is not None:
        return RedirectResponse(back, 303)
    # A link in a mail arrives without the strict cookie: look again from our own page before asking.
    return HTMLResponse(sign_in_page(back=back, look_again="again" not in request.query_params))


async def _posted(request: Request, back: str, *, instead_of: str) -> Response:
    fields = await forms.posted(request)
    if fields is None:
        return PlainTextResponse("foreign origin", 403)
    name, address = fields.get("name", ""), forms.address(request)
    known = await to_thread.run_sync(_is_known, name, address)
    said = (name, fields.get("password", ""), address, known, instead_of)
    found: str | timedelta | None = _QUEUE_IS_LONG
    if _LANES[known].statistics().tasks_waiting < _LONGEST_QUEUE:
        found = await to_thread.run_sync(_open_session, *said, limiter=_LANES[known])
    if isinstance(found, str):
        return forms.with_cookie(RedirectResponse(back, 303), found, request)
    if found is None:
        return HTMLResponse(sign_in_page(back=back, fault=_("The name or the password is wrong."), name=name), 401)
    minutes = forms.in_minutes(found)
    fault = _("Too many wrong tries. Wait {minutes} and try again; whoever is signed in stays so.", minutes=minutes)
    headers = {"Retry-After": str(round(found.total_seconds()))}
    return HTMLResponse(sign_in_page(back=back, fault=fault, name=name), 429, headers)


ROUTES: list[BaseRoute] = [Route("/sign-in", sign_in, methods=["GET", "POST"]), *doors.ROUTES]


def _open_session(name: str, password: str, address: str, known: bool, instead_of: str) -> str | timedelta | None:
    """The token of a new session; how long to wait after too many wrong tries; None where this one was wrong."""
    home = house.current()
    buckets = _buckets(name, address, known)
    wait = _wait(buckets)
    if wait is not None:
        if any(_tries.hit(_TOLD, "told", *key) for _limits, key in buckets):
            log.warning("too many sign-ins refused: address %s", address)
            with home.db.write(quiet=True) as tx:
                sessions.sign_in_slowed(tx, name=name, address=address)
        return wait
    person = passwords.fits(home.db.read(), name, password)
    if person is None:
        for steps, key in buckets:
            for step in steps:
                _tries.hit(step, *key)
        log.warning("sign-in refused: address %s", address)
    else:
        _forgive(buckets[0])
    with home.db.write(quiet=person is None) as tx:
        if person is None:
            sessions.sign_in_refused(tx, name=name, address=address)
            return None
        return sessions.sign_in(tx, person, address=address, instead_of=instead_of).token


def _is_known(name: str, address: str) -> bool:
    home = house.current()
    return sessions.is_known_address(home.db.read(), name=name, address=address, now=home.clock.now())


def _buckets(name: str, address: str, known: bool) -> list[Bucket]:
    """What a try counts against: the name first, then, for strangers, where it comes from."""
    whose = name.strip().casefold()[:80]
    if known:
        return [(_PER_NAME, ("known", whose, address))]
    return [(_PER_NAME, ("name", whose)), (_PER_ADDRESS, ("address", _network(address)))]


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, _IPV6_NETWORK), strict=False)) if found.version == 6 else address


def _wait(buckets: list[Bucket]) -> timedelta | None:
    """How long until a try is looked at again; None: now."""
    full = [(step, key) for steps, key in buckets for step in steps if not _tries.test(step, *key)]
    if not full:
        return None
    again = max(_tries.get_window_stats(step, *key).reset_time for step, key in full)
    return timedelta(seconds=max(1.0, again - time.time()))


def _forgive(bucket: Bucket) -> None:
    """A right password: what went wrong under this name before is forgotten; never what came from an address."""
    steps, key = bucket
    for step in steps:
        _tries.clear(step, *key)
