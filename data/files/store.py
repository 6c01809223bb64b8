"""Uploads from the drop to the import, and their refused rows. Their bytes lie under their SHA-256 (incoming.py)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.files.rules import KINDS, Counts, RefusedRow
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.words import N_, _, later

Q = Queries.beside(__file__)
# What one page or one tick looks at.
_AT_ONCE = 50

NOT_NOW = N_("The file {filename} is not waiting for this any more; look again")

_REFUSED_ROWS = pa.schema(
    [
        ("sheet", pa.string()),
        ("line", pa.int64()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True)
class Upload:
    """One row of `upload`; of a list, without its preview."""

    upload_id: int
    sha256: str
    filename: str
    bytes: int
    source: str  # page, inbox, command
    person: str | None
    kind: str | None  # a key of KINDS; None: not recognised yet
    layout: str | None
    mapping: str | None  # JSON {canonical column: header}
    state: str
    preview: str | None  # JSON of Preview
    error: str | None  # a kept sentence
    rows_new: int | None
    rows_changed: int | None
    rows_same: int | None
    rows_refused: int | None
    uploaded_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Preview:
    """What reading a file found, for the person who decides."""

    headers: list[str] = field(default_factory=list)  # as they stand in the file
    mapping: dict[str, str] = field(default_factory=dict)  # canonical column → header
    columns: list[str] = field(default_factory=list)  # canonical columns this kind may have
    samples: list[dict[str, str]] = field(default_factory=list)  # the first rows, header → text as in the file
    remarks: list[dict[str, Any]] = field(default_factory=list)  # column, reason (a kept sentence), count, line, value
    findings: dict[str, int] = field(default_factory=dict)  # kind of finding → how many
    known_since: str | None = None  # the same file was taken then; nothing would change

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(vars(self), ensure_ascii=False, default=str)

    @classmethod
    def from_json(cls, text: str | None) -> "Preview":
        """As it was kept; an upload not read yet has an empty one."""
        return cls(**json.loads(text)) if text else cls()


def keep_upload(
    tx: Transaction, by: Actor, *, sha256: str, filename: str, size: int, source: str, kind: str | None = None
) -> int:
    """Note a file whose bytes are kept under `sha256`; a job reads it. Raises Refused for an unknown kind."""
    require(tx, by, Action.IMPORT, filename)
    if kind is not None and kind not in KINDS:
        raise Refused(_("{kind} is not a kind of file; choose one of {kinds}", kind=kind, kinds=", ".join(KINDS)))
    upload_id = int(
        tx.value(
            Q.add_upload,
            sha256=sha256,
            filename=filename,
            bytes=size,
            source=source,
            person_id=by.person_id,
            kind=kind,
            layout=None,
            state="waiting",
            now=tx.now,
        )
    )
    audit.record(tx, by, Event.FILE_UPLOADED, f"upload {upload_id}", filename=filename, sha256=sha256)
    return upload_id


def uploads(reader: Reader, *, limit: int = _AT_ONCE) -> list[Upload]:
    """What was dropped lately, newest first, without the previews."""
    return reader.records(Upload, Q.uploads, limit=limit)


def one(reader: Reader, upload_id: int) -> Upload | None:
    """One upload."""
    return reader.record(Upload, Q.upload_by_id, upload_id=upload_id)


def to_do(reader: Reader) -> list[Upload]:
    """What wants reading (waiting) or importing (accepted), oldest first."""
    return reader.records(Upload, Q.open_uploads, limit=_AT_ONCE)


def known_since(reader: Reader, *, sha256: str, kind: str, mapping: Mapping[str, str]) -> datetime | None:
    """When this very file was taken whole, read the same way; None: never."""
    since: datetime | None = reader.value(Q.known_since, sha256=sha256, kind=kind, mapping=mapping_json(mapping))
    return since


def choose(
    tx: Transaction, by: Actor, *, upload_id: int, kind: str | None = None, mapping: Mapping[str, str] | None = None
) -> None:
    """Correct what the file is taken for; it is read again. Without `mapping` the headers are recognised anew."""
    require(tx, by, Action.IMPORT, f"upload {upload_id}")
    upload = existing(tx, upload_id)
    told = mapping_json(mapping) if mapping is not None else None
    if not tx.rows(Q.choose, upload_id=upload_id, kind=kind, mapping=told):
        raise Refused(_(NOT_NOW, filename=upload.filename))


def accept(tx: Transaction, by: Actor, *, upload_id: int) -> None:
    """Ask for the good rows of a previewed file; a job imports them."""
    require(tx, by, Action.IMPORT, f"upload {upload_id}")
    upload = existing(tx, upload_id)
    if not tx.rows(Q.accept, upload_id=upload_id):
        raise Refused(_(NOT_NOW, filename=upload.filename))
    audit.record(tx, by, Event.FILE_ACCEPTED, f"upload {upload_id}", filename=upload.filename)


def discard(tx: Transaction, by: Actor, *, upload_id: int) -> None:
    """The file is not wanted; its bytes stay."""
    require(tx, by, Action.IMPORT, f"upload {upload_id}")
    upload = existing(tx, upload_id)
    if not tx.rows(Q.discard, upload_id=upload_id, now=tx.now):
        raise Refused(_(NOT_NOW, filename=upload.filename))
    audit.record(tx, by, Event.FILE_DISCARDED, f"upload {upload_id}", filename=upload.filename)


def previewed(
    tx: Transaction,
    by: Actor,
    *,
    upload_id: int,
    kind: str,
    layout: str | None,
    preview: Preview,
    counts: Counts,
    refusals: Sequence[RefusedRow],
) -> bool:
    """The file was read and this is what it would do; False: a person has meanwhile decided otherwise."""
    require(tx, by, Action.WORK, f"upload {upload_id}")
    moved = tx.rows(
        Q.previewed,
        upload_id=upload_id,
        kind=kind,
        layout=layout,
        mapping=mapping_json(preview.mapping),
        preview=preview.to_json(),
        **vars(counts),
        refused=refused_lines(refusals),
    )
    if moved:
        _keep_refusals(tx, upload_id, refusals)
    return bool(moved)


def imported(
    tx: Transaction,
    by: Actor,
    *,
    upload_id: int,
    kind: str,
    layout: str | None,
    mapping: Mapping[str, str],
    counts: Counts,
    refusals: Sequence[RefusedRow],
) -> None:
    """The file's good rows are in, in this same transaction. Raises Refused where the file is not up for it any more."""
    require(tx, by, Action.IMPORT, f"upload {upload_id}")
    refused = refused_lines(refusals)
    if not tx.rows(
        Q.imported,
        upload_id=upload_id,
        kind=kind,
        layout=layout,
        mapping=mapping_json(mapping),
        **vars(counts),
        refused=refused,
        now=tx.now,
    ):
        raise Refused(_(NOT_NOW, filename=f"upload {upload_id}"))
    _keep_refusals(tx, upload_id, refusals)
    audit.record(tx, by, Event.FILE_IMPORTED, f"upload {upload_id}", kind=kind, **vars(counts), refused=refused)


