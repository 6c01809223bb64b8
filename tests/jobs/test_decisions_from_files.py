"""Files bring the evidence not to renew, bring a decision back, and take both lists out again."""

import csv
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from data.database import Query
from data.files.exports_store import ask_export
from data.home import Home
from data.people.rules import SYSTEM, Actor
from data.sims import store as sims
from jobs import write_exports
from jobs.command_line import app
from jobs.demo.fleet import skip_ids
from jobs.importing.taking import Taken, take
from tests.fleet import iccid, run, stock

Drop = Callable[[str, str], Taken]


@pytest.fixture
def drop(home: Home, tmp_path: Path) -> Drop:
    """`drop("merchants", "商户号,…")`: that text as a file, imported into a home with 16 cards."""
    stock(home, sims=16)
    with home.db.write() as tx:
        skip_ids(tx)
    seen: list[int] = []

    def file(kind: str, text: str) -> Taken:
        seen.append(1)
        path = tmp_path / f"{len(seen)}.csv"
        path.write_text(text, encoding="utf-8")
        return take(home, SYSTEM, path=path, filename=path.name, source="command", kind=kind, accept_good=True)

    return file


def evidence(home: Home) -> dict[int, str]:
    rows = home.db.read().rows(Query("e", "e", "SELECT sim_id, evidence FROM sim_now WHERE evidence IS NOT NULL"))
    return {row["sim_id"]: row["evidence"] for row in rows}


def exported(home: Home, by: Actor, **wish: Any) -> list[dict[str, str]]:
    with home.db.write() as tx:
        export_id = ask_export(tx, by, **{"what": "not_renewing", "format": "csv", "language": "zh_CN", **wish})
    write_exports.run(home, threading.Event())
    text = (home.exports / f"{export_id}.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize(
    ("word", "closed"), [("已停业", True), ("注销", True), ("正常", False), ("闹鬼", None), ("", None)]
)
@pytest.mark.parametrize("header", ["商户状态", "状态"])
def test_a_merchant_list_says_who_has_closed(
    home: Home, drop: Drop, header: str, word: str, closed: bool | None
) -> None:
    taken = drop("merchants", f"商户号,商户名称,{header}\n000000000000001,好又多便利店,{word}\n")
    assert taken.state == "imported"
    known = home.db.read().value(Query("c", "c", "SELECT closed FROM merchant WHERE merchant_id = 1"))
    assert known is closed
    # The cards of that merchant, and no others.
    assert evidence(home) == ({8: "merchant_closed", 16: "merchant_closed"} if closed else {})


def test_a_later_list_without_that_column_leaves_a_closed_merchant_closed(home: Home, drop: Drop) -> None:
    drop("merchants", "商户号,商户名称,商户状态\n000000000000001,好又多便利店,停业\n")
    drop("merchants", "商户号,商户名称,城市\n000000000000001,好又多便利店,杭州\n")
    assert set(evidence(home).values()) == {"merchant_closed"}


def test_a_ledger_that_shows_a_trade_brings_the_card_back(home: Home, drop: Drop, people: dict[str, Actor]) -> None:
    with home.db.write() as tx:
        sims.decide(tx, people["operator"], sim_ids=[5], decision="decline", reason="withdrawn")
    home.clock.move(timedelta(days=4))
    drop("terminals", "终端号,商户号,最后交易日期\n00000005,000000000000006,2026-11-25\n")
    card = sims.one(home.db.read(), 5)
    assert (card.decision, card.decider, card.due) == ("undecided", "system", card.due)
    assert sims.counted_findings(home.db.read())["came_back"] == 1


def test_a_new_card_in_a_terminal_proposes_the_one_it_replaced_at_once(home: Home, drop: Drop) -> None:
    new = "89860012345999999997"
    with home.db.write() as tx:
        run(tx, "UPDATE sim SET activated_on = DATE '2024-01-01'")
    drop("cards", f"ICCID,终端号,商户号,卡状态,激活日期\n{new},00000003,000000000000004,正常,2026-11-01\n")
    assert evidence(home) == {3: "replaced"}
    assert sims.one(home.db.read(), 3).successor == new


def test_both_lists_are_exported_with_evidence_person_and_money(
    home: Home, drop: Drop, people: dict[str, Actor]
) -> None:
    with home.db.write() as tx:
        run(
            tx,
            "UPDATE terminal SET status = 'withdrawn', last_trade_on = DATE '2026-01-05' WHERE terminal_key IN (2, 3)",
        )
        sims.roll_up(tx)
        sims.answer_proposals(tx, people["operator"], sim_ids=[3], decision="decline", reason="已收机")
    (proposal,) = exported(home, people["viewer"], filters={"report": "not_worth"})
    assert (proposal["ICCID"], proposal["不续依据"]) == (iccid(2), "终端已撤机 · 无签到无交易")
    (decided,) = exported(home, people["viewer"], filters={"decision": "decline"})
    assert decided["ICCID"] == iccid(3)
    assert decided["决定原因"] == "已收机 · 终端已撤机 · 自 2026-01-05 起无签到无交易"
    assert (decided["决定"], decided["决定人"], decided["决定日期"]) == ("不续", "operator", "2026-11-22")
    assert decided["年费(元)"] == "18.05"
    (english,) = exported(home, people["viewer"], filters={"decision": "decline"}, language="en")
    assert (english["decision"], english["evidence"]) == ("decline", "terminal_withdrawn · silent")
    assert english["cancel_by"] == str(date.fromisoformat(english["expires_on"]) + timedelta(days=90))
    (card,) = [row for row in exported(home, people["viewer"], what="sims", filters={}) if row["ICCID"] == iccid(3)]
    assert (card["决定人"], card["决定原因"][:3]) == ("operator", "已收机")


def test_the_command_exports_proposals_and_by_a_decision(home: Home, drop: Drop, tmp_path: Path) -> None:
    with home.db.write() as tx:
        run(tx, "UPDATE terminal SET status = 'stock' WHERE terminal_key = 2")
        run(tx, "UPDATE sim SET decision = 'decline', decided_on = DATE '2026-11-01' WHERE sim_id = 7")
        sims.roll_up(tx)
    path = home.path
    home.close()
    for more, card in (((), 2), (("--decision", "decline"), 7)):
        target = tmp_path / f"{card}.csv"
        call = ["export", "not_renewing", "--out", str(target), "--lang", "en", "--home", str(path), *more]
        done = CliRunner().invoke(app, call)
        assert done.exit_code == 0, done.output
        assert [row["iccid"] for row in csv.DictReader(target.read_text("utf-8-sig").splitlines())] == [iccid(card)]
    wrong = CliRunner().invoke(app, ["export", "sims", "--out", str(target), "--home", str(path), "--decision", "x"])
    assert wrong.exit_code == 64
