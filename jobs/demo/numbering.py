"""Identifiers of the shapes domain.md §2 asks for, made for whole columns at once, and the dice that decide shares."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Dice = np.random.Generator


def spread(dice: Dice, shares: Sequence[float], count: int) -> Ints:
    """`count` choices 0, 1, … in exactly these shares (to a card), shuffled."""
    edges = np.round(np.cumsum(np.asarray(shares) / np.sum(shares)) * count).astype(np.int64)
    choices = np.searchsorted(edges, np.arange(count), side="right").astype(np.int64)
    dice.shuffle(choices)
    return choices


def some(dice: Dice, among: Ints, count: int) -> Ints:
    """`count` of these places at random, never more than there are."""
    return dice.permutation(among)[:count].astype(np.int64)


def words(choices: Sequence[str | None], picked: Ints) -> pa.Array:
    """The picked words as a column."""
    return pa.array(choices, pa.string()).take(pa.array(picked))


def digits(values: Ints, width: int) -> pa.Array:
    """Whole numbers as text with leading zeros."""
    return pc.utf8_lpad(pc.cast(pa.array(values), pa.string()), width, "0")


def joined(*parts: Any) -> pa.Array:
    """Columns and words put together, row by row; null where a part is null."""
    length = max(len(part) for part in parts if not isinstance(part, str))
    columns = [
        pa.array([part]).take(pa.array(np.zeros(length, np.int64))) if isinstance(part, str) else part for part in parts
    ]
    return pc.binary_join_element_wise(*columns, "")


def where(flags: Flags, column: pa.Array, other: pa.Array | None = None) -> pa.Array:
    """`column` where the flag is set, else `other` or null."""
    return pc.if_else(pa.array(flags), column, pa.scalar(None, column.type) if other is None else other)


def luhn(values: Ints) -> Ints:
    """The check digit that makes each number, with it appended, pass Luhn."""
    rest, total, doubled = values.copy(), np.zeros(len(values), np.int64), True
    while rest.any():
        digit = rest % 10
        if doubled:
            digit = digit * 2
            digit = digit - 9 * (digit > 9)
        total += digit
        rest //= 10
        doubled = not doubled
    return np.asarray(-total % 10, np.int64)


def scattered(count: int, below: int, *, start: int) -> Ints:
    """`count` different whole numbers under `below` (a prime), in no visible order."""
    # Any multiplier visits every value of a prime modulus once; the golden section scatters the last digits too.
    step = int(below * 0.6180339887498949)
    return ((np.arange(count, dtype=np.int64) + start) * step) % below
