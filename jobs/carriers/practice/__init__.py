"""A carrier to rehearse with: in this process, with its own ledger, price list, refusals, delays and lost answers.

What it plays is decided by hashes of card and order number, so the same home always sees the same misfortunes.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from data.carriers.store import carrier_book
from data.home import Home
from data.renewals.rules import REASONS
from data.words import N_, _
from jobs.carriers import (
    Accepted,
    CardReading,
    Confirmed,
    Later,
    NotFound,
    Order,
    Outcome,
    Refused,
    Statement,
    Terms,
    Unknown,
    unsayable,
)
from jobs.carriers.account import Account
from jobs.carriers.practice.kinds import Card, expiries, held, refusal, status_after
from jobs.carriers.practice.ledger import Entry, Ledger, opened

_OWN_BOOKS = N_("its books open with our own cards: there is nothing new in them")
_NOT_PLAYED = N_("not played here")
ABILITIES = {
    "list_cards": ("no", _OWN_BOOKS),
    "read_card": ("yes", N_("the card's expiry and state")),
    "usage_day": ("no", _NOT_PLAYED),
    "usage_cycle": ("no", _NOT_PLAYED),
    "quota": ("no", _NOT_PLAYED),
    "plans": ("no", _OWN_BOOKS),
    "balance": ("no", N_("its money has no end")),
    "renew": ("yes", N_("in this process")),
    "add_on": ("yes", N_("in this process")),
    "plan_change": ("yes", N_("in this process, in effect at once")),
    "recharge": ("yes", N_("a PIN that ends in 0000 is a bad one")),
    "suspend_resume": ("yes", N_("in this process, in effect at once")),
    "find_order": ("yes", N_("by our order number, unless the account's query is none")),
    "statement": ("yes", N_("every charge of a day")),
    "order_key": ("partly", N_("as the account's order_key says")),
    "auto_renew": ("no", _NOT_PLAYED),
}
# Why believable carriers refuse (operations.md §5), in hundredths of all refusals.
_REFUSALS = (
    ("cancelled", 25),
    ("insufficient_balance", 20),
    ("plan_unsuitable", 15),
    ("realname_missing", 8),
    ("separation", 7),
    ("window_closed", 10),
    ("account_data", 8),
    ("stop_reason", 3),
    ("arrears", 2),
    ("pool_card", 2),
)
# Only what costs by the plan meets them; a stop, a change of plan or a recharge card has its own.
_MISHAPS = frozenset({"renew", "add-on"})
# One call takes about this long at most, so that a stop is noticed and progress is seen; the ledger's disk may take more.
_CALL_MS = 500
_DISK_S = 1.0
_MOST_PER_CALL = 100


_Share = Annotated[float, Field(ge=0, le=1)]


class PracticeAccount(Account):
    """An account at the practice carrier, with the faults it plays."""

    connector: Literal["practice"]
    delay_ms: Annotated[int, Field(ge=0, le=60_000)] = 0  # per order
    refused_share: _Share = 0.025  # of the cards, always the same ones
    lost_share: _Share = 0.005  # of the orders: bought, but the answer is lost
    accepted_share: _Share = 0.002  # of the orders: taken first, in effect `accepted_s` later
    accepted_s: Annotated[int, Field(ge=0)] = 30
    later_share: _Share = 0.002  # of the orders: put off once for `later_s`
    later_s: Annotated[int, Field(ge=0)] = 5
    order_key: bool = True  # whether an order number that comes twice is bought once
    query: Literal["good", "none"] = "good"
    horizon_s: Annotated[int, Field(ge=0)] = 2  # it lives in this process: nothing takes effect after a kill


ACCOUNT = PracticeAccount


class Practice:
    """One account at the practice carrier."""

    def __init__(self, home: Home, account: PracticeAccount, ledger: Ledger) -> None:
        self._home = home
        self._account = account
        self._ledger = ledger
        self._put_off: set[str] = set()
        at_once = min(_MOST_PER_CALL, max(1, _CALL_MS // account.delay_ms)) if account.delay_ms else _MOST_PER_CALL
        self.terms = Terms(
            orders_per_call=at_once,
            promises=frozenset({"order_no", "iccid", "amount_fen"}),
            call_deadline_s=_DISK_S + at_once * account.delay_ms / 1000,
            query_trusted=account.query == "good",
            horizon=timedelta(seconds=account.horizon_s),
        )

    def held_s(self) -> float:
        """It runs in this process: it takes every call."""
        return 0.0

    def request(self, order: Order) -> bytes:
        """The order's own fields: nothing goes over a wire here."""
        if order.kind == "recharge" and order.secret is None:
            raise unsayable.no_recharge_card(order)
        return f"{order!r} {order.secret.blind if order.secret else ''}".encode()

    def place(self, orders: Sequence[Order]) -> list[Outcome]:
        """Decide each order, write the ledger, wait for the disk, answer."""
        time.sleep(self._account.delay_ms * len(orders) / 1000)
        now = self._home.clock.now()
        cards = self._cards([order.iccid for order in orders], now)
        entries: list[Entry] = []
        outcomes: list[Outcome] = []
        for order in orders:
            entry, outcome = self._decide(order, cards.get(order.iccid[:19]), now)
            if entry:
                entries.append(entry)
            outcomes.append(outcome)
        self._ledger.append(entries)
        return outcomes

    def find_order(self, order_no: str, carrier_ref: str | None = None) -> Outcome:  # noqa: ARG002
        """What the ledger says of an order number."""
        now = self._home.clock.now()
        if self._account.query == "none":
            return Unknown(_words(N_("this account has no query")))
        entries = self._ledger.of_order(self._account.name, order_no)
        return self._told(entries[-1], now) if entries else NotFound(now)

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        """Expiries as the carrier holds them now."""
        now = self._home.clock.now()
        held = self._cards(iccids, now)
        known = {iccid: held[iccid[:19]] for iccid in iccids if iccid[:19] in held}
        return {iccid: CardReading(iccid, card.expires_on, now, card.status) for iccid, card in known.items()}

    def statement(self, day: date) -> Statement:
        """The day's charges, from the ledger."""
        now = self._home.clock.now()
        return Statement(day, self._ledger.of_day(self._account.name, day, now=now), now)

    def _decide(self, order: Order, card: Card | None, now: datetime) -> tuple[Entry | None, Outcome]:
        told = self._ledger.of_order(self._account.name, order.order_no)
        if told and self._account.order_key:
            return None, self._told(told[-1], now)
        reason = self._refusal(order, card)
        if reason or card is None:
            reason = reason or "not_our_card"
            return self._entry("refusal", order, now, reason=reason), Refused(reason, _words(REASONS[reason].msgid))
        if order.order_no not in self._put_off and self._plays("later", order.order_no, self._account.later_share):
            self._put_off.add(order.order_no)
            return None, Later(now + timedelta(seconds=self._account.later_s), _words(N_("busy")))
        entry = self._charge(order, card, now)
        if self._plays("lost", order.order_no, self._account.lost_share):
            return entry, Unknown(_words(N_("the answer was lost")))
        return entry, self._told(entry, now)

    def _refusal(self, order: Order, card: Card | None) -> str | None:
        if card is None:
            return "not_our_card"
        used = order.secret is not None and self._ledger.used(order.secret.blind)
        reason = refusal(order, card, today=self._home.clock.today(), pin_used=used)
        if reason:
            return reason
        if order.kind not in _MISHAPS or not self._plays("refused", order.iccid[:19], self._account.refused_share):
            return None
        reason = self._reason(order.iccid[:19])
        refused_before = any(
            entry.kind == "refusal" for entry in self._ledger.of_card(self._account.name, order.iccid[:19])
        )
        # Whoever orders again has mended the cause; only a cancelled card stays cancelled.
        return None if refused_before and reason != "cancelled" else reason

    def _charge(self, order: Order, card: Card, now: datetime) -> Entry:
        today = self._home.clock.today()
        before, after = expiries(order, card, rule=self._account.expiry_rule, today=today)
        slow = self._plays("accepted", order.order_no, self._account.accepted_share)
        return replace(
            self._entry("charge", order, now, ref=f"P{order.order_no[1:]}"),
            expires_before=before,
            expires_after=after,
            effective_at=now + timedelta(seconds=self._account.accepted_s) if slow else now,
            status_after=status_after(order, card),
            blind=order.secret.blind if order.secret else "",
        )

    def _entry(self, kind: str, order: Order, now: datetime, *, ref: str = "", reason: str = "") -> Entry:
        return Entry(
            kind,
            self._account.name,
            order.order_no,
            order.iccid,
            order.months,
            order.amount_fen,
            now,
            ref,
            reason,
            kind_of_order=order.kind,
            plan=order.plan,
        )

    def _cards(self, iccids: Sequence[str], now: datetime) -> dict[str, Card]:
        """Cards by stem: the opening books, moved on by every charge that is in effect."""
        today = self._home.clock.today()
        return {
            stem: held(booked, self._ledger.of_card(self._account.name, stem), now=now, today=today)
            for stem, booked in carrier_book(self._home.db.read(), [iccid[:19] for iccid in iccids]).items()
        }

    def _plays(self, what: str, about: str, share: float) -> bool:
        return self._dice(what, about) < share

    def _reason(self, stem: str) -> str:
        thrown = self._dice("reason", stem) * sum(weight for _reason, weight in _REFUSALS)
        for reason, weight in _REFUSALS:
            thrown -= weight
            if thrown < 0:
                return reason
        return _REFUSALS[0][0]

    def _told(self, entry: Entry, now: datetime) -> Outcome:
        if entry.kind == "refusal":
            return Refused(entry.reason, _words(REASONS[entry.reason].msgid))
        if entry.effective_at and entry.effective_at > now:
            return Accepted(entry.ref, _words(N_("in progress")))
        return Confirmed(entry.ref, entry.order_no, entry.iccid, entry.amount_fen, entry.expires_after)

    def _dice(self, what: str, about: str) -> float:
        hashed = hashlib.sha256(f"{self._account.name}|{what}|{about}".encode()).digest()
        return int.from_bytes(hashed[:6], "big") / 2**48


def connect(home: Home, account: PracticeAccount) -> Practice:
    """The account's connection; all practice accounts of a home share one ledger file."""
    return Practice(home, account, opened(home.practice / "ledger.jsonl"))


def _words(msgid: str) -> str:
    return _("Practice carrier: {text}", text=_(msgid))
