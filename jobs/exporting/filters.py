"""From the options of `flowcard export` to the filter the page of that list would have."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from data.database import Queries, Reader
from data.sims.rules import DECISIONS, QUICK

Q = Queries.beside(__file__)
# Which options mean something for which export, and under what name its filter knows them.
_SIMS = {
    "carrier": "carrier",
    "account": "account",
    "payee": "payee",
    "agent": "agent_id",
    "city": "city",
    "region": "region",
    "branch": "branch",
    "status": "statuses",
    "quick": "quick",
    "decision": "decision",
    "text": "text",
    "day_from": "expires_from",
    "day_to": "expires_to",
}
_RECORDS = {
    "carrier": "carrier",
    "account": "account",
    "agent": "agent_id",
    "batch": "batch",
    "status": "states",
    "text": "text",
    "day_from": "day_from",
    "day_to": "day_to",
}
KNOWN: dict[str, Mapping[str, str]] = {
    "sims": _SIMS,
    "usage": _SIMS,
    "sms": _SIMS,
    "not_renewing": _SIMS,
    "renewals": _RECORDS,
    "failures": {"status": "states", "reason": "reason"},
    "terminals": {name: _SIMS[name] for name in ("carrier", "agent", "city", "region", "branch", "status", "text")},
    "findings": {"kind": "kind"},
}


class FilterError(ValueError):
    """An option that says nothing about this export, or names what is not there."""


@dataclass(frozen=True)
class Asked:
    """The options as they were given; None and () were not."""

    carrier: str | None = None
    account: str | None = None
    payee: str | None = None
    agent: str | None = None  # number or name
    city: str | None = None
    region: str | None = None
    branch: str | None = None
    status: tuple[str, ...] = ()
    quick: str | None = None
    decision: str | None = None
    text: str | None = None
    batch: int | None = None
    reason: str | None = None
    kind: str | None = None
    day_from: date | None = None
    day_to: date | None = None


def filters_of(reader: Reader, what: str, asked: Asked) -> dict[str, Any]:
    """The filter of `what`. Raises FilterError for an option it does not know, or an agent nobody has heard of."""
    known = KNOWN[what]
    filters: dict[str, Any] = {}
    for field in fields(asked):
        value = getattr(asked, field.name)
        if value in (None, ()):
            continue
        if field.name not in known:
            raise FilterError(f"'{what}' has no filter '{field.name}'; it has {', '.join(sorted(known))}")
        filters[known[field.name]] = value.isoformat() if isinstance(value, date) else value
    if asked.quick is not None and asked.quick not in QUICK:
        raise FilterError(f"'{asked.quick}' is no quick filter; choose one of {', '.join(QUICK)}")
    if asked.decision is not None and asked.decision not in DECISIONS:
        raise FilterError(f"'{asked.decision}' is no decision; choose one of {', '.join(sorted(DECISIONS))}")
    if asked.agent is not None:
        filters["agent_id"] = reader.value(Q.agent_called, agent=asked.agent)
        if filters["agent_id"] is None:
            raise FilterError(f"there is no agent with the number or name '{asked.agent}'")
    return filters
