"""Files for the vouchers' door: papers and pictures that do harm."""

import io
import struct
import zlib
from collections.abc import Iterator

import pypdfium2
from archives import bombs, zipped
from PIL import Image
from tables import DTD, FOREIGN, damaged, strangers

INVOICE = b'<?xml version="1.0"?><EInvoice><Header><EIid>24312000000012345678</EIid></Header></EInvoice>'


def everything() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each."""
    yield from bombs("OFD.xml", "ofd")
    yield from xmls()
    yield from pdfs()
    yield from pictures()
    yield from mails()
    yield from strangers()
    yield from damaged(photo("PNG"), "png", 8)
    yield from damaged(photo("JPEG"), "jpg", 8)
    yield from damaged(pdf(), "pdf", 8)
    yield from damaged(zipped({"OFD.xml": b"<OFD/>", "original_invoice.xml": INVOICE}), "ofd", 8)


def photo(format: str, size: tuple[int, int] = (400, 300)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, format)
    return out.getvalue()


def pdf(pages: int = 2) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def xmls() -> Iterator[tuple[str, bytes]]:
    head = '<?xml version="1.0"?>'
    yield "laughs.xml", f"{head}{DTD}<EInvoice>&l11;</EInvoice>".encode()
    yield "a foreign entity.xml", f"{head}{FOREIGN}<EInvoice>&l11;</EInvoice>".encode()
    yield "laughs in UTF-16.xml", f"{head}{DTD}<EInvoice>&l11;</EInvoice>".encode("utf-16")
    yield "laughs far below.xml", f"{head}<!--{'x' * 80_000}-->{DTD}<EInvoice>&l11;</EInvoice>".encode()
    yield (
        "laughs in an archive.ofd",
        zipped({"OFD.xml": b"<OFD/>", "original_invoice.xml": f"{head}{DTD}<EInvoice>&l11;</EInvoice>".encode()}),
    )
    yield (
        "laughs in UTF-16 in an archive.ofd",
        zipped(
            {"OFD.xml": b"<OFD/>", "original_invoice.xml": f"{head}{DTD}<EInvoice>&l11;</EInvoice>".encode("utf-16")}
        ),
    )
    yield "deep.xml", (f"{head}<EInvoice>" + "<a>" * 500_000 + "</a>" * 500_000 + "</EInvoice>").encode()
    yield "many attributes.xml", (f"{head}<EInvoice " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>").encode()
    yield (
        "one name in many spaces.xml",
        (f"{head}<EInvoice>" + "".join(f'<a xmlns="u{n}"/>' for n in range(100_000)) + "</EInvoice>").encode(),
    )
    yield "another writing.xml", b'<?xml version="1.0" encoding="UTF-7"?><EInvoice>+ADw-script+AD4-</EInvoice>'
    yield "a style.xml", b'<?xml version="1.0"?><?xml-stylesheet href="http://evil.example/x.xsl"?><EInvoice/>'
    yield (
        "a page.xml",
        b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
    )
    yield "a drawing.xml", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def pdfs() -> Iterator[tuple[str, bytes]]:
    plain = pdf()

    def with_catalog(words: bytes) -> bytes:
        return plain.replace(b"/Type/Catalog", b"/Type/Catalog" + words, 1)

    script = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
    yield "a script.pdf", with_catalog(b"/OpenAction" + script)
    yield "a script in other letters.pdf", with_catalog(b"/Open#41ction<</S/J#61vaScript/#4aS(1)>>")
    yield "a start of a program.pdf", with_catalog(b"/OpenAction<</S/Launch/F(cmd.exe)>>")
    yield "a call home.pdf", with_catalog(b"/OpenAction<</S/URI/URI(http://evil.example/)>>")
    yield "a form.pdf", with_catalog(b"/AcroForm<</XFA(x)/Fields[]>>")
    yield "a file within.pdf", with_catalog(b"/Names<</EmbeddedFiles<</Names[(a)<</EF<<>>>>]>>>>")
    yield "a page behind.pdf", plain + b"<html><script>alert(1)</script>"
    yield "a page within.pdf", plain.replace(b"%%EOF", b"<script>alert(1)</script>\n%%EOF")
    yield "a page before.pdf", b"<script>alert(1)</script>" + plain
    yield "an archive too.pdf", plain + zipped({"xl/workbook.xml": b"<x/>"})
    yield "large.pdf", plain.replace(b"842", b"9e9")
    yield "deep.pdf", b"%PDF-1.7\n1 0 obj\n" + b"[" * 2_000_000 + b"\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    yield (
        "a loop.pdf",
        (
            b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999999>>endobj\n"
            b"trailer<</Root 1 0 R/Size 3>>\n%%EOF\n"
        ),
    )
    yield "a bomb.pdf", drawn(b" " * 300_000_000)
    yield "much to draw.pdf", drawn(b"0 0 m 595 842 l S\n" * 2_000_000)
    yield "a word of a mark.pdf", b"%PDF-1.7 <script>alert(1)</script> %%EOF"


def drawn(words: bytes) -> bytes:
    """A page that draws what `words` say, packed."""
    packed = zlib.compress(words, 9)
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream endobj\ntrailer<</Root 1 0 R/Size 5>>\n%%%%EOF\n"
        % (len(packed), packed)
    )


def pictures() -> Iterator[tuple[str, bytes]]:
    yield "a flood.png", png(100_000, 100_000, b"")
    yield "almost a flood.png", png(8_900, 8_900, zlib.compress(bytes(8_901 * 8_900), 9))
    yield "more than it says.png", png(10, 10, zlib.compress(bytes(200_000_000), 9))
    yield (
        "long words.png",
        png(1, 1, zlib.compress(b"\0\0"), (b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000), 9))),
    )
    yield (
        "a long profile.png",
        png(1, 1, zlib.compress(b"\0\0"), (b"iCCP", b"a\0\0" + zlib.compress(bytes(100_000_000), 9))),
    )
    yield "a script behind.png", photo("PNG") + b"<script>alert(1)</script>"
    yield "a script too.jpg", photo("JPEG") + b"/*alert(1)*/"
    yield "an archive too.jpg", photo("JPEG") + zipped({"a": b"x"})
    yield "a page before.png", b"<html>" + photo("PNG")
    large = bytearray(photo("JPEG"))
    at = large.index(b"\xff\xc0") + 5
    struct.pack_into(">HH", large, at, 65_535, 65_535)
    yield "a flood.jpg", bytes(large)
    struct.pack_into(">HH", large, at, 8_000, 9_000)
    yield "almost a flood.jpg", bytes(large)
    yield "another picture.jpg", photo("GIF")
    yield "another picture.png", photo("TIFF")
    yield "a picture by its name.pdf", photo("PNG")


def png(width: int, height: int, packed: bytes, *more: tuple[bytes, bytes]) -> bytes:
    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(part(*each) for each in more)
        + part(b"IDAT", packed)
        + part(b"IEND", b"")
    )


def mails() -> Iterator[tuple[str, bytes]]:
    head = b"From: a@example.invalid\nDate: Sun, 22 Nov 2026 08:00:00 +0800\n"
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(3_000))
    yield "nested.eml", head + nested
    yield "a long head.eml", head + b"Subject: " + b"=?utf-8?q?" * 50_000 + b"\n\nx"
    yield "a script.eml", head + b"Content-Type: text/html\n\n<script>alert(1)</script>"
