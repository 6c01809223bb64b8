"""ICCIDs a spreadsheet rounded before it wrote them as text: many of a column end in the same row of zeros."""

import re
from collections.abc import Sequence

from jobs.importing.sheets import Cell

# 15 digits survive, so a rounded 19- or 20-digit number ends in four or five zeros.
_ROUNDED = re.compile(r"[\s'\"=]*89\d{13}0{4,5}[\s'\"]*")
# One card in 10,000 really ends so; a rounded column ends so everywhere.
_SHARE = 0.5
_AT_LEAST = 3


def mangled_iccids(cells: Sequence[Cell]) -> set[Cell]:
    """The cells that were rounded; empty where only chance can be seen."""
    rounded = [cell for cell in cells if isinstance(cell, str) and _ROUNDED.fullmatch(cell)]
    filled = sum(cell is not None and cell != "" for cell in cells)
    return set(rounded) if len(rounded) >= _AT_LEAST and len(rounded) > _SHARE * filled else set()
