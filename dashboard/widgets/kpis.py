"""Four equal cards: a figure, what it did in words with its meaning, a sparkline."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Kpi:
    """One card."""

    label: str
    value: str  # as a person reads it
    delta: str | None = None  # in words: "12 more than a week ago"
    good: bool | None = None  # whether the change is welcome; None: neither
    spark: tuple[float, ...] = ()  # one value a day, oldest first
    help: str | None = None
    bars: bool = False  # counts of separate days read better as bars


def kpi_row(kpis: Sequence[Kpi]) -> None:
    """The cards in one row of equal width and height."""
    with st.grid(len(kpis), min_column_width=180):
        for kpi in kpis:
            st.metric(
                kpi.label,
                kpi.value,
                delta=kpi.delta,
                delta_color=_colour(kpi.good),
                delta_arrow="off",
                chart_data=list(kpi.spark) if any(kpi.spark) else None,
                chart_type="bar" if kpi.bars else "area",
                help=kpi.help,
                border=True,
                height="stretch",
            )


def _colour(good: bool | None) -> str:
    return {True: "green", False: "red", None: "gray"}[good]
