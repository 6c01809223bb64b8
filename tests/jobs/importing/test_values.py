"""Dates, volumes, money and words in every writing, or a refusal of the value."""

from datetime import UTC, date, datetime

import pytest

CARD = "89860412345678901234"
MB = 1024 * 1024


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("2027/2/28 23:59:59", date(2027, 2, 28)),
        ("20270228", date(2027, 2, 28)),
        ("20270228235959", date(2027, 2, 28)),
        ("2027年2月28日", date(2027, 2, 28)),
        ("2027.02.28", date(2027, 2, 28)),
        ("2027-02-28 24:00:00", date(2027, 2, 28)),
        ("2027-02-28T15:59:59Z", date(2027, 2, 28)),
        ("2027-02-28T16:00:00Z", date(2027, 3, 1)),
        ("2027-02-28T16:00:00.000+00:00", date(2027, 3, 1)),
        ("2027-02-28T23:00:00+08:00", date(2027, 2, 28)),
        (46446, date(2027, 2, 28)),
        (46446.75, date(2027, 2, 28)),
        (20270228, date(2027, 2, 28)),
        (datetime.fromisoformat("2027-02-28 23:59:59"), date(2027, 2, 28)),
        (date(2027, 2, 28), date(2027, 2, 28)),
        ("２０２７－０２－２８", date(2027, 2, 28)),
        ("", None),
        ("-", None),
        ("0000-00-00 00:00:00", None),
    ],
)
def test_dates_are_read_in_every_writing(importing, value, kept):
    cleaned = importing.one("到期日", value)
    assert cleaned.table.column("expires_on").to_pylist() == [kept]


@pytest.mark.parametrize(
    "value", ["2027-02-30", "28/02/2027", "明年", "1970-01-01", "2127-01-01", 7, "20271301", 20271301]
)
def test_what_is_no_date_is_refused(importing, value):
    (refusal,) = importing.one("到期日", value).refusals
    assert (refusal.column, refusal.value) == ("到期日", str(value))
    assert "no date" in refusal.sentence() or "outside 2000 to 2119" in refusal.sentence()


