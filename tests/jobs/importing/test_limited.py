"""A file is opened in a child held to its limits; each limit has its sentence, and nothing of it reaches this process."""

import io
import zipfile

import pytest

from data import words
from jobs.importing import child, limited, reading
from jobs.importing.limited import Limits, answers
from jobs.importing.refusing import FileRefused

PLENTY = Limits(memory_mb=512, seconds=20, answer_mb=64)


@pytest.fixture
def ask(tmp_path):
    def asked(content, limits=PLENTY):
        path = tmp_path / "file"
        path.write_bytes(content)
        return list(answers("tables", path, "五月.csv", limits=limits, max_rows=10_000_000))

    return asked


@pytest.fixture
def instead(tmp_path, monkeypatch):
    """A child of our own making."""

    def put(code):
        script = tmp_path / "child.py"
        script.write_text(f"import os, sys, time, signal\nsys.stdin.read()\n{code}\n")
        monkeypatch.setattr(child, "__file__", str(script))

    return put


def both_languages(refused):
    english = str(refused.value)
    with words.speaking("zh_CN"):
        assert str(refused.value) != english
    return english


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(memory_mb=100, seconds=20, answer_mb=64), "needs more than 100 MB of memory"),
        (Limits(memory_mb=2000, seconds=1, answer_mb=900), "takes more than 1 seconds"),
        (Limits(memory_mb=2000, seconds=20, answer_mb=1), "more than 1 MB of text"),
    ],
)
def test_memory_time_and_answer_have_each_a_limit_and_a_sentence(ask, limits, sentence):
    with pytest.raises(FileRefused, match=sentence) as refused:
        ask(b"ICCID,n\n" + b"x,1\n" * 6_000_000, limits)
    assert "五月.csv" in both_languages(refused)


def test_a_child_that_sleeps_is_ended_by_the_clock(ask, instead, monkeypatch):
    monkeypatch.setattr(limited, "_CLOCK_PER_CPU", 0.02)
    instead("time.sleep(60)")
    with pytest.raises(FileRefused, match="takes more than 20 seconds"):
        ask(b"a,b\n")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "breaks the program"),
        ("os.kill(os.getpid(), signal.SIGABRT)", "needs more than 512 MB"),
        ("sys.exit(1)", "breaks the program"),
        ("print('[[1],[[2]]]')", "breaks the program"),
        ("print('x' * 100)", None),
    ],
)
def test_a_child_that_dies_or_stops_in_the_middle_refuses_the_file(ask, instead, code, sentence):
    instead(code)
    with pytest.raises(FileRefused if sentence else ValueError, match=sentence):
        ask(b"a,b\n")


def test_a_parser_that_breaks_says_where_in_the_log_and_not_what(ask, instead, caplog):
    instead('print(\'{"failed":"broken","where":"IndexError delimited.py:7"}\')')
    with pytest.raises(FileRefused, match="breaks the program"):
        ask(b"a,b\n")
    assert "IndexError delimited.py:7" in caplog.text


def test_the_child_knows_no_setting_and_no_secret(ask, instead, monkeypatch):
    monkeypatch.setenv("FLOWCARD_MAIL_PASSWORD", "canary")
    instead('import json; print(json.dumps({"seen": sorted(os.environ)})); print(\'{"end":true}\')')
    seen = ask(b"a,b\n")[0]["seen"]
    assert set(seen) <= {"PATH", "PYTHONUTF8", "LC_CTYPE"}


def test_cells_have_a_limit(importing, monkeypatch):
    monkeypatch.setattr(reading, "_MOST_CELLS", 10)
    assert importing.read("a,b\n" * 5).sheets[0].rows
    with pytest.raises(FileRefused, match="more than 10 cells"):
        importing.read("a,b\n" * 6)


def zipped(*names, content=b"x", times=1):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content * times)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zipped("xl/workbook.xml", *(f"{n:0200d}" for n in range(9_000)), content=b""), "far more parts"),
        (zipped("xl/workbook.xml", *map(str, range(6_000)), content=b""), "in 6,001 parts"),
        (zipped("xl/workbook.xml", "a", content=b"0" * 1024, times=30_000), "unpacks to 59 MB"),
        (zipped("xl/workbook.xml", "../../a"), "damaged"),
        (zipped("xl/workbook.xml", "..\\..\\a"), "damaged"),
        (zipped("xl/workbook.xml", "/etc/passwd"), "damaged"),
        (zipped("xl/workbook.xml")[:-10], "damaged"),
    ],
    ids=["a million parts", "6,000 parts", "ratio", "a way out", "a way out of Windows", "absolute", "cut"],
)
def test_bombs_are_refused_from_their_directory(ask, content, sentence):
    with pytest.raises(FileRefused, match=sentence):
        ask(content, Limits(memory_mb=384, seconds=10, answer_mb=64))


def test_an_entry_that_is_a_link_is_refused(ask):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
        link = zipfile.ZipInfo("xl/styles.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(FileRefused, match="damaged"):
        ask(out.getvalue())
