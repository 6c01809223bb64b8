"""A carrier inside the test: it stands where a connector stands, does what it is told, and keeps the test carrier's ledger.

Faults, as an order meets them; every one also names what the engine sees:

    ok              bought, confirmed                   lost_before     no effect, no answer
    lost_after      bought, no answer                   late            no answer, bought just inside the horizon
    beyond          no answer, bought after it          accepted        taken, bought a little later
    accepted_fails  taken, charged, refunded            refused         a definite no that may be tried again
    later           put off before any effect           differs         another amount is charged and told
    other_order     the reply names another order       new_code        a code nobody knows, after the effect
    server_error    HTTP 500 after the effect           breaks          the connector raises after the effect
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from data.clock import HOME_ZONE
from data.home import Home
from data.sims.rules import new_expiry
from jobs.carriers import (
    CARRIERS,
    Accepted,
    CardReading,
    Confirmed,
    Connector,
    Later,
    NotFound,
    Order,
    Outcome,
    Refused,
    Statement,
    StatementLine,
    Terms,
    Unknown,
)
from jobs.carriers.account import Account
from jobs.carriers.classifying import Codes, outcome
from jobs.carriers.http import Reply

ABILITIES = {"renew": ("yes", "inside the test")}
FAULTS = (
    "ok",
    "lost_before",
    "lost_after",
    "late",
    "beyond",
    "accepted",
    "accepted_fails",
    "refused",
    "later",
    "differs",
    "other_order",
    "new_code",
    "server_error",
    "breaks",
)
CODES = Codes(ok=frozenset({"0"}), refused={"WINDOW_CLOSED": "window_closed"})
# How long an accepted order takes.
TAKES = timedelta(seconds=40)


class BorderAccount(Account):
    """An account at the carrier inside the test."""

    connector: Literal["border"]
    key: bool = False  # whether an order number that comes twice is bought once
    query: Literal["good", "none", "lying"] = "good"
    horizon_s: int = 600
    reads: bool = True  # whether a card's expiry can be read


ACCOUNT = BorderAccount


class Books:
    """What the carrier knows. It outlives every kill of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[dict[str, Any]] = []
        self.orders: dict[str, dict[str, Any]] = {}  # accepted or on their way, by order number
        self.cards: dict[str, date] = {}  # stem → expiry before anything was bought
        self.faults: list[str] = []  # for the next orders, in turn
        self.of_order: dict[str, list[str]] = {}  # for the first, second … call of one order
        self.seen: list[str] = []  # order numbers as they arrived
        self.step: Callable[[str], None] = lambda _where: None  # a point at which our process may die
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, line: Mapping[str, Any]) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def fault(self, order_no: str) -> str:
        planned = self.of_order.get(order_no) or self.of_order.get("*")
        if planned:
            return planned.pop(0)
        return self.faults.pop(0) if self.faults else "ok"


_books: dict[str, Books] = {}


def books(folder: Path) -> Books:
    """The books in a folder, the same ones for every connection."""
    return _books.setdefault(str(folder), Books(folder))


