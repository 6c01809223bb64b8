"""Makes a backup while everybody works on: one instant of database and money journal, sealed, and read back by a child."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from data.clock import HOME_ZONE
from data.database import FILE_NAME, Reader
from data.disk import sync
from data.home import SETTINGS_FILES, Home
from data.people.rules import Actor
from data.runs import store as runs
from data.words import N_
from jobs.backups import JOURNAL, NOTE, SETTINGS, Backup, BackupError, Contents, Q, child, known, on_disk, papers, read
from jobs.backups.sealing import key_of, seal, unseal

NO_ROOM = N_(
    "There is no room for a backup: it takes {needed} MB where {free} MB are free. Free some space where {path} lies"
)
NOT_EQUAL = N_("The backup {path} does not hold what it should: {what}")
NOT_READ = N_("The backup {path} cannot be read back: {why}")
DAMAGED = N_("The backup {path} is made, but papers of the home are not what was filed ({count}), such as {paper}")

_UNFINISHED = ".making"
# Not in backups/: what lies there may be carried away at any moment, and nothing in it is ever readable.
_WORK = ".backup"
_COPY = "copy_of_the_home"
_MB = 1024 * 1024
# What orders and their journal need while the backup is made.
_SPARE_MB = 200
# Reading back a copy of ten gigabytes takes minutes; nothing takes this long but a disk that hangs.
_LONGEST_CHILD_S = 3600


def make(home: Home, by: Actor, stop: threading.Event) -> Backup | None:
    """A verified backup in backups/; None when it was stopped. Raises BackupError, and DiskError where the disk refuses.

    1. See that there is room; clear what a kill has left of an earlier one.
    2. Under the writer lock: begin to read, and see how far the journal is. Then everybody writes on.
    3. Copy the database as it was then, and sum up what it held; the journal up to there, line by whole line; settings.
    4. Seal all of it, and the papers that are not sealed yet; the plain copy goes.
    5. Unseal it, let a child open that and sum it up; compare. What does not hold stays until the next one is made.
    6. Give it its name, note it in the audit log, remove the oldest.
    """
    backups, work = home.path / "backups", home.exports / _WORK
    unfinished = backups / _UNFINISHED
    for left in (unfinished, work):
        shutil.rmtree(left, ignore_errors=True)
    _see_room(home, backups)
    key = key_of(home)
    made_at = home.clock.now()
    try:
        contents, lines = _copied_whole(home, work / "copy")
        seal(work / "copy", unfinished, key)
        shutil.rmtree(work / "copy")
        damaged = papers.keep(home, key, work)
        note = {"made_at": made_at.isoformat(), "contents": vars(contents), "journal": lines}
        (unfinished / NOTE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
        on_disk(unfinished)
        unseal(unfinished, work / "read", key, keys=home.path / "keys")
        if not verified(work / "read", read(unfinished), stop):
            return None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    path = _free_path(backups, made_at.astimezone(HOME_ZONE).strftime("%Y-%m-%d-%H%M%S"))
    unfinished.rename(path)
    sync(backups)
    with home.db.write(quiet=True) as tx:
        runs.backed_up(tx, by, name=path.name, rows=contents.rows, head=contents.audit_head)
    for old in known(backups)[: -home.settings.backups_kept]:
        shutil.rmtree(old)
    if damaged:
        raise BackupError(DAMAGED, path=path, count=len(damaged), paper=damaged[0])
    return read(path)


def verified(folder: Path, backup: Backup, stop: threading.Event) -> bool:
    """Let a child read the unsealed `folder` and compare it with the note; False when it was stopped. Raises BackupError."""
    command = [sys.executable, "-I", child.__file__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/") as process:  # noqa: S603 - our own file
        heard = _heard(process, stop)
    if heard is None:
        return False
    if process.returncode:
        why = (heard[1].decode(errors="replace").strip().splitlines() or [str(process.returncode)])[-1]
        raise BackupError(NOT_READ, why=why, path=backup.path)
    told = json.loads(heard[0])
    found, noted = Contents.from_json(told["contents"]), backup.contents
    names = sorted(set(found.tables) | set(noted.tables))
    wrong = [name for name in names if found.tables.get(name) != noted.tables.get(name)]
    wrong += [] if found.audit_head == noted.audit_head else ["audit_head"]
    wrong += [] if told["journal"] == backup.journal else [JOURNAL]
    if wrong:
        raise BackupError(NOT_EQUAL, what=", ".join(wrong), path=backup.path)
    return True


def _heard(process: "subprocess.Popen[bytes]", stop: threading.Event) -> tuple[bytes, bytes] | None:
    for _second in range(_LONGEST_CHILD_S):
        try:
            return process.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            if stop.is_set():
                process.kill()
                return None
    process.kill()
    return process.communicate()


def _see_room(home: Home, backups: Path) -> None:
    files = [home.path / FILE_NAME, home.path / f"{FILE_NAME}.wal", *home.journal.glob("*.jsonl")]
    # A copy and what is sealed of it; then that and what is unsealed of it.
    needed = 2 * sum(path.stat().st_size for path in files if path.exists()) // _MB + _SPARE_MB
    free = shutil.disk_usage(backups).free // _MB
    if free < needed:
        raise BackupError(NO_ROOM, needed=needed, free=free, path=backups)


def _copied_whole(home: Home, folder: Path) -> tuple[Contents, dict[str, int]]:
    """What the copy in `folder` holds: the database's contents, and each segment of the journal with its bytes."""
    (folder / JOURNAL).mkdir(parents=True)
    folder.parent.chmod(0o700)
    contents, segments = _copied(home, folder)
    lines = {name: _copy_lines(home.journal / name, folder / JOURNAL / name, size) for name, size in segments.items()}
    for name in SETTINGS_FILES:
        if (home.path / name).exists():
            (folder / SETTINGS).mkdir(exist_ok=True)
            shutil.copyfile(home.path / name, folder / SETTINGS / name)
    return contents, lines


def _copied(home: Home, folder: Path) -> tuple[Contents, dict[str, int]]:
    """What the copy in `folder` has to hold, and how far each segment of the journal was at that instant."""
    path = str(folder / FILE_NAME).replace("'", "''")
    names = {"home": Path(FILE_NAME).stem, "name": _COPY}
    reader = home.db.apart()
    try:
        reader.rows(Q.attach.fill(path=path, **names))
        try:
            with home.db.write(quiet=True):  # nobody writes meanwhile, neither here nor in the journal
                reader.rows(Q.begin)
                reader.rows(Q.tables)  # the first read is the instant
                segments = {path.name: path.stat().st_size for path in sorted(home.journal.glob("*.jsonl"))}
            contents = _copy_and_sum(reader, names)
        finally:
            reader.rows(Q.detach.fill(**names))
    finally:
        reader.close()
    (folder / FILE_NAME).chmod(0o600)
    return contents, segments


def _copy_and_sum(reader: Reader, names: dict[str, str]) -> Contents:
    try:
        reader.rows(Q.copy_all.fill(**names))
        return Contents.of(reader)
    finally:
        reader.rows(Q.commit)


def _copy_lines(path: Path, copy: Path, length: int) -> int:
    """Copy the whole lines of the first `length` bytes; how many bytes they are."""
    with path.open("rb") as file:
        whole = file.read(length)
    whole = whole[: whole.rfind(b"\n") + 1]
    copy.write_bytes(whole)
    copy.chmod(0o600)
    return len(whole)


def _free_path(backups: Path, name: str) -> Path:
    # Two in a second: only where a clock stands still.
    found, number = backups / name, 1
    while found.exists():
        number += 1
        found = backups / f"{name}-{number}"
    return found
