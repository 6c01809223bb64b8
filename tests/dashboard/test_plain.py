"""Words of others inside a line of Markdown stay words."""

import pytest
from markdown_it import MarkdownIt

from dashboard.plain import plain

MARKED = [
    "# head", "**b**", "`c`", "[x](javascript:alert(1))", "![x](http://naughty.invalid/i.png)", "<b>x</b>", "<http://naughty.invalid>",
    "http://naughty.invalid/", "www.naughty.invalid", "a@naughty.invalid", "- a", "1. a", "> a", "| a |", "~~a~~", "\\", "&lt;", "    a", "***",
    "a\n\n# head", "[x]: http://naughty.invalid",
]  # fmt: skip


@pytest.mark.parametrize("text", MARKED)
def test_what_is_marked_up_is_shown_sign_for_sign(text: str) -> None:
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(plain(text))
    assert shown.startswith("<p>") and shown.count("<") == 2, shown


@pytest.mark.parametrize(
    "text", ["http://a.example", "www.a.example", ":material/delete:", ":red[x]", ":smile:", "a@b.example"]
)
def test_what_is_made_of_plain_signs_is_parted_by_a_mark_nobody_sees(text: str) -> None:
    assert "\u2060" in plain(text)


def test_words_and_figures_stay_as_they_are() -> None:
    assert plain("面馆 12 号店") == "面馆 12 号店"
    assert plain("12:30") == "12:30"
