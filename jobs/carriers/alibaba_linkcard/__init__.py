"""Alibaba Cloud Linkcard: lists with an expiry window, renews under our own serial number, names neither card nor amount.

An order it takes is therefore never confirmed by its answer: the card's expiry, read again, proves it. An order of which
nothing is known may go out once more under the same SerialNo, which the vendor's documentation calls unique.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from pydantic import ValidationError

from data.home import Home
from data.words import N_, _
from jobs.carriers import (
    Accepted,
    CardReading,
    Confirmed,
    Later,
    Order,
    Outcome,
    Refused,
    Statement,
    Unknown,
    unsayable,
)
from jobs.carriers.alibaba_linkcard import signing
from jobs.carriers.alibaba_linkcard.account import AlibabaAccount
from jobs.carriers.alibaba_linkcard.answers import CODES, Envelope, throttled
from jobs.carriers.alibaba_linkcard.calling import Client
from jobs.carriers.alibaba_linkcard.told import (
    PERIODS,
    STATES,
    Card,
    Detail,
    Flows,
    Orders,
    Page,
    Renewed,
    months_between,
)
from jobs.carriers.classifying import no_answer, outcome
from jobs.carriers.http import CallError, Reply, Unreadable
from jobs.carriers.readings import CardFacts, CardPage, QuotaReading, UsageReading

__all__ = ["ABILITIES", "ACCOUNT", "CODES", "STATES", "connect"]

ABILITIES = {
    "list_cards": ("yes", N_("40 a page, also by a window of expiries")),
    "read_card": ("yes", N_("state, expiry and the automatic renewal, card by card")),
    "usage_day": ("yes", N_("up to midnight of yesterday")),
    "usage_cycle": ("partly", N_("by calendar month")),
    "quota": ("yes", N_("used and left in the plan's period")),
    "plans": ("no", N_("the interface lists no plans and no prices")),
    "balance": ("no", N_("the interface tells no balance")),
    "renew": ("yes", N_("one card per call; cards of a unified-pay pool are renewed in the vendor's console")),
    "add_on": ("partly", N_("by the offer codes of the account; no answer proves it, so people confirm it")),
    "plan_change": ("no", N_("the interface changes no plan")),
    "recharge": ("no", N_("there are no recharge cards")),
    "suspend_resume": ("yes", N_("resumes only what was stopped by us or for its data")),
    "find_order": ("partly", N_("only that an order we were given a number for has failed or was refunded")),
    "order_key": ("partly", N_("SerialNo; sent again as the account's resend_same_serial says")),
    "statement": ("no", N_("the list of orders names neither card nor amount")),
    "auto_renew": ("partly", N_("read, not switched")),
}
PAGE_SIZE = 40
# GetCardFlowInfo takes so many months at once.
_MONTHS_AT_ONCE = 6
# How many periods one order may buy, by the months of a period; nothing is published for the others.
_TIMES = {1: frozenset({1, 2, 3, 6, 9, 12}), 12: frozenset({1, 2, 3})}
# An order whose plan the account describes otherwise than the carrier waits for somebody to look.
_LOOK_AGAIN = timedelta(minutes=5)
# Order numbers of the carrier that are kept to ask for.
_REMEMBERED = 10_000


ACCOUNT = AlibabaAccount


class Linkcard:
    """One account at Alibaba Cloud."""

    def __init__(self, account: AlibabaAccount, home: Home) -> None:
        self._account = account
        self._now = home.clock.now
        self._client = Client(account, home)
        # What was heard in this process: the carrier's number of an order, and the months of a card's period.
        self._refs: dict[str, str] = {}
        self._periods: dict[str, int] = {}
        self.terms = account.terms(
            promises=frozenset({"order_no"}),
            key_life=timedelta(seconds=account.key_life_s) if account.resend_same_serial else None,
            calls_at_once=account.calls_at_once,
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.http.close()

    def held_s(self) -> float:
        return self._client.http.pace.held_s()

    # Orders -----------------------------------------------------------------------------------------------------------

    def request(self, order: Order) -> bytes:
        return signing.joined(self._said(order)).encode()

    def place(self, orders: Sequence[Order]) -> list[Outcome]:
        return [self._place(order) for order in orders]

    def find_order(self, order_no: str, carrier_ref: str | None = None) -> Outcome:
        """Only a failure or a refund is told: that an order is completed names no card, and the card proves more."""
        ref = carrier_ref or self._refs.get(order_no)
        if ref is None:
            return Unknown("the list of orders knows no number of ours")
        try:
            listed = self._client.read("ListOrder", {"OrderId": ref, "PageNo": "1", "PageSize": "10"}, Orders)
        except CallError as error:
            return Unknown(str(error))
        statuses = {order.status for order in listed.orders if order.order_id == ref} if listed else set()
        if statuses == {"failure"}:
            return Refused("order_failed", f"{ref}: failure")
        if statuses == {"refunded"}:
            return Refused("refunded", f"{ref}: refunded")
        return Unknown(f"{ref}: {', '.join(sorted(statuses)) or 'not in the list of orders'}"[:120])

    def statement(self, day: date) -> Statement | None:  # noqa: ARG002
        return None

    def _said(self, order: Order) -> dict[str, str]:
        """What an order says, without the envelope. Raises Unsayable for one that this carrier does not take."""
        match order.kind:
            case "renew":
                times = {"RechargeType": "STANDARD", "BuyNum": str(self._times(order))}
            case "add-on":
                if order.plan not in self._account.offer_codes:
                    raise unsayable.no_entry(order, account=self._account.name, key="offer_codes")
                times = {"RechargeType": "OVERLAY", "BuyNum": "1", "OfferCode": self._account.offer_codes[order.plan]}
            case "suspend":
                return {"Action": "StopSingleCard", "Iccid": order.iccid}
            case "resume":
                return {"Action": "ResumeSingleCard", "Iccid": order.iccid}
            case _:
                raise unsayable.no_such_kind(order)
        if not (order.order_no.isascii() and order.order_no.isalnum() and 2 <= len(order.order_no) <= 32):
            raise ValueError(f"'{order.order_no}' can be no SerialNo")
        return {"Action": "Renew", "Iccid": order.iccid, "SerialNo": order.order_no, **times}

    def _times(self, order: Order) -> int:
        """How many periods of its plan an order buys. Raises Unsayable where the carrier sells no such number."""
        period = self._account.period(order.plan)
        if period is None:
            raise unsayable.no_entry(order, account=self._account.name, key="monthly_plans / yearly_plans")
        times, rest = divmod(order.months, period)
        if rest or times not in _TIMES[period]:
            raise unsayable.no_such_months(order, sold=(number * period for number in _TIMES[period]))
        return times

    def _place(self, order: Order) -> Outcome:
        said = self._said(order)
        told = self._periods.get(order.iccid)
        if order.kind == "renew" and told is not None and told != self._account.period(order.plan):
            detail = _("the carrier says that this card's plan lasts {months} months", months=told)
            return Later(self._now() + _LOOK_AGAIN, detail, reason="plan_unsuitable")
        try:
            reply = self._client.order(said)
            return self._judged(order, reply)
        except CallError as error:
            return no_answer(error, now=self._now())

    def _judged(self, order: Order, reply: Reply) -> Outcome:
        """What the answer to an order says."""
        try:
            told = Envelope.of(reply)
        except Unreadable:
            # The status may still say that nothing happened; a body is not needed for that.
            return outcome(reply, None, CODES, now=self._now()) or Unknown("unreadable")
        if throttled(reply, told):
            wait_s = reply.wait_s or self._client.http.pace.complained()
            return Later(self._now() + timedelta(seconds=wait_s), told.code or "")
        found = outcome(reply, told.code, CODES, now=self._now())
        if found is not None:
            return Unknown(f"{found.detail} {told.words()}".strip()) if isinstance(found, Unknown) else found
        if order.kind in {"suspend", "resume"}:
            # Their request is all that can be named; what the card's state is afterwards proves it.
            return Accepted(told.request_id) if told.data is True and told.request_id else Unknown("no clear yes")
        try:
            renewed = Renewed.model_validate(told.data)
        except ValidationError:
            return Unknown("the answer does not say what it should")
        if renewed.serial_no == order.order_no:
            if len(self._refs) >= _REMEMBERED:
                self._refs.clear()
            self._refs[order.order_no] = renewed.order_no
        return Confirmed(renewed.order_no, order_no=renewed.serial_no)

    # Reads ------------------------------------------------------------------------------------------------------------

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        found: dict[str, CardReading] = {}
        for iccid in iccids:
            try:
                for facts in self._facts([iccid]):
                    status = None if facts.status == "unknown" else facts.status
                    found[iccid] = CardReading(iccid, facts.expires_on, facts.read_at, status)
            except CallError:
                if self.held_s():
                    break
        return found

    def card_facts(self, iccids: Sequence[str]) -> list[CardFacts]:
        """The cards that are ours, one call each. Raises CallError."""
        return list(self._facts(iccids))

    def list_cards(self, cursor: str | None) -> CardPage:
        """A page of the list. Raises CallError."""
        return self._page({"PageNo": cursor or "1", "PageSize": str(PAGE_SIZE)})

    def list_expiring(self, cursor: str | None, first: date, last: date) -> CardPage:
        """A page of the cards whose plan ends between two days. Raises CallError."""
        said = {"PageNo": cursor or "1", "PageSize": str(PAGE_SIZE)}
        window = {
            "ExpireTimeStart": f"{first.isoformat()} 00:00:00",
            "ExpireTimeEnd": f"{last.isoformat()} 23:59:59",
        }
        return self._page(said | window)

    def quota(self, iccids: Sequence[str]) -> list[QuotaReading]:
        """What is used and left in the plan's period, one call a card. Raises CallError."""
        return [card.quota() for _read_at, card in self._details(iccids)]

    def usage(self, iccids: Sequence[str], first: date, last: date) -> list[UsageReading]:
        """Days and calendar months between two days, a call for each card and six months. Raises CallError."""
        months = months_between(first, last)
        read: list[UsageReading] = []
        for iccid in iccids:
            for start in range(0, len(months), _MONTHS_AT_ONCE):
                asked = months[start : start + _MONTHS_AT_ONCE]
                said = {"Iccid": iccid} | {f"DateList.{number}": month for number, month in enumerate(asked, start=1)}
                flows = self._client.read("GetCardFlowInfo", said, Flows)
                read.extend(flows.readings(iccid, first, last, self._now()) if flows else ())
        return read

    def _page(self, said: Mapping[str, str]) -> CardPage:
        read_at = self._now()
        page = self._client.read("ListCardInfo", said, Page)
        if page is None or str(page.number) != said["PageNo"]:
            raise Unreadable("the answer is another page than the one asked for")
        following = str(page.number + 1) if page.number < page.count else None
        return CardPage(tuple(card.facts(read_at) for card in page.cards), following)

    def _facts(self, iccids: Sequence[str]) -> Iterator[CardFacts]:
        return (card.facts(read_at) for read_at, card in self._details(iccids))

    def _details(self, iccids: Sequence[str]) -> Iterator[tuple[datetime, Card]]:
        """Cards with the instant before each was asked for; one that is not ours is left out."""
        for iccid in iccids:
            read_at = self._now()
            detail = self._client.read("GetCardDetail", {"Iccid": iccid}, Detail)
            if detail is None:
                continue
            if detail.card.iccid[:19] != iccid[:19]:
                raise Unreadable("the answer is about another card")
            if detail.card.period in PERIODS:
                self._periods[iccid] = PERIODS[detail.card.period]
            yield read_at, detail.card


def connect(home: Home, account: AlibabaAccount) -> Linkcard:
    """The connection. Raises NoConnection where a key has no value."""
    return Linkcard(account, home)
