"""What a carrier tells of its cards, in our units: bytes, fen, plain dates of Asia/Shanghai, aware instants."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Grain = Literal["day", "cycle", "month"]
Quality = Literal["ok", "none", "lagged", "missing"]


@dataclass(frozen=True)
class CardFacts:
    """One card as a carrier's list or detail tells it. None: not told."""

    iccid: str
    msisdn: str | None
    imsi: str | None
    imei: str | None
    raw_status: str  # the carrier's own code or word
    raw_reason: str | None  # why it stopped, in the carrier's own code or word
    status: str  # a key of STATUS_WORDS (data/sims/rules.py); "unknown" where the connector's table has no row
    plan: str | None
    activated_on: date | None
    expires_on: date | None
    auto_renew: bool | None
    pool: str | None
    realname_ok: bool | None
    read_at: datetime
    as_of: datetime | None  # how old the carrier says this is


@dataclass(frozen=True)
class Missing:
    """A card that is perhaps ours and of which nothing could be told this time, while others could."""

    iccid: str
    why: str


@dataclass(frozen=True)
class CardPage:
    """One page of a list. Any page can be asked for again by its cursor."""

    cards: tuple[CardFacts, ...]
    next: str | None  # the cursor of the next page, opaque; None: this was the last


@dataclass(frozen=True)
class UsageReading:
    """What one card used in a period; both days belong to it."""

    iccid: str
    grain: Grain
    start: date
    end: date
    used_bytes: int
    as_of: datetime | None
    quality: Quality  # none: the carrier says there was no use; missing: it says nothing; lagged: more may come


@dataclass(frozen=True)
class QuotaReading:
    """What one card may still use in its period. None: not told."""

    iccid: str
    total_bytes: int | None
    used_bytes: int | None
    left_bytes: int | None
    as_of: datetime | None


@dataclass(frozen=True)
class PlanOffer:
    """A plan a carrier sells this account. None: not told."""

    plan: str
    kind: Literal["main", "add-on"]
    quota_bytes: int | None
    term_months: int | None
    price_fen: int | None


@dataclass(frozen=True)
class Balance:
    """What is left of our prepaid money."""

    amount_fen: int
    as_of: datetime
