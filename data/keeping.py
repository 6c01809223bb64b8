"""Bytes of files under their SHA-256, uploads and papers alike: written once, never changed."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1 << 20


def keep_bytes(folder: Path, content: bytes | memoryview) -> tuple[str, int]:
    """Keep `content` in `folder`; its SHA-256 and size."""
    return _keep(folder, [content])


def keep_file(folder: Path, path: Path) -> tuple[str, int]:
    """Keep a copy of the file at `path` in `folder`; its SHA-256 and size."""
    with path.open("rb") as file:
        return _keep(folder, _chunks(file))


def name_of(path: Path) -> str:
    """The file's name as text: a name that came out of a Windows archive is no UTF-8 but GB18030, and some are neither."""
    raw = os.fsencode(path.name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", errors="replace")


def measured(path: Path) -> tuple[str, int]:
    """SHA-256 and size of the file at `path`, which is kept nowhere."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return digest.hexdigest(), path.stat().st_size


def _keep(folder: Path, chunks: Iterable[bytes | memoryview]) -> tuple[str, int]:
    # Under a name of its own until it is whole and on disk: a reader never finds half a file under its hash.
    digest, size = hashlib.sha256(), 0
    unfinished = folder / f".{os.urandom(8).hex()}"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / digest.hexdigest())
    return digest.hexdigest(), size


def _chunks(file: BinaryIO) -> Iterable[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
