"""Paste a list someone sent by chat: mixed numbers, one a line, become a filter; what is not found is listed."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import reading, viewer
from data.sims import store as sims
from data.words import _, number, plural

# A person's list; more than this is a file, and the Import page reads those.
MAX_LINES = 5_000
# The longest line we know is a merchant's name.
_MAX_CHARACTERS = MAX_LINES * 64


def paste_list(key: str, *, open: bool = False) -> tuple[int, ...] | None:
    """Draw the box, or (not `open`) a button that opens it; the sim_ids of the list in force, None where there is none."""
    kept: sims.Pasted | None = viewer.kept(f"{key}:pasted")
    label = _("Paste a list") if kept is None else _in_force(kept)
    with st.container(border=True) if open else _button(label, key):
        with st.form(f"{key}:form", border=False):
            text = st.text_area(
                _("One number a line: ICCID, card number, IMSI, IMEI, terminal, serial number, merchant or phone"),
                key=f"{key}:text",
                height=140,
                max_chars=_MAX_CHARACTERS,
                placeholder=_("8986…\n1064…\nT0012345"),
            )
            found = st.form_submit_button(_("Find these"), icon=":material/search:")
        if found:
            _look(key, text or "")
        if kept is not None:
            _say(key, kept)
    return tuple(kept.sim_ids) if kept is not None else None


def _button(label: str, key: str) -> DeltaGenerator:
    return st.popover(label, icon=":material/content_paste:", width="content", key=f"{key}:popover")


def _in_force(pasted: sims.Pasted) -> str:
    found, lost = len(pasted.sim_ids), len(pasted.not_found) + len(pasted.ambiguous)
    if lost:
        return _("List · {n}, {lost} lines left out", n=number(found), lost=number(lost))
    return _("List · {n}", n=number(found))


def _look(key: str, text: str) -> None:
    lines = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if len(lines) > MAX_LINES:
        sentence = _(
            "{n} lines are too many; paste at most {most}, or import a file",
            n=number(len(lines)),
            most=number(MAX_LINES),
        )
        st.warning(sentence)
        return
    viewer.keep(f"{key}:pasted", reading.fresh(sims.paste, lines) if lines else None)
    st.rerun()  # the button above has been drawn with the list before


def _say(key: str, pasted: sims.Pasted) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(plural("**{count} SIM found**", "**{count} SIMs found**", len(pasted.sim_ids)), width="content")
        st.button(
            _("Remove the list"), key=f"{key}:drop", type="tertiary", on_click=viewer.forget, args=(f"{key}:pasted",)
        )
    if pasted.not_found:
        st.caption(plural("{count} line not found", "{count} lines not found", len(pasted.not_found)))
        _lines(tuple(pasted.not_found))
    if pasted.ambiguous:
        st.caption(
            plural(
                "{count} line fits several SIMs and was left out",
                "{count} lines fit several SIMs and were left out",
                len(pasted.ambiguous),
            )
        )
        _lines(tuple(str(line) for line in pasted.ambiguous))


def _lines(lines: tuple[str, ...]) -> None:
    # As plain text: a pasted line may hold anything, Markdown too.
    with st.container(height=min(160, 24 * len(lines) + 24), border=False):
        st.text("\n".join(lines))
