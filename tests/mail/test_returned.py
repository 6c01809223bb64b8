"""Letters that come back: read from a real mailbox, believed only with their proof, and the same however often they are read."""

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from data.mails import returning
from data.mails import store as mails
from data.mails.returning_rules import MOST_BYTES
from data.secrets import OUTSIDE, Secret
from data.words import spoken, told
from jobs import mail, mailbox, read_bounces
from jobs.mail import MailError
from jobs.mailbox import Mailbox, MailboxAccount
from tests.mail.building import House, keys
from tests.mail.mailbox import HOST, PASSWORD, Dovecot
from tests.mail.reports import bounce, complaint, hostile, with_header

ROOT = Path(__file__).parents[2]
CARDS, RECIPIENTS = 2, 3
OF_1 = {("r2@example.test", f"{100 + i:05d}7"[-6:]) for i in range(CARDS)}


@pytest.fixture(scope="module")
def server():
    with_mailbox = Dovecot()
    try:
        yield with_mailbox.start()
    finally:
        with_mailbox.stop()


@pytest.fixture
def box(server, running, tmp_path, monkeypatch):
    """The mailbox, empty; a home that is opened now reads it."""
    server.clear()
    for name, value in server.settings().items():
        monkeypatch.setenv(name, value)
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(running.ca_file.read_bytes() + server.ca_file.read_bytes())
    monkeypatch.setenv("FLOWCARD_MAIL_CA_FILE", str(authorities))
    return server


@pytest.fixture
def closed(closed, box):
    """It reads that mailbox."""
    assert box
    return closed


@pytest.fixture
def letter(house, sink):
    """What left for the first recipient, as the server took it."""
    return sent(house, sink)


def sent(house, sink):
    house.look()
    house.send()
    assert house.states() == {"sent": RECIPIENTS}
    return next(one.content for one in sink.accepted() if one.to == "r1@example.test")


def read(house):
    """A look into the mailbox, as the page Jobs tells it."""
    did = read_bounces.run(house.home, threading.Event())
    return spoken(did) if did else None


def counted(**kinds):
    count = dict.fromkeys(("bounced", "complained", "nothing", "other"), 0) | kinds
    return (
        f"{sum(count.values())} returned mails read: {count['bounced']} refused for good, {count['complained']} complaints,"
        f" {count['nothing']} that change nothing, {count['other']} none of ours"
    )


def standing(house):
    """Everything a returned mail may change."""
    return (
        house.rows("SELECT address, state, last_reply FROM address ORDER BY ALL"),
        house.rows("SELECT mail_id, state, last_reply FROM mail ORDER BY ALL"),
        house.rows("SELECT reminder_id, state FROM reminder ORDER BY ALL"),
        house.rows("SELECT mail_id, reminder_id FROM mail_item ORDER BY ALL"),
    )


def address(house, n=1):
    [row] = house.rows("SELECT * FROM address WHERE address = $a", a=f"r{n}@example.test")
    return row


@pytest.mark.parametrize("headers_only", [False, True])
def test_a_letter_that_comes_back_ends_like_one_refused_at_once(house, sink, box, headers_only):
    house.write("UPDATE recipient SET lead_id = 2 WHERE recipient_id = 1")
    box.put(bounce(sent(house, sink), headers_only=headers_only))
    assert read(house) == counted(bounced=1)
    assert address(house)["state"] == "bounced"
    assert "550 5.1.1" in told(address(house)["last_reply"])
    assert "User unknown" in told(address(house)["last_reply"])
    [row] = house.rows("SELECT state, last_reply FROM mail WHERE recipient_id = 1")
    assert (row["state"], told(row["last_reply"])) == ("failed", told(address(house)["last_reply"]))
    assert (box.count("UNSEEN"), box.count()) == (0, 1)
    house.rest()
    assert set(keys(sink.accepted())) >= OF_1, "what it said reaches the lead"
    assert house.reminded()["done"] == RECIPIENTS * CARDS
    assert house.rows("SELECT object FROM audit WHERE event = 'address:bounced'")
    house.wait(days=4)
    house.look()
    house.rest()
    assert [one.to for one in sink.accepted()].count("r1@example.test") == 1


