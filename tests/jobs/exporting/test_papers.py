"""A payment request on paper: Excel and PDF hold what finance pays by, and whatever anybody wrote stays text."""

import re
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from data.audit.rules import anchor
from data.database import Query
from data.files import exports_store as exports
from data.people.rules import NotThere, Refused
from data.renewals import paying
from jobs import write_exports
from tests.dashboard import conftest as pages
from tests.payees import confirm_payee
from tests.paying import PAYEE, ask, ordered, pay
from tests.pdf_text import pages as pdf_pages

fleet = pages.fleet
FONT = next(
    iter(sorted(Path("/usr/share/fonts").rglob("NotoSansCJK-Regular.ttc"))),
    next(iter(sorted(Path("/usr/share/fonts").rglob("*.ttf"))), None),
)
CJK = FONT is not None and "CJK" in FONT.name
ACCOUNT_NO = "0012345678901234"
HOSTILE = '#panic("x") *b* _i_ $x$ @ref <b> // /* \\ = - "q"'


@pytest.fixture
def home(home, monkeypatch):
    """With a font, where the machine has one."""
    object.__setattr__(home, "settings", home.settings.model_copy(update={"pdf_font": FONT}))
    return home


@pytest.fixture
def request_id(home, people, fleet):
    """Five orders at merchants with a hostile name, asked for by the operator."""
    batch = ordered(home, fleet, people, merchant=HOSTILE)
    confirm_payee(home, people, PAYEE, ACCOUNT_NO)
    return ask(home, people["operator"], batch)


def paper(home, by, request, format="pdf", language="zh_CN"):
    with home.db.write() as tx:
        wish = {"what": "payment_request", "format": format, "filters": {"request": request}, "language": language}
        export_id = exports.ask_export(tx, by, **wish)
    write_exports.run(home, threading.Event())
    return exports.one(home.db.read(), export_id)


def needs_font():
    if not CJK:
        pytest.skip("no Noto Sans CJK on this machine")


@pytest.mark.parametrize(
    ("language", "title", "words"),
    [
        ("zh_CN", "付款申请", ("收款方", "账号", "大写金额", "转账附言", "附表")),
        ("en", "Payment request", ("Payee", "Account number", "Sum in capitals", "Attached list")),
    ],
)
def test_a_pdf_holds_bank_data_sum_remark_due_date_and_the_list(home, people, request_id, language, title, words):
    needs_font()
    made = paper(home, people["finance"], request_id, language=language)
    assert (made.state, made.rows_written) == ("written", 5)
    assert made.filename.startswith(f"{title}-P{request_id}-2026-11-22")
    first, *rest = pdf_pages(home.exports / made.stored_as)
    batch = paying.one(home.db.read(), request_id).batch
    for text in (title, PAYEE, "0012 3456 7890 1234", "¥90.00", "玖拾元整", f"\n{batch}\n", "2026-12-08"):
        assert text in first, (text, first)
    assert all(word in first + "".join(rest) for word in words)
    iccids = [text for text in "\n".join(rest).split("\n") if text.startswith("8986")]
    assert iccids == paying.listed(home.db.read(), request_id, limit=9)["iccid"].to_pylist()


def test_what_a_merchant_is_called_is_never_read_as_markup(home, people, request_id):
    needs_font()
    made = paper(home, people["finance"], request_id)
    drawn = "".join("".join(pdf_pages(home.exports / made.stored_as)[1:]).split())
    assert drawn.count("".join(HOSTILE.split())) == 5


def test_every_page_and_sheet_of_a_paper_is_printed_with_the_head_of_the_audit_log(home, people, request_id):
    made = paper(home, people["finance"], request_id, "xlsx", "en")
    sheets = openpyxl.load_workbook(home.exports / made.stored_as).worksheets
    lines = {sheet.oddFooter.left.text.removeprefix("Head of the audit log: ") for sheet in sheets}
    assert len(lines) == 1
    assert anchor(*lines)
    needs_font()
    made = paper(home, people["finance"], request_id, "pdf", "en")
    pages = ["".join(page.split()) for page in pdf_pages(home.exports / made.stored_as)]
    lines = {page.partition("Headoftheauditlog:")[2][:80] for page in pages}
    assert len(lines) == 1
    assert re.match(r"[1-9]\d*:[0-9a-f]{64}", *lines)


