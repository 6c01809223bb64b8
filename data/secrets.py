"""Secrets at rest: AES-256-GCM envelopes bound to their row, a blind index to find them by, a type that shows nothing."""

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import re
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from data import redacting
from data.disk import sync

_MASK = "••••"
_KEY_BYTES, _NONCE_BYTES = 32, 12
# An envelope opens with these and with the id of its key, so that a key can be replaced while old envelopes are read.
# The first kind was sealed with the key itself, the second with one of its own for each column.
_MAGIC_1, _MAGIC = b"FC1", b"FC2"
# A key file that is locked by a key from outside; others hold the 32 bytes themselves.
_LOCKED = b"FCK"
# Where a key from outside stands: the text, a file of it, or the service manager's credentials. The first of several
# locks, the others only unlock what was locked before it.
OUTSIDE, OUTSIDE_FILE, CREDENTIAL = "FLOWCARD_SECRETS_KEY", "FLOWCARD_SECRETS_KEY_FILE", "flowcard_secrets_key"
_MOST_BYTES = 4_096


class SecretError(Exception):
    """This envelope cannot be opened: it was changed, moved to another row, or its key is gone."""


class Secret:
    """A text that no print, log, message or pickle shows; `reveal` is the one way to it."""

    __slots__ = ("__weakref__", "_text", "blind")

    def __init__(self, text: str, *, blind: str = "") -> None:
        self._text = text
        self.blind = blind  # a keyed hash of it, which tells two of them apart and nothing else
        redacting.know(self)

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({_MASK})"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, _spec: str) -> str:
        return _MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")


class Keyring:
    """The keys of a home: one to seal with, older ones to open with, one for the blind index. Made at first use, 0600.

    With a key from outside the files are locked by it: whoever has only the home's files opens nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def seal(self, secret: Secret, *, table: str, column: str, row: int) -> bytes:
        """The envelope of `secret` for this one place. Raises SecretError where the key is locked."""
        key_id = self.current()
        nonce = os.urandom(_NONCE_BYTES)
        key = _of_column(self._key(f"secrets-{key_id}"), table, column)
        sealed = AESGCM(key).encrypt(nonce, secret.reveal().encode(), _bound_to(table, column, row, key_id))
        return _MAGIC + key_id.to_bytes(2, "big") + nonce + sealed

    def open(self, envelope: bytes, *, table: str, column: str, row: int) -> Secret:
        """What was sealed for this place. Raises SecretError for anything else."""
        head = len(_MAGIC) + 2
        if envelope[: len(_MAGIC)] not in {_MAGIC_1, _MAGIC} or len(envelope) <= head + _NONCE_BYTES:
            raise SecretError(f"{table}.{column} of row {row} is no envelope")
        key_id = key_of(envelope)
        # A key that was replaced still opens what an older copy of the database holds.
        name = next((name for name in (f"secrets-{key_id}", f"retired-{key_id}") if (self._folder / name).exists()), "")
        if not name:
            raise SecretError(
                f"{table}.{column} of row {row} was sealed with key {key_id}, which is not in {self._folder}"
            )
        key = self._key(name)
        if envelope[: len(_MAGIC)] == _MAGIC:
            key = _of_column(key, table, column)
        nonce, sealed = envelope[head : head + _NONCE_BYTES], envelope[head + _NONCE_BYTES :]
        try:
            text = AESGCM(key).decrypt(nonce, sealed, _bound_to(table, column, row, key_id)).decode()
        except InvalidTag as error:
            raise SecretError(f"{table}.{column} of row {row} was changed, or belongs to another row") from error
        return Secret(text, blind=self.blind(text))

    def resealed(self, envelope: bytes, *, table: str, column: str, row: int) -> bytes | None:
        """`envelope` under the key of today, tried once; None: it is already. Raises SecretError."""
        if envelope[: len(_MAGIC)] == _MAGIC and key_of(envelope) == self.current():
            return None
        place = {"table": table, "column": column}
        secret = self.open(envelope, row=row, **place)
        anew = self.seal(secret, row=row, **place)
        if self.open(anew, row=row, **place) != secret:
            raise SecretError(f"{table}.{column} of row {row} does not open under the new key")
        return anew

    def blind(self, text: str) -> str:
        """A keyed hash of `text`, 64 hexadecimal characters: equal for equal texts, and no help to guess them without the key."""
        return hmac.new(self._key("blind"), text.encode(), hashlib.sha256).hexdigest()

    def signature(self, text: str, *, purpose: str) -> str:
        """Shows that `text` left this house, when a link or a letter brings it back: 64 hexadecimal characters.

        What was signed for one purpose is worth nothing for another.
        """
        key = _of_column(self._key("blind"), "signature", purpose)
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def ids(self) -> list[int]:
        """The keys that seal or open, oldest first; one, but for the time of a rotation."""
        found = (re.fullmatch(r"secrets-(\d+)", path.name) for path in self._folder.glob("secrets-*"))
        return sorted(int(match[1]) for match in found if match)

    def current(self) -> int:
        """The key that seals."""
        return max(self.ids(), default=1)

    def renew(self) -> int:
        """Make another key to seal with from here on; its id. Envelopes of older keys still open."""
        retired = (int(path.name.partition("-")[2]) for path in self._folder.glob("retired-*"))
        key_id = max([self.current(), *retired]) + 1
        self._key(f"secrets-{key_id}")
        return key_id

    def retire(self, *, forget: bool = False) -> None:
        """Put every key but the newest aside, or away for good; lock the one of the blind index by today's outside key."""
        for key_id in self.ids()[:-1]:
            path = self._folder / f"secrets-{key_id}"
            path.unlink() if forget else path.rename(self._folder / f"retired-{key_id}")
        if forget:
            for path in self._folder.glob("retired-*"):
                path.unlink()
        if (self._folder / "blind").exists():
            self._written("blind", self._key("blind")).replace(self._folder / "blind")
        # What a kill left half-made.
        for path in (*self._folder.glob(".secrets-*"), *self._folder.glob(".blind.*")):
            path.unlink()
        sync(self._folder)

    def _key(self, name: str) -> bytes:
        path = self._folder / name
        if not path.exists():
            # Written whole under another name first: a kill leaves no key cut short, and two makers agree on one.
            fresh = self._written(name, os.urandom(_KEY_BYTES))
            with contextlib.suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
            sync(self._folder)
        return self._unlocked(name, path.read_bytes())

    def _written(self, name: str, key: bytes) -> Path:
        outside = keys_from_outside()
        if outside:
            nonce = os.urandom(_NONCE_BYTES)
            key = _LOCKED + nonce + AESGCM(outside[0]).encrypt(nonce, key, _named(name))
        fresh = self._folder / f".{name}.{os.getpid()}.{os.urandom(4).hex()}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        return fresh

    def _unlocked(self, name: str, content: bytes) -> bytes:
        if len(content) == _KEY_BYTES:
            return content
        nonce, locked = content[len(_LOCKED) :][:_NONCE_BYTES], content[len(_LOCKED) + _NONCE_BYTES :]
        for key in keys_from_outside():
            try:
                return AESGCM(key).decrypt(nonce, locked, _named(name))
            except (InvalidTag, ValueError):
                continue
        raise SecretError(
            f"{self._folder / name} is locked by a key that is not here; give it in {OUTSIDE}, {OUTSIDE_FILE} or as the"
            f" credential {CREDENTIAL}"
        )


