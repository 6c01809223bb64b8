"""Money, data volumes and counts as files write them, as whole fen, bytes and numbers; never through a float."""

import re
from decimal import ROUND_HALF_UP, Decimal

from data.words import N_
from jobs.importing.refusing import ValueRefused
from jobs.importing.sheets import Cell
from jobs.importing.values import Notes, tidy
from jobs.importing.words_of_files import UNLIMITED_WORDS

_PER_UNIT = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_VOLUME = re.compile(
    r"([+-]?[\d,]*\.?\d*)\s*(bytes|byte|tb|gb|mb|kb|b|t|g|m|k|兆|字节)?(?:/月|/年|/month)?", re.IGNORECASE
)
_LETTER_UNITS = {"BYTES": "B", "BYTE": "B", "T": "TB", "G": "GB", "M": "MB", "K": "KB", "兆": "MB", "字节": "B"}
_MONEY = re.compile(
    r"(?:¥|￥|rmb|cny)?\s*([+-]?[\d,]*\.?\d*)\s*(?:元|圆|yuan|cny)?(?:/(?:mb|m|兆|张|月|年))?", re.IGNORECASE
)
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?")
_TERM = re.compile(r"(\d+|[一二三半两]+)\s*(个月|月|年|m|y|months?|years?)?", re.IGNORECASE)
_CHINESE_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3}
# 1 EB: more than any card's figure, and safe in 64 bits.
_MOST_BYTES = 1024**6
_MOST_YUAN = Decimal(1_000_000_000)
_MOST_MONTHS = 120
_MOST_DIGITS = 9


def parse_bytes(cell: Cell, notes: Notes) -> int | None:
    """A volume in bytes, 1 MB = 1,048,576. The value's own unit wins over the header's; without both it is MB."""
    found = _volume(cell, notes)
    if found is not None and found < 0:
        raise ValueRefused(N_("'{value}' is a negative volume; correct it or empty the cell"), value=str(cell).strip())
    return found


def parse_left_bytes(cell: Cell, notes: Notes) -> int | None:
    """As parse_bytes; negative is what a card used beyond its quota."""
    found = _volume(cell, notes)
    if found is not None and found < 0:
        notes.add(N_("Negative left-overs were kept: those cards are over their quota"))
    return found


def parse_fen(cell: Cell, notes: Notes) -> int | None:
    """Money in fen. More than two decimals are refused unless they are zeros."""
    yuan = _money(cell, notes)
    if yuan is None:
        return None
    fen = yuan * 100
    if fen != int(fen):
        raise ValueRefused(N_("'{value}' has parts of a fen; write at most two decimals"), value=str(cell).strip())
    return int(fen)


def parse_price_fen(cell: Cell, notes: Notes) -> int | None:
    """As parse_fen, and more than nothing."""
    fen = parse_fen(cell, notes)
    if fen is not None and fen <= 0:
        raise ValueRefused(N_("'{value}' is no price: it must be more than 0; correct it"), value=str(cell).strip())
    return fen


def parse_millifen(cell: Cell, notes: Notes) -> int | None:
    """A price per MB in thousandths of a fen: ¥0.29 is 29,000."""
    yuan = _money(cell, notes)
    if yuan is None:
        return None
    return int((yuan * 100_000).to_integral_value(ROUND_HALF_UP))


def parse_whole(cell: Cell, notes: Notes) -> int | None:
    """A small whole number, such as that of a batch."""
    text = tidy(str(cell), notes) if cell is not None else None
    if text is None:
        return None
    digits = text.removesuffix(".0")
    if not (digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        raise ValueRefused(N_("'{value}' is no whole number; correct it or empty the cell"), value=text)
    return int(digits)


def parse_months(cell: Cell, notes: Notes) -> int | None:
    """A term in months: 12, 12个月, 1年, or years where the header says so."""
    if cell is None:
        return None
    text = tidy(str(cell), notes)
    if text is None:
        return None
    match = _TERM.fullmatch(text)
    months = _months(match.group(1), (match.group(2) or "").lower(), notes.unit) if match else 0
    if not 1 <= months <= _MOST_MONTHS:
        raise ValueRefused(
            N_("'{value}' is no term; write whole months from 1 to {most}, such as 12"), value=text, most=_MOST_MONTHS
        )
    return months


def _months(number: str, unit: str, header_unit: str | None) -> int:
    years = unit[:1] in ("年", "y") if unit else header_unit == "year"
    if number.isdecimal():
        count = int(number) if len(number) <= 4 else 0
        return count * 12 if years else count
    if number == "半":
        return 6 if years else 0
    count = _CHINESE_DIGITS.get(number, 0)
    return count * 12 if years else count


def _volume(cell: Cell, notes: Notes) -> int | None:
    header_unit = notes.unit if notes.unit in _PER_UNIT else "MB"
    if cell is None:
        return None
    if not isinstance(cell, str):
        return _bytes(_decimal(str(cell), cell), header_unit, cell)
    text = tidy(cell, notes)
    if text is None:
        return None
    if text in UNLIMITED_WORDS:
        notes.add(N_("'{value}' was read as no figure"), value=text)
        return None
    match = _VOLUME.fullmatch(text)
    if not match:
        raise _no_figure(cell)
    unit = (match.group(2) or header_unit).upper()
    return _bytes(_decimal(match.group(1), cell), _LETTER_UNITS.get(unit, unit), cell)


def _bytes(figure: Decimal, unit: str, cell: Cell) -> int:
    count = (figure * _PER_UNIT[unit]).to_integral_value(ROUND_HALF_UP)
    if abs(count) > _MOST_BYTES:
        raise _no_figure(cell)
    return int(count)


def _money(cell: Cell, notes: Notes) -> Decimal | None:
    if cell is None:
        return None
    if isinstance(cell, str):
        text = tidy(cell, notes)
        if text is None:
            return None
        match = _MONEY.fullmatch(text)
        if not match:
            raise _no_figure(cell)
        yuan = _decimal(match.group(1), cell)
    else:
        # A formula's cell carries float dust: 0.30000000000000004.
        yuan = _decimal(str(round(cell, 6)), cell)
    if notes.unit == "fen":
        yuan /= 100
    if abs(yuan) > _MOST_YUAN:
        raise _no_figure(cell)
    if yuan < 0:
        raise ValueRefused(N_("'{value}' is a negative amount; correct it"), value=str(cell).strip())
    return yuan


def _decimal(text: str, cell: Cell) -> Decimal:
    if re.fullmatch(r"\d+(\.\d+)?e-\d{1,2}", text) and not isinstance(cell, str):
        return Decimal(text)
    if not _NUMBER.fullmatch(text) or not any(letter.isdigit() for letter in text):
        raise _no_figure(cell)
    return Decimal(text.replace(",", ""))


def _no_figure(cell: Cell) -> ValueRefused:
    return ValueRefused(
        N_("'{value}' is no figure we can take; write digits such as 1234.50 or empty the cell"),
        value=str(cell).strip(),
    )
