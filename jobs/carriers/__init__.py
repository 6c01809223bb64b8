"""The Carrier contract, what a carrier can answer, and the CARRIERS table.

    Outcome
    ├── Confirmed   bought; everything the reply names is compared with the order
    ├── Accepted    taken under the carrier's own reference; proof comes later
    ├── Refused     definitely not bought, for a listed reason
    ├── Later       surely before any effect; try again under the same number
    ├── NotFound    an answer to a query only: the carrier knows no such order
    └── Unknown     money may have moved

A connector raises nothing on purpose: what it cannot name is Unknown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any, Protocol

from data.carriers.rules import Ability
from data.renewals import moves
from data.renewals.moves import Verdict
from data.renewals.moving import Sent
from data.renewals.rules import REASONS
from data.secrets import Secret
from data.words import N_, _


@dataclass(frozen=True)
class Order:
    """One purchase or change as a carrier is asked for it."""

    order_no: str
    account: str
    kind: str  # a key of KINDS (data/renewals/rules.py)
    iccid: str
    msisdn: str | None
    plan: str
    months: int
    amount_fen: int
    old_expiry: date | None
    new_expiry: date | None  # as our rules count; the carrier's answer wins. None: this kind moves no expiry
    secret: Secret | None = None  # of a recharge: number and PIN of the card, a line each


class Outcome:
    """What became of an order, as far as one answer tells."""


@dataclass(frozen=True)
class Confirmed(Outcome):
    """Bought. None: the reply did not name this field."""

    carrier_ref: str | None
    order_no: str | None = None
    iccid: str | None = None
    amount_fen: int | None = None
    new_expiry: date | None = None


@dataclass(frozen=True)
class Accepted(Outcome):
    """Taken, not yet in effect."""

    carrier_ref: str
    detail: str = ""


@dataclass(frozen=True)
class Refused(Outcome):
    """Definitely not bought."""

    reason: str  # a key of REASONS (data/renewals/rules.py)
    detail: str = ""


@dataclass(frozen=True)
class Later(Outcome):
    """Not executed; not before `retry_at`."""

    retry_at: datetime
    detail: str = ""
    # A key of REASONS. credential_refused: nothing of this account can be bought before somebody mends it.
    reason: str = "rate_limited"


@dataclass(frozen=True)
class NotFound(Outcome):
    """The carrier knows no order of this number, as of `read_at`."""

    read_at: datetime


@dataclass(frozen=True)
class Unknown(Outcome):
    """Nobody can say."""

    detail: str = ""


@dataclass(frozen=True)
class CardReading:
    """What the carrier says of one card."""

    iccid: str
    expires_on: date | None
    read_at: datetime
    status: str | None = None  # of STATUS_WORDS (data/sims/rules.py); None: not told


@dataclass(frozen=True)
class StatementLine:
    """One booking of a carrier's statement."""

    order_no: str | None  # our number, where the statement names it
    carrier_ref: str
    iccid: str
    amount_fen: int  # negative: a refund
    ts: datetime


@dataclass(frozen=True)
class Statement:
    """Everything a carrier booked on one of our days, as of `read_at`."""

    day: date
    lines: tuple[StatementLine, ...]
    read_at: datetime


@dataclass(frozen=True)
class Terms:
    """What a carrier's contract says about orders; the default of every doubt is the careful one."""

    orders_per_call: int  # at most so many orders in one call
    promises: frozenset[str]  # which of order_no, iccid, amount_fen a confirmation names
    call_deadline_s: float = 30.0  # in total; nothing of an order leaves after it
    query_trusted: bool = False  # whether a not-found may ever prove anything
    horizon: timedelta = timedelta(hours=24)  # an order may take effect so long after it was sent
    expiry_tolerance_days: int = 0
    key_life: timedelta | None = None  # so long the same order number is bought once; None: it is no idempotency key
    calls_at_once: int = 1  # calls that may be out at the same time
    rate_per_s: float | None = None  # calls a second at most, of all jobs together; None: no limit named


# A carrier that asks for more patience than this is asked again after it.
_LONGEST_PUT_OFF = timedelta(days=1)
# What a reply has to name.
_FIELDS = {
    "order_no": N_("Renewal number"),
    "iccid": N_("ICCID"),
    "amount_fen": N_("Amount (fen)"),
    "ref": N_("Carrier's order number"),
}


def verdict_of(item: Sent, outcome: Outcome, terms: Terms, *, at: datetime) -> tuple[Verdict, dict[str, Any]]:
    """What an answer amounts to, and what of it is kept. Everything not named here is unknown."""
    doubt = {"reason": "no_answer", "next_at": moves.first_slot(at)}
    match outcome:
        case Confirmed():
            return _compared(item, outcome, terms, doubt)
        case Accepted(carrier_ref=ref, detail=detail):
            return Verdict.ACCEPTED, doubt | {"reason": "in_progress", "carrier_ref": ref, "detail": detail}
        case Refused(reason="pin_refused", detail=detail) if _sent_before(item):
            # "Used already": perhaps by our own first try.
            return Verdict.UNKNOWN, doubt | {"reason": "pin_maybe_ours", "detail": detail}
        case Refused(reason=reason, detail=detail) if reason in REASONS:
            return Verdict.REFUSED, {"reason": reason, "detail": detail, "proof": "reply"}
        case Later(retry_at=retry_at, detail=detail, reason=reason):
            wait = min(retry_at, at + _LONGEST_PUT_OFF)
            return Verdict.LATER, {"reason": reason, "detail": detail, "next_at": wait}
        case _:
            return Verdict.UNKNOWN, doubt | {"detail": getattr(outcome, "detail", str(outcome))}


