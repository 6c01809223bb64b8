"""From what is due to what arrives: each once, nobody about a card renewed, and no worse after a kill."""

import base64
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from data.mails import rules
from data.mails import store as mails
from data.people import store as people_store
from data.people.rules import SYSTEM
from data.words import later, speaking, told
from tests.mail.building import House, keys
from tests.mail.server import PASSWORD

ROOT = Path(__file__).parents[2]
LONG = os.environ.get("TESTS_MAIL") == "campaign"
CARDS, RECIPIENTS = 3, 4
WANTED = {(f"r{n}@example.test", f"{n * 100 + i:05d}7"[-6:]) for n in range(1, RECIPIENTS + 1) for i in range(CARDS)}


def test_everybody_hears_once_of_the_cards_that_are_theirs(house, sink):
    house.look()
    assert house.reminded() == {"in_mail": RECIPIENTS * CARDS, "skipped_late": RECIPIENTS * CARDS * 2}
    assert house.send() is not None
    assert keys(sink.accepted()) == Counter(WANTED)
    assert (house.states(), house.reminded()["done"]) == ({"sent": RECIPIENTS}, RECIPIENTS * CARDS)
    assert len({one.session for one in sink.accepted()}) == 1
    house.look()
    assert house.send() is None
    assert len(sink.accepted()) == RECIPIENTS
    [row] = house.rows("SELECT * FROM mail WHERE recipient_id = 1")
    assert row["message_id"] == rules.message_id(rules.digest(1, "digest", "2026-11-23"), "example.test")
    assert row["body"].splitlines()[0] in sink.accepted()[0].letter.get_body(("plain",)).get_content()


def test_n3_a_card_renewed_between_the_look_and_the_claim_is_not_spoken_of(house, sink):
    house.look()
    house.write("UPDATE sim SET expires_on = DATE '2027-11-30' WHERE sim_id < 300 AND sim_id <> 200")
    house.look()
    house.send()
    assert keys(sink.accepted()) == Counter(
        key
        for key in WANTED
        if key[0] in {"r3@example.test", "r4@example.test"} or key == ("r2@example.test", "002007")
    )
    assert house.states() == {"sent": 3, "moot": 1}


def test_n3_a_card_renewed_while_its_mail_is_unclear_is_not_spoken_of_again(house, sink):
    sink.fault("letter drop")
    house.look()
    house.send()
    assert (house.states(), sink.accepted()) == ({"unknown": RECIPIENTS}, [])
    sink.fault()
    house.write("UPDATE sim SET expires_on = DATE '2027-11-30' WHERE sim_id < 200")
    house.wait(minutes=10)
    house.look()
    house.send()
    assert keys(sink.accepted()) == Counter(key for key in WANTED if key[0] != "r1@example.test")


def test_an_unclear_mail_is_sent_once_more_under_the_same_name_and_no_third_time(house, sink):
    sink.fault("ack drop")
    house.look()
    house.send()
    assert house.states() == {"unknown": RECIPIENTS}
    house.wait(minutes=9)
    assert house.send() is None
    house.wait(minutes=1)
    house.send()
    digests = {row["message_id"] for row in house.rows("SELECT message_id FROM mail WHERE kind = 'digest'")}
    assert {copies for name, copies in sink.copies().items() if name in digests} == {2}
    # It is told as failed, and what it said is due again.
    assert house.states()["failed"] == RECIPIENTS
    assert house.reminded()["due"] == RECIPIENTS * CARDS
    sink.fault()
    house.wait(hours=24)
    house.look()
    house.rest()
    assert len(sink.copies()) > RECIPIENTS


def test_a_server_that_is_down_costs_nobody_a_mail(house, sink):
    sink.fault("banner drop")
    house.look()
    house.send()
    assert house.states() == {"queued": RECIPIENTS}
    # The others do not wait for the same dead line one by one.
    assert len(house.rows("SELECT * FROM mail WHERE last_reply IS NOT NULL")) == sink.sessions() == 1
    sink.fault()
    house.send()
    assert len(sink.accepted()) == RECIPIENTS - 1
    house.wait(minutes=1)
    house.send()
    assert keys(sink.accepted()) == Counter(WANTED)


