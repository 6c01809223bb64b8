"""`flowcard users …`: list, disable, enable and reset from the command line, which owns the home."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data.database import Query
from data.home import open_home
from data.people import keeping, passwords
from data.people import store as people_store
from jobs.command_line import app
from tests.conftest import PASSWORD, add_people


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`users("disable", "viewer")` on a home with one person per role."""
    monkeypatch.setenv("FLOWCARD_LANGUAGE", "en")
    path = tmp_path / "home"
    home = open_home(path, create="real")
    add_people(home)
    home.close()

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["users", *words, "--home", str(path)])

    return run


def test_everybody_is_listed_with_what_they_are_and_no_password(users) -> None:
    listed = users("list")
    assert listed.exit_code == 0
    assert "viewer: viewer, can sign in" in listed.stdout
    assert PASSWORD not in listed.stdout and "argon2" not in listed.stdout


def test_who_is_disabled_is_out_until_enabled_again(users) -> None:
    assert users("disable", "viewer").exit_code == 0
    assert "disabled" in next(line for line in users("list").stdout.splitlines() if line.startswith("viewer:"))
    assert users("enable", "viewer").exit_code == 0
    assert "disabled" not in users("list").stdout


def test_a_reset_prints_a_link_that_works_once(users, tmp_path: Path) -> None:
    printed = users("reset", "approver").stdout
    token = re.search(r"/reset\?token=(\S+)", printed)
    assert token
    home = open_home(tmp_path / "home")
    assert passwords.fits(home.db.read(), "approver", PASSWORD) is None
    new = passwords.chosen("approver", "an evening at the harbour")
    with home.db.write() as tx:
        assert keeping.choose_password(tx, token[1], new=new)
        assert keeping.choose_password(tx, token[1], new=new) is None
    said = home.db.read().rows(
        Query("t", "", "SELECT source, object FROM audit WHERE event = 'person:password_link_made'")
    )
    assert said == [{"source": "command line", "object": "person approver"}]
    home.close()


@pytest.mark.parametrize("verb", ["disable", "enable", "reset"])
def test_nobody_of_that_name_is_refused_in_a_sentence(users, verb: str) -> None:
    result = users(verb, "nobody")
    assert result.exit_code == 2 and "no one named nobody" in result.stderr


def test_the_last_administrator_stays(users, tmp_path: Path) -> None:
    result = users("disable", "administrator")
    assert result.exit_code == 2 and "last administrator" in result.stderr
    home = open_home(tmp_path / "home")
    assert people_store.by_name(home.db.read(), "administrator")
    home.close()


def test_a_common_password_is_refused(users, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("password12345\n", encoding="utf-8")
    result = users("add", "somebody", "--role", "viewer", "--password-file", str(file))
    assert result.exit_code == 2 and "guessed first" in result.stderr
