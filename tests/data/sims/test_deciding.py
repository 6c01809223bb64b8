"""What rules propose not to renew and on what evidence, what people answer, and how a decision comes back by itself."""

from datetime import UTC, date, datetime, timedelta

import pytest

from data.audit import store as audit
from data.database import Query
from data.people.rules import Refused
from data.sims import store
from data.sims.deciding_rules import ASK_AGAIN_DAYS, EVIDENCE, evidence_said, reason_said
from data.sims.store import PROPOSED, SimFilter
from data.words import speaking

TODAY = date(2026, 11, 22)
LONG_AGO = TODAY - timedelta(days=91)
_MONTH = "INSERT INTO usage_month VALUES ({}, DATE '2026-{}-01', {}, NULL, 'file')"


def changed(home, *statements, sim_ids=None, **params):
    with home.db.write() as tx:
        for sql in statements:
            tx.run(Query("test", "", sql), **params)
        store.roll_up(tx, sim_ids)


def rows(home, sql):
    return home.db.read().rows(Query("test", "", sql))


def one(home, sim_id):
    return store.one(home.db.read(), sim_id)


def proposed(home):
    return store.page(home.db.read(), PROPOSED, today=TODAY)["sim_id"].to_pylist()


def decided(home, by, sim_ids, decision="decline", reason=None):
    with home.db.write() as tx:
        return store.decide(tx, by, sim_ids=sim_ids, decision=decision, reason=reason)


def answered(home, by, sim_ids, decision="decline", reason=None):
    with home.db.write() as tx:
        return store.answer_proposals(tx, by, sim_ids=sim_ids, decision=decision, reason=reason)


def test_a_fleet_that_works_has_no_proposals(fleet):
    assert proposed(fleet) == []


@pytest.mark.parametrize(
    ("statement", "evidence", "said"),
    [
        ("UPDATE terminal SET status = 'withdrawn' WHERE terminal_key = 1", "terminal_withdrawn", "The terminal is withdrawn"),
        ("UPDATE terminal SET status = 'stock' WHERE terminal_key = 1", "terminal_stock", "The terminal lies in stock"),
        ("UPDATE merchant SET closed = true; UPDATE sim SET terminal_key = NULL WHERE sim_id <> 1", "merchant_closed",
         "The merchant has closed"),
        ("UPDATE terminal SET last_trade_on = DATE '2026-08-23' WHERE terminal_key = 1", "silent",
         "No sign-in or trade since 2026-08-23"),
        ("UPDATE terminal SET last_seen_at = TIMESTAMPTZ '2026-08-22 17:00:00Z' WHERE terminal_key = 1", "silent",
         "No sign-in or trade since 2026-08-23"),
        (f"{_MONTH.format(1, '10', 0)}; {_MONTH.format(1, '09', 0)}", "idle", "2 months without usage"),
    ],
)  # fmt: skip
def test_every_rule_names_its_evidence(fleet, statement, evidence, said):
    changed(fleet, *statement.split("; "))
    assert proposed(fleet) == [1]
    card = one(fleet, 1)
    assert card.evidence == evidence
    assert evidence_said(vars(card)) == said


def test_several_reasons_are_all_named(fleet):
    changed(
        fleet,
        "UPDATE terminal SET status = 'withdrawn', last_trade_on = $day WHERE terminal_key = 1",
        "UPDATE merchant SET closed = true WHERE merchant_id = 1",
        day=LONG_AGO,
    )
    assert one(fleet, 1).evidence.split() == ["terminal_withdrawn", "merchant_closed", "silent"]
    # The merchant's other cards are proposed for the merchant alone.
    assert one(fleet, 2).evidence == "merchant_closed"


def test_a_card_whose_terminal_got_a_later_card_is_proposed_and_the_later_one_is_not(fleet):
    changed(
        fleet,
        "UPDATE sim SET activated_on = DATE '2024-01-01' WHERE sim_id = 1",
        "UPDATE sim SET activated_on = DATE '2026-01-01', terminal_key = 1 WHERE sim_id = 4",
    )
    assert (one(fleet, 1).evidence, one(fleet, 1).successor) == ("replaced", one(fleet, 4).iccid)
    assert one(fleet, 4).evidence is None
    changed(fleet, "UPDATE sim SET status = 'stopped_expired' WHERE sim_id = 4")
    assert one(fleet, 1).evidence is None  # a card that is down replaces nothing


@pytest.mark.parametrize("days", [89, 90])
def test_a_terminal_is_silent_after_the_days_of_the_setting_not_on_them(fleet, days):
    changed(fleet, "UPDATE terminal SET last_trade_on = $day WHERE terminal_key = 1", day=TODAY - timedelta(days=days))
    assert proposed(fleet) == []
    with fleet.db.write() as tx:
        store.measure_with(tx, store.Yardstick(due_days=30, idle_months=2, holidays={}, silent_days=60))
        store.roll_up(tx)
    assert proposed(fleet) == [1]


