"""The password asked for again, before an act that can spend or delegate money."""

import streamlit as st

from data.words import _


def password_field(key: str, *, width: int = 220) -> str:
    """Draw the field; what stands in it, for `viewer.proved`."""
    typed = st.text_input(
        _("Your password"), type="password", autocomplete="current-password", key=f"{key}:password", width=width
    )
    return typed or ""