def test_signs_that_turn_or_hide_text_are_seen_on_paper(home, people, fleet):
    needs_font()
    # Read from the right, this name would show another payee.
    batch = ordered(home, fleet, people, merchant="abc\u202egnaW\u200b tnegA\x00")
    confirm_payee(home, people, PAYEE, ACCOUNT_NO)
    made = paper(home, people["finance"], ask(home, people["operator"], batch))
    drawn = "".join("".join(pdf_pages(home.exports / made.stored_as)[1:]).split())
    assert "abc�gnaW�tnegA�" in drawn.replace("?", "�")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_an_excel_file_holds_the_request_and_the_list(home, people, request_id, language):
    made = paper(home, people["finance"], request_id, "xlsx", language)
    book = openpyxl.load_workbook(home.exports / made.stored_as)
    told = dict(book.worksheets[0].iter_rows(min_row=2, values_only=True))
    assert {"0012 3456 7890 1234", "玖拾元整", "¥90.00", "2026-12-08"} <= set(told.values())
    head, *rows = book.worksheets[1].iter_rows()
    assert len(rows) == 5
    assert [cell.value for cell in rows[0]][3] == HOSTILE
    assert (rows[0][6].value, rows[0][6].number_format) == (18, "0.00")
    assert isinstance(rows[0][8].value, datetime)
    assert not [cell for row in (head, *rows) for cell in row if cell.data_type == "f"]


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "administrator"])
def test_whole_account_numbers_are_for_finance_only(home, people, request_id, who):
    with pytest.raises(Refused, match="may not do this"):
        paper(home, people[who], request_id, "xlsx")


def test_who_is_finance_no_longer_fetches_nothing(home, people, request_id):
    made = paper(home, people["finance"], request_id, "xlsx")
    with home.db.write() as tx:
        assert exports.fetch(tx, people["finance"], made.export_id).stored_as == f"{made.export_id}.xlsx"
        tx.run(Query("t", "", "UPDATE person SET role = 'viewer' WHERE name = 'finance'"))
    with home.db.write() as tx, pytest.raises(Refused):
        exports.fetch(tx, replace(people["finance"]), made.export_id)
    with home.db.write() as tx, pytest.raises(NotThere):
        exports.fetch(tx, people["operator"], made.export_id)


def test_the_revealing_leaves_a_trace_and_no_account_number_in_it(home, people, request_id):
    paper(home, people["finance"], request_id, "xlsx")
    rows = home.db.read().rows(Query("t", "", "SELECT * FROM audit"))
    assert [row["object"] for row in rows if row["event"] == "payee:revealed"] == [f"payment request {request_id}"]
    assert ACCOUNT_NO not in str(rows)


@pytest.mark.parametrize("format", ["pdf", "xlsx"])
def test_a_request_that_holds_no_longer_gets_no_paper(home, people, request_id, format):
    confirm_payee(home, people, PAYEE, "6222000011112222")
    made = paper(home, people["finance"], request_id, format, "en")
    assert (made.state, made.why_failed()) == (
        "failed",
        f"Payment request P{request_id} holds no longer as it was asked: withdraw it and ask anew",
    )


def test_a_paid_one_says_so(home, people, request_id):
    pay(home, people["finance"], request_id, "BANK-9")
    made = paper(home, people["finance"], request_id, "xlsx", "en")
    told = dict(openpyxl.load_workbook(home.exports / made.stored_as).worksheets[0].iter_rows(values_only=True))
    assert (told["State"], told["Paid by"]) == ("paid", "finance · BANK-9")


@pytest.mark.parametrize(
    ("font", "said"), [(None, "names its file in the setting pdf_font"), ("gone.ttf", "The font file gone.ttf")]
)
def test_without_a_font_the_file_says_why_there_is_none(home, people, request_id, tmp_path, font, said):
    settings = home.settings.model_copy(update={"pdf_font": font and tmp_path / font})
    object.__setattr__(home, "settings", settings)
    made = paper(home, people["finance"], request_id, language="en")
    assert made.state == "failed" and said in made.why_failed()


def test_too_long_a_list_is_told_before_it_is_set(home, people, request_id, monkeypatch):
    monkeypatch.setattr("jobs.exporting.papers.PAPER_MAX_ROWS", 4)
    made = paper(home, people["finance"], request_id, language="en")
    assert made.why_failed() == "5 rows are more than a PDF takes (4); choose Excel"
