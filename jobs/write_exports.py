"""Write the exports people asked for."""

import shutil
import threading

from data.files import exports_store as exports
from data.files.exports_rules import NOT_WRITTEN, ExportRefused
from data.files.exports_store import Export
from data.home import Home
from data.people.rules import SYSTEM
from data.words import later
from jobs.exporting.writing import Written, write


def run(home: Home, stop: threading.Event) -> str | None:
    """Write what is waiting.

    1. Take the waiting exports, oldest first. 2. Write each to exports/<id>.<format>. 3. Record rows and hash, or the
    sentence why not.
    """
    written = failed = 0
    for wish in exports.waiting(home.db.read()):
        if stop.is_set():
            break
        if write_one(home, wish):
            written += 1
        else:
            failed += 1
    if not written and not failed:
        return None
    return later("{written} exports written, {failed} failed", written=written, failed=failed)


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