def refuse(
    tx: Transaction,
    by: Actor,
    *,
    upload_id: int,
    msgid: str,
    values: Mapping[str, Any],
    refusals: Sequence[RefusedRow] = (),
    preview: Preview | None = None,
) -> None:
    """Nothing of the file was taken, for this reason; `preview` holds what could be read all the same."""
    require(tx, by, Action.IMPORT, f"upload {upload_id}")
    tx.rows(
        Q.refused,
        upload_id=upload_id,
        error=later(msgid, **values),
        preview=preview.to_json() if preview else None,
        refused=refused_lines(refusals),
        now=tx.now,
    )
    _keep_refusals(tx, upload_id, refusals)
    audit.record(tx, by, Event.FILE_REFUSED, f"upload {upload_id}", reason=msgid)


def refusals(reader: Reader, *, upload_id: int, limit: int = _AT_ONCE, offset: int = 0) -> pa.Table:
    """Refused rows: sheet, line, column, value, reason (a kept sentence)."""
    return reader.arrow(Q.refusals, upload_id=upload_id, limit=limit, offset=offset)


def count_refusals(reader: Reader, *, upload_id: int) -> int:
    """How many refusals there are to page through; one row may have several."""
    return int(reader.value(Q.count_refusals, upload_id=upload_id))


def mapping_json(mapping: Mapping[str, str]) -> str:
    """A mapping as it is kept and compared."""
    return json.dumps(dict(mapping), ensure_ascii=False, sort_keys=True)


def mapping_of(upload: Upload) -> dict[str, str] | None:
    """The mapping an upload was read with, or a person chose; None: recognise it."""
    mapping: dict[str, str] | None = json.loads(upload.mapping) if upload.mapping else None
    return mapping


def refused_lines(refusals: Sequence[RefusedRow]) -> int:
    """How many rows were not taken; one row may have several faults."""
    return len({(row.sheet, row.line) for row in refusals})


def existing(reader: Reader, upload_id: int) -> Upload:
    """One upload that must be there. Raises Refused."""
    upload = one(reader, upload_id)
    if upload is None:
        raise Refused(_("There is no upload {upload_id}", upload_id=upload_id))
    return upload


def _keep_refusals(tx: Transaction, upload_id: int, refusals: Sequence[RefusedRow]) -> None:
    tx.run(Q.forget_refusals, upload_id=upload_id)
    rows = [
        {
            "sheet": row.sheet,
            "line": row.line,
            "column": row.column,
            "value": row.value,
            "reason": later(row.msgid, **row.values),
        }
        for row in refusals
    ]
    if rows:
        with tx.frame("refused_rows", pa.Table.from_pylist(rows, schema=_REFUSED_ROWS)):
            tx.run(Q.add_refusals, upload_id=upload_id)
