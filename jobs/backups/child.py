"""The child process that reads a backup back: `python -I child.py FOLDER` prints what its database and journal hold.

A process of its own: whoever opens a database file in the process that owns the home loosens its lock on that one.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Open, read every value, follow the journal; anything that does not hold ends with status 1 and its sentence."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    clock, database, journal, backups = (
        importlib.import_module(name)
        for name in ("data.clock", "data.database", "data.renewals.journal", "jobs.backups")
    )
    folder = Path(sys.argv[1])
    try:
        db = database.Database.open(folder, clock=clock.SystemClock(), audit_key=b"")
        try:
            contents = backups.Contents.of(db.read())
            mark = journal.mark_of(db.read())
        finally:
            db.close()
        segments = _followed(journal, folder / backups.JOURNAL, mark)
    except (database.DatabaseError, journal.JournalBroken, OSError) as error:
        sys.exit(str(error))
    print(json.dumps({"contents": vars(contents), "journal": segments}))


def _followed(journal: Any, folder: Path, mark: Any) -> dict[str, int]:
    """The segments and their bytes. Ends the process where the database relies on a line that is not there."""
    if folder.is_dir():
        journal.verify_folder(folder)
        if mark is not None and journal.Journal(folder).behind(mark) is None:
            sys.exit(f"the journal does not reach {mark.segment} line {mark.line}")
    return {path.name: path.stat().st_size for path in sorted(folder.glob("*.jsonl"))}


if __name__ == "__main__":
    main()
