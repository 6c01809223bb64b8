"""What price lists, card lists and carriers show otherwise than before becomes a notice, once; nothing else moves by it."""

import json
from datetime import date, timedelta

import pyarrow as pa
import pytest

from data.database import Query
from data.files import staging
from data.people.rules import SYSTEM
from data.plans import merging, notices, noticing
from data.plans.notice_rules import Offer
from data.sims import merging as sims_merging
from data.words import speaking

MB = 1024 * 1024
TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _numbers_of_its_own(fleet):
    """The fleet brought its own plan numbers."""
    asked(fleet, "SELECT nextval('plan_ids') FROM range(10)")


def change(home, text, **params):
    with home.db.write() as tx:
        tx.run(Query("change", "By a test.", text), **params)


def asked(home, text, **params):
    return home.db.read().rows(Query("asked", "By a test.", text), **params)


def price_list(home, *rows, source="import 2"):
    told = [{"plan": "30M/月", "carrier": "mobile", "term_months": 12} | row for row in rows]
    with home.db.write() as tx, staging.staged(tx, pa.Table.from_pylist(told), source=source):
        merging.merge_plans(tx, last=merging.resolve_plans(tx, described=True), source=source)


def card_list(home, *rows, source="import 3"):
    with home.db.write() as tx, staging.staged(tx, pa.Table.from_pylist(list(rows)), source=source):
        sims_merging.find_sims(tx)
        last_plan = merging.resolve_plans(tx)
        sims_merging.merge_sims(tx, last=sims_merging.add_sims(tx), source=source)
        noticing.cards_of_file(tx, source=source, last_plan=last_plan)


def iccid(n):
    return f"898600D00000000000{n}{n}"


def open_ones(home):
    return notices.notices(home.db.read())


def said(home):
    return [notice.said() for notice in open_ones(home)]


def test_a_price_to_come_is_a_notice_from_its_first_day(fleet):
    price_list(fleet, {"price_fen": 1600, "valid_from": date(2027, 1, 1)})
    notice = open_ones(fleet)[0]
    assert notice.said() == "30M/月: 12 months cost ¥16.00 instead of ¥15.00"
    assert (notice.kind, notice.effective_on, notice.channel, notice.source) == (
        "price",
        date(2027, 1, 1),
        "",
        "import 2",
    )
    assert notice.cards == 4
    with speaking("zh_CN"):
        assert "¥16.00" in notice.said() and "30M/月" in notice.said()
    assert asked(fleet, "SELECT event, object FROM audit WHERE event = 'notice:found'") == [
        {"event": "notice:found", "object": f"notice {notice.notice_id}"}
    ]


def test_the_same_list_again_opens_no_second_notice(fleet):
    for _time in range(2):
        price_list(fleet, {"price_fen": 1600, "valid_from": date(2027, 1, 1)})
    assert len(open_ones(fleet)) == 1


@pytest.mark.parametrize(
    "rows",
    [
        [{"price_fen": 1500}],  # as it is
        [{"price_fen": 900, "valid_from": date(2020, 1, 1)}],  # history: a later price has replaced it
        [{"price_fen": 1500}, {"price_fen": 4000, "term_months": 36}],  # another term is another price
        [{"price_fen": 1400, "channel": "Agent Wang"}],  # and so is another channel
        [{"price_fen": 99, "plan": "new"}],
        [{"price_fen": 1600, "valid_from": date(2026, 2, 1), "valid_to": date(2026, 3, 1)}],  # over
    ],
)
def test_what_changes_no_known_price_is_no_notice(fleet, rows):
    price_list(fleet, *rows)
    assert open_ones(fleet) == []


def test_an_agents_price_concerns_his_cards_only(fleet):
    change(
        fleet,
        "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) VALUES (1, 'mobile-main', 12, 1400, DATE '2026-01-01')",
    )
    price_list(fleet, {"price_fen": 1450, "channel": "mobile-main"})
    price_list(fleet, {"price_fen": 1550})
    told = {notice.channel: notice for notice in open_ones(fleet)}
    assert told["mobile-main"].cards == 3 and told["mobile-main"].account == "mobile-main"
    assert told[""].cards == 1, "who buys through a channel of its own does not buy at the list's price"


def test_data_and_term_of_a_known_plan(fleet):
    price_list(fleet, {"quota_bytes": 20 * MB, "term_months": 6})
    assert said(fleet) == ["30M/月: 6 months at a time instead of 12", "30M/月: 20 MB a month instead of 30 MB"]


def test_a_plan_that_is_only_named_is_described_and_not_changed(fleet):
    change(fleet, "UPDATE plan SET provisional = true WHERE plan_id = 1")
    price_list(fleet, {"quota_bytes": 20 * MB})
    assert open_ones(fleet) == []


def test_cards_a_list_puts_on_another_plan_are_told_with_their_number(fleet):
    card_list(fleet, {"iccid": iccid(1), "plan": "100M"}, {"iccid": iccid(2), "plan": "100M"})
    notice = open_ones(fleet)[0]
    assert notice.kind == "card_plan"
    assert notice.said() == "Cards went from 30M/月 to 100M, and nobody here ordered it"
    assert (notice.account, notice.cards, notice.effective_on) == ("mobile-main", 2, TODAY)


