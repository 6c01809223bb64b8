"""The header row is found wherever it stands, headers by any of their names, and a person's word wins."""

import pytest

from data import words
from data.files.rules import Layout
from data.sims.rules import CARRIER_WORDS, STATUS_WORDS, TERMINAL_STATUS_WORDS
from jobs.exporting import headers as export_headers
from jobs.importing import coded
from jobs.importing.aliases import ALIASES
from jobs.importing.coded import parse_carrier
from jobs.importing.headers import concept_of, header_of, month_of
from jobs.importing.recognising import recognise
from jobs.importing.refusing import FileRefused
from jobs.importing.values import Notes

CARD = "89860412345678901234"


def test_every_alias_means_one_concept_only():
    words = [header_of(alias).word for concept in ALIASES for alias in dict.fromkeys(ALIASES[concept])]
    clashes = {
        word for concept, names in ALIASES.items() for name in names if concept_of(name) != concept for word in [name]
    }
    assert not clashes
    assert words


@pytest.mark.parametrize(
    ("header", "word", "unit"),
    [
        ("流量套餐总量（MB）", "流量套餐总量", "MB"),
        (" 已用流量 [GB] ", "已用流量", "GB"),
        ("到期时间 (UTC)", "到期时间", "UTC"),
        ("价格(元)", "价格", "yuan"),
        ("*ＩＣＣＩＤ号：", "iccid号", None),
        ("SIM 卡号", "sim卡号", None),
        ("Expire_Time", "expiretime", None),
        ("已用流量KB", "已用流量", "KB"),
    ],
)
def test_headers_are_compared_without_width_case_spaces_and_units(header, word, unit):
    assert (header_of(header).word, header_of(header).unit) == (word, unit)


@pytest.mark.parametrize(
    "header", ["2025-06", "202506", "2025年6月", "2025年06月", "2025/6", "２０２５年６月", "2025年6月用量(MB)"]
)
def test_a_months_column_is_known_in_every_writing(header):
    assert str(month_of(header)) == "2025-06-01"
    assert month_of("2025") is None
    assert month_of("2025-13") is None


def test_what_looks_alike_is_not_taken_for_the_expiry():
    for header in ("服务-生效时间", "开卡时间", "发卡日期", "原到期日", "新到期日", "下单时间"):
        assert concept_of(header) not in ("expires_on", "activated_on")


def test_titles_blanks_and_notes_stand_above_the_header(importing):
    content = importing.xlsx(
        ("说明", [["ICCID", "必填"], ["到期日", "选填"], ["卡状态", "选填"]]),
        ("卡", [["2026 年 11 月流量卡台账"], [], ["制表：张三", None, "2026-11-01"], ["ICCID", "到期日", "卡状态"],
                [CARD, "2027-02-28", "正常"], ["合计", None, "1 张"]]),
    )  # fmt: skip
    recognition = recognise(importing.read(content))
    assert (recognition.header_line, recognition.kind, recognition.skipped_sheets) == (4, "cards", ("说明",))
    assert recognition.samples == ({"ICCID": CARD, "到期日": "2027-02-28", "卡状态": "正常"},)


def test_sheets_with_the_same_header_are_read_as_one(importing):
    content = importing.xlsx(
        ("移动", [["ICCID", "到期日"], ["89860412345678901234", "2027-01-01"]]),
        ("联通", [["title"], ["到期日 ", "iccid"], ["2027-02-01", "89860622330012345678"]]),
        ("杂记", [["姓名", "电话"], ["张三", "1"]]),
    )
    cleaned = importing.cleaned(content)
    assert cleaned.table.column("sheet").to_pylist() == ["移动", "联通"]
    assert cleaned.table.column("line").to_pylist() == [2, 3]
    assert [str(day) for day in cleaned.table.column("expires_on").to_pylist()] == ["2027-01-01", "2027-02-01"]
    assert any("Sheet '杂记' has other columns" in remark.sentence() for remark in cleaned.remarks)


def test_a_sheet_with_one_column_more_is_still_the_same_table(importing):
    content = importing.xlsx(
        ("移动", [["ICCID", "到期日", "卡状态"], ["89860412345678901234", "2027-01-01", "正常"]]),
        ("联通", [["ICCID", "标签", "到期日", "卡状态"], ["89860622330012345678", "北区", "2027-02-01", "停机"]]),
    )
    rows = importing.cleaned(content).table.to_pylist()
    assert [(row["tags"], row["status"]) for row in rows] == [(None, "active"), ("北区", "stopped_manual")]


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ("iccid,imsi,msisdn,carrier,account,supplier,plan,terminal_id,status,expires_on", "cards"),
        ("iccid,terminal_id,account", "sims"),
        ("terminal_id,merchant_no,agent_no,agent_name,branch,brand,model,serial_no", "terminals"),
        ("终端号,商户号,品牌,机型,流量卡号", "terminals"),
        ("merchant_no,name,region,city,address,agent_no,contact_name,contact_email,contact_phone", "merchants"),
        ("商户编号,商户名称,所属城市", "merchants"),
        ("plan,carrier,network,quota_mb,term_months,price_yuan,overage_yuan_per_mb,channel,valid_from", "plans"),
        ("套餐名称,运营商,期限(月),价格(元)", "plans"),
        ("iccid,day,used_mb", "usage"),
        ("ICCID,已用流量(MB),用量同步时间", "usage"),
        ("卡号,2025-06,2025-07", "usage"),
        ("卡号,ICCID,套餐,到期日,账户,终端号,终端序列号", "cards"),
        ("甲,乙,丙", None),
    ],
)
def test_the_kind_is_told_by_the_columns(importing, headers, kind):
    assert recognise(importing.read(headers + "\n" + ",".join(["1"] * len(headers.split(","))))).kind == kind


