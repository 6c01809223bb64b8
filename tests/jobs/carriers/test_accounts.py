"""carriers.toml: what it may say, what a bad one answers, and what the tables know afterwards."""

import pytest

from data.carriers import store
from data.database import Query
from data.renewals.records import CHANNEL_WORDS
from jobs.carriers import CARRIERS, accounts

GOOD = """
[[account]]
name = "mobile-main"
connector = "practice"
carrier = "mobile"
payee = "Practice Mobile"
way_to_pay = "transfer"
last_order_day = 25
silent_months = 6
delay_ms = 20

[[account]]
name = "agent"
connector = "offline"
carrier = "unicom"
payee = "Agent Wang"
gives_invoice = false
"""


def write(home, text):
    home.carriers_file.write_text(text, encoding="utf-8")


def test_accounts_and_abilities_stand_in_their_tables(demo_home):
    write(demo_home, GOOD)
    accounts.load(demo_home)
    reader = demo_home.db.read()
    assert [(one.account, one.connector, one.last_order_day, one.silent_months) for one in store.accounts(reader)] == [
        ("agent", "offline", None, None),
        ("mobile-main", "practice", 25, 6),
    ]
    assert {one.connector for one in store.abilities(reader)} == set(CARRIERS)
    assert all(one.reason for one in store.abilities(reader))


def test_reading_the_same_file_again_writes_nothing(demo_home):
    write(demo_home, GOOD)
    accounts.load(demo_home)
    audit = Query("test", "", "SELECT count(*) FROM audit")
    before = demo_home.db.read().value(audit)
    accounts.load(demo_home)
    assert demo_home.db.read().value(audit) == before


def test_an_account_gone_from_the_file_stays_for_history(demo_home):
    write(demo_home, GOOD)
    accounts.load(demo_home)
    write(demo_home, GOOD.split("\n\n", maxsplit=1)[0])
    accounts.load(demo_home)
    assert [one.account for one in store.accounts(demo_home.db.read())] == ["mobile-main"]
    assert demo_home.db.read().value(Query("test", "", "SELECT listed FROM account WHERE account = 'agent'")) is False
    with pytest.raises(accounts.NoConnection, match="agent"):
        accounts.connected(demo_home, "agent")


def test_a_home_without_the_file_has_no_accounts(home):
    assert accounts.load(home) == ()


BAD = {
    "last_order_day = 45": "account 'mobile-main': last_order_day",
    "silent_months = 0": "account 'mobile-main': silent_months",
    "delay = 20": "account 'mobile-main': 'delay' is not known",
    'connector = "fax"': "connector must be one of practice, offline",
    'name = "Mobile Main"': "account 'Mobile Main': name",
    "refused_share = 2.5": "account 'mobile-main': refused_share",
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_names_account_key_and_way_out(demo_home, line):
    key = line.split(" = ")[0]
    lines = [one for one in GOOD.split("\n\n", maxsplit=1)[0].splitlines() if not one.startswith(f"{key} =")]
    write(demo_home, "\n".join([*lines, line]))
    with pytest.raises(accounts.AccountsError, match=BAD[line]):
        accounts.load(demo_home)


def test_what_is_not_toml_and_a_name_given_twice_are_refused(demo_home):
    write(demo_home, "[[account")
    with pytest.raises(accounts.AccountsError, match="not TOML"):
        accounts.load(demo_home)
    write(demo_home, GOOD.replace('"agent"', '"mobile-main"'))
    with pytest.raises(accounts.AccountsError, match="two accounts 'mobile-main'"):
        accounts.load(demo_home)


def test_a_real_home_refuses_the_practice_carrier(home):
    write(home, GOOD)
    with pytest.raises(accounts.AccountsError, match="demo homes"):
        accounts.load(home)


def test_every_connector_has_a_word_in_the_renewal_records():
    # Other tests put connectors of their own into the table.
    ours = {name for name, connector in CARRIERS.items() if connector.module.startswith("jobs.")}
    assert set(CHANNEL_WORDS) == ours
