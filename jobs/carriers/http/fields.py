"""Types of what carriers write, for pydantic models: each takes exactly one form and turns nothing else into a value."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictInt, StrictStr

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


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


Day = Annotated[date, BeforeValidator(_day)]  # 2027-11-30; a number is no day
Instant = Annotated[datetime, BeforeValidator(_instant)]  # ISO 8601 with its zone
Text = Annotated[StrictStr, Field(min_length=1, max_length=64)]  # an identifier; a number is none
Fen = Annotated[StrictInt, Field(ge=-(10**12), le=10**12)]  # neither text nor decimal, and no true
