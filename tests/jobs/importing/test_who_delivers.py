"""One test per source of operations.md's table: its real headers, made-up values, nothing asked of a person."""

from datetime import UTC, date, datetime

import pytest

from jobs.importing.recognising import recognise

MB = 1024 * 1024


def test_a_card_platforms_tenant_export(importing):
    headers = importing.words(
        "自定义编号 MSISDN ICCID IMSI IMEI 激活时间 所属企业 通道编号 卡状态 资费总量-和 资费已用流量-和 资费剩余用量-和 "
        "用量同步时间 状态同步时间 是否实名 服务-生效时间 服务-失效时间 自定义分组 备注 是否自动续费 运营商"
    )
    values = [
        "P-1", "1440012345678", "89860412345678901234", "460040123456789", "352099001761481", "2025-03-01 08:00:00",
        "某某支付", "YD-02", "正常", "30", "12.5", "17.5", "2026-11-21 23:00:00", "2026-11-21 23:00:00", "是",
        "2026-03-01 00:00:00", "2027-02-28 23:59:59", "华东", "", "否", "中国移动",
    ]  # fmt: skip
    cleaned = importing.cleaned(importing.xlsx(("Sheet1", [headers, values])))
    row = cleaned.table.to_pylist()[0]
    assert cleaned.kind == "cards"
    assert row == {
        "iccid": "89860412345678901234", "stem": "8986041234567890123", "msisdn": "1440012345678",
        "imsi": "460040123456789", "imei": "352099001761481", "carrier": "mobile", "account": "YD-02",
        "supplier": "某某支付", "status": "active", "raw_status": "正常", "activated_on": date(2025, 3, 1),
        "expires_on": date(2027, 2, 28), "auto_renew": False, "quota_bytes": 30 * MB, "used_bytes": 12 * MB + MB // 2,
        "left_bytes": 17 * MB + MB // 2, "as_of": datetime(2026, 11, 21, 15, tzinfo=UTC), "tags": "华东",
        "sheet": "Sheet1", "line": 2,
    }  # fmt: skip


