"""The money journal: the second truth, on disk before any order leaves.

Segments of `journal/` hold one JSON line per money event; the last field of each line is the SHA-256 over the hash of the
line before and the line itself, and each segment opens with the last hash of the one before. Lines are only ever added.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from data.database import Queries, Reader, Transaction
from data.disk import sync

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
GENESIS = "0" * 64
# A segment ends here or with its month, whichever comes first: it can be verified in about a second.
SEGMENT_LINES = 100_000
_HASH = b',"hash":"'


class JournalBroken(Exception):
    """A line of the journal is not what was written; the message names the file and the line."""


@dataclass(frozen=True)
class Mark:
    """A place in the journal: the last line written in a transaction that is in the database."""

    segment: str  # the segment's name
    line: int  # counted from one, the head included
    hash: str


@dataclass(frozen=True)
class Verified:
    """What the verification of one segment found."""

    lines: int
    last_hash: str
    torn_bytes: int  # an unfinished line at the end: what a kill in mid-write leaves
    bytes: int  # of the whole lines


class Journal:
    """One folder of segments, one writer. Every append is on disk when it returns."""

    def __init__(self, folder: Path, *, segment_lines: int = SEGMENT_LINES) -> None:
        """Verify the newest segment and cut off an unfinished last line (kept aside). Raises JournalBroken."""
        self._folder = folder
        self._segment_lines = segment_lines
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._path: Path | None = None
        self._lines, self._hash, self._bytes = 0, GENESIS, 0
        self.torn_bytes = 0
        for path in reversed(self.segments()):
            found = verify(path, opening=None)
            self.torn_bytes += found.torn_bytes
            if found.torn_bytes:
                _set_aside(path, found.torn_bytes)
            if found.lines:
                self._path, self._lines, self._hash, self._bytes = path, found.lines, found.last_hash, found.bytes
                break
            # Not even its head was written: the chain goes on from the segment before.
            path.unlink()

    def segments(self) -> list[Path]:
        """All segments, oldest first."""
        return _segments(self._folder)

    def append(self, entries: Iterable[Mapping[str, Any]], *, now: datetime) -> None:
        """Write the entries and wait for the disk. An error means that none of them may be relied on."""
        with self._lock:
            path = self._segment_for(now)
            lines, last = [], self._hash
            for entry in entries:
                last, line = chained(last, {"ts": now.isoformat(), **entry})
                lines.append(line)
            _append(path, b"".join(lines), behind=self._bytes)
            self._lines += len(lines)
            self._bytes += sum(map(len, lines))
            self._hash = last

    def append_in(self, tx: Transaction, entries: Iterable[Mapping[str, Any]]) -> None:
        """Append, and let the transaction remember how far the journal is: a database older than its journal shows by it."""
        tx.journals = True
        self.append(entries, now=tx.now)
        self.mark(tx)

    def mark(self, tx: Transaction) -> None:
        """From here on the database and the journal say the same."""
        if self._path is not None:
            said = {"segment": self._path.name, "line": self._lines, "hash": self._hash}
            if not tx.run(Q.move_mark, **said):
                tx.run(Q.set_mark, **said)

    def behind(self, mark: Mark | None) -> list[dict[str, Any]] | None:
        """The entries written after `mark`, oldest first, without heads; of no mark all of them.

        None: the journal does not have the marked line. Raises JournalBroken where the lines between do not verify.
        """
        paths = [path for path in self.segments() if mark is None or path.name >= mark.segment]
        if mark is not None and (not paths or paths[0].name != mark.segment):
            return None
        entries: list[dict[str, Any]] = []
        opening: str | None = None
        for place, path in enumerate(paths):
            # The newest was verified when it was opened.
            opening = verify(path, opening=opening).last_hash if path != self._path else None
            lines = path.read_bytes().splitlines()
            first = mark.line if mark is not None and place == 0 else 0
            if (
                mark is not None
                and place == 0
                and (len(lines) < first or json.loads(lines[first - 1])["hash"] != mark.hash)
            ):
                return None
            entries += [entry for entry in map(json.loads, lines[first:]) if entry["kind"] != "segment"]
        return entries

    def verify_all(self) -> int:
        """Walk the chain through every segment; the number of lines. Raises JournalBroken."""
        return verify_folder(self._folder)

    def _segment_for(self, now: datetime) -> Path:
        month = now.strftime("%Y%m")
        if self._path is None or self._lines >= self._segment_lines or month > self._path.stem[-6:]:
            number = int(self._path.stem[:6]) + 1 if self._path else 1
            head, line = chained(self._hash, {"ts": now.isoformat(), "kind": "segment", "opens_with": self._hash})
            path = self._folder / f"{number:06d}-{month}.jsonl"
            _append(path, line, behind=0)
            sync(self._folder)
            self._path, self._lines, self._hash, self._bytes = path, 1, head, len(line)
        return self._path


def _append(path: Path, content: bytes, *, behind: int) -> None:
    """Write behind the first `behind` bytes and wait for the disk; half a line of an earlier failure goes first."""
    # Unbuffered: a buffer would write its rest at the close, behind the cut.
    with path.open("ab", buffering=0) as file:
        if file.tell() != behind:
            file.truncate(behind)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError:
            # A full disk may have taken half a line; the chain goes on behind what was whole.
            os.truncate(path, behind)
            raise


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


def entries(folder: Path) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Everything, heads included, with the segment and the line it stands in; oldest first. An unfinished line is none."""
    for path in _segments(folder):
        with path.open("rb") as file:
            for line_no, line in enumerate(file, start=1):
                if line.endswith(b"\n"):
                    yield path.name, line_no, json.loads(line)


