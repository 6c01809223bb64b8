"""The other doors: the first administrator's, those behind a link of ours, one's own password, a tab's new token."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.forms import SESSION, TOKEN, posted, speak, with_cookie
from dashboard.sign_in_page import change_page, link_page, over_page, set_up_page
from dashboard.unsubscribing import unsubscribe
from data import home as house
from data.people import keeping, passwords, sessions
from data.people.rules import Event, Refused, WrongPassword
from data.people.sessions import Session
from data.words import _

# Whoever has such a link is nobody yet.
OPEN = ("/set-up", "/reset", "/unsubscribe")


async def set_up(request: Request) -> Response:
    """The first administrator, through the one-time link that an empty home prints."""
    speak(request)
    token = request.query_params.get("token", "")
    if request.method == "GET":
        return HTMLResponse(set_up_page(token))
    fields = await posted(request)
    if fields is None:
        return PlainTextResponse("foreign origin", 403)
    name = fields.get("name", "")
    fault = await to_thread.run_sync(_first_administrator, token, name, fields.get("new", ""))
    if fault:
        return HTMLResponse(set_up_page(token, fault=fault, name=name), 400)
    return RedirectResponse("/sign-in?again=1", 303)


async def reset(request: Request) -> Response:
    """A password chosen through the one-time link that an administrator handed over."""
    speak(request)
    token = request.query_params.get("token", "")
    name = await to_thread.run_sync(_name_of_link, token)
    if name is None:
        return HTMLResponse(over_page(), 404)
    if request.method == "GET":
        return HTMLResponse(link_page(token, name))
    fields = await posted(request)
    if fields is None:
        return PlainTextResponse("foreign origin", 403)
    fault = await to_thread.run_sync(_choose, token, name, fields)
    return (
        HTMLResponse(link_page(token, name, fault=fault), 400) if fault else RedirectResponse("/sign-in?again=1", 303)
    )


async def password(request: Request) -> Response:
    """One's own password: the present one proves who asks; every other session of theirs ends."""
    session: Session = request.scope[SESSION]
    speak(request, session.person.language)
    if request.method == "GET":
        return HTMLResponse(change_page(session.person.name))
    fields = await posted(request)
    if fields is None:
        return PlainTextResponse("foreign origin", 403)
    token, fault = await to_thread.run_sync(_change, session, request.scope[TOKEN], fields)
    if fault or token is None:
        return HTMLResponse(change_page(session.person.name, fault=fault), 400)
    return with_cookie(RedirectResponse("/", 303), token, request)


async def new_token(request: Request) -> Response:
    """The token that replaces the one of this cookie, for the tab in which the password was asked for again."""
    fields = await posted(request)
    if fields is None:
        return PlainTextResponse("foreign origin", 403)
    token = await to_thread.run_sync(_renewed, request.scope[TOKEN], fields.get("word", ""))
    return with_cookie(Response(status_code=204), token, request) if token else PlainTextResponse("no", 403)


ROUTES: list[BaseRoute] = [
    Route("/set-up", set_up, methods=["GET", "POST"]),
    Route("/reset", reset, methods=["GET", "POST"]),
    Route("/unsubscribe", unsubscribe, methods=["GET", "POST"]),
    Route("/password", password, methods=["GET", "POST"]),
    Route("/session", new_token, methods=["POST"]),
]


def _first_administrator(token: str, name: str, new: str) -> str | None:
    try:
        hashed = passwords.chosen(name, new)
        with house.current().db.write() as tx:
            made = keeping.set_up(tx, token, name=name, password=hashed)
    except Refused as refusal:
        return str(refusal)
    return (
        None
        if made
        else _("This set-up link has been used or is not one of ours. Start the server again for a new one.")
    )


def _name_of_link(token: str) -> str | None:
    home = house.current()
    return keeping.link_of(home.db.read(), token, now=home.clock.now())


def _choose(token: str, name: str, fields: dict[str, str]) -> str | None:
    try:
        hashed = passwords.chosen(name, _twice_the_same(fields))
        with house.current().db.write() as tx:
            person = keeping.choose_password(tx, token, new=hashed)
    except Refused as refusal:
        return str(refusal)
    return None if person else _("This link has been used or is too old. Ask your administrator for another one.")


def _change(session: Session, token: str, fields: dict[str, str]) -> tuple[str | None, str]:
    home, by = house.current(), session.person.actor("page")
    event, object = Event.SIGN_IN_CHANGED, f"person {by.name}"
    try:
        with passwords.one_try_at_a_time:
            try:
                now = home.clock.now()
                proof = passwords.prove(home.db.read(), by, fields.get("password", ""), event, object, now=now)
            except WrongPassword:
                with home.db.write(quiet=True) as tx:
                    passwords.was_wrong(tx, by)
                raise
        new = passwords.chosen(by.name, _twice_the_same(fields))
        with home.db.write() as tx:
            keeping.change_password(tx, by, new=new, password=proof, session_id=session.session_id)
            word = sessions.want_new_token(tx, by, session.session_id)
            return sessions.renew(tx, token, word), ""
    except Refused as refusal:
        return None, str(refusal)


def _twice_the_same(fields: dict[str, str]) -> str:
    new = fields.get("new", "")
    if new != fields.get("again", ""):
        raise Refused(_("The new password was not typed the same twice"))
    return new


def _renewed(token: str, word: str) -> str | None:
    with house.current().db.write(quiet=True) as tx:
        return sessions.renew(tx, token, word)
