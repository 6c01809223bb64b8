"""The outbox: what waits and why, what may leave, what becomes of it, and who learns of what does not arrive."""

from datetime import time, timedelta

import pytest

from data.mails import claiming, store
from data.mails.claiming import Limits
from data.mails.rules import Outcome, State
from data.people.rules import SYSTEM, Refused
from data.words import speaking, told
from tests.data.mails.building import address, insert, mails, recipient, reminder, sql

LATER = "550 later"


def queue(tx, n=1, *, kind="digest", slot="2026-11-22", **how):
    return store.queue(tx, SYSTEM, recipient_id=n, kind=kind, slot=slot, **how)


def turn(home, *, channel="mail", **limits):
    """The next mail, claimed; None: nothing may leave."""
    with home.db.write() as tx:
        mail = claiming.next_mail(tx, SYSTEM, channel=channel, limits=Limits(**limits))
        if mail is not None:
            claiming.claim(tx, SYSTEM, mail=mail, domain="example.test", body="text", body_sha256="0")
        return mail


def ends(home, mail, kind, code=None):
    with home.db.write() as tx:
        return claiming.record(tx, SYSTEM, mail_id=mail.mail_id, outcome=Outcome(kind, code, LATER))


def put(home, *made):
    with home.db.write() as tx:
        for one in made:
            one(tx)


def reminders(home):
    return {r["reminder_id"]: r["state"] for r in home.db.read().rows(sql("SELECT reminder_id, state FROM reminder"))}


def test_a_slot_has_one_mail_that_takes_more_until_it_has_left(home):
    with home.db.write() as tx:
        recipient(tx, 1)
        for n in (1, 2, 3):
            reminder(tx, n, recipient_id=1)
        first = queue(tx, reminder_ids=[1])
        assert queue(tx, reminder_ids=[1, 2]) == first
    assert reminders(home) == {1: "in_mail", 2: "in_mail", 3: "due"}
    mail = turn(home)
    with home.db.write() as tx:
        assert queue(tx, reminder_ids=[3]) is None
    assert ends(home, mail, "sent") == claiming.Recorded(first, State.SENT)
    with home.db.write() as tx:
        assert queue(tx, reminder_ids=[3]) is None
        assert queue(tx, slot="2026-11-23", reminder_ids=[3]) != first
    assert reminders(home)[3] == "in_mail"


def test_what_became_moot_before_it_left_takes_up_what_comes_later(home):
    with home.db.write() as tx:
        recipient(tx, 1)
        first = queue(tx)
        mail = claiming.next_mail(tx, SYSTEM, channel="mail", limits=Limits())
        claiming.moot(tx, SYSTEM, mail_id=mail.mail_id)
    assert mails(home)[first]["state"] == "moot"
    assert turn(home) is None
    with home.db.write() as tx:
        assert queue(tx) == first
    assert turn(home).mail_id == first


@pytest.mark.parametrize("state", ["unverified", "bounced", "complained", None])
def test_no_digest_leaves_for_an_address_that_is_not_proved_or_takes_none(home, state):
    with home.db.write() as tx:
        recipient(tx, 1, state=state)
        queue(tx)
    assert turn(home) is None
    assert [row["held_for"] for row in mails(home).values()] == ["address"]
    with home.db.write() as tx:
        tx.run(
            sql("INSERT OR REPLACE INTO address (address, state, since) VALUES ('r1@example.test', 'verified', $now)"),
            now=tx.now,
        )
    assert turn(home).address == "r1@example.test"


def test_a_code_leaves_for_an_address_that_is_not_proved_yet(home):
    with home.db.write() as tx:
        recipient(tx, 1, state="unverified")
        queue(tx, kind="verify")
    assert turn(home).kind == "verify"


def test_a_code_leaves_for_an_address_that_bounced_so_that_it_can_be_proved_again(home):
    with home.db.write() as tx:
        recipient(tx, 1, state="bounced")
        queue(tx)
        queue(tx, kind="verify")
    assert turn(home).kind == "verify"
    assert turn(home) is None


def test_whoever_complained_gets_no_code_either(home):
    with home.db.write() as tx:
        recipient(tx, 1, state="complained")
        queue(tx, kind="verify")
    assert turn(home) is None


def test_who_has_muted_the_digest_still_hears_of_what_is_urgent(home):
    with home.db.write() as tx:
        recipient(tx, 1, state="muted")
        queue(tx)
        queue(tx, kind="urgent")
    assert turn(home).kind == "urgent"
    assert turn(home) is None


