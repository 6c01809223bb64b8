"""What each subject finds, and who hears of it: everybody his own part of the fleet and no more."""

from datetime import UTC, date, datetime, timedelta

import pytest

from data import words
from data.reminders.rules import SUBJECTS

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 1, tzinfo=UTC)
END = date(2026, 7, 2)  # to be ordered by 1 July, 30 days ahead
MB = 1 << 20


@pytest.fixture
def places(reminding):
    """Card 1: agent A1, branch 杭州, 浙江, merchant M1. Card 2: agent A2, branch 上海, 上海, merchant M2. Card 3: in a drawer."""
    for n, agent, branch, region in ((1, "A1", "杭州", "浙江"), (2, "A2", "上海", "上海")):
        reminding.insert("agent", agent_id=n, agent_no=agent, name=f"代理{n}")
        reminding.insert("merchant", merchant_id=n, merchant_no=f"M{n}", region=region, agent_id=n)
        reminding.insert("terminal", terminal_key=n, terminal_id=f"T{n}", merchant_id=n, branch=branch)
        reminding.card(n, END, terminal_key=n, carrier="mobile" if n == 1 else "unicom")
    reminding.card(3, END)
    return reminding


def said(reminding, recipient_id=1):
    """What one recipient hears today, sentences for what is no card."""
    reminding.scan(TODAY)
    rows = reminding.rows(
        "SELECT * FROM reminder WHERE state = 'due' AND recipient_id = $r ORDER BY thing", r=recipient_id
    )
    return [words.spoken(row["said"]) if row["said"] else row["thing"] for row in rows]


@pytest.mark.parametrize(
    ("told", "hears"),
    [
        ({}, ["sim 1", "sim 2", "sim 3"]),
        ({"region": "浙江"}, ["sim 1"]),
        ({"branch": "上海"}, ["sim 2"]),
        ({"agent_no": "A1"}, ["sim 1"]),
        ({"merchant_no": "M2"}, ["sim 2"]),
        ({"merchant_no": "M1,M2"}, ["sim 1", "sim 2"]),
        ({"carrier": "mobile"}, ["sim 1", "sim 3"]),
        ({"carrier": "mobile", "region": "上海"}, []),
        ({"active": False}, []),
    ],
)
def test_a_rule_names_the_cards_it_is_for(places, told, hears):
    places.rule("expiry", "30", role="operator", **told)
    assert said(places) == hears


def test_an_agent_a_branch_and_a_group_get_their_own_cards_and_nothing_else(places):
    places.recipient(2, kind="agent", part="A1")
    places.recipient(3, kind="branch", part="上海")
    places.recipient(4, kind="chat", part="A2", address=None, secret_name="env:BOT")
    places.recipient(5, kind="agent", part=None)
    places.recipient(6, kind="chat", part=None, address=None, secret_name="env:BOT")
    for role in ("agent", "branch", "chat"):
        places.rule("expiry", "30", role=role)
        places.rule("offer", "30", role=role)
    places.write("UPDATE price SET valid_to = DATE '2026-07-01'")
    assert [said(places, n) for n in (2, 3, 4, 5)] == [["sim 1"], ["sim 2"], ["sim 2"], []]
    assert [row for row in said(places, 6) if row.startswith("sim")] == ["sim 1", "sim 2", "sim 3"]
    assert len(said(places, 6)) == 4


def test_cards_that_are_due_and_of_which_nobody_hears_are_counted(places):
    places.recipient(2, kind="agent", part="A1")
    places.rule("expiry", "30", role="agent")
    assert places.scan(TODAY).unheard == 0  # none is due yet
    places.write("UPDATE sim SET expires_on = DATE '2026-06-20'")
    assert places.scan(TODAY).unheard == 2
    places.rule("expiry", "30", role="operator")
    assert places.scan(TODAY).unheard == 0


