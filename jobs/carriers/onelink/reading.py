"""What OneLink tells of cards: state, plan and expiry, use by day and month, what is left, and our balance.

Amounts of data come in KB. A single space where a number should stand means that nothing was used or subscribed.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from data.clock import HOME_ZONE
from data.renewals.rules import STEM_LENGTH
from jobs.carriers import CardReading, each
from jobs.carriers.http import Unreadable
from jobs.carriers.http.fields import day_at_front, in_bytes
from jobs.carriers.onelink.session import MOST_CARDS, NOT_OURS, Said, Session
from jobs.carriers.readings import Balance, CardFacts, Missing, Quality, QuotaReading, UsageReading

# The carrier's codes, one table: cards of the CT platform have one digit, those of the PB platform two.
STATES: Mapping[str, str] = {
    "1": "silent",
    "2": "active",
    "4": "stopped_manual",  # or as the stop reason says
    "6": "test",
    "7": "stock",
    "8": "pre_cancel",
    "9": "cancelled",
    "00": "active",
    "01": "stopped_manual",
    "02": "stopped_manual",
    "03": "pre_cancel",
    "04": "cancelled",
    "05": "cancelled",  # transferred to somebody else
    "06": "silent",
    "07": "silent",
}
_STOPPED = frozenset({"4", "01", "02"})
# How far back its daily figures reach; of months, the last six.
_DAYS_BACK = 7


class Reading:
    """Everything that only asks."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._account = session.account

    def card_facts(self, iccids: Sequence[str]) -> list[CardFacts | Missing]:
        """The cards that are ours, told or missing. Raises CallError."""
        return each.all_of([[iccid] for iccid in iccids], self._some)

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        """State and, where the account says under which name it stands, expiry. A stop counts only for a known reason:
        it would prove an order of ours.
        """
        found = {}
        for facts in each.readable([[iccid] for iccid in iccids], self._some):
            vague = facts.raw_status in _STOPPED and facts.raw_reason not in self._account.stop_reasons
            status = None if vague else facts.status
            found[facts.iccid] = CardReading(facts.iccid, facts.expires_on, facts.read_at, status)
        return found

    def usage(self, iccids: Sequence[str], first: date, last: date) -> list[UsageReading]:
        """Days where all of them lie in the last week, else whole months. Raises CallError."""
        today = self._session.now().astimezone(HOME_ZONE).date()
        if first >= today - timedelta(days=_DAYS_BACK):
            days = (first + timedelta(days=n) for n in range((last - first).days + 1))
            periods = [(day, day) for day in days]
            return [one for period in periods for one in self._used(iccids, *period, today=today)]
        return [one for period in _months(first, last) for one in self._used(iccids, *period, today=today)]

    def quota(self, iccids: Sequence[str]) -> list[QuotaReading]:
        """All plans of a card together. Raises CallError."""
        return [self._quota(iccid) for iccid in iccids]

    def balance(self) -> Balance:
        """The account's balance. Raises CallError."""
        told = next(iter(self._session.read("/query/balance-info")), {})
        return Balance(fen(told.get("amount")), self._session.now())

    def _some(self, iccids: Sequence[str]) -> Iterator[CardFacts]:
        for iccid in iccids:
            try:
                yield self._facts(iccid)
            except Said as error:
                if error.code not in NOT_OURS:
                    raise

    def _facts(self, iccid: str) -> CardFacts:
        told = next(iter(self._session.read("/query/sim-status", iccid=iccid)), {})
        raw = told.get("cardStatus")
        if not isinstance(raw, str) or not raw:
            raise Unreadable("a card without a state")
        reason = self._stop_reason(iccid) if raw in _STOPPED else None
        basics = next(iter(self._session.read("/query/sim-basic-info", iccid=iccid)), {})
        plan, expires_on = self._plan(iccid)
        status = STATES.get(raw, "unknown")
        return CardFacts(
            iccid=iccid,
            msisdn=_text(basics, "msisdn"),
            imsi=_text(basics, "imsi"),
            imei=None,
            raw_status=raw,
            raw_reason=reason,
            status=self._account.stop_reasons.get(reason or "", status),
            plan=plan,
            activated_on=day_at_front(_text(basics, "activeDate")),
            expires_on=expires_on,
            auto_renew=None,
            pool=None,
            realname_ok=None,
            read_at=self._session.now(),
            as_of=None,
        )

    def _stop_reason(self, iccid: str) -> str | None:
        return _text(next(iter(self._session.read("/query/sim-stop-reason", iccid=iccid)), {}), "stopReason")

    def _plan(self, iccid: str) -> tuple[str | None, date | None]:
        """Plan and latest expiry of the card's offerings, under the names the account gives; nothing without them."""
        names = self._account.offering_fields
        if not names:
            return None, None
        offerings = self._session.read("/query/ordered-offerings", queryType="3", iccid=iccid)
        dated = [
            (day_at_front(_text(one, names.get("expires_on", ""))), _text(one, names.get("plan", "")))
            for one in offerings
        ]
        known = [(day, plan) for day, plan in dated if day]
        if known:
            day, plan = max(known, key=lambda one: one[0])
            return plan, day
        return (dated[0][1] if dated else None), None

    def _used(self, iccids: Sequence[str], first: date, last: date, *, today: date) -> Iterator[UsageReading]:
        daily = first == last
        path = f"/query/sim-data-usage-{'daily' if daily else 'monthly'}/batch"
        when = f"{first:%Y%m%d}" if daily else f"{first:%Y%m}"
        for start in range(0, len(iccids), MOST_CARDS):
            asked = iccids[start : start + MOST_CARDS]
            results = self._session.read(path, iccids="_".join(asked), queryDate=when)
            lines = [line for one in results for line in _lines(one, "dataAmountList")]
            told = {(_text(line, "iccid") or "")[:STEM_LENGTH]: line.get("dataAmount") for line in lines}
            for iccid in asked:
                used, quality = _amount(told.get(iccid[:STEM_LENGTH]))
                # Its figures reach to midnight: today's are not all there yet.
                if quality == "ok" and last >= today:
                    quality = "lagged"
                yield UsageReading(iccid, "day" if daily else "month", first, last, used or 0, None, quality)

    def _quota(self, iccid: str) -> QuotaReading:
        results = self._session.read("/query/sim-data-margin", iccid=iccid)
        plans = [plan for one in results for plan in _lines(one, "accmMarginList")]
        names = ("totalAmount", "useAmount", "remainAmount")
        total, used, left = (_sum([_amount(plan.get(name))[0] for plan in plans]) for name in names)
        return QuotaReading(iccid, total, used, left, None)


