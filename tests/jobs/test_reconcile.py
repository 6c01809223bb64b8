"""Reconciliation against the practice carrier's statement: every class, every arrow, every fen, and nothing said twice."""

import json
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest

from data.database import Query
from data.people.rules import Refused
from data.renewals import store as renewals
from jobs import reconcile, run_renewals
from jobs.carriers import accounts
from jobs.carriers.practice.ledger import Entry, opened

GO = threading.Event()
SENT_ON = date(2026, 11, 22)
ONE = 1200


def sql(text):
    return Query("test", "", text)


STATES = sql("SELECT st, count(*) AS n FROM state GROUP BY 1 ORDER BY 1")
OPEN = sql(
    "SELECT class, ours_fen, theirs_fen, obligation IS NOT NULL AS ours FROM difference WHERE closed_at IS NULL ORDER BY class, difference_id"
)
ALARMS = sql("SELECT kind FROM finding WHERE closed_at IS NULL AND kind LIKE 'money%' ORDER BY finding_id")
DAY = sql(
    "SELECT ours, ours_fen, theirs, theirs_fen, matched, matched_fen, waiting, waiting_fen FROM reconciliation WHERE day = $day"
)
ORDERS = sql(
    "SELECT t.order_no, l.iccid, t.obligation FROM attempt t JOIN obligation o ON o.id = t.obligation JOIN batch_line l ON l.digest = o.digest AND l.batch = t.batch ORDER BY t.obligation, t.n"
)


@pytest.fixture
def bought(demo_home, people, practice_fleet):
    """`bought(3, lost_share=1.0)`: so many cards ordered today, then the clock stands at four in the morning of the day after."""

    def build(count, **practice):
        sims = practice_fleet(count, **practice)
        with demo_home.db.write() as tx:
            made = renewals.propose(tx, people["operator"], sim_ids=sims, form_key="f")
        approve(demo_home, people, made.batch)
        run_renewals.run(demo_home, GO)
        demo_home.clock.move(timedelta(hours=18))
        return demo_home.db.read().rows(ORDERS)

    return build


def approve(home, people, batch):
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(
            tx,
            people["approver"],
            batch=batch,
            content_hash=status.content_hash,
            settings=home.settings,
        )


def book(home, order, amount_fen, *, order_no=None, ref="P-X", ago=timedelta(hours=1)):
    """Put a line into the carrier's books behind our back: a second charge, a refund, somebody else's order."""
    entry = Entry(
        "charge",
        "practice-a",
        order["order_no"] if order_no is None else order_no,
        order["iccid"],
        12,
        amount_fen,
        home.clock.now() - ago,
        ref=ref,
    )
    opened(home.practice / "ledger.jsonl").append([entry])


def journal_lines(home):
    for path in sorted(home.journal.glob("*.jsonl")):
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def look(home):
    reconcile.run(home, GO)
    reader = home.db.read()
    states = {row["st"]: row["n"] for row in reader.rows(STATES)}
    differences = [(row["class"], row["ours_fen"], row["theirs_fen"]) for row in reader.rows(OPEN)]
    return states, differences, [row["kind"] for row in reader.rows(ALARMS)]


def day(home, which=SENT_ON):
    return tuple(home.db.read().row(DAY, day=which).values())


def test_a_day_that_matches_says_so_in_counts_and_fen(demo_home, bought):
    bought(5)
    assert look(demo_home) == ({"succeeded": 5}, [], [])
    assert day(demo_home) == (5, 5 * ONE, 5, 5 * ONE, 5, 5 * ONE, 0, 0)


def test_an_unconfirmed_order_that_stands_in_the_statement_is_proved_by_it(demo_home, bought):
    bought(3, lost_share=1.0, query="none")
    assert look(demo_home) == ({"succeeded": 3}, [], [])
    proofs = demo_home.db.read().rows(
        sql(
            "SELECT DISTINCT s.proof, c.expires_on = s.new_expiry AS moved FROM state s JOIN obligation o ON o.id = s.obligation JOIN sim c USING (sim_id)"
        )
    )
    assert proofs == [{"proof": "statement", "moved": True}]
    lines = [entry for entry in journal_lines(demo_home) if entry["kind"] == "reconciled"]
    assert [(line["arrow"], line["to"]) for line in lines] == [(8, "succeeded")] * 3


def test_a_charge_nobody_ordered_is_an_alarm_once(demo_home, bought):
    order = bought(1)[0]
    stranger = order | {"iccid": "89860410123450009997"}
    book(demo_home, stranger, 4200, order_no="X-1", ago=timedelta(hours=5))
    assert look(demo_home) == ({"succeeded": 1}, [("theirs_only", 0, 4200)], ["money_theirs_only"])
    assert look(demo_home) == ({"succeeded": 1}, [("theirs_only", 0, 4200)], ["money_theirs_only"])


