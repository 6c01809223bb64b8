"""The bar pinned to the foot of the page while cards are ticked: how many, for how much, and what can be done."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.widgets import tables
from data.words import _, plural, yuan


@contextmanager
def bulk_bar(*, key: str, count: int, amount_fen: int | None = None, unpriced: int = 0) -> Iterator[DeltaGenerator]:
    """Draw the bar for the selection of table `key`; yields the place at the right for the verbs.

    `amount_fen`: what renewing them costs. Draw it only while something is ticked. A verb carries its number: "Renew 1,824 cards · ¥27,360.00".
    """
    with st.bottom, st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.markdown("**" + plural("{count} SIM selected", "{count} SIMs selected", count) + "**", width="content")
            if amount_fen is not None:
                st.caption(yuan(amount_fen), width="content")
            if unpriced:
                st.caption(
                    plural("{count} of them without a price", "{count} of them without a price", unpriced),
                    width="content",
                )
            st.button(
                _("Clear selection"), key=f"{key}:clear", type="tertiary", on_click=tables.clear_selection, args=(key,)
            )
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content") as verbs:
            yield verbs
