"""The home: the one folder that holds everything of an installation, and the lock that says who owns it."""

import fcntl
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any, Literal

from data.clock import Clock, FixedDayClock, SystemClock
from data.database import Database, DatabaseError
from data.disk import DiskError, disk_error
from data.secrets import Keyring
from data.settings import Settings, load_settings

Kind = Literal["demo", "real"]
# What stands in a home that is a rehearsal: of which home, with which faults, on which day.
REHEARSAL_FILE = "rehearsal.json"
# What people write about a home; they may be missing.
SETTINGS_FILES = ("flowcard.toml", "carriers.toml", "holidays.toml")

_FOLDERS = (
    "journal",
    "files/incoming",
    "files/vouchers",
    "files/previews",
    "inbox/done",
    "inbox/refused",
    "exports",
    "backups",
    "practice",
    "keys",
)


class HomeError(Exception):
    """The home cannot be used. The message says why and what to do; `exit_code` is what a command ends with."""

    exit_code = 1


class HomeMissing(HomeError):
    """There is no Flowcard home at this path."""


class HomeHeld(HomeError):
    """Another process owns this home."""

    exit_code = 3

    def __init__(self, sentence: str, where: Path, holder: str) -> None:
        super().__init__(sentence)
        self.where = where
        self.holder = holder  # "process 4711 (flowcard serve)"


class HomeMismatch(HomeError):
    """A demo home was asked to be real, or a real one to play."""


@dataclass(frozen=True)
class Home:
    """An opened home. Everything that needs the database is handed one of these."""

    path: Path
    kind: Kind
    settings: Settings
    db: Database
    _lock: IO[str]

    @property
    def clock(self) -> Clock:
        """What this home believes the time to be."""
        return self.db.clock

    @property
    def incoming(self) -> Path:
        """Uploaded files under their SHA-256."""
        return self.path / "files" / "incoming"

    @property
    def vouchers(self) -> Path:
        """Vouchers under their SHA-256."""
        return self.path / "files" / "vouchers"

    @property
    def previews(self) -> Path:
        """Pictures of vouchers, drawn by us."""
        return self.path / "files" / "previews"

    @property
    def inbox(self) -> Path:
        """Files dropped here are imported under saved layouts."""
        return self.path / "inbox"

    @property
    def exports(self) -> Path:
        """Written exports."""
        return self.path / "exports"

    @property
    def journal(self) -> Path:
        """The money journal's segments."""
        return self.path / "journal"

    @property
    def practice(self) -> Path:
        """The practice carrier's own books."""
        return self.path / "practice"

    @property
    def keyring(self) -> Keyring:
        """What seals and opens this home's secrets."""
        return Keyring(self.path / "keys")

    @property
    def rehearsal(self) -> bool:
        """Whether this is a sandbox made from another home's cards."""
        return (self.path / REHEARSAL_FILE).exists()

    @property
    def carriers_file(self) -> Path:
        """Our accounts at carriers."""
        return self.path / "carriers.toml"

    def close(self) -> None:
        """Close the database and give up the lock."""
        self.db.close()
        self._lock.close()


def home_path(flag: Path | None = None) -> Path:
    """Where the home is: the `--home` flag, else FLOWCARD_HOME, else ./var."""
    return Path(flag or os.environ.get("FLOWCARD_HOME") or "var").expanduser().resolve()


def exists(path: Path) -> bool:
    """Whether a home was ever made at `path`."""
    return (path / "flowcard.duckdb").exists()


def open_home(path: Path, *, create: Kind | None = None, note: str = "", **flags: Any) -> Home:
    """Lock, open and migrate the home at `path`.

    `create`: the kind of home to make where there is none; None refuses with HomeMissing. `note`: what this process
    is doing, told to whoever finds the lock held. Raises HomeHeld, HomeMissing, HomeMismatch, SettingsError, and
    HomeError where the disk or the database file refuses.
    """
    fresh = not exists(path)
    if fresh and create is None:
        raise HomeMissing(f"there is no Flowcard home at {path}; 'flowcard serve' or 'flowcard demo' makes one")
    settings = load_settings(path, **flags)
    lock = take_lock(path, note=note)
    try:
        for folder in _FOLDERS:
            (path / folder).mkdir(parents=True, exist_ok=True)
        db = Database.open(
            path,
            clock=SystemClock(),
            audit_key=_audit_key(path / "keys" / "audit"),
            memory_mb=settings.memory_mb,
            threads=settings.threads,
        )
        try:
            db.migrate(kind=create or "real")
            kind = db.home_kind()
            db.clock = _clock(kind, settings.today)
        except BaseException:
            db.close()
            raise
        return Home(path, kind, settings, db, lock)
    except (DatabaseError, DiskError) as error:
        lock.close()
        raise HomeError(str(error)) from error
    except BaseException:
        lock.close()
        raise


def take_lock(path: Path, *, note: str = "") -> IO[str]:
    """Hold `flowcard.lock` until the returned file is closed. Raises HomeHeld naming the process that has it.

    Raises HomeError where the folder cannot be made or written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "flowcard.lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise HomeError(f"{path} cannot be a home: {error.strerror}; choose a folder you may write to") from error
    _lock_or_raise(lock, path)
    try:
        os.ftruncate(lock.fileno(), 0)
        os.write(lock.fileno(), json.dumps({"pid": os.getpid(), "note": note}).encode())
    except OSError as error:
        # Only whoever is refused would have read it; a full disk must not hide what it holds.
        logging.getLogger("flowcard").warning("%s", disk_error(error, path) or error)
    return lock


@contextmanager
def at_rest(path: Path) -> Iterator[None]:
    """Nobody opens the home at `path` inside the with-block; nothing in it is written, not even who holds it.

    Raises HomeMissing, and HomeHeld where somebody has it open.
    """
    if not exists(path):
        raise HomeMissing(f"there is no Flowcard home at {path}")
    lock_file = path / "flowcard.lock"
    if not lock_file.exists():  # a copy of a home without its lock: nobody ever opened it
        yield
        return
    with lock_file.open(encoding="utf-8") as lock:
        _lock_or_raise(lock, path)
        yield


def _lock_or_raise(lock: IO[str], path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = _read_holder(lock.read())
        lock.close()
        raise HomeHeld(f"{path} is held by {holder}; stop it first, or use that one", path, holder) from None


def _audit_key(path: Path) -> bytes:
    """The key of the audit chain, made at the first start, readable by the owner only."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()


def _read_holder(text: str) -> str:
    try:
        holder = json.loads(text)
        return f"process {int(holder['pid'])} ({holder['note'] or 'flowcard'})"
    except (ValueError, KeyError, TypeError):
        return "another process"


def _clock(kind: Kind, today: date | None) -> Clock:
    if today is None:
        return SystemClock()
    if kind != "demo" and "PYTEST_CURRENT_TEST" not in os.environ:
        raise HomeMismatch(f"FLOWCARD_TODAY is {today}, but this is a real home; unset it")
    return FixedDayClock(today)


_current: Home | None = None


def install(home: Home | None) -> None:
    """Make `home` the one this process serves; None takes it away."""
    global _current
    _current = home


def current() -> Home:
    """The home this process serves. Raises HomeError before the start and after the stop; never opens one."""
    if _current is None:
        raise HomeError("Flowcard has not started; run 'flowcard serve'")
    return _current
