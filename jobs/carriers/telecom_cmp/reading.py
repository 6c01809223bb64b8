"""What China Telecom's older platform tells of cards: state, plans and their ends, use by day and month, our balance."""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import TypeAdapter, ValidationError

from data.clock import HOME_ZONE
from jobs.carriers import CardReading, each
from jobs.carriers.http import CallError, Unreadable
from jobs.carriers.http.fields import Flow, day_at_front, in_bytes
from jobs.carriers.readings import Balance, CardFacts, CardPage, Missing, QuotaReading, UsageReading
from jobs.carriers.telecom_cmp.session import Session, codes, every, said_once

# The carrier's codes → our states.
STATES: Mapping[str, str] = {
    "1": "silent",
    "2": "test",
    "3": "test",
    "4": "active",
    "5": "stopped_manual",  # or expired, where its plan has ended
    "6": "stopped_risk",
    "7": "cancelled",
}
_STOPPED = "5"
# So many days are asked one by one; more than that comes by month.
_MOST_DAYS = 7
_FLOW = TypeAdapter(Flow)


class Reading:
    """Everything that only asks."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._account = session.account

    def list_cards(self, cursor: str | None) -> CardPage:
        """A page of up to 50 cards; an empty one is the end. Raises CallError."""
        names = self._account.list_fields
        if not {"iccid", "status"} <= set(names):
            raise CallError("list_fields of the account does not say under which names ICCID and state stand")
        page = int(cursor or 1)
        told = self._session.read("getSIMList", pageIndex=str(page))
        if not codes(told):
            raise Unreadable("an empty page that does not say that it is one")
        cards = [self._listed(one) for one in _objects_with(told, names["iccid"])]
        return CardPage(tuple(cards), str(page + 1) if cards else None)

    def card_facts(self, iccids: Sequence[str]) -> list[CardFacts | Missing]:
        """The cards that are ours, told or missing. Raises CallError."""
        return each.all_of([[iccid] for iccid in iccids], self._some)

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        """State and the end of the plan that runs longest. Why a card stopped is not told: a stop proves no order of ours."""
        return {
            one.iccid: CardReading(
                one.iccid, one.expires_on, one.read_at, None if one.status == "stopped_manual" else one.status
            )
            for one in each.readable([[iccid] for iccid in iccids], self._some)
        }

    def usage(self, iccids: Sequence[str], first: date, last: date) -> list[UsageReading]:
        """Up to seven days one by one, else whole months; one card per call. Raises CallError."""
        today = self._session.now().astimezone(HOME_ZONE).date()
        days = (last - first).days + 1
        if days <= _MOST_DAYS:
            periods = [(first + timedelta(days=n),) * 2 for n in range(days)]
        else:
            periods = list(_months(first, last))
        return [self._used(iccid, *period, today=today) for iccid in iccids for period in periods]

    def quota(self, iccids: Sequence[str]) -> list[QuotaReading]:
        """All plans of a card together. Raises CallError."""
        return [self._quota(iccid) for iccid in iccids]

    def balance(self) -> Balance:
        """The account's balance. Raises CallError."""
        if not self._account.balance_number:
            raise CallError("balance_number of the account names no number to ask the balance by")
        told = self._session.read("queryBalance", access_number=self._account.balance_number)
        return Balance(_fen(said_once(told, "ACCOUNTBALANCE")), self._session.now())

    def _some(self, iccids: Sequence[str]) -> list[CardFacts]:
        return [facts for iccid in iccids if (facts := self._facts(iccid))]

    def _facts(self, iccid: str) -> CardFacts | None:
        """None: the platform names no state, as of a card it does not know."""
        raw = said_once(self._session.read("queryCardMainStatus", iccid=iccid), self._account.status_field)
        if not raw:
            return None
        plans = _plans(self._session.read("queryPakage", iccid=iccid))
        dated = [(day, plan) for plan in plans if (day := day_at_front(_said(plan, "END_TIME")))]
        expires_on, plan = max(dated, key=lambda one: one[0]) if dated else (None, plans[0] if plans else {})
        now = self._session.now()
        ended = expires_on is not None and expires_on < now.astimezone(HOME_ZONE).date()
        status = "stopped_expired" if raw == _STOPPED and ended else STATES.get(raw, "unknown")
        return self._card(iccid, raw, status, plan=_said(plan, "OFFER_NAME") or None, expires_on=expires_on)

    def _listed(self, told: Mapping[str, Any]) -> CardFacts:
        names = self._account.list_fields
        raw = said_once(told, names["status"]) or ""
        return self._card(
            _said(told, names["iccid"]),
            raw,
            STATES.get(raw, "unknown"),
            msisdn=_said(told, names.get("msisdn", "")) or None,
            imsi=_said(told, names.get("imsi", "")) or None,
        )

    def _card(self, iccid: str, raw: str, status: str, **told: Any) -> CardFacts:
        nothing = ("msisdn", "imsi", "imei", "plan", "activated_on", "expires_on", "auto_renew", "pool", "realname_ok")
        said = {**dict.fromkeys(nothing), **told}
        return CardFacts(
            iccid=iccid,
            raw_status=raw,
            raw_reason=None,
            status=status,
            read_at=self._session.now(),
            as_of=None,
            **said,
        )

    def _used(self, iccid: str, first: date, last: date, *, today: date) -> UsageReading:
        told = self._session.read(
            "queryTrafficByDate", iccid=iccid, startDate=f"{first:%Y%m%d}", endDate=f"{last:%Y%m%d}", needDtl="0"
        )
        grain = "day" if first == last else "month"
        try:
            used = _FLOW.validate_python(said_once(told, "TOTAL_BYTES_CNT"))
        except ValidationError:
            return UsageReading(iccid, grain, first, last, 0, None, "missing")  # type: ignore[arg-type]
        return UsageReading(iccid, grain, first, last, used, None, "lagged" if last >= today else "ok")  # type: ignore[arg-type]

    def _quota(self, iccid: str) -> QuotaReading:
        plans = _plans(self._session.read("queryPakage", iccid=iccid))
        names = ("CUMULATION_TOTAL", "CUMULATION_ALREADY", "CUMULATION_LEFT")
        total, used, left = (_sum([_amount(plan, name) for plan in plans]) for name in names)
        if used is None and total is not None and left is not None:
            used = max(total - left, 0)
        return QuotaReading(iccid, total, used, left, None)