def test_after_an_outage_of_days_everybody_gets_one_digest_with_all_of_it(house, sink):
    sink.fault("banner drop")
    for _day in range(2):
        house.look()
        house.send()
        house.wait(hours=6)
        house.send()
        house.wait(hours=18)
    sink.fault()
    # It is back in the night, before anybody has looked: yesterday's does not leave beside today's.
    house.send()
    assert [one for one in sink.accepted() if one.to != "r3@example.test"] == []
    house.look()
    house.rest()
    digests = {
        row["message_id"] for row in house.rows("SELECT message_id FROM mail WHERE kind = 'digest' AND state = 'sent'")
    }
    arrived = [one for one in sink.accepted() if one.message_id in digests]
    assert Counter(one.to for one in arrived) == {f"r{n}@example.test": 1 for n in range(1, RECIPIENTS + 1)}
    assert keys(arrived) == Counter(WANTED)


def test_a_wrong_password_is_tried_once_and_everything_waits_for_a_person(house, sink):
    sink.fault("auth 535")
    house.look()
    house.send()
    assert sink.sessions() == 1
    house.wait(hours=1)
    house.send()
    assert sink.sessions() == 1
    assert {row["held_for"] for row in house.rows("SELECT held_for FROM mail")} == {"stopped"}
    sink.fault()
    house.write("DELETE FROM mail_stop")
    house.send()
    assert keys(sink.accepted()) == Counter(WANTED)


@pytest.mark.parametrize(
    ("fault", "state", "said"),
    [
        (None, "sent", "localhost已接收：250 taken"),
        ("auth 535", "held", "localhost不接受邮箱账号或密码：535 as told"),
        ("mail 550", "held", "localhost不接受本发件地址的邮件：550 as told"),
        ("rcpt 550", "failed", "localhost拒收发往该地址的邮件：550 as told"),
        ("rcpt 452", "queued", "localhost要求稍后再试：452 as told"),
        ("end 554", "failed", "localhost拒收邮件内容：554 as told"),
        ("banner drop", "queued", "无法连接localhost"),
        ("ack drop", "unknown", "可能已送达"),
    ],
)
def test_a_test_mail_says_in_words_what_became_of_it(house, sink, fault, state, said):
    sink.fault(*[fault] * bool(fault))
    with house.home.db.write() as tx:
        by = people_store.by_name(tx, "operator").actor("page")
        mail_id = mails.ask(tx, by, recipient_id=1, kind="test")
    house.send()
    house.send()
    row = mails.one(house.home.db.read(), mail_id)
    assert row["state"] == state
    with speaking("zh_CN"):
        assert said in told(row["last_reply"])


def test_no_log_and_no_row_holds_the_password_and_no_log_an_address(house, sink, caplog):
    caplog.set_level(logging.DEBUG)
    house.look()
    for fault in ("auth 454", "rcpt 452", "ack drop"):
        sink.fault(fault, times=1)
        house.send()
    house.rest()
    assert sink.accepted()
    rows = json.dumps(house.rows("SELECT * FROM mail"), default=str)
    assert PASSWORD not in caplog.text + rows + "".join(one.content.decode("latin-1") for one in sink.accepted())
    assert base64.b64encode(PASSWORD.encode()).decode() not in caplog.text + rows
    assert "@example.test" not in caplog.text


def test_n6_what_a_bounced_address_should_have_got_reaches_the_lead(house, sink):
    house.write("UPDATE recipient SET lead_id = 2 WHERE recipient_id = 1")
    sink.fault("rcpt 550", to="r1@example.test")
    house.look()
    house.rest()
    cards_of_1 = {card for to, card in WANTED if to == "r1@example.test"}
    assert {card for to, card in keys(sink.accepted()) if to == "r2@example.test"} >= cards_of_1
    assert house.rows("SELECT state FROM address WHERE address = 'r1@example.test'") == [{"state": "bounced"}]
    assert not [one for one in sink.accepted() if one.to == "r1@example.test"]
    assert house.reminded()["done"] == RECIPIENTS * CARDS


