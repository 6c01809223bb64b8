"""What a file does to the house: files as text in, rows out, through the same door as page, inbox and command."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.database import Query
from data.files.exports_store import ask_export
from data.home import Home
from data.people.rules import SYSTEM, Actor
from data.sims.store import join_report
from jobs import write_exports
from jobs.importing.taking import Taken, take

CARD = "89860012345678901234"
OTHER = "89860012345678905678"
Drop = Callable[..., Taken]


@pytest.fixture
def drop(home: Home, tmp_path: Path) -> Drop:
    """`drop("cards", "iccid,plan\\n…")`: that text as a file, imported."""
    seen: list[int] = []

    def run(kind: str, text: str, **how: Any) -> Taken:
        seen.append(1)
        path = tmp_path / f"{len(seen)}.csv"
        path.write_text(text, encoding="utf-8")
        options = {"accept_good": True, **how}
        return take(home, SYSTEM, path=path, filename=path.name, source="command", kind=kind, **options)

    return run


def sql(home: Home, text: str) -> list[dict[str, Any]]:
    return home.db.read().rows(Query("asked", "By a test.", text))


def value(home: Home, text: str) -> Any:
    return next(iter(sql(home, text)[0].values()))


def findings(home: Home) -> dict[str, str]:
    return {row["kind"]: row["object"] for row in sql(home, "SELECT kind, object FROM finding WHERE closed_at IS NULL")}


def test_a_card_list_makes_cards_with_identifiers_byte_for_byte(home: Home, drop: Drop) -> None:
    taken = drop(
        "cards", f"ICCID,物联卡号,到期日期\n898600D6991330004146,1064912345678,2027-02-28\n{CARD},,2027年3月1日\n"
    )
    assert (taken.state, taken.counts.new, taken.rows_refused) == ("imported", 2, 0)
    rows = sql(home, "SELECT stem, iccid, msisdn, expires_on, anchor_day, expiry_source FROM sim ORDER BY sim_id")
    assert rows[0] == {
        "stem": "898600D699133000414",
        "iccid": "898600D6991330004146",
        "msisdn": "1064912345678",
        "expires_on": date(2027, 2, 28),
        "anchor_day": 28,
        "expiry_source": "file",
    }
    assert rows[1]["expires_on"] == date(2027, 3, 1)
    assert value(home, "SELECT count(*) FROM sim_now") == 2


def test_an_import_changes_only_the_columns_it_brings(home: Home, drop: Drop) -> None:
    drop("sims", f"iccid,msisdn,plan,supplier,tags\n{CARD},1064912345678,30M,张三通信,a\n")
    taken = drop("sims", f"iccid,plan,tags\n{CARD},100M,\n")
    assert taken.counts.changed == 1
    row = sql(home, "SELECT msisdn, supplier, tags, plan FROM sim JOIN plan USING (plan_id)")[0]
    assert row == {"msisdn": "1064912345678", "supplier": "张三通信", "tags": "a", "plan": "100M"}


def test_the_same_rows_again_change_nothing(home: Home, drop: Drop) -> None:
    text = f"iccid,msisdn,plan,expires_on,status\n{CARD},1064912345678,30M,2027-02-28,正常\n"
    drop("cards", text)
    taken = drop("cards", text + "\n")  # other bytes, the same rows
    assert (taken.state, taken.counts.new, taken.counts.changed, taken.counts.same) == ("imported", 0, 0, 1)
    assert sql(home, "SELECT * FROM sim_change") == []


def test_the_same_file_again_is_known(home: Home, drop: Drop) -> None:
    text = f"iccid,plan\n{CARD},30M\n"
    drop("cards", text)
    home.clock.move(timedelta(days=1))
    taken = drop("cards", text)
    assert (taken.state, taken.since, taken.counts.new) == ("known", datetime(2026, 11, 22, 2, 0, tzinfo=UTC), 0)


def test_nineteen_and_twenty_characters_are_one_card(home: Home, drop: Drop) -> None:
    drop("sims", f"iccid,tags\n{CARD[:19]},a\n")
    drop("sims", f"iccid,tags\n{CARD},b\n")
    drop("sims", f"iccid,tags\n{CARD[:19]}A,c\n")
    assert sql(home, "SELECT iccid, tags FROM sim") == [{"iccid": CARD, "tags": "c"}]
    assert findings(home) == {"printed_forms": CARD}


def test_a_ledger_that_knows_only_numbers_joins_by_msisdn(home: Home, drop: Drop) -> None:
    drop("cards", f"iccid,msisdn,expires_on\n{CARD},1064912345678,2027-02-28\n")
    taken = drop("sims", "msisdn,terminal_id,merchant_no\n1064912345678,00012345,898110012340001\n")
    assert taken.rows_refused == 0
    row = sql(home, "SELECT terminal_id, merchant_no, expires_on FROM sim_now")[0]
    assert row == {"terminal_id": "00012345", "merchant_no": "898110012340001", "expires_on": date(2027, 2, 28)}
    assert findings(home) == {"unknown_terminal": "00012345", "unknown_merchant": "898110012340001"}


def test_an_unknown_number_is_refused_and_says_what_is_missing(home: Home, drop: Drop) -> None:
    taken = drop("sims", "msisdn,tags\n1064912345678,a\n")
    assert taken.state == "refused"
    assert (taken.refusals[0].line, taken.refusals[0].column, taken.refusals[0].value) == (2, "msisdn", "1064912345678")


def test_an_unknown_plan_is_provisional_until_a_price_list_names_it(home: Home, drop: Drop) -> None:
    drop("cards", f"iccid,carrier,plan\n{CARD},移动,30M年卡\n")
    assert findings(home) == {"unknown_plan": "30M年卡"}
    assert value(home, "SELECT price_fen FROM sim_now") is None
    drop("plans", "plan,carrier,quota_mb,term_months,price_yuan\n30M年卡,移动,30,12,15.00\n")
    assert findings(home) == {}
    assert value(home, "SELECT price_fen FROM sim_now") == 1500
    assert value(home, "SELECT count(*) FROM plan") == 1


def test_a_new_price_starts_today_and_the_same_one_changes_nothing(home: Home, drop: Drop) -> None:
    drop("plans", "plan,carrier,term_months,price_yuan\n30M,移动,12,15.00\n")
    home.clock.move(timedelta(days=1))
    same = drop("plans", "plan,carrier,term_months,price_yuan,network\n30M,移动,12,15.00,\n")
    dearer = drop("plans", "plan,carrier,term_months,price_yuan\n30M,移动,12,16.00\n")
    assert (same.counts.same, dearer.counts.changed) == (1, 1)
    prices = sql(home, "SELECT price_fen, valid_from FROM price ORDER BY valid_from")
    assert prices == [
        {"price_fen": 1500, "valid_from": date(2026, 11, 22)},
        {"price_fen": 1600, "valid_from": date(2026, 11, 23)},
    ]


def test_the_ledger_may_come_after_the_card_list(home: Home, drop: Drop) -> None:
    drop("sims", f"iccid,terminal_id\n{CARD},00012345\n")
    drop("terminals", "terminal_id,merchant_no,agent_no,agent_name,serial_no\n00012345,898110012340001,A1,甲,N1\n")
    drop("merchants", "merchant_no,name,city\n898110012340001,面馆,杭州\n")
    row = sql(home, "SELECT terminal_id, merchant, city, agent, serial_no FROM sim_now")[0]
    assert row == {"terminal_id": "00012345", "merchant": "面馆", "city": "杭州", "agent": "甲", "serial_no": "N1"}
    assert findings(home) == {}


def test_an_ambiguous_terminal_is_refused_with_the_candidates(home: Home, drop: Drop) -> None:
    drop("terminals", "terminal_id,merchant_no\n00012345,898110012340001\n00012345,898110012340002\n")
    taken = drop("sims", f"iccid,terminal_id\n{CARD},00012345\n")
    assert taken.refusals[0].values["candidates"] == "898110012340001, 898110012340002"
    assert value(home, "SELECT count(*) FROM sim") == 0
    drop("sims", f"iccid,terminal_id,merchant_no\n{CARD},00012345,898110012340002\n")
    assert value(home, "SELECT merchant_no FROM sim_now") == "898110012340002"


def test_a_ledger_with_cards_links_them_and_leaves_their_state(home: Home, drop: Drop) -> None:
    drop("cards", f"iccid,msisdn,status\n{CARD},1064912345678,正常\n")
    drop("terminals", "终端号,商户号,状态,物联卡号\n00012345,898110012340001,在用,1064912345678\n")
    assert sql(home, "SELECT status, terminal_id FROM sim_now") == [{"status": "active", "terminal_id": "00012345"}]


@pytest.mark.parametrize("source", ["renewal", "carrier"])
def test_a_file_never_moves_an_expiry_behind_newer_knowledge(home: Home, drop: Drop, source: str) -> None:
    drop("cards", f"iccid,expires_on\n{CARD},2026-12-31\n")
    with home.db.write() as tx:
        tx.run(
            Query(
                "renewed",
                "By a test.",
                "UPDATE sim SET expires_on = $day, expiry_source = $source, expiry_seen_at = $now",
            ),
            day=date(2027, 12, 31),
            source=source,
            now=tx.now,
        )
    drop("cards", f"iccid,expires_on,tags\n{CARD},2026-12-31,x\n")
    assert sql(home, "SELECT expires_on, tags FROM sim") == [{"expires_on": date(2027, 12, 31), "tags": "x"}]
    assert findings(home) == {"older_expiry": CARD}
    drop("cards", f"iccid,expires_on\n{CARD},2027-12-31\n")
    assert findings(home) == {}


def test_an_older_observation_moves_neither_usage_nor_state(home: Home, drop: Drop) -> None:
    drop("cards", f"iccid,status,used_mb,as_of\n{CARD},停机,20,2026-11-21 08:00\n")
    drop("cards", f"iccid,status,used_mb,as_of\n{CARD},正常,10,2026-11-20 08:00\n")
    row = sql(home, "SELECT used_bytes, raw_status FROM sim")[0]
    assert row == {"used_bytes": 20 * 1024 * 1024, "raw_status": "停机"}


def test_changes_a_person_would_ask_about_become_history(home: Home, drop: Drop) -> None:
    drop("cards", f"iccid,plan,status,expires_on,terminal_id,account\n{CARD},30M,正常,2026-12-31,00012345,a\n")
    drop("cards", f"iccid,plan,status,expires_on,terminal_id,account\n{CARD},100M,停机,2027-12-31,00012346,b\n")
    rows = sql(home, "SELECT field, before, after FROM sim_change ORDER BY field")
    assert [row["field"] for row in rows] == ["account", "expires_on", "plan", "status", "terminal"]
    assert rows[4] == {"field": "terminal", "before": "00012345", "after": "00012346"}
    assert findings(home)["card_moved"] == CARD


def test_one_card_in_two_terminals_is_a_finding(home: Home, drop: Drop) -> None:
    text = "terminal_id,merchant_no,iccid\n00012345,898110012340001,{0}\n00012346,898110012340001,{0}\n"
    drop("terminals", text.format(CARD))
    assert findings(home)["card_in_two_rows"] == CARD


def test_one_card_in_two_rows_keeps_the_first_and_is_a_finding(home: Home, drop: Drop) -> None:
    taken = drop("cards", f"iccid,expires_on\n{CARD},2026-12-31\n{CARD},2027-12-31\n")
    assert (taken.counts.new, taken.rows_refused) == (1, 1)
    assert findings(home) == {"card_in_two_rows": CARD}


def test_days_replace_days_and_make_their_month(home: Home, drop: Drop) -> None:
    drop("usage", f"iccid,day,used_mb\n{CARD},2026-11-01,2\n{CARD},2026-11-02,3\n")
    again = drop("usage", f"iccid,day,used_mb\n{CARD},2026-11-02,4\n{CARD},2026-11-01,2\n")
    assert (again.counts.new, again.counts.changed, again.counts.same) == (0, 1, 1)
    month = sql(home, "SELECT month, used_bytes, source FROM usage_month")
    assert month == [{"month": date(2026, 11, 1), "used_bytes": 6 * 1024 * 1024, "source": "days"}]
    assert value(home, "SELECT used_bytes FROM sim_now") == 6 * 1024 * 1024
    assert findings(home) == {"unknown_card": CARD}
    drop("cards", f"iccid,tags\n{CARD},a\n")
    assert findings(home) == {}


def test_a_column_per_month_is_a_row_per_month(home: Home, drop: Drop) -> None:
    drop("cards", f"iccid,msisdn\n{CARD},1064912345678\n")
    taken = drop("usage", "卡号,2026-09,2026-10,2026-11\n1064912345678,0,,5\n")
    assert taken.counts.new == 2  # an empty month is no month
    assert sql(home, "SELECT month, used_bytes FROM usage_month ORDER BY month") == [
        {"month": date(2026, 9, 1), "used_bytes": 0},
        {"month": date(2026, 11, 1), "used_bytes": 5 * 1024 * 1024},
    ]


def test_all_or_nothing_takes_nothing_when_one_row_is_refused(home: Home, drop: Drop) -> None:
    taken = drop("cards", f"iccid,plan\n{CARD},30M\n8.98600E+19,30M\n", accept_good=False)
    assert (taken.state, taken.rows_refused) == ("refused", 1)
    assert value(home, "SELECT count(*) FROM sim") == 0
    assert value(home, "SELECT count(*) FROM plan") == 0
    assert sql(home, "SELECT state, rows_refused FROM upload") == [{"state": "refused", "rows_refused": 1}]


def test_a_dry_run_counts_and_changes_nothing(home: Home, drop: Drop) -> None:
    taken = drop("cards", f"iccid,plan\n{CARD},30M\n", dry_run=True)
    assert (taken.state, taken.counts.new) == ("rehearsed", 1)
    for table in ("sim", "plan", "upload", "finding", "sim_now"):
        assert value(home, f"SELECT count(*) FROM {table}") == 0
    assert list(home.incoming.iterdir()) == []


def test_a_merchant_is_provisional_until_a_file_describes_him(home: Home, drop: Drop) -> None:
    drop("terminals", "terminal_id,merchant_no,agent_no\n00012345,898110012340001,A7\n")
    assert findings(home) == {"unknown_merchant": "898110012340001", "unknown_agent": "A7"}
    taken = drop("merchants", "merchant_no,name,agent_no\n898110012340001,面馆,A7\n")
    assert taken.counts.changed == 1
    assert findings(home) == {"unknown_agent": "A7"}


def test_a_ledger_may_name_a_card_by_a_number_that_only_a_later_card_list_explains(home: Home, drop: Drop) -> None:
    taken = drop("terminals", "终端号,商户号,物联卡号\n00012345,898110012340001,1064912345678\n")
    assert taken.rows_refused == 0
    assert findings(home)["unknown_card"] == "1064912345678"
    drop("cards", f"iccid,msisdn\n{CARD},1064912345678\n")
    assert sql(home, "SELECT terminal_id FROM sim_now") == [{"terminal_id": "00012345"}]
    assert "unknown_card" not in findings(home)


def test_the_carrier_is_the_iccids_where_no_file_says_it(home: Home, drop: Drop) -> None:
    drop("cards", f"iccid,tags\n{CARD},a\n89861112345678901234,b\n89990012345678901234,c\n")
    assert [row["carrier"] for row in sql(home, "SELECT carrier FROM sim ORDER BY tags")] == ["mobile", "telecom", ""]
    drop("cards", f"iccid,carrier\n{CARD},联通\n")
    drop("cards", f"iccid,tags\n{CARD},d\n")
    assert sql(home, "SELECT carrier FROM sim WHERE tags = 'd'") == [{"carrier": "unicom"}]


def test_terminals_without_a_card_are_a_line_of_the_report_and_an_export(
    home: Home, drop: Drop, people: dict[str, Actor]
) -> None:
    drop("terminals", f"terminal_id,merchant_no,iccid\n00012345,898110012340001,{CARD}\n00012346,898110012340001,\n")
    report = {line.kind: line.count for line in join_report(home.db.read(), today=date(2026, 11, 22))}
    assert (report["terminals_without_card"], report["cards_without_terminal"]) == (1, 0)
    with home.db.write() as tx:
        ask_export(
            tx,
            people["operator"],
            what="terminals",
            format="csv",
            filters={"report": "terminals_without_card"},
            split_by=None,
            language="en",
        )
    write_exports.run(home, threading.Event())
    rows = next(home.exports.glob("*.csv")).read_text(encoding="utf-8-sig").splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["00012346"]
