"""A disk that takes no more: nothing is sent, one sentence says so, and it goes on where it stood."""

import errno
import resource
import shutil
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from data.disk import DiskError, disk_error
from data.home import HomeError
from jobs import run_renewals
from tests.money.mortal import Mortal

FULL = "The disk is full: nothing more is written down, and nothing is sent"
READ_ONLY = "The disk is read-only: nothing more is written down, and nothing is sent"
STOPPED = "The database has stopped itself after a write that failed; all that was confirmed is safe"


@contextmanager
def no_file_larger_than(bytes_):
    """The system itself refuses: half a line may be written, then no more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def work(home):
    return run_renewals.run(home, threading.Event())


def goes_on(mortal, home):
    assert mortal.rest(home) == {"succeeded": 3}
    assert sorted(mortal.carrier.charges().values()) == [1, 1, 1]
    assert home.db.trouble is None
    mortal.sound(home)


@pytest.mark.parametrize("bytes_", [0, 300, 1500])
def test_a_journal_line_that_does_not_fit_on_the_disk_is_never_sent(mortal, bytes_):
    with mortal.open() as home:
        mortal.approve(home, 3)
        with no_file_larger_than(bytes_), pytest.raises(DiskError, match=FULL):
            work(home)
        assert not mortal.carrier.requests()
        assert mortal.states(home) == {"pending": 3}
        assert str(home.path) in str(home.db.trouble)
        goes_on(mortal, home)


def test_an_answer_that_does_not_fit_on_the_disk_leaves_its_order_unknown(mortal, monkeypatch):
    with mortal.open() as home:
        mortal.approve(home, 3)
        place, hard = mortal.carrier.requests, resource.getrlimit(resource.RLIMIT_FSIZE)
        sent = run_renewals.Pass.deliver

        def full_from_here(*args, **how):
            (segment,) = home.journal.glob("*.jsonl")
            resource.setrlimit(resource.RLIMIT_FSIZE, (segment.stat().st_size + 100, hard[1]))
            return sent(*args, **how)

        monkeypatch.setattr(run_renewals.Pass, "deliver", full_from_here)
        try:
            with pytest.raises(DiskError, match=FULL):
                work(home)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, hard)
        monkeypatch.undo()
        assert len(place()) == 3
        assert mortal.states(home) == {"submitted": 3}
        work(home)
        assert mortal.states(home) == {"unknown": 3}
        goes_on(mortal, home)


@pytest.fixture
def small_disk(tmp_path, mortal):
    """The home on a disk of its own, of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this system lets nobody mount a disk; the limit on a file's size stands in above")
    try:
        shutil.copytree(mortal.path, place / "home")
        yield Mortal(place / "home", mortal.carrier, key=mortal.key)
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(mortal) -> Path:
    """Leave no byte free."""
    path = mortal.path.parent / "fill"
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"x" * 4096)
    return path


def test_a_full_disk_sends_nothing_and_goes_on_when_there_is_space(small_disk):
    with small_disk.open() as home:
        small_disk.approve(home, 3)
        filled = fill(small_disk)
        for _ in range(2):
            with pytest.raises(DiskError, match=FULL):
                work(home)
        assert not small_disk.carrier.requests()
        assert small_disk.states(home) == {"pending": 3}
        filled.unlink()
        goes_on(small_disk, home)


def test_a_start_on_a_full_disk_says_so_and_loses_nothing(small_disk):
    small_disk.approved(3)
    filled = fill(small_disk)
    with pytest.raises(AssertionError, match=f"^{FULL}"):
        small_disk.lives("work")
    assert not small_disk.carrier.requests()
    filled.unlink()
    with small_disk.open() as home:
        goes_on(small_disk, home)


def test_a_database_that_stopped_itself_says_so_and_is_whole_after_a_restart(small_disk):
    with small_disk.open() as home:
        small_disk.approve(home, 3)
        filled = fill(small_disk)
        with pytest.raises(Exception, match="No space left"):
            home.db.checkpoint()
        with pytest.raises(DiskError, match=STOPPED), home.db.write():
            pass
        assert str(home.db.trouble).startswith(STOPPED)
        assert not small_disk.carrier.requests()
        filled.unlink()
    with small_disk.open() as home:
        goes_on(small_disk, home)


def test_a_disk_that_turns_read_only_sends_nothing_and_refuses_a_start_in_one_sentence(small_disk):
    place = small_disk.path.parent

    def remount(how):
        subprocess.run(["mount", "-o", f"remount,{how}", place], check=True)

    small_disk.approved(3)
    remount("ro")
    refused = pytest.raises(
        HomeError, match="cannot be a home: Read-only file system; choose a folder you may write to"
    )
    with refused, small_disk.open():
        pass
    remount("rw")
    with small_disk.open() as home:
        assert small_disk.states(home) == {"pending": 3}
        goes_on(small_disk, home)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.ENOSPC, FULL), (errno.EDQUOT, FULL), (errno.EROFS, READ_ONLY), (errno.ENOENT, None)],
)
def test_what_the_system_says_becomes_one_sentence_or_stays_what_it_is(tmp_path, number, sentence):
    found = disk_error(OSError(number, "told"), tmp_path)
    assert (found is None) if sentence is None else str(found).startswith(sentence)
