"""Reads what a carrier sends: capped, also after it is unpacked, and as JSON that can mean one thing only."""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from jobs.carriers.http.errors import Unreadable

# A number with more digits than this is no amount, no date and no identifier of ours.
_LONGEST_NUMBER = 40
# Decimal exponents beyond this turn into numbers that fill the memory as soon as they are made integers.
_LARGEST_EXPONENT = 30


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    wait_s: float = 0.0  # the carrier wants no call for so long, capped

    def told(self) -> dict[str, Any]:
        """The JSON object of the body. Raises Unreadable."""
        return parsed(self.body)

    def listed(self) -> list[Any]:
        """The JSON array of the body. Raises Unreadable."""
        return parsed_list(self.body)


def read_capped(chunks: Iterable[bytes], *, encoding: str, cap: int) -> bytes:
    """The body, unpacked, at most `cap` bytes on the wire and at most as many unpacked. Raises Unreadable."""
    if encoding in {"", "identity"}:
        unpack = None
    elif encoding in {"gzip", "x-gzip", "deflate"}:
        # 32: gzip or zlib, as the header says.
        unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    else:
        raise Unreadable("the answer is packed in a way nobody asked for")
    body = bytearray()
    received = 0
    for chunk in chunks:
        received += len(chunk)
        body += _unpacked(unpack, chunk, cap + 1 - len(body)) if unpack else chunk
        if received > cap or len(body) > cap:
            raise Unreadable(f"the answer is larger than {cap} bytes")
    if unpack and not unpack.eof:
        raise Unreadable("the packed answer ends too early")
    return bytes(body)


def _unpacked(unpack: "zlib._Decompress", chunk: bytes, most: int) -> bytes:
    try:
        return unpack.decompress(chunk, most)
    except zlib.error:
        raise Unreadable("the packed answer is broken") from None


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; decimal numbers as Decimal.

    Raises Unreadable for anything that two readers could read differently: not UTF-8, a byte order mark, a name that
    comes twice, NaN or Infinity, half a surrogate pair, numbers without bounds, no object at all.
    """
    told = _json(body)
    if not isinstance(told, dict):
        raise Unreadable("the answer is JSON, but no object")
    return told


def parsed_list(body: bytes) -> list[Any]:
    """The JSON array in a body, read as strictly as `parsed` reads an object. Raises Unreadable."""
    told = _json(body)
    if not isinstance(told, list):
        raise Unreadable("the answer is JSON, but no list")
    return told


def _json(body: bytes) -> Any:
    try:
        told = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_float=_decimal,
            parse_int=_integer,
        )
        if b"\\u" in body:
            json.dumps(told, ensure_ascii=False, default=str).encode("utf-8")
    except (ValueError, RecursionError):
        # The text itself stays out of the message: it may be anything.
        raise Unreadable("the answer is not the JSON it should be") from None
    return told


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError("a name comes twice")
    return told


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("a number without bounds")
    return int(text)


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if len(text) > _LONGEST_NUMBER or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("a number without bounds")
    return number


def wait_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """Retry-After in seconds from `now`, which may be given as seconds or as an HTTP date; None where none is readable."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:12])
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
