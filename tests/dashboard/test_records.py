"""The Renewal records page: what the export writes, filtered, summed and paged."""

import json

import pytest

from data.database import Query
from data.files import exports_store as exports
from data.renewals import store as renewals
from data.renewals.records import RECORD_COLUMNS
from jobs import write_exports
from jobs.exporting.sources import rows_of


@pytest.fixture
def batch(home, fleet, people):
    """Sixty SIMs in an approved batch."""
    ids = fleet(60)
    with home.db.write() as tx:
        batch = renewals.propose(tx, people["operator"], sim_ids=ids, form_key="one").batch
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, people["approver"], batch=batch, content_hash=status.content_hash, settings=home.settings)
    return batch


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "administrator"])
def test_without_batches_the_page_says_what_will_be_here(home, page, role):
    test = page("records", role)
    assert not test.exception
    assert "No renewals yet" in [head.value for head in test.subheader]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_page_shows_the_rows_of_the_export_in_its_order_and_columns(home, batch, page, language):
    test = page("records", "viewer", language=language)
    assert not test.exception
    shown = test.dataframe[0].value
    assert shown.columns.tolist() == list(RECORD_COLUMNS)
    source = rows_of(home.db.read(), "renewals", {}, today=home.clock.today())
    wanted = home.db.read().arrow(source.query, **source.params)["iccid"].to_pylist()
    assert shown["iccid"].tolist() == wanted[:50]
    assert [metric.value for metric in test.metric] == ["60", "¥1,080.00", "0", "¥0.00"]


def test_a_filter_narrows_rows_sums_and_the_export_alike(home, batch, page, people):
    test = page("records", "viewer")
    iccid = test.dataframe[0].value["iccid"][7]
    next(box for box in test.text_input if box.key == "records:text").set_value(iccid).run()
    assert test.dataframe[0].value["iccid"].tolist() == [iccid]
    next(button for button in test.button if button.key == "records:export:ask").click().run()
    wish = exports.waiting(home.db.read())[0]
    assert (wish.what, wish.person_id, json.loads(wish.filters)) == (
        "renewals",
        people["viewer"].person_id,
        {"text": iccid},
    )
    made = write_exports.write_one(home, wish)
    assert made and made.rows == 1


def test_a_link_opens_the_records_of_one_batch(home, batch, page):
    assert page("records", "viewer", batch="1").metric[0].value == "60"
    test = page("records", "viewer", batch="999")
    assert "No record here" in [head.value for head in test.subheader]
    assert not page("records", "viewer", batch="99999999999999999999").exception


def test_other_kinds_than_renewals_say_what_they_are_and_can_be_chosen(home, batch, page):
    with home.db.write() as tx:
        ids = tx.rows(Query("t", "", "SELECT id FROM obligation ORDER BY id LIMIT 2"))
        tx.run(
            Query("t", "", "UPDATE obligation SET kind = 'suspend' WHERE id IN ($a, $b)"),
            a=ids[0]["id"],
            b=ids[1]["id"],
        )
        tx.run(
            Query(
                "t",
                "",
                "UPDATE batch_line SET months = 0, plan = '' WHERE digest IN (SELECT digest FROM obligation WHERE kind = 'suspend')",
            )
        )
    test = page("records", "viewer")
    assert not test.exception
    assert sorted(set(test.dataframe[0].value["kind"])) == ["renewal", "stop"]
    next(box for box in test.selectbox if box.key == "records:kind").set_value("suspend").run()
    shown = test.dataframe[0].value
    assert (list(shown["kind"]), list(shown["months"].isna()), list(shown["plan"].isna())) == (
        ["stop"] * 2,
        [True] * 2,
        [True] * 2,
    )