def test_a_muted_digest_ends_at_once_and_what_it_carried_is_kept_back(home):
    with home.db.write() as tx:
        recipient(tx, 1, state="muted", lead_id=2)
        recipient(tx, 2)
        reminder(tx, 1, recipient_id=1)
        reminder(tx, 2, recipient_id=1, urgent=True)
        digest = queue(tx, reminder_ids=[1])
        queue(tx, kind="urgent", slot="2026-11-22 10", reminder_ids=[2])
    assert [turn(home).kind, turn(home)] == ["urgent", None], (
        "nor does the lead get it: the ladder tells the lead in time"
    )
    assert reminders(home) == {1: "suppressed", 2: "in_mail"}
    ended = mails(home)[digest]
    assert (ended["state"], ended["held_for"], ended["ended_at"]) == ("moot", None, home.clock.now())
    with speaking("zh_CN"):
        assert told(ended["last_reply"]) == "收件人已退订每日汇总"
    assert store.unreachable(home.db.read()) == []
    home.clock.move(timedelta(days=1))
    assert rolled(home) == []


def test_nobody_lets_a_digest_go_that_its_reader_has_muted(home, people):
    with home.db.write() as tx:
        recipient(tx, 1, quiet_from=time(9), quiet_until=time(11))
        held = queue(tx)
    assert turn(home) is None
    with home.db.write() as tx:
        store.release(tx, people["operator"], mail_id=held)
        tx.run(sql("UPDATE address SET state = 'muted'"))
    assert turn(home) is None
    assert mails(home)[held]["state"] == "moot"


def test_who_signs_in_gets_the_digest_at_an_address_that_another_has_muted(home, people):
    with home.db.write() as tx:
        recipient(tx, 1, state="muted")
        recipient(tx, 2, kind="person", person_id=people["operator"].person_id, address="r1@example.test", state=None)
        queue(tx, 1)
        queue(tx, 2)
    assert [turn(home).recipient_id, turn(home)] == [2, None]


def test_quiet_hours_hold_the_digest_till_the_morning_and_nothing_that_is_urgent(home):
    with home.db.write() as tx:
        recipient(tx, 1, quiet_from=time(20), quiet_until=time(8))
        recipient(tx, 2, quiet_from=time(9), quiet_until=time(11))
        queue(tx, 1)
    assert turn(home).recipient_id == 1  # ten in the morning
    home.clock.move(timedelta(hours=13))
    with home.db.write() as tx:
        queue(tx, 1, slot="2026-11-23")
        queue(tx, 1, kind="urgent", slot="2026-11-22 23")
        queue(tx, 2)
    assert [turn(home).kind, turn(home).recipient_id, turn(home)] == ["urgent", 2, None]
    assert store.counts(home.db.read())["held"]["mails"] == 1
    home.clock.move(timedelta(hours=9))
    assert turn(home).slot == "2026-11-23"


def test_a_storm_holds_digests_until_somebody_says_so(home, people):
    with home.db.write() as tx:
        recipient(tx, 1)
        recipient(tx, 2)
        insert(tx, "reminder_scan", day=tx.today, started_at=tx.now, held_since=tx.now)
        held, other = queue(tx, 1), queue(tx, 2)
        queue(tx, 1, kind="urgent")
        queue(tx, 1, kind="heartbeat")
    assert [turn(home).kind, turn(home).kind, turn(home)] == ["urgent", "heartbeat", None]
    with home.db.write() as tx:
        store.release(tx, people["operator"], mail_id=held)
    assert [turn(home).mail_id, turn(home)] == [held, None]
    with home.db.write() as tx:
        tx.run(sql("UPDATE reminder_scan SET released_at = $now"), now=tx.now)
    assert turn(home).mail_id == other


def test_nobody_lets_mail_go_to_an_address_that_takes_none(home, people):
    with home.db.write() as tx:
        recipient(tx, 1, state="bounced")
        mail_id = queue(tx)
    assert turn(home) is None
    with pytest.raises(Refused, match="Only what quiet hours"), home.db.write() as tx:
        store.release(tx, people["operator"], mail_id=mail_id)


def test_the_kill_switch_holds_everything_and_gives_it_back(home, people):
    with home.db.write() as tx:
        recipient(tx, 1)
        queue(tx, kind="alarm")
        store.stop(tx, people["operator"], channel="mail")
    assert turn(home) is None
    assert [(row["channel"], row["reason"], row["person"]) for row in store.stops(home.db.read())] == [
        ("mail", "person", "operator")
    ]
    with home.db.write() as tx:
        store.go_on(tx, people["administrator"], channel="mail")
    assert turn(home).kind == "alarm"


