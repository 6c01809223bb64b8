"""The texts of a PDF, page by page: a reader of its own, for what Typst writes (one Type0 font, a map to Unicode)."""

import re
import zlib
from pathlib import Path

_OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)(?:stream\r?\n(.*?)endstream|endobj)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages(path: Path) -> list[str]:
    """What stands on each page, in the order it was drawn; one line per drawn run."""
    objects = {}
    for number, head, body in _OBJECT.findall(path.read_bytes()):
        objects[int(number)] = (head, zlib.decompress(body) if b"FlateDecode" in head else body)
    maps = {
        number: _unicode(body)
        for number, (_head, body) in objects.items()
        if b"beginbfchar" in body or b"beginbfrange" in body
    }
    texts = []
    for head, _body in objects.values():
        if not re.search(rb"/Type/Page\b", head):
            continue
        fonts = objects[_reference(rb"/Resources", head)][0]
        names = {
            name: maps[_reference(rb"/ToUnicode", objects[int(font)][0])]
            for name, font in re.findall(rb"/(f\d+) (\d+) 0 R", fonts)
        }
        texts.append(_text(objects[_reference(rb"/Contents", head)][1], names))
    return texts


def _reference(key: bytes, head: bytes) -> int:
    found = re.search(key + rb" (\d+) 0 R", head)
    assert found, head
    return int(found[1])


def _unicode(cmap: bytes) -> dict[int, str]:
    """Glyph to text."""
    found = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for glyph, text in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            found[int(glyph, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, text in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + step] = chr(int(text, 16) + step)
    return found


# A string in brackets may hold balanced brackets unescaped.
_BRACKETS = rb"\((?:[^\\()]|\\.|(?:INNER))*\)"
for _level in range(3):
    _BRACKETS = _BRACKETS.replace(b"INNER", rb"\((?:[^\\()]|\\.|(?:INNER))*\)")
_STRING = _BRACKETS.replace(b"|(?:INNER)", b"") + rb"|<[0-9A-Fa-f]*>"
# A font, or what is shown in it: one string, or an array of strings and gaps.
_SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|((?:" + _STRING + rb")|\[(?:" + _STRING + rb"|[-\d. ])*\])\s*T[jJ]", re.DOTALL)


def _text(drawing: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    lines = []
    glyphs: dict[int, str] = {}
    for font, shown in _SHOWN.findall(drawing):
        if font:
            glyphs = fonts[font]
            continue
        codes = b"".join(_plain(one) for one in re.findall(_STRING, shown, re.DOTALL))
        lines.append("".join(glyphs.get(int.from_bytes(codes[at : at + 2]), "?") for at in range(0, len(codes), 2)))
    return "\n".join(lines)


def _plain(text: bytes) -> bytes:
    """The bytes of a PDF string, written in brackets or in hexadecimal."""
    if text.startswith(b"<"):
        return bytes.fromhex(text[1:-1].decode())

    def one(match: re.Match[bytes]) -> bytes:
        sign = match[1]
        return bytes([int(sign, 8)]) if sign.isdigit() else _ESCAPES.get(sign, sign)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, text[1:-1], flags=re.DOTALL)
