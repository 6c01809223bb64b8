"""Identifiers of cards, terminals and merchants: always text, shape wrong refused, anything merely odd remarked.

Sources of the rules: domain.md §2. A number cell keeps 15 digits, so longer identifiers are lost in it.
"""

import re

from data.words import N_
from jobs.importing.refusing import ValueRefused
from jobs.importing.sheets import Cell
from jobs.importing.values import Notes, tidy_identifier

_EXACT_DIGITS = 15
_ICCID = re.compile(r"89[0-9]{2}[0-9A-Z]{15,16}")
_MSISDN = re.compile(r"1[3-9]\d{9}|14\d{11}|1064\d{7}(?:\d{2})?")
# With its plus sign, as spreadsheets write it: without one it may be a real number with the letter E.
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+\d{1,3}")
_STEM = 19
# Carriers and their ICCID prefixes, as published; an unknown one is only remarked.
_ICCID_PREFIXES = {
    "mobile": ("898600", "898602", "898604", "898607", "898608", "898613"),
    "unicom": ("898601", "898606", "898609"),
    "telecom": ("898603", "898611"),
    "broadnet": ("898615",),
}
_IMSI_NETWORKS = {"00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "11", "13", "15", "20"}


def carrier_of_iccid(iccid: str) -> str | None:
    """The carrier an ICCID's prefix names; None for an unknown one."""
    return next((carrier for carrier, prefixes in _ICCID_PREFIXES.items() if iccid.startswith(prefixes)), None)


def is_iccid(text: str) -> bool:
    """Whether this has the shape of an ICCID."""
    return _ICCID.fullmatch(text) is not None


def stem_of(iccid: str) -> str:
    """The 19 characters on which 19- and 20-character prints of one card meet."""
    return iccid[:_STEM]


def parse_iccid(cell: Cell, notes: Notes) -> tuple[str, str] | None:
    """The ICCID as printed, and its stem."""
    text = _digits_kept(cell, notes)
    if text is None:
        return None
    if not _ICCID.fullmatch(text):
        raise ValueRefused(
            N_("'{value}' is no ICCID: {length} characters, must be 19 or 20 that begin with 89; correct it"),
            value=text,
            length=len(text),
        )
    if carrier_of_iccid(text) is None:
        notes.add(N_("The ICCID prefix {prefix} belongs to no carrier we know; kept"), prefix=text[:6])
    if text.isdigit() and not _luhn(text) and not _luhn(text[:_STEM]):
        notes.add(N_("The ICCID's check digit does not fit; kept, for many real cards' do not"))
    return text, stem_of(text)


def parse_msisdn(cell: Cell, notes: Notes) -> str | None:
    """A card's number: 11 or 13 digits, without the country code."""
    text = _digits_kept(cell, notes)
    if text is None:
        return None
    bare = text.removeprefix("+")
    if bare.startswith("86") and len(bare) in (13, 15) and _MSISDN.fullmatch(bare[2:]):
        notes.add(N_("The country code 86 was left out"))
        bare = bare[2:]
    if not _MSISDN.fullmatch(bare):
        raise ValueRefused(
            N_("'{value}' is no card number: 11 or 13 digits such as 13912345678 or 1440012345678; correct it"),
            value=text,
        )
    return bare


def parse_imsi(cell: Cell, notes: Notes) -> str | None:
    """15 digits; networks we do not know are shown."""
    text = _digits_kept(cell, notes)
    if text is None:
        return None
    if not (len(text) == _EXACT_DIGITS and text.isdigit()):
        raise ValueRefused(N_("'{value}' is no IMSI: must be 15 digits; correct it or empty the cell"), value=text)
    if not (text.startswith("460") and text[3:5] in _IMSI_NETWORKS):
        notes.add(N_("The IMSI's network {network} is none we know; kept"), network=text[:5])
    return text


def parse_imei(cell: Cell, notes: Notes) -> str | None:
    """15 digits, or 14 without the check digit."""
    text = _digits_kept(cell, notes)
    if text is None:
        return None
    if not (text.isdigit() and len(text) in (14, 15)):
        raise ValueRefused(N_("'{value}' is no IMEI: must be 15 digits; correct it or empty the cell"), value=text)
    if len(text) == 14:
        notes.add(N_("The IMEI has no check digit; kept"))
    elif not _luhn(text):
        notes.add(N_("The IMEI's check digit does not fit; kept"))
    return text


def parse_terminal_id(cell: Cell, notes: Notes) -> str | None:
    """8 characters. A shorter number has lost its leading zeros, and nobody but a person knows that it had some."""
    text = _digits_kept(cell, notes)
    if text is None:
        return None
    if text.isdigit() and len(text) < 8:
        raise ValueRefused(
            N_(
                "'{value}' has {length} digits, a terminal number has 8: a leading zero was lost; "
                "take the column as 'Terminal number, padded to 8'"
            ),
            value=text,
            length=len(text),
        )
    if not re.fullmatch(r"[0-9A-Z]{8}", text):
        raise ValueRefused(N_("'{value}' is no terminal number: must be 8 digits or letters; correct it"), value=text)
    return text


def parse_padded_terminal_id(cell: Cell, notes: Notes) -> str | None:
    """As parse_terminal_id, where a person has said that short numbers lost their leading zeros."""
    text = _digits_kept(cell, notes)
    if text is not None and text.isdigit() and len(text) < 8:
        notes.add(N_("Terminal numbers were padded with zeros to 8 digits"))
        return text.zfill(8)
    return parse_terminal_id(cell, notes)


def parse_merchant_no(cell: Cell, notes: Notes) -> str | None:
    """15 characters, at some banks 12."""
    text = _digits_kept(cell, notes)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9A-Z]{15}|[0-9A-Z]{12}", text):
        raise ValueRefused(
            N_("'{value}' is no merchant number: {length} characters, must be 15 (some banks 12); correct it"),
            value=text,
            length=len(text),
        )
    return text


