"""A disk that takes no more: which errors mean it, and the one sentence each of them ends in."""

import errno
import os
from pathlib import Path

from data.words import N_, ToldError

_FULL = N_(
    "The disk is full: nothing more is written down, and nothing is sent. Free some space where {path} lies; a running Flowcard then goes on by itself"
)
_READ_ONLY = N_(
    "The disk is read-only: nothing more is written down, and nothing is sent. Make {path} writable again; a running Flowcard then goes on by itself"
)
_BROKEN = N_(
    "The disk does not do what it is told: nothing more is written down, and nothing is sent. Look after the disk where {path} lies, then start Flowcard again"
)
_STOPPED = N_(
    "The database has stopped itself after a write that failed; all that was confirmed is safe, and nothing is sent. Look after the disk where {path} lies, then start Flowcard again"
)
_DAMAGED = N_(
    "The database file is damaged ({why}); put back a whole copy of it, 'flowcard check' says what else does not fit"
)
_SIGNS_OF_DAMAGE = ("checksum", "Corrupt", "corrupt", "Failed to deserialize", "Serialization Error")
_BY_NUMBER = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EIO: _BROKEN,
}
# As the database words what the system has told it.
_BY_WORDS = {
    "has been invalidated": _STOPPED,
    "No space left": _FULL,
    "Disk quota exceeded": _FULL,
    "File too large": _FULL,
    "Read-only file system": _READ_ONLY,
    "Input/output error": _BROKEN,
}


class DiskError(ToldError):
    """Nothing can be written, and what was to be written is not."""


def disk_error(error: Exception, path: Path) -> DiskError | None:
    """What an error of the system or of the database says about the disk under `path`; None: nothing."""
    if isinstance(error, OSError):
        msgid = _BY_NUMBER.get(error.errno or 0)
    else:
        msgid = next((msgid for words, msgid in _BY_WORDS.items() if words in str(error)), None)
    return DiskError(msgid, path=path) if msgid else damage(error)


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def damage(error: Exception) -> DiskError | None:
    """What an error of the database says about its own file; None: nothing."""
    why = str(error).splitlines()[0]
    return DiskError(_DAMAGED, why=why) if any(sign in why for sign in _SIGNS_OF_DAMAGE) else None
