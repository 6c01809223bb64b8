"""Refreshing cards from their carriers: what is taken, what is only noticed, and that one account's trouble stays its own."""

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Literal

import pytest

from data.carriers import refreshing as store
from data.database import Query
from data.plans import notices
from jobs import refresh_sims, refreshing
from jobs.carriers import CARRIERS, Connector, Terms, accounts
from jobs.carriers.account import Account
from jobs.carriers.http import Doubt, Held
from jobs.carriers.readings import Balance, CardFacts, CardPage, Missing

# Carriers of this file by account name; the connector below hands them out.
_CARRIERS: dict = {}
ABILITIES = {"list_cards": ("yes", "in this test")}
TERMS = Terms(orders_per_call=1, promises=frozenset(), rate_per_s=20)


class ACCOUNT(Account):
    """An account of this file."""

    connector: Literal["told"]


def connect(home, account):
    return _CARRIERS[account.name]


def iccid(number):
    return f"8986041012345{number:06d}7"


def facts(number, **more):
    said = {
        "iccid": iccid(number),
        "msisdn": f"1064800{number:06d}",
        "imsi": None,
        "imei": None,
        "raw_status": "30",
        "raw_reason": None,
        "status": "active",
        "plan": "Flow 100",
        "activated_on": date(2025, 1, 1),
        "expires_on": date(2027, 1, 31),
        "auto_renew": False,
        "pool": None,
        "realname_ok": True,
        "read_at": datetime(2026, 11, 22, 1, 0, tzinfo=UTC),
        "as_of": None,
    }
    return CardFacts(**said | more)


@dataclass
class Lister:
    """Lists cards in pages of two; `broken`: what it raises at which cursor."""

    cards: list
    broken: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    terms: Terms = TERMS

    def list_cards(self, cursor):
        self.asked.append(cursor)
        if cursor in self.broken:
            raise self.broken[cursor]
        start = int(cursor or 0)
        rest = start + 2 < len(self.cards)
        return CardPage(tuple(self.cards[start : start + 2]), str(start + 2) if rest else None)


@pytest.fixture
def told(home, monkeypatch):
    """`told(a=Lister(…), b=…)`: these accounts, in this home."""
    monkeypatch.setitem(CARRIERS, "told", Connector("told_by_tests", "for tests"))
    module = SimpleNamespace(ACCOUNT=ACCOUNT, ABILITIES=ABILITIES, connect=connect)
    monkeypatch.setitem(__import__("sys").modules, "told_by_tests", module)
    monkeypatch.setattr(accounts, "_open", {})

    def build(**carriers):
        _CARRIERS.clear()
        _CARRIERS.update(carriers)
        text = "".join(
            f'[[account]]\nname = "{name}"\nconnector = "told"\ncarrier = "mobile"\npayee = "P"\n' for name in carriers
        )
        home.carriers_file.write_text(text, encoding="utf-8")
        accounts.load(home)

    return build


def run(home):
    return refresh_sims.run(home, threading.Event())


def asked(home, text):
    return home.db.read().rows(Query("asked", "By a test.", text))


def change(home, text):
    with home.db.write() as tx:
        tx.run(Query("change", "By a test.", text))


def sync(home, name):
    return store.sync_of(home.db.read(), name, "sims", now=home.clock.now(), today=home.clock.today())


def findings(home):
    return {row["kind"]: row["detail"] for row in asked(home, "SELECT * FROM finding WHERE closed_at IS NULL")}


def later(home, **by):
    home.clock.move(timedelta(**by))


def test_cards_are_kept_with_source_and_time(home, told):
    told(a=Lister([facts(1), facts(2, raw_status="35", raw_reason="300", status="stopped_quota"), facts(3)]))
    run(home)
    assert asked(
        home,
        "SELECT account, carrier, status, raw_status, expiry_source FROM sim WHERE stem LIKE '%0000027%' OR sim_id = 2",
    ) == [
        {
            "account": "a",
            "carrier": "mobile",
            "status": "stopped_quota",
            "raw_status": "35 300",
            "expiry_source": "carrier",
        }
    ]
    assert asked(home, "SELECT count(*) AS n FROM sim_now WHERE live")[0]["n"] == 3
    done = sync(home, "a")
    assert (done.cards, done.place, done.good_at, done.error, done.calls) == (3, None, home.clock.now(), None, 2)
    assert done.rate_per_s == 20
    before = len(_CARRIERS["a"].asked)
    run(home)
    assert len(_CARRIERS["a"].asked) == before, "not due yet"


