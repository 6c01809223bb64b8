"""What Linkcard tells of cards, their use and orders, and what each of its states means here."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from pydantic import Field, TypeAdapter, ValidationError

from data.clock import HOME_ZONE
from jobs.carriers.http.fields import Flow, Text, Told, WallTime
from jobs.carriers.readings import CardFacts, Grain, Quality, QuotaReading, UsageReading

STATES: Mapping[str, str] = {
    "10": "test",
    "20": "silent",
    "30": "active",
    "30/100": "active",
    "30/150": "active",
    "35/200": "stopped_manual",
    "35/300": "stopped_quota",
    "35/400": "stopped_arrears",
    "35/500": "stopped_separation",
    "35/600": "stopped_realname",
    "35/700": "stopped_risk",
    "40": "stopped_expired",
    "50": "cancelled",
}
"""Status, or Status/OsStatus, to ours. Stopped without a known reason stays unknown."""

# OsStatus beside these says nothing that would change them.
_WHATEVER_THE_REASON = frozenset({"10", "20", "40", "50"})
# Length of a plan's period in months, by its code.
PERIODS = {"1101": 1, "1103": 3, "1106": 6, "1112": 12}
_FLOW = TypeAdapter(Flow)


class Card(Told):
    """A card of the list, or of the detail."""

    iccid: Text = Field(alias="Iccid")
    imsi: list[Text] | None = Field(None, alias="Imsi")
    msisdn: list[Text] | None = Field(None, alias="Msisdn")
    imei: Text | None = Field(None, alias="DeviceImei")
    status: Text | None = Field(None, alias="Status")
    os_status: Text | None = Field(None, alias="OsStatus")
    active_time: WallTime | None = Field(None, alias="ActiveTime")
    expire_time: WallTime | None = Field(None, alias="ExpireTime")
    period: Text | None = Field(None, alias="Period")
    used: str | None = Field(None, alias="PeriodAddFlow")
    left: str | None = Field(None, alias="PeriodRestFlow")
    flow_at: WallTime | None = Field(None, alias="FlowLatestModifiedTime")
    auto_recharge: bool | None = Field(None, alias="IsAutoRecharge")
    credential: Text | None = Field(None, alias="CredentialNo")
    data_type: Text | None = Field(None, alias="DataType")

    def expires_on(self) -> date | None:
        """The Beijing day on which the plan ends."""
        return self.expire_time.date() if self.expire_time else None

    def state(self, today: date) -> str:
        """The common state on `today`; "unknown" where the table has no row, or where the reason is not certain."""
        expired = self.expire_time is not None and self.expire_time.date() < today
        if self.status == "40" and not expired:
            return "unknown"
        if self.os_status is None or self.status in _WHATEVER_THE_REASON:
            return STATES.get(self.status or "", "unknown")
        return STATES.get(f"{self.status}/{self.os_status}", "unknown")

    def facts(self, read_at: datetime) -> CardFacts:
        """In our words, as read at an instant."""
        pooled = self.data_type not in {None, "singlecard"}
        return CardFacts(
            iccid=self.iccid,
            msisdn=self.msisdn[0] if self.msisdn else None,
            imsi=self.imsi[0] if self.imsi else None,
            imei=self.imei,
            raw_status=self.status or "",
            raw_reason=self.os_status,
            status=self.state(read_at.astimezone(HOME_ZONE).date()),
            plan=None,
            activated_on=self.active_time.date() if self.active_time else None,
            expires_on=self.expires_on(),
            auto_renew=self.auto_recharge,
            pool=self.credential if pooled else None,
            realname_ok=None,
            read_at=read_at,
            as_of=None,
        )

    def quota(self) -> QuotaReading:
        """What of its period's data is used and left."""
        used, left = _bytes(self.used), _bytes(self.left)
        total = used + left if used is not None and left is not None else None
        return QuotaReading(self.iccid, total, used, left, self.flow_at)


class Page(Told):
    """One page of the list of cards."""

    cards: list[Card] = Field(alias="List")
    number: int = Field(alias="PageNo", ge=1)
    count: int = Field(alias="PageCount", ge=0)


class Detail(Told):
    """A card by itself."""

    card: Card = Field(alias="VsimCardInfo")


class _DayFlow(Told):
    day: Text = Field(alias="Day")
    flow: str | None = Field(None, alias="Flow")


class _MonthFlow(Told):
    month: Text = Field(alias="Month")
    flow: str | None = Field(None, alias="FlowCount")
    days: list[_DayFlow] | None = Field(None, alias="ListDayFlow")


class Flows(Told):
    """What a card used, month by month."""

    months: list[_MonthFlow] = Field(alias="ListCardMonthFlow")

    def readings(self, iccid: str, first: date, last: date, now: datetime) -> Iterator[UsageReading]:
        """Each told day between two days, and each told month that touches them. Figures run to the midnight before `now`."""
        midnight = now.astimezone(HOME_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)

        def reading(grain: Grain, start: date, end: date, flow: str | None) -> Iterator[UsageReading]:
            used = _bytes(flow)
            if used is None or end < first or start > last:
                return
            quality: Quality = "lagged" if end >= midnight.date() else "ok" if used else "none"
            yield UsageReading(iccid, grain, start, end, used, midnight, quality)

        for month in self.months:
            start = _month(month.month)
            if start is None:
                continue
            for one in month.days or ():
                day = _day(one.day, start)
                if day:
                    yield from reading("day", day, day, one.flow)
            end = start.replace(day=monthrange(start.year, start.month)[1])
            yield from reading("month", start, end, month.flow)


class Renewed(Told):
    """The yes to an order."""

    order_no: Text = Field(alias="OrderNo")
    serial_no: Text | None = Field(None, alias="SerialNo")


class ListedOrder(Told):
    """An order of the list: it names neither our number nor a card."""

    order_id: Text = Field(alias="OrderId")
    status: Text = Field(alias="OrderStatus")


class Orders(Told):
    """One page of the list of orders."""

    orders: list[ListedOrder] = Field(alias="List")


def months_between(first: date, last: date) -> list[str]:
    """The months two days and the days between them lie in, as the vendor writes them: 202611."""
    months, day = [], first.replace(day=1)
    while day <= last:
        months.append(f"{day:%Y%m}")
        day = (day + timedelta(days=31)).replace(day=1)
    return months


def _bytes(flow: str | None) -> int | None:
    try:
        return _FLOW.validate_python(flow)
    except ValidationError:
        return None


def _month(told: str) -> date | None:
    digits = told.replace("-", "")
    try:
        return datetime.strptime(f"{digits}01", "%Y%m%d").replace(tzinfo=HOME_ZONE).date() if len(digits) == 6 else None
    except ValueError:
        return None


def _day(told: str, month: date) -> date | None:
    """A day of a month, told as 20261105, 2026-11-05 or 5."""
    digits = told.replace("-", "")
    try:
        day = month.replace(day=int(digits[-2:]))
    except ValueError:
        return None
    return day if digits in {f"{day:%Y%m%d}", f"{day:%d}", str(day.day)} else None