def test_a_card_that_changed_hands_before_the_mail_was_claimed_is_not_in_it(places):
    places.recipient(2, kind="agent", part="A1")
    places.recipient(3, kind="agent", part="A2")
    places.rule("expiry", "30", role="agent")
    places.scan(TODAY)
    assert [(due.recipient_id, len(due.reminder_ids)) for due in places.due()] == [(2, 1), (3, 1)]
    places.mail(1, places.due()[0])
    places.write("UPDATE terminal SET agent_id = 2 WHERE terminal_key = 1")
    places.roll_up()
    assert places.recheck(1) == []
    places.scan(TODAY)
    assert sorted(places.send()) == [(3, "expiry", "sim 1", "30"), (3, "expiry", "sim 2", "30")]


@pytest.mark.parametrize(
    ("scope", "hears"),
    [
        ([("region", "浙江")], ["sim 1"]),
        ([("branch", "上海")], ["sim 2"]),
        ([("agent", "A1")], ["sim 1"]),
        ([("merchant", "M1"), ("merchant", "M2")], ["sim 1", "sim 2"]),
        ([("region", "浙江"), ("merchant", "M2")], []),
    ],
)
def test_somebody_with_a_part_of_the_fleet_hears_of_no_other_card_and_of_nothing_else(places, people, scope, hears):
    viewer = people["viewer"].person_id
    places.recipient(2, person_id=viewer)
    places.write("UPDATE price SET valid_to = DATE '2026-07-01'")
    places.rule("expiry", "30", role="viewer")
    places.rule("offer", "30", role="viewer")
    for kind, value in scope:
        places.insert("person_scope", person_id=viewer, kind=kind, value=value)
    assert said(places, 2) == hears
    places.write("DELETE FROM person_scope")
    assert len(said(places, 2)) == 4


@pytest.mark.parametrize(
    "gone",
    ["UPDATE person SET active = false", "UPDATE recipient SET active = false", "UPDATE person SET role = 'viewer'"],
)
def test_whoever_is_gone_or_has_another_role_hears_of_nothing(places, gone):
    places.rule("expiry", "30", role="operator")
    places.scan(TODAY)
    places.mail(1, places.due()[0])
    places.write(gone)
    assert places.recheck(1) == []
    assert said(places) == []


def test_a_share_of_the_quota_is_said_once_a_month(reminding):
    reminding.rule("quota", "80,100", role="operator")
    reminding.card(1, date(2027, 6, 30), used_bytes=24 * MB, as_of=NOW)
    reminding.card(2, date(2027, 6, 30), used_bytes=24 * MB - 1, as_of=NOW)
    reminding.card(3, date(2027, 6, 30), used_bytes=31 * MB, as_of=NOW, decision="decline", decided_on=TODAY)
    reminding.scan(TODAY)
    assert reminding.send() == [(1, "quota", "sim 1", "80")]
    reminding.write("UPDATE sim SET used_bytes = $used", used=30 * MB)
    reminding.scan(date(2026, 6, 10))
    assert reminding.send() == [(1, "quota", "sim 1", "100"), (1, "quota", "sim 2", "100")]
    assert reminding.states("quota", sim_id=2) == {"80": "skipped_late", "100": "done"}
    assert {row["on_date"] for row in reminding.rows("SELECT on_date FROM reminder")} == {TODAY}
    reminding.write("UPDATE sim SET used_bytes = 0, as_of = '2026-07-01 01:00:00+00'")
    reminding.scan(date(2026, 7, 1))
    assert reminding.due() == []


def test_a_share_that_fell_before_the_mail_was_claimed_is_not_said(reminding):
    reminding.rule("quota", "80,100", role="operator")
    reminding.card(1, date(2027, 6, 30), used_bytes=30 * MB, as_of=NOW)
    reminding.scan(TODAY)
    reminding.mail(1, reminding.due()[0])
    reminding.write("UPDATE sim SET quota_bytes = $q", q=31 * MB)
    reminding.roll_up()
    assert reminding.recheck(1) == []


def test_data_that_runs_out_this_month_is_said_once(reminding):
    reminding.rule("exhaust", "3", role="operator")
    reminding.card(1, date(2027, 6, 30), used_bytes=12 * MB, as_of=NOW)
    for day in range(12, 17):
        reminding.on(date(2026, 6, day))
        reminding.write(
            "UPDATE sim SET used_bytes = $used, as_of = $now", used=2 * day * MB, now=reminding.home.db.clock.now()
        )
        reminding.scan()
        reminding.send()
    assert reminding.states("exhaust") == {"3": "done"}
    assert reminding.rows("SELECT due_on FROM reminder") == [{"due_on": date(2026, 6, 12)}]


