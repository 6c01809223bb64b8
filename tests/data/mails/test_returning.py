"""What a returned mail is understood to say, whoever wrote it, and how long that may take."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.mails.returning_rules import PROOF, Returned, read
from tests.mail.reports import bounce, complaint, hostile

MESSAGE_ID, SIGNED = "<" + "a" * 32 + "@example.test>", "b" * 32
LETTER = (
    f"From: flowcard@example.test\r\nTo: wang@example.test\r\nSubject: =?utf-8?b?5Y2h?=\r\nMessage-ID: {MESSAGE_ID}\r\n"
    f"{PROOF}: {SIGNED}\r\n\r\nthree cards end today\r\n"
).encode()
HOSTILE = hostile(LETTER)


def test_a_report_says_which_letter_was_refused_and_what_the_server_answered():
    answer = "550 5.1.1 <wang@example.test>: Recipient address rejected: User unknown"
    wanted = Returned("bounced", MESSAGE_ID, SIGNED, answer)
    assert read(bounce(LETTER)) == read(bounce(LETTER, headers_only=True)) == wanted
    assert read(bounce(LETTER).replace(b"\r\n", b"\n")) == read(bounce(LETTER).replace(b"\r\n", b"\r")) == wanted


@pytest.mark.parametrize("proof", [b"", b"b" * 31, b"B" * 32, b"\xe9" * 32, "é".encode() * 16, b"b" * 33])
def test_a_proof_that_cannot_be_ours_is_none(proof):
    assert read(bounce(LETTER.replace(SIGNED.encode(), proof))) is None


@pytest.mark.parametrize("name", [b"", b"<1@example.test>", b"a" * 32, b"<" + b"a" * 32 + b"@x'; DROP>"])
def test_a_name_that_cannot_be_ours_is_none(name):
    assert read(bounce(LETTER.replace(MESSAGE_ID.encode(), name))) is None


def test_what_only_holds_a_report_is_none():
    assert read(bounce(LETTER).replace(b"multipart/report", b"multipart/mixed")) is None


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", "bounced"),
        ("Failed (no such user)", "5.2.2 (mailbox full)", "bounced"),
        ("failed", "4.4.7", "nothing"),
        ("failed", "15.1.1", "nothing"),
        ("delayed", "5.1.1", "nothing"),
        ("delivered", "2.0.0", "nothing"),
        ("expanded", "2.0.0", "nothing"),
        ("", "5.1.1", "nothing"),
        ("failed", "", "nothing"),
    ],
)
def test_only_what_failed_for_good_is_a_bounce(action, status, kind):
    assert read(bounce(LETTER, action=action, status=status)).kind == kind


def test_a_letter_that_somebody_got_has_arrived():
    other = {"to": "li@example.test", "action": "failed", "status": "5.1.1", "diagnostic": ""}
    assert read(bounce(LETTER, more=[other])).kind == "bounced"
    assert read(bounce(LETTER, more=[other | {"action": "relayed", "status": "2.0.0"}])).kind == "nothing"


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("abuse", "complained"), ("Fraud", "complained"), ("not-spam", "nothing"), ("auth-failure", "nothing")],
)
def test_a_complaint_is_one_that_a_person_made(kind, wanted):
    assert read(complaint(LETTER, kind=kind)).kind == wanted


def test_odd_signs_hide_no_bounce_and_reach_no_screen():
    odd = bounce(LETTER, diagnostic="smtp; 550 \x1b[31mno\x07 such\u202e user \udcff" + "x" * 1_000, status="5.1.1")
    found = read(odd.replace(b"us-ascii", b"x-nobody-knows"))
    assert found.kind == "bounced"
    assert found.answer.isprintable()
    assert found.answer.startswith("550")
    assert len(found.answer) <= 300
    assert read(bounce(LETTER, diagnostic="smtp;")).answer == "5.1.1"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_says_nothing_and_takes_no_time(name):
    began = time.thread_time()
    found = read(HOSTILE[name])
    assert found is None or found.kind == "nothing"
    assert time.thread_time() - began < 2


@given(st.binary(max_size=2_000), st.integers(0, 2_000), st.integers(0, 2_000))
def test_whatever_is_cut_out_or_put_in_nothing_is_raised(noise, first, last):
    for good in (bounce(LETTER), complaint(LETTER)):
        found = read(good[:first] + noise + good[last:])
        assert found is None or (found.message_id, found.proof) == (MESSAGE_ID, SIGNED)
