"""What is logged, by whomever, shows no secret and no line that somebody else wrote."""

import gc
import io
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from data import redacting
from data.secrets import Secret

CANARY = "canary-K9/3f+a7=="


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the loggers of three libraries write from here on."""
    before, hooks = logging.getLogRecordFactory(), (sys.excepthook, threading.excepthook)
    redacting.install()
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    loggers = [logging.getLogger(name) for name in ("flowcard.test", "uvicorn.error", "streamlit.test")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield written
    logging.setLogRecordFactory(before)
    sys.excepthook, threading.excepthook = hooks
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.mark.parametrize("name", ["flowcard.test", "uvicorn.error", "streamlit.test"])
def test_a_loaded_secret_stands_in_no_line(log: io.StringIO, name: str) -> None:
    secret = Secret(CANARY)
    logger = logging.getLogger(name)
    logger.warning("plain %s", CANARY)
    logger.warning("joined " + CANARY)  # noqa: G003
    logger.warning("by name %(it)s", {"it": CANARY})
    logger.warning("an address https://carrier.example/?x=%s", "canary-K9%2F3f%2Ba7%3D%3D")
    logger.warning("inside %r", [{"deep": (CANARY,)}])
    logger.warning("the type %s %r", secret, secret)
    logger.warning("does not fit %d", CANARY)
    try:
        raise ValueError(f"cannot use {CANARY}") from KeyError(CANARY)
    except ValueError:
        logger.exception("broke on %s", CANARY, stack_info=True)
    text = log.getvalue()
    assert text.count(redacting.MASK) >= 8
    assert "Traceback" in text and "ValueError: cannot use" in text
    for form in (CANARY, "canary", "K9%2F"):
        assert form not in text


def test_every_line_of_a_secret_is_one(log: io.StringIO) -> None:
    card = Secret("6217000011112222\n998877")
    logging.getLogger("flowcard.test").warning("number %s, then %s", "6217000011112222", "998877")
    assert "6217" not in log.getvalue() and "998877" not in log.getvalue()
    assert card.blind == ""


def test_equal_secrets_are_each_known_until_the_last_is_gone() -> None:
    first, second = Secret(CANARY), Secret(CANARY)
    assert first == second
    del first
    gc.collect()
    assert CANARY not in redacting.redacted(CANARY)
    del second
    gc.collect()
    assert redacting.redacted(CANARY) == CANARY


@pytest.mark.parametrize(
    "text",
    [
        "password=abcdef1 next",
        "new_password: 'abcdef1'",
        '{"app_key": "abcdef1", "n": 1}',
        "Authorization: Bearer abcdef1",
        "authorization=Basic abcdef1",
        "https://x.example/?appid=7&access_token=abcdef1&n=1",
        "GET /set-up?token=abcdef1",
        "Set-Cookie: flowcard_sid=abcdef1",
        "Cookie: __Host-sid=abcdef1",
        "pin=abcdef1",
        "sign: abcdef1",
        "X-Api-Key: abcdef1",
    ],
)
def test_what_stands_beside_the_name_of_a_secret_is_masked(text: str) -> None:
    assert "abcdef1" not in redacting.redacted(text)
    assert redacting.MASK in redacting.redacted(text)


@pytest.mark.parametrize("text", ["pinned: 3 cards", "shipping=5", "signed in: operator", "4 pins; keys 3", "ask: why"])
def test_words_that_only_look_like_names_of_secrets_stay(text: str) -> None:
    assert redacting.redacted(text) == text


def test_nobody_begins_a_line_of_the_log(log: io.StringIO) -> None:
    logging.getLogger("flowcard.test").warning(
        "sign-in refused: %s", "x\r\n2026-11-22 INFO flowcard approved\x1b[2J\u2028\u202e"
    )
    assert log.getvalue() == ("sign-in refused: x\\x0d\\x0a2026-11-22 INFO flowcard approved\\x1b[2J\\u2028\\u202e\n")


@pytest.mark.usefixtures("log")
def test_what_nobody_caught_shows_no_secret_either(capsys: pytest.CaptureFixture[str]) -> None:
    secret = Secret(CANARY)

    def fail() -> None:
        raise ValueError(f"cannot use {secret.reveal()}")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    told = capsys.readouterr().err
    assert told.count(f"ValueError: cannot use {redacting.MASK}") == 2
    assert CANARY not in told
