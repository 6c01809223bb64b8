"""From the link in an agent's digest to what no longer arrives, and to what still does."""

import re
import threading
from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest

from data.reminders import muting
from data.secrets import OUTSIDE
from data.sims.rolling import roll_up
from jobs import send_outbox, send_reminders
from tests.mail.building import House

GO = threading.Event()
AGENT, ADMINISTRATOR = "r1@example.test", "r3@example.test"


@pytest.fixture
def house(tmp_path, sink):
    """Recipient 1 is an agent with two cards that end on Friday 2026-12-04; it is the Friday before."""
    house = House(tmp_path / "home", sink)
    with house.open(public_url="https://cards.example.com"):
        house.build(recipients=3, cards=2)
        house.write("INSERT INTO agent (agent_id, agent_no, name) VALUES (1, 'A1', '顺达')")
        house.write("UPDATE merchant SET agent_id = 1")
        house.write(
            "UPDATE recipient SET kind = 'agent', person_id = NULL, part = 'A1', language = NULL WHERE recipient_id = 1"
        )
        house.write("UPDATE sim SET expires_on = $day", day=date(2026, 12, 4))
        with house.home.db.write() as tx:
            roll_up(tx)
        house.wait(days=4)
        yield house


def day(house, sink):
    """What one morning brings, mails a minute after the look: (to, letter)."""
    before = len(sink.accepted())
    send_reminders.run(house.home, GO)
    house.wait(minutes=1)
    send_outbox.run(house.home, GO)
    return [(one.to, one) for one in sink.accepted()[before:]]


def to_agent(arrived):
    return [one.letter for to, one in arrived if to == AGENT]


def text(letter):
    return letter.get_body(("plain",)).get_content()


def test_after_one_click_digests_stop_are_counted_and_the_urgent_letter_still_comes(house, sink):
    arrived = day(house, sink)
    [digest] = to_agent(arrived)
    [raw] = [one.content for to, one in arrived if to == AGENT]
    link = re.search(rb"\r\nList-Unsubscribe: <(https://cards\.example\.com/unsubscribe\?\S+)>\r\n", raw)[1].decode()
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert f"退订每日汇总: {link}" in text(digest)
    assert not [one for to, one in arrived if to != AGENT and one.letter["list-unsubscribe"]], "people answer otherwise"
    [kept] = house.rows("SELECT body FROM mail WHERE recipient_id = 1")
    assert "退订每日汇总: …" in kept["body"], "the outbox shows the link to nobody"
    with house.home.db.write() as tx:
        assert muting.mute_by_link(tx, house.home.keyring, dict(parse_qsl(urlsplit(link).query)))

    house.wait(days=4)  # three days ahead
    assert to_agent(day(house, sink)) == []
    assert {
        row["state"] for row in house.rows("SELECT state FROM reminder WHERE recipient_id = 1 AND stage = '3'")
    } == {"suppressed"}
    house.wait(days=1)
    told = [text(one.letter) for to, one in day(house, sink) if to == ADMINISTRATOR]
    assert any("因退订或地址不收信而未发 2 条" in one for one in told)

    house.wait(days=1)  # the last day
    [urgent] = to_agent(day(house, sink))
    assert urgent["subject"].startswith("急办")
    assert [part.get_filename() for part in urgent.iter_attachments()] == ["流量卡-2026-12-03.xlsx"]
    assert (urgent["list-unsubscribe"], "unsubscribe" in text(urgent)) == (None, False)
    assert set(house.states()) <= {"sent", "moot"}, "nothing waits for an address that wants nothing"


def test_a_locked_key_keeps_no_digest_back(house, sink, monkeypatch):
    monkeypatch.setenv(OUTSIDE, "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
    (house.path / "keys" / "blind").unlink(missing_ok=True)
    house.home.keyring.blind("made under that key")
    monkeypatch.delenv(OUTSIDE)
    [digest] = to_agent(day(house, sink))
    assert (digest["list-unsubscribe"], "unsubscribe" in text(digest)) == (None, False)
