"""What SIMBoss tells of cards, their recharges and our money, and what each of its states means here."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import Field, StrictBool, StrictInt, StrictStr

from data.clock import HOME_ZONE
from jobs.carriers import CardReading
from jobs.carriers.http import Reply, Unreadable
from jobs.carriers.http.fields import Megabytes, Model, Text, Told, WallTime, Yuan, read_as
from jobs.carriers.readings import CardFacts, QuotaReading

# "deactivation" has its reason in other fields (`Card.state`).
STATES: Mapping[str, str] = {
    "testing": "test",
    "inventory": "silent",
    "activation": "active",
    "deactivation": "stopped_manual",
    "retired": "cancelled",
}
_REAL_NAME = {"pass": True, "not-submit": False, "not-pass": False, "not-audit": False}
_OK = 200


class Envelope(Told):
    """Around every answer."""

    code: StrictStr
    success: StrictBool | None = None
    message: StrictStr | None = None
    detail: StrictStr | None = None
    data: Any = None

    def good(self) -> bool:
        """Whether the carrier says yes, in both places where it says so."""
        return self.code == "0" and self.success is True

    def words(self) -> str:
        """Everything it says in words."""
        return f"{self.message or ''} {self.detail or ''}".strip()


class Card(Told):
    """A card's detail."""

    iccid: Text
    msisdn: Text | None = None
    imsi: Text | None = None
    imei: Text | None = None
    status: Text
    imei_status: Text | None = Field(None, alias="imeiStatus")
    start_date: WallTime | None = Field(None, alias="startDate")
    plan_ends: WallTime | None = Field(None, alias="ratePlanExpirationDate")
    plan_id: StrictInt | Text | None = Field(None, alias="ratePlanId")
    plan_name: Text | None = Field(None, alias="iratePlanName")  # written so by the carrier
    used: Megabytes | None = Field(None, alias="usedDataVolume")
    total: Megabytes | None = Field(None, alias="totalDataVolume")
    synced: WallTime | None = Field(None, alias="lastSyncDate")
    pool: StrictInt | Text | None = Field(None, alias="cardPoolId")
    real_name: Text | None = Field(None, alias="realNameCertifystatus")

    def expires_on(self) -> date | None:
        """The Beijing day on which the plan ends; the card itself may live longer."""
        return self.plan_ends and self.plan_ends.date()

    def state(self, today: date) -> str:
        """The common state on `today`."""
        if self.status != "deactivation":
            return STATES.get(self.status, "unknown")
        if self.imei_status == "SPLIT":
            return "stopped_separation"
        if self.plan_ends is not None and self.plan_ends.date() < today:
            return "stopped_expired"
        used_up = self.used is not None and self.total and self.used >= self.total
        return "stopped_quota" if used_up else STATES[self.status]

    def facts(self, read_at: datetime) -> CardFacts:
        """This card in our words."""
        return CardFacts(
            iccid=self.iccid,
            msisdn=self.msisdn,
            imsi=self.imsi,
            imei=self.imei,
            raw_status=self.status,
            raw_reason=self.imei_status,
            status=self.state(read_at.astimezone(HOME_ZONE).date()),
            plan=self.plan_name or (None if self.plan_id is None else str(self.plan_id)),
            activated_on=self.start_date and self.start_date.date(),
            expires_on=self.expires_on(),
            auto_renew=None,
            pool=None if self.pool is None else str(self.pool),
            realname_ok=_REAL_NAME.get(self.real_name or ""),
            read_at=read_at,
            as_of=self.synced and min(self.synced, read_at),
        )

    def reading(self, read_at: datetime) -> CardReading:
        """What a settlement needs of it."""
        return CardReading(self.iccid, self.expires_on(), read_at, self.state(read_at.astimezone(HOME_ZONE).date()))

    def quota(self) -> QuotaReading:
        """The plan's data in bytes."""
        known = self.total is not None and self.used is not None
        left = max(0, (self.total or 0) - (self.used or 0)) if known else None
        return QuotaReading(self.iccid, self.total, self.used, left, self.synced)


class _Page(Told):
    number: StrictInt = Field(alias="pageNo", ge=1)
    size: StrictInt = Field(alias="pageSize", ge=1)
    total: StrictInt = Field(ge=0)


class Listed(Told):
    """One page of the numbers of our cards."""

    page: _Page
    cards: list[Text] = Field(alias="list")

    def next(self) -> str | None:
        """The number of the next page; None: this was the last."""
        return str(self.page.number + 1) if self.cards and self.page.number * self.page.size < self.page.total else None


class Recharge(Told):
    """One line of a card's recharges: proof, and what it cost."""

    iccid: Text
    external_order: Text | None = Field(None, alias="externalOrder")
    price: Yuan
    created: Text | None = Field(None, alias="createTime")


class Money(Told):
    """Our account's overview."""

    balance: Yuan


def enveloped(reply: Reply) -> Envelope:
    """The envelope of an answer. Raises Unreadable."""
    return read_as(Envelope, reply.told())


def one(model: type[Model], reply: Reply) -> Model:
    """An answer to a read. Raises Unreadable."""
    return read_as(model, _data(reply))


def many(model: type[Model], reply: Reply) -> list[Model]:
    """An answer to a read of several. Raises Unreadable."""
    rows = _data(reply)
    if not isinstance(rows, list):
        raise Unreadable("the answer is no list")
    return [read_as(model, row) for row in rows]


def _data(reply: Reply) -> Any:
    if reply.status != _OK:
        raise Unreadable(f"HTTP {reply.status}")
    said = enveloped(reply)
    if not said.good():
        raise Unreadable(f"code {said.code[:20]}: {said.words()[:80]}")
    return said.data
