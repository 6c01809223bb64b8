"""Headers as written to words that can be compared: width, case, spaces, brackets and units set aside."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache

from jobs.importing.aliases import ALIASES, BY_VALUES
from jobs.importing.sheets import Cell

# Units a header may carry, as the field parsers know them.
UNITS = {
    "b": "B", "byte": "B", "bytes": "B", "字节": "B", "k": "KB", "kb": "KB", "m": "MB", "mb": "MB", "兆": "MB",
    "g": "GB", "gb": "GB", "元": "yuan", "yuan": "yuan", "rmb": "yuan", "cny": "yuan", "分": "fen", "fen": "fen",
    "utc": "UTC", "gmt": "UTC", "月": "month", "个月": "month", "年": "year",
}  # fmt: skip

_BRACKETS = re.compile(r"[(\[【<{]([^)\]】>}]*)[)\]】>}]")
_LEFT_OUT = re.compile(r"[\s_\-*:'\"`.　·]+")
_MONTH = re.compile(
    r"(20\d{2})[-/.年]?(0?[1-9]|1[0-2])(?:[-/.](?:0?1))?月?(?:00:00:00)?(?:用量|流量|使用量|已用流量|mb)?"
)
_UNIT_AT_END = re.compile(r"(.+?)(mb|gb|kb|bytes|utc|元|分)$")


@dataclass(frozen=True)
class Header:
    """One header as it can be compared."""

    text: str  # as in the file, trimmed
    word: str  # what is compared
    unit: str | None  # a value of UNITS


@cache
def header_of(text: str) -> Header:
    """流量套餐总量（MB） as word 流量套餐总量 and unit MB."""
    plain = unicodedata.normalize("NFKC", text).lower()
    unit = None
    for inside in _BRACKETS.findall(plain):
        unit = unit or UNITS.get(inside.strip())
    word = _LEFT_OUT.sub("", _BRACKETS.sub("", plain))
    if not word:
        word = _LEFT_OUT.sub("", plain)
    if unit is None and word not in _CONCEPTS and (ended := _UNIT_AT_END.match(word)):
        word, unit = ended.group(1), UNITS[ended.group(2)]
    return Header(text.strip(), word, unit)


def concept_of(text: str) -> str | None:
    """The concept a header names, BY_VALUES_CONCEPT for those that only values decide, None for the unknown."""
    word = header_of(text).word
    if word in _BY_VALUES:
        return BY_VALUES_CONCEPT
    found = _CONCEPTS.get(word)
    return found[0] if found else None


def priority_of(text: str) -> int:
    """The place of a header among the words of its concept; the smallest wins."""
    found = _CONCEPTS.get(header_of(text).word)
    return found[1] if found else 0


@cache
def month_of(text: str) -> date | None:
    """The month a header of a wide usage table names: 2025-06, 202506, 2025年6月."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).lower())
    match = _MONTH.fullmatch(_BRACKETS.sub("", plain))
    return date(int(match.group(1)), int(match.group(2)), 1) if match else None


def header_text(cell: Cell) -> str:
    """A header cell as text; a numeric 202506.0 as "202506"."""
    if cell is None:
        return ""
    return " ".join(str(cell).split())


BY_VALUES_CONCEPT = "card"


def _word(alias: str) -> str:
    plain = unicodedata.normalize("NFKC", alias).lower()
    return _LEFT_OUT.sub("", _BRACKETS.sub("", plain))


_CONCEPTS: dict[str, tuple[str, int]] = {
    _word(alias): (concept, place) for concept, words in ALIASES.items() for place, alias in enumerate(words)
}
_BY_VALUES = {_word(alias) for alias in BY_VALUES}
