"""Sends what stands in the outbox: what is claimed is durable before it is sent, and what is unclear goes out once more."""

import hashlib
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from data.database import Transaction
from data.home import Home
from data.mails import claiming, returning
from data.mails import store as mails
from data.mails.claiming import Limits, Mail, Recorded
from data.mails.rules import Outcome, State
from data.people.rules import SYSTEM
from data.reminders import store as reminders
from data.secrets import SecretError
from data.words import N_, later, speaking
from jobs import chat, letters
from jobs.carriers.account import NoConnection, secret_at
from jobs.letters import Letter
from jobs.letters.wire import message
from jobs.mail import Line, MailError, account_of

# Longer than any letter takes: who began to send it then is no more.
_LOST_AFTER = timedelta(minutes=5)
CHANNELS: tuple[mails.Channel, ...] = ("mail", "chat")
# In what a demo writes, and in what names a chat group's messages, which nobody outside ever sees.
_NOWHERE = "flowcard.invalid"
WRITTEN = N_("A demo mails nobody: the letter is a file in {folder}")
NO_SECRET = N_("The bot's address is not where it should stand: {why}")


class Way(Protocol):
    """How letters of one channel leave."""

    domain: str  # ours, in what names a letter
    sender: str
    down: bool  # nothing gets through now, whoever it is for

    def send(self, content: bytes, *, mail: Mail, message_id: str) -> Outcome:
        """Send one. Never raises."""
        ...

    def close(self) -> None:
        """No more letters."""
        ...


def run(home: Home, stop: threading.Event) -> str | None:
    """One pass: everything that may leave now, by mail and then to chat groups.

    1. what an earlier worker left behind is unclear; what is unclear for long enough goes out once more; what was to
       leave on an earlier day goes into the digest of today
    2. mail by mail: pick, check again, put into words, claim, commit, send, record (`_one`)
    """
    recover(home, lost_for=_LOST_AFTER)
    if mails.left_over(home.db.read(), today=home.clock.today()):
        with home.db.write() as tx:
            for ended in claiming.roll_over(tx, SYSTEM):
                _settle(tx, ended)
    if mails.unclear(home.db.read(), now=home.clock.now()):
        with home.db.write() as tx:
            claiming.retry_unknown(tx, SYSTEM)
    stood = mails.counts(home.db.read())
    counts: Counter[State] = Counter()
    for channel in CHANNELS:
        if mails.waits(home.db.read(), channel=channel, now=home.clock.now()):
            counts += _all(home, channel, stop)
    if mails.counts(home.db.read()) != stood:
        home.db.bump()
    if not counts:
        return None
    return later(
        "Mail: {sent} sent, {queued} to be tried again, {unknown} unclear, {failed} failed, {moot} no longer needed",
        **{state.value: counts[state] for state in (State.SENT, State.QUEUED, State.UNKNOWN, State.FAILED, State.MOOT)},
    )


def recover(home: Home, *, lost_for: timedelta = timedelta()) -> None:
    """Of what began to leave so long ago, and of whose end nothing is written down, nobody knows; every start calls this."""
    before = home.clock.now() - lost_for
    if mails.in_the_air(home.db.read(), before=before):
        with home.db.write() as tx:
            for ended in claiming.recover(tx, SYSTEM, before=before):
                _settle(tx, ended)


def _all(home: Home, channel: mails.Channel, stop: threading.Event) -> Counter[State]:
    """Everything of one channel; how much of it became what."""
    counts: Counter[State] = Counter()
    way, limits = _way(home, channel)
    if way is None:
        with home.db.write(quiet=True) as tx:
            claiming.next_mail(tx, SYSTEM, channel=channel, limits=limits)
        return counts
    with closing(way):
        # The others wait for the next pass: each would only wait for the same dead line.
        while not stop.is_set() and not way.down:
            state = _one(home, way, channel, limits)
            if state is None:
                break
            counts[state] += 1
    return counts


def _one(home: Home, way: Way, channel: mails.Channel, limits: Limits) -> State | None:
    """Send the next mail; what became of it, None where nothing may leave now.

    The claim is committed before the first byte leaves, and nothing is composed before the claim.
    """
    mail: Mail | None = None
    try:
        with home.db.write(quiet=True) as tx:
            mail = claiming.next_mail(tx, SYSTEM, channel=channel, limits=limits)
            if mail is None:
                return None
            items = reminders.recheck(tx, mail_id=mail.mail_id) if mail.carries else []
            if mail.carries and not items:
                claiming.moot(tx, SYSTEM, mail_id=mail.mail_id)
                return State.MOOT
            letter = letters.compose(tx, mail=mail, items=items, home=home)
            message_id = _claimed(tx, mail, letter, way)
            things = len({item.thing for item in items})
            with speaking(mail.language or home.settings.language):
                content = _content(home, tx, letter, mail, way, message_id, things=things)
    except BaseException:
        # What cannot be put into words must not keep the others waiting.
        if mail is not None:
            with home.db.write(quiet=True) as tx:
                claiming.postpone(tx, SYSTEM, mail=mail)
        raise
    outcome = way.send(content, mail=mail, message_id=message_id)
    with home.db.write(quiet=True) as tx:
        ended = claiming.record(tx, SYSTEM, mail_id=mail.mail_id, outcome=outcome)
        if ended is not None:
            _settle(tx, ended)
    return ended.state if ended else State.UNKNOWN


