"""What a stranger, a wrong password, a foreign site and an ended session get from a running server."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets.sync.client
from websockets.exceptions import InvalidStatus

from data.home import open_home
from data.people import store as people
from tests.conftest import PASSWORD, add_people
from tests.serving import Served, served

HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("gate") / "home"
    home = open_home(path, create="real")
    add_people(home)
    home.close()
    with served(path) as running:
        yield running


def cookie_of(server: Served, name: str = "operator") -> dict[str, str]:
    """The header that a signed-in browser sends."""
    form = {"name": name, "password": PASSWORD}
    answer = httpx.post(f"{server.url}/sign-in", data=form, headers={"origin": server.url})
    assert answer.status_code == 303
    return {"cookie": f"flowcard_sid={answer.cookies['flowcard_sid']}"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/expiry",
        "/_stcore/host-config",
        "/_stcore/health",
        "/media/x.png",
        "/x/1",
        "/v/1",
        "/app/static/icon.png",
        "/metrics",
    ],
)
def test_a_stranger_gets_no_byte(server: Served, path: str) -> None:
    assert httpx.get(server.url + path).status_code == 401
    asked = httpx.get(server.url + path, headers=HTML)
    assert (asked.status_code, asked.headers["location"].split("?")[0]) == (303, "/sign-in")


def test_a_stranger_gets_no_socket(server: Served) -> None:
    with pytest.raises(InvalidStatus) as refused:
        websockets.sync.client.connect(f"ws://127.0.0.1:{server.port}/_stcore/stream")
    assert refused.value.response.status_code == 403


def test_a_signed_in_person_gets_a_socket(server: Served) -> None:
    url = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    with websockets.sync.client.connect(url, additional_headers=cookie_of(server)) as socket:
        assert socket.protocol.state.name == "OPEN"


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/openapi.json"])
def test_the_frameworks_own_interfaces_are_closed_to_everyone(server: Served, path: str) -> None:
    assert httpx.get(server.url + path, headers=cookie_of(server)).status_code == 404


def test_health_says_ok_and_nothing_else(server: Served) -> None:
    answer = httpx.get(f"{server.url}/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_metrics_name_versions_and_the_age_of_every_job(server: Served) -> None:
    from jobs.schedule import SCHEDULE

    text = httpx.get(f"{server.url}/metrics", headers=cookie_of(server)).text
    assert 'flowcard="' in text
    assert all(f'flowcard_job_age_seconds{{job="{job.name}"}}' in text for job in SCHEDULE)


def test_every_answer_carries_the_security_headers(server: Served) -> None:
    for path in ("/healthz", "/sign-in", "/expiry", "/nowhere"):
        headers = httpx.get(server.url + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_cookie_is_strict_and_unreadable_for_scripts(server: Served) -> None:
    answer = httpx.post(
        f"{server.url}/sign-in", data={"name": "viewer", "password": PASSWORD}, headers={"origin": server.url}
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize("name", ["operator", "nobody at all"])
def test_a_wrong_password_and_an_unknown_name_read_the_same(server: Served, name: str) -> None:
    answer = httpx.post(f"{server.url}/sign-in", data={"name": name, "password": "no"}, headers={"origin": server.url})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
def test_a_form_of_another_site_is_refused(server: Served, origin: str | None) -> None:
    headers = {"origin": origin} if origin else {}
    answer = httpx.post(f"{server.url}/sign-in", data={"name": "operator", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_the_way_back_stays_in_the_house(server: Served, back: str) -> None:
    answer = httpx.post(
        f"{server.url}/sign-in",
        params={"next": back},
        data={"name": "operator", "password": PASSWORD},
        headers={"origin": server.url},
    )
    assert answer.headers["location"] == "/"


def test_an_unknown_host_is_refused(server: Served) -> None:
    assert httpx.get(f"{server.url}/healthz", headers={"host": "evil.example"}).status_code == 400


def test_a_cookie_of_nobody_is_worth_nothing(server: Served) -> None:
    assert httpx.get(f"{server.url}/", headers={"cookie": "flowcard_sid=made-up"}).status_code == 401


def test_a_second_server_on_the_same_home_names_the_first(server: Served) -> None:
    from tests.serving import run

    assert server.process
    result = run("serve", "--port", "8599", home=server.home, code=3)
    assert f"process {server.process.pid}" in result.stderr


def test_an_empty_home_prints_a_link_that_works_once(tmp_path: Path) -> None:
    with served(tmp_path / "home") as running:
        link = next(word for word in running.log.read_text(encoding="utf-8").split() if "/set-up?token=" in word)
        path = link.split(str(running.port), 1)[1]
        form = {"name": "first", "new": PASSWORD}
        headers = {"origin": running.url}
        assert httpx.post(running.url + path, data={**form, "new": "short"}, headers=headers).status_code == 400
        assert httpx.post(running.url + path, data=form, headers=headers).status_code == 303
        assert httpx.post(running.url + path, data={**form, "name": "second"}, headers=headers).status_code == 400
    home = open_home(tmp_path / "home")
    assert [(person.name, person.role) for person in people.everyone(home.db.read())] == [("first", "administrator")]
    home.close()


def test_sigterm_closes_the_file_cleanly(tmp_path: Path) -> None:
    with served(tmp_path / "home") as running:
        running.stop()
        assert "stopped" in running.log.read_text(encoding="utf-8")
    open_home(tmp_path / "home").close()


def test_a_bad_carriers_file_stops_the_start_in_one_sentence(tmp_path: Path) -> None:
    from tests.serving import free_port, run

    open_home(tmp_path / "home", create="real").close()
    (tmp_path / "home/carriers.toml").write_text(
        "[[account]]\nname = 'UPPER'\nconnector = 'offline'\n", encoding="utf-8"
    )
    result = run("serve", "--port", str(free_port()), home=tmp_path / "home", code=1)
    assert "carriers.toml" in result.stderr
    assert "Traceback" not in result.stderr
