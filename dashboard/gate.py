"""Sign-in, sessions and the guard: nothing but the sign-in page, /healthz and the framework's own code is open."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from dashboard.sign_in_page import page
from dashboard.viewer import COOKIE, browser_language, session_of
from data import home as house
from data import words
from data.people import store as people
from data.people.rules import Actor, Refused
from data.words import _

# A tab that lost its session must still load its code, see that it is signed out and go to the sign-in page.
_OPEN = ("/sign-in", "/set-up", "/healthz")
_OPEN_FOLDER = "/static/"
# The framework's own numbers and agent interface are nobody's business.
_CLOSED = ("/_stcore/metrics", "/_stcore/agent")
_HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'; object-src 'none'; base-uri 'self'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
# What a form may weigh: a name, a password, an address to go back to.
_FORM_LIMIT = 8192


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
        refusal = await _refusal(connection)
        if refusal is None:
            await self.app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, _with_headers(send))


def signed_in(connection: HTTPConnection) -> Actor | None:
    """The person behind the request's cookie, read anew; None when the session is over."""
    found = session_of(connection.cookies.get(COOKIE, ""))
    return found[0].actor("page") if found else None


async def _refusal(connection: HTTPConnection) -> Response | None:
    """Why this request goes no further, as the answer to give; None: it may pass. Notes the actor for routes."""
    path = connection.url.path
    if not _known_host(connection.headers):
        return PlainTextResponse("unknown host", 400)
    if path.startswith(_CLOSED):
        return PlainTextResponse("not found", 404)
    if path in _OPEN or path.startswith(_OPEN_FOLDER):
        return None
    actor = await to_thread.run_sync(signed_in, connection)
    if actor is not None:
        connection.scope["flowcard.actor"] = actor
        return None
    if "text/html" in connection.headers.get("accept", ""):
        asked = path + (f"?{connection.url.query}" if connection.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(asked)}", 303)
    return PlainTextResponse("sign in first", 401)


def _known_host(headers: Headers) -> bool:
    name = headers.get("host", "").rsplit(":", 1)[0].strip("[]")
    return name in config.get_option("server.allowedHosts")


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


async def sign_in(request: Request) -> Response:
    """GET: the page. POST: name and password; a session and the way back."""
    _speak(request)
    back = _own_path(request.query_params.get("next", "/"))
    if request.method == "GET":
        if await to_thread.run_sync(signed_in, request):
            return RedirectResponse(back, 303)
        # A link in a mail arrives without the strict cookie: look again from our own page before asking.
        return HTMLResponse(page(back=back, look_again="again" not in request.query_params))
    fields = await _form(request)
    if fields is None:
        return PlainTextResponse("foreign origin", 403)
    token = await to_thread.run_sync(
        _open_session, fields.get("name", ""), fields.get("password", ""), _address(request)
    )
    if token is None:
        return HTMLResponse(
            page(back=back, fault=_("The name or the password is wrong."), name=fields.get("name", "")), 401
        )
    return _with_cookie(RedirectResponse(back, 303), token, secure=request.url.scheme == "https")


async def set_up(request: Request) -> Response:
    """The first administrator, through the one-time link that an empty home prints."""
    _speak(request)
    token = request.query_params.get("token", "")
    if request.method == "GET":
        return HTMLResponse(page(set_up_token=token))
    fields = await _form(request)
    if fields is None:
        return PlainTextResponse("foreign origin", 403)
    name = fields.get("name", "")
    fault = await to_thread.run_sync(_first_administrator, token, name, fields.get("password", ""))
    if fault:
        return HTMLResponse(page(set_up_token=token, fault=fault, name=name), 400)
    return RedirectResponse("/sign-in?again=1", 303)


ROUTES: list[BaseRoute] = [
    Route("/sign-in", sign_in, methods=["GET", "POST"]),
    Route("/set-up", set_up, methods=["GET", "POST"]),
]


def _open_session(name: str, password: str, address: str) -> str | None:
    home = house.current()
    person = people.password_fits(home.db.read(), name, password)
    with home.db.write() as tx:
        if person is None:
            people.sign_in_refused(tx, name=name, address=address)
            return None
        return people.sign_in(tx, person, address=address)


def _first_administrator(token: str, name: str, password: str) -> str | None:
    try:
        with house.current().db.write() as tx:
            made = people.set_up(tx, token, name=name, password=password)
    except Refused as refusal:
        return str(refusal)
    return (
        None
        if made
        else _("This set-up link has been used or is not one of ours. Start the server again for a new one.")
    )


async def _form(request: Request) -> dict[str, str] | None:
    """The posted fields; None when the form came from another site."""
    origin = request.headers.get("origin")
    if origin is None or origin.split("://", 1)[-1] != request.headers.get("host"):
        return None
    async with request.form(max_files=0, max_fields=4, max_part_size=_FORM_LIMIT) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _own_path(path: str) -> str:
    """`path` when it is one of ours, else the start page: "//evil.example" is somebody else's."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def _with_cookie(response: Response, token: str, *, secure: bool) -> Response:
    response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="strict", secure=secure)
    return response


def _speak(request: Request) -> None:
    accepted = request.headers.get("accept-language", "").split(",")[0]
    words.use(browser_language(accepted, house.current().settings.language))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