def test_a_second_deduction_for_a_card_is_a_duplicate(demo_home, bought):
    order = bought(2)[0]
    book(demo_home, order, ONE, order_no="AUTO-77", ago=timedelta(hours=5))
    assert look(demo_home) == ({"succeeded": 2}, [("duplicate", 0, ONE)], ["money_duplicate"])


def test_one_order_charged_twice_is_a_duplicate_and_closes_itself_when_it_is_given_back(demo_home, bought):
    order = bought(1)[0]
    book(demo_home, order, ONE, ago=timedelta(hours=5))
    assert look(demo_home) == ({"succeeded": 1}, [("duplicate", ONE, 2 * ONE)], ["money_duplicate"])
    demo_home.clock.move(timedelta(days=1))
    book(demo_home, order, -ONE, ago=timedelta(hours=5))
    assert look(demo_home) == ({"succeeded": 1}, [], [])
    closed = demo_home.db.read().rows(sql("SELECT closed_by, closed_at IS NOT NULL AS closed FROM difference"))
    assert closed == [{"closed_by": None, "closed": True}]


def test_a_renewal_that_is_refunded_later_goes_to_people_with_an_alarm(demo_home, bought):
    order = bought(2)[0]
    assert look(demo_home)[0] == {"succeeded": 2}
    demo_home.clock.move(timedelta(days=3))
    book(demo_home, order, -ONE, ago=timedelta(hours=5))
    assert look(demo_home) == (
        {"needs_review": 1, "succeeded": 1},
        [("amount_differs", ONE, 0)],
        ["money_contradicted"],
    )
    events = demo_home.db.read().rows(
        sql("SELECT arrow FROM event WHERE obligation = $o ORDER BY seq"), o=order["obligation"]
    )
    assert events[-1]["arrow"] == 18
    assert (
        demo_home.db.read().value(sql("SELECT DISTINCT reason FROM state WHERE st = 'needs_review'")) == "contradicted"
    )


def test_a_partial_charge_goes_to_people_and_the_sums_agree(demo_home, bought):
    first, _second = bought(2)
    book(demo_home, first, -400, ago=timedelta(hours=5))
    assert look(demo_home) == (
        {"needs_review": 1, "succeeded": 1},
        [("amount_differs", ONE, 800)],
        ["money_contradicted"],
    )
    assert day(demo_home)[:4] == (2, 2 * ONE, 3, 2 * ONE - 400)
    spent = demo_home.db.read().value(sql("SELECT sum(amount_fen)::BIGINT FROM reservation WHERE state = 'spent'"))
    assert spent == 2 * ONE


def test_an_unconfirmed_order_that_was_refunded_failed(demo_home, bought):
    order = bought(1, lost_share=1.0, query="none")[0]
    book(demo_home, order, -ONE, ago=timedelta(hours=5))
    assert look(demo_home) == ({"failed": 1}, [], [])
    assert demo_home.db.read().row(sql("SELECT reason, proof FROM state")) == {
        "reason": "refunded",
        "proof": "statement",
    }


def test_an_unconfirmed_order_of_another_amount_goes_to_people(demo_home, bought):
    order = bought(1, lost_share=1.0, query="none")[0]
    book(demo_home, order, -400, ago=timedelta(hours=5))
    assert look(demo_home) == ({"needs_review": 1}, [("amount_differs", ONE, 800)], ["money_contradicted"])


def test_a_failed_renewal_that_was_charged_is_theirs_only_and_contradicted(demo_home, bought):
    order = bought(1, refused_share=1.0)[0]
    book(demo_home, order, ONE, ago=timedelta(hours=5))
    assert look(demo_home) == ({"failed": 1}, [("theirs_only", 0, ONE)], ["money_contradicted"])


def test_a_failed_renewal_that_was_charged_is_not_tried_again_before_that_is_settled(demo_home, people, bought):
    order = bought(1, refused_share=1.0)[0]
    book(demo_home, order, ONE, ago=timedelta(hours=5))
    look(demo_home)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE state SET reason = 'insufficient_balance'"))
        renewals.note(tx, people["operator"], obligation=order["obligation"], note="mended", repaired=True)
        again = renewals.retry_repaired(tx, people["operator"], obligations=[order["obligation"]], form_key="r")
        assert (again.batch, again.refused) == (None, 1)
        renewals.close_differences(
            tx,
            people["operator"],
            differences=[tx.value(sql("SELECT difference_id FROM difference"))],
            note="theirs to give back",
        )
        assert (
            renewals.retry_repaired(tx, people["operator"], obligations=[order["obligation"]], form_key="s").items == 1
        )


