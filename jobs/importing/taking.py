"""One file from its bytes to the house: read, rehearsed or merged, and what became of it. Page, inbox and command share it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from data.database import Reader, Transaction
from data.files import store
from data.files.layouts import layouts
from data.files.rules import Counts, RefusedRow
from data.files.store import Preview
from data.home import Home
from data.keeping import keep_file, measured
from data.people.rules import Actor
from data.words import N_, later
from jobs.importing.cleaning import Cleaned, clean
from jobs.importing.landing import Landed, land
from jobs.importing.reading import read_file
from jobs.importing.recognising import Recognition, recognise, with_padded_terminal_ids
from jobs.importing.refusing import FileRefused, Remark

SOME_REFUSED = N_("{refused} rows are refused, so nothing was taken; mend them, or accept the good rows")
ALL_REFUSED = N_("Every row is refused; nothing was taken")
NO_LAYOUT = N_("There is no layout named '{layout}'; the Import page saves one")
_MEGABYTE = 1024 * 1024

State = Literal["imported", "rehearsed", "known", "refused"]


class _TakenBack(Exception):
    """The transaction is rolled back on purpose."""


@dataclass(frozen=True)
class Prepared:
    """A file as read, before it touches the house."""

    recognition: Recognition
    cleaned: Cleaned

    def refusals(self, landed: Landed) -> list[RefusedRow]:
        """The file's own refusals and the house's, columns named as in the file."""
        headers = self.recognition.mapping
        own = [
            RefusedRow(row.sheet, row.line, row.column, row.value, row.reason, dict(row.values))
            for row in self.cleaned.refusals
        ]
        theirs = [replace(row, column=headers.get(row.column, row.column)) for row in landed.refusals]
        return sorted([*own, *theirs], key=lambda row: (row.sheet, row.line, row.column))


@dataclass(frozen=True)
class Taken:
    """What became of one file."""

    filename: str
    state: State
    kind: str | None = None
    layout: str | None = None
    upload_id: int | None = None
    counts: Counts = field(default_factory=Counts)
    refusals: Sequence[RefusedRow] = ()
    remarks: Sequence[Remark] = ()
    findings: Mapping[str, int] = field(default_factory=dict)
    since: datetime | None = None  # known: the same file was taken then
    error: tuple[str, dict[str, Any]] | None = None  # refused: msgid and values

    @property
    def rows_refused(self) -> int:
        """How many rows were not taken."""
        return store.refused_lines(self.refusals)


@dataclass(frozen=True)
class _Noted:
    """A file as its upload row will say it came."""

    sha256: str
    filename: str
    size: int
    source: str

    def keep(self, tx: Transaction, by: Actor, kind: str | None = None) -> int:
        """Write the row."""
        return store.keep_upload(
            tx, by, sha256=self.sha256, filename=self.filename, size=self.size, source=self.source, kind=kind
        )


def recognised(
    home: Home,
    path: Path,
    filename: str,
    *,
    kind: str | None = None,
    mapping: Mapping[str, str] | None = None,
    layout: str | None = None,
) -> Recognition:
    """What the file at `path` is taken for. `layout` names the one to use; else a fitting one is found.

    Raises FileRefused.
    """
    settings, known = home.settings, layouts(home.db.read())
    chosen = next((each for each in known if each.name == layout), None)
    if layout and chosen is None:
        raise FileRefused(NO_LAYOUT, layout=layout)
    if chosen:
        kind, mapping = chosen.kind, chosen.mapping
    workbook = read_file(
        path, filename, max_bytes=settings.import_max_mb * _MEGABYTE, max_rows=settings.import_max_rows
    )
    found = recognise(workbook, kind=kind, mapping=mapping, layouts=known)
    return replace(found, layout=layout or found.layout)


def prepare(home: Home, recognition: Recognition) -> Prepared:
    """The recognised file's rows, good and refused. Raises FileRefused."""
    return Prepared(recognition, clean(recognition, today=home.clock.today()))


