"""Wishes for files: asked by a page or a command, written by a job, fetched by the person who asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data import words
from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.files.exports_rules import SPLITS, ExportRefused, formats_of
from data.people import scopes
from data.people.rules import Action, Actor, Event, NotThere, Refused
from data.people.store import require
from data.words import _, later, spoken

Q = Queries.beside(__file__, "exports.sql")
# What a file holds that not everybody may see who may export.
_NEEDS = {"payment_request": Action.SEE_BANK_ACCOUNTS}


@dataclass(frozen=True)
class Export:
    """One row of `export`."""

    export_id: int
    what: str
    format: str
    filters: str  # JSON: the page's own filter
    split_by: str | None
    language: str
    person_id: int
    asked_at: datetime
    state: str
    filename: str | None  # what the person's browser will call it
    rows_written: int | None
    sha256: str | None
    error: str | None  # a kept sentence
    ended_at: datetime | None
    scope: str | None  # JSON: what part of the fleet it holds; None: the whole

    @property
    def filter(self) -> dict[str, Any]:
        """The filter as it was asked."""
        found: dict[str, Any] = json.loads(self.filters)
        return found

    @property
    def stored_as(self) -> str:
        """Its name inside exports/: a number and a known ending, nothing a person wrote."""
        return f"{self.export_id}.{'zip' if self.split_by else self.format}"

    def why_failed(self) -> str:
        """The sentence of a failure, in the language of the moment."""
        return spoken(self.error) if self.error else ""


def ask_export(
    tx: Transaction,
    by: Actor,
    *,
    what: str,
    format: str,
    filters: Mapping[str, Any],
    split_by: str | None = None,
    language: str | None = None,
) -> int:
    """Wish for a file; its export_id. `filters` is the page's own filter as JSON-able dict, its order included."""
    require(tx, by, Action.EXPORT, what)
    require(tx, by, _NEEDS.get(what, Action.EXPORT), what)
    if format not in formats_of(what) or (split_by is not None and split_by not in SPLITS):
        raise Refused(_("There is no export of {what} as {format}", what=what, format=format))
    export_id = int(
        tx.value(
            Q.add_export,
            what=what,
            format=format,
            filters=json.dumps(filters, ensure_ascii=False, sort_keys=True, default=str),
            split_by=split_by,
            language=language or words.language(),
            person_id=by.person_id,
            now=tx.now,
            scope=scopes.of(tx, by.person_id).to_json(),
        )
    )
    audit.record(
        tx, by, Event.EXPORT_ASKED, f"export {export_id}", what=what, format=format, split_by=split_by, filters=filters
    )
    return export_id


def exports(reader: Reader, person_id: int, *, limit: int = 50, offset: int = 0) -> list[Export]:
    """What this person asked for, newest first."""
    return reader.records(Export, Q.exports_of, person_id=person_id, limit=limit, offset=offset)


def count(reader: Reader, person_id: int) -> int:
    """How many exports this person asked for."""
    return int(reader.value(Q.exports_count, person_id=person_id))


def one(reader: Reader, export_id: int) -> Export | None:
    """One export."""
    return reader.record(Export, Q.export_by_id, export_id=export_id)


def get(reader: Reader, export_id: int) -> Export:
    """One export that must be there."""
    export = one(reader, export_id)
    if export is None:
        raise NotThere(_("There is no such file for you"))
    return export


def waiting(reader: Reader, *, limit: int = 20) -> list[Export]:
    """What no job has written yet, oldest first."""
    return reader.records(Export, Q.waiting_exports, limit=limit)


def written(tx: Transaction, by: Actor, *, export_id: int, filename: str, rows: int, sha256: str) -> None:
    """The file is in exports/."""
    require(tx, by, Action.WORK, f"export {export_id}")
    tx.run(Q.export_written, export_id=export_id, filename=filename, rows_written=rows, sha256=sha256, now=tx.now)
    audit.record(tx, by, Event.EXPORT_WRITTEN, f"export {export_id}", rows=rows, sha256=sha256)


def failed(tx: Transaction, by: Actor, *, export_id: int, reason: ExportRefused) -> None:
    """There will be no file, for this reason."""
    require(tx, by, Action.WORK, f"export {export_id}")
    error = later(reason.msgid, **reason.values)
    tx.run(Q.export_failed, export_id=export_id, error=error, now=tx.now)
    audit.record(tx, by, Event.EXPORT_FAILED, f"export {export_id}", reason=str(reason))


def fetch(tx: Transaction, by: Actor, export_id: int) -> Export:
    """The written export that `by` asked for and may have; leaves a trace of the fetching. Raises Refused."""
    require(tx, by, Action.EXPORT, f"export {export_id}")
    export = get(tx, export_id)
    # A stranger learns nothing about what others asked for: not theirs and not there are one answer.
    if export.person_id != by.person_id or export.state != "written":
        raise NotThere(_("There is no such file for you"))
    if export.scope != scopes.of(tx, by.person_id).to_json():
        raise Refused(_("This file holds another part of the fleet than the one you see now; ask for it again"))
    require(tx, by, _NEEDS.get(export.what, Action.EXPORT), f"export {export_id}")
    audit.record(tx, by, Event.EXPORT_FETCHED, f"export {export_id}", sha256=export.sha256)
    return export
