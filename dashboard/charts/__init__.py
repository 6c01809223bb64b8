"""Charts: each builds its Vega-Lite specification once per language; the rows come as Arrow at every run."""

from typing import Any

# Colours come from the theme's chartCategoricalColors; this one red means "the line not to cross" in light and dark.
LIMIT_COLOUR = "#E5484D"


def finished(chart: Any) -> dict[str, Any]:
    """The specification without data and without altair's own sizes: Streamlit brings the rows and the theme."""
    built: dict[str, Any] = chart.to_dict()
    for name in ("datasets", "config"):
        built.pop(name, None)
    for view in (built, *built.get("layer", ())):
        view.pop("data", None)
    return built
