"""What can be read at 1NCE: cards, their data and expiry, use by day, products."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from jobs.carriers import CardReading
from jobs.carriers.http import CallError, Reply, Unreadable
from jobs.carriers.one_nce import told
from jobs.carriers.one_nce.session import Session
from jobs.carriers.readings import CardFacts, CardPage, PlanOffer, QuotaReading, UsageReading

_PAGE = 100
# An expired card answers plain reads so, and a card of nobody or of somebody else so.
_EXPIRED, _NOT_OURS = 422, frozenset({403, 404})


class _Expired(Unreadable):
    """The carrier says of this card only that it has expired."""


class _NotOurs(Unreadable):
    """The carrier shows us no such card."""


class Reads:
    """The reads of one account."""

    def __init__(self, session: Session, *, version: str, now: Callable[[], datetime]) -> None:
        self._session = session
        self._version = version
        self._now = now

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        found: dict[str, CardReading] = {}
        for iccid in iccids:
            try:
                found[iccid] = CardReading(iccid, self._quota(iccid).expires_on(), self._now())
            except _Expired:
                found[iccid] = CardReading(iccid, None, self._now(), "stopped_expired")
            except CallError:
                continue
        return found

    def list_cards(self, cursor: str | None) -> CardPage:
        page = int(cursor or 1)
        params = {"page": str(page), "pageSize": str(_PAGE)}
        reply = self._session.read(self._session.cards, f"/{self._version}/sims", params=params)
        cards = told.many(told.Card, reply)
        pages = reply.headers.get("x-total-pages", "")
        more = page < int(pages[:9]) if pages.isascii() and pages.isdigit() else len(cards) == _PAGE
        facts = tuple(card.facts(None, read_at=self._now()) for card in cards)
        return CardPage(facts, str(page + 1) if more and cards else None)

    def card_facts(self, iccids: Sequence[str]) -> list[CardFacts]:
        found = []
        for iccid in iccids:
            try:
                expires_on = self._quota(iccid).expires_on()
                card = told.one(told.Card, self._card(iccid, ""))
                found.append(card.facts(expires_on, read_at=self._now()))
            except _Expired:
                found.append(told.expired(iccid, read_at=self._now()))
            except _NotOurs:
                continue
        return found

    def usage(self, iccids: Sequence[str], first: date, last: date) -> list[UsageReading]:
        params = {"start_dt": first.isoformat(), "end_dt": last.isoformat()}
        found: list[UsageReading] = []
        for iccid in iccids:
            try:
                used = told.one(told.Usage, self._card(iccid, "/usage", params, version="v1"))
            except (_Expired, _NotOurs):
                continue
            # A day of UTC that is not over yet will grow.
            today = self._now().date()
            found += used.readings(iccid, first, last, today=today)
        return found

    def quota(self, iccids: Sequence[str]) -> list[QuotaReading]:
        found = []
        for iccid in iccids:
            try:
                found.append(self._quota(iccid).reading(iccid))
            except (_Expired, _NotOurs):
                continue
        return found

    def plans(self) -> list[PlanOffer]:
        return told.offers(self._session.read(self._session.orders, "/v1/products"))

    def _quota(self, iccid: str) -> told.Quota:
        return told.one(told.Quota, self._card(iccid, "/quota/data"))

    def _card(
        self, iccid: str, what: str, params: Mapping[str, str] | None = None, *, version: str | None = None
    ) -> Reply:
        """An answer about one card. Raises CallError."""
        path = f"/{version or self._version}/sims/{told.stem(iccid)}{what}"
        reply = self._session.read(self._session.cards, path, params=params)
        if reply.status == _EXPIRED:
            raise _Expired("the card has expired")
        if reply.status in _NOT_OURS:
            raise _NotOurs(f"HTTP {reply.status}")
        return reply
