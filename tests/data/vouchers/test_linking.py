"""Which renewals a paper proves, may prove, and which lack one."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from data.database import Query
from data.home import Home
from data.people.rules import Actor, Refused
from data.renewals import store as renewals
from data.vouchers import store as vouchers
from data.vouchers.store import Fields
from tests.data.vouchers.test_vouchers import PDF
from tests.fleet import run, stock

RECORDS = Query("test", "", "SELECT id FROM obligation ORDER BY id")


@pytest.fixture
def renewed(home: Home, people: dict[str, Actor]) -> Iterator[list[int]]:
    """Six renewals of one batch at ¥18.05, the sixth failed; the fifth at a payee that gives no invoices."""
    stock(home, sims=6)
    with home.db.write() as tx:
        batch = renewals.propose(tx, people["operator"], sim_ids=list(range(1, 7)), form_key="one").batch
    status = renewals.status(home.db.read(), batch)
    assert status
    with home.db.write() as tx:
        renewals.approve(tx, people["approver"], batch=batch, content_hash=status.content_hash, settings=home.settings)
        run(
            tx,
            "INSERT INTO attempt BY NAME SELECT o.id AS obligation, 1 AS n, $batch AS batch, '30MB/年' AS plan, 12 AS months,"
            " 1805 AS amount_fen, 'CNY' AS currency, 'R' || o.id AS order_no, '' AS request_sha256, o.old_expiry AS expires_before,"
            " $now AS sent_at, $now AS deadline_at FROM obligation o",
            batch=batch,
            now=tx.now,
        )
        run(
            tx,
            "UPDATE state SET st = CASE WHEN obligation = 6 THEN 'failed' ELSE 'succeeded' END, ended_at = $now",
            now=tx.now,
        )
        run(tx, "UPDATE obligation SET account = 'agent-li' WHERE id = 5")
    yield [row["id"] for row in home.db.read().rows(RECORDS)]


def filed(home: Home, by: Actor, amount_fen: int, *, content: bytes = PDF, seller: str = "中国移动上海") -> int:
    with home.db.write() as tx:
        paper = vouchers.file_paper(tx, by, content=content, filename="发票.pdf", folder=home.vouchers, max_mb=20)
        fields = Fields(amount_fen=amount_fen, doc_date=date(2026, 11, 23), seller=seller)
        vouchers.describe(tx, by, voucher_id=paper.voucher_id, fields=fields)
    return paper.voucher_id


def test_renewals_without_a_paper_are_missing_by_payee_and_age(home: Home, renewed: list[int]) -> None:
    later = home.clock.now() + timedelta(days=45)
    owed = vouchers.missing(home.db.read(), now=later).to_pylist()
    assert [(row["payee"], row["gives_invoice"], row["renewals"], row["amount_fen"]) for row in owed] == [
        ("中国移动上海", True, 4, 7220),
        ("李记通信", False, 1, 1805),
    ]
    assert (owed[0]["to_30_days"], owed[0]["to_60_days"], owed[0]["older"]) == (0, 4, 0)
    lines = vouchers.missing_lines(home.db.read(), "mobile-main", now=later).to_pylist()
    assert [(line["obligation"], line["days"], line["total"]) for line in lines] == [(n, 45, 4) for n in (1, 2, 3, 4)]


def test_a_paper_of_a_batchs_sum_is_suggested_the_batch_and_one_of_a_price_each_renewal(
    home: Home, people: dict[str, Actor], renewed: list[int]
) -> None:
    whole = filed(home, people["operator"], 7220)
    found = vouchers.suggestions(home.db.read(), whole)
    assert [(one.obligations, one.renewals, one.same_payee) for one in found] == [([1, 2, 3, 4], 4, True)]
    with home.db.write() as tx:
        run(tx, "UPDATE attempt SET plan = '100MB/年' WHERE obligation IN (3, 4)")
    plan = filed(home, people["operator"], 3610, content=PDF + b"%%EOF %%EOF")
    assert [(one.plan, one.obligations) for one in vouchers.suggestions(home.db.read(), plan)] == [
        ("30MB/年", [1, 2]),
        ("100MB/年", [3, 4]),
    ]
    single = filed(home, people["operator"], 1805, content=PDF + b"\n%%EOF")
    assert len(vouchers.suggestions(home.db.read(), single)) == 5
    assert vouchers.suggestions(home.db.read(), filed(home, people["operator"], 1, content=PDF + b"%%EOF")) == []


def test_what_is_linked_is_proved_found_and_missing_no_more(
    home: Home, people: dict[str, Actor], renewed: list[int]
) -> None:
    paper = filed(home, people["operator"], 7220)
    with home.db.write() as tx:
        assert vouchers.link(tx, people["operator"], voucher_id=paper, obligations=[1, 2, 3, 4, 6, 99]) == 4
    with home.db.write() as tx:
        assert vouchers.link(tx, people["operator"], voucher_id=paper, obligations=[1]) == 0
    assert [row["payee"] for row in vouchers.missing(home.db.read(), now=home.clock.now()).to_pylist()] == ["李记通信"]
    assert vouchers.links(home.db.read(), paper)["order_no"].to_pylist() == ["R1", "R2", "R3", "R4"]
    row = vouchers.search(home.db.read(), text="r3").to_pylist()[0]
    assert (row["voucher_id"], row["renewals"], row["renewals_fen"]) == (paper, 4, 7220)
    assert vouchers.search(home.db.read(), unlinked=True).num_rows == 0
    with home.db.write() as tx:
        assert vouchers.unlink(tx, people["operator"], voucher_id=paper, obligations=[4]) == 1
    assert vouchers.missing_lines(home.db.read(), "mobile-main", now=home.clock.now()).num_rows == 1


def test_only_an_operator_links_and_only_papers_that_are_there(
    home: Home, people: dict[str, Actor], renewed: list[int]
) -> None:
    paper = filed(home, people["operator"], 7220)
    for role in ("viewer", "approver", "administrator"):
        with pytest.raises(Refused), home.db.write() as tx:
            vouchers.link(tx, people[role], voucher_id=paper, obligations=[1])
    with pytest.raises(Refused), home.db.write() as tx:
        vouchers.link(tx, people["operator"], voucher_id=999, obligations=[1])


def test_records_tell_the_papers_of_a_renewal(home: Home, people: dict[str, Actor], renewed: list[int]) -> None:
    paper = filed(home, people["operator"], 7220)
    with home.db.write() as tx:
        number = Fields(invoice_no="24312000000012345678")
        vouchers.describe(tx, people["operator"], voucher_id=paper, fields=number)
        vouchers.link(tx, people["operator"], voucher_id=paper, obligations=[2])
    rows = {row["obligation"]: row for row in renewals.records(home.db.read(), renewals.RecordFilter()).to_pylist()}
    assert (rows[2]["invoice_no"], rows[2]["vouchers"], rows[1]["vouchers"]) == ("24312000000012345678", 1, 0)
    assert (rows[1]["renewal_no"], rows[1]["maker"], rows[1]["checker"]) == ("R1", "operator", "approver")
    assert (rows[6]["state"], rows[6]["new_expires_on"], rows[1]["new_expires_on"]) == (
        "failed",
        None,
        date(2027, 12, 2),
    )
    totals = renewals.record_totals(home.db.read(), renewals.RecordFilter())
    assert (totals.records, totals.succeeded, totals.succeeded_fen, totals.amount_fen) == (6, 5, 9025, 10830)


@pytest.mark.parametrize(
    ("flt", "count"),
    [
        (renewals.RecordFilter(states=("failed",)), 1),
        (renewals.RecordFilter(account="agent-li"), 1),
        (renewals.RecordFilter(batch=1), 6),
        (renewals.RecordFilter(batch=2), 0),
        (renewals.RecordFilter(text="00sn3"), 1),
        (renewals.RecordFilter(agent_id=1), 3),
        (renewals.RecordFilter(day_from=date(2026, 11, 22), day_to=date(2026, 11, 22)), 6),
        (renewals.RecordFilter(day_from=date(2026, 11, 23)), 0),
        (renewals.RecordFilter(day_to=date(2026, 11, 21)), 0),
        (renewals.RecordFilter(text="'; DROP TABLE state; --"), 0),
    ],
)
def test_each_filter_of_the_records_narrows(
    home: Home, renewed: list[int], flt: renewals.RecordFilter, count: int
) -> None:
    again = renewals.RecordFilter.from_json(flt.to_json())
    assert again == flt
    assert (
        renewals.records(home.db.read(), again).num_rows
        == renewals.record_totals(home.db.read(), again).records
        == count
    )