def test_a_plan_whose_cards_all_bear_one_new_name_is_renamed(fleet):
    change(fleet, "UPDATE sim SET status = 'cancelled' WHERE sim_id = 4")
    card_list(fleet, {"iccid": iccid(1), "plan": "30M new"}, {"iccid": iccid(2), "plan": "30M new"})
    assert said(fleet) == ["30M/月 seems to be called 30M new now"]


def ordered(home, plan_id, state="succeeded", days_ago=3):
    """A plan change of ours for card 1."""
    when = home.clock.now() - timedelta(days=days_ago)
    change(
        home,
        "INSERT INTO obligation (id, digest, key, sim_id, account, stem, kind, seq) "
        "SELECT 1, uuid(), 'k', sim_id, account, stem, 'plan-change', 1 FROM sim WHERE sim_id = 1",
    )
    change(home, "INSERT INTO state (obligation, st, n, changed_at) VALUES (1, $st, 1, $ts)", st=state, ts=when)
    change(
        home,
        "INSERT INTO batch_line (batch, line, digest, sim_id, iccid, plan_id) SELECT 1, 1, digest, 1, 'x', $plan_id FROM obligation",
        plan_id=plan_id,
    )


@pytest.mark.parametrize(
    ("state", "days", "told"), [("succeeded", 3, 0), ("unknown", 3, 0), ("failed", 3, 1), ("succeeded", 90, 1)]
)
def test_a_plan_change_of_ours_is_no_news(fleet, state, days, told):
    change(fleet, "INSERT INTO plan (plan_id, plan, carrier) VALUES (7, '100M', 'mobile')")
    ordered(fleet, 7, state, days)
    card_list(fleet, {"iccid": iccid(1), "plan": "100M"})
    assert len(open_ones(fleet)) == told


def test_a_plan_change_to_another_plan_than_ordered_is_news(fleet):
    change(fleet, "INSERT INTO plan (plan_id, plan, carrier) VALUES (7, '100M', 'mobile'), (8, '200M', 'mobile')")
    ordered(fleet, 7)
    card_list(fleet, {"iccid": iccid(1), "plan": "200M"})
    assert len(open_ones(fleet)) == 1


def test_cards_that_come_to_a_notice_nobody_acknowledged_join_it(fleet, people):
    for n in (1, 2):
        card_list(fleet, {"iccid": iccid(n), "plan": "100M"})
    first = open_ones(fleet)
    assert [notice.cards for notice in first] == [2]
    with fleet.db.write() as tx:
        notices.acknowledge(tx, people["operator"], notice_id=first[0].notice_id)
    card_list(fleet, {"iccid": iccid(4), "plan": "100M"})
    assert [notice.cards for notice in open_ones(fleet)] == [1]


def tell(home, *offers):
    with home.db.write() as tx:
        return noticing.offers_told(tx, account="mobile-main", offers=offers)


def test_what_a_carrier_asks_is_told_once_and_no_price_moves(fleet):
    assert tell(fleet, Offer("30M/月", 12, 30 * MB, 1600), Offer("not ours", 12, None, 5)) == 1
    assert tell(fleet, Offer("30M/月", 12, 30 * MB, 1600)) == 0
    notice = open_ones(fleet)[0]
    assert notice.said() == "30M/月: 12 months cost ¥16.00 instead of ¥15.00"
    assert (notice.account, notice.source, notice.cards) == ("mobile-main", "account mobile-main", 3)
    assert asked(fleet, "SELECT price_fen FROM price") == [{"price_fen": 1500}]
    assert [row["price_fen"] for row in asked(fleet, "SELECT price_fen FROM offer_told")] == [1600]


def test_the_accounts_own_price_is_compared_before_the_lists(fleet):
    change(
        fleet,
        "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) VALUES (1, 'mobile-main', 12, 1600, DATE '2026-01-01')",
    )
    assert tell(fleet, Offer("30M/月", 12, None, 1600)) == 0
    assert tell(fleet, Offer("30M/月", 12, None, 1700)) == 1
    assert json.loads(open_ones(fleet)[0].detail)["before_fen"] == 1600


def test_an_empty_list_forgets_nothing(fleet, people):
    tell(fleet, Offer("30M/月", 12, None, 1600))
    with fleet.db.write() as tx:
        notices.acknowledge(tx, people["operator"], notice_id=open_ones(fleet)[0].notice_id)
    assert tell(fleet) == 0
    assert tell(fleet, Offer("30M/月", 12, None, 1600)) == 0


def test_only_jobs_find(fleet, people):
    with pytest.raises(Exception, match="may not do this"), fleet.db.write() as tx:
        notices.find(tx, people["operator"], changes=[], source="import 1")
    with fleet.db.write() as tx:
        assert notices.find(tx, SYSTEM, changes=[], source="import 1") == 0
