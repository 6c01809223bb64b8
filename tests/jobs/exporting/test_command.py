import csv
import json
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from data.home import Home, open_home
from data.people.rules import Actor
from jobs.commands import exports
from tests.fleet import iccid, stock

app = typer.Typer()
exports.register(app)


@app.callback()
def _several() -> None:
    """A second command keeps typer from dropping the name of the first."""


@pytest.fixture
def fleet(home: Home, people: dict[str, Actor]) -> Path:
    stock(home)
    home.db.close()
    home._lock.close()
    return home.path


def flowcard(*words: str | Path, home: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["export", *map(str, words), "--home", str(home)])
    return done.exit_code, done.output


def test_a_file_is_written_where_it_was_asked_for(fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "sims.csv"
    out.write_text("an older one")
    code, said = flowcard(
        "sims", "--out", out, "--lang", "en", "--from", "2026-12-05", "--to", "2026-12-06", "--json", home=fleet
    )
    assert code == 0, said
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert {row["expires_on"] for row in rows} == {"2026-12-05", "2026-12-06"}
    assert json.loads(said)["rows"] == len(rows) == 4
    assert sorted(one.name for one in tmp_path.iterdir()) == ["home", "sims.csv"]


def test_the_ending_says_the_format_and_a_split_is_a_zip(fleet: Path, tmp_path: Path) -> None:
    assert flowcard("terminals", "--out", tmp_path / "t.parquet", home=fleet)[0] == 0
    assert pq.read_table(tmp_path / "t.parquet").num_rows == 40
    assert flowcard("sims", "--out", tmp_path / "s.xlsx", "--split", "branch", "--as", "viewer", home=fleet)[0] == 0
    assert sorted(zipfile.ZipFile(tmp_path / "s.zip").namelist()) == ["上海.xlsx", "无分公司.xlsx"]


def test_an_agent_is_found_by_number_or_name(fleet: Path, tmp_path: Path) -> None:
    for agent in ("A1", "华东服务商"):
        assert flowcard("sims", "--out", tmp_path / "a.csv", "--agent", agent, "--lang", "en", home=fleet)[0] == 0
        rows = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()))
        assert {row["agent_name"] for row in rows} == {"华东服务商"}
        assert iccid(1) in {row["iccid"] for row in rows}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sims", "--out", "x.txt"], "ending"),
        (["sims", "--out", "x.zip"], "--split"),
        (["sims", "--out", "no/such/x.csv"], "no folder"),
        (["sims", "--out", "x.csv", "--agent", "nobody"], "no agent"),
        (["sims", "--out", "x.csv", "--quick", "soon"], "quick filter"),
        (["findings", "--out", "x.csv", "--carrier", "mobile"], "no filter"),
    ],
)
def test_a_mistake_is_said_in_one_sentence(
    fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, told = flowcard(*words, home=fleet)
    assert (code, said in told.replace("\n", " ")) == (64, True), told


def test_an_unknown_person_exports_nothing(fleet: Path, tmp_path: Path) -> None:
    assert flowcard("sims", "--out", tmp_path / "x.csv", "--as", "nobody", home=fleet)[0] == 2
    assert not (tmp_path / "x.csv").exists()


def test_a_held_home_is_named(fleet: Path, tmp_path: Path) -> None:
    held = open_home(fleet, note="flowcard serve")
    try:
        code, said = flowcard("sims", "--out", tmp_path / "x.csv", home=fleet)
    finally:
        held.close()
    assert (code, "flowcard serve" in said) == (3, True)