def test_without_an_account_all_waits(home):
    with home.db.write() as tx:
        recipient(tx, 1)
        queue(tx)
    assert turn(home, account=False) is None
    assert [row["held_for"] for row in mails(home).values()] == ["no_account"]
    assert turn(home) is not None


def test_over_the_caps_of_the_account_mail_stays_queued(home):
    with home.db.write() as tx:
        for n in range(1, 6):
            recipient(tx, n)
            queue(tx, n)
    assert [turn(home, per_minute=2) is None for _ in range(3)] == [False, False, True]
    assert {row["state"] for row in mails(home).values()} == {"sending", "queued"}
    home.clock.move(timedelta(seconds=61))
    assert [turn(home, per_minute=2, per_hour=3) is None for _ in range(2)] == [False, True]
    home.clock.move(timedelta(minutes=60))
    assert turn(home, per_minute=2, per_hour=3) is not None


def test_a_bot_gets_twenty_a_minute_and_another_group_is_not_kept_waiting(home):
    with home.db.write() as tx:
        for n in (1, 2):
            recipient(tx, n, kind="chat", address=None, secret_name="env:BOT", state=None)
        for hour in range(21):
            queue(tx, 1, kind="alarm", slot=f"2026-11-22 {hour:02d}")
        queue(tx, 2)
    told = [turn(home, channel="chat").recipient_id for _ in range(21)]
    assert told == [1] * 20 + [2]
    assert turn(home, channel="chat") is None
    home.clock.move(timedelta(seconds=61))
    assert turn(home, channel="chat").slot == "2026-11-22 20"


def test_a_temporary_refusal_goes_out_later_under_the_same_name(home):
    with home.db.write() as tx:
        recipient(tx, 1)
        queue(tx)
    mail = turn(home)
    name = mails(home)[mail.mail_id]["message_id"]
    ends(home, mail, "retry", 451)
    assert turn(home) is None
    home.clock.move(timedelta(minutes=1))
    again = turn(home)
    assert again.mail_id == mail.mail_id
    assert mails(home)[mail.mail_id]["message_id"] == name
    ends(home, again, "retry", 451)
    home.clock.move(timedelta(minutes=4))
    assert turn(home) is None


def test_an_unclear_mail_goes_out_once_more_and_then_fails(home):
    with home.db.write() as tx:
        recipient(tx, 1, lead_id=2)
        recipient(tx, 2)
        reminder(tx, 1, recipient_id=1)
        queue(tx, reminder_ids=[1])
    assert ends(home, turn(home), "unknown").state is State.UNKNOWN
    with home.db.write() as tx:
        assert claiming.retry_unknown(tx, SYSTEM) == 0
    home.clock.move(timedelta(minutes=10))
    with home.db.write() as tx:
        assert claiming.retry_unknown(tx, SYSTEM) == 1
    ended = ends(home, turn(home), "unknown")
    assert (ended.state, ended.goes_back) == (State.FAILED, True)
    # It may have arrived: nobody else is told as if it had not.
    assert len(mails(home)) == 1


def test_an_unclear_mail_that_is_refused_when_it_goes_again_is_given_up(home):
    with home.db.write() as tx:
        recipient(tx, 1)
        reminder(tx, 1, recipient_id=1)
        first = queue(tx, reminder_ids=[1])
    ends(home, turn(home), "unknown")
    home.clock.move(timedelta(minutes=10))
    with home.db.write() as tx:
        claiming.retry_unknown(tx, SYSTEM)
    ended = ends(home, turn(home), "refused", 550)
    # Whoever proves the address anew gets what it said in a letter of another name, though it may have arrived before.
    assert (ended.mail_id, ended.state, ended.goes_back) == (first, State.FAILED, True)
    assert address(home, 1)["state"] == "bounced"


def test_what_a_kill_cut_off_is_unclear_and_what_another_worker_sends_is_not(home):
    with home.db.write() as tx:
        recipient(tx, 1)
        recipient(tx, 2)
        queue(tx, 1)
    lost = turn(home)
    home.clock.move(timedelta(minutes=5))
    with home.db.write() as tx:
        queue(tx, 2)
    out = turn(home)
    with home.db.write() as tx:
        told = claiming.recover(tx, SYSTEM, before=tx.now - timedelta(minutes=2))
    assert told == [claiming.Recorded(lost.mail_id, State.UNKNOWN)]
    assert mails(home)[out.mail_id]["state"] == "sending"
    # The answer that comes after all is too late to be believed twice.
    assert ends(home, lost, "sent") is None


