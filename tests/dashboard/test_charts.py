"""The charts' specifications: made once per language, without rows, with words a person reads."""

import json

import pytest

from dashboard.charts import expiry_timeline, usage_against_quota
from data import words


@pytest.mark.parametrize("chart", [expiry_timeline, usage_against_quota])
def test_a_chart_is_built_once_per_language_and_carries_no_rows(chart):
    with words.speaking("en"):
        built = chart.spec()
        assert chart.spec() is built
    assert "data" not in built
    assert "datasets" not in built
    # A layer with data of its own would never see the rows.
    assert not any("data" in layer for layer in built.get("layer", ()))
    assert "white" not in json.dumps(built).lower()


def test_the_timeline_speaks_the_viewers_language():
    with words.speaking("en"):
        english = json.dumps(expiry_timeline.spec(), ensure_ascii=False)
    with words.speaking("zh_CN"):
        chinese = json.dumps(expiry_timeline.spec(), ensure_ascii=False)
    assert "China Mobile" in english
    assert "中国移动" in chinese
    assert "China Mobile" not in chinese


def test_days_are_read_in_utc_so_that_no_browser_shifts_them():
    assert expiry_timeline.spec()["encoding"]["x"]["timeUnit"].startswith("utc")
    assert expiry_timeline.spec()["encoding"]["x"]["scale"]["type"] == "utc"


def test_the_brush_of_the_timeline_is_over_days_only():
    (brush,) = expiry_timeline.spec()["params"]
    assert brush == {"name": expiry_timeline.BRUSH, "select": {"type": "interval", "encodings": ["x"]}}
