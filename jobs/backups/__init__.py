"""Backups: what one is, which there are, and whether it says what was written.

backups/2026-11-22-031000/ holds the database, the money journal as it was at the same instant and the settings, each
file sealed (sealing.py), and backup.json, its note. backups/files/ holds the papers of all of them: a paper never
changes, so it is sealed once (papers.py). A name that begins with a dot is in the making. No backup holds keys/.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data.audit import store as audit
from data.database import FILE_NAME, Queries, Reader
from data.disk import sync
from data.words import N_, ToldError

Q = Queries.beside(__file__)
NOTE = "backup.json"
JOURNAL = "journal"
SETTINGS = "settings"
SEALED = ".age"
_NAME = re.compile(r"\d{4}-\d\d-\d\d-\d{6}(-\d+)?")
NO_BACKUP = N_("{path} is no backup of Flowcard; 'flowcard restore' without a name lists what there is")


class BackupError(ToldError):
    """The backup cannot be made, or is not what was written."""


@dataclass(frozen=True)
class Contents:
    """What a database holds at one instant."""

    tables: Mapping[str, tuple[int, str]]  # rows, and a sum of what stands in them
    audit_head: str

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(rows for rows, _sum in self.tables.values())

    @classmethod
    def of(cls, reader: Reader) -> "Contents":
        """Every value of every table is read."""
        tables = {}
        for row in reader.rows(Q.tables):
            found = reader.rows(Q.contents.fill(table=row["table_name"]))[0]
            tables[row["table_name"]] = (found["rows"], str(found["sum"]))
        return cls(tables, str(audit.head(reader)))

    @classmethod
    def from_json(cls, told: Mapping[str, Mapping[str, tuple[int, str]]]) -> "Contents":
        """As `vars` of one went through JSON."""
        return cls({name: (rows, sum_) for name, (rows, sum_) in told["tables"].items()}, str(told["audit_head"]))


@dataclass(frozen=True)
class Backup:
    """One finished backup."""

    path: Path
    made_at: datetime
    contents: Contents
    journal: Mapping[str, int]  # segments and their bytes

    @property
    def bytes(self) -> int:
        """Of its files."""
        return sum(path.stat().st_size for path in self.path.rglob("*") if path.is_file())


def read(path: Path) -> Backup:
    """The backup at `path`. Raises BackupError for what is none."""
    try:
        told = json.loads((path / NOTE).read_text(encoding="utf-8"))
        contents = Contents.from_json(told["contents"])
        backup = Backup(path, datetime.fromisoformat(told["made_at"]), contents, dict(told["journal"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(NO_BACKUP, path=path) from error
    if not (path / (FILE_NAME + SEALED)).is_file():
        raise BackupError(NO_BACKUP, path=path)
    return backup


def known(folder: Path) -> list[Path]:
    """Every finished backup in backups/, oldest first."""
    return sorted(
        path for path in folder.iterdir() if _NAME.fullmatch(path.name) and (path / (FILE_NAME + SEALED)).is_file()
    )


def on_disk(folder: Path) -> None:
    """Wait until every file below `folder`, and all their names, are on the disk."""
    for path in [*folder.rglob("*"), folder, folder.parent]:
        sync(path)
