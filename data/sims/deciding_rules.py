"""Why a card may not be worth another term, in words, and how the reason of a decision is kept and read."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from data.words import N_, _, day

# What rules may name against renewing a card, as `sim_now.evidence` holds it (data/sims/rolling.sql judges).
EVIDENCE = {
    "terminal_withdrawn": N_("Terminal withdrawn"),
    "terminal_stock": N_("Terminal in stock"),
    "merchant_closed": N_("Merchant closed"),
    "replaced": N_("Card replaced"),
    "silent": N_("No sign-in or trade"),
    "idle": N_("No usage"),
}
# As sentences about one card, the names in braces are values kept beside the code; the last two open a decision again.
_SENTENCES = {
    "terminal_withdrawn": N_("The terminal is withdrawn"),
    "terminal_stock": N_("The terminal lies in stock"),
    "merchant_closed": N_("The merchant has closed"),
    "replaced": N_("Card {successor} took its place in the terminal"),
    "silent": N_("No sign-in or trade since {last_sign_on}"),
    "idle": N_("{idle_months} months without usage"),
    "works_again": N_("The terminal worked again on {day}, after it was decided not to renew"),
    "used_again": N_("The card was used again, after it was decided not to renew"),
}

# A card that is not to be renewed is asked about once more so many days before its number is gone for good.
ASK_AGAIN_DAYS = 7


def kept(evidence: Mapping[str, Mapping[str, Any]]) -> str:
    """Codes and their values as they are kept with a decision: canonical JSON."""
    return json.dumps(evidence, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def kept_evidence(card: Mapping[str, Any]) -> str | None:
    """The evidence against a row of sim_now as it is kept with a decision; None: there is none."""
    codes = (card["evidence"] or "").split()
    return kept({code: _values(code, card) for code in codes}) if codes else None


def evidence_said(card: Mapping[str, Any]) -> str:
    """The evidence against a row of sim_now as it stands now, in the language of the moment."""
    return _joined(_(_SENTENCES[code], **_values(code, card)) for code in (card["evidence"] or "").split())


def reason_said(reason: str | None, evidence: str | None) -> str:
    """Why something was decided: a person's own words, then what rules had named, in the language of the moment."""
    codes: dict[str, dict[str, Any]] = json.loads(evidence) if evidence else {}
    named = [_(sentence, **codes[code]) for code, sentence in _SENTENCES.items() if code in codes]
    return _joined([*([reason] if reason else []), *named])


def _values(code: str, card: Mapping[str, Any]) -> dict[str, Any]:
    match code:
        case "replaced":
            return {"successor": card["successor"]}
        case "silent":
            since: date | None = card["last_sign_on"]
            return {"last_sign_on": day(since)}
        case "idle":
            return {"idle_months": card["idle_months"]}
        case _:
            return {}


def _joined(sentences: Iterable[str]) -> str:
    return " · ".join(sentences)