def test_an_expiry_never_falls_behind_a_renewal(home, told):
    told(a=Lister([facts(1)]))
    run(home)
    change(home, "UPDATE sim SET expires_on = DATE '2028-01-31', expiry_source = 'renewal'")
    later(home, hours=7)
    _CARRIERS["a"].cards = [facts(1, read_at=home.clock.now())]
    run(home)
    assert asked(home, "SELECT expires_on, expiry_source FROM sim") == [
        {"expires_on": date(2028, 1, 31), "expiry_source": "renewal"}
    ]
    assert "older_expiry" in findings(home)


def test_a_later_reading_moves_an_expiry_and_confirms_a_files(home, told):
    told(a=Lister([facts(1), facts(2)]))
    run(home)
    change(home, "UPDATE sim SET expiry_source = 'file'")
    later(home, hours=7)
    _CARRIERS["a"].cards = [facts(1, expires_on=date(2027, 6, 30), read_at=home.clock.now()), facts(2)]
    run(home)
    assert asked(home, "SELECT expires_on, expiry_source FROM sim ORDER BY sim_id") == [
        {"expires_on": date(2027, 6, 30), "expiry_source": "carrier"},
        {"expires_on": date(2027, 1, 31), "expiry_source": "carrier"},
    ]
    assert asked(home, "SELECT field, source FROM sim_change") == [{"field": "expires_on", "source": "account a"}]


def test_an_expiry_that_a_renewal_moved_stays_its_own(home, told):
    told(a=Lister([facts(1)]))
    run(home)
    change(home, "UPDATE sim SET expiry_source = 'renewal'")
    later(home, hours=7)
    _CARRIERS["a"].cards = [facts(1, read_at=home.clock.now())]
    run(home)
    assert asked(home, "SELECT expiry_source FROM sim") == [{"expiry_source": "renewal"}], "a review may take it back"


def test_a_state_of_no_table_is_unknown_and_a_finding(home, told):
    told(a=Lister([facts(1, raw_status="77", status="unknown"), facts(2, raw_status="x", status="invented")]))
    run(home)
    assert {row["status"] for row in asked(home, "SELECT status FROM sim")} == {"unknown"}
    assert "unmapped_status" in findings(home)


def test_what_is_no_card_number_is_left_out(home, told):
    told(a=Lister([facts(1), facts(2, iccid="8.98604E+18")]))
    run(home)
    assert sync(home, "a").cards == 1


def test_one_accounts_trouble_stops_no_other(home, told):
    told(a=Lister([facts(1)], {None: KeyError("a secret")}), b=Lister([facts(2)]))
    run(home)
    assert [row["account"] for row in asked(home, "SELECT account FROM sim")] == ["b"]
    trouble = sync(home, "a")
    assert (trouble.failed, trouble.failures, trouble.error) == (1, 1, "KeyError"), "no answer is quoted"
    assert trouble.next_at > home.clock.now() and trouble.good_at is None


def test_a_sweep_goes_on_where_it_stopped(home, told):
    cards = [facts(number) for number in range(1, 8)]
    told(a=Lister(cards, {"4": Doubt("the connection failed")}))
    run(home)
    assert (sync(home, "a").cards, sync(home, "a").place) == (4, "list:4")
    assert len(asked(home, "SELECT * FROM sim")) == 4, "what was told is kept"
    run(home)
    assert _CARRIERS["a"].asked == [None, "2", "4"], "a failed call waits"
    later(home, minutes=2)
    _CARRIERS["a"].broken = {}
    run(home)
    assert _CARRIERS["a"].asked == [None, "2", "4", "4", "6"]
    assert (sync(home, "a").cards, sync(home, "a").failures, sync(home, "a").error) == (7, 0, None)
    assert not findings(home).get("not_listed"), "nothing is missed that was listed before the stop"


def test_a_place_that_is_gone_begins_anew(home, told):
    told(a=Lister([facts(number) for number in range(1, 5)], {"2": Doubt("no such page")}))
    for _ in range(5):
        run(home)
        later(home, hours=2)
    _CARRIERS["a"].asked.clear()
    _CARRIERS["a"].broken = {}
    run(home)
    assert _CARRIERS["a"].asked == [None, "2"]


def test_a_list_that_turns_in_circles_is_trouble(home, told):
    carrier = Lister([facts(1)])
    carrier.list_cards = lambda cursor: CardPage((facts(1),), "again")
    told(a=carrier)
    run(home)
    assert sync(home, "a").error == "ValueError"


def test_renewals_have_the_way(home, told):
    told(a=Lister([facts(1)], {None: Held(7)}))
    run(home)
    held = sync(home, "a")
    assert (held.failed, held.error, held.next_at - home.clock.now()) == (0, None, timedelta(seconds=7))


