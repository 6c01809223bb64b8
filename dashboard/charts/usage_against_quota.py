"""What one card has used since the first of each month, day by day, against its quota."""

from functools import cache
from typing import Any

import altair as alt

from dashboard.charts import LIMIT_COLOUR, finished
from data.words import _, language

HEIGHT = 200


def spec() -> dict[str, Any]:
    """The Vega-Lite specification for rows (day, month, used_mb, month_mb, quota_mb)."""
    return _built(language())


@cache
def _built(_language: str) -> dict[str, Any]:
    days = alt.X(
        "day:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%m-%d", grid=False, labelOverlap=True, tickCount="week"),
    )
    told = [
        alt.Tooltip("utcyearmonthdate(day):T", title=_("Day"), format="%Y-%m-%d"),
        alt.Tooltip("used_mb:Q", title=_("Used that day (MB)"), format=",.1f"),
        alt.Tooltip("month_mb:Q", title=_("Used that month (MB)"), format=",.1f"),
        alt.Tooltip("quota_mb:Q", title=_("Quota (MB)"), format=",.0f"),
    ]
    base = alt.Chart()
    used = base.mark_area(interpolate="step-after", opacity=0.2).encode(
        x=days,
        y=alt.Y("month_mb:Q", title="MB", axis=alt.Axis(tickCount=4, format=",~f")),
        detail="month:N",
        tooltip=told,
    )
    edge = base.mark_line(interpolate="step-after", strokeWidth=2).encode(x=days, y="month_mb:Q", detail="month:N")
    quota = base.mark_line(strokeDash=[5, 4], strokeWidth=1.5, color=LIMIT_COLOUR).encode(x=days, y="quota_mb:Q")
    points = base.mark_point(opacity=0, size=120).encode(x=days, y="month_mb:Q", tooltip=told)
    return finished(alt.layer(used, edge, quota, points).properties(height=HEIGHT))
