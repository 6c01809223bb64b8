"""Identifiers come back byte for byte through every kind of file, and no bytes at all make reading fail otherwise."""

import csv
import io
from datetime import date

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from jobs.importing.cleaning import clean
from jobs.importing.fields import KINDS
from jobs.importing.mangled import mangled_iccids
from jobs.importing.recognising import recognise
from jobs.importing.refusing import FileRefused, ValueRefused
from jobs.importing.values import Notes

TODAY = date(2026, 11, 22)
# The fixture only makes files; nothing of one example reaches the next.
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

iccids = st.from_regex(r"89[0-9]{2}[0-9A-F]{15,16}", fullmatch=True)
msisdns = st.from_regex(r"(1[3-9][0-9]{9}|14[0-9]{11}|1064[0-9]{7}([0-9]{2})?)", fullmatch=True)
terminal_ids = st.from_regex(r"[0-9A-Z]{8}", fullmatch=True)
merchant_nos = st.from_regex(r"[0-9]{12}[0-9A-Z]{3}", fullmatch=True)
cards = st.lists(
    st.tuples(iccids, msisdns, terminal_ids, merchant_nos), min_size=1, max_size=8, unique_by=lambda row: row[0][:19]
)


def _as_csv(rows, encoding, separator):
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([["ICCID", "MSISDN", "终端号", "商户号"], *rows])
    return out.getvalue().encode(encoding)


def _came_back(importing, content, rows):
    assume(not mangled_iccids([row[0] for row in rows]))
    cleaned = clean(recognise(importing.read(content)), today=TODAY)
    table = cleaned.table.select(["iccid", "msisdn", "terminal_id", "merchant_no"])
    assert [tuple(row.values()) for row in table.to_pylist()] == rows
    assert not cleaned.refusals


@quick
@given(
    rows=cards,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    separator=st.sampled_from(",\t;|"),
)
def test_through_text(importing, rows, encoding, separator):
    _came_back(importing, _as_csv(rows, encoding, separator), rows)


@quick
@given(rows=cards)
def test_through_text_cells(importing, rows):
    table = [["ICCID", "MSISDN", "终端号", "商户号"], *rows]
    _came_back(importing, importing.xlsx(("卡", table)), rows)
    _came_back(importing, importing.xls(("卡", table)), rows)


@quick
@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_names_come_back_as_they_were_or_trimmed(importing, name):
    content = (
        _as_csv([], "utf-8", ",").decode() + f'89860412345678901234,,,\n"{name.replace(chr(34), chr(34) * 2)}",,,\n'
    )
    importing.read(content)
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["merchant_no", "name"], ["898110154110001", "'" + name]])
    got = importing.cleaned(out.getvalue(), kind="merchants").table["merchant_name"].to_pylist()[0]
    assert got in (None, name.strip(), ("'" + name).strip())


# Six children to an example.
@settings(quick, max_examples=12)
@given(content=st.binary(max_size=3000))
def test_any_bytes_are_read_or_refused_in_a_sentence(importing, content):
    for start in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<html><table>", b"ICCID,n\n", b"\xff\xfe"):
        try:
            clean(recognise(importing.read(start + content)), today=TODAY)
        except FileRefused as refused:
            assert str(refused)


@quick
@given(cell=st.text(max_size=30) | st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_any_cell_in_any_column_is_kept_or_refused(importing, cell):
    for kind in KINDS.values():
        for field in kind.fields.values():
            try:
                field.parse(cell, Notes(today=TODAY))
            except ValueRefused as refused:
                assert str(refused)


NAUGHTY = ["<script>alert(1)</script>", "[x](javascript:1)", "{{7*7}}", "{value}", "'; DROP TABLE sim;--", "../../etc/passwd", "None",
           "NaN", "-0", "1e309", "=HYPERLINK(1)", "+1", "@x", "＝1", "\u202eabc", "👨‍👩‍👧", "𠀀", "x" * 10_000]  # fmt: skip


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_text_stays_text_and_never_an_identifier(importing, text):
    content = importing.xlsx(("S", [["商户号", "商户名称"], ["898110154110001", text]]))
    if not text.startswith("="):
        assert importing.cleaned(content).table["merchant_name"].to_pylist() == [text]
    out = io.StringIO()
    csv.writer(out).writerows([["ICCID", "到期日"], [text, text]])
    cleaned = importing.cleaned(out.getvalue(), kind="cards")
    assert cleaned.table.num_rows == 0
    assert all(refusal.sentence() for refusal in cleaned.refusals)
