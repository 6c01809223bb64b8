"""What a voucher file may be, what is odd about it, and how invoice numbers look: decided from bytes, never from names."""

import io
import re
import stat
import struct
import unicodedata
import zipfile
from dataclasses import dataclass

from data.vouchers.mail_rules import is_mail
from data.words import N_

KINDS = {
    "invoice": N_("Invoice"),
    "bank_slip": N_("Bank slip"),
    "screenshot": N_("Screenshot"),
    "form": N_("Approval form"),
    "notice": N_("Notice of a plan change"),
    "other": N_("Other paper"),
}
# What a name may end in, per format.
ENDINGS = {"pdf": ("pdf",), "xml": ("xml",), "ofd": ("ofd",), "png": ("png",), "jpg": ("jpg", "jpeg"), "eml": ("eml",)}

EMPTY = N_("The file is empty")
TOO_LARGE = N_("The file is larger than {limit} MB")
NOT_ALLOWED = N_("This is none of PDF, XML, OFD, PNG, JPG, EML; HTML and SVG are not taken")
WRONG_NAME = N_("The content is {format}, but the name ends in .{ending}; give the file its right name")
BROKEN = N_("The {format} is damaged or cut off; fetch it again")
HAS_DTD = N_("The XML declares entities or a document type; such files are not taken")
BAD_ARCHIVE = N_("The OFD is not a sound archive: {fault}")

TOO_MANY_PIXELS = N_("The picture claims {width} × {height} points, more than any paper has; photograph it anew")

NO_AMOUNT = N_("'{text}' is no amount; write it such as 1234.56")
HAS_ACTIONS = N_("The PDF holds scripts, actions or embedded files: {found}")
HAS_MORE = N_("There are {bytes} bytes after the end of the PDF")
HAS_TAIL = N_("There are {bytes} bytes after the end of the picture")
NOT_AN_INVOICE = N_("The XML is not a digital invoice we know; its fields were not read")
SUM_DIFFERS = N_("Net and tax do not add up to the gross amount on the invoice")
IS_REVERSAL = N_("This invoice takes back invoice {number}")
NUMBER_TAKEN = N_("Invoice number {number} is already on voucher {voucher}")

# An OFD of an invoice has a few dozen parts of a few MB; XML rarely packs better than 1 : 50.
_MAX_PARTS = 2_000
_MAX_UNPACKED = 200 * 1024 * 1024
_MAX_RATIO = 200
# An A3 sheet in 600 dots per inch has 70 million.
_MAX_PIXELS = 80_000_000
_PDF_ACTIONS = ("JavaScript", "JS", "OpenAction", "Launch", "EmbeddedFile", "EmbeddedFiles", "AA", "XFA")
# In a name of a PDF each letter may also stand as # and its two digits.
_PDF_NAMES = {
    name: re.compile(b"/" + b"".join(b"(?:%c|(?i:#%02x))" % (ord(sign), ord(sign)) for sign in name) + b"(?![A-Za-z])")
    for name in _PDF_ACTIONS
}
# Where a JPG says its height and width: start of frame, whatever the coding.
_JPG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_XML_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_XML_ASIDES = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.DOTALL)
# The root of an invoice stands in its first lines.
_XML_HEAD = 65_536
# Names and sizes of _MAX_PARTS parts.
_MAX_DIRECTORY = 1024 * 1024
_NAME_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class PaperRefused(ValueError):
    """The file is not taken; the message is a msgid, `values` fill it."""

    def __init__(self, msgid: str, **values: object) -> None:
        super().__init__(msgid.format(**values))
        self.msgid = msgid
        self.values = values


@dataclass(frozen=True)
class Remark:
    """Something odd about a paper that does not keep it out."""

    msgid: str
    values: dict[str, object]


@dataclass(frozen=True)
class Paper:
    """A file that may be filed."""

    format: str
    remarks: tuple[Remark, ...]


def look(content: bytes, filename: str, *, max_mb: int) -> Paper:
    """What the bytes are. Raises PaperRefused unless size, content, structure and the name's ending agree."""
    if not content:
        raise PaperRefused(EMPTY)
    if len(content) > max_mb * 1024 * 1024:
        raise PaperRefused(TOO_LARGE, limit=max_mb)
    paper = _recognise(content)
    ending = filename.rpartition(".")[2].lower()
    if ending not in ENDINGS[paper.format]:
        raise PaperRefused(WRONG_NAME, format=paper.format.upper(), ending=ending[:10])
    return paper


def kept_name(filename: str) -> str:
    """The name as it came, without folders, controls and marks that turn the direction of writing."""
    base = re.split(r"[\\/]", unicodedata.normalize("NFC", filename))[-1]
    stem, dot, ending = _NAME_UNSAFE.sub("", base).strip().rpartition(".")
    return f"{stem[:180] or '_'}{dot}{ending[:10]}"


def invoice_key(text: str) -> str | None:
    """The number as it is unique: 20 digits, or code|number of an old one. None: not shaped like an invoice number."""
    parts = [part for part in re.split(r"[^0-9A-Z]+", unicodedata.normalize("NFKC", text).strip().upper()) if part]
    key = "|".join(parts)
    if re.fullmatch(r"\d{18}", key):
        key = f"{key[:10]}|{key[10:]}"
    return key if re.fullmatch(r"\d{20}|(\d{10}|\d{12})\|\d{8}|\d{8}", key) else None