def test_where_nobody_leads_the_cards_of_a_returned_letter_are_listed_as_nobody_s(house, box, letter):
    box.put(bounce(letter))
    read(house)
    assert house.reminded()["due"] == CARDS
    house.wait(days=1)
    house.look()
    house.rest()
    assert {row["sim_id"] for row in mails.unreachable(house.home.db.read())} == {100, 101}


@pytest.mark.parametrize(
    "how",
    [
        {"action": "delayed", "status": "4.4.1"},
        {"action": "failed", "status": "4.4.7"},
        {"action": "delayed", "status": "5.4.1"},
        {"action": "delivered", "status": "2.0.0"},
        {"action": "failed", "status": "five"},
        {"more": [{"to": "b@example.test", "action": "relayed", "status": "2.0.0", "diagnostic": "smtp; 250 ok"}]},
    ],
    ids=str,
)
def test_what_is_not_refused_for_good_changes_nothing(house, box, letter, how):
    before = standing(house)
    box.put(bounce(letter, **how))
    assert read(house) == counted(nothing=1)
    assert standing(house) == before


def test_whoever_complains_gets_no_more_mail(house, sink, box, letter):
    box.put(complaint(letter, kind="not-spam"))
    assert read(house) == counted(nothing=1)
    assert address(house)["state"] == "verified"
    box.put(complaint(letter))
    assert read(house) == counted(complained=1)
    assert address(house)["state"] == "complained"
    assert house.states() == {"sent": RECIPIENTS}, "it did arrive"
    assert house.rows("SELECT object FROM audit WHERE event = 'address:complained'")
    house.wait(days=4)
    house.look()
    house.rest()
    assert [one.to for one in sink.accepted()].count("r1@example.test") == 1


def test_a_forged_return_changes_nothing(house, sink, box, letter):
    """Its Message-ID may be known to whoever read a list's archive; its proof is known to whoever had the letter."""
    before = standing(house)
    proof = returning.proof(house.home.keyring, message_id="<0@example.test>", address="r1@example.test")
    other = next(one.letter for one in sink.accepted() if one.to == "r2@example.test")
    for wrong in (None, "f" * 32, proof, other["X-Flowcard-Proof"], "", "é" * 32, "f" * 31):
        box.put(bounce(with_header(letter, "X-Flowcard-Proof", wrong)))
        box.put(complaint(with_header(letter, "X-Flowcard-Proof", wrong)))
    box.put(bounce(with_header(letter, "Message-ID", other["Message-ID"])))
    box.put(bounce(with_header(letter, "Message-ID", "<" + "0" * 32 + "@example.test>")))
    assert read(house) == counted(other=16)
    assert standing(house) == before


def test_the_proof_is_of_the_address_too(house, box, letter):
    house.write("UPDATE recipient SET address = 'r2@example.test' WHERE recipient_id = 1")
    before = standing(house)
    box.put(bounce(letter))
    assert read(house) == counted(other=1)
    assert standing(house) == before


def test_a_letter_comes_back_within_seven_days_or_never(house, box, letter):
    house.wait(days=7, seconds=1)
    box.put(bounce(letter))
    assert read(house) == counted(other=1)
    assert address(house)["state"] == "verified"
    house.wait(seconds=-1)
    box.put(bounce(letter))
    assert read(house) == counted(bounced=1)
    assert address(house)["state"] == "bounced"


def test_read_twice_it_is_as_if_read_once(house, sink, box, letter):
    house.write("UPDATE recipient SET lead_id = 2 WHERE recipient_id = 1")
    box.put(bounce(letter), bounce(letter))
    assert read(house) == counted(bounced=2)
    house.rest()
    before, copies = standing(house), len(sink.accepted())
    assert read(house) is None
    box.flag("-FLAGS", "Seen")
    house.wait(days=1)
    assert read(house) == counted(bounced=2)
    house.rest()
    assert (standing(house), len(sink.accepted())) == (before, copies)