def _plans(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [plan for plan in every(told, "CumulRspList") if isinstance(plan, dict)]


def _objects_with(told: Any, name: str) -> Iterator[dict[str, Any]]:
    """The objects that have this name themselves."""
    if isinstance(told, dict) and name in told:
        yield told
    for one in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from _objects_with(one, name)


def _said(told: Mapping[str, Any], name: str) -> str:
    """The text under a name of this object itself; XML has told it in a list of one."""
    found = told.get(name)
    found = found[0] if isinstance(found, list) and len(found) == 1 else found
    return str(found).strip()[:120] if isinstance(found, str | int) else ""


def _amount(plan: Mapping[str, Any], name: str) -> int | None:
    """Bytes; the carrier tells KB unless it names another unit."""
    unit = _said(plan, "UNIT_NAME").upper()
    try:
        number = Decimal(_said(plan, name))
        return in_bytes(number, unit if unit in {"KB", "MB", "GB"} else "KB") if 0 <= number < 10**15 else None
    except InvalidOperation:
        return None


def _sum(amounts: Sequence[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known and len(known) == len(amounts) else None


def _fen(yuan: str | None) -> int:
    try:
        fen = Decimal(yuan or "") * 100
        if fen.is_finite() and fen == fen.to_integral_value() and abs(fen) < 10**12:
            return int(fen)
    except InvalidOperation:
        pass
    raise Unreadable("no amount of yuan")


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        start = date(number // 12, number % 12 + 1, 1)
        yield start, start.replace(day=monthrange(start.year, start.month)[1])
