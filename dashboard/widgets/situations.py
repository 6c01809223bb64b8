"""The one sentence that opens the page of a card or a terminal, and the facts under it."""

from collections.abc import Sequence

import streamlit as st

from data.sims.rules import Said, Situation
from data.words import _, day


def situation_box(situation: Situation) -> None:
    """State, cause, what is under way, who acts, until when; then what to tell the merchant."""
    box, icon = (st.success, ":material/check_circle:") if situation.good else (st.warning, ":material/info:")
    box(f"{spoken(situation)}\n\n{_('Tell the merchant: “{text}”', text=said(situation.tell_merchant))}", icon=icon)


def spoken(situation: Situation) -> str:
    """The sentence in the viewer's language. Its values are dates and numbers of ours, never a file's text."""
    pieces = {
        "state": said(situation.state),
        "cause": said(situation.cause) if situation.cause else "",
        "under_way": said(situation.under_way),
        "who": said(situation.who_acts),
        "until": day(situation.until),
    }
    if situation.cause and situation.until:
        return _("**{state}** – {cause}. {under_way}. {who}, until **{until}**.", **pieces)
    if situation.cause:
        return _("**{state}** – {cause}. {under_way}. {who}.", **pieces)
    return _("**{state}**. {under_way}. {who}.", **pieces)


def said(words: Said) -> str:
    """One part of the sentence, spoken."""
    return _(words.msgid, **words.values)


def facts(pairs: Sequence[tuple[str, str | None]], *, columns: int = 3) -> None:
    """Label over value, side by side; what is not known is a dash. Values are shown as plain text."""
    with st.grid(columns, gap=("small", "medium")) as grid:
        for label, value in pairs:
            with grid.cell(), st.container(gap="xxsmall"):
                st.caption(label)
                st.text(value or "–")
