"""Where the letters of the long run go: a line that stands in for the real one, fails as it, and keeps what it took in a file.

A share of the letters goes over the real line to the real sink all the same; tests/reminders/test_wire.py shows that both
end alike.
"""

import json
import random
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from io import BytesIO
from pathlib import Path
from typing import Any

from data.mails.rules import Outcome
from data.words import later
from jobs.mail import NO_LETTER, NO_RECIPIENT, NOT_NOW, TAKEN, UNCLEAR, UNREACHABLE, Line, MailAccount
from tests.mail.running import Sink
from tests.reminders.fleet import FULL_ACCOUNT, SECRET, sql

# Fault → (outcome, the server's code, whether it kept the letter), and how often it comes among the faults.
FAULTS: dict[str, tuple[str, int | None, bool, int]] = {
    "banner drop": ("retry", None, False, 2),
    "mail 451": ("retry", None, False, 2),
    "rcpt 452": ("retry", 452, False, 3),
    "rcpt drop": ("retry", None, False, 2),
    "data 451": ("retry", 451, False, 2),
    "rcpt 550": ("refused", 550, False, 1),
    "end 554": ("refused", 554, False, 1),
    "letter drop": ("unknown", None, False, 2),
    "ack drop": ("unknown", None, True, 5),
}
_SENTENCES = {"retry": NOT_NOW, "refused": NO_RECIPIENT, "unknown": UNCLEAR, "sent": TAKEN}
_TAIL = re.compile(r"(?:卡尾号|card ending) (\d{6})")
_ICCID = re.compile(r"8986001234\d{10}")
_CODE = re.compile(r"^ {4}([A-Z2-9]{8})$", re.MULTILINE)

_CARRIES = """SELECT m.mail_id, m.recipient_id AS of, m.kind, m.slot, m.state, r.recipient_id, r.subject, r.sim_id, r.on_date, r.stage
FROM mail m LEFT JOIN mail_item i USING (mail_id) LEFT JOIN reminder r USING (reminder_id)
WHERE m.message_id = $name ORDER BY i.reminder_id"""


