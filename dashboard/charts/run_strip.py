"""The last 24 hours of the schedule: one line per job, a cell per hour, red where a run failed."""

from functools import cache
from typing import Any

import altair as alt

from data.words import _

# Readable on the light and on the dark page alike.
_DONE, _FAILED = "#12A594", "#E5484D"
_LINE_PX = 26


@cache
def spec(language: str, lines: int) -> dict[str, Any]:
    """Vega-Lite for rows of job, hour, runs, failed, outcome; `language` must be the one being spoken."""
    del language  # only the key of the cache: the words below are already in it
    chart = (
        alt.Chart()
        .mark_rect(cornerRadius=3, stroke="transparent", strokeWidth=2)
        .encode(
            x=alt.X(
                "yearmonthdatehours(hour):O", title=None, axis=alt.Axis(format="%H:%M", labelAngle=0, labelOverlap=True)
            ),
            y=alt.Y("job:N", title=None, sort=None, axis=alt.Axis(labelLimit=320)),
            color=alt.Color(
                "outcome:N",
                scale=alt.Scale(domain=["done", "failed"], range=[_DONE, _FAILED]),
                legend=None,
            ),
            opacity=alt.Opacity("runs:Q", scale=alt.Scale(type="log", range=[0.45, 1.0]), legend=None),
            tooltip=[
                alt.Tooltip("job:N", title=_("Job")),
                alt.Tooltip("hour:T", title=_("Hour"), format="%m-%d %H:%M"),
                alt.Tooltip("runs:Q", title=_("Runs")),
                alt.Tooltip("failed:Q", title=_("Failed runs")),
            ],
        )
        .properties(height=_LINE_PX * max(lines, 1))
    )
    drawn: dict[str, Any] = chart.to_dict()
    drawn.pop("data", None)
    return drawn
