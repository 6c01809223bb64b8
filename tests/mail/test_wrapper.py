"""N1: every way the conversation with a mail server can go wrong, and the one name it has."""

import json
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from data.secrets import Secret
from jobs import mail
from jobs.letters import wire
from jobs.mail import Line
from tests.mail.running import Sink

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TO = "wang@example.test"


@dataclass(frozen=True)
class Letter:
    subject: str = "到期提醒"
    text: str = "三张卡今天到期\n.\n.点"
    html: str = "<p>三张卡今天到期</p>"
    workbook: bytes | None = None
    workbook_name: str = ""
    mute_link: str = ""


def written(letter=None, message_id="<1@example.test>"):
    known = {"sender": "flowcard@example.test", "to": TO, "message_id": message_id, "proof": "f" * 32}
    return wire.message(letter or Letter(), now=NOW, **known)


def sent(sink, *, to=TO, **how):
    line = Line(sink.account(**how))
    try:
        return line.send(written(), to=to)
    finally:
        line.close()


def told(outcome):
    """The sentence of what happened, and its values."""
    said = json.loads(outcome.reply)
    return said["msgid"], said["values"]


def test_a_letter_arrives_once_as_it_was_written(sink):
    outcome = sent(sink)
    assert (outcome.kind, told(outcome)) == ("sent", (mail.TAKEN, {"host": "localhost", "answer": "250 taken"}))
    [arrived] = sink.accepted()
    assert (arrived.to, arrived.message_id) == (TO, "<1@example.test>")
    letter = arrived.letter
    assert letter["subject"] == "到期提醒"
    assert (letter["auto-submitted"], letter["x-flowcard-proof"]) == ("auto-generated", "f" * 32)
    assert [part.get_content_type() for part in letter.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert letter.get_body(("plain",)).get_content().splitlines() == ["三张卡今天到期", ".", ".点"]
    assert letter.get_body(("html",)).get_content().strip() == "<p>三张卡今天到期</p>"


def test_the_link_that_mutes_stands_on_the_line_as_rfc_8058_wants_it(sink):
    link = f"https://{'cards.' * 20}example.com/unsubscribe?to=12&until=2026-12-22&sign={'a' * 32}"
    line = Line(sink.account())
    line.send(written(Letter(mute_link=link)), to=TO)
    line.close()
    [arrived] = sink.accepted()
    head = arrived.content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert f"List-Unsubscribe: <{link}>".encode() in head, "whole and in no encoded pieces"
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert b"unsubscribe" not in written().lower()


# Fault: what it is called, how many copies arrived, what it says of the address, what a person is told.
TABLE = {
    "banner 421": ("retry", 0, None, mail.UNREACHABLE),
    "banner 554": ("retry", 0, None, mail.UNREACHABLE),
    "banner drop": ("retry", 0, None, mail.UNREACHABLE),
    "banner huge": ("retry", 0, None, mail.UNREACHABLE),
    "banner endless": ("retry", 0, None, mail.UNREACHABLE),
    "banner slow": ("retry", 0, None, mail.UNREACHABLE),
    "auth 454": ("retry", 0, None, mail.UNREACHABLE),
    "auth 535": ("credential", 0, None, mail.NO_SIGN_IN),
    "auth drop": ("retry", 0, None, mail.UNREACHABLE),
    "mail 421": ("retry", 0, None, mail.NOT_NOW),
    "mail 451": ("retry", 0, None, mail.NOT_NOW),
    "mail 550": ("credential", 0, None, mail.NO_SENDER),
    "mail drop": ("retry", 0, None, mail.UNREACHABLE),
    "mail slow": ("retry", 0, None, mail.UNREACHABLE),
    "rcpt 452": ("retry", 0, 452, mail.NOT_NOW),
    "rcpt 550": ("refused", 0, 550, mail.NO_RECIPIENT),
    "rcpt drop": ("retry", 0, None, mail.UNREACHABLE),
    "rcpt slow": ("retry", 0, None, mail.UNREACHABLE),
    "data 451": ("retry", 0, 451, mail.NOT_NOW),
    "data 554": ("refused", 0, 554, mail.NO_LETTER),
    "data drop": ("unknown", 0, None, mail.UNCLEAR),
    "letter drop": ("unknown", 0, None, mail.UNCLEAR),
    "end 452": ("retry", 0, 452, mail.NOT_NOW),
    "end 554": ("refused", 0, 554, mail.NO_LETTER),
    "ack drop": ("unknown", 1, None, mail.UNCLEAR),
    "ack slow": ("unknown", 1, None, mail.UNCLEAR),
    "ack garbage": ("unknown", 1, None, mail.UNCLEAR),
    "ack endless": ("unknown", 1, None, mail.UNCLEAR),
    "quit drop": ("sent", 1, None, mail.TAKEN),
    "quit slow": ("sent", 1, None, mail.TAKEN),
    "quit endless": ("sent", 1, None, mail.TAKEN),
}


def test_the_table_has_every_fault_of_the_sink():
    from tests.mail.server import STEPS

    assert set(TABLE) == set(STEPS)


@pytest.mark.parametrize("fault", TABLE)
def test_each_fault_has_one_name(sink, fault):
    sink.fault(fault)
    began = time.monotonic()
    outcome = sent(sink)
    kind, copies, code, sentence = TABLE[fault]
    assert (outcome.kind, outcome.code, told(outcome)[0]) == (kind, code, sentence)
    assert len(sink.accepted()) == copies
    assert time.monotonic() - began < 10, "its deadline is two seconds"


def test_a_server_that_is_down_is_tried_later(sink):
    outcome = sent(sink, port=1)
    assert (outcome.kind, outcome.code) == ("retry", None)
    assert sent(sink, host="no-such-host.invalid").kind == "retry"


def test_a_wrong_password_stops_the_account(sink):
    for password in ("wrong", "密码"):
        outcome = sent(sink, password=Secret(password))
        assert outcome.kind == "credential"
        assert password not in outcome.reply
    assert sink.accepted() == []


@pytest.mark.parametrize(
    "how",
    [{"named": "other.example.test"}, {"expired": True}, {"trusted": False}],
    ids=["other host", "expired", "unknown"],
)
def test_a_certificate_that_is_not_to_be_trusted_gets_neither_password_nor_letter(tmp_path, how):
    trusted = how.pop("trusted", True)
    sink = Sink(tmp_path / "sink", **how).start()
    try:
        outcome = sent(sink) if trusted else sent(sink, ca_file=None)
        assert (outcome.kind, told(outcome)[0]) == ("retry", mail.UNTRUSTED)
        assert sink.accepted() == []
    finally:
        sink.kill()


def test_starttls_is_verified_too_and_nothing_is_said_in_clear(tmp_path):
    sink = Sink(tmp_path / "one", way="--starttls").start()
    other = Sink(tmp_path / "two", way="--starttls", named="other.example.test").start()
    plain = Sink(tmp_path / "three", way="--plain").start()
    try:
        assert sent(sink).kind == "sent"
        assert (sent(other).kind, told(sent(other))[0]) == ("retry", mail.UNTRUSTED)
        outcome = sent(plain)
        assert (outcome.kind, told(outcome)[0]) == ("retry", mail.UNREACHABLE)
        assert "STARTTLS" in told(outcome)[1]["why"]
        assert (len(sink.accepted()), other.accepted(), plain.accepted()) == (1, [], [])
    finally:
        for one in (sink, other, plain):
            one.kill()


@pytest.mark.parametrize(
    "address",
    ["", "wang", "wang@localhost", "王@example.test", "a@example.test, b@example.test", "a@example.test\r\nRCPT TO:<b@x.test>",
     "a b@example.test", '"a"@example.test', "<a@example.test>", "a@example.test\n", "a@exa mple.test"],
)  # fmt: skip
def test_nothing_but_a_plain_address_is_ever_said_to_a_server(sink, address):
    assert sent(sink, to=address).kind == "refused"
    assert sink.sessions() == 0


def test_one_line_serves_a_run_and_is_opened_anew_when_it_has_gone_stale(sink):
    line = Line(sink.account())
    assert [line.send(written(), to=TO).kind for _ in range(3)] == ["sent"] * 3
    assert {one.session for one in sink.accepted()} == {1}
    sink.fault("mail 421", times=1)
    assert line.send(written(), to=TO).kind == "sent"
    sink.fault("mail drop", times=1)
    assert line.send(written(), to=TO).kind == "sent"
    sink.fault("rcpt 550", to="gone@example.test")
    assert line.send(written(), to="gone@example.test").kind == "refused"
    assert line.send(written(), to=TO).kind == "sent"
    line.close()
    assert len(sink.accepted()) == 6


def test_a_line_that_goes_stale_late_gets_no_second_deadline(sink):
    line = Line(sink.account(timeout_s=30))
    line.send(written(), to=TO)
    # The second line is only opened when the time for both is almost over.
    sink.fault("mail slow", "banner endless", seconds=30)
    began = time.monotonic()
    assert line.send(written(), to=TO).kind == "retry"
    assert time.monotonic() - began < 10, "both together have two seconds"
    line.close()


def test_an_unclear_letter_is_not_sent_again_by_the_line_itself(sink):
    line = Line(sink.account())
    line.send(written(), to=TO)
    sink.fault("ack drop")
    assert line.send(written(), to=TO).kind == "unknown"
    line.close()
    assert len(sink.accepted()) == 2


def test_no_thread_and_no_line_is_left_behind(sink):
    before = threading.active_count()
    sent(sink)
    sink.fault("ack slow")
    sent(sink)
    until = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() == before


HOSTILE = {
    "html": "<script>alert(1)</script><img src=http://127.0.0.1:9/x>",
    "a path": "/etc/passwd",
    "line breaks": "到期\r\nBcc: evil@example.test\r\n\r\n<b>body</b>",
    "right to left": "\u202egnp.exe\u2066",
    "long": "长" * 10_000,
    "dots": ".\r\n.\r\nQUIT",
    "surrogate": "a\ud800b",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_n8_a_hostile_name_adds_no_header_no_attachment_and_no_recipient(sink, name, tmp_path):
    hostile = HOSTILE[name]
    line = Line(sink.account())
    line.send(written(Letter(subject=hostile, text=hostile, html=hostile)), to=TO)
    line.close()
    [arrived] = sink.accepted()
    letter = arrived.letter
    assert sorted(key.lower() for key in letter) == [
        "auto-submitted", "content-type", "date", "from", "message-id", "mime-version", "subject", "to", "x-flowcard-proof",
    ]  # fmt: skip
    assert letter.is_multipart()
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert not list(letter.iter_attachments())
    assert b"root:" not in arrived.content
    assert max(len(row) for row in arrived.content.split(b"\r\n")) < 998


def test_the_one_list_a_letter_names_is_the_only_thing_attached():
    letter = message_from_bytes(
        written(Letter(workbook=b"PK rows", workbook_name="续费清单\r\nX-Evil: 1.xlsx")), policy=policy.default
    )
    [attached] = letter.iter_attachments()
    assert attached.get_content() == b"PK rows"
    assert "x-evil" not in {key.lower() for part in letter.walk() for key in part}
