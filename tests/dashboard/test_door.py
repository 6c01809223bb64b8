"""The door: what it does to the process it opens in."""

import re
import socket

import pytest

from data import home as house
from data.database import TooSlow
from data.home import Home
from data.words import speaking


def test_what_a_listening_socket_accepts_sends_without_delay() -> None:
    from dashboard.app import answer_at_once

    with socket.socket(socket.AF_INET) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        answer_at_once()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_read_that_took_too_long_is_told_and_anything_else_is_a_number(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, language: str
) -> None:
    from dashboard import app

    told: list[str] = []
    monkeypatch.setattr(app.st, "error", lambda text, **_: told.append(text))
    house.install(home)
    with speaking(language):
        assert app.in_trouble(TooSlow(5.0))
        assert app.in_trouble(ValueError(f"SELECT secret FROM {home.path}"))
    assert "5" in told[0]
    number = re.search(r"\b[0-9a-f]{8}\b", told[1])
    assert number and number[0] in caplog.text
    assert str(home.path) not in told[1] and "SELECT" not in told[1] and "ValueError" not in told[1]
