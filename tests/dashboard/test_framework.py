"""The framework's running values: whatever opens what we promise closed stops the start in one sentence."""

from pathlib import Path
from typing import Any

import pytest
from streamlit import config

from dashboard import framework
from data.settings import SettingsError
from jobs.commands.serve import allowed_hosts
from tests.serving import free_port, run

GOOD = {**framework.MUST, "server.allowedHosts": ["127.0.0.1"], "server.address": "127.0.0.1"}


def running(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    told = {**GOOD, **{name.replace("__", "."): value for name, value in values.items()}}
    monkeypatch.setattr(framework.config, "get_option", lambda name: told[name])


def test_the_values_of_our_own_file_are_good() -> None:
    assert {name: config.get_option(name) for name in framework.MUST} == framework.MUST
    framework.check()


@pytest.mark.parametrize("name", framework.MUST)
def test_every_other_value_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    must = framework.MUST[name]
    other: Any = (
        (not must) if isinstance(must, bool) else ["https://evil.example"] if isinstance(must, list) else "full"
    )
    running(monkeypatch, **{name: other})
    with pytest.raises(SettingsError, match=name):
        framework.check()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("server.allowedHosts", hosts) for hosts in ([], ["*"], ["127.0.0.1", "*.example.com"])),
        *(("server.address", address) for address in (None, "", "0.0.0.0", "::", "192.168.1.7", "cards.example.com")),
    ],
)
def test_every_host_is_named_and_nothing_but_this_machine_listened_on(
    monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    running(monkeypatch, **{name: value})
    with pytest.raises(SettingsError, match=name):
        framework.check()


def test_an_environment_that_opens_something_ends_the_start(tmp_path: Path) -> None:
    port = str(free_port())
    told = run("serve", "--port", port, home=tmp_path / "home", code=1, STREAMLIT_CLIENT_SHOW_ERROR_DETAILS="full")
    assert "unset STREAMLIT_CLIENT_SHOW_ERROR_DETAILS" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_name_people_reach_it_by_is_a_known_host() -> None:
    assert allowed_hosts("https://cards.example.com:8443/x") == ["127.0.0.1", "localhost", "cards.example.com"]
    assert allowed_hosts("http://127.0.0.1:8501") == ["127.0.0.1", "localhost"]