def test_a_retry_that_waits_is_parked_when_the_first_try_turns_out_to_be_charged(demo_home, people, bought):
    order = bought(1, refused_share=1.0)[0]
    with demo_home.db.write() as tx:
        renewals.note(tx, people["operator"], obligation=order["obligation"], note="mended", repaired=True)
        tx.run(sql("UPDATE state SET reason = 'insufficient_balance'"))
        again = renewals.retry_repaired(tx, people["operator"], obligations=[order["obligation"]], form_key="r")
    approve(demo_home, people, again.batch)
    book(demo_home, order, ONE, ago=timedelta(hours=5))
    assert look(demo_home) == ({"needs_review": 1}, [("theirs_only", 0, ONE)], ["money_contradicted"])
    run_renewals.run(demo_home, GO)
    assert demo_home.db.read().value(sql("SELECT count(*) FROM attempt")) == 1


def statement_of(home, monkeypatch, change):
    carrier = accounts.connected(home, "practice-a")
    told = carrier.statement
    monkeypatch.setattr(carrier, "statement", lambda day: change(told(day)))
    return carrier


def test_a_missing_line_says_nothing_before_the_horizon_and_is_ours_only_after_it(demo_home, bought, monkeypatch):
    bought(2, horizon_s=86_400)
    statement_of(demo_home, monkeypatch, lambda told: replace(told, lines=told.lines[1:]))
    assert look(demo_home) == ({"succeeded": 2}, [], [])
    assert day(demo_home) == (2, 2 * ONE, 1, ONE, 1, ONE, 1, ONE)
    demo_home.clock.move(timedelta(days=1))
    assert look(demo_home) == ({"succeeded": 2}, [("ours_only", ONE, 0)], ["money_differs"])
    assert day(demo_home) == (2, 2 * ONE, 1, ONE, 1, ONE, 0, 0)


def test_a_statement_read_too_early_proves_nothing_however_late_it_is_asked_for(demo_home, bought, monkeypatch):
    bought(1, horizon_s=3_600)
    early = demo_home.clock.now() - timedelta(hours=17, minutes=30)
    statement_of(demo_home, monkeypatch, lambda told: replace(told, lines=(), read_at=early))
    demo_home.clock.move(timedelta(days=2))
    assert look(demo_home) == ({"succeeded": 1}, [], [])
    monkeypatch.undo()
    statement_of(demo_home, monkeypatch, lambda told: replace(told, lines=()))
    assert look(demo_home)[1] == [("ours_only", ONE, 0)]


def test_a_line_that_comes_a_day_late_closes_what_was_missing(demo_home, bought, monkeypatch):
    bought(1)
    statement_of(demo_home, monkeypatch, lambda told: replace(told, lines=()))
    assert look(demo_home)[1] == [("ours_only", ONE, 0)]
    monkeypatch.undo()
    assert look(demo_home) == ({"succeeded": 1}, [], [])


def test_a_statement_older_than_the_one_that_is_known_is_not_kept(demo_home, bought, monkeypatch):
    bought(1)
    look(demo_home)
    with demo_home.db.write() as tx:
        from data.people.rules import SYSTEM

        kept = renewals.keep_statement(
            tx, SYSTEM, account="practice-a", day=SENT_ON, lines=[], read_at=demo_home.clock.now() - timedelta(hours=1)
        )
    assert not kept
    assert demo_home.db.read().value(sql("SELECT count(*) FROM booking")) == 1


def test_lines_without_our_number_match_by_reference_and_by_card(demo_home, bought, monkeypatch):
    bought(2)

    def nameless(told):
        first, *rest = told.lines
        return replace(
            told,
            lines=(replace(first, order_no=None), *(replace(one, order_no=None, carrier_ref="Q9") for one in rest)),
        )

    statement_of(demo_home, monkeypatch, lambda told: nameless(told) if told.lines else told)
    assert look(demo_home) == ({"succeeded": 2}, [], [])
    assert day(demo_home)[4:6] == (2, 2 * ONE)


def test_a_line_that_names_only_the_card_proves_no_unconfirmed_order(demo_home, bought, monkeypatch):
    bought(1, lost_share=1.0, query="none")

    def change(told):
        return replace(told, lines=tuple(replace(one, order_no=None, carrier_ref="Q9") for one in told.lines))

    statement_of(demo_home, monkeypatch, change)
    assert look(demo_home) == ({"unknown": 1}, [], [])