def test_the_later_of_sign_in_and_trade_counts(fleet):
    seen = datetime(2026, 11, 20, tzinfo=UTC)
    statement = "UPDATE terminal SET last_trade_on = $day, last_seen_at = $seen WHERE terminal_key = 1"
    changed(fleet, statement, day=LONG_AGO, seen=seen)
    assert proposed(fleet) == []


def test_a_terminal_that_was_never_heard_of_is_not_called_silent(fleet):
    changed(fleet, "UPDATE terminal SET last_trade_on = NULL, last_seen_at = NULL")
    assert proposed(fleet) == []


def test_the_silence_of_a_card_that_is_stopped_proves_nothing(fleet):
    # Card 2 is stopped: its terminal cannot trade, and it has no usage, because of that.
    changed(
        fleet,
        "UPDATE terminal SET last_trade_on = $day WHERE terminal_key = 2",
        _MONTH.format(2, "10", 0),
        _MONTH.format(2, "09", 0),
        day=LONG_AGO,
    )
    assert proposed(fleet) == []
    changed(fleet, "UPDATE terminal SET status = 'withdrawn' WHERE terminal_key = 2")
    assert one(fleet, 2).evidence == "terminal_withdrawn"


@pytest.mark.parametrize("status", ["stock", "silent", "test", "cancelled", "replaced", "lost"])
def test_nothing_is_proposed_for_cards_that_have_not_begun_or_are_gone(fleet, status):
    changed(
        fleet,
        "UPDATE terminal SET status = 'withdrawn' WHERE terminal_key = 1",
        "UPDATE sim SET status = $status WHERE sim_id = 1",
        status=status,
    )
    assert proposed(fleet) == []


def test_an_accepted_proposal_keeps_evidence_person_and_day_and_leaves_the_proposals(fleet, people):
    changed(fleet, "UPDATE terminal SET status = 'withdrawn' WHERE terminal_key IN (1, 4)")
    assert answered(fleet, people["operator"], [1, 4, 5]) == 2  # 5 was no proposal
    assert proposed(fleet) == []
    card = one(fleet, 1)
    assert (card.decision, card.decider, card.decided_on, card.due) == ("decline", "operator", TODAY, False)
    assert reason_said(card.decision_reason, card.decision_evidence) == "The terminal is withdrawn"
    with speaking("zh_CN"):
        assert reason_said(card.decision_reason, card.decision_evidence) == "终端已撤机"
    assert one(fleet, 5).decision is None


def test_the_history_and_the_audit_say_who_and_why(fleet, people):
    changed(fleet, "UPDATE terminal SET status = 'withdrawn' WHERE terminal_key = 1")
    answered(fleet, people["operator"], [1], reason="Branch said so")
    told = store.timeline(fleet.db.read(), 1).to_pylist()
    said = {store.happening(kind=row["kind"], what=row["what"], detail=row["detail"]): row["who"] for row in told}
    assert said == {
        "Decision – → Do not renew": "operator",
        "Reason of the decision: Branch said so": "operator",
        "Evidence for the decision: The terminal is withdrawn": "operator",
    }
    (entry,) = rows(fleet, "SELECT person, detail FROM audit WHERE event = 'sim:decided'")
    assert entry["person"] == "operator"
    assert '"of":"proposals"' in entry["detail"]
    assert audit.first_broken(fleet.db.read(), (fleet.path / "keys" / "audit").read_bytes()) is None


def test_a_proposal_turned_down_does_not_come_again_before_the_card_is_renewed(fleet, people):
    changed(fleet, "UPDATE terminal SET status = 'withdrawn' WHERE terminal_key = 1")
    assert answered(fleet, people["operator"], [1], decision="renew", reason="Moves to another shop") == 1
    changed(fleet)
    assert proposed(fleet) == []
    assert one(fleet, 1).due
    # Renewed for a year: that decision has been carried out, the next term is decided anew.
    changed(fleet, "UPDATE sim SET expires_on = DATE '2027-11-30' WHERE sim_id = 1")
    assert one(fleet, 1).decision is None
    assert proposed(fleet) == [1]


def test_two_people_answering_the_same_proposals_answer_them_once(fleet, people):
    changed(fleet, "UPDATE terminal SET status = 'withdrawn' WHERE terminal_key = 1")
    assert answered(fleet, people["operator"], [1], decision="renew") == 1
    assert answered(fleet, people["operator2"], [1]) == 0
    assert one(fleet, 1).decision == "renew"