def fen(told: Any) -> int:
    """An amount of yuan as whole fen. Raises Unreadable."""
    try:
        amount = Decimal(told) * 100 if isinstance(told, str | int | Decimal) and not isinstance(told, bool) else None
        if amount is None or not amount.is_finite() or amount != amount.to_integral_value() or abs(amount) > 10**12:
            raise Unreadable("no amount of yuan")
    except InvalidOperation:
        raise Unreadable("no amount of yuan") from None
    return int(amount)


def _amount(told: Any) -> tuple[int | None, Quality]:
    """KB as bytes, and what they are worth."""
    if told == " ":
        return 0, "none"
    try:
        number = Decimal(told.strip() if isinstance(told, str) else told)
    except (InvalidOperation, TypeError, ValueError):
        return None, "missing"
    if isinstance(told, bool) or not number.is_finite() or not 0 <= number < 10**15:
        return None, "missing"
    return in_bytes(number, "KB"), "ok"


def _sum(amounts: Sequence[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known and len(known) == len(amounts) else None


def _lines(told: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = told.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unreadable(f"{name} is no list of objects")
    return found


def _text(told: Mapping[str, Any], name: str) -> str | None:
    found = told.get(name)
    return found.strip() or None if isinstance(found, str) and len(found) <= 64 else None


def _months(first: date, last: date) -> list[tuple[date, date]]:
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    starts = [date(number // 12, number % 12 + 1, 1) for number in numbers]
    return [(start, start.replace(day=monthrange(start.year, start.month)[1])) for start in starts]
