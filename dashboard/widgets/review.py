"""The review desk: what waits, the word of one person with its proof, and the second person's."""

from typing import Any

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, choose_one
from dashboard.widgets.password import password_field
from dashboard.widgets.situations import facts
from data.people.rules import Event
from data.renewals import journal
from data.renewals import store as renewals
from data.renewals.desk_rules import VERDICTS
from data.renewals.rules import REASONS, STATE_WORDS, reason_of
from data.renewals.store import ReviewCounts, Reviewed
from data.words import N_, _, day, moment, number, told, yuan

_MOST_EVIDENCE, _MOST_REFERENCE = 1_000, 80
_WAITING = (
    Column("iccid", N_("ICCID"), "card", pinned=True, width=168),
    Column("reason", N_("Reason"), "word", words={code: one.msgid for code, one in REASONS.items()}, width=250),
    Column("amount_fen", N_("Sum"), "yuan", width=82),
    Column("act_by", N_("Act by"), "date", width=90),
    Column("verdict", N_("Stated"), "word", words=VERDICTS, width=120),
    Column("stated_by", N_("Stated by"), width=100),
    Column("detail", N_("The carrier's words"), "told", width=250),
    Column("terminal_id", N_("Terminal"), width=82),
    Column("merchant", N_("Merchant"), width=130),
    Column("account", N_("Account"), width=115),
    Column("changed_at", N_("Since"), "moment", width=125),
    Column("batch", N_("Batch"), "count", width=65),
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
    words = [
        _(STATE_WORDS[found.st]),
        *([_(reason.msgid)] if reason else []),
        *([told(found.detail)] if found.detail else []),
    ]
    st.text(" · ".join(words))


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
                (_("Stated by"), f"{stated['stated_by']} · {moment(stated['proposed_at'])}"),
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
    review = stated["review_id"]
    if yes or no:
        with viewer.told():
            proof = viewer.proved(password, Event.RENEWAL_REVIEWED, f"review {review}") if yes else None
            with reading.writing() as tx:
                if yes:
                    book = journal.opened(reading.home().journal)
                    renewals.confirm_review(tx, who.actor, review=review, password=proof, book=book)
                else:
                    renewals.refuse_review(tx, who.actor, review=review)
            st.rerun()
