"""The papers of a home in its backups: vouchers, and files that prove purchases. Each is sealed once and kept for good."""

from collections.abc import Iterator
from pathlib import Path

from pyrage.x25519 import Identity

from data.files.pruning import proofs
from data.home import Home
from data.keeping import measured
from jobs.backups import SEALED, BackupError
from jobs.backups.sealing import seal_file, unseal_file

FOLDER = "files"


def keep(home: Home, key: Identity, work: Path) -> tuple[int, list[Path]]:
    """Seal what no earlier backup has sealed and read it back, by way of `work`: how many, and which are damaged already."""
    count, damaged = 0, []
    for path in _papers(home):
        sealed = home.path / "backups" / FOLDER / path.parent.name / (path.name + SEALED)
        if sealed.exists():
            continue
        seal_file(path, sealed, key)
        unseal_file(sealed, work / path.name, key, keys=home.path / "keys")
        if measured(work / path.name)[0] == path.name:
            count += 1
        else:
            sealed.unlink()
            damaged.append(path)
        (work / path.name).unlink()
    return count, damaged


def put_back(folder: Path, path: Path, key: Identity) -> tuple[int, list[Path]]:
    """Unseal the papers in `folder` that the home at `path` lacks: how many, and which do not open."""
    count, damaged = 0, []
    for sealed in sorted(folder.glob(f"*/*{SEALED}")):
        target = path / FOLDER / sealed.parent.name / sealed.stem
        if target.exists():
            continue
        try:
            unseal_file(sealed, target, key, keys=path / "keys")
            count += 1
        except BackupError:
            damaged.append(sealed)
    return count, damaged


def _papers(home: Home) -> Iterator[Path]:
    """A paper is written before any row names it: whatever a database copied earlier knows is here."""
    yield from sorted(path for path in home.vouchers.iterdir() if not path.name.startswith("."))
    yield from (path for sha256 in sorted(proofs(home.db.read())) if (path := home.incoming / sha256).exists())
