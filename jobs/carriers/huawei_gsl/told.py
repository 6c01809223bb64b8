"""What Huawei GSL tells of cards, their plans and use, and what each of its states means here."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal

from pydantic import Field, StrictBool, StrictInt, ValidationError

from data.clock import HOME_ZONE
from jobs.carriers import CardReading
from jobs.carriers.http import Reply, Unreadable
from jobs.carriers.http.fields import Day, Fen, Megabytes, Model, Text, Told, UtcTime, read_as
from jobs.carriers.readings import CardFacts, PlanOffer, QuotaReading, UsageReading

STATES: Mapping[str, str] = {
    "10": "test",
    "11": "silent",
    "13": "silent",
    "20": "active",
    "14/1": "stopped_quota",
    "14/2": "stopped_quota",
    "14/3": "stopped_quota",
    "14/4": "stopped_expired",
    "14/5": "stopped_manual",
    "14/6": "stopped_risk",
    "14/7": "stopped_separation",
    "30": "cancelled",
}
"""sim_status, or sim_status/operator_status of a stopped card, to ours."""

_STOPPED = 14
_IN_USE = 2
_ADD_ON = 2
# Months of a plan's period by its type; days are none.
_MONTHS = {20: 1, 30: 3, 40: 6, 50: 12}
# A list may answer with either.
_OK = frozenset({200, 201})


class Card(Told):
    """A card of the list."""

    iccid: Text
    msisdn: Text | None = None
    imsi: Text | None = None
    imei: Text | None = None
    sim_status: StrictInt
    operator_status: StrictInt | None = None
    act_date: UtcTime | None = None
    expire_time: UtcTime | None = None
    price_plan_name: Text | None = None
    flow_used: Megabytes | None = None
    flow_left: Megabytes | None = None
    sim_pool_id: StrictInt | None = None
    real_named: StrictBool | None = None

    def expires_on(self) -> date | None:
        """Our day of the expiry; 16:00 in UTC is midnight in Beijing."""
        return _day(self.expire_time)

    def raw(self) -> str:
        """Its row in `STATES`."""
        if self.sim_status == _STOPPED and self.operator_status is not None:
            return f"{self.sim_status}/{self.operator_status}"
        return str(self.sim_status)

    def facts(self, read_at: datetime, *, auto_renew: bool | None = None) -> CardFacts:
        """This card in our words."""
        return CardFacts(
            iccid=self.iccid,
            msisdn=self.msisdn,
            imsi=self.imsi,
            imei=self.imei,
            raw_status=str(self.sim_status),
            raw_reason=None if self.operator_status is None else str(self.operator_status),
            status=STATES.get(self.raw(), "unknown"),
            plan=self.price_plan_name,
            activated_on=_day(self.act_date),
            expires_on=self.expires_on(),
            auto_renew=auto_renew,
            pool=None if self.sim_pool_id is None else str(self.sim_pool_id),
            realname_ok=self.real_named,
            read_at=read_at,
            as_of=None,
        )

    def reading(self, read_at: datetime) -> CardReading:
        """What a settlement needs of it."""
        return CardReading(self.iccid, self.expires_on(), read_at, STATES.get(self.raw(), "unknown"))

    def quota(self, now: datetime) -> QuotaReading:
        """Its data in bytes, as of the last midnight in Beijing."""
        known = self.flow_used is not None and self.flow_left is not None
        total = (self.flow_used or 0) + (self.flow_left or 0) if known else None
        return QuotaReading(self.iccid, total, self.flow_used, self.flow_left, midnight(now))


class CardList(Told):
    """One page of the cards."""

    count: StrictInt
    sim_cards: list[Card]


class Plan(Told):
    """A plan of one card."""

    status: StrictInt | None = None
    auto_renew: StrictInt | None = None


def renews_itself(plans: Iterable[Plan]) -> bool | None:
    """Whether a plan in use will be renewed by the carrier; None: no plan in use says."""
    said = {plan.auto_renew for plan in plans if plan.status == _IN_USE} - {None}
    return 1 in said if said else None


class _Use(Told):
    iccid: Text | None = None
    flow: Megabytes | None = None


class UseOfDay(Told):
    """What cards used on one day."""

    day: Day = Field(alias="date")
    sim_flow: list[_Use] | None = None

    def readings(self, asked: Mapping[str, str], first: date, last: date) -> list[UsageReading]:
        """The readings of cards that were asked for (by stem), in bytes."""
        if not first <= self.day <= last:
            return []
        told = [(asked.get((one.iccid or "")[:19]), one.flow) for one in self.sim_flow or []]
        return [_used(iccid, self.day, flow) for iccid, flow in told if iccid]


class _Offer(Told):
    price_plan_id: Text
    price_plan_name: Text | None = None
    flow_total: Megabytes | None = None
    package_type: StrictInt | None = None
    period: StrictInt | None = None
    period_type: StrictInt | None = None
    price: Fen | None = None

    def offer(self) -> PlanOffer:
        months = (self.period or 0) * _MONTHS.get(self.period_type or 0, 0)
        kind: Literal["main", "add-on"] = "add-on" if self.package_type == _ADD_ON else "main"
        return PlanOffer(self.price_plan_name or self.price_plan_id, kind, self.flow_total, months or None, self.price)


class OfferList(Told):
    """One page of the plans on offer."""

    count: StrictInt
    price_plans: list[_Offer]

    def offers(self) -> list[PlanOffer]:
        """In our words; prices are in fen."""
        return [one.offer() for one in self.price_plans]


class _Error(Told):
    error_code: Text


def one(model: type[Model], reply: Reply) -> Model:
    """An answer to a read. Raises Unreadable."""
    _good(reply)
    return read_as(model, reply.told())


def many(model: type[Model], reply: Reply) -> list[Model]:
    """An answer that is a list. Raises Unreadable."""
    _good(reply)
    return [read_as(model, row) for row in reply.listed()]


def midnight(now: datetime) -> datetime:
    """The beginning of the Beijing day: figures run until then."""
    return datetime.combine(now.astimezone(HOME_ZONE).date(), time(), HOME_ZONE)


def _used(iccid: str, day: date, used_bytes: int | None) -> UsageReading:
    if used_bytes is None:
        return UsageReading(iccid, "day", day, day, 0, None, "missing")
    as_of = datetime.combine(day + timedelta(days=1), time(), HOME_ZONE)
    return UsageReading(iccid, "day", day, day, used_bytes, as_of, "ok" if used_bytes else "none")


def _day(instant: datetime | None) -> date | None:
    return instant and instant.astimezone(HOME_ZONE).date()


def _good(reply: Reply) -> None:
    if reply.status in _OK:
        return
    try:
        code = _Error.model_validate(reply.told()).error_code
    except (Unreadable, ValidationError):
        code = "no code"
    raise Unreadable(f"HTTP {reply.status}, {code}")