def test_a_card_agents_old_xls_of_cards_that_expire_this_month(importing):
    headers = importing.words(
        "卡号 iccid 落地名称 所属公司 客户经理 运营商 卡状态 活动状态 发卡日期 激活时间 服务期止 流量套餐 流量套餐总量(MB) "
        "流量使用量(MB) 流量套餐剩余量(MB)"
    )
    values = [
        "14500123456789"[:13], "89860622330012345678", "联通一号", "某某科技", "王经理", "联通", "停机", "", "2025/1/2",
        "2025/1/9", "2026/11/30", "月30M年包", 30, 31.25, -1.25,
    ]  # fmt: skip
    content = importing.xls(("到期", [["本月到期卡清单"], headers, values, ["合计", None, None, None, 1]]))
    cleaned = importing.cleaned(content, "到期.xls")
    row = cleaned.table.to_pylist()[0]
    assert (row["msisdn"], row["iccid"], row["account"]) == ("1450012345678", "89860622330012345678", "联通一号")
    assert (row["status"], row["plan"], row["expires_on"]) == ("stopped_manual", "月30M年包", date(2026, 11, 30))
    assert (row["delivered_on"], row["activated_on"]) == (date(2025, 1, 2), date(2025, 1, 9))
    assert (row["used_bytes"], row["left_bytes"]) == (31 * MB + MB // 4, -MB - MB // 4)
    assert cleaned.rows == 1
    assert not cleaned.refusals
    assert any("over their quota" in remark.sentence() for remark in cleaned.remarks)


def test_a_card_agents_list_of_cards_that_have_not_begun(importing):
    cleaned = importing.rows(
        "序号,卡号,ICCID,运营商,卡状态,发卡日期,激活时间,沉默期到期时间,套餐名称,到期时间",
        "1,1440012345678,89860412345678901234,移动,沉默期,2026/6/1,,2026-12-01 23:59:59,月30M年包,",
        "2,1440012345679,89860412345678901242,移动,待激活,2026/6/1,,到年底,月30M年包,",
    )
    (row,) = cleaned.table.to_pylist()
    assert (cleaned.kind, row["status"], row["activated_on"], row["expires_on"]) == ("cards", "silent", None, None)
    assert (row["delivered_on"], row["silent_until"]) == (date(2026, 6, 1), date(2026, 12, 1))
    (refusal,) = cleaned.refusals
    assert (refusal.line, refusal.column, refusal.value) == (3, "沉默期到期时间", "到年底")
    assert "到年底" in refusal.sentence()


@pytest.mark.parametrize(
    "header",
    [
        "沉默期截止", "沉默期到期", "沉默期结束日期", "静默期到期", "最晚激活日期", "激活截止日期", "Silent period ends", "Activate by"
    ],
)  # fmt: skip
def test_the_last_day_to_activate_goes_by_many_names(importing, header):
    (row,) = importing.rows(f"ICCID,卡状态,{header}", "89860412345678901234,沉默期,2026-12-01").table.to_pylist()
    assert row["silent_until"] == date(2026, 12, 1)


def test_a_card_agents_list_of_a_customers_cards(importing):
    cleaned = importing.rows(
        "卡号,运营商,卡余额(元),订单时效(月),采购流量单价(元),到期日期",
        "89861122330012345678,电信,3.20,12,18.5,20270228",
    )
    row = cleaned.table.to_pylist()[0]
    assert (cleaned.kind, row["carrier"], row["expires_on"]) == ("cards", "telecom", date(2027, 2, 28))


def test_a_card_agents_monthly_use_is_wide(importing):
    cleaned = importing.rows(
        "卡号,2025-06,202507,2025年8月", "1440012345678,1.5,,12.5MB", "1440012345679,0,2,3", kind=None
    )
    assert cleaned.kind == "usage"
    got = {(row["msisdn"], row["month"]): row["used_bytes"] for row in cleaned.table.to_pylist()}
    assert got == {
        ("1440012345678", date(2025, 6, 1)): MB + MB // 2,
        ("1440012345678", date(2025, 8, 1)): 12 * MB + MB // 2,
        ("1440012345679", date(2025, 6, 1)): 0,
        ("1440012345679", date(2025, 7, 1)): 2 * MB,
        ("1440012345679", date(2025, 8, 1)): 3 * MB,
    }


def test_a_card_agents_orders_tell_nothing_we_keep_and_say_so(importing):
    recognition = recognise(
        importing.read(
            "订单编号,客户名称,运营商,卡类型,订单状态,订单金额,采购数量,沉默期(月),下单时间,流量套餐\n"
            "A1,某某,移动,插拔卡,已完成,18000,1000,6,2025-01-01,30M\n"
        )
    )
    assert recognition.kind is None
    assert "订单金额" in recognition.unmapped


def test_a_cloud_console_with_the_plan_coded_in_its_name(importing):
    cleaned = importing.rows(
        "ICCID/卡号,MSISDN,套餐凭证,运营商,状态,具体状态,周期累计流量,标签,备注",
        "89860317245678901234,1410012345678,CT-SC-M-2-100M,电信,停用,达量停机,102.4MB,北区,",
    )
    row = cleaned.table.to_pylist()[0]
    assert (row["plan"], row["status"], row["raw_status"]) == ("CT-SC-M-2-100M", "stopped_quota", "达量停机")
    assert (row["carrier"], row["tags"], row["used_bytes"]) == ("telecom", "北区", 107374182)


def test_a_cloud_console_in_utc_with_a_letter_at_the_end(importing):
    cleaned = importing.rows(
        "容器ID,MSISDN,到期时间(UTC),在用套餐名,已用流量(MB),剩余流量(MB),自定义属性,批次号",
        "8986062233001234567A,1064912345678,2027-02-27T16:30:00Z,中国联通消费级每月30M联接服务(1年),40,-10,店一,B7",
        "89860622330012345687,1064912345679,2027-02-27 16:30:00,中国联通消费级每月30M联接服务(1年),1,29,店二,B7",
    )
    first, second = cleaned.table.to_pylist()
    assert (first["iccid"], first["stem"]) == ("8986062233001234567A", "8986062233001234567")
    assert first["expires_on"] == second["expires_on"] == date(2027, 2, 28)
    assert (first["left_bytes"], first["tags"], first["purchase_batch"]) == (-10 * MB, "店一", "B7")


def test_an_acquirers_terminal_ledger(importing):
    headers = importing.words(
        "POS终端号 所属服务商 所属商户 品牌 POS机型号 所属网点 状态 批次号 操作员 POS机具序列号 最后签到时间 创建时间 POS类型"
    )
    values = ["10000001", "华东服务商", "老王面馆", "新大陆", "SP600", "人民路店", "在用", "2025A", "admin", "NL0001",
              "2026/11/20 21:03:04", "2024-01-01", "传统"]  # fmt: skip
    cleaned = importing.cleaned(importing.xlsx(("台账", [headers, values])))
    row = cleaned.table.to_pylist()[0]
    assert cleaned.kind == "terminals"
    assert (row["terminal_id"], row["agent_name"], row["merchant_name"]) == ("10000001", "华东服务商", "老王面馆")
    assert (row["brand"], row["model"], row["site"], row["serial_no"]) == ("新大陆", "SP600", "人民路店", "NL0001")
    assert (row["status"], row["last_seen_at"]) == ("in_use", datetime(2026, 11, 20, 13, 3, 4, tzinfo=UTC))


def test_an_agent_systems_machines_known_by_serial_number(importing):
    cleaned = importing.rows(
        "终端名称,终端SN系列号,终端品牌类型,终端激活状态,绑定激活时间,终端机归属商户,机具类型,商户编号",
        "一号机,pax0099,百富,已激活,2024-05-06 07:08:09,小李超市,S920,898110154110001",
    )
    row = cleaned.table.to_pylist()[0]
    assert (cleaned.kind, row["serial_no"], row["merchant_no"]) == ("terminals", "PAX0099", "898110154110001")
    assert (row["brand"], row["model"], row["status"]) == ("百富", "S920", "in_use")


def test_a_bind_result_with_addresses(importing):
    cleaned = importing.rows(
        "商户编号,SN号,网点编号,终端号,绑定结果,网点名称,所属省份,所属城市,详细地址,联系人姓名,电话号码",
        "898110154110001,SN1,W01,10000001,成功,人民路店,浙江省,杭州市,人民路 1 号,王五,13912345678",
    )
    row = cleaned.table.to_pylist()[0]
    assert (cleaned.kind, row["site"], row["region"], row["city"]) == ("terminals", "人民路店", "浙江省", "杭州市")
    assert row["install_address"] == "人民路 1 号"
    assert (row["contact_name"], row["contact_phone"]) == ("王五", "13912345678")


def test_an_agent_systems_cards_are_only_numbers(importing):
    cleaned = importing.rows("流量卡号,备注", "89860412345678901234,", "89860412345678901242,坏")
    assert cleaned.kind == "cards"
    assert cleaned.table.column("iccid").to_pylist() == ["89860412345678901234", "89860412345678901242"]
    cleaned = importing.rows("流量卡号,备注", "14400123456789"[:13] + ",", "1440012345679,坏")
    assert cleaned.table.column("msisdn").to_pylist() == ["1440012345678", "1440012345679"]