def test_n6_with_no_address_left_the_cards_are_listed_as_nobody_s(house, sink):
    sink.fault("rcpt 550", to="r1@example.test")
    house.look()
    house.rest()
    house.wait(hours=24)
    house.look()
    house.rest()
    assert {row["sim_id"] for row in mails.unreachable(house.home.db.read())} == {100, 101, 102}
    told = [one.letter.get_body(("plain",)).get_content() for one in sink.accepted() if one.to == "r3@example.test"]
    assert any("operator" in text and "地址" in text for text in told), "the administrator hears of it"


def test_n7_two_workers_send_each_mail_once(house, sink, count=1_000 if LONG else 30):
    said = later("Today's look saw no card at all; nothing but urgent mail leaves before somebody says so")
    with house.home.db.write() as tx:
        for n in range(count):
            mails.queue(tx, SYSTEM, recipient_id=n % 4 + 1, kind="alarm", slot=f"cause {n}", said=said)
    workers = [threading.Thread(target=house.send) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(sink.accepted()) == count
    assert set(sink.copies().values()) == {1}
    assert house.states() == {"sent": count}
    # A line each; one of them may have sent everything before the other came to it.
    assert {one.session for one in sink.accepted()} <= {1, 2}


HOSTILE = [
    "<script>alert(1)</script><img src=http://127.0.0.1:9/x onerror=alert(1)>",
    "/etc/passwd",
    "甲\r\nBcc: evil@example.test\r\n\r\n<b>",
    "\u202egnp.exe\u2066",
    "长" * 10_000,
]


@pytest.mark.parametrize("name", HOSTILE, ids=["html", "a path", "line breaks", "right to left", "10 kB"])
def test_n8_hostile_names_stay_names_all_the_way(tmp_path, sink, name):
    with House(tmp_path / "home", sink).open() as house:
        house.build(recipients=1, cards=1, hostile=name).look()
        house.send()
    [arrived] = sink.accepted()
    letter = arrived.letter
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    html = letter.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "<img" not in html
    assert "http://127.0.0.1:9" not in html.replace("http://127.0.0.1:9/x onerror", "")
    assert letter["bcc"] is None
    assert b"root:" not in arrived.content
    assert "\u202e" not in html
    assert len(arrived.content) < 200_000


@pytest.fixture(scope="module")
def dying():
    """`dying(house, point)`: one life that ends there."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-m", "tests.mail.dying"], cwd=ROOT, text=True, env=env, **pipes)

    def dies(house, point):
        process.stdin.write(f"{house.clock.now().isoformat()}\t{point}\t{house.path}\n")
        process.stdin.flush()
        assert int(process.stdout.readline()) == -signal.SIGKILL, f"it lived through {point}"

    yield dies
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


@pytest.mark.parametrize("point", ["after queue commit", "after claim commit", "after data", "after the result"])
def test_n2_a_kill_loses_no_key_and_doubles_at_most_what_was_not_acknowledged(closed, sink, dying, point):
    house = closed
    for _life in range(50 if LONG else 3):
        seen = len(sink.accepted())
        with house.open():
            house.wait(hours=24)
            # Another expiry makes other keys: each life has its own to send.
            house.write("UPDATE sim SET expires_on = $day", day=house.clock.today() + timedelta(days=7))
            house.look(queue=point != "after queue commit")
        dying(house, point)
        with house.open():
            house.rest()
            letters = sink.accepted()[seen:]
            again = Counter(one.message_id for one in letters) - Counter({one.message_id for one in letters})
            assert set(keys(letters)) == WANTED
            assert again.total() <= (point == "after data"), "one acknowledgement was lost, or none"
            assert not set(house.states()) & {"sending", "queued", "unknown"}
            assert set(house.reminded()) <= {"done", "moot", "skipped_late"}
