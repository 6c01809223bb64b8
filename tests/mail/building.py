"""A home with cards that end, people who hear of them, and a day that a test turns; its mail goes to the sink."""

import re
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from data.clock import MovedClock
from data.database import Query
from data.home import open_home
from data.mails import rules
from data.mails import store as mails
from data.people.rules import SYSTEM
from data.reminders import scanning
from data.reminders import store as reminders
from data.sims.holidays import published
from data.sims.rolling import roll_up
from jobs import send_outbox
from tests.mail.running import Sink

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday, nine in the morning
CARRIERS = ("mobile", "unicom", "telecom", "broadnet")


def sql(text):
    return Query("test", "", text)


def insert(tx, table, **row):
    tx.run(sql(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('$' + name for name in row)})"), **row)


@dataclass
class House:
    """Recipient n hears of the cards of the n-th carrier, whose numbers are n00, n01, …"""

    path: Path
    sink: Sink | None = None
    clock: MovedClock = field(default_factory=lambda: MovedClock(NOW))
    home = None

    @contextmanager
    def open(self, *, kind="real", **settings):
        """In this process, after what every start does."""
        self.path.mkdir(parents=True, exist_ok=True)
        if self.sink is not None:
            (self.path / "flowcard.toml").write_text(self.sink.settings(), encoding="utf-8")
        self.home = open_home(self.path, create=kind, **settings)
        self.home.db.clock = self.clock
        send_outbox.recover(self.home)
        try:
            yield self
        finally:
            self.home.close()
            self.home = None

    def build(self, *, recipients=4, cards=5, hostile=None):
        # The test framework is not what a life that ends early should wait for.
        from tests.conftest import add_people

        people = add_people(self.home)
        names = ["operator", "approver", "administrator", "operator2"]
        with self.home.db.write() as tx:
            insert(
                tx, "account", account="main", connector="offline", carrier="mobile", payee="Mobile", way_to_pay="prepaid",
                working_days=0, cancel_after_days=90, expiry_rule="from_old_expiry", gives_invoice=True, support="10086",
            )  # fmt: skip
            insert(tx, "plan", plan_id=1, plan=hostile or "30M", carrier="mobile", quota_bytes=30 << 20, term_months=12)
            insert(tx, "price", plan_id=1, channel="", term_months=12, price_fen=1500, valid_from=date(2026, 1, 1))
            insert(tx, "merchant", merchant_id=1, merchant_no="305100058120001", name=hostile or "杭州第一便利店")
            for n in range(1, recipients + 1):
                told = {
                    "name": names[n - 1],
                    "address": f"r{n}@example.test",
                    "person_id": people[names[n - 1]].person_id,
                }
                insert(tx, "recipient", recipient_id=n, kind="person", language="zh_CN", made_at=tx.now, **told)
                insert(tx, "address", address=f"r{n}@example.test", state="verified", since=tx.now)
                rule = {"subject": "expiry", "stages": "30,14,7,3,1,0,-1", "carrier": CARRIERS[n - 1]}
                insert(tx, "reminder_rule", recipient_id=n, active=True, made_at=tx.now, **rule)
                for i in range(cards):
                    self._card(tx, n * 100 + i, CARRIERS[n - 1])
        return self

    def _card(self, tx, n, carrier):
        key = {"terminal_key": n, "terminal_id": f"T{n:07d}", "merchant_id": 1, "serial_no": f"SN{n}"}
        insert(
            tx, "terminal", **key, brand="B", model="M", networks="4G", monthly_takings_fen=90_000, imei=f"86{n:013d}"
        )
        insert(
            tx, "sim", sim_id=n, stem=f"8986001234{n:09d}", iccid=f"8986001234{n:09d}7", msisdn=f"1440{n:09d}", carrier=carrier,
            account="main", plan_id=1, status="active", terminal_key=n, expires_on=date(2026, 11, 30), observed_at=NOW,
        )  # fmt: skip

    def look(self, *, queue=True):
        """The day's look; what is due goes into mails."""
        with self.home.db.write() as tx:
            roll_up(tx)
            scanning.scan(tx, SYSTEM, calendar=published())
        if queue:
            self.queue()

    def queue(self):
        with self.home.db.write() as tx:
            for due in reminders.due_for(tx, now=tx.now):
                kind = "urgent" if due.urgent else "digest"
                told = {"recipient_id": due.recipient_id, "kind": kind, "slot": rules.slot(kind, tx.now)}
                mails.queue(tx, SYSTEM, **told, reminder_ids=due.reminder_ids)

    def send(self):
        return send_outbox.run(self.home, threading.Event())

    def wait(self, **time):
        self.clock.move(timedelta(**time))

    def rest(self, rounds=6):
        """Until nothing is on its way any more."""
        for _ in range(rounds):
            self.send()
            if not set(self.states()) & {"queued", "sending", "unknown"}:
                return
            self.wait(minutes=11)

    def rows(self, text, **params):
        return self.home.db.read().rows(sql(text), **params)

    def write(self, text, **params):
        with self.home.db.write() as tx:
            tx.run(sql(text), **params)

    def states(self):
        return Counter(row["state"] for row in self.rows("SELECT state FROM mail"))

    def reminded(self):
        return Counter(row["state"] for row in self.rows("SELECT state FROM reminder"))


def keys(letters):
    """Which cards each letter of the sink speaks of, by the last six digits as a letter shows them: (to, card) → copies."""
    told = Counter()
    for one in letters:
        text = one.letter.get_body(("plain",)).get_content()
        told.update((one.to, card) for card in re.findall(r"卡尾号 (\d{6})", text))
    return told
