"""The rows of every kind of export: the page's own query, dressed in canonical columns and the words of a language."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from data.clock import HOME_ZONE
from data.database import Queries, Query, Reader
from data.files.exports_rules import NO_LAYOUT, ExportRefused
from data.files.layouts import layouts
from data.renewals import records
from data.renewals.looking import trouble_query
from data.renewals.records import CHANNEL_WORDS, PROOF_WORDS, RecordFilter
from data.renewals.rules import REASONS, STATE_WORDS, WAY_TO_PAY_WORDS
from data.sims import store as sims
from data.sims.deciding_rules import EVIDENCE, reason_said
from data.sims.filter import SimFilter
from data.sims.rules import CARRIER_WORDS, DECISION_WORDS, FINDING_KINDS, STATUS_WORDS, TERMINAL_STATUS_WORDS, folded
from data.words import N_, _, language, speaking, spoken, weekday

Q = Queries.beside(__file__)
LISTS = Queries.beside(__file__, "worklists.sql")
SMS = Queries.beside(__file__, "sms.sql")

# What one text message holds, in Chinese signs: two parts of seventy.
_SMS_SIGNS = 140
# What nobody sees in a message, and the braces that stand for places in ours.
_SMS_UNSEEN = r"[\x00-\x1f\x7f-\x9f{}\x{ad}\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}]+"
_SMS_ENDS = N_(
    "Hello {merchant}, the SIM (ending {card}) of your terminal {terminal} ends on {day}. We renew it; there is nothing for "
    "you to pay or do. If payments fail after that day, restart the terminal; if that does not help, call {agent}."
)
_SMS_ENDED = N_(
    "Hello {merchant}, the SIM (ending {card}) of your terminal {terminal} ended on {day}, so payments may fail. We are on "
    "it; there is nothing for you to pay. Later, restart the terminal; if that does not help, call {agent}."
)
_MONDAY = date(2001, 1, 1)

# Codes that are said as sentences in both languages.
_SENTENCES = {
    "reason": {code: reason.msgid for code, reason in REASONS.items()},
    "who": {code: reason.who for code, reason in REASONS.items()},
    "when": {code: reason.by_when for code, reason in REASONS.items()},
}
# Codes that are said as words in Chinese: the prefix of the query's two parameters, and the words.
_WORDS: dict[str, Mapping[str, str]] = {
    "status": STATUS_WORDS,
    "decision": DECISION_WORDS,
    "evidence": EVIDENCE,
    "terminal": TERMINAL_STATUS_WORDS,
    "carrier": CARRIER_WORDS,
    "pay": WAY_TO_PAY_WORDS,
    "state": STATE_WORDS,
    "proof": PROOF_WORDS,
    "channel": CHANNEL_WORDS,
    "finding": FINDING_KINDS,
}


@dataclass(frozen=True)
class Rows:
    """The rows of one export: canonical columns, then split_agent, split_branch, split_region."""

    query: Query
    params: dict[str, Any]
    headers: tuple[str, ...] | None = None  # of a payee's own layout; None: what our columns are called


def rows_of(reader: Reader, what: str, filters: Mapping[str, Any], *, today: date) -> Rows:
    """What `filters` let through, in the order of the page, in the language of the moment."""
    query, params = _SOURCES[what](reader, filters, today)
    headers = None
    if what == "worklist" and filters.get("layout"):
        query, headers = _laid_out(reader, str(filters["layout"]), query)
    return Rows(query, {**params, **_worded(), "zone": HOME_ZONE.key, "today": today}, headers)


def _worded() -> dict[str, list[str]]:
    # English keeps the codes: its columns are the canonical ones, and so are their values.
    params: dict[str, list[str]] = {}
    for name, sentences in _SENTENCES.items():
        params |= {f"{name}_codes": list(sentences), f"{name}_words": [_(text) for text in sentences.values()]}
    for name, words in _WORDS.items():
        said = () if language() == "en" else tuple(words.items())
        params |= {f"{name}_codes": [code for code, _text in said], f"{name}_words": [_(text) for _code, text in said]}
    return params


def _sims(reader: Reader, filters: Mapping[str, Any], today: date) -> tuple[Query, dict[str, Any]]:
    return _of_sims(Q.sims, reader, filters, today)


def _usage(reader: Reader, filters: Mapping[str, Any], today: date) -> tuple[Query, dict[str, Any]]:
    return _of_sims(Q.usage, reader, filters, today)


def _not_renewing(reader: Reader, filters: Mapping[str, Any], today: date) -> tuple[Query, dict[str, Any]]:
    told = {"report": sims.PROPOSED.report, **filters} if not filters.get("decision") else filters
    return _of_sims(Q.not_renewing, reader, told, today)


def _of_sims(query: Query, reader: Reader, filters: Mapping[str, Any], today: date) -> tuple[Query, dict[str, Any]]:
    flt = SimFilter.from_json(json.dumps(filters))
    source, params = sims.listing(reader, flt, today=today, order=filters.get("order", "act_by"))
    kept = [row["kept"] for row in reader.rows(Q.kept_evidence.fill(source=source.sql), **params)]
    said = {"kept": kept, "kept_said": [reason_said(None, evidence) for evidence in kept]}
    return query.fill(source=source.sql), params | said


def _sms(reader: Reader, filters: Mapping[str, Any], today: date) -> tuple[Query, dict[str, Any]]:
    source, params = sims.listing(reader, SimFilter.from_json(json.dumps(filters)), today=today)
    # Merchants are written to in Chinese, whoever asks for the list.
    with speaking("zh_CN"):
        params |= {
            "sms_signs": _SMS_SIGNS,
            "sms_unseen": _SMS_UNSEEN,
            "sms_ends": _(_SMS_ENDS),
            "sms_ended": _(_SMS_ENDED),
            "sms_agent": _("your provider"),
            "sms_weekdays": [weekday(_MONDAY + timedelta(days=n)) for n in range(7)],
        }
    return SMS.sms.fill(source=source.sql), params


def _renewals(_reader: Reader, filters: Mapping[str, Any], _today: date) -> tuple[Query, dict[str, Any]]:
    source, params = records.records_query(RecordFilter.from_json(json.dumps(filters)))
    return Q.renewals.fill(source=source.sql), params


def _terminals(_reader: Reader, filters: Mapping[str, Any], _today: date) -> tuple[Query, dict[str, Any]]:
    asked = {
        name: filters.get(name) for name in ("agent_id", "merchant_id", "carrier", "city", "region", "branch", "brand")
    }
    text = filters.get("text")
    asked["without_card"] = filters.get("report") == "terminals_without_card"
    return Q.terminals, {**asked, "statuses": list(filters.get("statuses", ())), "text": folded(text) if text else None}


def _failures(_reader: Reader, filters: Mapping[str, Any], _today: date) -> tuple[Query, dict[str, Any]]:
    states = tuple(filters.get("states") or ("failed", "unknown", "needs_review"))
    source, params = trouble_query(states, filters.get("reason"))
    return Q.failures.fill(source=source.sql), params


def _findings(reader: Reader, filters: Mapping[str, Any], _today: date) -> tuple[Query, dict[str, Any]]:
    kind = filters.get("kind")
    rows = reader.rows(Q.said_findings, kind=kind)
    return Q.findings, {
        "kind": kind,
        "kinds": [row["kind"] for row in rows],
        "details": [row["detail"] for row in rows],
        "sources": [row["source"] for row in rows],
        "sentences": [sims.said(row["kind"], row["detail"]) for row in rows],
        "tellers": [sims.told_by(row["source"]) for row in rows],
    }


def _refusals(reader: Reader, filters: Mapping[str, Any], _today: date) -> tuple[Query, dict[str, Any]]:
    upload_id = filters["upload_id"]
    reasons = [row["reason"] for row in reader.rows(Q.reasons, upload_id=upload_id)]
    sentences = [spoken(reason) for reason in reasons]
    return Q.refusals, {"upload_id": upload_id, "reasons": reasons, "sentences": sentences}


def _worklist(_reader: Reader, filters: Mapping[str, Any], _today: date) -> tuple[Query, dict[str, Any]]:
    return LISTS.worklist, {"worklist": filters.get("worklist")}


# Columns of a worklist under the names a file of the payee's is mapped by.
_LAID_OUT = frozenset(
    {"iccid", "msisdn", "carrier", "account", "plan", "terminal_id", "serial_no", "merchant_name", "expires_on"}
    | {"batch_no", "row_key", "months", "result", "new_expiry", "amount_yuan", "portal_order_no", "fail_reason"}
)
_CALLED = {"term_months": "months", "price_yuan": "expected_yuan"}


def _laid_out(reader: Reader, name: str, query: Query) -> tuple[Query, tuple[str, ...]]:
    """The rows in the columns of a layout, as the payee's own file had them; what we do not know stays empty."""
    layout = next((each for each in layouts(reader) if each.name == name), None)
    if layout is None:
        raise ExportRefused(NO_LAYOUT, layout=name)
    canonical = {header: _CALLED.get(column, column) for column, header in layout.mapping.items()}
    known = [canonical.get(header) for header in layout.headers]
    chosen = [column if column in _LAID_OUT | set(_CALLED.values()) else "NULL::VARCHAR" for column in known]
    columns = ", ".join(f"{column} AS c{place}" for place, column in enumerate(chosen))
    return LISTS.laid_out.fill(columns=columns, worklist=query.sql), layout.headers


_SOURCES: dict[str, Callable[[Reader, Mapping[str, Any], date], tuple[Query, dict[str, Any]]]] = {
    "sims": _sims,
    "not_renewing": _not_renewing,
    "usage": _usage,
    "sms": _sms,
    "renewals": _renewals,
    "failures": _failures,
    "terminals": _terminals,
    "findings": _findings,
    "refusals": _refusals,
    "worklist": _worklist,
}
