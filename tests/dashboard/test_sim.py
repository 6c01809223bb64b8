"""The SIM page: one sentence first, then everything about the card; renewing it from here."""

from datetime import date, timedelta

import pytest

from data.database import Query
from data.sims.filter import SimFilter

TODAY = date(2026, 11, 22)
ICCID = "8986000000000000001"


@pytest.mark.parametrize("asked", [{}, {"iccid": "nobody"}, {"iccid": "8986009999999999999"}])
def test_an_address_that_names_no_card_leads_to_look_up(page, fleet, asked):
    test = page("sim", **asked)
    assert not test.exception
    assert "No such SIM" in [head.value for head in test.subheader]
    assert "Look up" in [link.value for link in test.page_link]


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "administrator"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_everyone_reads_the_sentence_and_the_facts(page, fleet, who, language):
    fleet(1, status="stopped_expired", expires_on=TODAY - timedelta(days=2), cancel_by=TODAY + timedelta(days=88))
    test = page("sim", who, language=language, iccid=ICCID)
    assert not test.exception
    assert "2026-11-20" in test.warning[0].value
    assert "2027-02-18" in test.warning[0].value
    assert {"en": "Stopped: expired", "zh_CN": "到期停机"}[language] in test.warning[0].value
    assert "Noodle bar 1" in [text.value for text in test.text]


def test_names_from_files_are_plain_text(page, fleet):
    fleet(1, merchant="**bold** [link](http://x)")
    test = page("sim", iccid=ICCID)
    assert "**bold** [link](http://x)" in [text.value for text in test.text]
    assert not any("[link]" in text.value for text in test.markdown)


def test_renewing_one_card_goes_to_the_renew_page_with_it(page, fleet):
    (sim_id,) = fleet(1)
    test = page("sim", iccid=ICCID)
    next(button for button in test.button if button.label == "Renew this SIM").click().run()
    assert test.session_state["renew:selection"] == SimFilter(sim_ids=(sim_id,))


@pytest.mark.parametrize("who", ["viewer", "approver", "administrator"])
def test_who_may_not_propose_sees_no_renew_button(page, fleet, who):
    fleet(1)
    labels = [button.label for button in page("sim", who, iccid=ICCID).button]
    assert "Renew this SIM" not in labels
    assert not any(label.startswith("Decide") for label in labels)


def test_a_card_without_figures_says_which_file_brings_them(page, fleet):
    fleet(1)
    captions = [caption.value for caption in page("sim", iccid=ICCID).caption]
    assert "No usage figures for this card yet; a usage file brings them." in captions
    assert "This SIM has not been renewed here yet." in captions


def test_usage_is_a_chart_once_there_are_days(home, page, fleet):
    (sim_id,) = fleet(1)
    with home.db.write() as tx:
        tx.run(Query("u", "u", "INSERT INTO usage_day VALUES ($sim_id, $day, 1048576)"), sim_id=sim_id, day=TODAY)
    test = page("sim", iccid=ICCID)
    assert not test.exception
    assert len(test.get("vega_lite_chart")) == 1


def test_history_is_told_in_sentences(home, page, fleet):
    (sim_id,) = fleet(1)
    with home.db.write() as tx:
        tx.run(
            Query(
                "h",
                "h",
                "INSERT INTO sim_change VALUES ($sim_id, $now, 'status', 'active', 'stopped_expired', 'import 12')",
            ),
            sim_id=sim_id,
            now=tx.now,
        )
    row = page("sim", language="zh_CN", iccid=ICCID).dataframe[-1].value.iloc[0]
    assert "到期停机" in row["said"]
    assert row["who"] == "导入 12"
    assert row["ts"] == "2026-11-22 10:00"


@pytest.mark.parametrize(("language", "label"), [("en", "Silent period ends"), ("zh_CN", "沉默期到期")])
def test_a_spare_card_says_when_its_silent_period_ends_and_no_other_does(page, fleet, language, label):
    fleet(1, status="silent", due=False, expires_on=None, act_by=None, silent_until=TODAY + timedelta(days=9))
    fleet(1)
    test = page("sim", language=language, iccid=ICCID)
    assert label in [caption.value for caption in test.caption]
    assert "2026-12-01" in [text.value for text in test.text]
    assert "2026-12-01" in test.warning[0].value
    other = page("sim", language=language, iccid="8986000000000000002")
    assert label not in [caption.value for caption in other.caption]


PAPER = """
INSERT INTO voucher (voucher_id, sha256, filename, format, bytes, kind, remarks, filed_by, filed_at)
VALUES (7, 'ab', '[x](y).pdf', 'pdf', 1, 'invoice', '[]', 1, $now)
"""
ORDER = "INSERT INTO obligation VALUES (1, uuid(), 'a', $sim_id, 'mobile-main', '1', 'renew', NULL, 1)"


@pytest.mark.parametrize(("who", "language", "links"), [("finance", "zh_CN", ["发票 7"]), ("desk", "en", [])])
def test_a_paper_that_proves_a_renewal_is_a_click_away(home, page, fleet, who, language, links):
    (sim_id,) = fleet(1)
    with home.db.write() as tx:
        tx.run(Query("p", "p", PAPER), now=tx.now)
        tx.run(Query("p", "p", ORDER), sim_id=sim_id)
        tx.run(Query("p", "p", "INSERT INTO voucher_renewal VALUES (7, 1)"))
    test = page("sim", who, language=language, iccid=ICCID)
    assert not test.exception
    assert [link.label for link in test.get("page_link") if link.label.endswith(" 7")] == links
