"""Follows the whole audit log once a day and writes its head down outside the database.

1. Read the heads written down on earlier days: exports/audit-heads.txt, a line per day.
2. Follow every entry and compare the chain with those heads. One that is changed, gone or strange is a failed run that
   names it.
3. Add today's head, for whoever carries that file to where nobody writes twice.
"""

import os
import threading
from pathlib import Path

from data.audit import store as audit
from data.audit.rules import Head, Verified, anchor
from data.home import Home
from data.words import N_, ToldError, day, later, number

HEADS_FILE = "audit-heads.txt"
# Longer than a line a day for a thousand years: not our file.
_MOST_BYTES = 64_000_000

CHANGED = N_("Entry {seq} of the audit log is not what was written: it was changed, moved, added or taken out")
CUT = N_(
    "The audit log ends before entry {seq}, which was there when its head was written down: its end was cut off, or an"
    " older copy was put back"
)
ODD_LINE = N_("Line {line} of {file} is no head of the audit log; put the file aside and look who wrote it")


def run(home: Home, stop: threading.Event) -> str | None:
    """What was followed. Raises ToldError where the chain does not hold."""
    if stop.is_set():
        return None
    found = audit.verify(home.db.read(), home.db.audit_key, anchors=written_down(home))
    trouble = wrong(found)
    if trouble:
        raise trouble
    if found.head.seq:
        _write_down(home, found.head)
    return later("{count} entries followed, the chain holds", count=number(found.head.seq))


def wrong(found: Verified) -> ToldError | None:
    """What is wrong with the chain, as a sentence."""
    if found.broken is None:
        return None
    return ToldError(CUT if found.cut else CHANGED, seq=found.broken)


def written_down(home: Home) -> tuple[Head, ...]:
    """The heads of earlier days. Raises ToldError for a line that is none."""
    path = home.exports / HEADS_FILE
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = file.read(_MOST_BYTES).splitlines()
    return tuple(_head(path, place, line) for place, line in enumerate(lines, start=1))


def _head(path: Path, place: int, line: str) -> Head:
    try:
        return anchor(line.partition(" ")[2])
    except ValueError:
        raise ToldError(ODD_LINE, line=place, file=path.name) from None


def _write_down(home: Home, head: Head) -> None:
    # The file is replaced, not added to: a kill in between leaves no half line.
    path = home.exports / HEADS_FILE
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    before = path.read_bytes() if path.exists() else b""
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(before + f"{day(home.clock.today())} {head}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
