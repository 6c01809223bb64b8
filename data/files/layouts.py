"""Layouts: a mapping someone saved under a name, found again by its headers."""

import json

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.files.rules import Layout
from data.files.store import Preview, existing
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.words import _

Q = Queries.beside(__file__)
_NAME_MAX = 80


def layouts(reader: Reader) -> list[Layout]:
    """All named mappings."""
    return [
        Layout(row["name"], row["kind"], tuple(json.loads(row["headers"])), json.loads(row["mapping"]))
        for row in reader.rows(Q.layouts)
    ]


def save_layout(tx: Transaction, by: Actor, *, name: str, upload_id: int) -> None:
    """Remember how this upload was read under `name`, for files with the same headers."""
    require(tx, by, Action.IMPORT, f"layout {name}")
    upload, name = existing(tx, upload_id), name.strip()
    if not name or len(name) > _NAME_MAX:
        raise Refused(_("Give the layout a name of 1 to {limit} characters", limit=_NAME_MAX))
    if upload.kind is None or upload.mapping is None:
        raise Refused(_("The file {filename} has not been read yet; wait for its preview", filename=upload.filename))
    headers = json.dumps(Preview.from_json(upload.preview).headers, ensure_ascii=False)
    tx.run(
        Q.save_layout,
        name=name,
        kind=upload.kind,
        headers=headers,
        mapping=upload.mapping,
        person_id=by.person_id,
        now=tx.now,
    )
    audit.record(tx, by, Event.LAYOUT_SAVED, f"layout {name}", upload=upload_id)
