"""Papers are drawn by a job in a limited child; only our own picture is ever shown, to those who may see the paper."""

import io
import os
import stat
import subprocess
import sys
import threading

import pypdfium2
import pytest
from PIL import Image

from data.home import Home
from data.people.rules import Actor, NotThere, Refused
from data.vouchers import picturing
from data.vouchers import store as vouchers
from jobs import read_vouchers
from jobs.importing import papers
from jobs.importing.limited import Limits
from jobs.importing.refusing import FileRefused
from tests.payees import propose_payee


def photo(format: str, size: tuple[int, int] = (3000, 1500), **how: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, format, **how)
    return out.getvalue()


def pdf(pages: int = 1, size: tuple[float, float] = (595, 842)) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(*size)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def filed(home: Home, by: Actor, content: bytes, name: str) -> vouchers.Voucher:
    with home.db.write() as tx:
        found = vouchers.file_paper(tx, by, content=content, filename=name, folder=home.vouchers, max_mb=20)
    read_vouchers.run(home, threading.Event())
    paper = vouchers.one(home.db.read(), found.voucher_id)
    assert paper
    return paper


@pytest.mark.parametrize(
    ("content", "name", "count"),
    [(photo("PNG"), "a.png", 1), (photo("JPEG"), "a.jpg", 1), (pdf(3), "a.pdf", 3), (pdf(40), "b.pdf", 5)],
)
def test_a_paper_is_drawn_once_small_and_for_the_owner_only(
    home: Home, people: dict[str, Actor], content: bytes, name: str, count: int
) -> None:
    paper = filed(home, people["operator"], content, name)
    assert picturing.pages(home.db.read(), paper.voucher_id) == count
    for number in range(1, count + 1):
        path = home.previews / picturing.fetch_page(home.db.read(), people["viewer"], paper.voucher_id, number)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with Image.open(path) as drawn:
            assert (drawn.format, drawn.width <= 1000, drawn.height <= 1600) == ("PNG", True, True)
    assert stat.S_IMODE((home.vouchers / paper.sha256).stat().st_mode) == 0o600
    assert (home.vouchers / paper.sha256).read_bytes() == content
    with pytest.raises(NotThere):
        picturing.fetch_page(home.db.read(), people["viewer"], paper.voucher_id, count + 1)
    assert read_vouchers.run(home, threading.Event()) is None
    assert picturing.undrawn(home.db.read()) == []


def test_a_picture_carries_nothing_of_the_photographs_data(home: Home, people: dict[str, Actor]) -> None:
    exif = Image.Exif()
    exif[0x010E] = "<script>canary</script>"
    paper = filed(home, people["operator"], photo("JPEG", exif=exif, comment=b"canary"), "a.jpg")
    drawn = (home.previews / picturing.name_of(paper.sha256, 1)).read_bytes()
    assert b"canary" not in drawn and b"tEXt" not in drawn and b"eXIf" not in drawn


def locked_pdf() -> bytes:
    return pdf().replace(b"/Size", b"/Encrypt<</Filter/Standard/V 2/R 3/O(x)/U(x)/P -1/Length 128>>/ID[(a)(a)]/Size")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (photo("PNG")[:-400] + b"\x00\x00\x00\x00IEND\xaeB`\x82", "cut.png"),
        (photo("PNG", (8_000, 9_000)).replace(b"IDAT", b"IDAT" + b"\xff" * 9, 1), "broken.png"),
        (b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n", "empty.pdf"),
        (b"%PDF-1.7\n" + b"[" * 500_000 + b"\n%%EOF\n", "deep.pdf"),
        (locked_pdf(), "locked.pdf"),
    ],
)
def test_what_cannot_be_drawn_stays_filed_without_a_picture(
    home: Home, people: dict[str, Actor], content: bytes, name: str
) -> None:
    paper = filed(home, people["operator"], content, name)
    assert picturing.pages(home.db.read(), paper.voucher_id) == 0
    assert not list(home.previews.iterdir())


def test_drawing_is_held_to_its_limits(tmp_path, monkeypatch) -> None:
    path = tmp_path / "paper"
    path.write_bytes(photo("PNG", (8_000, 9_000)))
    assert len(papers.pictures(path, "a.png", format="png")) == 1
    monkeypatch.setattr(papers, "_PICTURE", Limits(memory_mb=160, seconds=20, answer_mb=32))
    with pytest.raises(FileRefused, match="160 MB"):
        papers.pictures(path, "a.png", format="png")


def test_other_readers_of_the_library_are_never_asked(tmp_path) -> None:
    path = tmp_path / "paper"
    path.write_bytes(photo("GIF"))
    with pytest.raises(FileRefused, match="No picture"):
        papers.pictures(path, "a.png", format="png")


def test_no_reader_of_pictures_is_loaded_here() -> None:
    code = (
        "import sys, jobs.schedule; print(*sorted({'PIL', 'pypdfium2', 'lxml', 'python_calamine'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert found.stdout.split() == []


def test_a_proof_of_bank_data_is_shown_to_finance_only(home: Home, people: dict[str, Actor]) -> None:
    paper = filed(home, people["operator"], pdf(), "a.pdf")
    assert picturing.fetch_page(home.db.read(), people["viewer"], paper.voucher_id, 1)
    propose_payee(home, people["operator"], "Payee", proof=paper.voucher_id)
    with pytest.raises(Refused):
        picturing.fetch_page(home.db.read(), people["viewer"], paper.voucher_id, 1)
    assert picturing.fetch_page(home.db.read(), people["finance"], paper.voucher_id, 1)
