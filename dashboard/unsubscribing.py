"""The door of whoever gets digests and cannot sign in: a link that says what it stops, and stops it when something is posted."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.forms import speak
from dashboard.sign_in_page import mute_page, muted_page, no_mute_page
from data import home as house
from data.reminders import muting
from data.reminders.muting import Outsider


async def unsubscribe(request: Request) -> Response:
    """GET: what would stop, and a button; what only follows links changes nothing. POST: it has stopped.

    A mail program posts on its reader's behalf (RFC 8058), without cookie or Origin: the signature in the link is all
    that counts, and nothing of what is posted is read.
    """
    asked = dict(request.query_params)
    found = await to_thread.run_sync(_muted if request.method == "POST" else _found, asked)
    speak(request, found.language if found else None)
    if found is None:
        return HTMLResponse(no_mute_page(muting.LINK_DAYS), 404)
    return HTMLResponse(mute_page(found.name, request.url.query) if found.listening else muted_page(found.name))


def _found(asked: dict[str, str]) -> Outsider | None:
    home = house.current()
    return muting.of_link(home.db.read(), home.keyring, asked, today=home.clock.today())


def _muted(asked: dict[str, str]) -> Outsider | None:
    found = _found(asked)
    if found is None or not found.listening:
        return found
    home = house.current()
    with home.db.write() as tx:
        return muting.mute_by_link(tx, home.keyring, asked)