def test_canonical_names_are_all_understood(importing):
    headers = (
        "iccid,imsi,msisdn,carrier,account,supplier,plan,terminal_id,status,activated_on,expires_on,delivered_on,"
        "silent_until,auto_renew,quota_mb,used_mb,left_mb,as_of,purchase_batch,pool,tags"
    )
    recognition = recognise(importing.read(headers + "\n" + CARD))
    assert recognition.mapping == {name: name for name in headers.split(",")} | {}
    assert recognition.unmapped == ()
    headers = (
        "terminal_id,merchant_no,agent_no,agent_name,branch,brand,model,serial_no,tusn,site,install_address,networks,"
        "status,last_seen_at,last_trade_on,monthly_takings_yuan,contact_name,contact_phone"
    )
    assert recognise(importing.read(headers + "\n10000001")).unmapped == ()


def test_card_numbers_are_told_apart_by_their_values(importing):
    for header in ("卡号", "SIM卡号", "流量卡号"):
        assert recognise(importing.read(f"{header},到期日\n{CARD},2027-01-01")).mapping["iccid"] == header
        assert recognise(importing.read(f"{header},到期日\n1440012345678,2027-01-01")).mapping["msisdn"] == header


def test_unknown_headers_are_listed_and_of_two_the_better_known_wins(importing):
    recognition = recognise(importing.read(f"ICCID,卡状态,状态,客户经理,到期日\n{CARD},正常,1,王,2027-01-01"))
    assert recognition.mapping["status"] == "卡状态"
    assert recognition.unmapped == ("状态", "客户经理")


def test_the_same_header_twice_can_be_told_apart(importing):
    recognition = recognise(importing.read(f"ICCID,备注,备注,到期日\n{CARD},a,b,2027-01-01"))
    assert recognition.headers == ("ICCID", "备注", "备注 (2)", "到期日")


def test_a_persons_mapping_wins_over_the_aliases(importing):
    content = f"编码,日子,到期日\n{CARD},2027-05-01,2027-01-01"
    cleaned = importing.rows(*content.split("\n"), kind="cards", mapping={"iccid": "编码", "expires_on": "日子"})
    assert cleaned.table.column("iccid").to_pylist() == [CARD]
    assert str(cleaned.table.column("expires_on").to_pylist()[0]) == "2027-05-01"


def test_a_mapping_that_does_not_fit_names_the_column(importing):
    with pytest.raises(FileRefused, match="no column '生效'; its columns are ICCID, 到期日"):
        importing.rows("ICCID,到期日", f"{CARD},x", kind="cards", mapping={"iccid": "ICCID", "expires_on": "生效"})
    with pytest.raises(FileRefused, match="'colour' is no column of cards"):
        importing.rows("ICCID,到期日", f"{CARD},x", kind="cards", mapping={"iccid": "ICCID", "colour": "到期日"})
    with pytest.raises(FileRefused, match="'dogs' is no kind of file"):
        importing.rows("ICCID,到期日", f"{CARD},x", kind="dogs")


def test_a_saved_layout_is_found_again_by_its_headers(importing):
    layout = Layout("夜间台账", "cards", ("编码", "日子"), {"iccid": "编码", "expires_on": "日子"})
    recognition = recognise(importing.read(f"夜间导出\n编码 ,日子\n{CARD},2027-05-01"), layouts=[layout])
    assert (recognition.layout, recognition.kind, recognition.header_line) == ("夜间台账", "cards", 2)
    assert recognition.mapping == {"iccid": "编码", "expires_on": "日子"}
    assert recognise(importing.read(f"ICCID,到期日\n{CARD},2027-05-01"), layouts=[layout]).layout is None


def test_headers_nobody_knows_can_still_be_named_by_a_person(importing):
    recognition = recognise(importing.read("标题\n编码,日子\n1,2\n3,4"))
    assert (recognition.kind, recognition.headers, recognition.header_line) == (None, ("编码", "日子"), 2)
    with pytest.raises(FileRefused, match="编码, 日子"):
        importing.rows("标题", "编码,日子", "1,2")


def test_a_kind_without_its_number_is_refused_with_what_is_missing(importing):
    with pytest.raises(FileRefused, match="no column for merchant_no"):
        importing.rows("ICCID,到期日", f"{CARD},2027-01-01", kind="merchants")
    with pytest.raises(FileRefused, match="no column for used_mb"):
        importing.rows("ICCID,日期", f"{CARD},2027-01-01", kind="usage")


def test_a_file_without_any_table_is_refused(importing):
    with pytest.raises(FileRefused, match="has no table"):
        recognise(importing.read("只有一列\n1\n2\n"))


def test_our_own_exports_are_understood_in_chinese():
    with words.speaking("zh_CN"):
        known = {
            column: concept_of(export_headers.header(column))
            for column in ("iccid", "terminal_id", "expires_on", "plan", "merchant_no")
        }
        assert known == {column: column for column in known}
        for table, parse in (
            (STATUS_WORDS, coded.parse_card_status),
            (TERMINAL_STATUS_WORDS, coded.parse_terminal_status),
        ):
            for code, msgid in table.items():
                assert parse(words._(msgid), Notes())[0] == code
        for code, msgid in CARRIER_WORDS.items():
            assert (parse_carrier(words._(msgid), Notes()) or "") == code
