"""Removes what nobody needs any more; nothing that money stands on: no papers, no batches, no journal, no audit.

1. Uploaded bytes: of files whose every upload ended `uploads_days` ago, and of files no upload names. What a result sheet
   of a worklist proved stays (data/files/pruning.py).
2. Written exports past their week: whoever wants one asks again.
3. Texts of mails that ended 90 days ago; that they were sent stays.
4. Runs of jobs, and wishes to them, 90 days old.
"""

import threading
from datetime import timedelta
from pathlib import Path

from data.files import exports_store as exports
from data.files import pruning
from data.files.exports_rules import outlived
from data.home import Home
from data.mails import pruning as mails
from data.people.rules import SYSTEM
from data.renewals import holding
from data.runs import store as runs
from data.words import later, number

# A file is kept before its row is written; a day is longer than any upload.
_UNNAMED_FOR = timedelta(days=1)


def run(home: Home, stop: threading.Event) -> str | None:
    """What was removed; nothing while the clock is held: a year ahead, everything would be old."""
    if holding.watched(home.db):
        return None
    removed = {"files": 0, "exports": 0, "mails": 0, "runs": 0}
    for path in _uploads(home):
        if stop.is_set():
            return None
        path.unlink(missing_ok=True)
        removed["files"] += 1
    for path in _exports(home):
        path.unlink(missing_ok=True)
        removed["exports"] += 1
    with home.db.write() as tx:
        removed["mails"] = mails.forget_texts(tx, SYSTEM)
        removed["runs"] = runs.prune(tx, SYSTEM)
    if not any(removed.values()):
        return None
    return later(
        "Removed: {files} uploaded files, {exports} exports, the texts of {mails} mails, {runs} runs",
        **{what: number(count) for what, count in removed.items()},
    )


def _uploads(home: Home) -> list[Path]:
    now = home.clock.now()
    kept = pruning.needed(home.db.read(), ended_after=now - timedelta(days=home.settings.uploads_days))
    found = []
    for path in home.incoming.iterdir():
        age_s = now.timestamp() - path.stat().st_mtime
        if path.name not in kept and age_s > _UNNAMED_FOR.total_seconds():
            found.append(path)
    return found


def _exports(home: Home) -> list[Path]:
    """Written exports past their days, and files no export names."""
    now, reader = home.clock.now(), home.db.read()
    found = []
    for path in home.exports.iterdir():
        if path.stem.isdecimal():
            export = exports.one(reader, int(path.stem))
            if export is None or outlived(export.ended_at, now=now):
                found.append(path)
    return found
