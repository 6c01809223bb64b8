"""File names made from what people wrote: readable, and harmless on every system."""

import re
import unicodedata

# Forbidden somewhere: path signs, Windows' wildcards, controls, and marks that turn the direction of writing.
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+')
_LONGEST = 80


def file_name(text: str) -> str:
    """`text` ("name.csv") as one file name: never a path, never hidden, never longer than 80 characters and its ending."""
    stem, dot, ending = unicodedata.normalize("NFC", text).rpartition(".")
    stem = _UNSAFE.sub("_", stem).strip(" .")[:_LONGEST].strip(" .") or "_"
    # Windows keeps CON, NUL, COM1 … for itself, whatever the ending.
    if re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", stem):
        stem = f"_{stem}"
    return f"{stem}{dot}{ending}"


def unlike(taken: set[str], name: str) -> str:
    """`name`, with a number where a name differing only in case is in `taken`; adds it."""
    stem, _dot, ending = name.rpartition(".")
    wanted, n = name, 1
    while wanted.casefold() in taken:
        n += 1
        wanted = f"{stem} ({n}).{ending}"
    taken.add(wanted.casefold())
    return wanted
