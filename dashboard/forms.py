"""What our own forms outside the framework share: cookies, posted fields, the way back, the language."""

from datetime import timedelta

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from dashboard.viewer import COOKIE, browser_language
from data import home as house
from data import words
from data.people.sessions import Session
from data.words import plural

# Over https the browser itself keeps the cookie to this host, this path and encrypted connections.
SECURE_COOKIE = "__Host-sid"
# What the guard notes in the scope for our routes.
SESSION, TOKEN, ACTOR = "flowcard.session", "flowcard.token", "flowcard.actor"
# What a form may weigh: a name, passwords, an address to go back to.
_FORM_LIMIT = 8192


def is_secure(connection: HTTPConnection) -> bool:
    """Whether it came over TLS, here or at the proxy in front."""
    return connection.url.scheme in {"https", "wss"}


def token_of(connection: HTTPConnection) -> str:
    """The session's token: over TLS only the cookie that cannot have been set otherwise counts."""
    return connection.cookies.get(SECURE_COOKIE if is_secure(connection) else COOKIE, "")


def with_cookie(response: Response, token: str, request: Request) -> Response:
    """The answer with the session's token: for no script to read, for no other site to send."""
    secure = is_secure(request)
    name = SECURE_COOKIE if secure else COOKIE
    response.set_cookie(name, token, path="/", httponly=True, samesite="strict", secure=secure)
    return response


def cookies_for_the_app(connection: HTTPConnection, session: Session | None) -> bytes:
    """The cookie header without any token of ours: the session's number stands in its place."""
    parts = [part.strip() for value in connection.headers.getlist("cookie") for part in value.split(";")]
    others = [part for part in parts if part and part.split("=", 1)[0].strip() not in {COOKIE, SECURE_COOKIE}]
    own = [f"{COOKIE}={session.session_id}"] if session else []
    return "; ".join([*others, *own]).encode("latin-1")


async def posted(request: Request) -> dict[str, str] | None:
    """The posted fields; None when the form came from another site or weighs too much."""
    origin = request.headers.get("origin")
    length = request.headers.get("content-length", "")
    if origin is None or origin.split("://", 1)[-1] != request.headers.get("host"):
        return None
    if not length.isdecimal() or int(length) > _FORM_LIMIT:
        return None
    async with request.form(max_files=0, max_fields=4, max_part_size=_FORM_LIMIT) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def own_path(path: str) -> str:
    """`path` when it is one of ours, else the start page: "//evil.example" is somebody else's."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


def speak(request: Request, language: str | None = None) -> None:
    """Answer in a person's language, or in the browser's."""
    accepted = request.headers.get("accept-language", "").split(",")[0]
    words.use(language or browser_language(accepted, house.current().settings.language))


def address(request: Request) -> str:
    """Where the request comes from; behind a proxy on this machine, where that one says it comes from."""
    return request.client.host if request.client else ""


def in_minutes(wait: timedelta) -> str:
    """So many minutes, rounded up."""
    return plural("{count} minute", "{count} minutes", max(1, -int(-wait.total_seconds() // 60)))
