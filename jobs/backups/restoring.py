"""Puts a backup back into a home at rest: the old files are kept, and nothing is sent until a person has looked."""

import os
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data.audit import store as audit
from data.clock import HOME_ZONE, SystemClock
from data.database import FILE_NAME, Database, DatabaseError
from data.disk import sync
from data.home import SETTINGS_FILES, take_lock
from data.people import sessions
from data.people import store as people
from data.people.rules import Actor
from data.renewals import journal, stopping
from data.renewals.journal import JournalBroken, Mark
from data.runs import store as runs
from data.words import N_
from jobs.backups import JOURNAL, SETTINGS, Backup, BackupError, papers, read
from jobs.backups.making import verified
from jobs.backups.sealing import NO_KEYS, key_in, unseal
from jobs.verify_audit import HEADS_FILE

OTHER_KEY = N_(
    "The key in {path} is not the one this backup's audit log was written with; put the right keys/ back first"
)

_STAGED = ".restoring"


@dataclass(frozen=True)
class Restored:
    """What was put back, and where the old files are."""

    backup: Backup
    old_files: Path
    own_journal: bool  # the home's own journal goes on from the backup, and tells the next start what came after it
    papers: int  # that the home lacked
    damaged: Sequence[Path]  # sealed papers that do not open


def restore(path: Path, backup_path: Path, by: Actor, *, now: datetime) -> Restored:
    """Make the home at `path` what the backup holds. Raises BackupError, HomeHeld, and HomeError.

    1. Hold the home, so that nobody opens it meanwhile.
    2. Unseal the backup beside it, let a child read all of it, see that the home's key fits its audit log.
    3. In that copy: stop all sending, end all sessions, record what is being done.
    4. Choose the journal: the home's own where it goes on from the backup, else the backup's.
    5. Papers and settings that the home lacks come back; those it has are newer or the same.
    6. Put the old files aside, then the new ones in their place. A kill in between leaves a home that says at its next
       start what it lacks, and restoring it again is safe.
    """
    backup = read(backup_path)
    with take_lock(path, note="flowcard restore"):
        keys = path / "keys"
        if not (keys / "audit").is_file():
            raise BackupError(NO_KEYS, path=keys)
        key = key_in(keys)
        staged = path / "exports" / _STAGED
        shutil.rmtree(staged, ignore_errors=True)
        try:
            unseal(backup.path, staged, key, keys=keys)
            (staged / JOURNAL).mkdir(exist_ok=True)
            verified(staged, backup, threading.Event())
            mark = _prepared(staged, keys / "audit", backup.path.name, by, head=_last_head(path))
            own_journal = _goes_on(path / JOURNAL, mark)
            found, damaged = papers.put_back(backup.path.parent / papers.FOLDER, path, key, staged)
            _settings_back(staged / SETTINGS, path)
            old = path / f"replaced-{now.astimezone(HOME_ZONE):%Y-%m-%d-%H%M%S}"
            _swap(path, staged, old, own_journal=own_journal)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return Restored(backup, old, own_journal, found, damaged)


def _prepared(staged: Path, key_file: Path, name: str, by: Actor, *, head: str) -> Mark | None:
    """Make the copy ready to be started; how far the journal was when it was made."""
    key = key_file.read_bytes()
    try:
        db = Database.open(staged, clock=SystemClock(), audit_key=key)
    except DatabaseError as error:
        raise BackupError(N_("The backup cannot be opened: {why}"), why=str(error)) from error
    try:
        if not audit.written_with(db.read(), key):
            raise BackupError(OTHER_KEY, path=key_file)
        db.migrate(kind="real")  # its kind stands in it
        with db.write() as tx:
            stopping.stop(tx, by, reason="restored")
            for person in people.everyone(tx):
                sessions.end_all(tx, person_id=person.person_id)
            runs.put_back(tx, by, name=name, head=head)
        db.checkpoint()
        return journal.mark_of(db.read())
    finally:
        db.close()


def _last_head(path: Path) -> str:
    """The newest head of the replaced audit log that was written down; '' where none was."""
    heads = path / "exports" / HEADS_FILE
    lines = heads.read_text(encoding="utf-8", errors="replace").splitlines() if heads.is_file() else []
    return lines[-1] if lines else ""


def _goes_on(folder: Path, mark: Mark | None) -> bool:
    """Whether the journal in `folder` verifies and has the line that the backup relies on."""
    try:
        journal.verify_folder(folder)
        return folder.is_dir() and journal.Journal(folder).behind(mark) is not None
    except (JournalBroken, OSError):
        return False


def _settings_back(folder: Path, path: Path) -> None:
    for name in SETTINGS_FILES:
        if (folder / name).exists() and not (path / name).exists():
            shutil.copyfile(folder / name, path / name)


def _swap(path: Path, staged: Path, old: Path, *, own_journal: bool) -> None:
    old.mkdir(mode=0o700)
    database, log = path / FILE_NAME, path / f"{FILE_NAME}.wal"
    for file in (database, log):
        if file.exists():
            os.link(file, old / file.name)
    heads = path / "exports" / HEADS_FILE
    if heads.exists():  # of a log that no longer exists: they would be told as tampering every night
        heads.rename(old / HEADS_FILE)
    # The old log must not be replayed into the new file.
    log.unlink(missing_ok=True)
    (staged / FILE_NAME).replace(database)
    if not own_journal:
        if (path / JOURNAL).exists():
            (path / JOURNAL).rename(old / JOURNAL)
        (staged / JOURNAL).rename(path / JOURNAL)
    for folder in (old, path):
        sync(folder)
