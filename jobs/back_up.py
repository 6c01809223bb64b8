"""Makes the night's backup, sealed, has it read back, and removes the oldest.

The recipe stands in jobs/backups/making.py. A backup on the same disk is no protection against losing that disk: carry
backups/ away, and keep keys/ apart from it.
"""

import threading

from data.home import Home
from data.people.rules import SYSTEM
from data.words import later, number
from jobs.backups.making import make

_MB = 1024 * 1024


def run(home: Home, stop: threading.Event) -> str | None:
    """What was backed up. Raises BackupError."""
    if stop.is_set():
        return None
    backup = make(home, SYSTEM, stop)
    if backup is None:
        return None
    return later(
        "{rows} rows sealed in {name} and read back, {size} MB",
        rows=number(backup.contents.rows),
        name=backup.path.name,
        size=number(round(backup.bytes / _MB, 1)),
    )
