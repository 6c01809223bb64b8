from datetime import timedelta

import pytest

from data.audit import store as audit
from data.database import Query
from data.files import exports_store as exports
from data.files.exports_rules import ExportRefused, outlived
from data.home import Home
from data.people.rules import SYSTEM, Actor, NotThere, Refused


def asked(home: Home, by: Actor, **more: object) -> int:
    with home.db.write() as tx:
        return exports.ask_export(tx, by, **{"what": "sims", "format": "csv", "filters": {"carrier": "mobile"}, **more})


def events(home: Home) -> list[str]:
    return [row["event"] for row in home.db.read().rows(Query("test", "", "SELECT event FROM audit ORDER BY seq"))]


def test_a_wish_is_kept_with_its_filter_and_stands_in_the_audit(home: Home, people: dict[str, Actor]) -> None:
    found = exports.one(home.db.read(), asked(home, people["viewer"], split_by="agent"))
    assert found and (found.filter, found.state, found.stored_as) == (
        {"carrier": "mobile"},
        "waiting",
        f"{found.export_id}.zip",
    )
    assert events(home)[-1] == "export:asked"
    assert [one.export_id for one in exports.waiting(home.db.read())] == [found.export_id]


@pytest.mark.parametrize("wish", [{"what": "person"}, {"format": "exe"}, {"split_by": "../../x"}])
def test_only_known_wishes_are_taken(home: Home, people: dict[str, Actor], wish: dict[str, str]) -> None:
    with pytest.raises(Refused):
        asked(home, people["viewer"], **wish)


def test_a_file_is_fetched_by_its_owner_only_and_leaves_a_trace(home: Home, people: dict[str, Actor]) -> None:
    export_id = asked(home, people["viewer"])
    with pytest.raises(NotThere), home.db.write() as tx:
        exports.fetch(tx, people["viewer"], export_id)  # not written yet
    with home.db.write() as tx:
        exports.written(tx, SYSTEM, export_id=export_id, filename="x.csv", rows=3, sha256="0" * 64)
    for other in ("operator", "administrator"):
        with pytest.raises(NotThere), home.db.write() as tx:
            exports.fetch(tx, people[other], export_id)
    with home.db.write() as tx:
        assert exports.fetch(tx, people["viewer"], export_id).rows_written == 3
    assert events(home)[-2:] == ["export:written", "export:fetched"]
    assert audit.first_broken(home.db.read(), (home.path / "keys" / "audit").read_bytes()) is None


def test_only_jobs_finish_exports(home: Home, people: dict[str, Actor]) -> None:
    export_id = asked(home, people["operator"])
    with pytest.raises(Refused), home.db.write() as tx:
        exports.written(tx, people["operator"], export_id=export_id, filename="x", rows=1, sha256="")
    with pytest.raises(Refused), home.db.write() as tx:
        exports.failed(tx, people["operator"], export_id=export_id, reason=ExportRefused("no"))


def test_people_see_their_own_exports_newest_first(home: Home, people: dict[str, Actor]) -> None:
    ids = [asked(home, people["viewer"]) for _ in range(3)]
    asked(home, people["operator"])
    mine = exports.exports(home.db.read(), people["viewer"].person_id, limit=2)
    assert [one.export_id for one in mine] == ids[:0:-1]
    assert exports.count(home.db.read(), people["viewer"].person_id) == 3


def test_a_file_is_outlived_after_seven_days(home: Home) -> None:
    now = home.clock.now()
    assert not outlived(now - timedelta(days=7), now=now)
    assert outlived(now - timedelta(days=7, seconds=1), now=now)
    assert not outlived(None, now=now)
