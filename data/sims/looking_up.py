"""Finding cards by whatever a caller can read out, or by a list someone pasted."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from data.database import Queries, Reader, Row
from data.sims.listing import shown
from data.sims.searching_rules import folded

Q = Queries.beside(__file__, "looking_up.sql")

# A list a person pastes; more is a file.
MOST_LINES = 5_000
# Fewer characters of a number's end name too many cards, more are a whole number.
_ENDS = range(4, 9)
_ICCID = re.compile(r"89[0-9]{2}[0-9A-Z]{15,16}")
_STEM_LENGTH = 19


@dataclass(frozen=True)
class _Kind:
    """One kind of number: the lines it may be, the column it stands in, and what it identifies."""

    column: str
    thing: str
    shape: re.Pattern[str]
    length: int | None = None  # compared up to here


# In this order: what a line names by an earlier kind is not looked for in a later one.
_KINDS = (
    _Kind("stem", "sim_id", _ICCID, _STEM_LENGTH),
    _Kind("msisdn", "sim_id", re.compile(r"[0-9]{11}|[0-9]{13}")),
    _Kind("imsi", "sim_id", re.compile(r"[0-9]{15}")),
    _Kind("imei", "terminal_key", re.compile(r"[0-9]{14,15}")),
    _Kind("serial_no", "terminal_key", re.compile(r".{4,40}")),
    _Kind("terminal_id", "terminal_key", re.compile(r".{1,12}")),
    _Kind("merchant_no", "merchant_id", re.compile(r".{6,20}")),
)


@dataclass(frozen=True)
class Pasted:
    """What a pasted list came to: cards in the order of its lines, and the lines that named none or more than one."""

    sim_ids: tuple[int, ...]
    not_found: tuple[str, ...]
    ambiguous: tuple[str, ...]


def look_up(reader: Reader, text: str, limit: int = 50) -> pa.Table:
    """Cards that carry `text` in a number, name or phone: the columns of `page`, and `matched`, the field that has it.

    `matched` is a key of MATCHED; exact numbers come first.
    """
    said = _said(text)
    if _ICCID.fullmatch(said):
        said = said[:_STEM_LENGTH]  # the 20th character is printed differently from platform to platform
    return reader.arrow(shown(Q.look_up), text=said, limit=limit if said else 0)


def paste(reader: Reader, lines: Sequence[str]) -> Pasted:
    """Find the cards of a list, one number a line, kinds mixed; at most 5,000 lines, empty ones are skipped.

    By whole ICCID (or its stem), MSISDN, IMSI, IMEI, serial number, terminal number or merchant number (all its cards),
    else by the last 4–8 characters where only one live card ends so. Raises ValueError for a longer list.
    """
    shown = [line.strip() for line in lines if _said(line)]
    if len(shown) > MOST_LINES:
        raise ValueError(f"{len(shown)} lines, the most is {MOST_LINES}")
    said = [_said(line) for line in shown]
    found = _exact(reader, said)
    found |= _ends(reader, {n: text for n, text in enumerate(said) if n not in found and len(text) in _ENDS})
    return Pasted(
        sim_ids=tuple(dict.fromkeys(sim_id for n in sorted(found) for sim_id in found[n])),
        not_found=tuple(line for n, line in enumerate(shown) if n not in found),
        ambiguous=tuple(line for n, line in enumerate(shown) if found.get(n) == ()),
    )


def _exact(reader: Reader, said: list[str]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for kind in _KINDS:
        numbers = [n for n, text in enumerate(said) if n not in found and kind.shape.fullmatch(text)]
        if not numbers:
            continue
        lines = [said[n][: kind.length] for n in numbers]
        hits: dict[int, list[Row]] = defaultdict(list)
        query = Q.exact.fill(column=kind.column, thing=kind.thing)
        for hit in reader.rows(query, lines=lines, numbers=numbers):
            hits[hit["n"]].append(hit)
        found |= {n: _settled(of_line) for n, of_line in hits.items()}
    return found


def _settled(hits: list[Row]) -> tuple[int, ...]:
    """The cards one number names; () when it stands on several things of its kind."""
    hits = [hit for hit in hits if hit["live"]] or hits
    if len({hit["thing"] for hit in hits}) > 1:
        return ()
    return tuple(sorted(hit["sim_id"] for hit in hits))


def _ends(reader: Reader, left: dict[int, str]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for length in _ENDS:
        numbers = [n for n, text in left.items() if len(text) == length]
        if numbers:
            for row in reader.rows(Q.ends, lines=[left[n] for n in numbers], numbers=numbers, length=length):
                found[row["n"]] = (row["first"],) if row["first"] == row["last"] else ()
    return found


def _said(line: str) -> str:
    """A line as numbers are stored: what spreadsheets put around and people put between is taken away."""
    text = folded(line.split("\t", maxsplit=1)[0] or line).strip("'\"’“”,;，；、 ")
    packed = re.sub(r"[\s-]", "", text)
    return packed if re.fullmatch(r"[0-9A-Z]+", packed) else text
