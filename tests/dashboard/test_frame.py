"""The frame: what every page carries, and how one leaves."""

from collections.abc import Callable
from datetime import timedelta

from streamlit.testing.v1 import AppTest

from dashboard import viewer
from data.home import REHEARSAL_FILE, Home
from data.people import store as people
from data.people.rules import Actor


def test_signing_out_ends_the_session_at_once(home: Home, page: Callable[..., AppTest]) -> None:
    test = page("exports", "viewer")
    token = viewer.session_token()
    test.button(key="frame:sign_out").click().run()
    now, long = home.clock.now(), timedelta(hours=1)
    assert people.whose(home.db.read(), token, now=now, idle=long, longest=long) is None
    assert "Your session has ended" in test.info[0].value


def test_a_language_chosen_once_is_spoken_from_then_on(
    home: Home, people: dict[str, Actor], page: Callable[..., AppTest]
) -> None:
    test = page("exports", "viewer")
    test.segmented_control(key="frame:language").set_value("zh_CN").run()
    assert test.title[0].value == "导出中心"


def test_a_list_pasted_into_the_box_is_answered_with_where_lists_go(page: Callable[..., AppTest]) -> None:
    test = page("exports", "viewer")
    test.text_input(key="frame:box").set_value("89860012345678901234 " * 300).run()
    assert not test.exception
    assert "Paste a list on Look up" in test.warning[0].value
    assert test.text_input(key="frame:box").value == ""


def test_a_menu_shows_what_the_role_may_open(page: Callable[..., AppTest]) -> None:
    assert "Not for your role" in page("renew", "viewer").title[0].value
    assert "Not for your role" not in page("renew", "operator").title[0].value


def test_every_page_of_a_rehearsal_says_that_it_is_one(demo_home: Home, page: Callable[..., AppTest]) -> None:
    said = "Demo home: made-up data"
    assert any(said in caption.value for caption in page("exports", "viewer").sidebar.caption)
    (demo_home.path / REHEARSAL_FILE).write_text("{}", encoding="utf-8")
    test = page("exports", "viewer")
    assert any("Rehearsal" in text.value for text in test.sidebar.markdown)
    assert not any(said in caption.value for caption in test.sidebar.caption)