def test_what_a_person_has_closed_raises_no_second_alarm_and_moves_nothing_again(demo_home, people, bought):
    order = bought(1)[0]
    look(demo_home)
    demo_home.clock.move(timedelta(days=1))
    book(demo_home, order, -400, ago=timedelta(hours=5))
    assert look(demo_home)[0] == {"needs_review": 1}
    number = demo_home.db.read().value(sql("SELECT difference_id FROM difference"))
    with demo_home.db.write() as tx:
        with pytest.raises(Refused):
            renewals.close_differences(tx, people["operator"], differences=[number], note=" ")
        assert renewals.close_differences(tx, people["operator"], differences=[number], note="a discount") == 1
        tx.run(sql("UPDATE state SET st = 'succeeded'"))
    assert look(demo_home) == ({"succeeded": 1}, [], [])


def test_a_viewer_closes_nothing(demo_home, people, bought):
    bought(1)
    with demo_home.db.write() as tx, pytest.raises(Refused):
        renewals.close_differences(tx, people["viewer"], differences=[1], note="x")


def test_days_the_machine_slept_through_are_read_too(demo_home, bought):
    order = bought(1)[0]
    look(demo_home)
    demo_home.clock.move(timedelta(days=4))
    book(demo_home, order | {"iccid": "89860410123450009997"}, 700, order_no="X-2", ago=timedelta(days=2))
    assert look(demo_home)[1] == [("theirs_only", 0, 700)]
    read = demo_home.db.read().rows(sql("SELECT day FROM reconciliation ORDER BY day"))
    assert len(read) == 5


def test_a_booking_that_the_carrier_writes_a_day_late_is_still_found(demo_home, bought):
    order = bought(1)[0]
    look(demo_home)
    demo_home.clock.move(timedelta(days=1))
    book(demo_home, order | {"iccid": "89860410123450009997"}, 700, order_no="X-3", ago=timedelta(days=1, hours=5))
    assert look(demo_home)[1] == [("theirs_only", 0, 700)]


def test_an_account_without_a_statement_leaves_no_comparison(demo_home, bought, monkeypatch):
    bought(1)
    statement_of(demo_home, monkeypatch, lambda _told: None)
    assert reconcile.run(demo_home, GO) is None
    told = {one.account: (one.last_day, one.answer) for one in renewals.statements(demo_home.db.read())}
    assert told == {"practice-a": (None, "yes"), "by-hand": (None, "no")}


def test_a_paper_that_names_another_sum_is_a_difference_and_no_alarm(demo_home, bought):
    order = bought(2, way_to_pay="transfer")[0]
    with demo_home.db.write() as tx:
        tx.run(
            sql(
                "INSERT INTO voucher (sha256, filename, format, bytes, kind, amount_fen, remarks, filed_by, filed_at) VALUES ('a', 'fapiao.pdf', 'pdf', 1, 'invoice', 1100, '[]', 1, $now)"
            ),
            now=tx.now,
        )
        tx.run(sql("INSERT INTO voucher_renewal SELECT voucher_id, $o FROM voucher"), o=order["obligation"])
    assert look(demo_home) == ({"succeeded": 2}, [("amount_differs", ONE, 1100)], [])
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE voucher SET amount_fen = 1200"))
    assert look(demo_home)[1] == []


def test_an_invoice_over_a_top_up_of_a_prepaid_account_is_no_difference(demo_home, bought):
    order = bought(1)[0]
    with demo_home.db.write() as tx:
        tx.run(
            sql(
                "INSERT INTO voucher (sha256, filename, format, bytes, kind, amount_fen, remarks, filed_by, filed_at) VALUES ('a', 'fapiao.pdf', 'pdf', 1, 'invoice', 500000, '[]', 1, $now)"
            ),
            now=tx.now,
        )
        tx.run(sql("INSERT INTO voucher_renewal SELECT voucher_id, $o FROM voucher"), o=order["obligation"])
    assert look(demo_home)[1] == []


def test_a_charge_of_an_order_that_never_left_cannot_be_sent_again(demo_home, people, bought, monkeypatch):
    """Without a key: the first try came late, after it had been given up as not found."""
    order = bought(1)[0]
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE state SET st = 'pending', reason = 'no_answer'"))
        tx.run(sql("UPDATE batch SET state = 'running'"))
    assert look(demo_home) == ({"needs_review": 1}, [("theirs_only", 0, ONE)], ["money_contradicted"])
    assert order
