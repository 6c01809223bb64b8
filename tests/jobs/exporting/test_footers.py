"""The head of the audit log under sheets, papers and archives."""

import zipfile

import openpyxl
import pytest

from data.audit import store as audit
from data.audit.rules import anchor
from data.home import Home
from data.people.rules import Actor
from data.words import speaking
from jobs.exporting.footers import audit_line
from tests.fleet import stock
from tests.jobs.exporting.test_writing import written


@pytest.mark.parametrize(("language", "words"), [("en", "Head of the audit log: "), ("zh_CN", "操作日志链头：")])
def test_a_sheet_is_printed_with_a_head_that_the_chain_still_holds(
    home: Home, people: dict[str, Actor], language: str, words: str
) -> None:
    stock(home)
    made = written(home, people["viewer"], format="xlsx", language=language)
    sheet = openpyxl.load_workbook(home.exports / made.stored_as).active
    line = sheet.oddFooter.left.text
    assert line.startswith(words)
    head = anchor(line.removeprefix(words))
    assert audit.verify(home.db.read(), home.db.audit_key, anchors=[head]).whole
    assert head.seq < audit.head(home.db.read()).seq


def test_an_archive_of_parts_carries_it_as_its_remark(home: Home, people: dict[str, Actor]) -> None:
    stock(home)
    made = written(home, people["viewer"], split_by="agent")
    with zipfile.ZipFile(home.exports / made.stored_as) as archive:
        anchor(archive.comment.decode().removeprefix("Head of the audit log: "))


def test_the_line_says_the_newest_entry(home: Home, people: dict[str, Actor]) -> None:
    with speaking("en"):
        assert audit_line(home) == f"Head of the audit log: {audit.head(home.db.read())}"
