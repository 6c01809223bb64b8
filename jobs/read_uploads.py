"""Reads dropped files: what they would do for those that wait, and the good rows of those a person accepted."""

import threading
from collections.abc import Mapping
from typing import Any

from data.files import store
from data.files.rules import BROKEN
from data.files.store import Preview, Upload
from data.home import Home
from data.people.rules import SYSTEM
from data.words import later
from jobs.importing.landing import land
from jobs.importing.refusing import FileRefused
from jobs.importing.taking import Prepared, known_since, prepare, preview_of, recognised, rehearse


def run(home: Home, stop: threading.Event) -> str | None:
    """Read what waits and import what was accepted, oldest first.

    1. a waiting file is read, recognised, cleaned and merged on trial: previewed, or refused with its sentence;
    2. an accepted one is read again and merged in one transaction with its own row: a crash in the middle leaves it
       accepted and nothing merged, a crash after it leaves it imported.
    """
    read = imported = refused = 0
    for upload in store.to_do(home.db.read()):
        if stop.is_set():
            break
        try:
            if upload.state == "waiting":
                _preview(home, upload)
                read += 1
            else:
                _import(home, upload)
                imported += 1
        except FileRefused as reason:
            _refuse(home, upload, reason.msgid, reason.values)
            refused += 1
        except BaseException:
            # Whatever it was, trying again every second would not mend it and would keep the next file waiting.
            _refuse(home, upload, BROKEN, {})
            raise
    if read + imported + refused == 0:
        return None
    return later(
        "{read} files read, {imported} imported, {refused} refused", read=read, imported=imported, refused=refused
    )


def _refuse(home: Home, upload: Upload, msgid: str, values: Mapping[str, Any], preview: Preview | None = None) -> None:
    with home.db.write() as tx:
        store.refuse(tx, SYSTEM, upload_id=upload.upload_id, msgid=msgid, values=values, preview=preview)


def _preview(home: Home, upload: Upload) -> None:
    recognition = recognised(
        home, home.incoming / upload.sha256, upload.filename, kind=upload.kind, mapping=store.mapping_of(upload)
    )
    try:
        prepared = prepare(home, recognition)
    except FileRefused as reason:
        _refuse(home, upload, reason.msgid, reason.values, preview_of(recognition))
        return
    landed = rehearse(home, prepared)
    since = known_since(home.db.read(), upload.sha256, prepared)
    with home.db.write() as tx:
        store.previewed(
            tx,
            SYSTEM,
            upload_id=upload.upload_id,
            kind=prepared.cleaned.kind,
            layout=recognition.layout,
            preview=preview_of(recognition, cleaned=prepared.cleaned, landed=landed, since=since),
            counts=landed.counts,
            refusals=prepared.refusals(landed),
        )


def _import(home: Home, upload: Upload) -> None:
    prepared = _as_previewed(home, upload)
    with home.db.write() as tx:
        landed = land(tx, prepared.cleaned, source=f"import {upload.upload_id}")
        store.imported(
            tx,
            SYSTEM,
            upload_id=upload.upload_id,
            kind=prepared.cleaned.kind,
            layout=upload.layout,
            mapping=prepared.recognition.mapping,
            counts=landed.counts,
            refusals=prepared.refusals(landed),
        )


def _as_previewed(home: Home, upload: Upload) -> Prepared:
    """The file read with the very kind and mapping the person has accepted, whatever layouts were saved since."""
    path, mapping = home.incoming / upload.sha256, store.mapping_of(upload)
    return prepare(home, recognised(home, path, upload.filename, kind=upload.kind, mapping=mapping))
