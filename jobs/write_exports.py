"""Write the exports people asked for, and remove the files they have had a week to fetch."""

import shutil
import threading
from datetime import datetime

from data.files import exports_store as exports
from data.files.exports_rules import NOT_WRITTEN, ExportRefused, outlived
from data.files.exports_store import Export
from data.home import Home
from data.people.rules import SYSTEM
from data.words import later
from jobs.exporting.writing import Written, write


def run(home: Home, stop: threading.Event) -> str | None:
    """Write what is waiting.

    1. Take the waiting exports, oldest first. 2. Write each to exports/<id>.<format>. 3. Record rows and hash, or the
    sentence why not. 4. Remove files past their days.
    """
    written = failed = 0
    for wish in exports.waiting(home.db.read()):
        if stop.is_set():
            break
        if write_one(home, wish):
            written += 1
        else:
            failed += 1
    removed = _remove_outlived(home)
    if not written and not failed and not removed:
        return None
    return later(
        "{written} exports written, {failed} failed, {removed} files removed",
        written=written,
        failed=failed,
        removed=removed,
    )


def write_one(home: Home, wish: Export) -> Written | None:
    """Write one export and record it; None when it failed, with the reason in its row."""
    # A process killed while writing has left its half file here.
    shutil.rmtree(home.exports / f"part-{wish.export_id}", ignore_errors=True)
    try:
        made = write(home, wish)
    except ExportRefused as reason:
        _record_failure(home, wish, reason)
        return None
    except BaseException:
        # Whatever it was, asking again every second would not mend it; the run itself tells the Jobs page.
        _record_failure(home, wish, ExportRefused(NOT_WRITTEN))
        raise
    with home.db.write() as tx:
        exports.written(
            tx, SYSTEM, export_id=wish.export_id, filename=made.filename, rows=made.rows, sha256=made.sha256
        )
    return made


def _record_failure(home: Home, wish: Export, reason: ExportRefused) -> None:
    with home.db.write() as tx:
        exports.failed(tx, SYSTEM, export_id=wish.export_id, reason=reason)


def _remove_outlived(home: Home) -> int:
    removed = 0
    now = home.clock.now()
    for path in home.exports.iterdir():
        if path.stem.isdecimal() and _outlived(home, int(path.stem), now=now):
            path.unlink()
            removed += 1
    return removed


def _outlived(home: Home, export_id: int, *, now: datetime) -> bool:
    found = exports.one(home.db.read(), export_id)
    return found is None or outlived(found.ended_at, now=now)