def obligation(reminding, n, st, *, kind="renew", days_ago=1, **columns):
    then = NOW - timedelta(days=days_ago)
    reminding.insert("obligation", id=n, digest=f"00000000-0000-0000-0000-{n:012d}", key=str(n), sim_id=n, account="main", stem="s", kind=kind, old_expiry=END, seq=1)  # fmt: skip
    reminding.insert("placement", obligation=n, batch=1)
    reminding.insert("state", obligation=n, st=st, n=1, changed_at=then, submitted_at=then, ended_at=then if st in {"failed", "succeeded"} else None)  # fmt: skip
    reminding.insert("attempt", obligation=n, n=1, batch=1, plan="30M", months=12, amount_fen=1500, currency="CNY", order_no=str(n), request_sha256="", sent_at=then, deadline_at=then)  # fmt: skip
    reminding.insert("batch_line", batch=1, line=n, digest=f"00000000-0000-0000-0000-{n:012d}", sim_id=n, iccid=str(n), amount_fen=1500, **columns)  # fmt: skip


def batch(reminding, people, state, **columns):
    told = {
        "maker": people["operator"].person_id,
        "checker": people["approver"].person_id,
        "content_hash": "x",
        "items": 4,
        "refused": 0,
    }
    told |= {"amount_fen": 6000, "proposed_at": NOW, "form_key": "f"} | columns
    reminding.insert("batch", id=1, state=state, **told)


def test_failed_and_unconfirmed_renewals_are_said_until_they_are_settled(reminding):
    reminding.rule("failed", "0", role="operator")
    reminding.rule("unconfirmed", "0", role="operator")
    for n in range(1, 6):
        reminding.card(n, END)
    obligation(reminding, 1, "failed")
    obligation(reminding, 2, "needs_review", days_ago=0)
    obligation(reminding, 3, "unknown", days_ago=2)
    obligation(reminding, 4, "unknown", days_ago=0)
    obligation(reminding, 5, "failed")
    reminding.renewed(5, date(2027, 7, 2))  # bought elsewhere
    reminding.scan(TODAY)
    assert sorted((subject, thing) for _to, subject, thing, _stage in reminding.send()) == [
        ("failed", "sim 1"),
        ("unconfirmed", "sim 2"),
        ("unconfirmed", "sim 3"),
    ]
    reminding.scan(TODAY + timedelta(days=1))
    assert [thing for _to, _subject, thing, _stage in reminding.send()] == ["sim 4"]


def test_a_batch_that_waits_is_said_to_approvers_but_not_to_its_maker(reminding, people):
    reminding.recipient(2, person_id=people["approver"].person_id)
    reminding.recipient(3, person_id=people["approver2"].person_id)
    reminding.rule("review", "0,-1,-3", role="approver")
    batch(reminding, people, "proposed", maker=people["approver2"].person_id, checker=None)
    sentence = "Batch 1 by approver2 waits for approval: 4 cards, ¥60.00"
    assert (said(reminding, 2), said(reminding, 3)) == ([sentence], [])
    with words.speaking("zh_CN"):
        assert said(reminding, 2) == ["批次 1（approver2 提交）待你复核：4 张卡，¥60.00"]
    stages = []
    for day in range(7):
        reminding.scan(TODAY + timedelta(days=day))
        stages += [stage for _to, _subject, _thing, stage in reminding.send()]
    assert stages == ["0", "-1", "-3"]


def test_a_finished_batch_is_said_to_maker_and_checker_with_its_sums(reminding, people):
    for n, name in ((2, "approver"), (3, "operator2")):
        reminding.recipient(n, person_id=people[name].person_id)
    reminding.rule("batch", "0", role="concerned")
    batch(reminding, people, "done", done_at=NOW)
    for n, st in enumerate(("succeeded", "succeeded", "failed", "needs_review"), 1):
        reminding.card(n, END)
        obligation(reminding, n, st)
    sentence = "Batch 1: renewed 2 for ¥30.00, failed 1 for ¥15.00, open 1 for ¥15.00"
    assert [said(reminding, n) for n in (1, 2, 3)] == [[sentence], [sentence], []]


