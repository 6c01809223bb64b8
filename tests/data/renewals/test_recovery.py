"""What a start refuses to go on with: money tables that no longer fit together."""

import pytest

from data.database import Query
from data.renewals import store as renewals
from data.renewals.recovery import RecoveryError, recover


@pytest.fixture
def approved(demo_home, people, practice_fleet):
    sims = practice_fleet(3)
    with demo_home.db.write() as tx:
        batch = renewals.propose(tx, people["operator"], sim_ids=sims, form_key="f").batch
    status = renewals.status(demo_home.db.read(), batch)
    with demo_home.db.write() as tx:
        hashed = status.content_hash
        renewals.approve(tx, people["approver"], batch=batch, content_hash=hashed, settings=demo_home.settings)
    return demo_home


def test_tables_that_fit_let_the_start_go_on(approved):
    assert recover(approved.db, approved.journal).in_doubt == 0


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        (
            "UPDATE obligation SET digest = uuid() WHERE id = (SELECT min(id) FROM obligation)",
            "index of the obligations",
        ),
        ("DELETE FROM obligation WHERE id = (SELECT min(id) FROM obligation)", "do not fit"),
    ],
)
def test_a_start_refuses_money_tables_that_do_not_fit(approved, tampering, told):
    with approved.db.write() as tx:
        tx.run(Query("t", "", tampering))
    with pytest.raises(RecoveryError, match=told):
        recover(approved.db, approved.journal)