def _claimed(tx: Transaction, mail: Mail, letter: Letter, way: Way) -> str:
    # The code that proves an address is for whoever reads that address, and for nobody who reads the outbox; so is the
    # link that mutes it.
    body = "" if mail.kind == "verify" else letter.text
    if letter.mute_link:
        body = body.replace(letter.mute_link, "…")
    hashed = hashlib.sha256(f"{letter.subject}\n{letter.text}\n{letter.html}".encode()).hexdigest()
    return claiming.claim(tx, SYSTEM, mail=mail, domain=way.domain, body=body, body_sha256=hashed)


def _content(
    home: Home, tx: Transaction, letter: Letter, mail: Mail, way: Way, message_id: str, *, things: int
) -> bytes:
    if mail.channel == "chat":
        return chat.text(letter, things=things).encode()
    known = {"to": mail.address or "", "message_id": message_id, "proof": _proof(home, mail, message_id)}
    return message(letter, sender=way.sender, now=tx.now, **known)


def _proof(home: Home, mail: Mail, message_id: str) -> str:
    """What the letter carries; a key that is locked keeps no reminder back."""
    try:
        return returning.proof(home.keyring, message_id=message_id, address=mail.address or "")
    except SecretError:
        return ""


def _settle(tx: Transaction, ended: Recorded) -> None:
    """What a mail carried goes with it: said, or due again."""
    if ended.state is State.SENT:
        reminders.done(tx, mail_id=ended.mail_id)
    elif ended.goes_back:
        reminders.back_to_due(tx, mail_id=ended.mail_id)


def _way(home: Home, channel: mails.Channel) -> tuple[Way | None, Limits]:
    """How letters of a channel leave from this home, and how many."""
    if channel == "chat":
        return (Folder(home.practice / "mails") if home.kind == "demo" else Bots(home)), Limits()
    said = home.settings
    try:
        account = account_of(home)
    except MailError as error:
        with home.db.write(quiet=True) as tx:
            mails.alarm(tx, SYSTEM, cause="account", said=later(error.msgid, **error.values))
        account = None
    if account:
        return Mailing(Line(account), account.domain, account.sender), Limits(
            per_minute=said.mail_per_minute, per_hour=said.mail_per_hour
        )
    if home.kind == "demo" and not said.mail_host:
        return Folder(home.practice / "mails"), Limits()
    # What waits is held, and says why.
    return None, Limits(account=False)


@dataclass
class Mailing:
    """Letters by mail, one line for the pass."""

    line: Line
    domain: str
    sender: str
    down: bool = False

    def send(self, content: bytes, *, mail: Mail, message_id: str) -> Outcome:  # noqa: ARG002 - it stands in the letter
        """To the recipient's address."""
        outcome = self.line.send(content, to=mail.address or "")
        self.down = outcome.kind == "retry" and not outcome.of_the_address
        return outcome

    def close(self) -> None:
        """Hang up."""
        self.line.close()


@dataclass
class Bots:
    """Messages to chat groups, each through its own bot."""

    home: Home
    domain: str = _NOWHERE
    sender: str = ""
    down: bool = False

    def send(self, content: bytes, *, mail: Mail, message_id: str) -> Outcome:  # noqa: ARG002 - groups know no names
        """In the group whose bot stands at the recipient's secret."""
        try:
            bot = secret_at(self.home, mail.secret_name or "")
        except NoConnection as error:
            return Outcome("retry", reply=later(NO_SECRET, why=str(error)))
        return chat.send(bot, content.decode())

    def close(self) -> None:
        """Nothing stays open."""


@dataclass
class Folder:
    """Where a demo's letters go: a file each, to be looked at."""

    path: Path
    domain: str = _NOWHERE
    sender: str = f"flowcard@{_NOWHERE}"
    down: bool = False

    def send(self, content: bytes, *, mail: Mail, message_id: str) -> Outcome:
        """Write it down; a copy of it takes its place."""
        self.path.mkdir(parents=True, exist_ok=True)
        suffix = "txt" if mail.channel == "chat" else "eml"
        (self.path / f"{message_id.strip('<>').partition('@')[0]}.{suffix}").write_bytes(content)
        return Outcome("sent", reply=later(WRITTEN, folder=f"{self.path.parent.name}/{self.path.name}"))

    def close(self) -> None:
        """Nothing is open."""
