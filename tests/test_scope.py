"""A person with a scope in a home full of data: no page, search, export or address tells of a card outside it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import routes, viewer
from dashboard.menu import PAGES
from data import home as house
from data.clock import MovedClock
from data.database import Query
from data.files import exports_store as exports
from data.files.exports_rules import WHAT
from data.home import Home, open_home
from data.people import scopes, sessions
from data.people import store as people_store
from data.people.rules import Action, Actor, Refused, Role, may
from data.people.scope_rules import Scope
from data.sims import store as sims
from data.sims.filter import SimFilter
from jobs.demo import make_demo
from jobs.write_exports import write_one
from tests.conftest import NOW, ROOT

SIMS = 1_000
CITED = re.compile(rb"8986[0-9]{15,16}|(?<![0-9])1[0-9]{10}(?:[0-9]{2})?(?![0-9])|T[0-9]{7}")


def sql(text: str) -> Query:
    return Query("test", "", text)


class Fleet:
    """The demo, one region of it, and everything that names a card, terminal or merchant outside that region."""

    def __init__(self, home: Home) -> None:
        self.home = home
        rows = home.db.read().rows(sql("SELECT region, count(*) AS n FROM sim_now GROUP BY ALL ORDER BY n DESC"))
        self.region = next(row["region"] for row in rows if row["region"])
        self.scope = Scope(region=(self.region,))
        naming = "SELECT iccid, msisdn, terminal_id, merchant_no, merchant, serial_no, contact_phone FROM sim_now WHERE {where}"
        self.own = self._names(naming.replace("{where}", "region = $region"))
        self.foreign = self._names(naming.replace("{where}", "region IS DISTINCT FROM $region")) - self.own
        self.viewer = self._person("viewer")
        with home.db.write() as tx:
            scopes.give(
                tx,
                people_store.by_name(tx, "administrator").actor("command line"),
                person_id=self.viewer.person_id,
                scope=self.scope,
            )

    def _names(self, query: str) -> set[bytes]:
        found = self.home.db.read().rows(sql(query), region=self.region)
        return {str(value).encode() for row in found for value in row.values() if value}

    def _person(self, name: str) -> Actor:
        person = people_store.by_name(self.home.db.read(), name)
        assert person
        return person.actor("page")

    def told(self, content: bytes) -> set[bytes]:
        """What of the foreign names stands in `content`."""
        cited = set(CITED.findall(content)) & self.foreign
        return cited | {
            name for name in self.foreign if not CITED.fullmatch(name) and len(name) > 5 and name in content
        }


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    home = open_home(tmp_path_factory.mktemp("scope") / "home", create="demo")
    home.db.clock = MovedClock(NOW)
    make_demo(home, sims=SIMS, days=40, seed=7)
    house.install(home)
    yield Fleet(home)
    house.install(None)
    home.close()


@pytest.fixture
def opened(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """`opened("expiry", q=…)`: the page as the person with the scope."""
    with fleet.home.db.write() as tx:
        person = people_store.by_name(tx, "viewer")
        assert person
        people_store.choose_language(tx, person.actor("page"), "en")
        session = sessions.sign_in(tx, person, address="")
    monkeypatch.setattr(viewer, "session_id", lambda: session.session_id)

    def run(name: str, **query: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "dashboard" / "frame.py"), default_timeout=60)
        test.switch_page(f"app_pages/{name}.py")
        for key, value in query.items():
            test.query_params[key] = value
        return test.run()

    return run


def sent(test: AppTest) -> bytes:
    """Everything a page sends to the browser, tables and charts included."""
    parts = []
    for element in _elements(test._tree.children.values()):
        proto = getattr(element, "proto", None)
        if proto is not None and hasattr(proto, "SerializeToString"):
            parts.append(proto.SerializeToString())
    return b"\n".join(parts)


def _elements(children):
    for child in children:
        yield child
        yield from _elements(getattr(child, "children", {}).values())


@pytest.mark.parametrize("name", [row.name for row in PAGES if may(Role.VIEWER, row.action)])
def test_no_page_tells_of_a_card_outside_the_scope(fleet: Fleet, opened: Callable[..., AppTest], name: str) -> None:
    test = opened(name)
    assert not test.exception
    assert fleet.told(sent(test)) == set()


def test_the_search_would_notice(fleet: Fleet, opened: Callable[..., AppTest]) -> None:
    own = sent(opened("expiry"))
    assert set(CITED.findall(own)) & fleet.own
    with fleet.home.db.write() as tx:
        tx.run(sql("DELETE FROM person_scope"))
    try:
        assert fleet.told(sent(opened("expiry")))
    finally:
        with fleet.home.db.write() as tx:
            tx.run(
                sql("INSERT INTO person_scope VALUES ($person_id, 'region', $region)"),
                person_id=fleet.viewer.person_id,
                region=fleet.region,
            )


def test_addresses_of_what_lies_outside_lead_nowhere(fleet: Fleet, opened: Callable[..., AppTest]) -> None:
    outside = fleet.home.db.read().rows(
        sql(
            "SELECT iccid, msisdn, terminal_key FROM sim_now WHERE region IS DISTINCT FROM $region AND terminal_key IS NOT NULL LIMIT 3"
        ),
        region=fleet.region,
    )
    batches = fleet.home.db.read().rows(sql("SELECT id FROM batch ORDER BY id LIMIT 3"))
    for row in outside:
        assert "No such SIM" in [head.value for head in opened("sim", iccid=row["iccid"]).subheader]
        assert "No such terminal" in [head.value for head in opened("terminal", id=str(row["terminal_key"])).subheader]
        assert "Nothing found" in [head.value for head in opened("look_up", q=row["iccid"]).subheader]
    for row in batches:
        assert fleet.told(sent(opened("batches", batch=str(row["id"])))) == set()


def test_counts_are_those_of_the_scope(fleet: Fleet) -> None:
    today = fleet.home.clock.today()
    whole = fleet.home.db.read()
    with scopes.narrowed(fleet.home.db, fleet.scope) as reader:
        mine = sims.totals(reader, SimFilter(), today=today)
        assert mine == sims.totals(whole, SimFilter(region=fleet.region), today=today)
        assert 0 < mine.sims < sims.totals(whole, SimFilter(), today=today).sims
        for query in (
            "SELECT sum(items) FROM batch",
            "SELECT count(*) FILTER (refusal IS NULL) FROM batch_line",
        ):
            counted = (
                "SELECT count(*) FROM batch_line JOIN sim_now USING (sim_id) WHERE refusal IS NULL AND region = $region"
            )
            assert reader.value(sql(query)) == whole.value(sql(counted), region=fleet.region)
        assert sims.choices(reader).regions == (fleet.region,)


@pytest.mark.parametrize("what", [what for what in WHAT if what not in {"refusals", "worklist"}])
def test_an_export_holds_the_scope_and_nothing_else_whatever_it_was_asked_for(fleet: Fleet, what: str) -> None:
    whole, mine = _exported(fleet, what, "deputy"), _exported(fleet, what, "viewer")
    assert fleet.told(mine) == set()
    if what != "findings":
        assert fleet.told(whole)
        assert 1 < len(mine.splitlines()) < len(whole.splitlines())


def _exported(fleet: Fleet, what: str, name: str) -> bytes:
    home = fleet.home
    filters = {"agent_id": None, "region": None} if what == "terminals" else {}
    with home.db.write() as tx:
        asked = exports.ask_export(tx, fleet._person(name), what=what, format="csv", filters=filters)
        wish = exports.get(tx, asked)
    written = write_one(home, wish)
    assert written
    return written.path.read_bytes()


def test_a_file_is_not_handed_out_to_who_sees_another_part_by_now(fleet: Fleet) -> None:
    home = fleet.home
    with home.db.write() as tx:
        asked = exports.ask_export(tx, fleet.viewer, what="sims", format="csv", filters={})
        wish = exports.get(tx, asked)
    write_one(home, wish)
    with home.db.write() as tx:
        assert exports.fetch(tx, fleet.viewer, asked)
        tx.run(sql("UPDATE person_scope SET value = 'elsewhere'"))
        with pytest.raises(Refused, match="another part of the fleet"):
            exports.fetch(tx, fleet.viewer, asked)
        tx.run(sql("UPDATE person_scope SET value = $region"), region=fleet.region)


def test_a_paper_that_proves_other_cards_too_is_not_handed_out(fleet: Fleet) -> None:
    home = fleet.home
    proves = sql(
        """SELECT v.voucher_id, bool_and(coalesce(s.region = $region, false)) AS own
           FROM voucher v LEFT JOIN voucher_renewal r USING (voucher_id) LEFT JOIN obligation o ON o.id = r.obligation
           LEFT JOIN sim_now s USING (sim_id) GROUP BY ALL"""
    )
    found = home.db.read().rows(proves, region=fleet.region)
    assert {row["own"] for row in found} == {True, False}
    for row in found[:60]:
        answer = routes.download_voucher(_Asked(fleet.viewer, row["voucher_id"]))  # type: ignore[arg-type]
        assert (answer.status_code == 200) == row["own"], row


class _Asked:
    """As much of a request as the route reads."""

    def __init__(self, by: Actor, voucher_id: int) -> None:
        self.scope, self.path_params = {routes.ACTOR: by}, {"voucher_id": voucher_id}


def test_an_operator_keeps_the_whole(fleet: Fleet) -> None:
    by = replace(fleet._person("operator"), source="page")
    assert not scopes.of(fleet.home.db.read(), by.person_id)
    people_store.require(fleet.home.db.read(), by, Action.PROPOSE, "")


def test_pages_read_through_the_one_place_only() -> None:
    # Who is signed in is read whole, before it is known what part of the fleet they see; a link is for one recipient.
    signing_in = {"app.py", "viewer.py", "gate.py", "doors.py", "sockets.py", "routes.py", "unsubscribing.py"}
    around = re.compile(r"\.(read|snapshot|read_within|apart)\(")
    found = {
        path.relative_to(ROOT / "dashboard").as_posix()
        for path in (ROOT / "dashboard").rglob("*.py")
        if any("db" in line for line in path.read_text(encoding="utf-8").splitlines() if around.search(line))
    }
    assert found - {"reading.py"} <= signing_in
