from datetime import date

import pytest

from data.people.rules import Refused
from data.sims import store
from data.sims.store import SimFilter

TODAY = date(2026, 11, 22)


def shown(home, **fields):
    table = store.page(home.db.read(), SimFilter(**fields), today=TODAY)
    return table.column("sim_id").to_pylist()


def test_a_list_stands_in_the_order_of_the_day_to_act_and_leaves_out_what_is_gone(seen):
    assert shown(seen) == [3, 1, 2, 4, 5]


@pytest.mark.parametrize(
    ("fields", "sims"),
    [
        ({"quick": "this_week"}, [3, 1]),
        ({"quick": "due_30"}, [1]),
        ({"quick": "stopped"}, [2]),
        ({"quick": "cancel_countdown"}, []),
        ({"carrier": "unicom"}, [3]),
        ({"payee": ""}, [5]),
        ({"payee": "华南代理"}, [3]),
        ({"city": "宁波"}, [4]),
        ({"agent_id": 1}, [3, 1, 2]),
        ({"statuses": ("cancelled",)}, [6]),
        ({"statuses": ("stopped_quota", "cancelled")}, [6, 2]),
        ({"expires_from": date(2026, 12, 1), "expires_to": date(2026, 12, 31)}, [2]),
        ({"text": "（文三）"}, [3, 1, 2]),
        ({"text": "sn770005"}, [6]),
        ({"sim_ids": (6, 4)}, [6, 4]),
        ({"sim_ids": ()}, []),
        ({"report": "cards_without_terminal"}, [5]),
        ({"report": "plans_without_price"}, [3]),
        ({"report": "unfit"}, [3]),
        ({"report": "dark"}, [2]),
    ],
)
def test_every_field_of_a_filter_narrows(seen, fields, sims):
    assert shown(seen, **fields) == sims


def test_totals_say_what_the_list_costs_and_what_has_no_price(seen):
    assert store.totals(seen.db.read(), SimFilter(), today=TODAY) == store.Totals(5, 4 * 1500, 1)


def test_ids_are_those_of_the_page_in_its_order(seen):
    assert store.ids(seen.db.read(), SimFilter(), today=TODAY, limit=3) == [3, 1, 2]


def test_the_same_cards_stand_on_every_export_and_page(seen):
    query, params = store.listing(seen.db.read(), SimFilter(city="杭州"), today=TODAY)
    assert [row["sim_id"] for row in seen.db.read().rows(query, **params)] == shown(seen, city="杭州")


def test_pages_do_not_overlap(seen):
    pages = [
        store.page(seen.db.read(), SimFilter(), today=TODAY, limit=2, offset=at).column("sim_id").to_pylist()
        for at in (0, 2, 4)
    ]
    assert pages == [[3, 1], [2, 4], [5]]


@pytest.mark.parametrize("order", store.ORDER)
def test_every_order_shows_every_card(seen, order):
    assert store.page(seen.db.read(), SimFilter(), today=TODAY, order=order).num_rows == 5


def test_an_unknown_list_is_an_error(seen):
    with pytest.raises(KeyError):
        store.totals(seen.db.read(), SimFilter(report="nonsense"), today=TODAY)


def test_a_filter_survives_its_trip_through_json():
    flt = SimFilter(quick="stopped", statuses=("active",), expires_from=TODAY, sim_ids=(), city="杭州")
    assert SimFilter.from_json(flt.to_json()) == flt
    assert SimFilter.from_json('{"of_the_future": 1}') == SimFilter()


def test_the_timeline_counts_expiries_per_day_and_carrier(seen):
    rows = store.expiry_timeline(seen.db.read(), SimFilter(), today=TODAY, days=60).to_pylist()
    assert rows == [
        {"day": date(2026, 11, 30), "carrier": "mobile", "sims": 1},
        {"day": date(2026, 12, 31), "carrier": "mobile", "sims": 1},
    ]


def test_choices_offer_what_is_there(seen):
    choices = store.choices(seen.db.read())
    assert choices.carriers == ("mobile", "unicom")
    assert choices.cities == ("宁波", "杭州")
    assert choices.agents == ((1, "顺达"),)


def test_an_empty_home_answers_everything(home):
    reader = home.db.read()
    assert store.page(reader, SimFilter(), today=TODAY).num_rows == 0
    assert store.totals(reader, SimFilter(), today=TODAY).sims == 0
    assert store.choices(reader).carriers == ()
    assert store.kpis(reader, today=TODAY).dark.value == 0
    assert store.at_risk(reader, today=TODAY).lost_fen == 0
    assert {line.count for line in store.join_report(reader, today=TODAY)} == {0}


def test_a_card_is_found_by_either_printed_form(seen):
    assert store.by_iccid(seen.db.read(), "898600d0000000000011 ").sim_id == 1
    assert store.by_iccid(seen.db.read(), "898600D000000000001X").sim_id == 1
    assert store.by_iccid(seen.db.read(), "898600D000000000009") is None


def test_a_decision_takes_the_card_from_the_due_list_and_is_remembered(fleet, people):
    with fleet.db.write() as tx:
        assert store.decide(tx, people["operator"], sim_ids=[1, 4], decision="decline", reason="撤机") == 2
    assert not store.one(fleet.db.read(), 1).due
    told = store.timeline(fleet.db.read(), 1).to_pylist()
    whats = [(row["kind"], row["what"], row["who"]) for row in told]
    assert whats == [("change", "decision", "operator"), ("change", "decision_reason", "operator")]
    assert store.happening(kind="change", what="decision", detail=told[0]["detail"]) == "Decision – → Do not renew"


@pytest.mark.parametrize("who", ["viewer", "approver", "administrator"])
def test_only_operators_decide(fleet, people, who):
    with pytest.raises(Refused), fleet.db.write() as tx:
        store.decide(tx, people[who], sim_ids=[1], decision="decline")
    assert store.one(fleet.db.read(), 1).decision is None
