"""`flowcard import`: exit codes, JSON for programs, tables for people."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from data.database import Query
from data.home import open_home
from jobs.commands import imports, users

CARD = "89860012345678901234"
GOOD = f"iccid,plan,expires_on\n{CARD},30M,2027-02-28\n"
MIXED = GOOD + "8.98600E+19,30M,2027-02-28\n"
Flowcard = Callable[..., Result]


@pytest.fixture
def flowcard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flowcard:
    """`flowcard("import", "cards", …)` on a home that does not exist yet, in English."""
    monkeypatch.setenv("FLOWCARD_LANGUAGE", "en")
    app = typer.Typer()
    imports.register(app)
    users.register(app)

    def run(*words: str | Path) -> Result:
        return CliRunner().invoke(app, [*map(str, words), "--home", str(tmp_path / "home")])

    return run


def file(tmp_path: Path, text: str, name: str = "cards.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def told(result: Result) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def asked(tmp_path: Path, text: str) -> Any:
    home = open_home(tmp_path / "home")
    try:
        return home.db.read().value(Query("asked", "By a test.", text))
    finally:
        home.close()


def test_a_good_file_goes_in_and_a_home_is_made(flowcard: Flowcard, tmp_path: Path) -> None:
    result = flowcard("import", "cards", file(tmp_path, GOOD), "--json")
    assert result.exit_code == 0, result.output
    summary = told(result)
    assert (summary["new"], summary["changed"], summary["refused"]) == (1, 0, 0)
    assert {line["kind"]: line["count"] for line in summary["join_report"]}["cards_without_terminal"] == 1
    assert asked(tmp_path, "SELECT iccid FROM sim") == CARD
    assert asked(tmp_path, "SELECT person FROM audit WHERE event = 'upload:imported'") == "command line"


def test_one_refused_row_keeps_the_file_out_and_says_where_and_why(flowcard: Flowcard, tmp_path: Path) -> None:
    result = flowcard("import", "cards", file(tmp_path, MIXED), "--json")
    assert result.exit_code == 2
    summary = told(result)
    assert (summary["new"], summary["refused"], summary["files"][0]["state"]) == (0, 1, "refused")
    row = summary["files"][0]["refusals"][0]
    assert {name: row[name] for name in ("file", "sheet", "line", "column", "value")} == {
        "file": "cards.csv",
        "sheet": "",
        "line": 3,
        "column": "iccid",
        "value": "8.98600E+19",
    }
    assert row["reason"]
    assert asked(tmp_path, "SELECT count(*) FROM sim") == 0


def test_accept_good_takes_the_others(flowcard: Flowcard, tmp_path: Path) -> None:
    result = flowcard("import", "auto", file(tmp_path, MIXED), "--accept-good", "--json")
    assert result.exit_code == 2
    assert (told(result)["new"], told(result)["refused"]) == (1, 1)
    assert asked(tmp_path, "SELECT count(*) FROM sim") == 1


def test_the_same_file_twice_changes_nothing_and_says_so(flowcard: Flowcard, tmp_path: Path) -> None:
    path = file(tmp_path, GOOD)
    flowcard("import", "cards", path)
    result = flowcard("import", "cards", path)
    assert result.exit_code == 0
    assert "nothing changed" in result.stdout


def test_a_dry_run_changes_nothing(flowcard: Flowcard, tmp_path: Path) -> None:
    result = flowcard("import", "cards", file(tmp_path, MIXED), "--dry-run", "--json")
    assert result.exit_code == 2
    assert told(result)["files"][0]["state"] == "rehearsed"
    assert asked(tmp_path, "SELECT count(*) FROM sim") == 0


def test_a_layout_nobody_saved_is_named(flowcard: Flowcard, tmp_path: Path) -> None:
    result = flowcard("import", "cards", file(tmp_path, GOOD), "--layout", "nightly")
    assert result.exit_code == 2
    assert "nightly" in result.stdout


def test_several_files_are_one_transaction_each(flowcard: Flowcard, tmp_path: Path) -> None:
    bad, good = file(tmp_path, MIXED, "bad.csv"), file(tmp_path, GOOD, "good.csv")
    result = flowcard("import", "cards", bad, good, "--json")
    assert result.exit_code == 2
    assert [each["state"] for each in told(result)["files"]] == ["refused", "imported"]


def test_a_person_reads_counts_refused_rows_and_what_does_not_join(flowcard: Flowcard, tmp_path: Path) -> None:
    result = flowcard("import", "cards", file(tmp_path, MIXED), "--accept-good")
    assert "1 new, 0 changed" in result.stdout
    assert "8.98600E+19" in result.stdout
    assert "Cards without a terminal" in result.stdout


@pytest.mark.parametrize(
    ("language", "said"), [("en", "wang can sign in as viewer"), ("zh_CN", "wang 已可登录，角色：只读")]
)
def test_a_new_person_is_told_in_the_language_of_the_home(
    flowcard: Flowcard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    monkeypatch.setenv("FLOWCARD_LANGUAGE", language)
    password = file(tmp_path, "three quiet terminals\n", "password")
    assert said in flowcard("users", "add", "wang", "--role", "viewer", "--password-file", password).stdout
    refused = flowcard("users", "add", "li", "--role", "boss", "--password-file", password)
    assert refused.exit_code == 64
    assert "viewer, desk, field, operator, approver, finance, administrator" in refused.stderr


def test_whoever_is_named_must_be_allowed(flowcard: Flowcard, tmp_path: Path) -> None:
    password = file(tmp_path, "three quiet terminals\n", "password")
    flowcard("users", "add", "wang", "--role", "viewer", "--password-file", password)
    result = flowcard("import", "cards", file(tmp_path, GOOD), "--as", "wang")
    assert result.exit_code == 2
    assert asked(tmp_path, "SELECT count(*) FROM sim") == 0
