"""The inbox: a nightly ledger needs no person and no stopped server."""

import threading
from pathlib import Path

import pytest

from data.database import Query
from data.home import Home
from data.words import spoken
from jobs import import_inbox

CARD = "89860012345678901234"


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_inbox, "SETTLES_S", 0.01)


def drop(home: Home, name: str, text: str) -> Path:
    path = home.inbox / name
    path.write_text(text, encoding="utf-8")
    return path


def tick(home: Home) -> str | None:
    said = import_inbox.run(home, threading.Event())
    return said and spoken(said)


def names(folder: Path) -> list[str]:
    return sorted(path.name.split(" ", 1)[1] for path in folder.iterdir())


def count(home: Home, table: str) -> int:
    return int(home.db.read().value(Query("asked", "By a test.", f"SELECT count(*) FROM {table}")))


def test_a_ledger_is_imported_and_put_away_with_its_report(home: Home) -> None:
    drop(home, "ledger.csv", f"iccid,plan\n{CARD},30M\n")
    assert tick(home) == "1 files imported from the inbox, 0 refused"
    assert names(home.inbox / "done") == ["ledger.csv", "ledger.csv.report.txt"]
    assert count(home, "sim") == 1
    assert tick(home) is None


def test_refused_rows_lie_beside_the_file(home: Home) -> None:
    drop(home, "ledger.csv", f"iccid,plan\n{CARD},30M\n8.98600E+19,=1+1\n")
    tick(home)
    done = home.inbox / "done"
    assert names(done) == ["ledger.csv", "ledger.csv.refused.csv", "ledger.csv.report.txt"]
    refused = next(done.glob("*.refused.csv")).read_text(encoding="utf-8-sig").splitlines()
    assert len(refused) == 2
    assert refused[1].startswith("ledger.csv,,3,iccid,8.98600E+19,")


def test_the_longest_name_a_disk_takes_is_put_away_and_keeps_no_file_waiting(home: Home) -> None:
    long = "长" * 83 + ".csv"
    drop(home, long, f"iccid,plan\n{CARD},30M\n8.98600E+19,x\n")
    drop(home, "龙.csv", "iccid,plan\n89860012345678901235,30M\n")
    assert tick(home) == "2 files imported from the inbox, 0 refused"
    put_away = names(home.inbox / "done")
    assert [name for name in put_away if name.startswith("长长") and name.endswith(".csv.report.txt")]
    assert "龙.csv" in put_away
    report = next((home.inbox / "done").glob("*长~*.report.txt"))
    assert report.read_text(encoding="utf-8").startswith(long)


def test_a_file_nobody_understands_goes_to_refused(home: Home) -> None:
    drop(home, "odd.csv", "alpha,beta\nx,y\n")
    assert tick(home) == "0 files imported from the inbox, 1 refused"
    assert names(home.inbox / "refused") == ["odd.csv", "odd.csv.report.txt"]


def test_a_file_still_being_written_is_left_for_the_next_tick(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop(home, "ledger.csv", f"iccid,plan\n{CARD},30M\n")
    stop = threading.Event()

    def grow(_seconds: float) -> bool:
        path.write_text(path.read_text(encoding="utf-8") + "8986001234567890", encoding="utf-8")
        return False

    with monkeypatch.context() as patched:
        patched.setattr(stop, "wait", grow)
        assert import_inbox.run(home, stop) is None
    assert path.exists()
    assert count(home, "sim") == 0


def test_a_crash_before_the_file_is_moved_imports_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(home, "ledger.csv", f"iccid,plan\n{CARD},30M\n")

    def crash(*_args: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(import_inbox, "_put_away", crash)
        with pytest.raises(RuntimeError):
            tick(home)
    assert tick(home) == "1 files imported from the inbox, 0 refused"
    assert (count(home, "sim"), count(home, "upload")) == (1, 1)
    assert names(home.inbox / "done") == ["ledger.csv", "ledger.csv.report.txt"]


def test_a_file_that_breaks_its_reader_does_not_keep_the_next_one_waiting(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(home, "a.csv", f"iccid,plan\n{CARD},30M\n")
    drop(home, "b.csv", f"iccid,plan\n{CARD},30M\n")

    def breaks(*_args: object, **_more: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr(import_inbox, "take", breaks)
        with pytest.raises(RuntimeError):
            tick(home)
    assert tick(home) == "1 files imported from the inbox, 0 refused"
    assert names(home.inbox / "refused") == ["a.csv", "a.csv.report.txt"]
