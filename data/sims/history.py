"""What happened to a card, as one timeline over everything that keeps a history."""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from data.database import Queries, Reader
from data.renewals.rules import KINDS
from data.sims.deciding_rules import reason_said
from data.sims.findings import said
from data.sims.wording_rules import DECISION_WORDS, HAPPENINGS, STATUS_WORDS
from data.words import _, yuan

Q = Queries.beside(__file__, "history.sql")
_WORDS_OF = {"status": STATUS_WORDS, "decision": DECISION_WORDS}
# A change from or to nothing.
_NOTHING = "–"


def timeline(reader: Reader, sim_id: int, limit: int = 200) -> pa.Table:
    """ts, kind (change, renewal, note, voucher, finding), what (its code), detail (JSON), who; newest first."""
    return reader.arrow(Q.timeline, sim_id=sim_id, limit=limit)


def happening(*, kind: str, what: str, detail: str) -> str:
    """One row of `timeline` in the language of the moment."""
    if kind == "finding":
        return _(HAPPENINGS["finding:opened"], text=said(what, detail))
    told: dict[str, Any] = json.loads(detail)
    if kind == "change":
        words = _WORDS_OF.get(what, {})
        if what == "decision_evidence":
            told["after"] = reason_said(None, told["after"])
        told = {name: _word(words, value) for name, value in told.items()}
    if "amount_fen" in told:
        told["amount"] = yuan(told["amount_fen"])
    if kind == "renewal" and told.get("ordered", "renew") != "renew":
        kind, told["ordered"] = "order", _(KINDS[told["ordered"]])
    sentence = HAPPENINGS.get(f"{kind}:{what}")
    return _(sentence, **told) if sentence else f"{what} {detail}"


def _word(words: Mapping[str, str], value: str | None) -> str:
    return _(words[value]) if value and value in words else value or _NOTHING
