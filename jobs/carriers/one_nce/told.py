"""What 1NCE tells of cards, their data, orders and products, and what each of its states means here."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from pydantic import Field, StrictInt, ValidationError

from data.clock import HOME_ZONE
from jobs.carriers.http import Reply, Unreadable
from jobs.carriers.http.fields import Day, Fen, Megabytes, Model, Text, Told, UtcTime, read_as
from jobs.carriers.readings import CardFacts, PlanOffer, Quality, QuotaReading, UsageReading

# What a card says of itself; its data may have ended or not begun (`Card.state`).
STATES: Mapping[str, str] = {"Enabled": "active", "Disabled": "stopped_manual"}
_DATA_USED_UP = 2
_OK = 200
_DAY_LENGTH = len("2026-11-22")


class _QuotaStatus(Told):
    id: StrictInt


class Card(Told):
    """A card of the list, or alone. Nothing here says when it expires; `Quota` does."""

    iccid: Text
    iccid_with_luhn: Text | None = None
    imsi: Text | None = None
    msisdn: Text | None = None
    imei: Text | None = None
    status: Text
    activation_date: UtcTime | None = None
    quota_status: _QuotaStatus | None = None

    def state(self, expires_on: date | None, today: date) -> str:
        """The common state. Stopped by us stays so, whatever became of the data."""
        state = STATES.get(self.status, "unknown")
        if state != "active":
            return state
        if expires_on is not None and expires_on < today:
            return "stopped_expired"
        if self.activation_date is None:
            return "silent"
        used_up = self.quota_status is not None and self.quota_status.id == _DATA_USED_UP
        return "stopped_quota" if used_up else state

    def facts(self, expires_on: date | None, *, read_at: datetime) -> CardFacts:
        """This card in our words; `expires_on` where its data has been read too."""
        return CardFacts(
            iccid=self.iccid_with_luhn or self.iccid,
            msisdn=self.msisdn,
            imsi=self.imsi,
            imei=self.imei,
            raw_status=self.status,
            raw_reason=f"quota status {self.quota_status.id}" if self.quota_status else None,
            status=self.state(expires_on, read_at.astimezone(HOME_ZONE).date()),
            plan=None,
            activated_on=self.activation_date and self.activation_date.astimezone(HOME_ZONE).date(),
            expires_on=expires_on,
            auto_renew=None,
            pool=None,
            realname_ok=None,
            read_at=read_at,
            as_of=None,
        )


def expired(iccid: str, *, read_at: datetime) -> CardFacts:
    """A card of which the carrier says only that it has expired."""
    return CardFacts(
        iccid=iccid,
        msisdn=None,
        imsi=None,
        imei=None,
        raw_status="422",
        raw_reason=None,
        status="stopped_expired",
        plan=None,
        activated_on=None,
        expires_on=None,
        auto_renew=None,
        pool=None,
        realname_ok=None,
        read_at=read_at,
        as_of=None,
    )


class Quota(Told):
    """A card's data for its whole life: `volume` is what is left."""

    volume: Megabytes
    total_volume: Megabytes | None = None
    expiry_date: UtcTime | None = None

    def expires_on(self) -> date | None:
        """Our day in which the data ends; the carrier counts in UTC."""
        return self.expiry_date and self.expiry_date.astimezone(HOME_ZONE).date()

    def reading(self, iccid: str) -> QuotaReading:
        """This quota in bytes."""
        used = None if self.total_volume is None else max(0, self.total_volume - self.volume)
        return QuotaReading(iccid, self.total_volume, used, self.volume, None)


class _Volume(Told):
    volume: Megabytes | None = None


class _DayUse(Told):
    date: Text
    data: _Volume | None = None


class Usage(Told):
    """Use by days of UTC."""

    stats: list[_DayUse]

    def readings(self, iccid: str, first: date, last: date, *, today: date) -> list[UsageReading]:
        """One reading a day of the window, in their order; rows that name no day (sums) are left out.

        `today` in UTC: that day will grow.
        """
        found = []
        for one in self.stats:
            try:
                day = _Dated.model_validate({"date": one.date[:_DAY_LENGTH]}).date
            except ValidationError:
                continue
            if first <= day <= last:
                used = one.data.volume if one.data else None
                found.append(UsageReading(iccid, "day", day, day, used or 0, None, _quality(used, over=day < today)))
        return sorted(found, key=lambda reading: reading.start)


def _quality(used: int | None, *, over: bool) -> Quality:
    if used is None:
        return "missing"
    if not over:
        return "lagged"
    return "ok" if used else "none"


class _Dated(Told):
    date: Day


class _OrderedCard(Told):
    iccid: Text


class Bought(Told):
    """An order of the carrier's list. It carries no number of ours."""

    order_number: StrictInt = Field(ge=1)
    order_type: Text | None = None
    order_date: UtcTime
    order_status: Text
    invoice_amount: Text | None = None  # gross
    currency: Text | None = None
    sims: list[_OrderedCard] = Field(default_factory=list)

    def stems(self) -> frozenset[str]:
        """The cards it names, without a check digit."""
        return frozenset(one.iccid[:STEM] for one in self.sims)

    def amount_fen(self) -> Fen | None:
        """Its sum where that is in yuan and for one card; None: nothing to compare with."""
        try:
            yuan = Decimal(self.invoice_amount or "") if self.currency == "CNY" and len(self.sims) == 1 else None
        except ArithmeticError:
            return None
        return int(yuan * 100) if yuan is not None and yuan.is_finite() and abs(yuan) < 10**9 else None


class _Product(Told):
    id: StrictInt
    product: Text | None = None
    min_contract_duration: StrictInt | None = None

    def offer(self) -> PlanOffer:
        """As a plan. Its charges stand in lists whose fields nobody has confirmed, so no price is told."""
        months = self.min_contract_duration
        return PlanOffer(self.product or str(self.id), "main", None, months if months and months > 0 else None, None)


class Refusal(Told):
    """The body of an error."""

    statusCode: StrictInt  # noqa: N815  the carrier's name
    errorCode: Text | None = None  # noqa: N815


# A card's number without its check digit, as 1NCE writes it.
STEM = 19


def stem(iccid: str) -> str:
    """The card's number as the carrier writes it in paths and orders."""
    return iccid[:STEM]


def code_of(reply: Reply) -> str | None:
    """What an error's body says of its kind: its status, or the name of a refused token; None: no body of the carrier's."""
    try:
        said = Refusal.model_validate(reply.told())
    except (Unreadable, ValidationError):
        return None
    if said.statusCode != reply.status:
        return None
    return said.errorCode if reply.status == 401 and said.errorCode else str(reply.status)


def one(model: type[Model], reply: Reply) -> Model:
    """An answer to a read. Raises Unreadable."""
    _read(reply)
    return read_as(model, reply.told())


def many(model: type[Model], reply: Reply) -> list[Model]:
    """A page of a list. Raises Unreadable."""
    _read(reply)
    return [read_as(model, row) for row in reply.listed()]


def offers(reply: Reply) -> list[PlanOffer]:
    """The products on offer. Raises Unreadable."""
    return [product.offer() for product in many(_Product, reply)]


def _read(reply: Reply) -> None:
    if reply.status != _OK:
        raise Unreadable(f"HTTP {reply.status}")