def parse_other_number(cell: Cell, notes: Notes) -> str | None:
    """Serial numbers, TUSN, agent numbers: any text without spaces inside, upper-case."""
    return _digits_kept(cell, notes)


def _digits_kept(cell: Cell, notes: Notes) -> str | None:
    """The identifier's text. Raises ValueRefused where a number cell or a scientific figure has lost digits."""
    if not isinstance(cell, str):
        return _of_number(cell, notes)
    text = tidy_identifier(cell, notes)
    if text and _SCIENTIFIC.fullmatch(text):
        raise _mangled(text)
    return text


def _of_number(cell: Cell, notes: Notes) -> str | None:
    if cell is None or isinstance(cell, str):
        return None
    if isinstance(cell, float) or cell < 0 or len(str(cell)) > _EXACT_DIGITS:
        raise _mangled(f"{cell:.14E}" if abs(cell) >= 10**_EXACT_DIGITS else str(cell))
    notes.add(N_("Number cells were read as identifiers; leading zeros, if there were any, are gone"))
    return str(cell)


def _mangled(value: str) -> ValueRefused:
    return ValueRefused(
        N_(
            "'{value}' is a number: a spreadsheet keeps only 15 digits, the others are gone; "
            "export the column as text from the source again"
        ),
        value=value,
    )


def _luhn(digits: str) -> bool:
    return (sum(map(_ONCE, digits[::-2])) + sum(map(_TWICE, digits[-2::-2]))) % 10 == 0


# Every other digit counts twice, its two digits added up; looked up, for there are millions.
_ONCE = dict(zip("0123456789", range(10), strict=True)).__getitem__
_TWICE = dict(zip("0123456789", (0, 2, 4, 6, 8, 1, 3, 5, 7, 9), strict=True)).__getitem__
