"""What every field does first: the decorations around a value taken off, and what was changed noted."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from data.words import N_
from jobs.importing.sheets import Cell
from jobs.importing.words_of_files import EMPTY_WORDS, NOTHING_WORDS

# Marks that are not seen: byte order mark, zero-width and bidi controls.
_UNSEEN = re.compile(r"[\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069]")
_AS_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
# What our own exports put an apostrophe before.
_FORMULA_START = re.compile(r"[\s'\"]*[=+\-@\t\r\n\0＝＋－＠]")
_INNER = re.compile(r"[\s\-]+")


@dataclass
class Notes:
    """What one column's parser may know, and where it leaves its remarks on the value at hand."""

    unit: str | None = None  # the header's unit (headers.UNITS)
    today: date | None = None
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def add(self, msgid: str, **values: Any) -> None:
        """Leave a remark on the value at hand."""
        self.said.append((msgid, values))


def tidy(text: str, notes: Notes) -> str | None:
    """A typed value's text (dates, amounts, words): trimmed, narrow, without leading ' or quotes; None for nothing."""
    kept = _undecorated(text)
    if kept.lower() in EMPTY_WORDS or kept.lower() in NOTHING_WORDS:
        notes.add(N_("'{value}' was read as an empty cell"), value=kept)
        return None
    return unicodedata.normalize("NFKC", kept).strip() or None


def tidy_identifier(text: str, notes: Notes) -> str | None:
    """An identifier's text: undecorated, narrow, upper-case, without inner spaces; what was changed is noted."""
    if text.isascii() and text.isalnum():
        upper = text.upper()
        if upper.lower() not in NOTHING_WORDS:
            return upper
    kept = _undecorated(text)
    if not kept:
        return None
    if kept.lower() in EMPTY_WORDS or kept.lower() in NOTHING_WORDS:
        notes.add(N_("'{value}' was read as an empty cell"), value=kept)
        return None
    if kept != text.strip():
        notes.add(N_("Quotes, apostrophes or unseen marks around the value were taken off"))
    narrow = unicodedata.normalize("NFKC", kept)
    if narrow != kept:
        notes.add(N_("Full-width characters were made narrow"))
    joined = _INNER.sub("", narrow) if narrow[:1].isdigit() else narrow
    if joined != narrow:
        notes.add(N_("Spaces and hyphens inside the number were taken out"))
    return joined.upper()


def tidy_text(cell: Cell, notes: Notes) -> str | None:
    """Free text: trimmed, a protecting apostrophe taken off, the letters as they are."""
    if not isinstance(cell, str):
        return None if cell is None else str(cell)
    kept = cell.strip()
    formula = _AS_FORMULA.fullmatch(kept)
    if formula:
        kept = formula.group(1)
    if kept.startswith("'") and (kept == "'" or _FORMULA_START.match(kept[1:]) or kept[1:2].isdigit()):
        kept = kept[1:].strip()
    if kept.lower() in EMPTY_WORDS:
        notes.add(N_("'{value}' was read as an empty cell"), value=kept)
        return None
    return kept or None


def _undecorated(text: str) -> str:
    kept = _UNSEEN.sub("", text).strip()
    formula = _AS_FORMULA.fullmatch(kept)
    if formula:
        kept = formula.group(1)
    return kept.strip("'\"`’‘“” \t\r\n\xa0")
