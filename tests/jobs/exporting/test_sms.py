from pathlib import Path

import openpyxl

from data.database import Query
from data.files import exports_store as exports
from data.home import Home
from data.people.rules import Actor
from data.sims.store import roll_up
from jobs.write_exports import write_one
from tests.fleet import run, stock

HOSTILE = "<b>好又多</b>\r\nBcc: x@y.z\u202e{day}" + "长" * 10_000


def sms_rows(home: Home, by: Actor) -> list[dict[str, object]]:
    with home.db.write() as tx:
        export_id = exports.ask_export(tx, by, what="sms", format="xlsx", filters={}, language="en")
    wish = exports.one(home.db.read(), export_id)
    assert wish
    made = write_one(home, wish)
    assert made
    sheet = openpyxl.load_workbook(Path(made.path)).active
    head, *lines = list(sheet.iter_rows(values_only=True))
    return [dict(zip(map(str, head), line, strict=True)) for line in lines if line[0]]


def merchant(home: Home, phone: str, name: str, agent: str = "华东服务商") -> None:
    stock(home)
    with home.db.write() as tx:
        run(tx, "UPDATE merchant SET contact_phone = $phone, name = $name", phone=phone, name=name)
        run(tx, "UPDATE agent SET name = $name", name=agent)
        roll_up(tx)


def test_one_chinese_message_per_card_due_of_a_merchant_with_a_mobile(home: Home, people: dict[str, Actor]) -> None:
    merchant(home, "+86 140-1234 5678", "好又多便利店")
    rows = sms_rows(home, people["viewer"])
    due = home.db.read().rows(Query("test", "", "SELECT iccid FROM sim_now WHERE due AND merchant_id IS NOT NULL"))
    assert sorted(str(row["iccid"]) for row in rows) == sorted(one["iccid"] for one in due)
    assert {row["contact_phone"] for row in rows} == {"14012345678"}
    assert rows[0]["sms_text"] == (
        "好又多便利店您好，贵店终端00000028的流量卡（尾号000287）将于2026年12月1日星期二到期。续费由我方统一办理，"
        "您无需付款或操作。到期后如无法刷卡，请重启终端；仍不能用请联系华东服务商。"
    )


def test_a_number_that_gets_no_messages_is_in_no_row(home: Home, people: dict[str, Actor]) -> None:
    merchant(home, "021-5888 8888", "好又多便利店")
    assert sms_rows(home, people["viewer"]) == []


def test_a_hostile_name_neither_lengthens_a_message_nor_breaks_its_line(home: Home, people: dict[str, Actor]) -> None:
    merchant(home, "14012345678", HOSTILE, agent="{merchant}" * 50)
    rows = sms_rows(home, people["viewer"])
    assert rows
    for row in rows:
        text = str(row["sms_text"])
        assert len(text) <= 140
        assert len(text) == row["sms_signs"]
        assert text.isprintable()
        assert "{" not in text
        assert "贵店终端" in text


def test_a_card_not_renewed_is_not_written_about(home: Home, people: dict[str, Actor]) -> None:
    merchant(home, "14012345678", "好又多便利店")
    with home.db.write() as tx:
        run(tx, "UPDATE sim SET decision = 'decline'")
        roll_up(tx)
    assert sms_rows(home, people["viewer"]) == []
