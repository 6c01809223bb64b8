"""Bytes a day of each carrier: whether the fleet uses more than it did."""

from functools import cache
from typing import Any

import altair as alt

from dashboard.charts import finished
from data.sims.rules import CARRIER_WORDS
from data.words import _, language

HEIGHT = 220


def spec() -> dict[str, Any]:
    """The Vega-Lite specification for rows (day, carrier, used_mb, sims), `carrier` being the word a person reads."""
    return _built(language())


@cache
def _built(_language: str) -> dict[str, Any]:
    chart = (
        alt.Chart()
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=18, filled=True))
        .encode(
            x=alt.X(
                "day:T",
                title=None,
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(format="%m-%d", grid=False, labelOverlap=True, tickCount="week"),
            ),
            y=alt.Y("used_mb:Q", title=_("MB a day"), axis=alt.Axis(tickCount=4, format=",d")),
            color=alt.Color(
                "carrier:N",
                title=None,
                sort=[_(word) for word in CARRIER_WORDS.values()],
                legend=alt.Legend(orient="top", direction="horizontal", symbolType="circle", symbolSize=90),
            ),
            tooltip=[
                alt.Tooltip("utcyearmonthdate(day):T", title=_("Day"), format="%Y-%m-%d"),
                alt.Tooltip("carrier:N", title=_("Carrier")),
                alt.Tooltip("used_mb:Q", title=_("MB a day"), format=",.1f"),
                alt.Tooltip("sims:Q", title=_("SIMs with a figure"), format=",d"),
            ],
        )
        .properties(height=HEIGHT)
    )
    return finished(chart)
