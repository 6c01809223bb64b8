"""How audit entries are chained, what an anchor is, and how a chain is followed: pure functions."""

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64
_ANCHOR = re.compile(r"([1-9]\d{0,17}):([0-9a-f]{64})")
# Controls, invisible marks, lone surrogates, line and paragraph separators: what breaks or turns a line of a log.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class Head:
    """An entry of the chain by number and hash: whoever has written it down elsewhere can prove what came before it."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


NOTHING_YET = Head(0, GENESIS)
# The hashes that were written down of an entry, by its number: two that differ cannot both be it.
Anchors = Mapping[int, AbstractSet[str]]


@dataclass(frozen=True)
class Verified:
    """What following a chain found."""

    head: Head  # the last entry that fits
    broken: int | None = None  # the first entry that is not what was written
    cut: bool = False  # there is nothing at `broken`: an anchor knows entries that the chain has no more

    @property
    def whole(self) -> bool:
        """Whether the chain is what was written."""
        return self.broken is None


def anchor(text: str) -> Head:
    """The head that was written down as SEQ:HASH. Raises ValueError for anything else."""
    found = _ANCHOR.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return Head(int(found[1]), found[2])


def canonical(detail: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces."""
    return json.dumps(detail, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def one_line(text: str) -> str:
    """`text` with every sign that nobody sees written out, as JSON does: one entry stays one line, and reads as it stands."""
    return "".join(_written_out(sign) if unicodedata.category(sign) in _UNSEEN else sign for sign in text)


def entry_hash(key: bytes, prev_hash: str, entry: Mapping[str, Any]) -> str:
    """HMAC-SHA256(key, previous hash ‖ canonical JSON of the entry's own fields)."""
    own = {name: entry[name] for name in ("seq", "person_id", "person", "source", "event", "object", "detail")}
    own["ts"] = entry["ts"].isoformat()
    return hmac.new(key, (prev_hash + canonical(own)).encode(), hashlib.sha256).hexdigest()


def follow(key: bytes, entries: Iterable[Mapping[str, Any]], *, after: Head, anchors: Anchors) -> Verified:
    """Whether `entries` go on from `after` without a gap and fit the hashes that `anchors` hold of some of them."""
    head = after
    for entry in entries:
        seq = head.seq + 1
        fits = entry["seq"] == seq and entry["prev_hash"] == head.hash
        fits = fits and hmac.compare_digest(entry["hash"], entry_hash(key, head.hash, entry))
        if not fits or anchors.get(seq, {entry["hash"]}) != {entry["hash"]}:
            return Verified(head, broken=min(seq, entry["seq"]))
        head = Head(seq, entry["hash"])
    return Verified(head)


def not_cut(found: Verified, anchors: Anchors) -> Verified:
    """`found` of a whole chain, or that it ends before an entry an anchor knows."""
    if found.whole and any(seq > found.head.seq for seq in anchors):
        return Verified(found.head, broken=found.head.seq + 1, cut=True)
    return found


def _written_out(sign: str) -> str:
    # As JSON writes them, so that a detail stays JSON.
    code = ord(sign)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
