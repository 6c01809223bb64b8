"""Cards that end when a test says, and people who hear of them."""

import re
from datetime import date, datetime, timedelta

import pytest

from data.clock import HOME_ZONE, MovedClock
from data.database import Query
from data.home import open_home
from data.people.rules import SYSTEM
from data.reminders import scanning, store
from data.sims.holidays import published
from data.sims.rolling import roll_up
from tests.conftest import add_people


def sql(text):
    return Query("test", "", text)


class Reminding:
    """A home whose days a test turns; every method is one step of a day."""

    def __init__(self, home):
        self.home = home
        self.changed = False  # cards, since they were last rolled up

    def write(self, text, **params):
        self.changed |= re.search(r"\bsim\b", text) is not None
        with self.home.db.write() as tx:
            return tx.rows(sql(text), **params)

    def rows(self, text, **params):
        return self.home.db.read().rows(sql(text), **params)

    def insert(self, table, **row):
        self.write(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('$' + name for name in row)})", **row)

    def on(self, day, hour=9):
        """An hour of a day in Shanghai."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=HOME_ZONE)
        self.home.db.clock = MovedClock(midnight + timedelta(hours=hour))

    def card(self, n, expires_on, **columns):
        told = {
            "sim_id": n, "stem": f"8986001234{n:09d}", "iccid": f"8986001234{n:09d}7", "carrier": "mobile", "account": "main",
            "plan_id": 1, "status": "active", "expires_on": expires_on, "observed_at": self.home.db.clock.now(),
        }  # fmt: skip
        self.insert("sim", **told | columns)

    def renewed(self, n, expires_on):
        self.write("UPDATE sim SET expires_on = $day WHERE sim_id = $n", n=n, day=expires_on)

    def recipient(self, recipient_id, *, verified=True, **columns):
        told = {"kind": "person", "name": f"r{recipient_id}", "address": f"r{recipient_id}@example.cn"}
        told |= {"made_at": self.home.db.clock.now()} | columns
        self.insert("recipient", recipient_id=recipient_id, **told)
        self.write("SELECT nextval('recipient_ids')")
        if told["address"]:
            state = "verified" if verified else "unverified"
            self.insert("address", address=told["address"], state=state, since=told["made_at"])

    def rule(self, subject, stages, **columns):
        self.insert("reminder_rule", subject=subject, stages=stages, made_at=self.home.db.clock.now(), **columns)

    def scan(self, day=None, calendar=None):
        if day:
            self.on(day)
        with self.home.db.write() as tx:
            if self.changed:
                roll_up(tx)
            self.changed = False
            return scanning.scan(tx, SYSTEM, calendar=calendar or published())

    def roll_up(self):
        with self.home.db.write() as tx:
            roll_up(tx)

    def mail(self, mail_id, due):
        """The mail that carries what is due, as the outbox makes it."""
        now = self.home.db.clock.now()
        self.write(
            "INSERT INTO mail (mail_id, digest, recipient_id, channel, kind, slot, message_id, state, next_try, made_at)"
            " VALUES ($id, uuid(), $to, 'mail', 'digest', $id, $id, 'queued', $now, $now)", id=mail_id, to=due.recipient_id, now=now
        )  # fmt: skip
        for reminder_id in due.reminder_ids:
            self.write("INSERT INTO mail_item VALUES ($m, $r)", m=mail_id, r=reminder_id)
            self.write("UPDATE reminder SET state = 'in_mail' WHERE reminder_id = $r", r=reminder_id)

    def due(self):
        return store.due_for(self.home.db.read(), now=self.home.db.clock.now())

    def recheck(self, mail_id):
        with self.home.db.write() as tx:
            return store.recheck(tx, mail_id=mail_id)

    def done(self, mail_id):
        with self.home.db.write() as tx:
            store.done(tx, mail_id=mail_id)

    def send(self):
        """Everything due leaves at once; what was said, as (recipient, subject, thing, stage)."""
        said = []
        for due in self.due():
            mail_id = 1 + (self.rows("SELECT coalesce(max(mail_id), 0) AS n FROM mail")[0]["n"])
            self.mail(mail_id, due)
            said += [(due.recipient_id, item.subject, item.thing, item.stage) for item in self.recheck(mail_id)]
            self.done(mail_id)
        return said

    def states(self, subject="expiry", recipient_id=1, sim_id=1):
        """{stage: state}"""
        found = self.rows(
            "SELECT stage, state FROM reminder WHERE subject = $s AND recipient_id = $r AND sim_id = $n ORDER BY reminder_id",
            s=subject, r=recipient_id, n=sim_id,
        )  # fmt: skip
        return {row["stage"]: row["state"] for row in found}


# What a test leaves behind.
TABLES = (
    *("sim", "sim_now", "terminal", "merchant", "agent", "plan", "price", "account", "account_balance", "usage_month"),
    *(
        "obligation",
        "placement",
        "state",
        "attempt",
        "batch",
        "batch_line",
        "payment_request",
        "notice",
        "person_scope",
    ),
    *("recipient", "address", "reminder_rule", "reminder", "mail", "mail_item", "reminder_scan"),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One for the tests of a file: a new one each would be most of their time."""
    opened = open_home(tmp_path_factory.mktemp("reminders") / "home", create="real")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def people(home):
    return add_people(home)


@pytest.fixture
def reminding(home, people):
    """Recipient 1 is the operator; an account whose orders take effect at once; Monday 2026-06-01."""
    made = Reminding(home)
    made.on(date(2026, 6, 1))
    with home.db.write() as tx:
        for table in TABLES:
            tx.run(sql(f"DELETE FROM {table}"))
        tx.run(sql("UPDATE person SET active = true, role = rtrim(name, '2') WHERE person_id > 0"))
    made.insert(
        "account", account="main", connector="offline", carrier="mobile", payee="Mobile", way_to_pay="prepaid", working_days=0,
        cancel_after_days=90, expiry_rule="from_old_expiry", gives_invoice=True, support="10086",
    )  # fmt: skip
    made.insert("plan", plan_id=1, plan="30M", carrier="mobile", quota_bytes=30 << 20, term_months=12)
    made.insert("price", plan_id=1, channel="", term_months=12, price_fen=1500, valid_from=date(2026, 1, 1))
    made.recipient(1, person_id=people["operator"].person_id)
    return made
