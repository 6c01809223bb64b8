"""Vouchers and invoices: search, what is missing, filing, what a paper says and proves."""

import threading

import pytest

from data.vouchers import store as vouchers
from jobs import read_vouchers
from tests.data.vouchers.test_linking import filed as described
from tests.data.vouchers.test_linking import renewed
from tests.data.vouchers.test_vouchers import PDF
from tests.jobs.importing.test_fapiao import invoice

__all__ = ["renewed"]


def filed(home, by, content=PDF, name="发票.pdf"):
    with home.db.write() as tx:
        return vouchers.file_paper(tx, by, content=content, filename=name, folder=home.vouchers, max_mb=20).voucher_id


def heads(test):
    return [head.value for head in test.subheader]


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "administrator"])
@pytest.mark.parametrize(("language", "words"), [("en", "No voucher here"), ("zh_CN", "没有凭证")])
def test_an_empty_archive_says_so_to_everyone(home, page, role, language, words):
    test = page("vouchers", role, language=language)
    assert not test.exception
    assert words in heads(test)


def test_only_operators_and_finance_are_offered_to_file(home, page):
    assert page("vouchers", "operator").get("file_uploader") and page("vouchers", "finance").get("file_uploader")
    test = page("vouchers", "viewer")
    assert not test.get("file_uploader")
    assert "Operators and finance file vouchers" in test.info[0].value


def test_the_archive_shows_what_a_paper_says_and_search_finds_it(home, people, page):
    paper = filed(home, people["operator"], invoice(), "a.xml")
    filed(home, people["operator"])
    read_vouchers.run(home, threading.Event())
    test = page("vouchers", "viewer")
    assert not test.exception
    next(box for box in test.text_input if box.key == "vouchers:text").set_value("12345678").run()
    shown = test.dataframe[0].value
    assert (shown["voucher_id"].tolist(), shown["invoice_no"].tolist()) == ([str(paper)], ["24312000000012345678"])
    assert shown["amount_fen"].tolist() == [1234.56]


def test_what_is_missing_stands_by_payee_and_none_given_apart(home, renewed, page):
    test = page("vouchers", "approver")
    assert not test.exception
    assert any("**4** renewals have no voucher: ¥72.20" in line.value for line in test.markdown)
    assert "None given" in heads(test)
    assert [frame.value["payee"].tolist() for frame in test.dataframe] == [["中国移动上海"], ["李记通信"]]


def test_names_in_papers_are_shown_as_text_never_read_as_markdown(home, people, page):
    filed(home, people["operator"], name="![x](http://example.invalid/x.png) <script>.pdf")
    test = page("vouchers", "viewer")
    assert not test.exception
    assert not [line for line in [*test.markdown, *test.caption] if "example.invalid" in line.value]


def one(test, kind, label):
    return next(element for element in getattr(test, kind) if element.label == label)


def test_a_link_opens_one_paper_and_what_a_person_types_is_kept(home, people, page):
    paper = filed(home, people["operator"])
    test = page("vouchers", "operator", voucher=str(paper))
    assert not test.exception
    one(test, "text_input", "Amount (yuan)").set_value("¥1,234.5")
    one(test, "text_input", "Invoice number").set_value("24312000000012345678")
    one(test, "text_input", "Seller").set_value("某公司")
    one(test, "button", "Keep").click().run()
    assert not test.exception
    found = vouchers.one(home.db.read(), paper)
    assert (found.amount_fen, found.invoice_no, found.seller) == (123450, "24312000000012345678", "某公司")


@pytest.mark.parametrize(
    ("label", "typed", "said"), [("Amount (yuan)", "1e9", "no amount"), ("Invoice number", "12", "no invoice number")]
)
def test_what_is_no_amount_or_number_is_said_and_nothing_is_kept(home, people, page, label, typed, said):
    paper = filed(home, people["operator"])
    test = page("vouchers", "operator", voucher=str(paper))
    one(test, "text_input", label).set_value(typed)
    one(test, "button", "Keep").click().run()
    assert said in test.error[0].value
    assert vouchers.one(home.db.read(), paper).amount_fen is None


def test_a_viewer_reads_a_paper_and_is_offered_no_change(home, people, page):
    test = page("vouchers", "viewer", voucher=str(filed(home, people["operator"])))
    assert not test.exception
    assert "Keep" not in [button.label for button in test.button]
    assert heads(test)[0] == "Voucher 1"


def test_the_suggested_renewals_stand_below_a_paper_that_has_an_amount(home, people, renewed, page):
    paper = described(home, people["operator"], 7220)
    test = page("vouchers", "operator", voucher=str(paper))
    assert not test.exception
    assert test.dataframe[0].value["renewals"].tolist() == ["4"]
    with home.db.write() as tx:
        vouchers.link(tx, people["operator"], voucher_id=paper, obligations=[1, 2, 3, 4])
    test = page("vouchers", "operator", voucher=str(paper))
    assert test.dataframe[0].value["order_no"].tolist() == ["R1", "R2", "R3", "R4"]


def test_a_paper_that_is_not_there_is_said_to_be_missing(home, page):
    assert heads(page("vouchers", "viewer", voucher="99"))[0] == "There is no voucher 99"
