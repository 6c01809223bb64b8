"""What share of its quota each plan has used, against the share of the month that has passed."""

from functools import cache
from typing import Any

import altair as alt

from dashboard.charts import LIMIT_COLOUR, finished
from data.words import _, language

_LINE_PX = 26


def spec(plans: int) -> dict[str, Any]:
    """The Vega-Lite specification for rows (plan, share, passed, sims) of so many plans; shares are of 1."""
    return _built(language(), plans)


@cache
def _built(_language: str, plans: int) -> dict[str, Any]:
    base = alt.Chart()
    share = alt.X("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5))
    told = [
        alt.Tooltip("plan:N", title=_("Plan")),
        alt.Tooltip("share:Q", title=_("Used of its quota"), format=".1%"),
        alt.Tooltip("passed:Q", title=_("Of the month passed"), format=".0%"),
        alt.Tooltip("sims:Q", title=_("SIMs"), format=",d"),
    ]
    y = alt.Y("plan:N", title=None, sort=None, axis=alt.Axis(labelLimit=260, ticks=False, domain=False))
    bars = base.mark_bar(cornerRadiusEnd=3, height={"band": 0.6}).encode(x=share, y=y, tooltip=told)
    passed = base.mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=LIMIT_COLOUR).encode(
        x=alt.X("max(passed):Q", title=None)
    )
    return finished(alt.layer(bars, passed).properties(height=_LINE_PX * max(plans, 3)))
