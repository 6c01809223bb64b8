"""The outbox and its wrapper made wrong in one place each; every one of them has a test that does not let it live."""

import inspect
import textwrap
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from unittest import mock

import pytest

from data.database import Query
from data.mails import claiming, rules
from data.reminders import store as reminders
from jobs import chat, mail, send_outbox
from jobs.letters import wire
from tests.mail import test_chat, test_sending, test_wrapper


def rewritten(owner, name, *pieces):
    """A function with pieces of its source replaced; each piece must be there."""
    real = inspect.getattr_static(owner, name)
    source = textwrap.dedent(inspect.getsource(real))
    for old, new in pieces:
        assert old in source, f"{name} has no '{old}' any more"
        source = source.replace(old, new)
    made = {}
    exec(
        compile("from __future__ import annotations\n" + source, f"<mutant of {name}>", "exec"), real.__globals__, made
    )
    return mock.patch.object(owner, name, made[name])


def requeried(queries, name, old, new):
    """A statement with a piece replaced."""
    known = queries.__dict__["_queries"]
    assert old in known[name].sql, f"{name} has no '{old}' any more"
    return mock.patch.dict(known, {name: Query(name, known[name].sentence, known[name].sql.replace(old, new))})


@contextmanager
def claim_after_send():
    """A mail is only claimed when its outcome is written down."""
    claim, record = claiming.claim, claiming.record
    later = {}

    def no_claim(tx, by, *, mail, domain, **told):
        later[mail.mail_id] = {"mail": mail, "domain": domain, **told}
        return rules.message_id(mail.digest, domain)

    def claims(tx, by, *, mail_id, outcome):
        if tx.value(Query("q", "", "SELECT state FROM mail WHERE mail_id = $m"), m=mail_id) != "queued":
            return None
        claim(tx, by, **later[mail_id])
        return record(tx, by, mail_id=mail_id, outcome=outcome)

    with mock.patch.object(claiming, "claim", no_claim), mock.patch.object(claiming, "record", claims):
        yield


@contextmanager
def own_retries():
    """What yagmail's send() does: a lost connection is tried again at once, up to three times."""
    real = mail.Line.send

    def send(line, content, *, to):
        for _try in range(3):
            outcome = real(line, content, to=to)
            if outcome.kind != "unknown":
                break
        return outcome

    with mock.patch.object(mail.Line, "send", send):
        yield


@dataclass(frozen=True)
class Mutant:
    """One way to be wrong, and the test that notices, with what it takes besides its fixtures."""

    on: Callable
    killer: Callable
    needs: str  # house, sink, tmp_path, bots, in the order of the killer's arguments
    told: tuple = ()


def of(owner, name, *pieces):
    return lambda: rewritten(owner, name, *pieces)