@pytest.mark.parametrize(
    ("column", "value", "kept"),
    [
        ("已用流量", "12.50MB", 12 * MB + MB // 2),
        ("已用流量", "12.5", 12 * MB + MB // 2),
        ("已用流量", 12.5, 12 * MB + MB // 2),
        ("已用流量", 30, 30 * MB),
        ("已用流量", "1.2GB", 1288490189),
        ("已用流量", "1,024 KB", MB),
        ("已用流量", "1G", 1024 * MB),
        ("已用流量(GB)", "2", 2048 * MB),
        ("已用流量（KB）", "1536", MB + MB // 2),
        ("已用流量(GB)", "3MB", 3 * MB),
        ("已用流量", " ", None),
        ("已用流量", 0, 0),
        ("已用流量", 1.5e-05, 16),
    ],
)
def test_volumes_become_whole_bytes(importing, column, value, kept):
    assert importing.one(column, value, kind="cards").table.column("used_bytes").to_pylist() == [kept]


@pytest.mark.parametrize("value", ["nan", "inf", "1e309", "-1", "12,34MB5", "1.2.3", "很多", "∞", "1" * 40])
def test_what_is_no_volume_is_refused(importing, value):
    assert len(importing.one("已用流量(MB)", value).refusals) == 1


@pytest.mark.parametrize(
    ("value", "fen"),
    [
        ("¥1,234.50", 123450),
        ("￥18", 1800),
        ("1234.5", 123450),
        ("18.000", 1800),
        ("18元", 1800),
        (12.5, 1250),
        (0.1 + 0.2, 30),
        (18, 1800),
    ],
)
def test_money_becomes_fen(importing, value, fen):
    cleaned = importing.cleaned(
        importing.xlsx(("S", [["套餐", "期限", "价格(元)"], ["30M 年包", "1年", value]])), kind="plans"
    )
    row = cleaned.table.to_pylist()[0]
    assert (row["price_fen"], row["term_months"]) == (fen, 12)


@pytest.mark.parametrize("value", ["18.005", "nan", "inf", "1e309", "-18", "0", "一十八", "18 20", "1,2,3"])
def test_what_is_no_price_is_refused(importing, value):
    cleaned = importing.cleaned(
        importing.xlsx(("S", [["套餐", "期限", "价格(元)"], ["30M 年包", 12, value]])), kind="plans"
    )
    (refusal,) = cleaned.refusals
    assert (refusal.column, refusal.value) == ("价格(元)", value)


def test_a_price_list_is_read_whole(importing):
    cleaned = importing.rows(
        "plan,carrier,network,quota_mb,term_months,price_yuan,overage_yuan_per_mb,channel,valid_from,valid_to",
        "30M 年包,中国移动,4G,30,12,18.00,0.29,华东代理,2026-01-01,",
        "30M 年包,中国移动,4G,30,36,47.50,0.29,华东代理,2026-01-01,",
    )
    first, second = cleaned.table.to_pylist()
    assert (first["overage_millifen_per_mb"], first["network"], first["carrier"]) == (29_000, "4G", "mobile")
    assert (second["term_months"], second["price_fen"]) == (36, 4750)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("正常", "active"), ("使用中", "active"), ("已激活", "active"), ("ACTIVATED", "active"), ("停机", "stopped_manual"),
        ("到期停机", "stopped_expired"), ("欠费停机", "stopped_arrears"), ("达量停机", "stopped_quota"),
        ("机卡分离停机", "stopped_separation"), ("区域停机", "stopped_area"), ("未实名停机", "stopped_realname"),
        ("违规(风险)停机", "stopped_risk"), ("违规（风险）停机", "stopped_risk"), ("停机保号", "number_kept"),
        ("预销户", "pre_cancel"), ("销户", "cancelled"), ("已销户", "cancelled"), ("已换卡", "replaced"), ("挂失", "lost"),
        ("库存", "stock"), ("测试期", "test"), ("沉默期", "silent"), ("可激活", "silent"), ("已停用", "stopped_manual"),
        ("stopped_quota", "stopped_quota"), ("7", "unknown"), ("天上", "unknown"),
    ],
)  # fmt: skip
def test_states_are_known_by_word_and_code(importing, word, status):
    cleaned = importing.one("卡状态", word)
    row = cleaned.table.to_pylist()[0]
    assert (row["status"], row["raw_status"]) == (status, word)
    assert any("none we know" in remark.sentence() for remark in cleaned.remarks) == (status == "unknown")


def test_a_terminals_unknown_state_changes_nothing(importing):
    row = importing.one("状态", "在路上", kind="terminals", key=("终端号", "10000001")).table.to_pylist()[0]
    assert (row["status"], row["raw_status"]) == (None, "在路上")
    row = importing.one("状态", "已撤机", kind="terminals", key=("终端号", "10000001")).table.to_pylist()[0]
    assert row["status"] == "withdrawn"


@pytest.mark.parametrize(
    ("word", "carrier"),
    [("中国移动", "mobile"), ("CMCC", "mobile"), ("联通", "unicom"), ("CUCC", "unicom"), ("中国电信", "telecom"), ("广电", "broadnet"),
     ("telecom", "telecom"), ("Vodafone", "Vodafone")],
)  # fmt: skip
def test_carriers_are_known_by_their_names(importing, word, carrier):
    assert importing.one("运营商", word).table.column("carrier").to_pylist() == [carrier]


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("是", True),
        ("否", False),
        ("Y", True),
        ("n", False),
        ("已开启", True),
        ("未开启", False),
        ("自动续费", True),
        ("1", True),
        ("", None),
    ],
)
def test_yes_and_no_in_their_forms(importing, word, answer):
    assert importing.one("自动续费", word).table.column("auto_renew").to_pylist() == [answer]
    assert "neither yes nor no" in importing.one("自动续费", "也许").refusals[0].sentence()


@pytest.mark.parametrize(
    ("word", "networks"),
    [
        ("2G/3G/4G", "2G/3G/4G"),
        ("4G全网通", "2G/3G/4G"),
        ("4g，2g", "2G/4G"),
        ("Cat.1", "4G"),
        ("GPRS", "2G"),
        ("有线", None),
    ],
)
def test_networks_are_put_in_order(importing, word, networks):
    cleaned = importing.one("支持网络", word, kind="terminals", key=("终端号", "10000001"))
    assert cleaned.table.column("networks").to_pylist() == [networks]


def test_brand_and_model_in_one_cell_are_cut_apart(importing):
    cleaned = importing.rows(
        "终端号,品牌型号", "10000001,新大陆SP600", "10000002,百富 S920", "10000003,Ingenico/Move5000", "10000004,N900"
    )
    brands = list(zip(cleaned.table["brand"].to_pylist(), cleaned.table["model"].to_pylist(), strict=True))
    assert brands == [("新大陆", "SP600"), ("百富", "S920"), ("Ingenico", "Move5000"), (None, "N900")]


def test_instants_without_a_zone_are_shanghais(importing):
    cleaned = importing.rows(
        "ICCID,已用流量,更新时间", f"{CARD},1,2026-11-21 23:30", "89860412345678901250,1,2026-11-21"
    )
    assert cleaned.kind == "usage"
    assert cleaned.table["as_of"].to_pylist() == [
        datetime(2026, 11, 21, 15, 30, tzinfo=UTC),
        datetime(2026, 11, 20, 16, tzinfo=UTC),
    ]