def test_an_address_proved_again_meanwhile_stays_proved(house, box, letter):
    box.put(bounce(letter))
    house.wait(hours=1)
    house.write("UPDATE address SET since = $now WHERE address = 'r1@example.test'", now=house.clock.now())
    assert read(house) == counted(bounced=1)
    assert address(house)["state"] == "verified"
    assert house.reminded()["due"] == CARDS, "what the letter said was not heard, and is said once more"


DYING = """
import os, sys, threading
from datetime import datetime
from pathlib import Path
from data.clock import MovedClock
from data.home import open_home
from jobs import mailbox, read_bounces
mailbox.Mailbox.mark_seen = lambda *_given: os.kill(os.getpid(), 9)
home = open_home(Path(sys.argv[1]))
home.db.clock = MovedClock(datetime.fromisoformat(sys.argv[2]))
read_bounces.run(home, threading.Event())
"""


def test_a_kill_between_the_commit_and_the_mark_reads_it_again_to_no_effect(closed, sink, box):
    with closed.open() as house:
        house.write("UPDATE recipient SET lead_id = 2 WHERE recipient_id = 1")
        box.put(bounce(sent(house, sink)))
    told_to = [sys.executable, "-c", DYING, str(closed.path), closed.clock.now().isoformat()]
    assert subprocess.run(told_to, cwd=ROOT, check=False).returncode == -9
    assert box.count("UNSEEN") == 1
    with closed.open() as house:
        assert address(house)["state"] == "bounced"
        before = standing(house)
        assert read(house) == counted(bounced=1)
        assert standing(house) == before
        assert box.count("UNSEEN") == 0
        house.rest()
        assert [one.to for one in sink.accepted()].count("r2@example.test") == 2, "its own, and its colleague's once"


def test_hostile_mail_changes_nothing_and_keeps_nobody_waiting(house, box, letter):
    before, made = standing(house), hostile(letter)
    box.put(*made.values())
    # One of them is a report about our letter that names no address.
    assert read(house) == counted(other=len(made) - 1, nothing=1)
    assert standing(house) == before
    assert box.count("UNSEEN") == 0
    box.put(b"noise", bounce(letter))
    assert read(house) == counted(other=1, bounced=1)


def test_of_a_large_mail_no_more_is_fetched_than_its_beginning(house, box, letter):
    """A letter with its list comes back whole; what counts stands before the list."""
    box.put(bounce(letter + b"x" * 2 * MOST_BYTES), b"a: b\n\n" + b"x" * MOST_BYTES + bounce(letter))
    with closing(Mailbox(mailbox.mailbox_of(house.home))) as opened:
        assert [len(opened.fetch(uid, most_bytes=MOST_BYTES)) for uid in opened.unseen(limit=9)] == [MOST_BYTES] * 2
    assert read(house) == counted(bounced=1, other=1)
    assert box.count("UNSEEN") == 0


def test_a_run_takes_the_oldest_few_and_the_next_one_the_rest(house, box, monkeypatch):
    monkeypatch.setattr(read_bounces, "_AT_ONCE", 2)
    box.put(b"a: b\n\n", b"a: b\n\n", b"a: b\n\n")
    assert [read(house), read(house), read(house)] == [counted(other=2), counted(other=1), None]


def test_whoever_is_stopped_leaves_the_rest_unseen(house, box, monkeypatch):
    stop, real = threading.Event(), mailbox.Mailbox.mark_seen

    def stopping(*given):
        real(*given)
        stop.set()

    monkeypatch.setattr(mailbox.Mailbox, "mark_seen", stopping)
    box.put(b"a: b\n\n", b"a: b\n\n")
    assert spoken(read_bounces.run(house.home, stop)) == counted(other=1)
    assert box.count("UNSEEN") == 1


def test_nothing_is_ever_deleted(house, box, letter):
    box.put(b"a: b\n\n")
    box.flag("+FLAGS", "Deleted")
    box.put(bounce(letter))
    assert read(house) == counted(other=1, bounced=1)
    assert box.count() == 2


