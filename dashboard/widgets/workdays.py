"""What a person must know of the working calendar beside the days to act by."""

from datetime import date

import streamlit as st

from dashboard import reading
from data.sims import store as sims
from data.words import _

# Days to act by are looked at this far ahead.
_AHEAD_DAYS = 90


def unpublished_note(today: date) -> None:
    """Say so when days to act by may fall into a year whose holidays nobody has published; otherwise nothing."""
    year = reading.read(sims.unpublished_year, today=today, days=_AHEAD_DAYS)
    if year is not None:
        st.caption(
            _(
                "Working days of {year} are not published yet; weekdays are counted. Add holidays.toml to the home.",
                year=year,
            )
        )
