"""The journal: chained, on disk, located when it was cut or changed."""

import resource
from datetime import UTC, datetime, timedelta

import pytest

from data.renewals.journal import Journal, JournalBroken, standing

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


def entries(*numbers):
    return [{"kind": "intent", "order_no": f"R{number}"} for number in numbers]


def orders(book):
    return [entry["order_no"] for entry in book.behind(None)]


def test_a_reopened_journal_goes_on_with_its_chain(tmp_path):
    Journal(tmp_path).append(entries(1, 2), now=NOW)
    book = Journal(tmp_path)
    book.append(entries(3), now=NOW)
    assert orders(book) == ["R1", "R2", "R3"]
    assert book.verify_all() == 4


def test_a_segment_ends_with_its_lines_or_its_month_and_the_chain_goes_through(tmp_path):
    book = Journal(tmp_path, segment_lines=3)
    for number in range(5):
        book.append(entries(number), now=NOW)
    book.append(entries(9), now=NOW + timedelta(days=10))
    assert [path.name for path in book.segments()] == [
        "000001-202611.jsonl",
        "000002-202611.jsonl",
        "000003-202611.jsonl",
        "000004-202612.jsonl",
    ]
    assert book.verify_all() == 10
    book.segments()[1].unlink()
    with pytest.raises(JournalBroken):
        Journal(tmp_path).verify_all()


@pytest.mark.parametrize("keep", [1, 40, 120])
def test_an_unfinished_last_line_is_set_aside_and_the_rest_stands(tmp_path, keep):
    book = Journal(tmp_path)
    book.append(entries(1, 2), now=NOW)
    path = book.segments()[0]
    whole = path.read_bytes()
    book.append(entries(3), now=NOW)
    path.write_bytes(path.read_bytes()[: len(whole) + keep])
    found = Journal(tmp_path)
    assert found.torn_bytes == keep
    assert orders(found) == ["R1", "R2"]
    found.append(entries(4), now=NOW)
    assert Journal(tmp_path).verify_all() == 4


def test_a_segment_of_which_not_even_the_head_was_written_is_begun_again(tmp_path):
    Journal(tmp_path, segment_lines=2).append(entries(1), now=NOW)
    (tmp_path / "000002-202611.jsonl").write_bytes(b"")
    book = Journal(tmp_path, segment_lines=2)
    book.append(entries(2), now=NOW)
    assert book.verify_all() == 4


def test_one_changed_byte_is_found_with_file_and_line(tmp_path):
    book = Journal(tmp_path)
    book.append(entries(1, 2, 3), now=NOW)
    path = book.segments()[0]
    path.write_bytes(path.read_bytes().replace(b'"R2"', b'"R7"'))
    with pytest.raises(JournalBroken, match="000001-202611.jsonl line 3"):
        Journal(tmp_path)


def test_an_append_that_fails_leaves_no_half_line_for_a_kill_to_find(tmp_path):
    book = Journal(tmp_path)
    book.append(entries(1), now=NOW)
    (segment,) = book.segments()
    whole = segment.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 30, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            book.append(entries(2), now=NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert segment.read_bytes() == whole
    book.append(entries(3), now=NOW)
    assert orders(Journal(tmp_path)) == ["R1", "R3"]


def test_what_was_given_up_takes_back_its_orders_last_line_only():
    told = [
        {"kind": "intent", "order_no": "R1"},
        {"kind": "intent", "order_no": "R2"},
        {"kind": "abandoned", "order_no": "R1"},
        {"kind": "intent", "order_no": "R1", "again": True},
    ]
    assert standing(told) == [told[1], told[3]]
