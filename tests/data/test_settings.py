"""Settings: flags win over the environment, that over flowcard.toml; a mistake stops the start by name and value."""

from pathlib import Path

import pytest

from data.settings import SettingsError, load_settings


def test_defaults_hold_without_any_file(tmp_path: Path) -> None:
    assert load_settings(tmp_path).due_days == 30


def test_the_environment_wins_over_the_file_and_a_flag_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flowcard.toml").write_text("due_days = 40\nthreads = 3\n", encoding="utf-8")
    monkeypatch.setenv("FLOWCARD_DUE_DAYS", "50")
    settings = load_settings(tmp_path)
    assert (settings.due_days, settings.threads) == (50, 3)
    assert load_settings(tmp_path, due_days=60).due_days == 60


def test_an_unknown_name_in_the_environment_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWCARD_DUE_DAY", "50")
    with pytest.raises(SettingsError, match="FLOWCARD_DUE_DAY is not a setting; unset it"):
        load_settings(tmp_path)


def test_an_unknown_name_in_the_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "flowcard.toml").write_text("colour = 'red'\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="'colour' in .*flowcard.toml is not a setting; remove it"):
        load_settings(tmp_path)


@pytest.mark.parametrize(("value", "part"), [("abc", "valid integer"), ("0", "greater than or equal to 1")])
def test_a_bad_value_is_named_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, part: str
) -> None:
    monkeypatch.setenv("FLOWCARD_DUE_DAYS", value)
    with pytest.raises(SettingsError, match=rf"FLOWCARD_DUE_DAYS is '{value}': .*{part}.*correct it"):
        load_settings(tmp_path)


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "flowcard.toml").write_text("due_days = = 3", encoding="utf-8")
    with pytest.raises(SettingsError, match="flowcard.toml is not TOML"):
        load_settings(tmp_path)


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "flowcard.toml").write_bytes('language = "en"'.encode("utf-16"))
    with pytest.raises(SettingsError, match="flowcard.toml is not TOML"):
        load_settings(tmp_path)
