"""Homes: made once, demo or real for life, held by one process."""

import os
from pathlib import Path

import pytest

from data.home import HomeError, HomeHeld, HomeMismatch, HomeMissing, home_path, open_home, take_lock


def test_a_missing_home_is_not_made_by_the_way(tmp_path: Path) -> None:
    with pytest.raises(HomeMissing, match="flowcard serve"):
        open_home(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_place_that_cannot_be_a_home_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, not a folder")
    with pytest.raises(HomeError, match="choose a folder you may write to"):
        open_home(tmp_path / "file", create="real")
    with pytest.raises(HomeError, match="choose a folder you may write to"):
        take_lock(tmp_path / "file" / "below")


def test_a_damaged_database_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    open_home(tmp_path / "home", create="real").close()
    database = tmp_path / "home" / "flowcard.duckdb"
    database.write_bytes(b"not a database" * 1000)
    with pytest.raises(HomeError, match=r"flowcard\.duckdb cannot be opened: .+; put back a whole copy of it"):
        open_home(tmp_path / "home", create="real")
    assert database.read_bytes() == b"not a database" * 1000
    take_lock(tmp_path / "home").close()


def test_a_home_stays_what_it_was_made_as(tmp_path: Path) -> None:
    open_home(tmp_path / "home", create="demo").close()
    again = open_home(tmp_path / "home", create="real")
    assert again.kind == "demo"
    again.close()


def test_a_held_home_names_its_holder(tmp_path: Path) -> None:
    with (
        take_lock(tmp_path, note="flowcard serve"),
        pytest.raises(HomeHeld, match=rf"process {os.getpid()} \(flowcard serve\)"),
    ):
        take_lock(tmp_path)


def test_the_lock_is_free_after_close(tmp_path: Path) -> None:
    open_home(tmp_path / "home", create="real").close()
    open_home(tmp_path / "home").close()


def test_a_failed_start_gives_the_lock_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_home(tmp_path / "home", create="real").close()
    monkeypatch.setenv("FLOWCARD_TODAY", "2026-12-01")
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    with pytest.raises(HomeMismatch, match="FLOWCARD_TODAY is 2026-12-01"):
        open_home(tmp_path / "home")
    monkeypatch.delenv("FLOWCARD_TODAY")
    open_home(tmp_path / "home").close()


def test_a_demo_home_may_believe_in_another_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWCARD_TODAY", "2026-12-01")
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    home = open_home(tmp_path / "home", create="demo")
    assert home.clock.today().isoformat() == "2026-12-01"
    home.close()


def test_the_flag_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWCARD_HOME", str(tmp_path / "a"))
    assert home_path(tmp_path / "b") == tmp_path / "b"
    assert home_path() == tmp_path / "a"
    monkeypatch.delenv("FLOWCARD_HOME")
    assert home_path() == Path.cwd() / "var"


def test_the_audit_key_is_for_the_owner_only(tmp_path: Path) -> None:
    open_home(tmp_path / "home", create="real").close()
    assert (tmp_path / "home/keys/audit").stat().st_mode & 0o777 == 0o600
