"""What a person may narrow a list of SIMs by; travels between pages, exports and proposals as JSON."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any


@dataclass(frozen=True)
class SimFilter:
    """Every field narrows further; None and () do not. A list shows no cards that are gone, unless asked for them."""

    quick: str | None = None  # a key of QUICK
    carrier: str | None = None
    account: str | None = None
    payee: str | None = None  # '' stands for cards whose payee is not known
    agent_id: int | None = None
    merchant_id: int | None = None
    city: str | None = None
    region: str | None = None
    branch: str | None = None
    plan_id: int | None = None
    network: str | None = None
    brand: str | None = None
    statuses: tuple[str, ...] = ()
    expires_from: date | None = None
    expires_to: date | None = None
    text: str | None = None  # found anywhere in the row's search_text
    sim_ids: tuple[int, ...] | None = None  # exactly these; () is none at all
    report: str | None = None  # a key of JOIN_REPORT or of LISTS
    decision: str | None = None  # a key of DECISION_WORDS; 'to_come' leaves out what is not renewed
    evidence: str | None = None  # a key of EVIDENCE
    notice_id: int | None = None  # concerned by this plan-change notice

    def to_json(self) -> str:
        """The fields that narrow, as JSON."""
        return json.dumps(
            {name: value for name, value in asdict(self).items() if value is not None and (value or name == "sim_ids")},
            default=date.isoformat,
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> "SimFilter":
        """Back from to_json; a field of another version is ignored."""
        told: dict[str, Any] = json.loads(text)
        known: dict[str, Any] = {one.name: told[one.name] for one in fields(cls) if told.get(one.name) is not None}
        for name in ("expires_from", "expires_to"):
            if name in known:
                known[name] = date.fromisoformat(known[name])
        for name in ("statuses", "sim_ids"):
            if name in known:
                known[name] = tuple(known[name])
        return cls(**known)