def test_a_refused_password_stops_the_account_and_costs_no_try(home, people):
    with home.db.write() as tx:
        recipient(tx, 1)
        recipient(tx, 2, kind="person", person_id=people["administrator"].person_id)
        recipient(tx, 3, kind="chat", address=None, secret_name="env:BOT", state=None)
        recipient(tx, 4, kind="chat", address=None, secret_name="env:BOT", part="A1", state=None)
        queue(tx)
    mail = turn(home)
    ends(home, mail, "credential", 535)
    assert mails(home)[mail.mail_id]["tries"] == 0
    assert turn(home) is None
    assert [row["reason"] for row in store.stops(home.db.read())] == ["credential"]
    alarms = [row["recipient_id"] for row in mails(home).values() if row["kind"] == "alarm"]
    assert alarms == [2, 3]
    assert turn(home, channel="chat").recipient_id == 3


def test_what_a_bounced_address_should_have_got_reaches_the_lead(home):
    with home.db.write() as tx:
        recipient(tx, 1, lead_id=2)
        recipient(tx, 2)
        reminder(tx, 1, recipient_id=1)
        queue(tx, reminder_ids=[1])
    ended = ends(home, turn(home), "refused", 550)
    assert (ended.state, ended.goes_back) == (State.FAILED, False)
    assert address(home, 1)["state"] == "bounced"
    to_lead = turn(home)
    assert (to_lead.recipient_id, to_lead.kind) == (2, "alarm")
    items = home.db.read().rows(sql("SELECT reminder_id FROM mail_item WHERE mail_id = $m"), m=to_lead.mail_id)
    assert items == [{"reminder_id": 1}]
    # The next day's digest does not even try.
    home.clock.move(timedelta(days=1))
    with home.db.write() as tx:
        reminder(tx, 2, recipient_id=1)
        tomorrow = queue(tx, slot="2026-11-23", reminder_ids=[2])
    assert turn(home).recipient_id == 2
    assert mails(home)[tomorrow]["state"] == "moot"


def test_where_nobody_can_be_reached_the_cards_are_listed_and_administrators_told(home, people):
    with home.db.write() as tx:
        recipient(tx, 1, lead_id=2, state="bounced")
        recipient(tx, 2, state="bounced")
        recipient(tx, 3, kind="person", person_id=people["administrator"].person_id)
        reminder(tx, 1, recipient_id=1, sim_id=17)
        mail_id = queue(tx, reminder_ids=[1])
    told = turn(home)
    assert (told.recipient_id, told.kind) == (3, "alarm")
    assert turn(home) is None
    assert mails(home)[mail_id]["held_for"] == "address"
    assert [(row["sim_id"], row["recipient_id"]) for row in store.unreachable(home.db.read())] == [(17, 1)]


def test_five_days_without_one_letter_taken_are_too_many(home):
    with home.db.write() as tx:
        recipient(tx, 1)
    for day in range(1, 6):
        with home.db.write() as tx:
            queue(tx, slot=f"day {day}")
        mail = turn(home)
        put(home, lambda tx, mail=mail: tx.run(sql("UPDATE mail SET tries = 40 WHERE mail_id = $m"), m=mail.mail_id))
        assert ends(home, mail, "retry", 452).state is State.FAILED
        assert address(home, 1)["state"] == ("soft_bouncing" if day == 5 else "verified")
    with home.db.write() as tx:
        queue(tx, slot="day 6")
    ends(home, turn(home), "sent")
    assert (address(home, 1)["state"], address(home, 1)["bounces"]) == ("verified", 0)


def test_trouble_on_the_way_says_nothing_of_the_address(home):
    with home.db.write() as tx:
        recipient(tx, 1)
        queue(tx)
    mail = turn(home)
    put(home, lambda tx: tx.run(sql("UPDATE mail SET tries = 40 WHERE mail_id = $m"), m=mail.mail_id))
    ends(home, mail, "retry")
    assert address(home, 1)["bounces"] == 0


def test_an_alarm_is_told_once_for_each_cause_and_day(home, people):
    with home.db.write() as tx:
        recipient(tx, 1, kind="person", person_id=people["administrator"].person_id)
        assert len(store.alarm(tx, SYSTEM, cause="storm", said="x")) == 1
        assert store.alarm(tx, SYSTEM, cause="storm", said="x") == []
        assert len(store.alarm(tx, SYSTEM, cause="silence", said="x")) == 1
    home.clock.move(timedelta(days=1))
    with home.db.write() as tx:
        assert len(store.alarm(tx, SYSTEM, cause="storm", said="x")) == 1