@dataclass
class Post:
    """The post office: every line of the house ends here."""

    folder: Path
    rng: random.Random
    share: float = 0.10  # of letters that meet a fault
    mix: dict[str, int] = field(default_factory=lambda: {fault: one[-1] for fault, one in FAULTS.items()})
    sink: Sink | None = None  # the real one
    real_share: float = 0.0
    down: bool = False  # nobody can be reached
    house: Any = None  # whose letters: home and oracle
    faults: Counter[str] = field(default_factory=Counter)
    codes: dict[str, str] = field(default_factory=dict)  # by address, as read from its mail
    sends: int = 0
    _read: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def file(self) -> Path:
        return self.folder / "accepted.jsonl"

    def accepted(self) -> list[dict[str, Any]]:
        """Every letter that was taken, from the file."""
        return [json.loads(line) for line in self.file.read_bytes().splitlines()] if self.file.exists() else []

    def take(self, account: MailAccount, content: bytes, to: str) -> Outcome:
        """One letter; how its sending ended."""
        self.sends += 1
        told = self._about(content, to)
        self.house.clock.move(timedelta(seconds=1))
        fault = None
        if self.down:
            fault = "banner drop"
        elif self.rng.random() < self.share:
            fault = self.rng.choices(list(self.mix), list(self.mix.values()))[0]
            self.faults[fault] += 1
        if self.sink is not None and not self.down and self.rng.random() < self.real_share:
            outcome, kept = self._really(content, to, fault)
        else:
            outcome, kept = stood_in(account, fault)
        if kept:
            self._keep(told | {"lost": outcome.kind != "sent"})
        elif outcome.kind == "refused":
            self.house.bounced(to)
        return outcome

    def ack_lost(self) -> None:
        """Whoever sent the last letter died before the answer was written down."""
        lines = self.file.read_bytes().splitlines()
        lines[-1] = json.dumps(json.loads(lines[-1]) | {"lost": True}).encode()
        self.file.write_bytes(b"\n".join(lines) + b"\n")

    def _about(self, content: bytes, to: str) -> dict[str, Any]:
        """What the letter says, as it stands on the line, and what the house believes it to say."""
        letter = message_from_bytes(content)
        name = letter["message-id"]
        parts = {
            part.get_content_type(): part.get_payload(decode=True) for part in letter.walk() if not part.is_multipart()
        }
        text = parts["text/plain"].decode().replace("\r\n", "\n")
        listed = b"".join(_unzipped(part) for kind, part in parts.items() if kind.startswith("application/")).decode()
        rows = self.house.home.db.read().rows(sql(_CARRIES), name=name)
        mail = rows[0] if rows else {"mail_id": 0, "of": 0, "kind": "?", "slot": "", "state": "?"}
        items = [row for row in rows if row["sim_id"]]
        keys = [
            [row["recipient_id"], row["subject"], row["sim_id"], row["on_date"].isoformat(), row["stage"]]
            for row in items
        ]
        if code := _CODE.search(text):
            self.codes[to] = code[1]
        cards = {row["sim_id"] for row in items}
        tails = set(_TAIL.findall(text))
        wrong = tails - {f"{n:05d}7"[-6:] for n in cards}
        if 0 < len(cards) <= 60 and len(tails) < len(cards):
            wrong |= {"missing"}
        if listed and set(_ICCID.findall(listed)) != {f"8986001234{n:09d}7" for n in cards}:
            wrong |= {"the workbook"}
        raw = content.decode("latin-1") + text + parts["text/html"].decode() + listed
        return {
            "name": name,
            "to": to,
            "at": self.house.clock.now().isoformat(),
            "mail": mail["mail_id"],
            "of": mail["of"],
            "kind": mail["kind"],
            "slot": mail["slot"],
            "claimed": mail["state"] == "sending",
            "keys": keys,
            "untrue": self.house.untrue(items),
            "unlike": sorted(wrong),
            "secret": SECRET in raw or FULL_ACCOUNT in raw,
            "banned": not self.house.may_read(to, mail["kind"]),
        }

    def _keep(self, told: dict[str, Any]) -> None:
        with self.file.open("a") as file:
            file.write(json.dumps(told) + "\n")

    def _really(self, content: bytes, to: str, fault: str | None) -> tuple[Outcome, bool]:
        assert self.sink is not None
        # A number of its own, so that the sink plays it once more.
        self.sink.fault(
            *[fault] * bool(fault), to=None if fault in {"banner drop", "mail 451"} else to, times=1, n=self.sends
        )
        line = Line(self.sink.account(timeout_s=5.0, deadline_s=20.0))
        if fault == "banner drop":
            # A line that breaks before it stands is tried once more.
            self.sink.fault(fault, n=self.sends)
        outcome = line.send(content, to=to)
        line.close()
        books = self.sink.folder / "accepted.jsonl"
        size = books.stat().st_size if books.exists() else 0
        grew, self._read = size > self._read, size
        return outcome, grew


def stood_in(account: MailAccount, fault: str | None) -> tuple[Outcome, bool]:
    """What the real line says of this fault, and whether the letter was kept."""
    kind, code, kept, _weight = FAULTS[fault] if fault else ("sent", None, True, 0)
    sentence = _SENTENCES[kind]
    if fault == "end 554":
        sentence = NO_LETTER
    elif fault in {"banner drop", "rcpt drop"}:
        sentence = UNREACHABLE
    return Outcome(kind, code, later(sentence, host=account.host, answer=fault or "250 taken", why=fault or "")), kept


@dataclass
class StandIn:
    """In the place of jobs.mail.Line."""

    post: Post
    account: MailAccount

    def send(self, content: bytes, *, to: str) -> Outcome:
        return self.post.take(self.account, content, to)

    def close(self) -> None:
        """Nothing is open."""


def _unzipped(book: bytes) -> bytes:
    with zipfile.ZipFile(BytesIO(book)) as files:
        return b"".join(files.read(name) for name in files.namelist())
