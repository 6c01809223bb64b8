"""Backups are sealed with age (X25519): whoever has only them reads nothing.

The key is made with the first backup and kept in keys/, sealed like the secrets of carriers; no backup holds it.
"""

from collections.abc import Iterator
from pathlib import Path

import pyrage
from pyrage.x25519 import Identity

from data.home import Home
from data.secrets import Secret, SecretError
from data.words import N_
from jobs.backups import SEALED, BackupError
from jobs.carriers.account import keep_secret, kept_secret, sealed_file

# Its name among the secrets that the home keeps, so that a rotation of the home's keys takes it along.
KEY_NAME = "flowcard_backup"
NOT_OPENED = N_("The key of the backups in {path} cannot be used: {why}")
NO_KEYS = N_("There are no keys in {path}; put the folder keys/ of the home back first, a backup does not hold it")
NOT_UNSEALED = N_(
    "{path} does not open: either it is damaged, or {keys} are not the keys of the home it was made in; put those back"
)


def key_of(home: Home) -> Identity:
    """The key of this home's backups; made where there is none. Raises BackupError where the home's keys are locked."""
    keys = home.path / "keys"
    try:
        if not sealed_file(home, KEY_NAME).exists():
            keep_secret(home, KEY_NAME, Secret(str(Identity.generate())))
    except SecretError as error:
        raise BackupError(NOT_OPENED, path=keys, why=str(error)) from error
    return key_in(keys)


def key_in(keys: Path) -> Identity:
    """The key of the backups that is kept in `keys`. Raises BackupError where there is none or it cannot be opened."""
    try:
        return Identity.from_str(kept_secret(keys, KEY_NAME).reveal())
    except FileNotFoundError as error:
        raise BackupError(NO_KEYS, path=keys) from error
    except (OSError, SecretError, pyrage.IdentityError) as error:
        raise BackupError(NOT_OPENED, path=keys, why=str(error)) from error


def seal(folder: Path, into: Path, key: Identity) -> None:
    """Every file below `folder`, sealed, at the same place below `into`."""
    for path in _files(folder):
        seal_file(path, into / path.relative_to(folder).with_name(path.name + SEALED), key)


def unseal(folder: Path, into: Path, key: Identity, *, keys: Path) -> None:
    """Every sealed file below `folder`, as it was, below `into`. Raises BackupError for another key or a changed file."""
    for path in _files(folder):
        if path.suffix == SEALED:
            unseal_file(path, into / path.relative_to(folder).with_suffix(""), key, keys=keys)


def seal_file(path: Path, target: Path, key: Identity) -> None:
    """One file, for its owner only. A kill in between leaves half of it."""
    _make_private(target)
    pyrage.encrypt_file(str(path), str(target), [key.to_public()])


def unseal_file(path: Path, target: Path, key: Identity, *, keys: Path) -> None:
    """One file, likewise. Raises BackupError for another key or a changed file, and may leave half of it, too."""
    _make_private(target)
    try:
        pyrage.decrypt_file(str(path), str(target), [key])
    except pyrage.DecryptError as error:
        raise BackupError(NOT_UNSEALED, path=path, keys=keys) from error
    except OSError as error:
        # The library says this of changed bytes, too; a disk that refuses has a number.
        if error.errno is not None:
            raise
        raise BackupError(NOT_UNSEALED, path=path, keys=keys) from error


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
