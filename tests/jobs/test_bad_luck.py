"""Bad luck ends in one sentence that names the thing, the value and the way out, with status 1, or 3 where a home is held."""

import os
import subprocess
import threading

import pytest
from typer.testing import CliRunner

from data.disk import DiskError, disk_error
from data.renewals import journal
from data.renewals import store as renewals
from jobs import run_renewals
from jobs.command_line import app
from tests.serving import FLOWCARD, free_port

FULL = "The disk is full: nothing more is written down, and nothing is sent. Free some space where {path} lies"


@pytest.fixture
def worked(demo_home, people, practice_fleet):
    """A home with a batch of three bought and one of three that waits for the worker."""
    sims = practice_fleet(6)
    for number, cards in enumerate((sims[:3], sims[3:]), start=1):
        with demo_home.db.write() as tx:
            made = renewals.propose(tx, people["operator"], sim_ids=cards, form_key=f"f{number}")
        hashed = renewals.status(demo_home.db.read(), made.batch).content_hash
        with demo_home.db.write() as tx:
            renewals.approve(tx, people["approver"], batch=made.batch, content_hash=hashed, settings=demo_home.settings)
        if number == 1:
            run_renewals.run(demo_home, threading.Event())
    return demo_home


def serve(home):
    """`flowcard serve`, which must end by itself: status and what it said to standard error."""
    done = subprocess.run(
        [FLOWCARD, "serve", "--home", home.path, "--port", str(free_port())],
        env={**os.environ, "FLOWCARD_LANGUAGE": "en"},
        cwd=home.path.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def command(home, *words):
    done = CliRunner().invoke(app, [*words, "--home", str(home.path)], env={"FLOWCARD_LANGUAGE": "en"})
    return done.exit_code, done.output


def flip(path, place):
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


def test_a_changed_journal_line_ends_server_and_command_in_one_sentence(worked):
    worked.close()
    journal._opened.clear()
    (segment,) = worked.journal.glob("*.jsonl")
    flip(segment, 400)
    sentence = f"{segment} line 2 was changed; restore the file or ask for help"
    assert command(worked, "renew", "run", "2") == (1, sentence + "\n")
    status, said = serve(worked)
    assert status == 1
    assert said.splitlines()[-1] == sentence
    assert "Traceback" not in said


def test_a_damaged_database_ends_server_and_command_in_one_sentence(worked):
    worked.close()
    database = worked.path / "flowcard.duckdb"
    for header in (4096, 8192):
        flip(database, header + 20)
    for status, said in (command(worked, "check"), serve(worked)):
        assert status == 1
        assert f"{database} cannot be opened: " in said.splitlines()[-1]
        assert said.splitlines()[-1].endswith("put back a whole copy of it")
        assert "Traceback" not in said


def test_a_second_server_is_told_which_process_has_the_home(worked):
    status, said = serve(worked)
    assert status == 3
    assert said == f"{worked.path} is held by process {os.getpid()} (flowcard); stop it first, or use that one\n"


def test_a_person_says_that_an_older_copy_was_put_back(worked):
    worked.close()
    status, said = command(worked, "renew", "restored", "--as", "operator")
    assert (status, said) == (0, "3 orders are asked about again; every open batch waits for an approver\n")
    status, said = command(worked, "renew", "run", "2")
    assert status == 2
    assert "Batch 2 is paused" in said
    assert command(worked, "renew", "restored", "--as", "viewer")[0] == 2


def test_a_job_that_meets_a_full_disk_says_so_in_a_sentence_and_the_pages_do(worked, page, monkeypatch):
    def full(*_args, **_how):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(journal.Journal, "append", full)
        with pytest.raises(DiskError):
            run_renewals.run(worked, threading.Event())
    assert worked.db.trouble is not None
    for name in ("today", "jobs"):
        assert next(error.value for error in page(name).error).startswith(FULL.format(path=worked.path))
    run_renewals.run(worked, threading.Event())
    assert not page("today").error
    assert disk_error(OSError(2, "No such file"), worked.path) is None
