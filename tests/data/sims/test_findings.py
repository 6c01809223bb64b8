import json

import pytest

from data.database import Query
from data.people.rules import Refused
from data.sims import store
from data.sims.rules import FINDING_KINDS, FINDINGS
from data.words import speaking


@pytest.fixture
def found(fleet):
    """`found("card_in_two_rows", rows=2)`: an open finding about the first card."""

    def insert(kind, **detail):
        add = Query(
            "add",
            "By a test.",
            "INSERT INTO finding (kind, sim_id, object, detail, source, found_at)"
            " VALUES ($kind, 1, 'x', $detail, 'import 3', $now)",
        )
        with fleet.db.write() as tx:
            tx.run(add, kind=kind, detail=json.dumps(detail), now=tx.now)

    return insert


def test_an_operator_closes_findings_once_and_each_is_in_the_audit_log(fleet, people, found):
    for rows in (2, 3):
        found("card_in_two_rows", rows=rows)
    ids = store.open_findings(fleet.db.read(), kind="card_in_two_rows")["finding_id"].to_pylist()
    with fleet.db.write() as tx:
        assert store.close_findings(tx, people["operator"], finding_ids=ids) == 2
        assert store.close_findings(tx, people["operator"], finding_ids=ids) == 0
    assert "card_in_two_rows" not in store.counted_findings(fleet.db.read())
    audited = Query("audited", "By a test.", "SELECT count(*) FROM audit WHERE event = 'finding:closed'")
    assert fleet.db.read().value(audited) == 2


@pytest.mark.parametrize("who", ["viewer", "approver", "administrator"])
def test_nobody_else_closes_a_finding(fleet, people, who):
    with pytest.raises(Refused), fleet.db.write() as tx:
        store.close_findings(tx, people[who], finding_ids=[1])


def test_every_kind_has_its_name_and_its_sentence():
    assert set(FINDING_KINDS) == set(FINDINGS)


@pytest.mark.parametrize(
    ("kind", "detail", "english", "chinese"),
    [
        (
            "falling_usage",
            {"before": "10485760", "after": "1048576"},
            "The usage fell from 10 MB to 1 MB: new cycle, swap or correction",
            "10 MB",
        ),
        (
            "older_expiry",
            {"source": "import 3", "told": "2026-01-01", "known": "2027-01-01"},
            "Import 3 says 2026-01-01, but 2027-01-01 is newer knowledge",
            "导入 3",
        ),
        (
            "identity_differs",
            {"field": "msisdn", "before": "1", "after": "2"},
            "Card number was 1, now 2: two cards may share one number",
            "卡号",
        ),
    ],
)
def test_a_finding_says_its_figures_sources_and_fields_in_words(kind, detail, english, chinese):
    assert store.said(kind, json.dumps(detail)) == english
    with speaking("zh_CN"):
        assert chinese in store.said(kind, json.dumps(detail))
