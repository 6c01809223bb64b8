"""The review desk: what waits, all that is known of one renewal side by side, the word of one person and of the second."""

from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.heads import section
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, choose_one, listing
from dashboard.widgets.password import password_field
from dashboard.widgets.situations import facts
from data.renewals import journal
from data.renewals import store as renewals
from data.renewals.desk_rules import VERDICTS
from data.renewals.rules import KINDS, REASONS, STATE_WORDS, reason_of
from data.renewals.store import ReviewCounts, Reviewed
from data.sims import store as sims
from data.sims.rules import STATUS_WORDS
from data.vouchers.rules import KINDS as PAPERS
from data.words import N_, _, day, moment, number, yuan

_MOST_EVIDENCE, _MOST_REFERENCE = 1_000, 80
_WAITING = (
    Column("iccid", N_("ICCID"), "card", pinned=True, width=168),
    Column("reason", N_("Reason"), "word", words={code: one.msgid for code, one in REASONS.items()}, width=250),
    Column("amount_fen", N_("Sum"), "yuan", width=82),
    Column("act_by", N_("Act by"), "date", width=90),
    Column("verdict", N_("Stated"), "word", words=VERDICTS, width=120),
    Column("stated_by", N_("By"), width=100),
    Column("detail", N_("The carrier's words"), width=250),
    Column("terminal_id", N_("Terminal"), width=82),
    Column("merchant", N_("Merchant"), width=130),
    Column("account", N_("Account"), width=115),
    Column("changed_at", N_("Since"), "moment", width=125),
    Column("batch", N_("Batch"), "count", width=65),
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
    Column("order_no", N_("Order number"), width=200),
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
    Column("stated_by", N_("By"), width=90),
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
    Column("decided_by", N_("By"), width=90),
)


def figures(counts: ReviewCounts) -> None:
    """How much waits, for whom."""
    kpi_row(
        [
            Kpi(_("Needs a person"), number(counts.items)),
            Kpi(_("Wait for a second person"), number(counts.stated)),
            Kpi(_("Money set aside for them"), yuan(counts.fen)),
        ]
    )


def waiting(total: int) -> int | None:
    """One page of what waits; the renewal that was chosen."""
    place = st.container()
    limit, offset = tables.pager(total, key="review:pager")
    found = reading.read(renewals.waiting_for_review, limit=limit, offset=offset)
    with place:
        row = choose_one(found, _WAITING, key=f"review:waiting:{offset}", alt=_("Renewals that wait for people"))
    return None if row is None else int(found["obligation"][row].as_py())


def head(found: Reviewed) -> None:
    """What it is and why it waits."""
    st.title(_("Renewal {obligation}", obligation=found.obligation), anchor=False)
    reason = reason_of(found.reason) if found.reason else None
    told = [_(STATE_WORDS[found.st]), *([_(reason.msgid)] if reason else []), *([found.detail] if found.detail else [])]
    st.text(" · ".join(told))


def state_form(found: Reviewed, who: viewer.Viewer) -> None:
    """The first person's word: what became of it, what was seen, and the proof."""
    form = st.form(f"review:state:{found.obligation}:{found.n}", border=True)
    with form:
        st.subheader(_("What became of it?"), anchor=False)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            verdict = st.segmented_control(
                _("Outcome"), list(VERDICTS), format_func=lambda code: _(VERDICTS[code]), key="review:verdict"
            )
            reference = st.text_input(
                _("Number of the proof"),
                max_chars=_MOST_REFERENCE,
                width=230,
                placeholder=_("the carrier's or the bank's"),
            )
            voucher = st.text_input(_("or voucher"), max_chars=9, width=110, placeholder=_("number"))
            expiry = st.date_input(_("The card ends now on"), value=None, format="YYYY-MM-DD", width=170)
        evidence = st.text_area(
            _("What you have seen"),
            max_chars=_MOST_EVIDENCE,
            height=80,
            placeholder=_("Who said it, when, and what their list shows"),
        )
        st.caption(_("Nothing moves until another approver confirms it."))
        pressed = st.form_submit_button(_("State it"), type="primary", icon=":material/gavel:")
    if not pressed:
        return
    if verdict is None:
        st.warning(_("Say whether it took effect."))
        return
    with viewer.told():
        with reading.writing() as tx:
            renewals.state_review(
                tx,
                who.actor,
                obligation=found.obligation,
                verdict=verdict,
                evidence=evidence,
                reference=reference or None,
                voucher_id=int(voucher) if voucher.isdecimal() else None,
                new_expiry=expiry,
            )
        st.rerun()


