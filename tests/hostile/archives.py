"""Zip files that do harm: bombs, ways out, lies about their size."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

import openpyxl

CARDS = [["ICCID", "到期日"], ["89860412345678901234", "2027-02-28"]]


def zipped(parts: dict[str, bytes], *, stored: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook(touch: object = None) -> bytes:
    book = openpyxl.Workbook()
    for row in CARDS:
        book.active.append(row)
    if callable(touch):
        touch(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The archive with one of its parts replaced or added."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    return zipped(parts | {name: part})


def with_sheet(rows: str, before: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = f'<?xml version="1.0"?>{before}<worksheet xmlns="{space}">{rows}</worksheet>'
    return with_part(workbook(), "xl/worksheets/sheet1.xml", xml.encode())


def parts_without_end(count: int) -> bytes:
    """An archive whose directory names `count` empty parts."""
    entry = b"PK\x01\x02" + struct.pack("<6H3I5H2I", 20, 20, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0)
    directory = b"".join(entry + b"%07d" % number for number in range(count))
    local = b"PK\x03\x04" + bytes(26)
    return local + directory + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 65535, 65535, len(directory), len(local), 0)


def overlapping(name: str, times: int) -> bytes:
    """Many parts that are the same bytes of the file."""
    raw = bytes(20_000_000)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(raw) + packer.flush()
    check = zlib.crc32(raw)
    sizes = struct.pack("<3I", check, len(packed), len(raw))
    directory = b""
    local = b"PK\x03\x04" + struct.pack("<5H", 20, 0, 8, 0, 0) + sizes + struct.pack("<2H", len(name), 0)
    for number in range(times):
        part = name if number == 0 else f"{number:0{len(name)}d}"
        directory += b"PK\x01\x02" + struct.pack("<6H", 20, 20, 0, 8, 0, 0) + sizes
        directory += struct.pack("<5H2I", len(name), 0, 0, 0, 0, 0, 0) + part.encode()
    body = local + name.encode() + packed
    return body + directory + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, times, times, len(directory), len(body), 0)


def lying(content: bytes, name: str, size: int) -> bytes:
    """The archive with what it says of one part's unpacked size changed, in the directory and before the part."""
    told = bytearray(content)
    for sign, place in ((b"PK\x01\x02", 46), (b"PK\x03\x04", 30)):
        at = 0
        while (at := told.find(sign, at)) >= 0:
            if told[at + place : at + place + len(name)] == name.encode():
                struct.pack_into("<I", told, at + place - (22 if place == 46 else 8), size)
            at += 4
    return bytes(told)


def flagged(content: bytes, flag: int = 1) -> bytes:
    """The archive with every part said to be encrypted."""
    told = bytearray(content)
    at = 0
    while (at := told.find(b"PK\x01\x02", at)) >= 0:
        told[at + 8] |= flag
        at += 4
    return bytes(told)


def linked(first: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(first, "<x/>")
        link = zipfile.ZipInfo("a link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def twice(first: str) -> bytes:
    return zipped({first: b"<x/>", "b" * len(first): b"<y/>"}).replace(b"b" * len(first), first.encode())


def bombs(first: str, ending: str) -> Iterator[tuple[str, bytes]]:
    """What harms any reader of zips whose first part is called `first`."""
    yield f"bomb.{ending}", zipped({first: b"<x/>", "big": bytes(200_000_000)})
    yield f"bomb in the first part.{ending}", zipped({first: bytes(90_000_000)})
    yield f"nested.{ending}", zipped({first: b"<x/>", "a.zip": zipped({"b.zip": zipped({"c": bytes(30_000_000)})})})
    yield f"a million parts.{ending}", parts_without_end(1_000_000)
    yield f"ten thousand parts.{ending}", zipped({first: b"<x/>"} | {str(n): b"" for n in range(10_000)})
    yield f"overlapping.{ending}", overlapping(first, 1_000)
    yield f"a lie of small size.{ending}", lying(zipped({first: b"<x>" + b" " * 150_000_000 + b"</x>"}), first, 100)
    yield f"a lie of large size.{ending}", lying(zipped({first: b"<x/>"}), first, 0xFFFFFFF0)
    yield f"a way out.{ending}", zipped({first: b"<x/>", "../../../../etc/cron.d/x": b"x"})
    yield f"a way out of Windows.{ending}", zipped({first: b"<x/>", "..\\..\\flowcard.toml": b"x"})
    yield f"absolute.{ending}", zipped({first: b"<x/>", "/etc/passwd": b"x"})
    yield f"a link.{ending}", linked(first)
    yield f"twice.{ending}", twice(first)
    yield f"encrypted.{ending}", flagged(zipped({first: b"<x/>"}))
    yield f"end only.{ending}", b"PK\x05\x06" + bytes(18)
    yield f"start only.{ending}", b"PK\x03\x04" + b"\xff" * 5_000
