import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data.clock import MovedClock
from data.database import Query
from data.home import Home
from data.mails import store as mails
from data.people.rules import SYSTEM, Actor
from data.reminders import scanning
from data.sims.store import roll_up
from data.words import spoken
from jobs import send_reminders
from tests.fleet import run as sql
from tests.fleet import stock
from tests.reminding import recipient, rule

GO = threading.Event()
DAY = date(2026, 11, 23)


def at(home: Home, hour: int, minute: int = 0, *, day: date = DAY) -> None:
    """It is that hour in Shanghai."""
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=8)
    home.db.clock = MovedClock(local)


@pytest.fixture
def reminding(home: Home, people: dict[str, Actor]) -> Home:
    """A fleet that ends in December, an operator who hears of it a month ahead, an administrator who hears of trouble."""
    stock(home)
    at(home, 9)
    for who in ("operator", "administrator"):
        recipient(home, who, person_id=people[who].person_id)
    rule(home, "expiry", "30,14,7,3,1,0,-1")
    with home.db.write() as tx:
        roll_up(tx)
    return home


def outbox(home: Home, kind: str) -> list[dict[str, Any]]:
    found = "SELECT m.*, r.name, (SELECT count(*) FROM mail_item i WHERE i.mail_id = m.mail_id) AS items FROM mail m JOIN recipient r USING (recipient_id) WHERE m.kind = $kind ORDER BY mail_id"
    return home.db.read().rows(Query("test", "", found), kind=kind)


def test_a_day_has_one_look_one_digest_and_one_sign_of_life(reminding: Home) -> None:
    for minute in range(3):
        at(reminding, 9, minute)
        send_reminders.run(reminding, GO)
    digest = outbox(reminding, "digest")
    assert [(row["name"], row["slot"]) for row in digest] == [("operator", "2026-11-23")]
    assert digest[0]["items"] > 20
    assert [row["name"] for row in outbox(reminding, "heartbeat")] == ["administrator"]
    at(reminding, 9, day=DAY + timedelta(days=1))
    send_reminders.run(reminding, GO)
    assert len(outbox(reminding, "heartbeat")) == 2


def test_nothing_leaves_before_the_hour(reminding: Home) -> None:
    at(reminding, 7, 59)
    assert send_reminders.run(reminding, GO) is None
    assert outbox(reminding, "digest") == []
    at(reminding, 8)
    assert send_reminders.run(reminding, GO)
    assert len(outbox(reminding, "digest")) == 1


def test_what_came_up_yesterday_does_not_take_the_place_of_todays_digest(reminding: Home) -> None:
    send_reminders.run(reminding, GO)
    with reminding.db.write() as tx:
        sql(tx, "UPDATE mail SET state = 'sent'")
        sql(tx, "UPDATE reminder SET state = 'due' WHERE reminder_id = (SELECT min(reminder_id) FROM reminder)")
    at(reminding, 6, day=DAY + timedelta(days=1))
    assert send_reminders.run(reminding, GO) is None
    at(reminding, 8, day=DAY + timedelta(days=1))
    send_reminders.run(reminding, GO)
    assert [row["slot"] for row in outbox(reminding, "digest")] == ["2026-11-23", "2026-11-24"]


def test_urgent_cards_leave_by_a_mail_of_their_own(reminding: Home) -> None:
    with reminding.db.write() as tx:
        sql(tx, "UPDATE sim SET expires_on = $day WHERE sim_id = 1", day=DAY)
        roll_up(tx)
    send_reminders.run(reminding, GO)
    assert [(row["slot"], row["items"]) for row in outbox(reminding, "urgent")] == [("2026-11-23 09", 1)]


def test_a_sign_of_life_is_given_when_nothing_is_due(home: Home, people: dict[str, Actor]) -> None:
    at(home, 9)
    recipient(home, "administrator", person_id=people["administrator"].person_id)
    send_reminders.run(home, GO)
    said = [spoken(row["said"]) for row in outbox(home, "heartbeat")]
    assert said == [
        "0 reminders due, 0 SIMs looked at, last refresh –, oldest mail waiting for 0 min, 0 unclear, 0 kept back because nobody takes them"
    ]


def test_a_look_that_fails_is_told_of_within_a_day_and_a_minute(
    reminding: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_reminders.run(reminding, GO)

    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("the look breaks off")

    monkeypatch.setattr(scanning, "scan", broken)
    at(reminding, 8, 59, day=DAY + timedelta(days=1))
    with pytest.raises(RuntimeError):
        send_reminders.run(reminding, GO)
    assert outbox(reminding, "alarm") == []
    for minute in (1, 2):
        at(reminding, 9, minute, day=DAY + timedelta(days=1))
        with pytest.raises(RuntimeError):
            send_reminders.run(reminding, GO)
    alarms = outbox(reminding, "alarm")
    assert [row["name"] for row in alarms] == ["administrator"]
    assert "since 2026-11-23 09:00" in spoken(alarms[0]["said"])


def test_cards_nobody_is_reminded_of_are_an_alarm(reminding: Home) -> None:
    with reminding.db.write() as tx:
        sql(tx, "UPDATE reminder_rule SET carrier = 'unicom'")
    send_reminders.run(reminding, GO)
    (alarm,) = outbox(reminding, "alarm")
    assert "nobody is reminded of them" in spoken(alarm["said"])


def test_an_emptied_table_is_an_alarm_and_no_quiet_day(reminding: Home) -> None:
    send_reminders.run(reminding, GO)
    with reminding.db.write() as tx:
        sql(tx, "DELETE FROM sim")
        roll_up(tx)
    at(reminding, 9, day=DAY + timedelta(days=1))
    send_reminders.run(reminding, GO)
    assert "no card at all" in spoken(outbox(reminding, "alarm")[0]["said"])


def test_a_storm_holds_digests_and_raises_one_alarm(reminding: Home) -> None:
    stock_more = "INSERT INTO sim BY NAME SELECT 1000 + i AS sim_id, printf('8986009%012d', i) AS stem, printf('8986009%012d1', i) AS iccid, 'mobile' AS carrier, 'active' AS status, $day AS expires_on, $now AS observed_at FROM generate_series(1, 200) t(i)"
    send_reminders.run(reminding, GO)
    before = outbox(reminding, "digest")
    with reminding.db.write() as tx:
        sql(tx, stock_more, day=DAY + timedelta(days=10), now=tx.now)
        roll_up(tx)
    for minute in (0, 1):
        at(reminding, 9, minute, day=DAY + timedelta(days=1))
        send_reminders.run(reminding, GO)
    assert len(outbox(reminding, "alarm")) == 1
    assert "far more than ever" in spoken(outbox(reminding, "alarm")[0]["said"])
    assert outbox(reminding, "digest") == before


def test_a_clock_that_ran_a_year_ahead_does_not_hide_that_nobody_looks(reminding: Home) -> None:
    at(reminding, 9, day=DAY + timedelta(days=365))
    send_reminders.run(reminding, GO)
    at(reminding, 9)
    send_reminders.run(reminding, GO)
    assert scanning.looked_on(reminding.db.read(), DAY)
    assert not scanning.looked_on(reminding.db.read(), DAY + timedelta(days=365))


def test_administrators_are_told_once_a_day_each(reminding: Home) -> None:
    with reminding.db.write() as tx:
        assert len(mails.sign_of_life(tx, SYSTEM, said="{}")) == 1
        assert mails.sign_of_life(tx, SYSTEM, said="{}") == []
