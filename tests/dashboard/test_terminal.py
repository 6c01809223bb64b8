"""The Terminal page: the same sentence for the machine, its cards, merchant, agent and neighbours."""

import pytest

from data.database import Query

_PLACE = """INSERT INTO merchant (merchant_id, merchant_no, name, city) VALUES (1, '801100000000001', 'Noodle bar', 'Hangzhou');
INSERT INTO terminal (terminal_key, terminal_id, merchant_id, brand, model, serial_no, status)
VALUES (1, 'T0000001', 1, 'PAX', 'S920', 'SN1', 'in_use'), (2, 'T0000002', 1, 'PAX', 'S920', 'SN2', 'repair')"""


@pytest.fixture
def shop(home):
    with home.db.write() as tx:
        for statement in _PLACE.split(";"):
            tx.run(Query("place", "A merchant with two machines.", statement))


@pytest.mark.parametrize("asked", [{}, {"id": "x"}, {"id": "²"}, {"id": "99"}, {"id": "-1"}])
def test_an_address_that_names_no_terminal_leads_to_look_up(page, shop, asked):
    test = page("terminal", **asked)
    assert not test.exception
    assert "No such terminal" in [head.value for head in test.subheader]


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "administrator"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_everyone_sees_the_sentence_of_its_card(page, fleet, shop, who, language):
    fleet(1, merchant_id=1)
    test = page("terminal", who, language=language, id="1")
    assert not test.exception
    assert {"en": "In service", "zh_CN": "正常"}[language] in test.warning[0].value
    assert "Noodle bar" in [text.value for text in test.text]


def test_a_terminal_without_a_card_says_who_acts(page, shop):
    test = page("terminal", id="2")
    assert "No card" in test.warning[0].value
    assert not [table for table in test.dataframe if "card" in table.value.columns]


def test_the_merchants_other_machines_are_links(page, fleet, shop):
    fleet(1)
    table = page("terminal", id="1").dataframe[1].value
    assert list(table["terminal"]) == ["/terminal?id=2&tid=T0000002"]


def test_the_line_of_the_join_report_about_machines_lists_them(page, shop):
    test = page("terminal", report="terminals_without_card")
    assert not test.exception
    assert list(test.dataframe[0].value["terminal"]) == ["/terminal?id=1#T0000001"]
