"""What carriers write, for pydantic models: the base of them all, and types that take exactly one form and nothing else."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from data.clock import HOME_ZONE
from jobs.carriers.http.errors import Unreadable

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WALL = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}", re.ASCII)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,12})?", re.ASCII)
_FLOW = re.compile(r"(\d{1,15}(?:\.\d{1,6})?) ?(B|KB|MB|GB|TB)", re.ASCII | re.IGNORECASE)
_UNITS = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}


class Told(BaseModel):
    """Anything a carrier tells, read strictly; an empty text is nothing told."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_not_told(cls, said: Any) -> Any:
        return {name: value for name, value in said.items() if value != ""} if isinstance(said, dict) else said


Model = TypeVar("Model", bound=Told)


def read_as(model: type[Model], said: Any) -> Model:
    """What was said, as a record. Raises Unreadable."""
    try:
        return model.model_validate(said)
    except ValidationError:
        raise Unreadable(f"a {model.__name__.strip('_')} that does not say what it should") from None


def _day(told: Any) -> date:
    if not isinstance(told, str) or not _DAY.fullmatch(told):
        raise ValueError("no day such as 2027-11-30")
    return date.fromisoformat(told)


def _instant(told: Any) -> datetime:
    if not isinstance(told, str) or "T" not in told:
        raise ValueError("no instant such as 2027-11-30T08:00:00+08:00")
    instant = datetime.fromisoformat(told)
    if instant.tzinfo is None:
        raise ValueError("an instant without its zone")
    return instant


def _wall_time(told: Any) -> datetime:
    if not isinstance(told, str) or not _WALL.fullmatch(told):
        raise ValueError("no Beijing time such as 2027-11-30 23:59:59")
    return datetime.fromisoformat(told).replace(tzinfo=HOME_ZONE)


def _flow(told: Any) -> int:
    found = _FLOW.fullmatch(told) if isinstance(told, str) else None
    if found is None:
        raise ValueError("no amount of data such as 12.50MB")
    return in_bytes(Decimal(found[1]), found[2])


def _utc_time(told: Any) -> datetime:
    if not isinstance(told, str) or not _DAY.match(told):
        raise ValueError("no time such as 2027-11-30T23:59:59Z")
    instant = datetime.fromisoformat(told)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _decimal(told: Any) -> Decimal:
    if isinstance(told, str) and _NUMBER.fullmatch(told):
        return Decimal(told)
    if isinstance(told, int | Decimal) and not isinstance(told, bool) and 0 <= told < 10**15:
        return Decimal(told)
    raise ValueError("no amount such as 12.50")


def _megabytes(told: Any) -> int:
    return in_bytes(_decimal(told), "MB")


def _yuan(told: Any) -> int:
    fen = _decimal(told) * 100
    if fen != fen.to_integral_value():
        raise ValueError("no whole fen")
    return int(fen)


def in_bytes(amount: Decimal, unit: str) -> int:
    """An amount of data in B, KB, MB, GB or TB (of 1024 each) as whole bytes, rounded."""
    return int((amount * _UNITS[unit.upper()]).to_integral_value())


def day_at_front(text: str | None) -> date | None:
    """The day a text begins with, as 2027-11-30 or 20271130, with or without a time behind it; None: it begins with none."""
    digits = (text or "").replace("-", "")[:8]
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


Day = Annotated[date, BeforeValidator(_day)]  # 2027-11-30; a number is no day
Instant = Annotated[datetime, BeforeValidator(_instant)]  # ISO 8601 with its zone
Text = Annotated[StrictStr, Field(min_length=1, max_length=64)]  # an identifier; a number is none
Fen = Annotated[StrictInt, Field(ge=-(10**12), le=10**12)]  # neither text nor decimal, and no true
WallTime = Annotated[
    datetime, BeforeValidator(_wall_time)
]  # 2027-11-30 23:59:59, told in Beijing time without saying so
Flow = Annotated[int, BeforeValidator(_flow)]  # bytes, told as "12.50MB"
UtcTime = Annotated[datetime, BeforeValidator(_utc_time)]  # ISO 8601, in UTC where it does not say its zone
Megabytes = Annotated[int, BeforeValidator(_megabytes)]  # bytes, told as a number of MB, which may stand as text
Yuan = Annotated[int, BeforeValidator(_yuan)]  # fen, told as a number of yuan, which may stand as text
