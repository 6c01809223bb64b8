"""Identifiers come back as they were printed, or are refused with the reason."""

from datetime import date

import pytest

from data import words
from jobs.importing.cleaning import clean
from jobs.importing.recognising import recognise, with_padded_terminal_ids

CARD = "89860412345678901234"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (CARD, CARD),
        (CARD[:19], CARD[:19]),
        ("898600d1234567890ab1", "898600D1234567890AB1"),
        ("'" + CARD, CARD),
        ('"' + CARD, CARD),
        ("\t" + CARD + " ", CARD),
        ("８９８６０４１２３４５６７８９０１２３４", CARD),
        ("8986 0412 3456 7890 1234", CARD),
        ("\ufeff" + CARD + "\u200b", CARD),
    ],
)
def test_an_iccid_is_found_under_every_decoration(importing, value, kept):
    cleaned = importing.cleaned(importing.xlsx(("S", [["ICCID", "到期日"], [value, "2027-01-01"]])))
    assert cleaned.table.column("iccid").to_pylist() == [kept]
    assert cleaned.table.column("stem").to_pylist() == [kept[:19]]


def test_a_csv_that_protects_numbers_by_a_formula_is_understood(importing):
    cleaned = importing.rows("ICCID,套餐,到期日", f'="{CARD}",="30M",="2027-01-01"')
    row = cleaned.table.to_pylist()[0]
    assert (row["iccid"], row["plan"], row["expires_on"]) == (CARD, "30M", date(2027, 1, 1))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("8986041234567890123", None),
        ("898604123456789012", "18 characters"),
        ("898604123456789012345", "21 characters"),
        ("99860412345678901234", "begin with 89"),
        ("8986O412345678901234中", "no ICCID"),
        (89860412345678901234, "only 15 digits, the others are gone"),
        ("8.98604E+19", "only 15 digits, the others are gone"),
        (898604123456789, "no ICCID"),
    ],
)
def test_an_iccid_of_the_wrong_shape_is_refused_whole(importing, value, sentence):
    cleaned = importing.cleaned(importing.xlsx(("S", [["ICCID", "到期日"], [value, "2027-01-01"]])), kind="cards")
    if sentence is None:
        assert not cleaned.refusals
        return
    (refusal,) = cleaned.refusals
    assert (refusal.sheet, refusal.line, refusal.column) == ("S", 2, "ICCID")
    assert sentence in refusal.sentence()
    assert cleaned.table.num_rows == 0
    with words.speaking("zh_CN"):
        assert sentence not in refusal.sentence()


def test_iccids_a_spreadsheet_rounded_into_text_are_seen(importing):
    cleaned = importing.rows("ICCID,到期日", *[f"8986041234567{n:02d}00000,2027-01-01" for n in range(10, 15)])
    assert len(cleaned.refusals) == 5
    assert "rounded the column" in cleaned.refusals[0].sentence()
    cleaned = importing.rows("ICCID,到期日", "89860412345671000000,2027-01-01", f"{CARD},2027-01-01")
    assert not cleaned.refusals


def test_odd_prefixes_and_check_digits_only_warn_once_per_column(importing):
    cleaned = importing.rows("ICCID,到期日", *[f"898699{n:013d}0,2027-01-01" for n in range(20)])
    assert cleaned.table.num_rows == 20
    prefix = next(remark for remark in cleaned.remarks if "898699" in remark.sentence())
    assert (prefix.count, prefix.line, prefix.column) == (20, 2, "ICCID")


@pytest.mark.parametrize(
    ("column", "value", "kept"),
    [
        ("MSISDN", "13912345678", "13912345678"),
        ("MSISDN", "1440012345678", "1440012345678"),
        ("MSISDN", "1064912345678", "1064912345678"),
        ("MSISDN", "10649123456", "10649123456"),
        ("MSISDN", "+8613912345678", "13912345678"),
        ("MSISDN", 1440012345678, "1440012345678"),
        ("MSISDN", "12345678901", None),
        ("MSISDN", "144001234567", None),
        ("IMSI", "460040123456789", "460040123456789"),
        ("IMSI", 460040123456789, "460040123456789"),
        ("IMSI", "208040123456789", "208040123456789"),
        ("IMSI", "46004012345678", None),
        ("IMEI", "352099001761481", "352099001761481"),
        ("IMEI", "35209900176148", "35209900176148"),
        ("IMEI", "352099001761482", "352099001761482"),
        ("IMEI", "3520990017614", None),
        ("终端号", "1000000A", "1000000A"),
        ("终端号", "10000001", "10000001"),
        ("终端号", 10000001, "10000001"),
        ("终端号", 1000001, None),
        ("终端号", "1000001", None),
        ("终端号", "100000012", None),
        ("商户号", "898110154110001", "898110154110001"),
        ("商户号", 898110154110001, "898110154110001"),
        ("商户号", "89811015411000A", "89811015411000A"),
        ("商户号", "898110154110", "898110154110"),
        ("商户号", "89811015411000", None),
        ("终端序列号", "nl-0000 1234", "NL-0000 1234"),
        ("终端序列号", 123456789012, "123456789012"),
        ("终端序列号", 1234567890123456789, None),
    ],
)
def test_identifiers_have_their_shapes(importing, column, value, kept):
    cleaned = importing.one(column, value)
    names = {"终端号": "terminal_id", "商户号": "merchant_no", "终端序列号": "serial_no"}
    assert cleaned.table.column(names.get(column, column.lower())).to_pylist() == ([] if kept is None else [kept])
    assert len(cleaned.refusals) == (kept is None)


def test_a_terminal_number_that_lost_a_zero_can_be_padded(importing):
    content = importing.xlsx(("S", [["终端号", "商户号"], [1234567, "898110154110001"]]))
    sentence = importing.cleaned(content).refusals[0].sentence()
    assert "a leading zero was lost; take the column as 'Terminal number, padded to 8'" in sentence
    by_mapping = {"terminal_id": "终端号", "padded_terminal_id": "终端号", "merchant_no": "商户号"}
    by_option = with_padded_terminal_ids(recognise(importing.read(content)))
    for padded in (
        importing.cleaned(content, kind="terminals", mapping=by_mapping),
        clean(by_option, today=date(2026, 11, 22)),
    ):
        assert padded.table.column("terminal_id").to_pylist() == ["01234567"]
        assert any("padded" in remark.sentence() for remark in padded.remarks)
