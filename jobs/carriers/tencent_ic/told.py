"""What Tencent Cloud IC tells of cards and orders, and what its states and codes mean here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictInt, TypeAdapter

from data.clock import HOME_ZONE
from jobs.carriers.classifying import Codes
from jobs.carriers.http import Reply, Unreadable
from jobs.carriers.http.fields import Text, Told, WallTime, in_bytes
from jobs.carriers.readings import CardFacts, QuotaReading

STATES: Mapping[str, str] = {
    "1": "silent",
    "2": "active",
    "3": "stopped_risk",
    "3/expired": "stopped_expired",
    "3/used up": "stopped_quota",
    "5": "cancelled",
}
"""CardStatus to ours; of a stopped card the reason is found by its date and its data."""

OK = "ok"
CODES = Codes(
    ok=frozenset({OK}),
    refused={
        "InvalidParameter": "not_buildable",
        "InvalidParameterValue": "not_buildable",
        "ResourceNotFound": "not_our_card",
        "ResourceNotFound.AppNotFound": "account_data",
    },
    sign_in=frozenset({"AuthFailure", "UnauthorizedOperation"}),
)
"""Not here on purpose, so a doubt: FailedOperation and InternalError, which may have bought something."""

# Codes with any number of names behind a dot.
_FAMILIES = frozenset({"AuthFailure", "UnauthorizedOperation", "RequestLimitExceeded"})
_MOMENT = TypeAdapter(WallTime)


@dataclass(frozen=True)
class Envelope:
    """An answer without its wrapping."""

    code: str | None  # OK: no error; None: it does not say
    data: Any
    request_id: str

    @classmethod
    def of(cls, reply: Reply) -> "Envelope":
        """What a reply holds. Raises Unreadable."""
        told = reply.told().get("Response")
        if not isinstance(told, dict):
            raise Unreadable("the answer holds no Response")
        request_id = told.get("RequestId")
        request_id = request_id[:64] if isinstance(request_id, str) else ""
        if "Error" not in told:
            return cls(OK if request_id and "Data" in told else None, told.get("Data"), request_id)
        error = told["Error"]
        code = error.get("Code") if isinstance(error, dict) else None
        if not isinstance(code, str) or code == OK:
            return cls(None, None, request_id)
        family = code.partition(".")[0]
        return cls(family if family in _FAMILIES else code, None, request_id)


def _number(told: Any) -> Decimal | None:
    if told is None or (isinstance(told, int | Decimal) and not isinstance(told, bool) and told >= 0):
        return None if told is None else Decimal(told)
    raise ValueError("no amount of data")


def _moment(told: Any) -> datetime | None:
    if told is None or told == "" or (isinstance(told, str) and told.startswith("0000-00-00")):
        return None
    return _MOMENT.validate_python(told)


def _total(told: Any) -> int:
    if isinstance(told, str) and told.isascii() and told.isdecimal() and len(told) < 10:
        return int(told)
    raise ValueError("no number of cards, told as text")


_Number = Annotated[Decimal | None, BeforeValidator(_number)]
_Moment = Annotated[datetime | None, BeforeValidator(_moment)]


class Card(Told):
    """A card of the list, or by itself."""

    iccid: Text = Field(alias="Iccid")
    msisdn: str | None = Field(None, alias="Msisdn")
    imsi: str | None = Field(None, alias="Imsi")
    imei: str | None = Field(None, alias="Imei")
    status: StrictInt | None = Field(None, alias="CardStatus")
    activated: _Moment = Field(None, alias="ActivitedTime")
    expires: _Moment = Field(None, alias="ProductExpiredTime")
    type: StrictInt | None = Field(None, alias="Type")
    product: str | None = Field(None, alias="ProductId")
    pool: str | None = Field(None, alias="PoolId")
    used: _Number = Field(None, alias="DataUsedInPeriod")
    total: _Number = Field(None, alias="DataTotalInPeriod")
    auto_renew: StrictInt | None = Field(None, alias="AutoRenew")
    allow_arrears: StrictInt | None = Field(None, alias="AllowArrears")
    certified: StrictInt | None = Field(None, alias="CertificationState")

    def expires_on(self) -> date | None:
        """The Beijing day on which the plan ends."""
        return self.expires.date() if self.expires else None

    def state(self, today: date) -> str:
        """The common state on `today`; "unknown" where the table has no row."""
        reason = ""
        if self.status == 3:
            used_up = self.used is not None and self.total is not None and self.used >= self.total > 0
            if self.expires is not None and self.expires.date() < today:
                reason = "/expired"
            elif used_up and self.allow_arrears == 0:
                reason = "/used up"
        return STATES.get(f"{self.status}{reason}", "unknown")

    def facts(self, read_at: datetime, plan_names: Mapping[str, str]) -> CardFacts:
        """In our words, as read at an instant."""
        return CardFacts(
            iccid=self.iccid,
            msisdn=self.msisdn or None,
            imsi=self.imsi or None,
            imei=self.imei or None,
            raw_status="" if self.status is None else str(self.status),
            raw_reason=None,
            status=self.state(read_at.astimezone(HOME_ZONE).date()),
            plan=plan_names.get(self.product or ""),
            activated_on=self.activated.date() if self.activated else None,
            expires_on=self.expires_on(),
            auto_renew={0: False, 1: True}.get(-1 if self.auto_renew is None else self.auto_renew),
            pool=(self.pool or None) if self.type == 2 else None,
            realname_ok={1: False, 2: True}.get(self.certified or 0),
            read_at=read_at,
            as_of=None,
        )

    def quota(self, unit: str) -> QuotaReading:
        """What of its period's data is used and left; the account says in which unit the carrier counts."""
        used, total = (None if told is None else in_bytes(told, unit) for told in (self.used, self.total))
        left = max(0, total - used) if used is not None and total is not None else None
        return QuotaReading(self.iccid, total, used, left, None)


class Page(Told):
    """One page of the list of cards."""

    total: Annotated[int, BeforeValidator(_total)] = Field(alias="Total")
    cards: list[Card] = Field(alias="List")


class Sold(Told):
    """The yes to an order: a number for each card it was carried out for; which is whose it does not say."""

    orders: list[Text] = Field(alias="OrderIds")