@pytest.mark.parametrize("who", ["viewer", "approver", "administrator"])
def test_only_operators_answer_and_confirm(fleet, people, who):
    changed(fleet, "UPDATE terminal SET status = 'withdrawn' WHERE terminal_key = 1")
    for verb in (
        lambda tx: store.answer_proposals(tx, people[who], sim_ids=[1], decision="decline"),
        lambda tx: store.confirm_declined(tx, people[who], sim_ids=[1]),
    ):
        with pytest.raises(Refused), fleet.db.write() as tx:
            verb(tx)
    assert proposed(fleet) == [1]


def test_a_proposal_whose_renewal_is_approved_is_none_and_one_in_a_proposed_batch_says_so(fleet, people):
    changed(
        fleet,
        "UPDATE terminal SET status = 'withdrawn' WHERE terminal_key IN (1, 4)",
        "INSERT INTO batch (id, form_key, maker, content_hash, items, refused, amount_fen, state, proposed_at)"
        " VALUES (1, 'f', 1, 'h', 1, 0, 1500, 'proposed', $now)",
        "INSERT INTO batch_line (batch, line, digest, sim_id, iccid) VALUES (1, 1, uuid(), 1, 'x')",
        now=fleet.clock.now(),
    )
    assert sorted(proposed(fleet)) == [1, 4]
    assert store.savings(fleet.db.read(), PROPOSED, today=TODAY).under_way == 1
    changed(
        fleet,
        "INSERT INTO obligation (id, digest, key, sim_id, account, stem, kind, seq) VALUES (1, uuid(), 'k', 4, 'a', 's', 'renew', 1)",
        "INSERT INTO state (obligation, st, n, changed_at) VALUES (1, 'pending', 1, $now)",
        "INSERT INTO placement VALUES (1, 1)",
        now=fleet.clock.now(),
    )
    assert proposed(fleet) == [1]


def test_savings_are_by_term_and_by_year(fleet):
    changed(
        fleet,
        "UPDATE terminal SET status = 'withdrawn' WHERE terminal_key IN (1, 3, 4)",
        "INSERT INTO plan (plan_id, plan, carrier, term_months) VALUES (9, 'three years', 'mobile', 36)",
        "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) VALUES (9, '', 36, 3000, DATE '2026-01-01')",
        "UPDATE sim SET plan_id = 9, auto_renew = true WHERE sim_id = 4",
    )
    saves = store.savings(fleet.db.read(), PROPOSED, today=TODAY)
    assert (saves.sims, saves.term_fen, saves.year_fen, saves.unpriced, saves.auto_renewing) == (3, 4500, 2500, 1, 1)
    assert store.by_evidence(fleet.db.read(), PROPOSED, today=TODAY) == {"terminal_withdrawn": 3}
    assert store.totals(fleet.db.read(), SimFilter(evidence="terminal_withdrawn"), today=TODAY).sims == 3


def test_what_is_not_renewed_leaves_the_sums_of_money_to_come(fleet, people):
    reader = fleet.db.read()
    before = store.totals(reader, SimFilter(), today=TODAY)
    decided(fleet, people["operator"], [1], reason="closed")
    after = store.totals(fleet.db.read(), SimFilter(), today=TODAY)
    assert (before.amount_fen - after.amount_fen, after.sims) == (1500, before.sims)
    assert store.totals(fleet.db.read(), SimFilter(decision="to_come"), today=TODAY).sims == before.sims - 1
    assert store.totals(fleet.db.read(), SimFilter(decision="decline"), today=TODAY).sims == 1
    assert store.totals(fleet.db.read(), SimFilter(decision="undecided"), today=TODAY).sims == before.sims - 1


def test_a_terminal_left_dark_on_purpose_is_no_dark_terminal(fleet, people):
    assert store.kpis(fleet.db.read(), today=TODAY).dark.value == 1
    decided(fleet, people["operator"], [2], reason="withdrawn")
    assert store.kpis(fleet.db.read(), today=TODAY).dark.value == 0
    assert store.totals(fleet.db.read(), SimFilter(report="dark"), today=TODAY).sims == 0


def test_a_card_is_asked_about_once_more_seven_days_before_it_is_gone(fleet, people):
    asked = []
    decided(fleet, people["operator"], [3], reason="closed")
    for days in (ASK_AGAIN_DAYS + 1, ASK_AGAIN_DAYS, 0, -1):
        # The account's cards are gone sixty days after their expiry.
        expiry = TODAY + timedelta(days=days - 60)
        changed(fleet, "UPDATE sim SET expires_on = $expiry WHERE sim_id = 3", expiry=expiry)
        asked.append(store.totals(fleet.db.read(), store.ASKED_AGAIN, today=TODAY).sims)
    assert asked == [0, 1, 1, 0]


