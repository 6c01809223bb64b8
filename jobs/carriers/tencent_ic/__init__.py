"""Tencent Cloud IC: renews up to a hundred cards in one call, takes no number of ours and knows no order afterwards.

Whatever it answers to an order, the card's expiry against the reading before proves it; what stays in doubt is a person's.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from data.home import Home
from data.words import N_
from jobs.carriers import Accepted, CardReading, Later, Order, Outcome, Refused, Statement, Unknown, unsayable
from jobs.carriers.classifying import no_answer, outcome
from jobs.carriers.http import CallError, Held, Reply, Unreadable
from jobs.carriers.readings import CardFacts, CardPage, QuotaReading
from jobs.carriers.tencent_ic.account import TencentAccount
from jobs.carriers.tencent_ic.calling import Client, body
from jobs.carriers.tencent_ic.told import CODES, STATES, Card, Envelope, Page, Sold

__all__ = ["ABILITIES", "ACCOUNT", "CODES", "STATES", "connect"]

ABILITIES = {
    "list_cards": ("yes", N_("by pages; nothing to filter by")),
    "read_card": ("yes", N_("state, expiry and the automatic renewal, card by card")),
    "usage_day": ("no", N_("the interface tells no past use")),
    "usage_cycle": ("no", N_("only the use of the running period, with the quota")),
    "quota": ("yes", N_("used and in total in the running period")),
    "plans": ("no", N_("the interface lists no plans and no prices")),
    "balance": ("no", N_("the interface tells no balance")),
    "renew": ("yes", N_("up to 100 cards a call, ten seconds apart; cards bought in the vendor's console only")),
    "add_on": ("partly", N_("by the data packs of the account; no answer proves it, so people confirm it")),
    "plan_change": ("no", N_("the interface changes no plan")),
    "recharge": ("no", N_("there are no recharge cards")),
    "suspend_resume": ("no", N_("the interface stops and resumes no card")),
    "find_order": ("no", N_("no order can be asked for; the card's expiry is read again")),
    "order_key": ("no", N_("a call takes no number of ours, so nothing is ever sent again by itself")),
    "statement": ("no", N_("the interface tells no bookings")),
    "auto_renew": ("partly", N_("read, not switched")),
}
ACCOUNT = TencentAccount
# A call renews so many cards, and a card by so many months.
CARDS_AT_ONCE, MOST_MONTHS = 100, 24
# A list that was refused as a whole goes out again so soon, in quarters, until the bad card stands alone.
_PIECES_AFTER = timedelta(seconds=10)
_CUT = 4
_BUSY = timedelta(seconds=10)


class Ic:
    """One account at Tencent Cloud."""

    def __init__(self, account: TencentAccount, home: Home) -> None:
        self._account = account
        self._now = home.clock.now
        self._client = Client(account, home)
        # Orders whose list was refused → how many may share their next call.
        self._together: dict[str, int] = {}
        # The account's rate is that of reads; a renewal has a distance of its own.
        self.terms = replace(account.terms(orders_per_call=CARDS_AT_ONCE), rate_per_s=None)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def held_s(self) -> float:
        return self._client.held_s()

    # Orders -----------------------------------------------------------------------------------------------------------

    def request(self, order: Order) -> bytes:
        return body(self._said([order])[1])

    def place(self, orders: Sequence[Order]) -> list[Outcome]:
        ends_at = time.monotonic() + self._account.call_deadline_s
        outcomes: dict[str, Outcome] = {}
        for group in self._groups(orders):
            found = self._sent(group, ends_at)
            outcomes |= {order.order_no: found for order in group}
        return [outcomes[order.order_no] for order in orders]

    def find_order(self, order_no: str, carrier_ref: str | None = None) -> Outcome:  # noqa: ARG002
        return Unknown("this carrier can be asked for no order")

    def statement(self, day: date) -> Statement | None:  # noqa: ARG002
        return None

    def _said(self, group: Sequence[Order]) -> tuple[str, dict[str, Any]]:
        """Action and parameters for orders of one kind and term. Raises Unsayable for what this carrier does not sell."""
        first, app = group[0], self._account.sdk_app_id
        if first.kind == "renew":
            if not 1 <= first.months <= MOST_MONTHS:
                raise unsayable.no_such_months(first, sold=range(1, MOST_MONTHS + 1))
            return "RenewCards", {
                "Sdkappid": app,
                "Iccids": [order.iccid for order in group],
                "RenewNum": first.months,
            }
        if first.kind != "add-on":
            raise unsayable.no_such_kind(first)
        if first.plan not in self._account.data_packs:
            raise unsayable.no_entry(first, account=self._account.name, key="data_packs")
        megabytes = self._account.data_packs[first.plan]
        return "PayForExtendData", {"Iccid": first.iccid, "ExtentData": megabytes, "Sdkappid": app}

    def _groups(self, orders: Sequence[Order]) -> Iterator[list[Order]]:
        """What goes out in one call each: renewals by the same months together, an add-on alone."""
        alike: dict[tuple[Any, ...], list[Order]] = {}
        for order in orders:
            size = self._together.get(order.order_no, CARDS_AT_ONCE) if order.kind == "renew" else 1
            alike.setdefault((order.kind, order.months, order.plan if order.kind != "renew" else "", size), []).append(
                order
            )
        for (*_same, size), group in alike.items():
            for start in range(0, len(group), size):
                yield group[start : start + size]

    def _sent(self, group: Sequence[Order], ends_at: float) -> Outcome:
        """What one call brought, which holds for each of its orders."""
        action, said = self._said(group)
        left_s = ends_at - time.monotonic()
        try:
            if left_s <= 0:
                raise Held(self._account.renew_distance_s)
            reply = self._client.order(action, said, deadline_s=left_s)
            return self._judged(group, reply)
        except Held as error:
            # Its turn comes later; nothing is wrong with it.
            return Later(self._now() + timedelta(seconds=error.wait_s), str(error), reason="not_reached")
        except CallError as error:
            return no_answer(error, now=self._now())

    def _judged(self, group: Sequence[Order], reply: Reply) -> Outcome:
        try:
            told = Envelope.of(reply)
        except Unreadable:
            # The status may still say that nothing happened; a body is not needed for that.
            return outcome(reply, None, CODES, now=self._now()) or Unknown("unreadable")
        if told.code == "RequestLimitExceeded" and self._account.limit_is_early and reply.status < 500:
            return Later(self._now() + _BUSY, told.code)
        found = outcome(reply, told.code, CODES, now=self._now())
        if isinstance(found, Refused) and found.reason != "account_data" and len(group) > 1:
            # Nobody knows which of the cards it is about.
            self._together |= {order.order_no: -(-len(group) // _CUT) for order in group}
            return Later(self._now() + _PIECES_AFTER, found.detail, reason="batch_refused")
        for order in group:
            self._together.pop(order.order_no, None)
        return found or _taken(group, told)

    # Reads ------------------------------------------------------------------------------------------------------------

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        found: dict[str, CardReading] = {}
        for iccid in iccids:
            try:
                for read_at, card in self._read([iccid]):
                    facts = card.facts(read_at, self._account.plan_names)
                    status = None if facts.status == "unknown" else facts.status
                    found[iccid] = CardReading(iccid, facts.expires_on, read_at, status)
            except CallError:
                if self.held_s():
                    break
        return found

    def card_facts(self, iccids: Sequence[str]) -> list[CardFacts]:
        """The cards that are ours, one call each. Raises CallError."""
        return [card.facts(read_at, self._account.plan_names) for read_at, card in self._read(iccids)]

    def list_cards(self, cursor: str | None) -> CardPage:
        """A page of the list. Raises CallError."""
        start = int(cursor or "0")
        said = {"Sdkappid": str(self._account.sdk_app_id), "Offset": start, "Limit": self._account.page_limit}
        read_at = self._now()
        page = self._client.read("DescribeCards", said, Page)
        if page is None:
            raise CallError("DescribeCards: the carrier does not know the application")
        end = start + len(page.cards)
        following = str(end) if page.cards and end < page.total else None
        cards = tuple(card.facts(read_at, self._account.plan_names) for card in page.cards)
        return CardPage(cards, following)

    def quota(self, iccids: Sequence[str]) -> list[QuotaReading]:
        """What is used and left in the running period, one call a card. Raises CallError."""
        return [card.quota(self._account.data_unit) for _read_at, card in self._read(iccids)]

    def _read(self, iccids: Sequence[str]) -> Iterator[tuple[datetime, Card]]:
        """Cards with the instant before each was asked for; one that is not ours is left out."""
        for iccid in iccids:
            read_at = self._now()
            card = self._client.read("DescribeCard", {"Sdkappid": self._account.sdk_app_id, "Iccid": iccid}, Card)
            if card is None:
                continue
            if card.iccid[:19] != iccid[:19]:
                raise Unreadable("the answer is about another card")
            yield read_at, card


def _taken(group: Sequence[Order], told: Envelope) -> Outcome:
    """A yes counts as taken when it names as many orders as there are cards; which is whose it does not say."""
    try:
        orders = Sold.model_validate(told.data).orders
    except ValidationError:
        return Unknown("the answer names no orders")
    if len(set(orders)) != len(group):
        return Unknown(f"orders named: {len(set(orders))}, cards: {len(group)}")
    return Accepted(orders[0] if len(group) == 1 else told.request_id)


def connect(home: Home, account: TencentAccount) -> Ic:
    """The connection. Raises NoConnection where a key has no value."""
    return Ic(account, home)
