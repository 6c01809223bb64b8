"""What a person with a scope reads: his part of every table, and nothing of anybody else's."""

from dataclasses import replace

import pytest

from data.database import Query
from data.home import Home
from data.people import scopes
from data.people import store as people_store
from data.people.rules import Action, Actor, Refused
from data.people.scope_rules import Scope
from data.sims import store as sims
from data.sims.filter import SimFilter

NARROWED = {"sim_now", "terminal", "merchant", "agent", *scopes.OF_CARDS, *scopes.OF_ORDERS, *scopes.OWN}
# Tables that tell of no card: people and what keeps them apart, what is bought from whom, how the house runs.
EVERYBODYS = {
    *("migration", "home", "person", "session", "setup_link", "password_link", "deputy", "export", "layout"),
    *("account", "capability", "terminal_model", "plan", "price", "yardstick", "holiday", "offer_told"),
    *("provider", "provider_way", "provider_account", "payee", "payee_change", "notice", "notice_plan"),
    *("job", "job_request", "stop_switch", "breaker", "clock_hold", "journal_mark"),
}


def sql(text: str) -> Query:
    return Query("test", "", text)


@pytest.fixture
def shops(home: Home) -> Home:
    """Three merchants in two regions, a terminal and a card each, and one card that is in no terminal."""
    add = """
    INSERT INTO agent (agent_no, name) VALUES ('A1', 'North agent'), ('A2', 'South agent');
    INSERT INTO merchant (merchant_no, name, region, city, agent_id)
    VALUES ('M1', 'Noodles', 'North', 'Beijing', 1), ('M2', 'Tea', 'North', 'Tianjin', 1), ('M3', 'Fish', 'South', 'Xiamen', 2);
    INSERT INTO terminal (terminal_id, merchant_id, branch) VALUES ('T1', 1, 'B1'), ('T2', 2, 'B2'), ('T3', 3, 'B1');
    INSERT INTO sim (stem, iccid, carrier, terminal_key, status, expires_on, observed_at)
    SELECT printf('8986041012345%06d', i), printf('8986041012345%06d7', i), 'mobile', if(i < 4, i, NULL), 'active',
        DATE '2026-12-01', now() FROM range(1, 5) t(i);
    INSERT INTO usage_day SELECT sim_id, DATE '2026-11-20', 100 * sim_id FROM sim
    """
    with home.db.write() as tx:
        for statement in add.split(";"):
            tx.run(sql(statement))
        sims.roll_up(tx, days=True)
    return home


CASES = [
    (Scope(region=("North",)), [1, 2]),
    (Scope(region=("North", "South")), [1, 2, 3]),
    (Scope(branch=("B1",)), [1, 3]),
    (Scope(agent=("A2",)), [3]),
    (Scope(merchant=("M2", "M3")), [2, 3]),
    (Scope(region=("North",), branch=("B1",)), [1]),
    (Scope(region=("West",)), []),
]


@pytest.mark.parametrize(("scope", "own"), CASES, ids=str)
def test_lists_counts_searches_and_machines_hold_the_scope_and_no_card_that_is_nobodys(
    shops: Home, scope: Scope, own: list[int]
) -> None:
    today = shops.clock.today()
    with scopes.narrowed(shops.db, scope) as reader:
        assert sims.page(reader, SimFilter(), today=today).column("sim_id").to_pylist() == own
        assert sims.totals(reader, SimFilter(), today=today).sims == sims.counted_sims(reader) == len(own)
        assert sorted(sims.look_up(reader, "89860410").column("sim_id").to_pylist()) == own
        assert sims.paste(reader, ["T1", "T2", "T3", "M1"]).sim_ids == tuple(own)
        assert reader.value(sql("SELECT count(*) FROM terminal")) == len(own)
        assert reader.value(sql("SELECT count(*) FROM merchant")) == len(own)
        assert reader.value(sql("SELECT coalesce(sum(used_bytes), 0) FROM carrier_day")) == 100 * sum(own)
    assert shops.db.read().value(sql("SELECT count(*) FROM sim_now")) == 4


def test_an_empty_scope_is_the_whole(shops: Home) -> None:
    with scopes.narrowed(shops.db, Scope()) as reader:
        assert sims.counted_sims(reader) == 4


def test_a_narrowed_reader_sees_the_newest_state_and_views_of_the_schema_are_narrowed_too(shops: Home) -> None:
    add = "INSERT INTO batch (form_key, maker, content_hash, items, refused, amount_fen, state, proposed_at) VALUES ('f', 1, 'x', 4, 0, 400, 'proposed', now())"
    lines = (
        "INSERT INTO batch_line (batch, line, sim_id, iccid, amount_fen) SELECT 1, sim_id, sim_id, iccid, 100 FROM sim"
    )
    with scopes.narrowed(shops.db, Scope(region=("North",))) as reader:
        with shops.db.write() as tx:
            tx.run(sql(add))
            tx.run(sql(lines))
        assert reader.value(sql("SELECT count(*) FROM renewing")) == 2
        # A batch is to him what of it he sees.
        assert reader.rows(sql("SELECT items, amount_fen FROM batch")) == [{"items": 2, "amount_fen": 200}]
    with scopes.narrowed(shops.db, Scope(region=("West",))) as reader:
        assert reader.rows(sql("SELECT * FROM batch")) == []