def test_whoever_confirms_is_not_asked_again_until_it_is_decided_anew(fleet, people):
    decided(fleet, people["operator"], [3], reason="closed")
    changed(fleet, "UPDATE sim SET expires_on = $expiry WHERE sim_id = 3", expiry=TODAY - timedelta(days=58))
    with fleet.db.write() as tx:
        assert store.confirm_declined(tx, people["operator"], sim_ids=[3, 1]) == 1
    assert one(fleet, 3).decision_confirmed_on == TODAY
    assert store.totals(fleet.db.read(), store.ASKED_AGAIN, today=TODAY).sims == 0
    decided(fleet, people["operator"], [3], decision="renew")
    decided(fleet, people["operator"], [3], reason="closed after all")
    assert one(fleet, 3).decision_confirmed_on is None


def test_a_terminal_that_trades_again_brings_its_card_back_by_itself(fleet, people):
    decided(fleet, people["operator"], [1], reason="merchant closed")
    changed(fleet, "UPDATE terminal SET last_trade_on = $day WHERE terminal_key = 1", day=TODAY)
    assert one(fleet, 1).decision == "decline"  # the day of the decision itself is no news
    fleet.clock.move(timedelta(days=3))
    day = TODAY + timedelta(days=2)
    changed(fleet, "UPDATE terminal SET last_trade_on = $day WHERE terminal_key = 1", day=day)
    card = one(fleet, 1)
    assert (card.decision, card.decider, card.decided_on, card.due) == (
        "undecided",
        "system",
        TODAY + timedelta(3),
        True,
    )
    said = "The terminal worked again on 2026-11-24, after it was decided not to renew"
    assert reason_said(card.decision_reason, card.decision_evidence) == said
    found = store.open_findings(fleet.db.read(), kind="came_back").to_pylist()
    assert [(one["iccid"], store.said("came_back", one["detail"])) for one in found] == [
        (card.iccid, f"{said}: decide again")
    ]
    assert rows(fleet, "SELECT person FROM audit WHERE event = 'sim:came_back'") == [{"person": "system"}]
    told = store.timeline(fleet.db.read(), 1).to_pylist()
    assert {row["what"] for row in told if row["who"] == "system"} == {"decision", "decision_evidence", "came_back"}
    # Deciding again settles the finding; the same trade does not bring it back a second time.
    decided(fleet, people["operator"], [1], reason="a test purchase")
    changed(fleet)
    assert one(fleet, 1).decision == "decline"
    assert store.open_findings(fleet.db.read(), kind="came_back").num_rows == 0


def test_a_sign_in_brings_a_card_back_as_a_trade_does(fleet, people):
    decided(fleet, people["operator"], [1], reason="merchant closed")
    seen = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # half past midnight of the next day in Shanghai
    changed(fleet, "UPDATE terminal SET last_seen_at = $seen WHERE terminal_key = 1", seen=seen, sim_ids=[1])
    assert one(fleet, 1).decision == "undecided"


def test_a_trade_through_another_card_of_the_terminal_brings_nothing_back(fleet, people):
    decided(fleet, people["operator"], [1], reason="replaced")
    changed(
        fleet,
        "UPDATE sim SET terminal_key = 1 WHERE sim_id = 4",
        "UPDATE terminal SET last_trade_on = $day WHERE terminal_key = 1",
        day=TODAY + timedelta(days=1),
    )
    assert one(fleet, 1).decision == "decline"


def test_where_only_missing_usage_spoke_against_a_card_usage_brings_it_back_and_a_trade_does_not(fleet, people):
    # The terminal trades, over another line: that is how a card without usage is found.
    changed(fleet, _MONTH.format(1, "10", 0), _MONTH.format(1, "09", 0))
    answered(fleet, people["operator"], [1])
    fleet.clock.move(timedelta(days=5))
    changed(fleet, "UPDATE terminal SET last_trade_on = $day", day=TODAY + timedelta(days=4))
    assert one(fleet, 1).decision == "decline"
    changed(fleet, "INSERT INTO usage_month VALUES (1, DATE '2026-11-01', 4096, NULL, 'file')", sim_ids=[1])
    card = one(fleet, 1)
    assert card.decision == "undecided"
    said = "The card was used again, after it was decided not to renew"
    assert reason_said(card.decision_reason, card.decision_evidence) == said


def test_every_kind_of_evidence_speaks_chinese():
    card = {"evidence": " ".join(EVIDENCE), "successor": "8986", "last_sign_on": TODAY, "idle_months": 3}
    with speaking("zh_CN"):
        said = evidence_said(card)
    assert not any(word in said for word in ("terminal", "since", "usage"))
    assert len(said.split(" · ")) == len(EVIDENCE)
