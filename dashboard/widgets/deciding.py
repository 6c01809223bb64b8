"""Renew, do not renew, swap or leave open: the decision on SIMs, with its reason."""

import streamlit as st

from dashboard import reading, viewer
from data.people.rules import Action
from data.sims import store as sims
from data.sims.rules import DECISION_WORDS
from data.words import _, plural

_REASON_MAX = 200


def decide_button(sim_ids: tuple[int, ...], *, key: str) -> None:
    """A popover that decides on `sim_ids`, for those who may."""
    who = viewer.here()
    if not who.may(Action.DECIDE):
        return
    with st.popover(_("Decide"), icon=":material/rule:"), st.form(f"{key}:decide", border=False):
        decision = st.segmented_control(
            _("Decision"),
            list(DECISION_WORDS),
            format_func=lambda code: _(DECISION_WORDS[code]),
            key=f"{key}:decision",
        )
        reason = st.text_input(
            _("Reason"),
            key=f"{key}:reason",
            max_chars=_REASON_MAX,
            placeholder=_("Merchant closed, machine withdrawn …"),
        )
        label = plural("Decide for {count} SIM", "Decide for {count} SIMs", len(sim_ids))
        if not st.form_submit_button(label, type="primary"):
            return
    if decision is None or (decision in {"decline", "swap"} and not reason):
        st.toast(_("Choose a decision; not renewing and swapping need a reason."), icon=":material/info:")
        return
    with viewer.told():
        with reading.writing() as tx:
            sims.decide(tx, who.actor, sim_ids=sim_ids, decision=decision, reason=reason or None)
        st.toast(plural("Decided for {count} SIM", "Decided for {count} SIMs", len(sim_ids)), icon=":material/check:")
        st.rerun()
