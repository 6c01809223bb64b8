"""How many cards end on which day, by carrier; a brush over days picks them."""

from functools import cache
from typing import Any

import altair as alt

from dashboard.charts import finished
from data.sims.rules import CARRIER_WORDS
from data.words import _, language

BRUSH = "days"
HEIGHT = 190


def spec() -> dict[str, Any]:
    """The Vega-Lite specification for rows (day, carrier, sims), `carrier` being the word a person reads."""
    return _built(language())


@cache
def _built(_language: str) -> dict[str, Any]:
    brush = alt.selection_interval(name=BRUSH, encodings=["x"])
    # One carrier has one colour, whichever carriers are in the data; unknown ones follow.
    carriers = [_(word) for word in CARRIER_WORDS.values()]
    chart = (
        alt.Chart()
        .mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=alt.X(
                "utcyearmonthdate(day):T",
                title=None,
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(format="%m-%d", grid=False, labelOverlap=True, tickCount="week"),
            ),
            y=alt.Y("sum(sims):Q", title=None, axis=alt.Axis(tickCount=4, tickMinStep=1, format=",d")),
            color=alt.Color(
                "carrier:N",
                title=None,
                sort=carriers,
                legend=alt.Legend(orient="top", direction="horizontal", symbolType="circle", padding=0, offset=8),
            ),
            opacity=alt.condition(brush, alt.value(1), alt.value(0.35)),
            order=alt.Order("carrier:N"),
            tooltip=[
                alt.Tooltip("utcyearmonthdate(day):T", title=_("Expires"), format="%Y-%m-%d"),
                alt.Tooltip("carrier:N", title=_("Carrier")),
                alt.Tooltip("sum(sims):Q", title=_("Cards"), format=",d"),
            ],
        )
        .add_params(brush)
        .properties(height=HEIGHT, padding={"left": 0, "right": 0, "top": 0, "bottom": 0})
    )
    return finished(chart)
