"""What does not add up between sources: opened by whoever notices, closed by a person or by agreement."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor, Event
from data.people.store import require
from data.renewals.rules import STATE_WORDS
from data.sims.deciding_rules import reason_said
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


# Values that are not shown as they are kept: by kind and name, else by name alone.
_SHOWN: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("unfit", "reason"): _,
    ("came_back", "evidence"): lambda value: reason_said(None, value),
    ("older_expiry", "source"): told_by,
    ("identity_differs", "field"): lambda value: _(MATCHED[value]),
    ("falling_usage", "before"): lambda value: megabytes(int(value)),
    ("falling_usage", "after"): lambda value: megabytes(int(value)),
    ("money_contradicted", "state"): lambda value: _(STATE_WORDS[value]),
    ("money_not_extended", "status"): lambda value: _(STATUS_WORDS[value]) if value else "–",
    ("money_not_extended", "told"): lambda value: value or "–",
}
_SHOWN_IN_ANY: dict[str, Callable[[Any], Any]] = {
    "theirs_fen": lambda value: yuan(int(value)),
    "ours_fen": lambda value: yuan(int(value)),
}


def _value(kind: str, name: str, value: Any) -> Any:
    show = _SHOWN.get((kind, name)) or _SHOWN_IN_ANY.get(name)
    return show(value) if show else value