def test_a_card_of_another_account_is_noticed_and_nothing_taken(home, told):
    told(a=Lister([facts(1)]), b=Lister([facts(1, expires_on=date(2029, 1, 31))]))
    run(home)
    assert asked(home, "SELECT account, expires_on FROM sim") == [{"account": "a", "expires_on": date(2027, 1, 31)}]
    assert "other_account" in findings(home)


def test_a_card_the_whole_list_does_not_name_is_noticed_until_it_is(home, told):
    told(a=Lister([facts(1), facts(2)]))
    run(home)
    for cards, wanted in (([facts(1)], True), ([facts(1), facts(2)], False)):
        later(home, hours=7)
        _CARRIERS["a"].cards = cards
        run(home)
        assert ("not_listed" in findings(home)) is wanted


def test_the_carriers_plan_is_compared_with_its_own_word_before(home, told):
    told(a=Lister([facts(1, imei="861111111111111")]))
    run(home)
    plan = asked(home, "SELECT plan_id FROM sim")
    assert "told_plan" not in findings(home)
    later(home, hours=7)
    _CARRIERS["a"].cards = [facts(1, plan="Flow 30", imei="862222222222222")]
    run(home)
    assert {"told_plan", "told_device"} <= set(findings(home))
    assert asked(home, "SELECT plan_id FROM sim") == plan, "what we buy for it does not change by that"


def test_those_that_need_an_order_soonest_are_asked_first(home, told, monkeypatch):
    monkeypatch.setattr(refresh_sims, "_AT_ONCE", 2)
    days = {1: date(2027, 6, 30), 2: date(2026, 12, 10), 3: date(2026, 11, 30), 4: date(2026, 12, 31)}
    told(a=Lister([facts(number, expires_on=day) for number, day in days.items()]))
    run(home)
    later(home, hours=7)
    order = []

    def by_number(iccids):
        order.append([int(one[-7:-1]) for one in iccids])
        return [replace(facts(1), iccid=one, expires_on=days[int(one[-7:-1])]) for one in iccids]

    _CARRIERS["a"].card_facts = by_number
    run(home)
    assert order == [[3, 2], [4]] and _CARRIERS["a"].asked[-2:] == [None, "2"]
    # A carrier that lists nothing is asked about every card.
    later(home, hours=7)
    order.clear()
    _CARRIERS["a"] = SimpleNamespace(card_facts=by_number, terms=TERMS)
    monkeypatch.setattr(accounts, "_open", {})
    run(home)
    assert order == [[3, 2], [4, 1]]


def test_a_card_whose_expiry_the_list_does_not_tell_is_asked_by_its_number(home, told):
    carrier = Lister([facts(1, expires_on=None), facts(2)])
    carrier.card_facts = lambda iccids: [replace(facts(1), iccid=one, expires_on=date(2027, 5, 31)) for one in iccids]
    told(a=carrier)
    run(home)
    later(home, hours=7)
    run(home)
    days = {row["expires_on"] for row in asked(home, "SELECT expires_on FROM sim_now")}
    assert days == {date(2027, 1, 31), date(2027, 5, 31)}


def test_where_a_list_can_be_had_by_expiry_the_cards_that_end_soon_come_first(home, told):
    carrier = Lister([facts(number) for number in (1, 2, 3)])
    windows = []

    def list_expiring(cursor, first, last):
        windows.append((cursor, first, last))
        # Midnight passes: the pages of one window are the same whenever they are asked for.
        later(home, hours=20)
        return CardPage((facts(3),), "2" if cursor is None else None)

    carrier.list_expiring = list_expiring
    told(a=carrier)
    run(home)
    window = (date(2026, 8, 24), date(2027, 2, 5))
    assert windows == [(None, *window), ("2", *window)]
    assert carrier.asked == [None, "2"] and sync(home, "a").place is None


def test_an_account_that_cannot_be_connected_says_why(home, told, monkeypatch):
    told(a=Lister([facts(1)]), b=Lister([facts(2)]))

    def refusing(home, account):
        if account.name == "a":
            raise accounts.NoConnection("account 'a', key: env:X holds no value; set X")
        return connect(home, account)

    monkeypatch.setattr(__import__("sys").modules["told_by_tests"], "connect", refusing)
    run(home)
    assert "holds no value" in sync(home, "a").error and sync(home, "b").error is None


