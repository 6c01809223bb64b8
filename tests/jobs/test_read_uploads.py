"""From a dropped file to its preview, and from a person's yes to the house."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from data.database import Query
from data.files import layouts, store
from data.files.exports_store import ask_export
from data.files.rules import BROKEN
from data.files.store import Preview
from data.home import Home, open_home
from data.keeping import keep_bytes
from data.people.rules import Actor, Refused
from data.words import later, spoken
from jobs import read_uploads, write_exports

CARD = "89860012345678901234"
CARDS = f"iccid,plan,expires_on\n{CARD},30M,2027-02-28\n8.98600E+19,30M,2027-02-28\n"
Drop = Callable[..., int]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def operator(people: dict[str, Actor]) -> Actor:
    return people["operator"]


@pytest.fixture
def drop(home: Home, operator: Actor) -> Drop:
    """`drop("cards.csv", text)`: the upload a page would write."""

    def run(filename: str, text: str) -> int:
        sha256, size = keep_bytes(home.incoming, text.encode())
        with home.db.write() as tx:
            return store.keep_upload(tx, operator, sha256=sha256, filename=filename, size=size, source="page")

    return run


def tick(home: Home) -> str | None:
    said = read_uploads.run(home, threading.Event())
    return said and spoken(said)


def sims(home: Home) -> int:
    return int(home.db.read().value(Query("asked", "By a test.", "SELECT count(*) FROM sim")))


def read(home: Home, upload_id: int) -> store.Upload:
    return store.existing(home.db.read(), upload_id)


def test_a_dropped_file_is_previewed_and_changes_nothing(home: Home, drop: Drop) -> None:
    upload_id = drop("cards.csv", CARDS)
    assert tick(home) == "1 files read, 0 imported, 0 refused"
    upload = read(home, upload_id)
    assert (upload.state, upload.kind, upload.rows_new, upload.rows_refused) == ("previewed", "cards", 1, 1)
    preview = Preview.from_json(upload.preview)
    assert preview.mapping == {"iccid": "iccid", "plan": "plan", "expires_on": "expires_on"}
    assert preview.samples[0] == {"iccid": CARD, "plan": "30M", "expires_on": "2027-02-28"}
    assert preview.findings == {"unknown_plan": 1}
    assert sims(home) == 0
    assert tick(home) is None


def test_an_accepted_file_is_imported_once(home: Home, drop: Drop, operator: Actor) -> None:
    upload_id = drop("cards.csv", CARDS)
    tick(home)
    with home.db.write() as tx:
        store.accept(tx, operator, upload_id=upload_id)
    assert tick(home) == "0 files read, 1 imported, 0 refused"
    assert tick(home) is None
    assert (read(home, upload_id).state, sims(home)) == ("imported", 1)
    refused = store.refusals(home.db.read(), upload_id=upload_id).to_pylist()
    assert [(row["line"], row["column"], row["value"]) for row in refused] == [(3, "iccid", "8.98600E+19")]
    assert "8.98600E+19" in spoken(refused[0]["reason"])


CRASHES = """
import os, sys, threading
from pathlib import Path
from data.files import store
from data.keeping import keep_bytes
from data.home import open_home
from data.people.rules import SYSTEM
from jobs import read_uploads
home = open_home(Path(sys.argv[1]), create="real")
sha256, size = keep_bytes(home.incoming, sys.argv[2].encode())
with home.db.write() as tx:
    upload_id = store.keep_upload(tx, SYSTEM, sha256=sha256, filename="cards.csv", size=size, source="page")
read_uploads.run(home, threading.Event())
with home.db.write() as tx:
    store.accept(tx, SYSTEM, upload_id=upload_id)