def verify_folder(folder: Path) -> int:
    """Walk the chain through every segment, changing nothing; the number of lines. Raises JournalBroken."""
    lines, opening = 0, GENESIS
    for path in _segments(folder):
        found = verify(path, opening=opening)
        lines, opening = lines + found.lines, found.last_hash
    return lines


def chained(prev_hash: str, entry: Mapping[str, Any]) -> tuple[str, bytes]:
    """The entry's hash and its line."""
    body = json.dumps(entry, separators=(",", ":"), ensure_ascii=False, default=str).encode()[:-1]
    hash = hashlib.sha256(prev_hash.encode() + body).hexdigest()
    return hash, body + _HASH + hash.encode() + b'"}\n'


def verify(path: Path, *, opening: str | None) -> Verified:
    """Check every line of a segment against the chain. `opening`: the hash before it; None: believe its head.

    Raises JournalBroken. An unfinished last line is no break: it was never relied on.
    """
    last, lines, whole = opening, 0, 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return Verified(lines, last or GENESIS, len(line), whole)
            body, found, tail = line.rpartition(_HASH)
            if last is None:
                last = _opening_of(line, path)
            expected = hashlib.sha256(last.encode() + body).hexdigest()
            if not found or tail != expected.encode() + b'"}\n':
                raise JournalBroken(f"{path} line {number} was changed; restore the file or ask for help")
            last, lines, whole = expected, number, whole + len(line)
    return Verified(lines, last or GENESIS, 0, whole)


def _opening_of(line: bytes, path: Path) -> str:
    try:
        return str(json.loads(line)["opens_with"])
    except (ValueError, KeyError):
        raise JournalBroken(f"{path} does not open as a journal segment; restore the file") from None


def _set_aside(path: Path, torn_bytes: int) -> None:
    """Move the unfinished line into a file of its own, so that the chain can go on."""
    keep = path.stat().st_size - torn_bytes
    with path.open("rb") as file:
        file.seek(keep)
        torn = file.read()
    with path.with_suffix(".torn").open("ab") as file:
        file.write(torn)
    with path.open("r+b") as file:
        file.truncate(keep)
        os.fsync(file.fileno())


_opened: dict[Path, Journal] = {}
_opening = threading.Lock()


def standing(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries without those that were given up before they took effect: `abandoned` takes back its order's last one."""
    kept: dict[int, dict[str, Any]] = {}
    places: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        before = places.setdefault(entry.get("order_no", ""), [])
        if entry["kind"] != "abandoned":
            kept[place] = entry
            before.append(place)
        elif before:
            del kept[before.pop()]
    return list(kept.values())


def mark_of(reader: Reader) -> Mark | None:
    """How far the journal was when this database last wrote to it; None: it never did."""
    return reader.record(Mark, Q.mark)


def opened(folder: Path) -> Journal:
    """The journal of a home, opened and verified once per process. Raises JournalBroken."""
    with _opening:
        if folder not in _opened:
            _opened[folder] = Journal(folder)
        return _opened[folder]
