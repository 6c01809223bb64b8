"""What CTWing tells of cards: states and cuts by access number, the use of the running month, its list where named."""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from data.carriers import store
from data.clock import HOME_ZONE
from data.home import Home
from data.renewals.rules import STEM_LENGTH
from jobs.carriers import CardReading, each
from jobs.carriers.ctwing.session import Session
from jobs.carriers.http import CallError, Unreadable
from jobs.carriers.http.fields import day_at_front, in_bytes
from jobs.carriers.readings import CardFacts, CardPage, Missing, UsageReading
from jobs.carriers.telecom_cmp.reading import STATES
from jobs.carriers.telecom_cmp.session import said_once

__all__ = ["STATES", "Reading"]

_LIST = "/openapi/v1/prodinst/getSIMList"
_STATE = "/openapi/v1/prodinst/queryCardMainStatus"
_USE = "/api/v1/batchQry/batchQryFlowByMonth"
# Its word for a card whose data is cut; by us, or by a limit of its own.
_CUT = "已断网"
_IN_USE, _STOPPED = "4", frozenset({"5"})
_REAL_NAME = {"1": True, "0": False}
_PER_CALL = 100


class Reading:
    """Everything that only asks."""

    def __init__(self, home: Home, session: Session) -> None:
        self._home = home
        self._session = session
        self._account = session.account

    def list_cards(self, cursor: str | None) -> CardPage:
        """A page of up to 50 cards; an empty one is the end. Raises CallError."""
        page = int(cursor or 1)
        cards = [self._listed(one) for one in self._rows(pageIndex=str(page))]
        return CardPage(tuple(cards), str(page + 1) if cards else None)

    def card_facts(self, iccids: Sequence[str]) -> list[CardFacts | Missing]:
        """State, cut and real name of the cards whose access number is known, told or missing. Raises CallError."""
        return each.all_of([[iccid] for iccid in iccids], self._some)

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        """State, and expiry where the list names it. Why a card is cut or stopped is not told: a stop proves no order of ours."""
        found: dict[str, CardReading] = {}
        for one in each.readable([[iccid] for iccid in iccids], self._some):
            status = None if one.status in {"stopped_manual", "unknown"} else one.status
            found[one.iccid] = CardReading(one.iccid, one.expires_on, one.read_at, status)
        return found

    def usage(self, iccids: Sequence[str], first: date, last: date) -> list[UsageReading]:
        """The running calendar month, where these days touch it. Raises CallError."""
        today = self._session.now().astimezone(HOME_ZONE).date()
        start = today.replace(day=1)
        end = start.replace(day=monthrange(start.year, start.month)[1])
        if last < start or first > end:
            return []
        if not self._account.cust_number:
            raise CallError("cust_number of the account does not say under which number its use is asked")
        return list(self._used(self._numbers(iccids), start, end))

    def _used(self, numbers: Mapping[str, str], start: date, end: date) -> Iterator[UsageReading]:
        asked = list(numbers.items())
        for first in range(0, len(asked), _PER_CALL):
            some = asked[first : first + _PER_CALL]
            told = self._session.ask_many(
                _USE, custNumber=self._account.cust_number, accessNumber=[number for _iccid, number in some]
            )
            rows = {_text(one, "accessNumber"): one for one in _objects(told.get("data"))}
            for iccid, number in some:
                used = _bytes(rows.get(number, {}), month=f"{start:%Y%m}")
                yield UsageReading(iccid, "month", start, end, used or 0, None, "missing" if used is None else "lagged")

    def _some(self, iccids: Sequence[str]) -> list[CardFacts]:
        numbers = self._numbers(iccids)
        return [self._facts(iccid, numbers[iccid]) for iccid in iccids if iccid in numbers]

    def _numbers(self, iccids: Sequence[str]) -> dict[str, str]:
        """Access numbers by ICCID: those of our books, the others by the carrier's list. Raises CallError."""
        stems = [iccid[:STEM_LENGTH] for iccid in iccids]
        known = store.numbers(self._home.db.read(), account=self._account.name, stems=stems)
        found: dict[str, str] = {}
        for iccid in iccids:
            number = known.get(iccid[:STEM_LENGTH]) or self._looked_up(iccid)
            if number:
                found[iccid] = number
        return found

    def _looked_up(self, iccid: str) -> str | None:
        name = self._account.list_fields.get("msisdn")
        row = self._row(iccid) if name else None
        return _text(row, name) if row and name else None

    def _row(self, iccid: str) -> dict[str, Any] | None:
        rows = self._rows(pageIndex="1", iccid=iccid)
        name = self._account.list_fields["iccid"]
        return next((one for one in rows if _text(one, name)[:STEM_LENGTH] == iccid[:STEM_LENGTH]), None)

    def _rows(self, **said: str) -> list[dict[str, Any]]:
        names = self._account.list_fields
        if not {"iccid", "status"} <= set(names):
            raise CallError("list_fields of the account does not say under which names ICCID and state stand")
        return list(_with(self._session.ask(_LIST, **said), names["iccid"]))

    def _facts(self, iccid: str, number: str) -> CardFacts:
        told = self._session.ask(_STATE, access_number=number)
        raw = said_once(told, "productMainStatusCd")
        if not raw:
            raise Unreadable("a card without one state")
        cut = said_once(told, "netBlockStatusName")
        status = "stopped_manual" if raw == _IN_USE and cut == _CUT else STATES.get(raw, "unknown")
        expires_on = None
        if "expires_on" in self._account.list_fields:
            expires_on = self._listed(self._row(iccid) or {}).expires_on
        real_name = _REAL_NAME.get(said_once(told, "authStatus") or "")
        reason = cut if cut == _CUT else None
        return self._card(iccid, raw, status, reason, msisdn=number, expires_on=expires_on, realname_ok=real_name)

    def _listed(self, told: Mapping[str, Any]) -> CardFacts:
        names = self._account.list_fields
        raw = said_once(told, names["status"]) or ""
        day = day_at_front(_text(told, names.get("expires_on", "")))
        words = {name: _text(told, names[name]) or None for name in ("msisdn", "imsi", "plan") if name in names}
        return self._card(_text(told, names["iccid"]), raw, STATES.get(raw, "unknown"), None, expires_on=day, **words)

    def _card(self, iccid: str, raw: str, status: str, reason: str | None, **told: Any) -> CardFacts:
        nothing = ("msisdn", "imsi", "imei", "plan", "activated_on", "expires_on", "auto_renew", "pool", "realname_ok")
        now = self._session.now()
        said = {**dict.fromkeys(nothing), **told}
        ended = said["expires_on"] is not None and said["expires_on"] < now.astimezone(HOME_ZONE).date()
        return CardFacts(
            iccid=iccid,
            raw_status=raw,
            raw_reason=reason,
            status="stopped_expired" if raw in _STOPPED and ended else status,
            read_at=now,
            as_of=None,
            **said,
        )


def _with(told: Any, name: str) -> Iterator[dict[str, Any]]:
    """The objects that have this name themselves."""
    if isinstance(told, dict) and name in told:
        yield told
    for one in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from _with(one, name)


def _objects(told: Any) -> list[dict[str, Any]]:
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise Unreadable("data is no list of objects")
    return told


def _text(told: Mapping[str, Any], name: str) -> str:
    found = told.get(name)
    found = found[0] if isinstance(found, list) and len(found) == 1 else found
    return str(found).strip()[:120] if isinstance(found, str | int) else ""


def _bytes(told: Mapping[str, Any], *, month: str) -> int | None:
    """What was used in a month, of a row that says it has found it; None: it does not say."""
    if _text(told, "status") != "0" or _text(told, "month") not in {month, ""}:
        return None
    unit = _text(told, "unit").upper()
    try:
        amount = Decimal(_text(told, "flowAmount"))
    except InvalidOperation:
        return None
    good = unit in {"KB", "MB", "GB"} and amount.is_finite() and 0 <= amount < 10**12
    return in_bytes(amount, unit) if good else None
