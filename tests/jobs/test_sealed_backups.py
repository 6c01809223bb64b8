"""Backups that a thief cannot read: nothing in them is plain, the keys open them, and with the keys a new machine has all."""

import base64
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data.database import FILE_NAME
from data.home import Home, open_home
from data.keeping import keep_bytes
from data.people.rules import SYSTEM, Actor
from data.renewals import journal
from data.secrets import OUTSIDE
from data.vouchers import store as vouchers
from jobs import back_up
from jobs.backups import BackupError, known, making
from jobs.backups.sealing import KEY_NAME
from jobs.command_line import app
from jobs.commands import ERROR, OK, USAGE
from jobs.commands.secrets import rotated
from tests.filling import fill_every_table, rows, sql, tables
from tests.renewing import GO

PAPER = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
RESULTS = b"iccid,result\n8986041012345678901,renewed\n"
ACCOUNTS = '[[account]]\nname = "agent"\nconnector = "offline"\ncarrier = "unicom"\npayee = "Agent Wang"\n'
# Of every kind of file in a home, something a thief would look for.
TOLD = (b"8986041012345678901", b"Catalog", b"an order of ours", b"Agent Wang")


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWCARD_LANGUAGE", "en")


@pytest.fixture
def lived_in(home: Home, people: dict[str, Actor]) -> Home:
    """A home with a card, a voucher, a result sheet that proves a purchase, a line in the journal, and an account."""
    with home.db.write() as tx:
        tx.run(
            sql(
                "INSERT INTO sim (stem, iccid, observed_at) VALUES ('898604101234567890', '8986041012345678901', now())"
            )
        )
        paper = {"filename": "slip.pdf", "folder": home.vouchers, "max_mb": 1}
        vouchers.file_paper(tx, people["operator"], content=PAPER, **paper)
        tx.run(sql("DELETE FROM journal_mark"))
        journal.Journal(home.journal).append_in(tx, [{"kind": "an order of ours"}])
    assert fill_every_table(home) == set()
    digest, _size = keep_bytes(home.incoming, RESULTS)
    with home.db.write() as tx:
        tx.run(sql("UPDATE upload SET sha256 = $digest, kind = 'receipts'"), digest=digest)
    home.carriers_file.write_text(ACCOUNTS, encoding="utf-8")
    return home


def backed_up(home: Home) -> making.Backup:
    made = making.make(home, SYSTEM, GO)
    assert made
    return made


def flowcard(path: Path, *words: str, typed: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, [*words, "--home", str(path)], input=typed)
    return result.exit_code, result.output.replace("\n", " ")


def at_rest(home: Home) -> Path:
    home.close()
    journal._opened.clear()
    return home.path


def found_in(folder: Path) -> set[bytes]:
    """What of TOLD can be read in the files below a folder."""
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {told for told in TOLD if any(told in content for content in contents)}


def test_nothing_in_the_folder_of_backups_is_plain(lived_in: Home) -> None:
    backed_up(lived_in)
    lived_in.db.checkpoint()
    assert found_in(lived_in.path) == set(TOLD), "in the home itself all of it is there to be found"
    assert found_in(lived_in.path / "backups") == set()
    assert found_in(lived_in.exports) == set(), "nor is a plain copy left"


def test_with_the_keys_a_new_machine_has_all_of_it(lived_in: Home, tmp_path: Path) -> None:
    backed_up(lived_in)
    before = {table: rows(lived_in, table) for table in tables(lived_in)}
    old = at_rest(lived_in)
    carried = tmp_path / "a disk elsewhere"
    shutil.copytree(old / "backups", carried)
    new = tmp_path / "new machine"
    shutil.copytree(old / "keys", new / "keys")
    shutil.rmtree(old)
    code, said = flowcard(new, "restore", str(known(carried)[0]))
    assert (code, "missing and are back: 2" in said) == (OK, True), said
    home = open_home(new)
    after = {table: rows(home, table) for table in tables(home)}
    # The note of the backup itself is younger than the copy.
    assert {table for table in before if after[table] != before[table]} <= {"audit", "stop_switch", "session"}
    assert [path.read_bytes() for path in home.vouchers.iterdir()] == [PAPER]
    assert [path.read_bytes() for path in home.incoming.iterdir()] == [RESULTS]
    assert home.carriers_file.read_text(encoding="utf-8") == ACCOUNTS
    assert list(journal.entries(home.journal))[-1][2]["kind"] == "an order of ours"
    home.close()


