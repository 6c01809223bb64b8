"""Rows: which are records, which are refused, and what is said about them."""

from datetime import date

CARD = "89860412345678901234"
MB = 1024 * 1024


def test_usage_per_day_and_per_cycle(importing):
    cleaned = importing.rows(
        "iccid,day,used_mb", f"{CARD},2026-11-20,1.5", f"{CARD},2026-11-21,2", f"{CARD},2026-11-21,2"
    )
    assert cleaned.table.select(["stem", "day", "used_bytes"]).to_pylist() == [
        {"stem": CARD[:19], "day": date(2026, 11, 20), "used_bytes": MB + MB // 2},
        {"stem": CARD[:19], "day": date(2026, 11, 21), "used_bytes": 2 * MB},
    ]
    cleaned = importing.rows("iccid,账期,用量(MB)", f"{CARD},202610,3", f"{CARD},2026年11月,4", kind="usage")
    assert cleaned.table["month"].to_pylist() == [date(2026, 10, 1), date(2026, 11, 1)]


def test_sums_blanks_and_repeated_headers_are_left_out(importing):
    cleaned = importing.rows(
        "ICCID,到期日",
        f"{CARD},2027-01-01",
        " , ",
        "小计：1,",
        "ICCID,到期日",
        "89860412345678901250,2027-01-01",
        "总 计,2",
        ",,",
    )
    assert cleaned.table["line"].to_pylist() == [2, 6]
    assert not cleaned.refusals
    assert {remark.sentence()[:4] for remark in cleaned.remarks} >= {"Rows", "Repe"}


def test_a_short_row_is_filled_and_a_long_one_is_refused(importing):
    cleaned = importing.rows(
        "ICCID,到期日,套餐", CARD, "89860412345678901250,2027-01-01,30M,100M", "89860412345678901268,2027-01-01,x,,"
    )
    assert cleaned.table["line"].to_pylist() == [2, 4]
    (refusal,) = cleaned.refusals
    assert (refusal.line, refusal.column) == (3, "")
    assert "4 cells, the header 3" in refusal.sentence()
    assert cleaned.rows == 3


def test_a_row_with_one_bad_value_is_refused_with_every_reason(importing):
    cleaned = importing.rows("ICCID,到期日,已用流量(MB)", "123,never,much", f"{CARD},2027-01-01,1")
    assert [(each.line, each.column) for each in cleaned.refusals] == [(2, "ICCID"), (2, "到期日"), (2, "已用流量(MB)")]
    assert cleaned.table["line"].to_pylist() == [3]


def test_a_row_that_names_nothing_is_refused(importing):
    cleaned = importing.rows("ICCID,MSISDN,到期日", ",,2027-01-01", ",1440012345678,2027-01-01")
    assert "Nothing stands under ICCID / MSISDN" in cleaned.refusals[0].sentence()
    assert cleaned.table["msisdn"].to_pylist() == ["1440012345678"]


def test_a_card_twice_counts_once_or_is_refused_naming_both_lines(importing):
    cleaned = importing.rows(
        "ICCID,到期日", f"{CARD},2027-01-01", f"{CARD},2027-01-01", f"{CARD[:19]},2027-01-01", f"{CARD},2027-02-01"
    )
    assert cleaned.table["line"].to_pylist() == [2]
    (refusal,) = cleaned.refusals
    assert (refusal.line, refusal.column, refusal.value) == (5, "到期日", "2027-02-01")
    assert "Line 2 has the same record with another value (2027-01-01)" in refusal.sentence()
    assert any("count once" in remark.sentence() and remark.count == 2 for remark in cleaned.remarks)


def test_one_terminal_number_at_two_merchants_is_two_terminals(importing):
    cleaned = importing.rows("终端号,商户号", "10000001,898110154110001", "10000001,898110154110002")
    assert cleaned.table.num_rows == 2


def test_what_was_changed_is_counted_with_an_example(importing):
    cleaned = importing.rows("ICCID,到期日", "'89860412345678901234,2027-01-01", "'89860412345678901259,2027-01-01")
    remark = next(each for each in cleaned.remarks if "apostrophes" in each.sentence())
    assert (remark.column, remark.count, remark.line, remark.value) == ("ICCID", 2, 2, "'89860412345678901234")


def test_absent_columns_are_absent_and_empty_cells_null(importing):
    table = importing.rows("ICCID,到期日", f"{CARD},").table
    assert table.column_names == ["iccid", "stem", "expires_on", "sheet", "line"]
    assert table["expires_on"].to_pylist() == [None]
    assert str(table.schema.field("expires_on").type) == "date32[day]"


def test_merchants_with_an_address_of_mail(importing):
    cleaned = importing.rows(
        "merchant_no,name,contact_email,contact_phone",
        "898110154110001,老王面馆,wang@example.cn,0571-88881234",
        "898110154110002,x,nobody,1",
    )
    assert cleaned.table.to_pylist()[0]["merchant_name"] == "老王面馆"
    assert "no mail address" in cleaned.refusals[0].sentence()


def test_a_card_on_two_sheets_names_the_other_sheet(importing):
    content = importing.xlsx(
        ("一月", [["ICCID", "到期日"], [CARD, "2027-01-01"]]), ("二月", [["ICCID", "到期日"], [CARD, "2027-02-01"]])
    )
    (refusal,) = importing.cleaned(content).refusals
    assert (refusal.sheet, refusal.line) == ("二月", 2)
    assert "Line 2 of sheet 一月" in refusal.sentence()


def test_usage_without_its_day_is_refused(importing):
    cleaned = importing.rows("iccid,day,used_mb", f"{CARD},,1.5")
    assert [(each.column, each.sentence()) for each in cleaned.refusals] == [("day", "Nothing stands under day")]


def test_two_prints_of_one_card_are_a_remark_and_refused_only_if_more_differs(importing):
    other = CARD[:19] + "X"
    cleaned = importing.rows("ICCID,到期日", f"{CARD},2027-01-01", f"{other},2027-01-01", f"{other},2027-02-01")
    assert cleaned.table["iccid"].to_pylist() == [CARD]
    assert any("20th character only" in remark.sentence() for remark in cleaned.remarks)
    (refusal,) = cleaned.refusals
    assert (refusal.line, refusal.column, refusal.value) == (4, "ICCID", other)
    assert f"Line 2 has {CARD}: the same card" in refusal.sentence()
