"""Uploads and layouts: who may, what may follow what, and what is remembered."""

from pathlib import Path

import pytest

from data.database import Query
from data.files import layouts, store
from data.files.rules import Counts, RefusedRow
from data.files.store import Preview
from data.home import Home
from data.keeping import keep_bytes, keep_file
from data.people.rules import SYSTEM, Actor, Refused
from data.words import spoken


def keep(home: Home, by: Actor) -> int:
    with home.db.write() as tx:
        return store.keep_upload(tx, by, sha256="ab" * 32, filename="cards.csv", size=3, source="page")


def preview(home: Home, upload_id: int, refusals: list[RefusedRow]) -> bool:
    with home.db.write() as tx:
        return store.previewed(
            tx,
            SYSTEM,
            upload_id=upload_id,
            kind="cards",
            layout=None,
            preview=Preview(headers=["iccid"], mapping={"iccid": "iccid"}),
            counts=Counts(new=2),
            refusals=refusals,
        )


def test_bytes_are_kept_under_their_hash_and_nothing_else_stays(tmp_path: Path) -> None:
    source = tmp_path / "x"
    source.write_bytes(b"abc")
    folder = tmp_path / "incoming"
    folder.mkdir()
    assert keep_file(folder, source) == keep_bytes(folder, b"abc")
    assert [path.name for path in folder.iterdir()] == [
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    ]


def test_a_file_goes_from_waiting_to_previewed_to_accepted_to_imported(home: Home, people: dict[str, Actor]) -> None:
    upload_id = keep(home, people["operator"])
    assert preview(home, upload_id, [])
    with home.db.write() as tx:
        store.accept(tx, people["operator"], upload_id=upload_id)
    assert [upload.state for upload in store.to_do(home.db.read())] == ["accepted"]
    with home.db.write() as tx:
        store.imported(
            tx, SYSTEM, upload_id=upload_id, kind="cards", layout=None, mapping={}, counts=Counts(new=2), refusals=[]
        )
    assert store.to_do(home.db.read()) == []
    events = home.db.read().rows(
        Query("asked", "By a test.", "SELECT event FROM audit WHERE object = 'upload 1' ORDER BY seq")
    )
    assert [row["event"] for row in events] == ["upload:kept", "upload:accepted", "upload:imported"]


def test_a_preview_that_comes_after_a_person_decided_changes_nothing(home: Home, people: dict[str, Actor]) -> None:
    upload_id = keep(home, people["operator"])
    with home.db.write() as tx:
        store.discard(tx, people["operator"], upload_id=upload_id)
    assert not preview(home, upload_id, [])
    assert store.existing(home.db.read(), upload_id).state == "discarded"


def test_an_imported_file_is_not_imported_again(home: Home, people: dict[str, Actor]) -> None:
    upload_id = keep(home, people["operator"])
    done = {"kind": "cards", "layout": None, "mapping": {}, "counts": Counts(), "refusals": []}
    with home.db.write() as tx:
        store.imported(tx, SYSTEM, upload_id=upload_id, **done)
    with pytest.raises(Refused), home.db.write() as tx:
        store.imported(tx, SYSTEM, upload_id=upload_id, **done)


def test_refused_rows_are_counted_by_line_and_kept_with_their_reason(home: Home, people: dict[str, Actor]) -> None:
    upload_id = keep(home, people["operator"])
    rows = [RefusedRow("S", 3, column, "x", "'{value}' is odd", {"value": "x"}) for column in ("iccid", "plan")]
    preview(home, upload_id, rows)
    preview(home, upload_id, rows)
    assert store.existing(home.db.read(), upload_id).rows_refused == 1
    assert store.count_refusals(home.db.read(), upload_id=upload_id) == 2
    kept = store.refusals(home.db.read(), upload_id=upload_id).to_pylist()[0]
    assert spoken(kept["reason"]) == "'x' is odd"


@pytest.mark.parametrize("name", ["viewer", "approver", "administrator"])
@pytest.mark.parametrize("verb", [store.accept, store.discard, store.choose])
def test_only_operators_decide_about_files(home: Home, people: dict[str, Actor], name: str, verb: object) -> None:
    upload_id = keep(home, people["operator"])
    with pytest.raises(Refused), home.db.write() as tx:
        verb(tx, people[name], upload_id=upload_id)


def test_a_layout_of_the_same_name_is_the_better_one(home: Home, people: dict[str, Actor]) -> None:
    upload_id = keep(home, people["operator"])
    preview(home, upload_id, [])
    for _time in range(2):
        with home.db.write() as tx:
            layouts.save_layout(tx, people["operator"], name=" 张三 ", upload_id=upload_id)
    found = layouts.layouts(home.db.read())
    assert [(each.name, each.kind, each.headers, each.mapping) for each in found] == [
        ("张三", "cards", ("iccid",), {"iccid": "iccid"})
    ]


def test_a_layout_needs_a_name_and_a_file_that_was_read(home: Home, people: dict[str, Actor]) -> None:
    upload_id = keep(home, people["operator"])
    for name in ("张三", " ", "x" * 81):
        with pytest.raises(Refused), home.db.write() as tx:
            layouts.save_layout(tx, people["operator"], name=name, upload_id=upload_id)