def test_a_mail_that_cannot_be_put_into_words_lets_the_others_pass(home):
    with home.db.write() as tx:
        recipient(tx, 1)
        recipient(tx, 2)
        queue(tx, 1)
        queue(tx, 2)
        mail = claiming.next_mail(tx, SYSTEM, channel="mail", limits=Limits())
        claiming.postpone(tx, SYSTEM, mail=mail)
    assert [turn(home).recipient_id, turn(home)] == [2, None]


def test_a_person_sees_where_the_outbox_stands_and_what_became_of_a_test(home, people):
    with home.db.write() as tx:
        recipient(tx, 1)
        mail_id = store.ask(tx, people["operator"], recipient_id=1, kind="test")
    assert turn(home).mail_id == mail_id
    assert store.one(home.db.read(), mail_id)["state"] == "sending"
    assert store.count_outbox(home.db.read(), state="sending") == 1
    assert store.outbox(home.db.read(), state="sent").num_rows == 0
    assert store.outbox(home.db.read()).column("recipient").to_pylist() == ["代理1"]


def rolled(home):
    with home.db.write() as tx:
        return claiming.roll_over(tx, SYSTEM)


def test_what_did_not_leave_on_its_day_is_due_again_for_that_of_today(home):
    with home.db.write() as tx:
        recipient(tx, 1)
        recipient(tx, 2)
        reminder(tx, 1, recipient_id=1)
        waiting = queue(tx, 1, reminder_ids=[1])
        alarm = queue(tx, 1, kind="alarm", slot="storm 2026-11-22")
        doubtful = queue(tx, 2)
    put(home, lambda tx: tx.run(sql("UPDATE mail SET doubts = 1 WHERE mail_id = $m"), m=doubtful))
    assert rolled(home) == []
    home.clock.move(timedelta(hours=14))
    assert rolled(home) == [claiming.Recorded(waiting, State.MOOT, goes_back=True)]
    assert {m: row["state"] for m, row in mails(home).items()} == {waiting: "moot", alarm: "queued", doubtful: "queued"}


def test_days_of_temporary_refusals_count_though_each_digest_ends_with_its_day(home, people):
    with home.db.write() as tx:
        recipient(tx, 1)
        recipient(tx, 2, kind="person", person_id=people["administrator"].person_id)
    for day in range(5):
        assert address(home, 1)["state"] == "verified"
        with home.db.write() as tx:
            queue(tx, slot=tx.today.isoformat())
        while (mail := turn(home)).recipient_id != 1:
            ends(home, mail, "sent")
        ends(home, mail, "retry", 452)
        home.clock.move(timedelta(days=1))
        assert len(rolled(home)) == 1
        assert address(home, 1)["bounces"] == day + 1
    assert address(home, 1)["state"] == "soft_bouncing"
    assert next(row["slot"] for row in mails(home).values() if row["kind"] == "alarm") == "failed 2026-11-23"


def test_urgent_mail_leaves_once_an_hour_and_takes_along_what_was_late(home):
    with home.db.write() as tx:
        recipient(tx, 1)
        for n in (1, 2, 3):
            reminder(tx, n, recipient_id=1)
        late = queue(tx, kind="urgent", slot="2026-11-22 09", reminder_ids=[1])
        now = queue(tx, kind="urgent", slot="2026-11-22 10", reminder_ids=[2])
    assert mails(home)[late]["state"] == "moot"
    assert [turn(home).mail_id, turn(home)] == [now, None]
    assert home.db.read().value(sql("SELECT count(*) FROM mail_item WHERE mail_id = $m"), m=now) == 2
    with home.db.write() as tx:
        queue(tx, kind="urgent", slot="2026-11-22 10 again", reminder_ids=[3])
    assert turn(home) is None
    home.clock.move(timedelta(hours=1))
    assert turn(home) is not None


def test_who_sleeps_by_day_gets_the_digest_after_midnight(home):
    with home.db.write() as tx:
        recipient(tx, 1, quiet_from=time(8), quiet_until=time(2))
        recipient(tx, 2, quiet_from=time(20), quiet_until=time(8))
        by_day = queue(tx, 1)
        by_night = queue(tx, 2)
    home.clock.move(timedelta(hours=11))
    assert turn(home) is None
    home.clock.move(timedelta(hours=4))
    assert turn(home) is None
    assert {m: row["held_for"] for m, row in mails(home).items()} == {by_day: "quiet", by_night: "quiet"}
    assert [one.mail_id for one in rolled(home)] == [by_night]
    home.clock.move(timedelta(hours=1))
    assert turn(home).mail_id == by_day