def test_a_server_that_asks_learns_which_program_it_is(house, box):
    assert read(house) is None
    assert "name=Flowcard" in (box.folder / "log").read_text()


def test_a_server_that_says_nothing_is_not_waited_for():
    with socket.create_server((HOST, 0)) as silent:
        account = MailboxAccount(HOST, silent.getsockname()[1], "a@example.test", Secret("x"), timeout_s=0.3)
        began = time.monotonic()
        with pytest.raises(MailError) as gone:
            Mailbox(account)
    assert gone.value.msgid == mailbox.UNREADABLE
    assert time.monotonic() - began < 10


def test_a_mailbox_under_another_name_gets_no_password(closed, monkeypatch):
    other = Dovecot(named="other.example.test")
    try:
        other.start()
        for name, value in other.settings().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("FLOWCARD_MAIL_CA_FILE", str(other.ca_file))
        with closed.open() as house, pytest.raises(MailError) as refused:
            read(house)
        assert refused.value.msgid == mail.UNTRUSTED
        assert "user=<returned" not in (other.folder / "log").read_text()
    finally:
        other.stop()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PASSWORD", "env:WRONG_PASSWORD", mailbox.NO_SIGN_IN),
        ("PASSWORD", "env:UNSAYABLE_PASSWORD", mailbox.NO_SIGN_IN),
        ("PASSWORD", "env:NO_PASSWORD", "bounce_password: {why}"),
        ("USER", "returned mail", "{name} is '{value}'; give a whole mail address"),
        ("PORT", "1", mailbox.UNREADABLE),
        ("MAIL_CA_FILE", "/nowhere/ca.pem", mailbox.UNREADABLE),
        ("HOST", "no-such-host.invalid", mailbox.UNREADABLE),
    ],
)
def test_what_is_wrong_with_the_mailbox_is_said_in_words(closed, monkeypatch, name, value, sentence):
    monkeypatch.setenv("WRONG_PASSWORD", "another-one")
    monkeypatch.setenv("UNSAYABLE_PASSWORD", "密-of-the-mailbox")
    monkeypatch.setenv(f"FLOWCARD_{name}" if name.startswith("MAIL") else f"FLOWCARD_BOUNCE_{name}", value)
    with closed.open() as house, pytest.raises(MailError) as wrong:
        read(house)
    assert wrong.value.msgid == sentence
    assert not any(word in str(wrong.value) for word in ("another-one", "密", "5bc6", PASSWORD, "b'"))


def test_a_demo_reads_nobody_s_mail_and_a_home_without_a_mailbox_none(tmp_path, monkeypatch):
    with House(tmp_path / "real").open() as house:
        assert read(house) is None
    monkeypatch.setenv("FLOWCARD_BOUNCE_HOST", "imap.example.test")
    with House(tmp_path / "demo").open(kind="demo") as house, pytest.raises(MailError, match="leave it empty"):
        read(house)


def test_a_locked_key_keeps_no_reminder_back(closed, sink, box, monkeypatch):
    monkeypatch.setenv(OUTSIDE, "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
    with closed.open() as house:
        (house.path / "keys" / "blind").unlink(missing_ok=True)
        house.home.keyring.blind("made under that key")
    monkeypatch.delenv(OUTSIDE)
    with closed.open() as house:
        assert "X-Flowcard-Proof" not in sent(house, sink).decode("latin-1")


def test_only_the_house_itself_can_make_a_proof(house, tmp_path):
    mine = returning.proof(house.home.keyring, message_id="<1@x.test>", address="a@x.test")
    with House(tmp_path / "other").open() as other:
        assert returning.proof(other.home.keyring, message_id="<1@x.test>", address="a@x.test") != mine
    assert len(mine) == 32
    assert os.environ.get(OUTSIDE) is None
    assert house.home.keyring.signature("<1@x.test>|a@x.test", purpose="else")[:32] != mine
    assert timedelta(days=5) < returning.PROVES_FOR
