"""The rehearsal: a sandbox from a copy of a real home, which is not touched; faults show, the day is another one."""

import hashlib
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data.audit import store as audit
from data.database import Query
from data.home import Home, HomeHeld, HomeMissing, exists, open_home
from data.people import passwords
from data.people import store as people
from data.people.rules import Actor, Role
from data.renewals import store as renewals
from data.sims import store as sims
from data.sims.filter import SimFilter
from jobs import run_renewals, settle_unknowns
from jobs.command_line import app
from jobs.rehearsal import RehearsalError, make_rehearsal
from tests.fleet import run, stock

CARDS = 500
TODAY = date(2026, 12, 20)


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real home at rest with 500 cards, a person, a decision and a batch that waits; it has a write-ahead log."""
    path = tmp_path_factory.mktemp("real") / "home"
    home = open_home(path, create="real")
    stock(home, sims=CARDS)
    command_line = Actor(0, "command line", Role.SYSTEM, "command line")
    password = passwords.chosen("wang", "three quiet terminals")
    with home.db.write() as tx:
        person_id = people.add(tx, command_line, name="wang", role=Role.OPERATOR, password=password)
        wang = Actor(person_id, "wang", Role.OPERATOR, "command line")
        sims.decide(tx, wang, sim_ids=[1], decision="decline", reason="closed")
        renewals.propose(tx, wang, sim_ids=[2, 3], form_key="real")
        run(tx, "INSERT INTO usage_month VALUES (4, DATE '2026-11-01', 5, NULL, 'file')")
    (path / "carriers.toml").write_text('token = "the real one"\n', encoding="utf-8")
    told = 'due_days = 45\nbatch_max_yuan = 100000\nmail_host = "localhost"\nbounce_host = "localhost"\n'
    (path / "flowcard.toml").write_text(told, encoding="utf-8")
    home.close()
    return path


@pytest.fixture
def sandbox(real: Path, tmp_path: Path) -> Iterator[Home]:
    folder = tmp_path / "sandbox"
    before = bytes_of(real)
    make_rehearsal(real, folder, faults=0.5, today=TODAY)
    assert bytes_of(real) == before
    home = open_home(folder)
    yield home
    home.close()


def value(home: Home, sql: str) -> object:
    return home.db.read().value(Query("test", "", sql))


def test_cards_and_usage_come_along_and_people_money_and_credentials_do_not(sandbox: Home) -> None:
    assert value(sandbox, "SELECT count(*) FROM sim") == CARDS
    assert value(sandbox, "SELECT count(*) FROM sim_now WHERE merchant IS NOT NULL AND price_fen = 1805") == CARDS
    assert value(sandbox, "SELECT used_bytes FROM usage_month") == 5
    for table in ("batch", "batch_line", "obligation", "event", "state", "reservation", "session", "voucher", "upload"):
        assert value(sandbox, f"SELECT count(*) FROM {table}") == 0, table
    names = {person.name for person in people.everyone(sandbox.db.read())}
    assert names == {"viewer", "desk", "field", "operator", "approver", "deputy", "finance", "administrator"}
    card = sims.one(sandbox.db.read(), 1)
    # The decision came along; who took it is nobody here, although numbers of people are given anew.
    assert (card.decision, card.decision_reason, card.decider) == ("decline", "closed", None)
    kept = [path for path in sandbox.path.rglob("*") if path.is_file()]
    assert not any(b"the real one" in path.read_bytes() for path in kept)
    assert not any(b"wang" in path.read_bytes() for path in kept)
    assert not any(path.name.endswith(".parquet") or "source" in path.parts for path in kept)


def test_every_account_is_on_practice_with_its_share_of_faults(sandbox: Home) -> None:
    assert sandbox.kind == "demo"
    assert sandbox.rehearsal
    assert value(sandbox, "SELECT list(DISTINCT connector) FROM account") == ["practice"]
    text = sandbox.carriers_file.read_text(encoding="utf-8")
    assert 'payee = "李记通信"' in text
    assert [text.count(f"{fault}_share = ") for fault in ("refused", "lost", "accepted", "later")] == [2] * 4
    assert "refused_share = 0.2\n" in text
    assert "lost_share = 0.1\n" in text


def test_the_day_and_the_settings_are_those_of_the_rehearsal(sandbox: Home) -> None:
    assert sandbox.clock.today() == TODAY
    assert (sandbox.settings.due_days, sandbox.settings.batch_max_yuan) == (45, 100_000)
    assert value(sandbox, "SELECT count(*) FROM sim_now WHERE due AND expires_on = DATE '2026-12-28'") > 0
    assert audit.first_broken(sandbox.db.read(), (sandbox.path / "keys" / "audit").read_bytes()) is None


def test_a_rehearsal_mails_nobody_and_reads_nobody_s_mail(sandbox: Home) -> None:
    assert (sandbox.settings.mail_host, sandbox.settings.bounce_host) == ("", "")


def test_new_records_get_numbers_of_their_own(sandbox: Home) -> None:
    assert value(sandbox, "SELECT nextval('sim_ids')") == CARDS + 1


def test_a_renewal_is_rehearsed_and_the_real_home_keeps_every_byte(real: Path, sandbox: Home) -> None:
    before = bytes_of(real)
    by = {person.name: person.actor("command line") for person in people.everyone(sandbox.db.read())}
    with sandbox.db.write() as tx:
        made = renewals.propose(tx, by["operator"], sim_ids=range(2, CARDS + 1), form_key="rehearsal")
        status = renewals.status(tx, made.batch)
        renewals.approve(
            tx, by["approver"], batch=made.batch, content_hash=status.content_hash, settings=sandbox.settings
        )
    assert made.items == CARDS - 1
    for _round in range(6):
        run_renewals.run(sandbox, threading.Event())
        settle_unknowns.run(sandbox, threading.Event())
    status = renewals.status(sandbox.db.read(), made.batch)
    # Of a hundred orders twenty are refused and ten lose their answer: the faults show.
    assert status.failed > CARDS * 0.05
    assert status.succeeded + status.unknown + status.pending > 0
    assert status.succeeded + status.failed + status.unknown + status.pending + status.needs_review == made.items
    assert (sandbox.practice / "ledger.jsonl").stat().st_size > 0
    assert any(sandbox.journal.iterdir())
    assert bytes_of(real) == before


def test_a_home_that_somebody_has_open_is_named_with_its_process_and_the_way_out(real: Path, tmp_path: Path) -> None:
    with closing(open_home(real, note="flowcard serve")), pytest.raises(HomeHeld) as held:
        make_rehearsal(real, tmp_path / "sandbox", faults=0)
    assert f"process {os.getpid()} (flowcard serve)" in str(held.value)
    assert "--home COPY" in str(held.value)
    assert not (tmp_path / "sandbox").exists()


def test_a_copy_of_a_home_serves_as_well_and_is_not_changed(real: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copyfile(real / "flowcard.duckdb", copy / "flowcard.duckdb")
    before = bytes_of(copy)
    make_rehearsal(copy, tmp_path / "sandbox", faults=0)
    assert bytes_of(copy) == before
    with closing(open_home(tmp_path / "sandbox")) as home:
        assert sims.totals(home.db.read(), SimFilter(), today=home.clock.today()).sims == CARDS


def test_what_was_not_folded_in_yet_comes_along(tmp_path: Path) -> None:
    source = tmp_path / "killed"
    home = open_home(tmp_path / "home", create="real")
    stock(home, sims=3)
    # As a kill leaves it: the newest writes stand in the log beside the file.
    source.mkdir()
    for name in ("flowcard.duckdb", "flowcard.duckdb.wal"):
        shutil.copyfile(home.path / name, source / name)
    home.close()
    make_rehearsal(source, tmp_path / "sandbox", faults=0)
    with closing(open_home(tmp_path / "sandbox")) as made:
        assert value(made, "SELECT count(*) FROM sim") == 3


def test_a_rehearsal_is_made_once_and_elsewhere_and_of_a_home(real: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(RehearsalError, match="exists"):
        make_rehearsal(real, tmp_path / "there", faults=0)
    with pytest.raises(RehearsalError, match="outside"):
        make_rehearsal(real, real / "inside", faults=0)
    with pytest.raises(HomeMissing):
        make_rehearsal(tmp_path / "nothing", tmp_path / "sandbox", faults=0)
    assert not exists(tmp_path / "sandbox")


def test_a_sandbox_that_cannot_be_finished_is_removed(real: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "flowcard.duckdb").write_bytes(b"no database")
    with pytest.raises(RehearsalError):
        make_rehearsal(broken, tmp_path / "sandbox", faults=0)
    assert not (tmp_path / "sandbox").exists()


def test_the_command_prints_address_sign_ins_and_folder(real: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("FLOWCARD_LANGUAGE", "en")
    folder = tmp_path / "sandbox"
    call = ["rehearse", "--home", str(real), "--folder", str(folder), "--faults", "0.3", "--only-make"]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    assert all(word in done.output for word in ("http://localhost:8502", "operator", "approver"))
    assert (folder / "rehearsal.json").exists()
    again = CliRunner().invoke(app, call)
    assert again.exit_code == 1


def test_a_port_that_is_taken_is_said_before_anything_is_copied(real: Path, tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(
            app, ["rehearse", "--home", str(real), "--folder", str(tmp_path / "s"), "--port", port]
        )
    assert done.exit_code == 1
    assert not (tmp_path / "s").exists()