def key_of(envelope: bytes) -> int:
    """The id of the key an envelope was sealed with."""
    return int.from_bytes(envelope[len(_MAGIC) : len(_MAGIC) + 2], "big")


def keys_from_outside() -> tuple[bytes, ...]:
    """The keys that lock the home's own, newest first; none: the home's key files stand for themselves.

    Each is 32 bytes in base64. Raises SecretError for anything else, and for a file that others may read.
    """
    text = os.environ.get(OUTSIDE, "")
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    path = os.environ.get(OUTSIDE_FILE) or (credentials and f"{credentials}/{CREDENTIAL}")
    if not text and path and (os.environ.get(OUTSIDE_FILE) or Path(path).exists()):
        text = _text_of(Path(path))
    try:
        keys = tuple(base64.b64decode(one, validate=True) for one in text.split())
    except (binascii.Error, ValueError):
        keys = (b"",)
    if any(len(key) != _KEY_BYTES for key in keys):
        raise SecretError(
            "the key of the secrets is not 32 bytes in base64; make one: head -c 32 /dev/urandom | base64"
        )
    return keys


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise SecretError(f"{path} may be read by others; chmod 600 it")
        with path.open(encoding="ascii", errors="replace") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise SecretError(f"{path} cannot be read: {error.strerror}") from error


def _of_column(key: bytes, table: str, column: str) -> bytes:
    """A key of its own for each column of each table."""
    return hmac.new(key, f"{table}|{column}".encode(), hashlib.sha256).digest()


def _named(name: str) -> bytes:
    # A key that was put aside keeps the name it was locked under.
    return f"key|{name.replace('retired-', 'secrets-')}".encode()


def _bound_to(table: str, column: str, row: int, key_id: int) -> bytes:
    return f"{table}|{column}|{row}|{key_id}".encode()