HOUSE, SINK = "house sink", "sink"
MUTANTS = {
    "send() with its own retries": Mutant(
        own_retries, test_sending.test_an_unclear_mail_is_sent_once_more_under_the_same_name_and_no_third_time, HOUSE
    ),
    "claim after send": Mutant(claim_after_send, test_sending.test_n7_two_workers_send_each_mail_once, HOUSE, (20,)),
    "default Message-ID": Mutant(
        of(claiming, "claim", ("rules.message_id(mail.digest, domain)", 'f"<{mail.recipient_id}@{domain}>"')),
        test_sending.test_n7_two_workers_send_each_mail_once,
        HOUSE,
        (20,),
    ),
    "no re-check": Mutant(
        lambda: requeried(
            reminders.Q, "its_items", "WHEN t.reminder_id IS NULL OR i.made_at > $now THEN", "WHEN false THEN"
        ),
        test_sending.test_n3_a_card_renewed_while_its_mail_is_unclear_is_not_spoken_of_again,
        HOUSE,
    ),
    "unknown treated as failed": Mutant(
        of(rules, "doubted", ("doubts + 1 >= _MOST_DOUBTS", "True")),
        test_sending.test_an_unclear_mail_is_sent_once_more_under_the_same_name_and_no_third_time,
        HOUSE,
    ),
    "unknown treated as sent": Mutant(
        of(rules, "after", ("return doubted(doubts=doubts)", "return After(State.SENT)")),
        test_sending.test_an_unclear_mail_is_sent_once_more_under_the_same_name_and_no_third_time,
        HOUSE,
    ),
    "result tested by truth value": Mutant(
        of(send_outbox, "_one", ("outcome=outcome", 'outcome=Outcome("sent") if outcome else outcome')),
        test_sending.test_a_server_that_is_down_costs_nobody_a_mail,
        HOUSE,
    ),
    "a bounced address is tried for ever": Mutant(
        of(claiming, "_note_address", ('outcome.kind == "refused"', "False")),
        test_sending.test_n6_what_a_bounced_address_should_have_got_reaches_the_lead,
        HOUSE,
    ),
    "yesterday's digest leaves beside today's": Mutant(
        lambda: mock.patch.object(send_outbox.mails, "left_over", lambda _reader, today: False),
        test_sending.test_after_an_outage_of_days_everybody_gets_one_digest_with_all_of_it,
        HOUSE,
    ),
    "everybody waits for the same dead line": Mutant(
        of(send_outbox, "_all", ("and not way.down", "")),
        test_sending.test_a_server_that_is_down_costs_nobody_a_mail,
        HOUSE,
    ),
    "handed over is never marked": Mutant(
        of(mail.Line, "_tried", ("handed_over = True", "pass")),
        test_wrapper.test_each_fault_has_one_name,
        SINK,
        ("ack drop",),
    ),
    "an unreadable answer is taken for a refusal": Mutant(
        of(mail.Line, "_accepted", ("if 500 <= code < 600:", "if not 400 <= code < 500:")),
        test_wrapper.test_each_fault_has_one_name,
        SINK,
        ("ack garbage",),
    ),
    "a 4xx after the letter is final": Mutant(
        of(mail.Line, "_accepted", ("500 <= code < 600", "400 <= code < 600")),
        test_wrapper.test_each_fault_has_one_name,
        SINK,
        ("end 452",),
    ),
    "a refused password is tried later": Mutant(
        of(mail.Line, "_signed_in", ("if client.signing_in and wrong:", "if False:")),
        test_wrapper.test_each_fault_has_one_name,
        SINK,
        ("auth 535",),
    ),
    "no deadline worth the name": Mutant(
        of(mail.Line, "send", ("self.account.deadline_s", "3 * self.account.deadline_s")),
        test_wrapper.test_each_fault_has_one_name,
        SINK,
        ("ack endless",),
    ),
    "no certificate is looked at": Mutant(
        of(
            mail.Line,
            "_signed_in",
            ("context = ssl.create_default_context(", "context = ssl._create_unverified_context("),
        ),
        test_wrapper.test_a_certificate_that_is_not_to_be_trusted_gets_neither_password_nor_letter,
        "tmp_path",
        ({"expired": True},),
    ),
    "no name is looked at": Mutant(
        of(mail.Line, "_signed_in", ("implicit = account", "context.check_hostname = False; implicit = account")),
        test_wrapper.test_a_certificate_that_is_not_to_be_trusted_gets_neither_password_nor_letter,
        "tmp_path",
        ({"named": "other.example.test"},),
    ),
    "STARTTLS when it is offered": Mutant(
        of(
            mail.Line,
            "_signed_in",
            ('smtp_starttls=False if implicit else {"context": context}', "smtp_starttls=False"),
        ),
        test_wrapper.test_starttls_is_verified_too_and_nothing_is_said_in_clear,
        "tmp_path",
    ),
    "any address is said to the server": Mutant(
        of(mail.Line, "send", ("if not ADDRESS.fullmatch(to):", "if False:")),
        test_wrapper.test_nothing_but_a_plain_address_is_ever_said_to_a_server,
        SINK,
        ("a@example.test\r\nRCPT TO:<b@x.test>",),
    ),
    "a line of one dot ends the letter": Mutant(
        of(mail.Line, "_tried", (r're.sub(rb"(?m)^\.", b"..", content)', "content")),
        test_wrapper.test_n8_a_hostile_name_adds_no_header_no_attachment_and_no_recipient,
        SINK,
        ("dots", None),
    ),
    "a stale line costs a letter": Mutant(
        of(mail.Line, "send", ("if stale and", "if False and")),
        test_wrapper.test_one_line_serves_a_run_and_is_opened_anew_when_it_has_gone_stale,
        SINK,
    ),
    "a session for each letter": Mutant(
        of(
            mail.Line,
            "_tried",
            ("self._accepted(answer, NO_LETTER)\n", "self._accepted(answer, NO_LETTER); self._drop()\n"),
        ),
        test_wrapper.test_one_line_serves_a_run_and_is_opened_anew_when_it_has_gone_stale,
        SINK,
    ),
    "a subject may begin a header": Mutant(
        of(wire, "message", ('" ".join(letter.subject.split())', "letter.subject")),
        test_wrapper.test_n8_a_hostile_name_adds_no_header_no_attachment_and_no_recipient,
        SINK,
        ("line breaks", None),
    ),
    "a bot's 200 is a yes": Mutant(
        of(chat, "_said", ("if code == 0:", "if True:")),
        test_chat.test_each_answer_has_one_name_and_costs_one_message,
        "bots",
        ("WeCom: no such bot", test_chat.WECOM, pytest.MonkeyPatch()),
    ),
    "a bot's silence is a no": Mutant(
        of(chat._Listening, "post", ('"unknown" if left else "retry"', '"retry"')),
        test_chat.test_each_answer_has_one_name_and_costs_one_message,
        "bots",
        ("drop", test_chat.WECOM, pytest.MonkeyPatch()),
    ),
    "the library's own limit": Mutant(
        lambda: mock.patch.object(chat, "MOST_BYTES", 32_768),
        test_chat.test_a_long_one_is_cut_with_how_many_more_there_are_and_where,
        "",
        (40,),
    ),
}


@contextmanager
def at_work(mutant):
    """The mutant in place of what it was made of."""
    with ExitStack() as stack:
        stack.enter_context(mutant.on())
        yield
