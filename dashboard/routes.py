"""Downloads outside the page: written exports at /x/{id}, vouchers at /v/{id}. Never inline, never from a cache.

Inline come only the pictures a job has drawn of vouchers, at /v/{id}/{page}: our own PNG, not the stranger's bytes.

The guard has found out who asks (`flowcard.actor` in the scope); the stores decide anew whether they may.
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from data import home as house
from data.database import Transaction
from data.files import exports_store as exports
from data.files.exports_rules import GONE, KEPT_FOR
from data.home import Home
from data.people import scopes
from data.people import store as people
from data.people.rules import Actor, NotThere, Refused
from data.vouchers import picturing
from data.vouchers import store as vouchers
from data.words import _, speaking

ACTOR = "flowcard.actor"
# A download is bytes to keep, not a page to run: whatever a browser makes of them, it may do nothing.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def download_export(request: Request) -> Response:
    """The written export, for the person who asked for it."""

    def fetched(home: Home, tx: Transaction, by: Actor) -> Response:
        export = exports.fetch(tx, by, request.path_params["export_id"])
        path = home.exports / export.stored_as
        if not path.is_file():
            return _told(_(GONE, days=KEPT_FOR.days), 410)
        return _file(path, export.filename or export.stored_as)

    return _handed_out(request, fetched)


def download_voucher(request: Request) -> Response:
    """The voucher's original bytes."""

    def fetched(home: Home, tx: Transaction, by: Actor) -> Response:
        paper = vouchers.fetch(tx, by, request.path_params["voucher_id"])
        return _file(home.vouchers / paper.sha256, paper.filename)

    return _handed_out(request, fetched)


def show_page(request: Request) -> Response:
    """The picture of one page of a voucher."""

    def fetched(home: Home, tx: Transaction, by: Actor) -> Response:
        path = home.previews / picturing.fetch_page(
            tx, by, *(request.path_params[name] for name in ("voucher_id", "page"))
        )
        if not path.is_file():
            return _told(_("The picture is gone"), 410)
        return FileResponse(path, media_type="image/png", headers=HEADERS)

    return _handed_out(request, fetched)


def _handed_out(request: Request, fetched: Callable[[Home, Transaction, Actor], Response]) -> Response:
    """The right checked again and the act recorded in one transaction, in the person's language."""
    home, by = house.current(), request.scope.get(ACTOR)
    if by is None:
        return _told(_("Sign in first"), 401)
    with speaking(_language(home, by)):
        try:
            with home.db.write(quiet=True) as tx:
                answer = fetched(home, tx, by)
                _in_sight(home, tx, by, request.path_params.get("voucher_id"))
                return answer
        except Refused as refusal:
            return _refused(refusal)


def _in_sight(home: Home, tx: Transaction, by: Actor, voucher_id: int | None) -> None:
    """Raise NotThere for a paper that proves anything outside the part of the fleet this person sees."""
    if voucher_id is not None:
        with scopes.narrowed(home.db, scopes.of(tx, by.person_id)) as reader:
            if vouchers.one(reader, voucher_id) is None:
                raise NotThere(_("There is no voucher {voucher}", voucher=voucher_id))


# Numbers only: an id with anything else in it is no route at all.
ROUTES = [
    Route("/x/{export_id:int}", download_export, methods=["GET"]),
    Route("/v/{voucher_id:int}", download_voucher, methods=["GET"]),
    Route("/v/{voucher_id:int}/{page:int}", show_page, methods=["GET"]),
]


def disposition(filename: str) -> str:
    """`attachment` with the name as RFC 6266 wants it: plain for old browsers, UTF-8 for the others."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_. ()") else "_" for sign in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _file(path: Path, filename: str) -> Response:
    headers = {**HEADERS, "Content-Disposition": disposition(filename)}
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


def _refused(refusal: Refused) -> Response:
    return _told(str(refusal), 404 if isinstance(refusal, NotThere) else 403)


def _told(sentence: str, status: int) -> Response:
    return PlainTextResponse(sentence, status_code=status, headers=HEADERS)


def _language(home: Home, by: Actor) -> str:
    person = people.by_name(home.db.read(), by.name)
    return (person and person.language) or home.settings.language