def _sent_before(item: Sent) -> bool:
    """Whether a recharge has come back from the carrier before under the same number."""
    return getattr(item, "kind", None) == "recharge" and bool(getattr(item, "trips", 0))


def _compared(item: Sent, outcome: Confirmed, terms: Terms, doubt: dict[str, Any]) -> tuple[Verdict, dict[str, Any]]:
    """A yes counts when everything the contract promises is named and is ours."""
    said = {"carrier_ref": outcome.carrier_ref, "new_expiry": outcome.new_expiry or item.new_expiry}
    ours = {"order_no": item.order_no, "iccid": item.iccid, "amount_fen": item.amount_fen}
    theirs = {name: getattr(outcome, name) for name in ours}
    differing = [name for name, value in theirs.items() if value is not None and value != ours[name]]
    if differing:
        detail = "; ".join(
            _("{field}: {theirs} instead of {ours}", field=_(_FIELDS[name]), theirs=theirs[name], ours=ours[name])
            for name in differing
        )
        return Verdict.DIFFERS, {"reason": "reply_differs", "detail": detail, "carrier_ref": outcome.carrier_ref}
    missing = [name for name in ours if name in terms.promises and theirs[name] is None]
    if missing or not outcome.carrier_ref:
        return Verdict.UNKNOWN, doubt | {
            "detail": _("the reply lacks: {fields}", fields=", ".join(_(_FIELDS[name]) for name in missing or ["ref"]))
        }
    if not terms.promises & {"iccid", "amount_fen"}:
        return Verdict.ACCEPTED, doubt | {"reason": "in_progress", "carrier_ref": outcome.carrier_ref}
    return Verdict.CONFIRMED, said | {"proof": "reply"}


class Carrier(Protocol):
    """One account at one carrier."""

    @property
    def terms(self) -> Terms:
        """What the contract says."""

    def held_s(self) -> float:
        """Seconds for which the carrier takes no call at all (it said so, or cannot be reached); 0 when it does."""

    def request(self, order: Order) -> bytes:
        """The bytes that would be sent for this order: the same order gives the same bytes. Sends nothing.

        Their hash is kept, so a secret stands in them as its `blind`, never in clear. Raises Unsayable
        (unsayable.py) where this order cannot be put into words for this carrier.
        """

    def place(self, orders: Sequence[Order]) -> Sequence[Outcome]:
        """Place at most `terms.orders_per_call` orders in one call; one outcome per order, in their order."""

    def find_order(self, order_no: str, carrier_ref: str | None = None) -> Outcome:
        """What the carrier knows of an order, by our number; `carrier_ref`: what it called it, for those that ask for that."""

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        """Readings of cards by ICCID, one for each card that could be read."""

    def statement(self, day: date) -> Statement | None:
        """What the carrier booked on a day of Asia/Shanghai; None: it tells no statement, or none that can be read now."""


@dataclass(frozen=True)
class Connector:
    """How we talk to a carrier: a module with `ABILITIES` and, unless work is done by hand, `connect(home, account)`."""

    module: str
    sentence: str

    def abilities(self, name: str) -> list[Ability]:
        """What the module declares it can do."""
        declared: Mapping[str, tuple[str, str]] = import_module(self.module).ABILITIES
        return [Ability(name, ability, answer, reason) for ability, (answer, reason) in declared.items()]


CARRIERS: dict[str, Connector] = {
    "practice": Connector("jobs.carriers.practice", "A carrier to rehearse with, in this process, with its own ledger"),
    "offline": Connector("jobs.carriers.offline", "Carriers without an API: people place the order with the payee"),
    "alibaba_linkcard": Connector(
        "jobs.carriers.alibaba_linkcard",
        "Alibaba Cloud Linkcard: reads, renews and adds data under our own serial number",
    ),
    "onelink": Connector(
        "jobs.carriers.onelink",
        "China Mobile OneLink v5: reads cards, sells add-ons in jobs, renews by a payment at its link",
    ),
    "one_nce": Connector(
        "jobs.carriers.one_nce", "1NCE: reads, extends and tops up; no key, settled by its orders and the card's expiry"
    ),
    "tencent_ic": Connector(
        "jobs.carriers.tencent_ic",
        "Tencent Cloud IC: reads, renews a hundred cards a call; no key, settled by the expiry",
    ),
    "telecom_cmp": Connector(
        "jobs.carriers.telecom_cmp",
        "China Telecom's older platform: reads cards, orders plans number by number, proved by the plan's end",
    ),
    "ctwing": Connector(
        "jobs.carriers.ctwing",
        "China Telecom CTWing (5G CMP): reads states and the month's use, cuts and restores data; no call to renew",
    ),
    "simboss": Connector(
        "jobs.carriers.simboss", "SIMBoss, an agent's platform: reads, renews and adds data under our own order number"
    ),
    "unicom_cmp": Connector(
        "jobs.carriers.unicom_cmp",
        "China Unicom CMP: reads states and use, changes plans, stops and resumes; it has no call to renew",
    ),
    "huawei_gsl": Connector(
        "jobs.carriers.huawei_gsl", "Huawei Cloud GSL: reads cards, plans and use; renewals are ordered in its console"
    ),
}
