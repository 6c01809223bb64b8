"""Usage against quota: month to date with its age, what will run out, what costs overage, what nobody uses."""

from datetime import UTC, date, datetime

import pytest

from data.sims.filter import SimFilter

MB = 1024 * 1024


@pytest.fixture
def used(fleet):
    """One card over quota, one that will run out, one nobody uses, two as they should be."""
    as_of = datetime(2026, 11, 21, 16, tzinfo=UTC)
    fleet(2, used_as_of=as_of, idle_months=0)
    fleet(
        1,
        used_as_of=as_of,
        used_bytes=45 * MB,
        used_share=1.5,
        overage_fen=435,
        exhausts_on=date(2026, 11, 20),
        idle_months=0,
    )
    fleet(1, used_as_of=as_of, used_bytes=27 * MB, used_share=0.9, exhausts_on=date(2026, 11, 24), idle_months=0)
    fleet(1, used_as_of=as_of, used_bytes=0, used_share=0.0, idle_months=3)


def choose(test, key, code):
    return next(control for control in test.button_group if control.key == key).set_value(code).run()


def table(test):
    return test.dataframe[0].value


def figures(test):
    return {metric.label: (metric.value, metric.delta) for metric in test.metric}


def test_without_figures_the_page_says_what_to_import(home, page):
    test = page("usage", "operator")
    assert not test.exception
    assert "No usage figures yet" in [head.value for head in test.subheader]


def test_the_month_so_far_says_how_old_it_is(home, used, page):
    test = page("usage", "viewer")
    assert not test.exception
    assert any("newest figure 2026-11-22 00:00" in caption.value for caption in test.caption)
    assert figures(test)["Used this month"] == ("92 MB", "5 SIMs with figures")


def test_overage_is_said_in_yuan_so_far(home, used, page):
    test = page("usage", "viewer")
    assert figures(test)["Over quota"] == ("1", "¥4.35 so far")
    assert list(table(test)["overage_fen"]) == [4.35]  # what is over quota is shown first


def test_what_is_nearly_used_up_says_on_which_day(home, used, page):
    rows = table(choose(page("usage", "viewer"), "usage:list", "low"))
    assert "2026-11-24" in list(rows["exhausts_on"].astype(str))


def test_a_card_nobody_uses_is_listed_with_its_months_and_its_cost(home, used, page):
    test = page("usage", "viewer")
    assert figures(test)["Without use"] == ("1", "cost ¥18.00 a year")
    rows = table(choose(test, "usage:list", "idle"))
    assert list(rows["idle_months"]) == ["3"]


def test_plans_are_summed_with_a_chart(home, used, page):
    test = choose(page("usage", "viewer"), "usage:view", "plans")
    assert not test.exception
    rows = table(test)
    assert (rows["plan"][0], rows["sims"][0], rows["over_sims"][0]) == ("CM-30M-12", "5", "1")
    assert len(test.get("vega_lite_chart")) == 1


def test_carriers_are_summed(home, used, page):
    test = choose(page("usage", "viewer"), "usage:view", "carriers")
    assert not test.exception
    assert list(table(test)["carrier"]) == ["China Mobile"]


def test_the_page_speaks_chinese(home, used, page):
    test = page("usage", "viewer", language="zh_CN")
    assert test.title[0].value == "用量监控"


def test_ticked_sims_go_to_the_add_ons_and_only_for_those_who_may_propose(used, page):
    for who in ("operator", "viewer"):
        test = page("usage", who)
        test.session_state["usage:over:selected"] = frozenset({3})
        test.session_state["usage:over:turn"] = 1  # as a person's tick would
        test.run()
        assert not test.exception
        found = [button for button in test.button if button.label == "Buy add-on for 1 SIM"]
        assert bool(found) == (who == "operator")
        if found:
            test = found[0].click().run()
            assert not test.exception
            assert test.session_state["changes:selection"] == SimFilter(sim_ids=(3,))
            assert test.session_state["changes:kind"] == "add-on"
