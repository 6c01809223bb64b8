"""What tests of the jobs share."""

import pytest

from data.renewals import store as renewals
from tests.renewing import approve


@pytest.fixture
def approved(demo_home, people, practice_fleet):
    """`approved(5, lost_share=1.0)`: the number of an approved batch of so many cards."""

    def build(count, **practice):
        sims = practice_fleet(count, **practice)
        with demo_home.db.write() as tx:
            made = renewals.propose(tx, people["operator"], sim_ids=sims, form_key="f")
        approve(demo_home, people["approver"], made.batch)
        return made.batch

    return build
