import io
import zipfile
from datetime import date

import pytest

from data.home import Home
from data.people.rules import SYSTEM, Actor, Refused
from data.vouchers import store as vouchers
from data.vouchers.rules import PaperRefused, Remark, invoice_key, kept_name, look
from data.vouchers.store import Fields

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)
# One frame of 16 x 8 points, and no picture in it.
JPG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 9 + b"\xff\xc0\x00\x0b\x08\x00\x08\x00\x10\x01\x01\x11\x00\xff\xd9"
)
XML = b'<?xml version="1.0" encoding="UTF-8"?><EInvoice/>'


def ofd(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


GOOD = {"pdf": PDF, "png": PNG, "jpg": JPG, "xml": XML, "ofd": ofd({"OFD.xml": b"<OFD/>"})}
HOSTILE = {
    "a page named as a paper.pdf": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "a page.xml": b"<html><body onload=alert(1)></html>",
    "a page behind a declaration.xml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
    "a drawing.xml": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a drawing.svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "a drawing with a prefix.xml": b'<?xml version="1.0"?><s:svg xmlns:s="http://www.w3.org/2000/svg"/>',
    "entities.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><EInvoice>&x;</EInvoice>',
    "entities in UTF-16.xml": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><EInvoice/>'.encode("utf-16"),
    "a page before the paper.pdf": b"<script>alert(1)</script>" + PDF,
    "half a paper.pdf": PDF[:20],
    "half a picture.png": PNG[:30],
    "half a photo.jpg": JPG[:12],
    "a photo without its frame.jpg": JPG[:20] + b"\xff\xd9",
    "a flood of points.png": PNG.replace(b"\x00\x00\x00\x01\x00\x00\x00\x01", b"\x00\x01\x00\x00\x00\x01\x00\x00"),
    "a flood of points.jpg": JPG.replace(b"\x00\x08\x00\x10", b"\xff\xff\xff\xff"),
    "no points.png": PNG.replace(b"\x00\x00\x00\x01\x00\x00\x00\x01", b"\x00\x00\x00\x00\x00\x00\x00\x01"),
    "half an archive.ofd": GOOD["ofd"][:30],
    "a bomb.ofd": ofd({"OFD.xml": b"<OFD/>", "big": b"\0" * 30_000_000}),
    "a drawing behind a comment.xml": b'<?xml version="1.0"?><!-- <EInvoice> --><svg xmlns="http://www.w3.org/2000/svg"/>',
    "a page behind words.xml": b"hello <b>world</b>",
    "many parts.ofd": ofd({"OFD.xml": b"<OFD/>"} | {f"{n:0100d}": b"" for n in range(8000)}),
    "a way out.ofd": ofd({"OFD.xml": b"<OFD/>", "../../flowcard.toml": b"x"}),
    "a workbook.ofd": ofd({"xl/workbook.xml": b"<x/>"}),
    "a program.pdf": b"MZ\x90\x00",
    "noise.png": b"\xff" * 500,
    "nothing.pdf": b"",
    "a paper named.png": PDF,
}


@pytest.mark.parametrize("format", GOOD)
def test_each_format_is_known_by_its_content(format: str) -> None:
    assert look(GOOD[format], f"x.{format.upper()}", max_mb=1).format == format


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_paper_is_refused_whatever_it_is_called(name: str) -> None:
    with pytest.raises(PaperRefused):
        look(HOSTILE[name], name, max_mb=1)


def test_a_paper_over_the_limit_is_refused() -> None:
    with pytest.raises(PaperRefused, match="larger than 1 MB"):
        look(PDF + b"\0" * 1_048_576 + b"%%EOF", "x.pdf", max_mb=1)


def test_scripts_in_a_pdf_and_bytes_behind_a_picture_are_remarked_not_hidden() -> None:
    assert "/OpenAction" in str(look(PDF.replace(b"<<>>e", b"<</OpenAction 2 0 R>>e"), "x.pdf", max_mb=1).remarks)
    assert look(PNG + b"<script>alert(1)</script>", "x.png", max_mb=1).remarks[0].values == {"bytes": 25}


def test_names_lose_their_folders_and_tricks_but_keep_their_ending() -> None:
    assert kept_name("..\\..\\C:\\发票\u202e 8.pdf") == "发票 8.pdf"
    assert kept_name("a\r\nSet-Cookie: x.pdf") == "aSet-Cookie: x.pdf"
    assert len(kept_name("x" * 500 + ".pdf")) < 200


def test_invoice_numbers_are_kept_as_they_are_unique() -> None:
    assert invoice_key("２４３１２０００００００12345678") == "24312000000012345678"
    assert invoice_key("011001900211 08765432") == "011001900211|08765432"
    assert invoice_key("031001900211|08765432") == "031001900211|08765432"
    assert invoice_key("1100190021 08765432") == invoice_key("110019002108765432") == "1100190021|08765432"
    assert invoice_key("nan") is None


def filed(home: Home, by: Actor, content: bytes = PDF, filename: str = "发票.pdf") -> vouchers.Filed:
    with home.db.write() as tx:
        return vouchers.file_paper(tx, by, content=content, filename=filename, folder=home.vouchers, max_mb=20)


def test_bytes_are_kept_exactly_and_only_for_the_owner(home: Home, people: dict[str, Actor]) -> None:
    content = PNG + b"<script>alert(1)</script>"
    found = vouchers.one(home.db.read(), filed(home, people["operator"], content, "a.png").voucher_id)
    assert found
    path = home.vouchers / found.sha256
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in home.vouchers.iterdir()] == [found.sha256]


