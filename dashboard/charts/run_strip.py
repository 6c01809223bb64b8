"""The last 24 hours of the schedule: one line per job, a cell per hour, green where it did something, red where it failed."""

from functools import cache
from typing import Any

import altair as alt

from dashboard.charts import finished
from data.words import _, language

# They mean the same on the light and on the dark page.
_COLOURS = {"done": "#12A594", "failed": "#E5484D", "nothing": "#8A94A633"}
_LINE_PX = 26


def spec(lines: int) -> dict[str, Any]:
    """The Vega-Lite specification for rows (job, hour, until, runs, failed, outcome) of so many jobs; hours are local, written as UTC."""
    return _built(language(), lines)


@cache
def _built(_language: str, lines: int) -> dict[str, Any]:
    chart = (
        alt.Chart()
        .mark_bar(cornerRadius=3, height={"band": 0.6})
        .encode(
            x=alt.X(
                "hour:T",
                title=None,
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(format="%H:%M", grid=False, tickCount=12),
            ),
            x2="until:T",
            y=alt.Y(
                "job:N",
                title=None,
                sort=None,
                axis=alt.Axis(
                    labelLimit=380, ticks=False, domain=False, labelOverlap=False, labelFlush=False, labelBound=False
                ),
            ),
            color=alt.Color(
                "outcome:N", scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())), legend=None
            ),
            tooltip=[
                alt.Tooltip("job:N", title=_("Job")),
                alt.Tooltip("utcyearmonthdatehours(hour):T", title=_("Hour"), format="%m-%d %H:%M"),
                alt.Tooltip("runs:Q", title=_("Runs"), format=",d"),
                alt.Tooltip("failed:Q", title=_("Failed runs"), format=",d"),
            ],
        )
        .properties(height=_LINE_PX * max(lines, 2))
    )
    return finished(chart)
