"""The page that stops digests, behind the served app: what a link, a scanner, a mail program and another site get from it."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from data.database import Query
from data.home import Home, open_home
from data.reminders import muting
from data.words import _, speaking
from tests.conftest import add_people
from tests.reminding import recipient
from tests.serving import Served, browser, served

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
READERS = 8


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[int, str]]:
    """A closed home with agents, who read Chinese unless their number is odd, and the path of each one's link."""
    home = open_home(tmp_path_factory.mktemp("muting") / "home", create="real")
    add_people(home)
    links = {}
    for n in range(1, READERS + 1):
        made = recipient(home, f"agent{n}", kind="agent", part=f"A{n}", language="en" if n % 2 else None)
        told = {"recipient_id": made, "address": f"agent{n}@example.invalid", "today": home.clock.today()}
        url = urlsplit(muting.link(home.keyring, "https://cards.example.com", **told))
        links[n] = f"{url.path}?{url.query}"
    home.close()
    return home, links


@pytest.fixture(scope="module")
def server(built: tuple[Home, dict[int, str]]) -> Iterator[Served]:
    with served(built[0].path) as running:
        yield running


@pytest.fixture
def link(built: tuple[Home, dict[int, str]], server: Served) -> Iterator[str]:
    """The whole address of the link of a reader whom no other test has muted."""
    _home, links = built
    return server.url + links.pop(min(links))


def stopped(link: str) -> bool:
    """What the page says, and by that how the address stands."""
    page = httpx.get(link)
    assert page.status_code == 200
    return "<form" not in page.text


def test_following_the_link_changes_nothing(link: str) -> None:
    for method in ("GET", "HEAD", "GET"):
        assert httpx.request(method, link).status_code == 200
    assert not stopped(link)


def test_a_mail_program_stops_the_digests_with_neither_cookie_nor_origin(link: str) -> None:
    answer = httpx.post(link, data=ONE_CLICK)
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    assert stopped(link)
    assert httpx.post(link, files={"List-Unsubscribe": (None, "One-Click")}).status_code == 200


def test_another_site_stops_nothing(link: str) -> None:
    for origin in ("https://evil.example", "null"):
        assert httpx.post(link, data=ONE_CLICK, headers={"origin": origin}).status_code == 403
    assert not stopped(link)


def test_a_changed_link_an_old_one_and_one_of_nobody_read_the_same(link: str) -> None:
    changed = re.sub("sign=.", lambda found: "sign=" + ("1" if found[0][-1] == "0" else "0"), link)
    nobody = re.sub(r"to=\d+", "to=4711", link)
    old = re.sub("until=[0-9-]+", "until=2020-01-01", link)
    bare = link.partition("?")[0]
    answers = [
        httpx.request(how, url) for how in ("GET", "POST") for url in (changed, nobody, old, bare, bare + "?to=x")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert "ask the company" in httpx.get(nobody, headers={"accept-language": "en"}).text
    assert "请使用最近一封汇总邮件中的链接" in httpx.get(nobody, headers={"accept-language": "zh-CN"}).text
    assert not stopped(link)


def test_the_page_speaks_the_readers_language_whatever_the_browser_does(link: str) -> None:
    number = int(re.search(r"to=(\d+)", link)[1])  # type: ignore[index]
    with speaking("en" if number % 2 else "zh_CN"):
        said, done = _("Stop the daily digests"), _("The daily digests have stopped")
    for accepted in ("en", "zh-CN"):
        assert said in httpx.get(link, headers={"accept-language": accepted}).text
        assert done not in httpx.get(link).text
    assert done in httpx.post(link).text


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_a_reader_presses_the_button_and_it_is_done(link: str, language: str) -> None:
    with browser() as opened:
        page = opened.new_context(locale=language).new_page()
        page.goto(link)
        page.click("button")
        page.wait_for_selector("button", state="detached")
        assert "agent" in page.inner_text("main")
    assert stopped(link)


def test_what_a_link_did_is_in_the_home_and_its_log(
    built: tuple[Home, dict[int, str]], server: Served, link: str
) -> None:
    httpx.post(link, data=ONE_CLICK)
    assert "sign=" not in server.log.read_text(encoding="utf-8")
    server.stop()
    home = open_home(built[0].path)
    try:
        number = re.search(r"to=(\d+)", link)[1]  # type: ignore[index]
        told = "SELECT count(*) FROM audit WHERE event = 'address:muted' AND object = $o AND source = 'link'"
        assert home.db.read().value(Query("t", "", told), o=f"recipient {number}") == 1
        mute = "SELECT a.state FROM address a JOIN recipient r USING (address) WHERE r.recipient_id = $n"
        assert home.db.read().value(Query("t", "", mute), n=int(number)) == "muted"
    finally:
        home.close()
