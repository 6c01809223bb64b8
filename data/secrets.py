"""Secrets at rest: AES-256-GCM envelopes bound to their row, a blind index to find them by, a type that shows nothing."""

import hashlib
import hmac
import os
import re
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from data import redacting

_MASK = "••••"
_KEY_BYTES, _NONCE_BYTES = 32, 12
# An envelope opens with these and with the id of its key, so that a key can be replaced while old envelopes are read.
_MAGIC = b"FC1"


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
    """The keys of a home: one to seal with, older ones to open with, one for the blind index. Made at first use, 0600."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def seal(self, secret: Secret, *, table: str, column: str, row: int) -> bytes:
        """The envelope of `secret` for this one place."""
        key_id = self._current()
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self._key(f"secrets-{key_id}")).encrypt(
            nonce, secret.reveal().encode(), _bound_to(table, column, row, key_id)
        )
        return _MAGIC + key_id.to_bytes(2, "big") + nonce + sealed

    def open(self, envelope: bytes, *, table: str, column: str, row: int) -> Secret:
        """What was sealed for this place. Raises SecretError for anything else."""
        head = len(_MAGIC) + 2
        if envelope[: len(_MAGIC)] != _MAGIC or len(envelope) <= head + _NONCE_BYTES:
            raise SecretError(f"{table}.{column} of row {row} is no envelope")
        key_id = int.from_bytes(envelope[len(_MAGIC) : head], "big")
        path = self._folder / f"secrets-{key_id}"
        if not path.exists():
            raise SecretError(
                f"{table}.{column} of row {row} was sealed with key {key_id}, which is not in {self._folder}"
            )
        nonce, sealed = envelope[head : head + _NONCE_BYTES], envelope[head + _NONCE_BYTES :]
        try:
            text = AESGCM(path.read_bytes()).decrypt(nonce, sealed, _bound_to(table, column, row, key_id)).decode()
        except InvalidTag as error:
            raise SecretError(f"{table}.{column} of row {row} was changed, or belongs to another row") from error
        return Secret(text, blind=self.blind(text))

    def blind(self, text: str) -> str:
        """A keyed hash of `text`, 64 hexadecimal characters: equal for equal texts, and no help to guess them without the key."""
        return hmac.new(self._key("blind"), text.encode(), hashlib.sha256).hexdigest()

    def renew(self) -> int:
        """Make another key to seal with from here on; its id. Envelopes of older keys still open."""
        key_id = self._current() + 1
        self._key(f"secrets-{key_id}")
        return key_id

    def _current(self) -> int:
        ids = [
            int(found[1])
            for path in self._folder.glob("secrets-*")
            if (found := re.fullmatch(r"secrets-(\d+)", path.name))
        ]
        return max(ids, default=1)

    def _key(self, name: str) -> bytes:
        path = self._folder / name
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(os.urandom(_KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            pass
        return path.read_bytes()


def _bound_to(table: str, column: str, row: int, key_id: int) -> bytes:
    return f"{table}|{column}|{row}|{key_id}".encode()
