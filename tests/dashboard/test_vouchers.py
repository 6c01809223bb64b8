"""Vouchers and invoices: search, what is missing, filing, what a paper says and proves."""

import threading

import pytest

from data.vouchers import store as vouchers
from jobs import read_vouchers
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


def test_only_operators_are_offered_to_file(home, page):
    assert page("vouchers", "operator").get("file_uploader")
    test = page("vouchers", "viewer")
    assert not test.get("file_uploader")
    assert "Operators file vouchers" in test.info[0].value


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
