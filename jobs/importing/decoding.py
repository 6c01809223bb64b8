"""Bytes to text: UTF-8, GB18030 or UTF-16, decided by the bytes and never guessed past an error."""

import codecs

from data.words import N_
from jobs.importing.refusing import FileRefused

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Enough to see which half of each pair is zero.
_SAMPLE_BYTES = 4096
# UTF-16 text of a table has separators and digits, so at least this share of one half is zero.
_ZERO_SHARE = 0.3
# What text may hold below the space: tab, line feed, form feed, carriage return, and DOS's end mark.
_USUAL_CONTROLS = {9, 10, 12, 13, 26}
_MAX_CONTROL_SHARE = 0.002


def decode(content: bytes, filename: str) -> str:
    """The text of `content`. Raises FileRefused with the line where it stops being text."""
    known = next((encoding for bom, encoding in _BOMS if content.startswith(bom)), None)
    if known is None and b"\0" in content[:_SAMPLE_BYTES]:
        known = _utf16_without_bom(content[:_SAMPLE_BYTES])
    if known:
        return _checked(_strictly(content, known, filename), filename)
    try:
        return _checked(content.decode("utf-8"), filename)
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise _cut_off(filename) from error
    return _checked(_strictly(content, "gb18030", filename), filename)


def _utf16_without_bom(sample: bytes) -> str | None:
    first, second = sample[0::2], sample[1::2]
    if second.count(0) >= _ZERO_SHARE * len(second) and 0 not in first:
        return "utf-16-le"
    if first.count(0) >= _ZERO_SHARE * len(first) and 0 not in second:
        return "utf-16-be"
    return None


def _strictly(content: bytes, encoding: str, filename: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start >= len(content) - 4 and error.start > 0 and content[error.start] != 0xFF:
            raise _cut_off(filename) from error
        raise FileRefused(
            N_("{file}, line {line}: neither UTF-8, GB18030 nor UTF-16 text; save it as CSV UTF-8 or .xlsx"),
            file=filename,
            line=content.count(b"\n", 0, error.start) + 1,
        ) from error


def _checked(text: str, filename: str) -> str:
    zero = text.find("\0")
    if zero >= 0:
        raise FileRefused(
            N_("{file}, line {line}: a zero byte, so it is no text file or it is damaged; export it again"),
            file=filename,
            line=text.count("\n", 0, zero) + 1,
        )
    sample = text[:_SAMPLE_BYTES]
    odd = sum(ord(letter) < 32 and ord(letter) not in _USUAL_CONTROLS for letter in sample)
    if odd > _MAX_CONTROL_SHARE * len(sample) + 1:
        raise FileRefused(N_("{file} is neither a workbook nor text; export it as .xlsx, .xls or .csv"), file=filename)
    return text.rstrip("\x1a")


def _cut_off(filename: str) -> FileRefused:
    return FileRefused(N_("{file} ends in the middle of a character, so it was cut off; fetch it again"), file=filename)
