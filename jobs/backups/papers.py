"""The papers of a home in its backups: vouchers, and files that prove purchases. Each is sealed once and kept for good."""

from collections.abc import Iterator
from pathlib import Path

from pyrage.x25519 import Identity

from data.disk import sync
from data.files.pruning import proofs
from data.home import Home
from data.keeping import measured
from jobs.backups import SEALED, BackupError
from jobs.backups.sealing import seal_file, unseal_file

FOLDER = "files"


def keep(home: Home, key: Identity, work: Path) -> list[Path]:
    """Seal what no earlier backup has sealed and read it back, in the folder `work`; which papers are damaged already."""
    damaged = []
    for path in _papers(home):
        sealed = home.path / "backups" / FOLDER / path.parent.name / (path.name + SEALED)
        if sealed.exists():
            continue
        fresh, read_back = work / sealed.name, work / path.name
        seal_file(path, fresh, key)
        unseal_file(fresh, read_back, key, keys=home.path / "keys")
        if measured(read_back)[0] == path.name:
            _file(fresh, sealed)
        else:
            damaged.append(path)
        read_back.unlink()
    return damaged


def put_back(folder: Path, path: Path, key: Identity, work: Path) -> tuple[int, list[Path]]:
    """Unseal the papers in `folder` that the home at `path` lacks, by way of `work`: how many, and which do not open."""
    count, damaged = 0, []
    for sealed in sorted(folder.glob(f"*/*{SEALED}")):
        target = path / FOLDER / sealed.parent.name / sealed.stem
        if target.exists():
            continue
        try:
            unseal_file(sealed, work / sealed.stem, key, keys=path / "keys")
        except BackupError:
            damaged.append(sealed)
            continue
        _file(work / sealed.stem, target)
        count += 1
    return count, damaged


def _file(fresh: Path, target: Path) -> None:
    """Put a paper in its place; it is there whole or not at all."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sync(fresh)
    fresh.replace(target)
    sync(target.parent)


def _papers(home: Home) -> Iterator[Path]:
    """A paper is written before any row names it: whatever a database copied earlier knows is here."""
    yield from sorted(path for path in home.vouchers.iterdir() if not path.name.startswith("."))
    yield from (path for sha256 in sorted(proofs(home.db.read())) if (path := home.incoming / sha256).exists())