def fen_of(text: str) -> int | None:
    """An amount such as "¥1,234.56" as 123456 fen; None where nothing stands. Raises PaperRefused for anything that is no amount."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace("¥", "").strip()
    if not plain:
        return None
    match = re.fullmatch(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,2}))?", plain)
    if match is None:
        raise PaperRefused(NO_AMOUNT, text=text[:40])
    sign, whole, part = match.groups()
    fen = int(whole) * 100 + int((part or "0").ljust(2, "0"))
    return -fen if sign else fen


def _recognise(content: bytes) -> Paper:
    if content.startswith(b"%PDF-"):
        return _pdf(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(content)
    if content.startswith(b"\xff\xd8\xff"):
        return _jpg(content)
    if content.startswith(b"PK\x03\x04"):
        return _ofd(content)
    return Paper("eml", ()) if is_mail(content) else _xml(content)


def _pdf(content: bytes) -> Paper:
    if b"%%EOF" not in content[-2048:]:
        raise PaperRefused(BROKEN, format="PDF")
    found = [f"/{name}" for name, pattern in _PDF_NAMES.items() if pattern.search(content)]
    actions = (Remark(HAS_ACTIONS, {"found": ", ".join(found)}),) if found else ()
    behind = len(content[content.rfind(b"%%EOF") + 5 :].strip())
    return Paper("pdf", (*actions, Remark(HAS_MORE, {"bytes": behind})) if behind else actions)


def _png(content: bytes) -> Paper:
    end = content.find(b"IEND\xaeB`\x82")
    if content[12:16] != b"IHDR" or end < 0:
        raise PaperRefused(BROKEN, format="PNG")
    _check_pixels(*struct.unpack(">II", content[16:24]), format="PNG")
    return Paper("png", _tail(len(content) - end - 8))


def _jpg(content: bytes) -> Paper:
    end = content.rfind(b"\xff\xd9")
    if end < 0:
        raise PaperRefused(BROKEN, format="JPG")
    height, width = _jpg_size(content)
    _check_pixels(width, height, format="JPG")
    return Paper("jpg", _tail(len(content) - end - 2))


def _jpg_size(content: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        kind = content[place + 1]
        if kind in _JPG_FRAMES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return int(height), int(width)
        # A fill byte stands alone; every other part before the picture tells its length.
        place += 1 if kind == 0xFF else 2 + max(2, struct.unpack(">H", content[place + 2 : place + 4])[0])
    raise PaperRefused(BROKEN, format="JPG")


def _check_pixels(width: int, height: int, *, format: str) -> None:
    if width == 0 or height == 0:
        raise PaperRefused(BROKEN, format=format)
    if width * height > _MAX_PIXELS:
        raise PaperRefused(TOO_MANY_PIXELS, width=f"{width:,}", height=f"{height:,}")


def _tail(size: int) -> tuple[Remark, ...]:
    return (Remark(HAS_TAIL, {"bytes": size}),) if size else ()


def _ofd(content: bytes) -> Paper:
    # Told by the archive's last record: a directory of a million parts is not even read.
    end = content.rfind(b"PK\x05\x06")
    if end < 0 or len(content) < end + 22:
        raise PaperRefused(BROKEN, format="OFD")
    if struct.unpack("<I", content[end + 12 : end + 16])[0] > _MAX_DIRECTORY:
        raise PaperRefused(BAD_ARCHIVE, fault=N_("too many parts"))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise PaperRefused(BROKEN, format="OFD") from None
    fault = archive_fault(parts)
    if fault:
        raise PaperRefused(BAD_ARCHIVE, fault=fault)
    if "OFD.xml" not in {part.filename for part in parts}:
        raise PaperRefused(NOT_ALLOWED)
    return Paper("ofd", ())


def archive_fault(parts: list[zipfile.ZipInfo]) -> str | None:
    """What makes an archive unsound, from its directory alone; None: nothing."""
    names = [part.filename for part in parts]
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    faults = (
        (len(parts) > _MAX_PARTS, N_("too many parts")),
        (len(set(names)) != len(names), N_("two parts of one name")),
        (
            any(re.search(r"^[\\/]|^[A-Za-z]:|\\|(^|/)\.\.(/|$)", name) for name in names),
            N_("a part outside the archive"),
        ),
        (any(stat.S_ISLNK(part.external_attr >> 16) for part in parts), N_("a link")),
        (any(part.flag_bits & 1 for part in parts), N_("encrypted")),
        (unpacked > _MAX_UNPACKED or unpacked > _MAX_RATIO * max(packed, 1), N_("too large when unpacked")),
    )
    return next((fault for found, fault in faults if found), None)


def _xml(content: bytes) -> Paper:
    text = _as_utf8(content)
    # A comment may hold anything, another root among it.
    root = _XML_ROOT.search(_XML_ASIDES.sub(b"", text[:_XML_HEAD]))
    if not text.startswith(b"<") or root is None or root[1].lower() in {b"html", b"svg"}:
        raise PaperRefused(NOT_ALLOWED)
    if re.search(rb"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        # An HTML page says <!DOCTYPE html>; no invoice has one.
        raise PaperRefused(HAS_DTD if text.startswith(b"<?xml") else NOT_ALLOWED)
    if not text.rstrip().endswith(b">") or b"\x00" in text:
        raise PaperRefused(BROKEN, format="XML")
    return Paper("xml", ())


def _as_utf8(content: bytes) -> bytes:
    # A UTF-16 document must not hide a document type from the search above.
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", errors="replace").encode()
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()