def decide_form(stated: dict[str, Any], who: viewer.Viewer) -> None:
    """The second person's word."""
    with st.container(border=True):
        st.subheader(_("Waits for a second person"), anchor=False)
        facts(
            [
                (_("Stated"), _(VERDICTS[stated["verdict"]])),
                (_("By"), f"{stated['stated_by']} · {moment(stated['proposed_at'])}"),
                (_("Number of the proof"), stated["reference"]),
                (_("Voucher"), stated["voucher_id"] and str(stated["voucher_id"])),
                (_("The card ends now on"), day(stated["new_expiry"])),
            ],
            columns=5,
        )
        st.text(stated["evidence"])
        if stated["proposed_by"] == who.actor.person_id:
            st.caption(_("You said this; another approver has to confirm it."))
            return
        form = st.form(f"review:decide:{stated['review_id']}", border=False)
        with form, st.container(horizontal=True, vertical_alignment="bottom"):
            password = password_field(f"review:{stated['review_id']}")
            yes = st.form_submit_button(_("Confirm it"), type="primary", icon=":material/check:")
            no = st.form_submit_button(_("Do not confirm"), icon=":material/close:")
    if yes or no:
        with viewer.told():
            with reading.writing() as tx:
                if yes:
                    book = journal.opened(reading.home().journal)
                    renewals.confirm_review(tx, who.actor, review=stated["review_id"], password=password, book=book)
                else:
                    renewals.refuse_review(tx, who.actor, review=stated["review_id"])
            st.rerun()


def side_by_side(found: Reviewed) -> None:
    """What we ordered, what the carrier said, what the card says now; its statements, readings and papers."""
    left, middle, right = st.columns(3)
    with left, section(_("What we ordered"), tall=True):
        facts(
            [
                (_("ICCID"), found.iccid),
                (_("Kind"), _(KINDS[found.kind])),
                (_("Plan"), found.plan),
                (_("Months"), str(found.months)),
                (_("Amount"), yuan(found.amount_fen)),
                (_("Order number"), found.order_no),
                (_("Sent at"), moment(found.sent_at)),
                (_("Batch"), str(found.batch)),
            ],
            columns=2,
        )
    with middle, section(_("What the carrier said"), tall=True):
        facts(
            [
                (_("Its order number"), found.carrier_ref),
                (_("Expiry it named"), day(found.told_expiry)),
                (_("In its words"), found.detail),
                (_("Times asked"), str(found.asked)),
                (_("Account"), found.account),
                (_("Payee"), found.payee),
                (_("Whom to call"), found.support),
            ],
            columns=2,
        )
    with right, section(_("What the card says"), tall=True):
        facts(
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
            columns=2,
        )


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
        listing(reading.fresh(renewals.history, found.obligation), _EVENTS, key="review:events", alt=_("Events"))
    with narrow, section(_("Readings of the card"), tall=True):
        readings = reading.fresh(renewals.readings_of, found.obligation)
        listing(_spoken(readings), _READINGS, key="review:readings", alt=_("Readings"))
    if said:
        with section(_("What people said")):
            rows = [{name: one[name] for name in one if name != "proposed_by"} for one in said]
            listing(pa.Table.from_pylist(rows), _SAID, key="review:said", alt=_("What people said"))
    notes = reading.fresh(renewals.notes, found.obligation)
    for row in notes.to_pylist():
        st.text(f"{moment(row['ts'])} · {row['name']} · {row['ticket_no'] or ''} {row['note'] or ''}")


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
