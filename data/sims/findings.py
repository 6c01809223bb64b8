"""What does not add up between sources: opened by whoever notices, closed by a person or by agreement."""

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor, Event
from data.people.store import require
from data.renewals.rules import STATE_WORDS
from data.sims.wording_rules import FINDINGS, MATCHED, STATUS_WORDS
from data.words import _, megabytes, yuan

Q = Queries.beside(__file__, "findings.sql")


def close_findings(tx: Transaction, by: Actor, *, finding_ids: Iterable[int]) -> int:
    """Somebody settled them; how many were still open."""
    require(tx, by, Action.DECIDE, "findings")
    closed = tx.rows(Q.close_some, finding_ids=list(finding_ids), now=tx.now)
    for one in closed:
        audit.record(tx, by, Event.FINDING_CLOSED, f"finding {one['finding_id']}", about=one["object"])
    return len(closed)


def open_findings(reader: Reader, *, kind: str, limit: int = 50, offset: int = 0) -> pa.Table:
    """finding_id, kind, iccid, object, detail (see `said`), source (see `told_by`), found_at; newest first."""
    return reader.arrow(Q.open_ones, kind=kind, limit=limit, offset=offset)


def counted_findings(reader: Reader) -> dict[str, int]:
    """Open findings per kind, the most frequent first."""
    return {row["kind"]: row["findings"] for row in reader.rows(Q.counted)}


def said(kind: str, detail: str) -> str:
    """What a finding of `kind` says, in the language of the moment; `detail` is the row's JSON."""
    told: dict[str, Any] = json.loads(detail)
    return _(FINDINGS[kind], **{name: _value(kind, name, value) for name, value in told.items()})


def told_by(source: str) -> str:
    """Who told it, in the language of the moment: an import, an account, ourselves; a person bears the own name."""
    kind, _space, name = source.partition(" ")
    match kind:
        case "import":
            return _("Import {number}", number=name)
        case "account":
            return _("Account {name}", name=name)
        case "renewal":
            return _("Renewal")
        case "system" | "roll-up":
            return "Flowcard"
        case _:
            return source


def _value(kind: str, name: str, value: Any) -> Any:
    match kind, name:
        case "unfit", "reason":
            return _(value)
        case "older_expiry", "source":
            return told_by(value)
        case "identity_differs", "field":
            return _(MATCHED[value])
        case _kind, "theirs_fen" | "ours_fen":
            return yuan(int(value))
        case "money_contradicted", "state":
            return _(STATE_WORDS[value])
        case "money_not_extended", "status":
            return _(STATUS_WORDS[value]) if value else "–"
        case "money_not_extended", "told":
            return value or "–"
        case "falling_usage", _name:
            return megabytes(int(value))
    return value