def test_the_same_file_twice_is_known(home: Home, people: dict[str, Actor]) -> None:
    first = filed(home, people["operator"])
    again = filed(home, people["operator2"], filename="other name.pdf")
    assert (again.voucher_id, again.known) == (first.voucher_id, True)


def test_only_operators_and_finance_file_papers(home: Home, people: dict[str, Actor]) -> None:
    for role in ("viewer", "approver", "administrator"):
        with pytest.raises(Refused):
            filed(home, people[role])
    assert not list(home.vouchers.iterdir())
    assert filed(home, people["finance"]).voucher_id


def test_an_invoice_number_belongs_to_one_paper(home: Home, people: dict[str, Actor]) -> None:
    one, two = filed(home, people["operator"]), filed(home, people["operator"], XML, "x.xml")
    number = Fields(invoice_no="24312000000012345678", amount_fen=123_456, doc_date=date(2026, 11, 20))
    with home.db.write() as tx:
        vouchers.describe(tx, people["operator"], voucher_id=one.voucher_id, fields=number)
    with pytest.raises(Refused, match=f"already on voucher {one.voucher_id}"), home.db.write() as tx:
        vouchers.describe(tx, people["operator"], voucher_id=two.voucher_id, fields=number)
    with pytest.raises(Refused, match="no invoice number"), home.db.write() as tx:
        vouchers.describe(tx, people["operator"], voucher_id=two.voucher_id, fields=Fields(invoice_no="12"))


def test_what_a_paper_says_of_itself_never_overwrites_what_a_person_said(home: Home, people: dict[str, Actor]) -> None:
    one = filed(home, people["operator"], XML, "x.xml")
    with home.db.write() as tx:
        vouchers.describe(tx, people["operator"], voucher_id=one.voucher_id, fields=Fields(amount_fen=500))
        told = Fields(amount_fen=900, seller="上海某通信公司", invoice_no="24312000000012345678")
        vouchers.read_off(tx, SYSTEM, voucher_id=one.voucher_id, fields=told, remarks=[Remark("Odd: {n}", {"n": 1})])
    found = vouchers.one(home.db.read(), one.voucher_id)
    assert found and (found.amount_fen, found.seller) == (500, "上海某通信公司")
    assert found.said() == ["Odd: 1"]
    assert not vouchers.unread(home.db.read())


def test_papers_are_found_by_name_number_seller_and_amount(home: Home, people: dict[str, Actor]) -> None:
    one = filed(home, people["operator"])
    fields = Fields(
        invoice_no="24312000000012345678", seller="Acme 通信", amount_fen=123_456, doc_date=date(2026, 11, 20)
    )
    with home.db.write() as tx:
        vouchers.describe(tx, people["operator"], voucher_id=one.voucher_id, fields=fields)
    for text in ("", "发票", "12345678", "acme", "1234.56"):
        assert vouchers.search(home.db.read(), text=text).num_rows == 1, text
    assert vouchers.search(home.db.read(), text="'; DROP TABLE voucher; --").num_rows == 0
    assert vouchers.search(home.db.read(), day_from=date(2026, 11, 21)).num_rows == 0
    assert vouchers.search(home.db.read(), kind="bank_slip").num_rows == 0
