"""Words, numbers and money in the language of the moment."""

import json
import threading
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from data import words
from data.words import _, later, speaking, spoken


def test_a_sentence_comes_in_the_language_spoken() -> None:
    with speaking("zh_CN"):
        assert _("Expiry") == "到期预警"
    with speaking("en"):
        assert _("Expiry") == "Expiry"


def test_each_thread_speaks_its_own_language() -> None:
    heard: list[str] = []
    with speaking("zh_CN"):
        thread = threading.Thread(target=lambda: heard.append(_("Expiry")))
        thread.start()
        thread.join()
        assert (heard, _("Expiry")) == (["Expiry"], "到期预警")


def test_an_unknown_language_is_english() -> None:
    with speaking("en"):
        words.use("xx")
        assert words.language() == "en"


@given(st.integers(-(10**15), 10**15))
def test_yuan_keep_every_fen(fen: int) -> None:
    text = words.yuan(fen)
    assert int(text.replace("¥", "").replace(",", "").replace(".", "")) == fen


def test_dates_are_iso_in_every_language() -> None:
    assert words.day(date(2027, 2, 28)) == "2027-02-28"
    assert words.moment(datetime(2026, 11, 22, 2, 0, tzinfo=UTC)) == "2026-11-22 10:00"
    assert (words.day(None), words.moment(None), words.yuan(None), words.megabytes(None)) == ("", "", "", "")


def test_a_kept_sentence_is_spoken_in_the_language_of_whoever_reads_it() -> None:
    kept = later("{count} vouchers read", count=3)
    assert json.loads(kept) == {"msgid": "{count} vouchers read", "values": {"count": 3}}
    with speaking("zh_CN"):
        assert spoken(kept) == "识读 3 份凭证"
    with speaking("en"):
        assert spoken(kept) == "3 vouchers read"


def test_what_others_wrote_is_shown_as_it_stands() -> None:
    kept = words.later("Batch {batch}", batch=7)
    with words.speaking("zh_CN"):
        assert words.told(kept) == "批次 7"
        for text in (
            "余额不足 {batch}",
            "7",
            '{"msgid": "Batch {batch}"}',
            '{"msgid": "Batch {batch}", "values": {"n": 1}}',
            '{"msgid": "{batch.__class__}", "values": {"batch": 7}}',
            '{"msgid": [], "values": {}}',
        ):
            assert words.told(text) == text


def test_what_a_fleet_uses_is_said_in_the_unit_that_reads_best() -> None:
    assert words.gigabytes(92 * 1024**2) == "92 MB"
    assert words.gigabytes(42_502 * 1024**2) == "41.5 GB"