def test_a_card_that_comes_into_other_hands_is_seen_there_and_not_here(shops: Home) -> None:
    north, south = Scope(region=("North",)), Scope(region=("South",))
    counted = sql("SELECT list(sim_id ORDER BY sim_id) FROM usage_day")
    for scope, own in ((north, [1, 2]), (south, [3])):
        with scopes.narrowed(shops.db, scope) as reader:
            assert reader.value(counted) == own
    with shops.db.write() as tx:
        tx.run(sql("UPDATE merchant SET region = 'South' WHERE merchant_no = 'M2'"))
        sims.roll_up(tx)
    for scope, own in ((north, [1]), (south, [2, 3])):
        with scopes.narrowed(shops.db, scope) as reader:
            assert reader.value(counted) == own


def test_every_table_is_narrowed_hidden_or_said_to_be_everybodys(home: Home) -> None:
    there = {
        row["table_name"]
        for row in home.db.read().rows(sql("SELECT table_name FROM duckdb_tables() WHERE NOT temporary"))
    }
    lined = NARROWED | set(scopes.HIDDEN)
    assert there - lined - EVERYBODYS == set()
    assert lined <= there
    assert not lined & EVERYBODYS
    assert set(scopes.views_of((("region", "North"),))) == lined


def test_every_table_of_a_narrowed_reader_holds_no_more_than_its_part(shops: Home) -> None:
    whole = shops.db.read()
    with scopes.narrowed(shops.db, Scope(region=("West",))) as reader:
        for table in NARROWED | set(scopes.HIDDEN):
            count = sql(f"SELECT count(*) FROM {table}")
            assert reader.value(count) == 0, table
    assert whole.value(sql("SELECT count(*) FROM sim")) == 4


def test_readers_of_one_scope_are_kept_and_of_two_never_mixed(shops: Home) -> None:
    north, south = Scope(region=("North",)), Scope(region=("South",))
    for _again in range(3):
        with scopes.narrowed(shops.db, north) as one, scopes.narrowed(shops.db, south) as two:
            assert (sims.counted_sims(one), sims.counted_sims(two)) == (2, 1)
    assert {pairs: len(idle) for pairs, idle in shops.db.narrowed.by_key.items()} == {north.pairs: 1, south.pairs: 1}


# Who is given one -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def administrator(people: dict[str, Actor]) -> Actor:
    return people["administrator"]


def give(home: Home, by: Actor, person: Actor, scope: Scope) -> None:
    with home.db.write() as tx:
        scopes.give(tx, by, person_id=person.person_id, scope=scope)


def test_a_scope_is_given_kept_changed_and_taken_away(
    shops: Home, people: dict[str, Actor], administrator: Actor
) -> None:
    viewer = people["viewer"]
    for scope in (Scope(region=("North",), agent=("A1",)), Scope(merchant=("M1", "M2")), Scope()):
        give(shops, administrator, viewer, scope)
        assert scopes.of(shops.db.read(), viewer.person_id) == scope
    found = shops.db.read().value(sql("SELECT count(*) FROM audit WHERE event = 'person:scope_given'"))
    assert found == 3


def test_a_value_nobody_carries_and_a_role_of_the_whole_are_refused(
    shops: Home, people: dict[str, Actor], administrator: Actor
) -> None:
    with pytest.raises(Refused, match="no card, terminal or merchant is known by 'Norht'"):
        give(shops, administrator, people["viewer"], Scope(region=("Norht",)))
    for name in ("operator", "approver", "finance", "administrator"):
        with pytest.raises(Refused, match="works on the whole fleet"):
            give(shops, administrator, people[name], Scope(region=("North",)))
    with pytest.raises(Refused):
        give(shops, people["approver"], people["viewer"], Scope(region=("North",)))
    with pytest.raises(Refused, match="Type your password"):
        give(shops, replace(administrator, source="page"), people["viewer"], Scope(region=("North",)))


def test_who_comes_to_another_role_with_a_scope_reaches_no_further(
    shops: Home, people: dict[str, Actor], administrator: Actor
) -> None:
    give(shops, administrator, people["viewer"], Scope(region=("North",)))
    with shops.db.write() as tx:
        tx.run(sql("UPDATE person SET role = 'operator' WHERE name = 'viewer'"))
        people_store.require(tx, people["viewer"], Action.EXPORT, "")
        with pytest.raises(Refused, match="reaches beyond the part of the fleet"):
            people_store.require(tx, people["viewer"], Action.PROPOSE, "")