@pytest.mark.parametrize("keys", ["none", "another home's"])
def test_without_the_keys_nothing_comes_back_and_nothing_is_touched(lived_in: Home, tmp_path: Path, keys: str) -> None:
    made = backed_up(lived_in)
    path = at_rest(lived_in)
    new = tmp_path / "thief"
    if keys != "none":
        other = open_home(new, create="real")
        backed_up(other)
        before = rows(other, "audit")
        at_rest(other)
    code, said = flowcard(new, "restore", str(path / "backups" / made.path.name))
    assert code == ERROR
    assert ("There are no keys" if keys == "none" else "are not the keys of the home it was made in") in said
    assert found_in(new) == set()
    if keys != "none":
        again = open_home(new)
        assert rows(again, "audit") == before
        again.close()


def test_a_paper_is_sealed_once_and_what_the_home_has_is_not_written_over(lived_in: Home) -> None:
    made = backed_up(lived_in)
    sealed = {path: path.stat().st_mtime_ns for path in (lived_in.path / "backups" / "files").rglob("*.age")}
    assert len(sealed) == 2
    lived_in.carriers_file.write_text(ACCOUNTS.replace("Wang", "Li"), encoding="utf-8")
    making.make(lived_in, SYSTEM, GO)
    assert {path: path.stat().st_mtime_ns for path in sealed} == sealed
    path = at_rest(lived_in)
    code, said = flowcard(path, "restore", made.path.name)
    assert (code, "missing and are back: 0" in said) == (OK, True), said
    assert "Agent Li" in (path / "carriers.toml").read_text(encoding="utf-8")


def test_a_paper_that_is_damaged_in_the_home_is_told_and_the_backup_stands(lived_in: Home) -> None:
    (paper,) = lived_in.vouchers.iterdir()
    paper.write_bytes(PAPER.replace(b"1.4", b"1.5"))
    with pytest.raises(BackupError, match=r"is made, but papers of the home are not what was filed \(1\)"):
        back_up.run(lived_in, GO)
    assert len(known(lived_in.path / "backups")) == 1
    assert [path.parent.name for path in (lived_in.path / "backups" / "files").rglob("*.age")] == ["incoming"]
    paper.write_bytes(PAPER)
    assert back_up.run(lived_in, GO)


def test_a_sealed_paper_that_was_changed_is_named_and_the_others_come_back(lived_in: Home) -> None:
    made = backed_up(lived_in)
    (paper,) = lived_in.vouchers.iterdir()
    (results,) = lived_in.incoming.iterdir()
    (sealed,) = (lived_in.path / "backups" / "files" / "vouchers").iterdir()
    sealed.write_bytes(sealed.read_bytes()[:-1] + b"?")
    path = at_rest(lived_in)
    paper.unlink()
    results.unlink()
    code, said = flowcard(path, "restore", made.path.name)
    assert code == OK
    assert "missing and are back: 1" in said
    assert f"This paper does not open: {sealed}".replace(" ", "") in said.replace(" ", "")
    assert (paper.exists(), results.read_bytes()) == (False, RESULTS)


def test_a_rotation_that_forgets_the_old_key_leaves_every_backup_open(home: Home) -> None:
    made = backed_up(home)
    assert rotated(home, forget=True) == (1, 2)
    path = at_rest(home)
    code, said = flowcard(path, "restore", made.path.name)
    assert code == OK, said


def test_keys_that_are_locked_are_a_failed_run_with_the_way_out(
    lived_in: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OUTSIDE, base64.b64encode(bytes(32)).decode())
    backed_up(lived_in)
    monkeypatch.delenv(OUTSIDE)
    with pytest.raises(BackupError, match=f"cannot be used: .* locked .*{OUTSIDE}"):
        back_up.run(lived_in, GO)
    assert len(known(lived_in.path / "backups")) == 1


def test_the_key_of_the_backups_is_no_name_for_another_secret(lived_in: Home) -> None:
    backed_up(lived_in)
    path = at_rest(lived_in)
    key = (path / "keys" / f"sealed-{KEY_NAME}").read_bytes()
    code, said = flowcard(path, "carriers", "keep", KEY_NAME, typed="something\n")
    assert (code, "choose another name" in said) == (USAGE, True)
    assert (path / "keys" / f"sealed-{KEY_NAME}").read_bytes() == key
    assert (path / FILE_NAME).exists()