class Border:
    """One account at the carrier inside the test."""

    def __init__(self, home: Home, account: BorderAccount) -> None:
        self._home = home
        self._account = account
        self.books = books(home.path / "carrier")
        self.terms = Terms(
            orders_per_call=1,
            promises=frozenset({"order_no", "iccid", "amount_fen"}),
            call_deadline_s=1.0,
            query_trusted=account.query == "good",
            horizon=timedelta(seconds=account.horizon_s),
            key_life=timedelta(hours=1) if account.key else None,
        )

    def held_s(self) -> float:
        return 0.0

    def request(self, order: Order) -> bytes:
        fields = (order.order_no, order.account, order.iccid, order.plan, order.months, order.amount_fen, "CNY")
        return "|".join(map(str, fields)).encode()

    def place(self, orders: Sequence[Order]) -> list[Outcome]:
        self.books.step("before it is sent")
        outcomes = [self._one(order) for order in orders]
        self.books.step("before the answer is read")
        return outcomes

    def find_order(self, order_no: str, carrier_ref: str | None = None) -> Outcome:
        now = self._home.clock.now()
        if self._account.query == "none":
            return Unknown("no query")
        charge = self._charge_of(order_no, now)
        if self._account.query == "lying" or (charge is None and order_no not in self.books.orders):
            return NotFound(now)
        if charge is None:
            return (
                Accepted(self.books.orders[order_no]["ref"]) if self.books.orders[order_no]["told"] else NotFound(now)
            )
        if any(entry["kind"] == "refund" and entry["order_no"] == order_no for entry in self.books.entries):
            return Refused("card_locked", "charged and refunded")
        return self._yes(charge)

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        now = self._home.clock.now()
        if not self._account.reads:
            return {}
        return {iccid: CardReading(iccid, self._expiry(iccid[:19], now), now, "active") for iccid in iccids}

    def statement(self, day: date) -> Statement:
        now = self._home.clock.now()
        lines = tuple(
            StatementLine(entry["order_no"], entry["ref"], entry["iccid"], entry["amount_fen"], entry["effective_at"])
            for entry in self.books.entries
            if entry["effective_at"] <= now and entry["effective_at"].astimezone(HOME_ZONE).date() == day
        )
        return Statement(day, lines, now)

    def _one(self, order: Order) -> Outcome:
        now, books = self._home.clock.now(), self.books
        sha = hashlib.sha256(self.request(order)).hexdigest()
        books.seen.append(order.order_no)
        told = {"account": order.account, "order_no": order.order_no, "body_sha256": sha}
        books.write("requests.jsonl", {"ts": now.isoformat(), "monotonic": now.timestamp(), **told})
        if self._account.key and order.order_no in books.orders:
            found = self._charge_of(order.order_no, now)
            return self._yes(found) if found else Unknown("409 still in progress")
        return self._met(books.fault(order.order_no), order, sha, now)

    def _met(self, fault: str, order: Order, sha: str, now: datetime) -> Outcome:
        """A fault without a function of its own is bought and confirmed."""
        play: Callable[[Order, str, datetime], Outcome] = getattr(self, f"_{fault}", self._ok)
        return play(order, sha, now)

    def _ok(self, order: Order, sha: str, now: datetime) -> Outcome:
        return self._yes(self._charge(order, sha, now))

    def _lost_before(self, _order: Order, _sha: str, _now: datetime) -> Outcome:
        return Unknown("no answer")

    def _lost_after(self, order: Order, sha: str, now: datetime) -> Outcome:
        self._charge(order, sha, now)
        return Unknown("no answer")

    def _late(self, order: Order, sha: str, now: datetime) -> Outcome:
        self._charge(order, sha, now, effective_at=now + self.terms.horizon - timedelta(seconds=1))
        return Unknown("no answer")

    def _beyond(self, order: Order, sha: str, now: datetime) -> Outcome:
        self._charge(order, sha, now, effective_at=now + 3 * self.terms.horizon + timedelta(hours=2))
        return Unknown("no answer")

    def _accepted(self, order: Order, sha: str, now: datetime) -> Outcome:
        return Accepted(self._charge(order, sha, now, effective_at=now + TAKES, told=True)["ref"])

    def _accepted_fails(self, order: Order, sha: str, now: datetime) -> Outcome:
        charge = self._charge(order, sha, now, told=True)
        self._book({**charge, "kind": "refund", "amount_fen": -order.amount_fen})
        return Accepted(charge["ref"])

    def _refused(self, _order: Order, _sha: str, _now: datetime) -> Outcome:
        return Refused("window_closed", "not at this hour")

    def _later(self, _order: Order, _sha: str, now: datetime) -> Outcome:
        return Later(now + timedelta(seconds=5), "busy")

    def _differs(self, order: Order, sha: str, now: datetime) -> Outcome:
        return self._yes(self._charge(order, sha, now, amount_fen=order.amount_fen - 100))

    def _other_order(self, order: Order, sha: str, now: datetime) -> Outcome:
        return self._yes(self._charge(order, sha, now) | {"order_no": "R" + "A" * 20 + "01"})

    def _new_code(self, order: Order, sha: str, now: datetime) -> Outcome:
        return self._said(200, "E7734", order, sha, now)

    def _server_error(self, order: Order, sha: str, now: datetime) -> Outcome:
        return self._said(500, None, order, sha, now)

    def _said(self, status: int, code: str | None, order: Order, sha: str, now: datetime) -> Outcome:
        """Bought, and answered in a way that the table of classification has to judge."""
        charge = self._charge(order, sha, now)
        return outcome(Reply(status, {}, b""), code, CODES, now=now) or self._yes(charge)

    def _breaks(self, order: Order, sha: str, now: datetime) -> Outcome:
        self._charge(order, sha, now)
        raise RuntimeError("the connector broke")

    def _charge(
        self,
        order: Order,
        sha: str,
        now: datetime,
        *,
        amount_fen: int | None = None,
        effective_at: datetime | None = None,
        told: bool = False,
    ) -> dict[str, Any]:
        entry = {
            "kind": "charge",
            "account": order.account,
            "order_no": order.order_no,
            "iccid": order.iccid,
            "kind_of_order": order.kind,
            "amount_fen": order.amount_fen if amount_fen is None else amount_fen,
            "ref": f"B{len(self.books.entries) + 1:06d}",
            "ts": now,
            "effective_at": effective_at or now,
            "body_sha256": sha,
            "call": self.books.seen.count(order.order_no),
            "months": order.months,
        }
        self._book(entry)
        self.books.orders[order.order_no] = entry | {"told": told}
        return entry

    def _book(self, entry: dict[str, Any]) -> None:
        self.books.entries.append(entry)
        self.books.write("ledger.jsonl", entry)

    def _charge_of(self, order_no: str, now: datetime) -> dict[str, Any] | None:
        for entry in self.books.entries:
            if entry["kind"] == "charge" and entry["order_no"] == order_no and entry["effective_at"] <= now:
                return entry
        return None

    def _expiry(self, stem: str, now: datetime) -> date | None:
        day = self.books.cards.get(stem)
        for entry in self.books.entries:
            if day and entry["iccid"][:19] == stem and entry["effective_at"] <= now:
                months = entry["months"] if entry["kind"] == "charge" else -entry["months"]
                day = new_expiry(day, months=months, anchor_day=None, rule="from_old_expiry", today=now.date())
        return day

    def _yes(self, entry: Mapping[str, Any]) -> Outcome:
        return Confirmed(entry["ref"], entry["order_no"], entry["iccid"], entry["amount_fen"])


def connect(home: Home, account: BorderAccount) -> Border:
    """The account's connection."""
    return Border(home, account)


def install() -> None:
    """Let carriers.toml name connector "border"."""
    CARRIERS["border"] = Connector("tests.money.border", "A carrier inside the test")
