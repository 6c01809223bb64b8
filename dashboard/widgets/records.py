"""Renewal records on the page: the filters beside them, and the 34 columns in the order people file them in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading
from dashboard.widgets.batch_progress import STATE_COLOURS, STATES
from dashboard.widgets.listing import Column, listing
from dashboard.widgets.sims import carrier_words
from data.renewals.records import CHANNEL_WORDS, PROOF_WORDS, RECORD_COLUMNS, RecordFilter
from data.renewals.rules import KINDS, REASONS, STATE_WORDS, WAY_TO_PAY_WORDS
from data.sims import store as sims
from data.sims.rules import CARRIER_WORDS
from data.words import N_, _

_KINDS = {
    **dict.fromkeys(("batch", "months", "vouchers"), "count"),
    **dict.fromkeys(("old_expires_on", "new_expires_on", "paid_on"), "date"),
    **dict.fromkeys(("submitted_at", "ended_at", "verified_at"), "moment"),
    **dict.fromkeys(("carrier", "way_to_pay", "channel", "failure_reason", "proof"), "word"),
    "state": "badge",
    "amount_yuan": "yuan",
}
_WORDS = {
    "carrier": CARRIER_WORDS,
    "way_to_pay": WAY_TO_PAY_WORDS,
    "channel": CHANNEL_WORDS,
    "state": STATE_WORDS,
    "failure_reason": {code: reason.msgid for code, reason in REASONS.items()},
    "proof": PROOF_WORDS,
}
_WIDTHS = {
    "batch": 75,
    "months": 80,
    "vouchers": 70,
    "amount_yuan": 95,
    "merchant_name": 180,
    "failure_reason": 240,
    "state": 120,
}
_COLUMNS = tuple(
    Column(
        name,
        label,
        _KINDS.get(name, "text"),  # type: ignore[arg-type]
        words=_WORDS.get(name, {}),
        colours=STATE_COLOURS,
        width=_WIDTHS.get(name),
        pinned=name == "renewal_no",
    )
    for name, label in RECORD_COLUMNS.items()
)
_KIND = Column("kind", N_("Kind"), "word", words=KINDS, width=90)


def record_filters(key: str) -> RecordFilter:
    """Draw the filters of the records and return what they say; `?batch=` of a link is where they start."""
    choices = reading.read(sims.choices)
    agents = dict(choices.agents)
    asked = st.query_params.get("batch", "")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            _("Contains"),
            key=f"{key}:text",
            icon=":material/search:",
            width=150,
            placeholder=_("Number, terminal, merchant, phone"),
        )
        days = st.date_input(_("Days"), value=(), key=f"{key}:days", format="YYYY-MM-DD", width=225)
        kind = _one(_("Kind"), list(KINDS), f"{key}:kind", words=lambda code: _(KINDS[code]))
        states = st.multiselect(
            _("State"),
            STATES,
            format_func=lambda code: _(STATE_WORDS[code]),
            key=f"{key}:states",
            width=140,
            placeholder=_("All"),
        )
        carrier = _one(_("Carrier"), choices.carriers, f"{key}:carrier", words=lambda code: carrier_words([code])[0])
        account = _one(_("Account"), choices.accounts, f"{key}:account")
        agent = _one(_("Agent"), list(agents), f"{key}:agent", words=lambda one: agents[one])
        batch = st.text_input(_("Batch"), value=asked if asked.isdecimal() else "", key=f"{key}:batch", width=70)
    flt = RecordFilter(
        states=tuple(states),
        carrier=carrier,
        account=account,
        kind=kind,
        agent_id=agent,
        text=text.strip() or None,
    )
    # A number with more digits is none of ours, and none for the database.
    return _with_days(replace(flt, batch=int(batch) if batch.isdecimal() and len(batch) < 10 else None), days)


def record_list(data: pa.Table, *, key: str) -> None:
    """The records in their order, every column of the export; what was ordered, where it was not always a renewal."""
    columns = _COLUMNS if set(data["kind"].to_pylist()) <= {"renew"} else (_COLUMNS[0], _KIND, *_COLUMNS[1:])
    listing(data.rename_columns({"amount_fen": "amount_yuan"}), columns, key=key, alt=_("Renewal records"))


def _one(label: str, options: Sequence[Any], key: str, *, words: Callable[[Any], str] = str) -> Any:
    return st.selectbox(label, options, index=None, format_func=words, key=key, placeholder=_("All"), width=115)


def _with_days(flt: RecordFilter, days: Sequence[date]) -> RecordFilter:
    # While a range is being chosen it has a first day only.
    first, last = (days[0], days[-1]) if len(days) == 2 else (None, None)
    return replace(flt, day_from=first, day_to=last)
