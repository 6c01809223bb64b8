"""What China Unicom CMP tells of cards: state, plan and use in MB by billing cycle. It tells no expiry."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from data.clock import HOME_ZONE
from data.renewals.rules import STEM_LENGTH
from jobs.carriers import CardReading, each
from jobs.carriers.http import Unreadable
from jobs.carriers.http.fields import Megabytes, day_at_front
from jobs.carriers.readings import CardFacts, Missing, UsageReading
from jobs.carriers.unicom_cmp.session import Said, Session

# The carrier's codes → our states.
STATES: Mapping[str, str] = {
    "0": "test",
    "1": "silent",
    "2": "active",
    "3": "stopped_manual",
    "4": "pre_cancel",
    "5": "cancelled",
    "6": "replaced",
    "7": "stock",
    "8": "test",
    "9": "pre_cancel",
}
_STOPPED = "3"
_REALNAME = {"1": False, "2": True, "3": True}
_PER_CALL = 50
_NO_DATA = "1074"
_MEGABYTES = TypeAdapter(Megabytes)


class Reading:
    """Everything that only asks."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._account = session.account

    def card_facts(self, iccids: Sequence[str]) -> list[CardFacts | Missing]:
        """The cards that are ours, told or missing, 50 a call. Raises CallError."""
        return each.all_of(_groups(iccids), self._some)

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        """The state only. Why a card stopped is not told: a stop proves no order of ours."""
        return {
            one.iccid: CardReading(one.iccid, None, one.read_at, None if one.raw_status == _STOPPED else one.status)
            for one in each.readable(_groups(iccids), self._some)
        }

    def usage(self, iccids: Sequence[str], first: date, last: date) -> list[UsageReading]:
        """Whole billing cycles; of the one that runs, what has been used so far. Raises CallError."""
        today = self._session.now().astimezone(HOME_ZONE).date()
        found = []
        for start, end in self._cycles(first, min(last, today)):
            if end < today:
                found += [self._ended(iccid, start, end) for iccid in iccids]
            else:
                found += list(self._running(iccids, start, end))
        return found

    def _some(self, iccids: Sequence[str]) -> list[CardFacts]:
        return [self._card(iccid, one) for iccid, one in self._details(iccids).items()]

    def _details(self, iccids: Sequence[str]) -> dict[str, dict[str, Any]]:
        terminals = self._session.read("wsGetTerminalDetails", iccids=list(iccids)).get("terminals")
        if not isinstance(terminals, list) or not all(isinstance(one, dict) for one in terminals):
            raise Unreadable("terminals is no list of objects")
        told = {(_text(one, "iccid") or "")[:STEM_LENGTH]: one for one in terminals}
        return {iccid: told[iccid[:STEM_LENGTH]] for iccid in iccids if iccid[:STEM_LENGTH] in told}

    def _card(self, iccid: str, told: Mapping[str, Any]) -> CardFacts:
        raw = _text(told, "simStatus") or ""
        return CardFacts(
            iccid=iccid,
            msisdn=None,
            imsi=None,
            imei=_text(told, "imei"),
            raw_status=raw,
            raw_reason=None,
            status=STATES.get(raw, "unknown"),
            plan=_text(told, "ratePlan"),
            activated_on=day_at_front(_text(told, "dateActivated")),
            expires_on=None,
            auto_renew=None,
            pool=None,
            realname_ok=_REALNAME.get(_text(told, "realNameStatus") or ""),
            read_at=self._session.now(),
            as_of=None,
        )

    def _running(self, iccids: Sequence[str], start: date, end: date) -> Iterator[UsageReading]:
        for first in range(0, len(iccids), _PER_CALL):
            asked = iccids[first : first + _PER_CALL]
            told = self._details(asked)
            for iccid in asked:
                used = _bytes(told.get(iccid, {}).get("monthToDateDataUsage"))
                quality = "missing" if used is None else "lagged"
                yield UsageReading(iccid, "cycle", start, end, used or 0, None, quality)  # type: ignore[arg-type]

    def _ended(self, iccid: str, start: date, end: date) -> UsageReading:
        month = end if self._account.cycle_named_by == "end" else start
        try:
            told = self._session.read("wsGetTerminalUsage", iccid=iccid, billingCycle=f"{month:%Y%m}")
        except Said as error:
            if error.code != _NO_DATA:
                raise
            told = {}
        used = _bytes(told.get("totalDataVolume"))
        return UsageReading(iccid, "cycle", start, end, used or 0, None, "missing" if used is None else "ok")

    def _cycles(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """The billing cycles that have a day in common with these."""
        day = self._account.cycle_start_day
        start = first.replace(day=day)
        if start > first:
            start = (start.replace(day=1) - timedelta(days=1)).replace(day=day)
        while start <= last:
            after = (start.replace(day=28) + timedelta(days=4)).replace(day=day)
            yield start, after - timedelta(days=1)
            start = after


def _groups(iccids: Sequence[str]) -> list[Sequence[str]]:
    return [iccids[start : start + _PER_CALL] for start in range(0, len(iccids), _PER_CALL)]


def _bytes(told: Any) -> int | None:
    try:
        return _MEGABYTES.validate_python(told)
    except ValidationError:
        return None


def _text(told: Mapping[str, Any], name: str) -> str | None:
    found = told.get(name)
    return found.strip() or None if isinstance(found, str) and len(found) <= 120 else None