def take(
    home: Home,
    by: Actor,
    *,
    path: Path,
    filename: str,
    source: Literal["inbox", "command"],
    kind: str | None = None,
    layout: str | None = None,
    accept_good: bool,
    dry_run: bool = False,
    pad_terminal_ids: bool = False,
) -> Taken:
    """Take one file whole, in one transaction; `accept_good`: without its refused rows, else all or nothing.

    1. keep its bytes (not of a dry run);
    2. read, recognise and clean it;
    3. the same file again: say so and change nothing;
    4. merge it together with the row that says so; a dry run, or a refused row of an all-or-nothing file, takes all back.
    """
    sha256, size = measured(path) if dry_run else keep_file(home.incoming, path)
    noted = _Noted(sha256, filename, size, source)
    try:
        found = recognised(home, path, filename, kind=kind, layout=layout)
        prepared = prepare(home, with_padded_terminal_ids(found) if pad_terminal_ids else found)
    except FileRefused as refused:
        if not dry_run:
            with home.db.write() as tx:
                upload_id = noted.keep(tx, by)
                store.refuse(tx, by, upload_id=upload_id, msgid=refused.msgid, values=refused.values)
        return Taken(filename, "refused", kind=kind, error=(refused.msgid, refused.values))
    since = known_since(home.db.read(), sha256, prepared)
    if since:
        return Taken(filename, "known", kind=prepared.cleaned.kind, since=since)
    taken = _merge(home, by, noted, prepared, accept_good=accept_good, dry_run=dry_run)
    if taken.state == "refused" and not dry_run:
        with home.db.write() as tx:
            upload_id = noted.keep(tx, by, taken.kind)
            msgid, values = taken.error or (ALL_REFUSED, {})
            store.refuse(tx, by, upload_id=upload_id, msgid=msgid, values=values, refusals=taken.refusals)
        return replace(taken, upload_id=upload_id)
    return taken


def _merge(home: Home, by: Actor, noted: _Noted, prepared: Prepared, *, accept_good: bool, dry_run: bool) -> Taken:
    kind = prepared.cleaned.kind
    taken = Taken(
        noted.filename,
        "imported",
        kind=kind,
        layout=prepared.recognition.layout,
        remarks=prepared.cleaned.remarks,
    )
    try:
        with home.db.write(quiet=dry_run) as tx:
            upload_id = noted.keep(tx, by, kind)
            landed = land(tx, prepared.cleaned, source=f"import {upload_id}", roll=not dry_run)
            refusals = prepared.refusals(landed)
            taken = replace(taken, counts=landed.counts, refusals=refusals, findings=landed.findings)
            if dry_run:
                taken = replace(taken, state="rehearsed")
                raise _TakenBack
            error = _why_not(taken, accept_good=accept_good)
            if error:
                taken = replace(taken, state="refused", counts=Counts(), findings={}, error=error)
                raise _TakenBack
            store.imported(
                tx,
                by,
                upload_id=upload_id,
                kind=kind,
                layout=prepared.recognition.layout,
                mapping=prepared.recognition.mapping,
                counts=landed.counts,
                refusals=refusals,
            )
            return replace(taken, upload_id=upload_id)
    except _TakenBack:
        return taken


def _why_not(taken: Taken, *, accept_good: bool) -> tuple[str, dict[str, Any]] | None:
    if not taken.refusals:
        return None
    if taken.counts == Counts():
        return ALL_REFUSED, {}
    return None if accept_good else (SOME_REFUSED, {"refused": f"{taken.rows_refused:,}"})


def rehearse(home: Home, prepared: Prepared) -> Landed:
    """What the file would do: merged in a transaction that is rolled back, so the counts are the import's own."""
    landed: Landed | None = None
    try:
        with home.db.write(quiet=True) as tx:
            landed = land(tx, prepared.cleaned, source="rehearsal", roll=False)
            raise _TakenBack
    except _TakenBack:
        pass
    if landed is None:
        raise AssertionError("a rehearsal ends by being taken back")
    return landed


def known_since(reader: Reader, sha256: str, prepared: Prepared) -> datetime | None:
    """When this very file was taken whole, read the same way."""
    return store.known_since(reader, sha256=sha256, kind=prepared.cleaned.kind, mapping=prepared.recognition.mapping)


def preview_of(
    recognition: Recognition,
    *,
    cleaned: Cleaned | None = None,
    landed: Landed | None = None,
    since: datetime | None = None,
) -> Preview:
    """What the person who decides gets to see; less of it where cleaning refused the file."""
    return Preview(
        headers=list(recognition.headers),
        mapping=dict(recognition.mapping),
        columns=list(recognition.columns),
        samples=list(recognition.samples),
        remarks=[
            {
                "column": remark.column,
                "reason": later(remark.reason, **remark.values),
                "count": remark.count,
                "line": remark.line,
                "value": remark.value,
            }
            for remark in (cleaned.remarks if cleaned else ())
        ],
        findings=landed.findings if landed else {},
        known_since=since.isoformat() if since else None,
    )
