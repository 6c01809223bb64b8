"""What a worker does with the outbox: hold what must wait, claim the next mail, write down what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from data.audit import store as audit
from data.clock import HOME_ZONE
from data.database import Queries, Row, Transaction
from data.mails import rules
from data.mails.rules import After, Outcome, State
from data.mails.store import Channel, alarm, queue
from data.mails.store import Q as STORE
from data.people.rules import Action, Actor, Event
from data.people.store import require
from data.words import later

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Limits:
    """What a channel can take."""

    account: bool = True  # whether there is anything to send with
    per_minute: int | None = None  # of all together
    per_hour: int | None = None
    each_per_minute: int = 20  # to one group's bot


@dataclass(frozen=True)
class Mail:
    """A mail whose turn it is, with whom it goes to."""

    mail_id: int
    recipient_id: int
    channel: str
    kind: str  # rules.KIND_WORDS
    slot: str
    digest: str
    said: str | None  # a kept sentence, of what is no card
    tries: int  # before this one
    doubts: int
    name: str  # of the recipient
    address: str | None
    secret_name: str | None
    part: str | None
    carries: int = 0  # reminders
    language: str | None = None  # of a group; None: that of the house


@dataclass(frozen=True)
class Recorded:
    """What became of a tried mail."""

    mail_id: int
    state: State
    goes_back: bool = False  # what it carried is due again, for the next mail


def next_mail(tx: Transaction, by: Actor, *, channel: Channel, limits: Limits) -> Mail | None:
    """The next mail to be put into words and claimed in this very transaction; None: nothing may leave now.

    1. hold what must wait, free what need not; digests to whoever wants none end here; what waits for an address that
       takes none goes to the recipient's lead
    2. the caps of the account
    3. the most urgent one whose time has come
    """
    require(tx, by, Action.WORK, channel)
    local = tx.now.astimezone(HOME_ZONE).time().replace(microsecond=0)
    urgent = sorted(rules.URGENT_KINDS)
    tx.run(Q.hold, channel=channel, account=limits.account, local=local, urgent=urgent)
    _end_muted(tx)
    _hand_on_held(tx, by)
    minute_ago, hour_ago = tx.now - timedelta(minutes=1), tx.now - timedelta(hours=1)
    lately = tx.rows(Q.sent_lately, channel=channel, minute_ago=minute_ago, hour_ago=hour_ago)[0]
    if limits.per_minute is not None and lately["minute"] >= limits.per_minute:
        return None
    if limits.per_hour is not None and lately["hour"] >= limits.per_hour:
        return None
    each = {"minute_ago": minute_ago, "each": limits.each_per_minute}
    return tx.record(Mail, Q.next_mail, channel=channel, now=tx.now, urgent=urgent, **each)


def claim(tx: Transaction, by: Actor, *, mail: Mail, domain: str, body: str, body_sha256: str) -> str:
    """Note the intent to send a mail with this text; its Message-ID. Send it only after the commit."""
    require(tx, by, Action.WORK, f"mail {mail.mail_id}")
    rules.check(State.QUEUED, State.SENDING)
    name = rules.message_id(mail.digest, domain)
    said = {"body": body, "body_sha256": body_sha256, "message_id": name}
    return str(tx.rows(Q.claim, mail_id=mail.mail_id, now=tx.now, **said)[0]["message_id"])


def moot(tx: Transaction, by: Actor, *, mail_id: int) -> None:
    """Everything a mail carried has been dropped: it does not leave."""
    require(tx, by, Action.WORK, f"mail {mail_id}")
    rules.check(State.QUEUED, State.MOOT)
    tx.run(Q.moot, mail_id=mail_id, now=tx.now)


def postpone(tx: Transaction, by: Actor, *, mail: Mail) -> None:
    """A mail that cannot be put into words steps aside for the others."""
    require(tx, by, Action.WORK, f"mail {mail.mail_id}")
    wait = rules.wait_after(mail.tries + 1) or timedelta(hours=1)
    tx.run(Q.postpone, mail_id=mail.mail_id, next_try=tx.now + wait)


def record(tx: Transaction, by: Actor, *, mail_id: int, outcome: Outcome) -> Recorded | None:
    """Write down how sending ended; None: it was taken for unclear meanwhile.

    A mail that failed hands what it carried to the recipient's lead; where there is none, that is due again.
    """
    require(tx, by, Action.WORK, f"mail {mail_id}")
    mail = tx.rows(Q.standing, mail_id=mail_id)[0]
    if State(mail["state"]) is not State.SENDING:
        return None
    then = rules.after(outcome, tries=mail["tries"], doubts=mail["doubts"])
    _move(tx, mail, then, outcome)
    if mail["channel"] == "mail":
        _note_address(tx, by, mail, then, outcome)
    if outcome.kind == "credential":
        tx.run(STORE.stop, channel=mail["channel"], reason="credential", now=tx.now, person_id=None)
        alarm(tx, by, cause="credential", said=outcome.reply)
    return Recorded(mail_id, then.state, goes_back=then.state is State.FAILED and not _failed(tx, by, mail, outcome))


def returned(tx: Transaction, by: Actor, *, mail_id: int, outcome: Outcome) -> Recorded | None:
    """Write down that a letter which had been taken came back: refused like any other, only later. None: it is known.

    Whether it is our letter that came back is for the caller to have proved (data/mails/returning.py).
    """
    require(tx, by, Action.WORK, f"mail {mail_id}")
    mail = tx.rows(Q.standing, mail_id=mail_id)[0]
    then = rules.after(outcome, tries=mail["tries"], doubts=mail["doubts"])
    _note_address(tx, by, mail, then, outcome)
    # What is queued to go once more is held by its address; what is being sent ends by itself.
    if State(mail["state"]) not in {State.SENT, State.UNKNOWN}:
        return None
    _move(tx, mail, then, outcome)
    return Recorded(mail_id, then.state, goes_back=not _failed(tx, by, mail, outcome))


def recover(tx: Transaction, by: Actor, *, before: datetime) -> list[Recorded]:
    """Mails that began to leave before this instant and of which nothing was heard: nobody knows whether they arrived."""
    require(tx, by, Action.WORK, "outbox")
    found = []
    for row in tx.rows(Q.in_the_air, before=before):
        mail = tx.rows(Q.standing, mail_id=row["mail_id"])[0]
        outcome = Outcome("unknown", reply=later("Broken off while it was being sent"))
        then = rules.doubted(doubts=mail["doubts"])
        _move(tx, mail, then, outcome)
        back = then.state is State.FAILED and not _failed(tx, by, mail, outcome)
        found.append(Recorded(mail["mail_id"], then.state, goes_back=back))
    return found


def roll_over(tx: Transaction, by: Actor) -> list[Recorded]:
    """What did not leave on its day goes into the digest of today: one a day, however late the last one was."""
    require(tx, by, Action.WORK, "outbox")
    found = []
    for mail in tx.rows(Q.left_over, today=tx.today):
        if _made_in_quiet(mail):
            continue
        rules.check(State(mail["state"]), State.MOOT)
        tx.run(Q.moot, mail_id=mail["mail_id"], now=tx.now)
        if mail["last_code"] is not None:
            _missed(tx, mail["address"], mail["last_reply"])
        if mail["tries"]:
            _tell(tx, by, mail["name"])
        found.append(Recorded(mail["mail_id"], State.MOOT, goes_back=True))
    return found


def retry_unknown(tx: Transaction, by: Actor) -> int:
    """Put unclear mails whose time has come into the queue once more; how many."""
    require(tx, by, Action.WORK, "outbox")
    rules.check(State.UNKNOWN, State.QUEUED)
    return tx.run(Q.retry_unknown, now=tx.now)


def _move(tx: Transaction, mail: Row, then: After, outcome: Outcome) -> None:
    rules.check(State(mail["state"]), then.state)
    tx.run(
        Q.move,
        mail_id=mail["mail_id"],
        state=then.state.value,
        code=outcome.code,
        reply=outcome.reply,
        next_try=tx.now + then.wait,
        untried=int(outcome.kind == "credential"),
        doubt=int(outcome.kind == "unknown"),
        now=tx.now,
    )


def _note_address(tx: Transaction, by: Actor, mail: Row, then: After, outcome: Outcome) -> None:
    known = {"address": mail["address"], "reply": outcome.reply, "now": tx.now}
    if outcome.kind == "sent":
        tx.run(Q.address_works, **known)
    elif outcome.of_the_address and outcome.kind == "refused":
        if tx.run(Q.address_bounced, **known, left_at=mail["left_at"]):
            audit.record(tx, by, Event.ADDRESS_BOUNCED, f"address {mail['address']}")
    elif outcome.of_the_address and then.state is State.FAILED:
        _missed(tx, mail["address"], outcome.reply)


def _made_in_quiet(mail: Row) -> bool:
    """Whether its day had no hour for it: whoever sleeps by day gets it once the quiet hours end, whatever the day."""
    if mail["held_for"] != "quiet":
        return False
    made, since, until = mail["made_at"].astimezone(HOME_ZONE).time(), mail["quiet_from"], mail["quiet_until"]
    return bool(since <= made < until if since <= until else made >= since or made < until)


def _missed(tx: Transaction, address: str | None, reply: str) -> None:
    tx.run(Q.address_missed, address=address, reply=reply, now=tx.now, days=rules.SOFT_BOUNCING_DAYS)


def _tell(tx: Transaction, by: Actor, name: str) -> None:
    # The first of a day; the outbox has them all.
    alarm(tx, by, cause="failed", said=later("A mail to {name} could not be sent; the outbox says why", name=name))


def _failed(tx: Transaction, by: Actor, mail: Row, outcome: Outcome) -> bool:
    """Tell of a mail that failed; whether another carries what it carried."""
    if mail["kind"] not in {"alarm", "test", "verify"}:
        _tell(tx, by, mail["name"])
    # What may have arrived is not told to somebody else as if it had not.
    return outcome.kind != "unknown" and any(
        _hand_on(tx, by, row) for row in tx.rows(Q.to_hand_on, mail_id=mail["mail_id"])
    )


def _end_muted(tx: Transaction) -> None:
    rules.check(State.HELD, State.MOOT)
    ended = tx.rows(Q.end_muted, reply=later(rules.HELD_WORDS["muted"]), now=tx.now)
    if ended:
        tx.run(Q.suppress, mail_ids=[mail["mail_id"] for mail in ended], now=tx.now)


def _hand_on_held(tx: Transaction, by: Actor) -> None:
    for row in tx.rows(Q.to_hand_on, mail_id=None):
        rules.check(State.HELD, State.MOOT)
        if _hand_on(tx, by, row):
            tx.run(Q.moot, mail_id=row["mail_id"], now=tx.now)
    for row in tx.rows(Q.nobody_reads):
        said = later("{name} has mail waiting and no address that takes it, and nobody stands in", name=row["name"])
        alarm(tx, by, cause=f"nobody reads {row['recipient_id']}", said=said)


def _hand_on(tx: Transaction, by: Actor, row: Row) -> bool:
    said = later("This was meant for {name}, whose address takes no mail", name=row["name"])
    slot = rules.slot("alarm", tx.now, cause=f"instead of {row['mail_id']}")
    to_mail = queue(tx, by, recipient_id=row["lead_id"], kind="alarm", slot=slot, said=said)
    if to_mail is not None:
        tx.run(Q.hand_on_items, mail_id=row["mail_id"], to_mail=to_mail)
    return to_mail is not None
