"""The directory of providers: kept by operators, with ways to pay, their steps and accounts."""

from dataclasses import replace

import pytest

from data.database import Query
from data.people.rules import NotThere, Refused
from data.providers import rules
from data.providers import store as providers
from data.providers.store import Facts
from tests.payees import confirm_payee

FACTS = Facts(
    name="泊舟物联",
    kind="agent",
    official=False,
    invoice_habit="none",
    contacts="王经理 140-0000-1005\n微信群",
    portal="https://portal.example.com/cards",
    last_order_day=22,
    working_days=3,
)


def keep(home, by, facts=FACTS, *, provider_id=None, ways=None, accounts=()):
    with home.db.write() as tx:
        said = {"ways": {"transfer": "1\n2"} if ways is None else ways, "accounts": accounts}
        return providers.keep(tx, by, provider_id=provider_id, facts=facts, **said)


@pytest.fixture
def desk(demo_home, people, practice_fleet):
    """A home with the accounts practice-a (three cards) and by-hand."""
    practice_fleet(3)
    return demo_home


def test_what_an_operator_writes_down_is_what_everybody_reads(desk, people):
    number = keep(
        desk, people["operator"], accounts=["practice-a", "by-hand"], ways={"transfer": "pay\nsend", "online": "x"}
    )
    found = providers.provider(desk.db.read(), number)
    assert (found.name, found.contacts, found.keeper, found.answer_hours) == (
        FACTS.name,
        FACTS.contacts,
        "operator",
        None,
    )
    assert providers.ways(desk.db.read(), number) == {"transfer": "pay\nsend", "online": "x"}
    (row,) = providers.providers(desk.db.read()).to_pylist()
    assert (row["cards"], row["accounts"], row["ways"]) == (3, "by-hand, practice-a", ["online", "transfer"])


def test_an_account_shows_its_provider_its_payee_and_whether_he_may_be_paid(desk, people):
    number = keep(desk, people["operator"], accounts=["by-hand"])
    confirm_payee(desk, people, "Agent Wang")
    told = {
        row["account"]: (row["provider"], row["payee"], row["standing"]) for row in providers.accounts(desk.db.read())
    }
    assert told == {
        "by-hand": (FACTS.name, "Agent Wang", "confirmed"),
        "practice-a": (None, "Practice Mobile", "unknown"),
    }
    of_account = {name: providers.of_account(desk.db.read(), name) for name in told}
    assert of_account == {"by-hand": number, "practice-a": None}


def test_a_change_replaces_what_was_said_and_ways_and_accounts_go(desk, people):
    number = keep(desk, people["operator"], accounts=["practice-a", "by-hand"])
    again = keep(
        desk,
        people["operator2"],
        replace(FACTS, name=" 泊舟 ", portal=" "),
        provider_id=number,
        ways={"monthly": "m"},
        accounts=["by-hand"],
    )
    assert again == number
    found = providers.provider(desk.db.read(), number)
    assert (found.name, found.portal, found.keeper) == ("泊舟", None, "operator2")
    assert providers.ways(desk.db.read(), number) == {"monthly": "m"}
    assert [row["account"] for row in providers.accounts(desk.db.read()) if row["provider_id"] == number] == ["by-hand"]
    other = keep(desk, people["operator"], replace(FACTS, name="汀澜"), accounts=["practice-a"])
    assert other != number


@pytest.mark.parametrize(
    ("facts", "more", "fault"),
    [
        ({"name": " "}, {}, rules.NO_NAME),
        ({"name": "x" * 121}, {}, rules.NO_NAME),
        ({"name": "two\nlines"}, {}, rules.INVISIBLE),
        ({"contacts": "a\u202eb"}, {}, rules.INVISIBLE),
        ({"note": "x" * 2001}, {}, "A field holds more than 2000"),
        ({"portal": "http://portal.example.com"}, {}, "is no address of a portal"),
        ({}, {"ways": {}}, rules.NO_WAY),
        ({}, {"ways": {"barter": "x"}}, rules.NO_WAY),
        ({"kind": "friend"}, {}, rules.NO_WAY),
        ({}, {"accounts": ["nobody"]}, "is not in carriers.toml"),
    ],
)
def test_what_has_no_shape_is_refused_and_nothing_is_kept(desk, people, facts, more, fault):
    with pytest.raises(Refused, match=fault):
        keep(desk, people["operator"], replace(FACTS, **facts), **more)
    assert providers.providers(desk.db.read()).num_rows == 0


def test_a_name_and_an_account_belong_to_one_provider(desk, people):
    keep(desk, people["operator"], accounts=["by-hand"])
    with pytest.raises(Refused, match="already a provider named"):
        keep(desk, people["operator"])
    with pytest.raises(Refused, match="belongs to 泊舟物联"):
        keep(desk, people["operator"], replace(FACTS, name="汀澜"), accounts=["by-hand"])
    with pytest.raises(NotThere):
        keep(desk, people["operator"], replace(FACTS, name="汀澜"), provider_id=99)


def test_only_operators_keep_the_directory(desk, people):
    for name in set(people) - {"operator", "operator2"}:
        with pytest.raises(Refused):
            keep(desk, people[name])
    audit = desk.db.read().value(Query("t", "", "SELECT count(*) FROM audit WHERE event = 'provider:kept'"))
    assert (providers.providers(desk.db.read()).num_rows, audit) == (0, 0)