def test_a_batch_whose_last_day_to_order_has_passed_is_said_to_be_late(reminding, people):
    reminding.rule("batch", "0", role="concerned")
    batch(reminding, people, "approved")
    reminding.card(1, date(2026, 6, 2))  # to be ordered on 1 June
    obligation(reminding, 1, "pending")
    assert said(reminding) == []
    reminding.scan(TODAY + timedelta(days=1))
    assert reminding.send() == [(1, "batch", "batch 1", "0")]


def test_a_payment_request_is_said_until_it_is_paid(reminding, people):
    reminding.recipient(2, person_id=people["finance"].person_id)
    reminding.rule("payment", "3,1,0,-1", role="finance")
    reminding.insert("payment_request", id=4, batch=1, payee="中国移动", payee_change=1, way_to_pay="transfer", items=2, amount_fen=3000, due_on=TODAY, state="asked", asked_by=1, asked_at=NOW)  # fmt: skip
    assert said(reminding, 2) == ["Payment request P4 to 中国移动: ¥30.00 for 2 orders, due 2026-06-01"]
    reminding.mail(1, next(due for due in reminding.due() if due.recipient_id == 2))
    reminding.write("UPDATE payment_request SET state = 'paid', ended_by = 2, ended_at = now()")
    assert reminding.recheck(1) == []


def test_papers_that_are_owed_a_month_are_said_by_account(reminding, people):
    reminding.recipient(2, person_id=people["finance"].person_id)
    reminding.rule("voucher", "-30,-60", role="finance")
    for n, days_ago in ((1, 31), (2, 3)):
        reminding.card(n, END)
        obligation(reminding, n, "succeeded", days_ago=days_ago)
    assert said(reminding, 2) == ["Mobile: 2 renewals for ¥30.00 have no voucher, the oldest since 2026-05-01"]
    reminding.write("UPDATE account SET gives_invoice = false")
    assert said(reminding, 2) == []


def test_a_notice_is_said_until_somebody_acknowledges_it(reminding):
    reminding.rule("notice", "30,7,1", role="operator")
    reminding.card(1, date(2027, 6, 30))
    reminding.insert("notice", notice_id=7, kind="price", carrier="mobile", reach="account", account="main", effective_on=date(2026, 7, 1), subject="30M 涨价", detail="{}", source="x", form_key="f", made_by=1, made_at=NOW)  # fmt: skip
    assert said(reminding) == ["Plan change announced: 30M 涨价; it concerns 1 cards"]
    reminding.write("UPDATE notice SET acknowledged_by = 1, acknowledged_at = now()")
    assert said(reminding) == []


def test_a_price_that_ends_is_said_unless_another_follows(reminding):
    reminding.rule("offer", "30,7,1", role="operator")
    reminding.card(1, date(2027, 6, 30))
    reminding.write("UPDATE price SET valid_to = DATE '2026-06-30'")
    assert said(reminding) == ["The price of ¥15.00 for 30M ends on 2026-06-30; 1 cards have this plan"]
    reminding.insert("price", plan_id=1, channel="", term_months=12, price_fen=1600, valid_from=date(2026, 7, 1))
    assert said(reminding) == []


def test_an_account_whose_money_ends_before_its_orders_do_is_said(reminding):
    reminding.rule("balance", "7,3,1", role="operator")
    for n in (1, 2, 3):
        reminding.card(n, date(2026, 6, 3 + n))
    reminding.insert("account_balance", account="main", amount_fen=3000, read_at=NOW)
    assert said(reminding) == ["main: the balance of ¥30.00 does not cover ¥45.00 for orders due by 2026-06-05"]
    reminding.write("UPDATE account_balance SET amount_fen = 4500")
    assert said(reminding) == []


def test_every_subject_has_its_query_and_finds_nothing_in_an_empty_home(reminding):
    for name, subject in SUBJECTS.items():
        reminding.rule(name, subject.stages, recipient_id=1)
    assert said(reminding) == []
