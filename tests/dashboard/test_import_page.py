"""Import: dropped files, what each would do, corrections, the good rows in, and what then does not join."""

import threading

import pytest

from data.database import Query
from data.files import store
from data.keeping import keep_bytes
from jobs import read_uploads

CARD = "89860012345678901234"
MIXED = f"iccid,plan,expires_on\n{CARD},30M,2027-02-28\n8.98600E+19,*30M*,2027-02-28\n"


@pytest.fixture
def drop(home, people):
    """`drop("cards.csv", text)`: a file as the drop zone keeps it, read by the job."""

    def run(filename, text):
        sha256, size = keep_bytes(home.incoming, text.encode())
        with home.db.write() as tx:
            upload_id = store.keep_upload(
                tx, people["operator"], sha256=sha256, filename=filename, size=size, source="page"
            )
        read_uploads.run(home, threading.Event())
        return upload_id

    return run


def press(test, key):
    next(button for button in test.button if button.key == key).click()
    return test.run()


def heads(test):
    return [head.value for head in test.subheader]


def state(home, upload_id):
    return store.existing(home.db.read(), upload_id).state


def test_an_empty_home_says_what_may_be_dropped(home, page):
    test = page("import_files")
    assert not test.exception
    assert "No files yet" in heads(test)


def test_the_newest_file_says_what_it_would_do(home, drop, page):
    drop("cards.csv", MIXED)
    test = page("import_files")
    assert not test.exception
    assert "1 new, 0 changed, 0 the same, 1 refused" in heads(test)
    assert list(test.dataframe[0].value["filename"]) == ["cards.csv"]
    assert any(CARD in str(frame.value.to_dict()) for frame in test.dataframe)
    assert any("8.98600E+19" in str(frame.value.to_dict()) for frame in test.dataframe)


def test_accepting_hands_the_good_rows_to_the_job(home, drop, page):
    upload_id = drop("cards.csv", MIXED)
    test = press(page("import_files"), f"import:accept:{upload_id}")
    assert not test.exception
    assert state(home, upload_id) == "accepted"
    read_uploads.run(home, threading.Event())
    test = page("import_files")
    assert state(home, upload_id) == "imported"
    assert "What joins and what does not" in heads(test)
    assert home.db.read().value(Query("asked", "By a test.", "SELECT iccid FROM sim")) == CARD


def test_discarding_takes_the_file_off_the_page(home, drop, page):
    upload_id = drop("cards.csv", MIXED)
    test = press(page("import_files"), f"import:discard:{upload_id}")
    assert state(home, upload_id) == "discarded"
    assert "No files yet" in heads(test)


def test_another_kind_has_the_file_read_again(home, drop, page):
    upload_id = drop("cards.csv", MIXED)
    test = page("import_files")
    next(box for box in test.selectbox if box.key == f"import:kind:{upload_id}").set_value("sims").run()
    read_uploads.run(home, threading.Event())
    assert store.existing(home.db.read(), upload_id).kind == "sims"


def test_a_corrected_column_has_the_file_read_again(home, drop, page):
    upload_id = drop("cards.csv", f"iccid,wohin\n{CARD},2027-02-28\n")
    test = page("import_files")
    next(box for box in test.selectbox if box.key == f"import:column:{upload_id}:expires_on").set_value("wohin")
    next(button for button in test.button if button.label == "Read again").click()
    assert not test.run().exception
    read_uploads.run(home, threading.Event())
    assert store.existing(home.db.read(), upload_id).mapping == '{"expires_on": "wohin", "iccid": "iccid"}'


def test_a_layout_is_saved_under_its_name(home, drop, page):
    drop("cards.csv", MIXED)
    test = page("import_files")
    next(box for box in test.text_input if box.label == "Name").set_value("张三")
    next(button for button in test.button if button.label == "Save").click()
    assert not test.run().exception
    assert home.db.read().value(Query("asked", "By a test.", "SELECT name FROM layout")) == "张三"


def test_a_file_that_cannot_be_read_says_why(home, drop, page):
    drop("scan.pdf", "%PDF-1.7 and so on")
    test = page("import_files")
    assert not test.exception
    assert any("PDF" in text.value for text in test.text)


def test_a_file_being_read_shows_that_it_is(home, people, page):
    sha256, size = keep_bytes(home.incoming, b"x")
    with home.db.write() as tx:
        store.keep_upload(tx, people["operator"], sha256=sha256, filename="x.csv", size=size, source="page")
    test = page("import_files")
    assert not test.exception
    assert "Being read" in [caption.value for caption in test.caption]


@pytest.mark.parametrize("who", ["viewer", "approver", "administrator"])
def test_others_are_told_it_is_not_for_them(home, page, who):
    test = page("import_files", who)
    assert not test.exception
    assert test.title[0].value == "Not for your role"


def test_it_speaks_chinese(home, drop, page):
    drop("cards.csv", MIXED)
    test = page("import_files", language="zh_CN")
    assert "新增 1，变更 0，未变 0，拒绝 1" in heads(test)


TWICE = f"iccid,plan,expires_on\n{CARD},30M,2027-02-28\n{CARD},30M,2027-03-31\n"


def choose(test, place):
    test.session_state["import:findings"] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    return test.run()


def imported(home, drop, page, text):
    upload_id = drop("cards.csv", text)
    press(page("import_files"), f"import:accept:{upload_id}")
    read_uploads.run(home, threading.Event())


def test_without_findings_there_is_no_list_of_them(page):
    assert "Findings" not in heads(page("import_files"))


def test_findings_stand_by_kind_and_say_in_words_what_does_not_add_up(home, drop, page):
    imported(home, drop, page, TWICE)
    test = page("import_files", language="zh_CN")
    kinds = next(table.value for table in test.dataframe if list(table.value.columns) == ["kind", "count"])
    assert list(kinds["kind"]) == ["一卡出现在两行", "没有资料和价格的套餐"]
    found = choose(test, 0).dataframe[-1].value
    assert not test.exception
    assert list(found["object"]) == [CARD]
    assert list(found["source"]) == ["导入 1"]
    assert list(found["iccid"]) == [f"/sim?iccid={CARD}"]
    assert "{" not in found["said"][0]


def test_an_operator_closes_the_findings_ticked(home, drop, page):
    imported(home, drop, page, TWICE)
    test = choose(page("import_files"), 0)
    finding_id = home.db.read().value(
        Query("one", "By a test.", "SELECT min(finding_id) FROM finding WHERE kind = 'card_in_two_rows'")
    )
    test.session_state["import:findings:found:card_in_two_rows:selected"] = frozenset({finding_id})
    test.session_state["import:findings:found:card_in_two_rows:turn"] = 1
    test = press(test.run(), "import:findings:found:close")
    assert not test.exception
    open_ones = Query("open", "By a test.", "SELECT DISTINCT kind FROM finding WHERE closed_at IS NULL")
    assert [row["kind"] for row in home.db.read().rows(open_ones)] == ["unknown_plan"]