store.imported = lambda *_args, **_more: os._exit(9)
read_uploads.run(home, threading.Event())
"""


def test_a_process_killed_while_importing_has_merged_nothing_and_imports_once_later(tmp_path: Path) -> None:
    path = tmp_path / "killed"
    killed = subprocess.run([sys.executable, "-c", CRASHES, str(path), CARDS], cwd=ROOT, check=False)
    assert killed.returncode == 9
    home = open_home(path)
    try:
        assert (read(home, 1).state, sims(home)) == ("accepted", 0)
        tick(home)
        assert tick(home) is None
        assert (read(home, 1).state, sims(home)) == ("imported", 1)
    finally:
        home.close()


def test_a_file_that_breaks_its_reader_does_not_keep_the_next_one_waiting(
    home: Home, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = drop("odd.csv", CARDS), drop("cards.csv", CARDS)

    def breaks(*_args: object, **_more: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr(read_uploads, "prepare", breaks)
        with pytest.raises(RuntimeError):
            tick(home)
    tick(home)
    assert (read(home, first).state, read(home, second).state) == ("refused", "previewed")
    assert read(home, first).error == later(BROKEN)


def test_a_corrected_mapping_is_read_again(home: Home, drop: Drop, operator: Actor) -> None:
    upload_id = drop("cards.csv", f"iccid,wohin\n{CARD},2027-02-28\n")
    tick(home)
    with home.db.write() as tx:
        store.choose(tx, operator, upload_id=upload_id, mapping={"iccid": "iccid", "expires_on": "wohin"})
    tick(home)
    upload = read(home, upload_id)
    assert Preview.from_json(upload.preview).mapping == {"iccid": "iccid", "expires_on": "wohin"}


def test_a_saved_layout_reads_the_next_file_with_these_headers(home: Home, drop: Drop, operator: Actor) -> None:
    first = drop("cards.csv", f"iccid,wohin\n{CARD},2027-02-28\n")
    tick(home)
    with home.db.write() as tx:
        store.choose(tx, operator, upload_id=first, kind="sims", mapping={"iccid": "iccid", "expires_on": "wohin"})
    tick(home)
    with home.db.write() as tx:
        layouts.save_layout(tx, operator, name="张三", upload_id=first)
    second = drop("next.csv", f"iccid,wohin\n{CARD},2027-03-31\n")
    tick(home)
    upload = read(home, second)
    assert (upload.kind, upload.layout) == ("sims", "张三")
    assert Preview.from_json(upload.preview).mapping["expires_on"] == "wohin"


def test_a_file_nobody_understands_is_refused_with_its_headers_until_a_kind_is_chosen(
    home: Home, drop: Drop, operator: Actor
) -> None:
    upload_id = drop("odd.csv", f"alpha,beta\n{CARD},x\n")
    tick(home)
    upload = read(home, upload_id)
    assert upload.state == "refused"
    assert Preview.from_json(upload.preview).headers == ["alpha", "beta"]
    with home.db.write() as tx:
        store.choose(tx, operator, upload_id=upload_id, kind="sims", mapping={"iccid": "alpha"})
    tick(home)
    assert read(home, upload_id).state == "previewed"


def test_a_file_that_is_no_table_is_refused_with_its_sentence(home: Home, drop: Drop) -> None:
    upload_id = drop("scan.pdf", "%PDF-1.7 and so on")
    assert tick(home) == "0 files read, 0 imported, 1 refused"
    upload = read(home, upload_id)
    assert upload.state == "refused"
    assert upload.error
    assert "PDF" in spoken(upload.error)


def test_the_same_file_says_since_when_it_is_known(home: Home, drop: Drop, operator: Actor) -> None:
    text = f"iccid,plan\n{CARD},30M\n"
    first = drop("cards.csv", text)
    tick(home)
    with home.db.write() as tx:
        store.accept(tx, operator, upload_id=first)
    tick(home)
    second = drop("cards again.csv", text)
    tick(home)
    upload = read(home, second)
    assert Preview.from_json(upload.preview).known_since == "2026-11-22T02:00:00+00:00"
    assert (upload.rows_new, upload.rows_changed) == (0, 0)


def test_a_discarded_file_is_not_read(home: Home, drop: Drop, operator: Actor) -> None:
    upload_id = drop("cards.csv", CARDS)
    with home.db.write() as tx:
        store.discard(tx, operator, upload_id=upload_id)
    assert tick(home) is None
    with pytest.raises(Refused), home.db.write() as tx:
        store.accept(tx, operator, upload_id=upload_id)


@pytest.mark.parametrize("name", ["viewer", "approver", "administrator"])
def test_only_an_operator_imports(home: Home, people: dict[str, Actor], name: str) -> None:
    with pytest.raises(Refused), home.db.write() as tx:
        store.keep_upload(tx, people[name], sha256="0" * 64, filename="x.csv", size=1, source="page")


def test_refused_rows_are_written_as_a_file(home: Home, drop: Drop, operator: Actor) -> None:
    upload_id = drop("cards.csv", CARDS)
    tick(home)
    with home.db.write() as tx:
        ask_export(
            tx, operator, what="refusals", format="csv", filters={"upload_id": upload_id}, split_by=None, language="en"
        )
    write_exports.run(home, threading.Event())
    written = next(home.exports.glob("*.csv")).read_text(encoding="utf-8-sig").splitlines()
    assert written[0] == "file,sheet,line,column,value,refused_because"
    assert "3,iccid,8.98600E+19," in written[1]
    assert len(written) == 2