def test_what_the_house_cannot_take_moves_no_place(home, told, monkeypatch):
    told(a=Lister([facts(1), facts(2), facts(3)]))
    broken = replace(refresh_sims.SWEEP, keep=lambda *_: 1 // 0)
    refreshing.refreshed(home, broken, threading.Event())
    trouble = sync(home, "a")
    assert (trouble.place, trouble.cards, trouble.good_at, trouble.error) == ("list:", 0, None, "ZeroDivisionError")


def test_a_carrier_that_tells_none_of_the_cards_is_asked_again_before_it_is_believed(home, told, monkeypatch):
    told(a=Lister([facts(1), facts(2)]))
    run(home)
    _CARRIERS["a"] = SimpleNamespace(card_facts=lambda iccids: [], terms=TERMS)
    monkeypatch.setattr(accounts, "_open", {})
    for wanted in (1, 2, 0):
        later(home, hours=7)
        run(home)
        assert sync(home, "a").failures == wanted
    assert "not_listed" in findings(home)


def test_a_card_of_which_nothing_could_be_told_keeps_its_old_word_and_is_counted(home, told, monkeypatch):
    told(a=Lister([facts(1), facts(2)]))
    run(home)
    began = home.clock.now()
    later(home, hours=7)
    _CARRIERS["a"] = SimpleNamespace(
        card_facts=lambda iccids: [facts(1, read_at=home.clock.now()), Missing(iccid(2), "the deadline passed")],
        terms=TERMS,
    )
    monkeypatch.setattr(accounts, "_open", {})
    run(home)
    done = sync(home, "a")
    assert (done.cards, done.missing, done.error) == (1, 1, None)
    assert done.as_of <= began, "as old as the last word of the card that is missing"
    assert "not_listed" not in findings(home), "it may well be listed"
    _CARRIERS["a"].card_facts = lambda iccids: [facts(number, read_at=home.clock.now()) for number in (1, 2)]
    later(home, hours=7)
    run(home)
    assert (sync(home, "a").missing, sync(home, "a").as_of) == (0, home.clock.now())


def test_a_balance_is_kept_with_its_time_and_its_failure_stops_nothing(home, told):
    lister = Lister([facts(1), facts(2), facts(3)])
    lister.balance = lambda: Balance(123_400, home.clock.now())
    told(a=lister)
    run(home)
    kept = asked(home, "SELECT account, amount_fen, read_at FROM account_balance")
    assert kept == [{"account": "a", "amount_fen": 123_400, "read_at": home.clock.now()}]

    def broken():
        raise Doubt("the deadline passed")

    lister.balance = broken
    later(home, hours=7)
    run(home)
    assert asked(home, "SELECT account, amount_fen, read_at FROM account_balance") == kept
    assert (sync(home, "a").cards, sync(home, "a").error) == (3, None)


def test_a_plan_the_carrier_calls_otherwise_becomes_one_notice_and_settling_it_closes_its_findings(home, told, people):
    lister = Lister([facts(number) for number in range(1, 6)])
    told(a=lister)
    run(home)
    lister.cards = [replace(card, plan="Flow 200") if card.iccid != iccid(1) else card for card in lister.cards]
    later(home, hours=7)
    run(home)
    notice = notices.notices(home.db.read())[0]
    assert (notice.kind, notice.cards, notice.source, notice.account) == ("card_plan", 4, "account a", "a")
    assert notice.said() == "Cards went from Flow 100 to Flow 200, and nobody here ordered it"
    assert "told_plan" in findings(home)
    with home.db.write() as tx:
        notices.acknowledge(tx, people["operator"], notice_id=notice.notice_id)
    assert "told_plan" not in findings(home)


def test_a_plan_all_of_whose_cards_bear_one_new_name_is_renamed(home, told):
    lister = Lister([facts(number) for number in range(1, 6)])
    told(a=lister)
    run(home)
    change(home, "UPDATE plan SET plan = 'ours'")
    lister.cards = [replace(card, plan="Flow+ 100") for card in lister.cards]
    later(home, hours=7)
    run(home)
    assert [notice.said() for notice in notices.notices(home.db.read())] == [
        "Flow 100 seems to be called Flow+ 100 now"
    ]


def test_a_plan_change_of_ours_is_no_news_of_the_carriers(home, told):
    lister = Lister([facts(1)])
    told(a=lister)
    run(home)
    later(home, hours=3)
    change(
        home,
        "INSERT INTO obligation (id, digest, key, sim_id, account, stem, kind, seq) "
        "SELECT 1, uuid(), 'k', sim_id, account, stem, 'plan-change', 1 FROM sim",
    )
    with home.db.write() as tx:
        add = "INSERT INTO state (obligation, st, n, changed_at) VALUES (1, 'succeeded', 1, $now)"
        tx.run(Query("add", "By a test.", add), now=tx.now)
    for plan, known in (("Flow 200", 0), ("Flow 300", 1)):
        lister.cards = [facts(1, plan=plan)]
        later(home, hours=7)
        run(home)
        assert len(notices.notices(home.db.read())) == known
        assert ("told_plan" in findings(home)) == bool(known)
