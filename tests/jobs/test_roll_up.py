import threading
from datetime import timedelta

import pytest

from data.database import Query
from data.sims import store as sims
from data.sims.holidays import HolidaysError
from data.words import spoken
from jobs import roll_up

STOP = threading.Event()


def test_the_view_is_made_once_a_day(home):
    assert spoken(roll_up.run(home, STOP) or "") == "0 SIMs joined anew for 2026-11-22"
    assert roll_up.run(home, STOP) is None
    home.clock.move(timedelta(days=1))
    assert roll_up.run(home, STOP)


def test_a_holiday_written_into_the_home_counts_at_once(home):
    roll_up.run(home, STOP)
    (home.path / "holidays.toml").write_text("holidays = [2027-01-04]\n")
    assert roll_up.run(home, STOP)
    assert roll_up.run(home, STOP) is None


def test_an_account_that_demands_otherwise_moves_the_dates(home):
    with home.db.write() as tx:
        tx.run(
            Query(
                "test",
                "",
                """INSERT INTO account (account, connector, carrier, payee, way_to_pay, last_order_day, working_days, cancel_after_days,
                    expiry_rule, gives_invoice, support, listed) VALUES
                ('a', 'offline', 'mobile', 'p', 'transfer', NULL, 1, 90, 'from_today', true, 's', true)""",
            )
        )
        tx.run(
            Query(
                "test",
                "",
                """INSERT INTO sim (sim_id, stem, iccid, account, expires_on, observed_at)
                VALUES (1, 's', 'i', 'a', DATE '2026-12-31', now())""",
            )
        )
    roll_up.run(home, STOP)
    before = sims.one(home.db.read(), 1).act_by
    with home.db.write() as tx:
        tx.run(Query("test", "", "UPDATE account SET working_days = 10"))
    roll_up.run(home, STOP)
    assert sims.one(home.db.read(), 1).act_by < before


def test_a_holidays_file_that_cannot_be_read_fails_the_run_and_says_why(home):
    (home.path / "holidays.toml").write_text("holidays = [1 May]")
    with pytest.raises(HolidaysError, match="not TOML"):
        roll_up.run(home, STOP)
