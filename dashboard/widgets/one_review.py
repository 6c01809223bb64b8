"""All that is known of one renewal side by side: what we ordered, what the carrier said, what the card and papers say."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading
from dashboard.widgets import tables
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, listing
from data.renewals import store as renewals
from data.renewals.desk_rules import VERDICTS
from data.renewals.rules import KINDS, STATE_WORDS
from data.renewals.store import Reviewed
from data.sims import store as sims
from data.sims.rules import STATUS_WORDS
from data.vouchers.rules import KINDS as PAPERS
from data.words import N_, _, day, moment, told, yuan

_PAIRS = (
    Column("label", N_("What"), width=115),
    Column("value", N_("Known"), width=190),
)
_EVENTS = (
    Column("ts", N_("Time"), "moment", width=125),
    Column("to_state", N_("Became"), "word", words=STATE_WORDS, width=120),
    Column("n", N_("Attempt"), "count", width=70),
    Column("actor", N_("By"), width=90),
    Column("evidence", N_("Evidence"), width=420),
)
_BOOKINGS = (
    Column("day", N_("Statement of"), "date", width=95),
    Column("amount_fen", N_("Amount"), "yuan", width=85),
    Column("about", N_("For"), width=120),
    Column("order_no", N_("Renewal number"), width=200),
    Column("carrier_ref", N_("Carrier's order number"), width=200),
)
_READINGS = (
    Column("ts", N_("Time"), "moment", width=125),
    Column("what", N_("What"), width=90),
    Column("before", N_("Before"), width=100),
    Column("after", N_("After"), width=100),
    Column("source", N_("Source"), width=140),
)
_PAPERS = (
    Column("voucher_id", N_("Voucher"), "count", width=70),
    Column("kind", N_("Kind"), "word", words=PAPERS, width=85),
    Column("amount_fen", N_("Amount"), "yuan", width=90),
    Column("doc_date", N_("Date"), "date", width=90),
    Column("invoice_no", N_("Invoice number"), width=170),
    Column("filename", N_("File name"), width=180),
)
_SAID = (
    Column("proposed_at", N_("Time"), "moment", width=125),
    Column("verdict", N_("Stated"), "word", words=VERDICTS, width=110),
    Column("stated_by", N_("Stated by"), width=90),
    Column("evidence", N_("Evidence"), width=320),
    Column("reference", N_("Reference"), width=120),
    Column("voucher_id", N_("Voucher"), "count", width=70),
    Column(
        "decision",
        N_("Second person"),
        "word",
        words={"confirmed": N_("confirmed"), "refused": N_("not confirmed")},
        width=110,
    ),
    Column("decided_by", N_("Decided by"), width=90),
)


def side_by_side(found: Reviewed) -> None:
    """What we ordered, what the carrier said, what the card says now; its statements, readings and papers."""
    left, middle, right = st.columns(3)
    with left, section(_("What we ordered"), tall=True):
        _pairs(
            [
                (_("ICCID"), found.iccid),
                (_("Kind"), _(KINDS[found.kind])),
                (_("Plan"), found.plan),
                (_("Months"), str(found.months)),
                (_("Amount"), yuan(found.amount_fen)),
                (_("Renewal number"), found.order_no),
                (_("Sent at"), moment(found.sent_at)),
                (_("Batch"), str(found.batch)),
            ],
            key="review:ordered",
        )
    with middle, section(_("What the carrier said"), tall=True):
        _pairs(
            [
                (_("Its order number"), found.carrier_ref),
                (_("Expiry it named"), day(found.told_expiry)),
                (_("In its words"), told(found.detail) if found.detail else None),
                (_("Times asked"), str(found.asked)),
                (_("Account"), found.account),
                (_("Payee"), found.payee),
                (_("Whom to call"), found.support),
            ],
            key="review:said",
        )
    with right, section(_("What the card says"), tall=True):
        _pairs(
            [
                (_("Expiry before"), day(found.expires_before or found.old_expiry)),
                (_("Expiry as ordered"), day(found.new_expiry)),
                (_("Expiry now"), day(found.expires_on)),
                (_("Known since"), moment(found.expiry_seen_at)),
                (_("Status now"), _(STATUS_WORDS[found.status]) if found.status else None),
                (_("Known since"), moment(found.status_seen_at)),
                (_("Terminal"), found.terminal_id),
                (_("Merchant"), found.merchant),
            ],
            key="review:card",
        )


def _pairs(pairs: Sequence[tuple[str, str | None]], *, key: str) -> None:
    """Labels and values as a dense table: three of them stand beside each other."""
    rows = [{"label": label, "value": value or "–"} for label, value in pairs]
    listing(pa.Table.from_pylist(rows), _PAIRS, key=key, alt=_("What is known"))


def history(found: Reviewed, said: list[dict[str, Any]]) -> None:
    """Statements, readings, papers, events and what people have said, each in its table."""
    wide, narrow = st.columns([3, 2])
    with wide, section(_("Lines of the statements"), _("of this renewal and of its card"), tall=True):
        lines = reading.fresh(renewals.bookings_of, found.obligation)
        about = [_("this renewal") if ours else _("another order") for ours in lines["ours"].to_pylist()]
        listing(
            tables.replaced(lines, about=pa.array(about, pa.string())),
            _BOOKINGS,
            key="review:lines",
            alt=_("Statement lines"),
        )
    with narrow, section(_("Papers"), tall=True):
        listing(reading.fresh(renewals.papers_of, found.obligation), _PAPERS, key="review:papers", alt=_("Papers"))
    with wide, section(_("Every event"), tall=True):
        events = reading.fresh(renewals.history, found.obligation)
        plain = [_plain(evidence) for evidence in events["evidence"].to_pylist()]
        events = tables.replaced(events, evidence=pa.array(plain, pa.string()))
        listing(events, _EVENTS, key="review:events", alt=_("Events"))
    with narrow, section(_("Readings of the card"), tall=True):
        readings = reading.fresh(renewals.readings_of, found.obligation)
        listing(_spoken(readings), _READINGS, key="review:readings", alt=_("Readings"))
    if said:
        with section(_("What people said")):
            rows = [{name: one[name] for name in one if name != "proposed_by"} for one in said]
            listing(pa.Table.from_pylist(rows), _SAID, key="review:said", alt=_("What people said"))
    for row in reading.fresh(renewals.notes, found.obligation).to_pylist():
        st.text(f"{moment(row['ts'])} · {row['name']} · {row['ticket_no'] or ''} {row['note'] or ''}")


def _plain(evidence: str) -> str:
    return " · ".join(f"{name}: {value}" for name, value in json.loads(evidence).items())


def _spoken(readings: pa.Table) -> pa.Table:
    def value(field: str, said: str | None) -> str | None:
        return _(STATUS_WORDS.get(said, said)) if field == "status" and said else said

    fields = readings["field"].to_pylist()
    words = {"expires_on": _("Expiry"), "status": _("Status")}
    spoken = {
        name: pa.array(
            [value(field, said) for field, said in zip(fields, readings[name].to_pylist(), strict=True)], pa.string()
        )
        for name in ("before", "after")
    }
    source = pa.array([sims.told_by(one) for one in readings["source"].to_pylist()], pa.string())
    return tables.replaced(
        readings, what=pa.array([words[field] for field in fields], pa.string()), source=source, **spoken
    )
