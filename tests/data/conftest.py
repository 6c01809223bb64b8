"""A small fleet: six cards in five terminals of two merchants, each with something to say."""

from datetime import UTC, date, datetime

import pytest

from data.clock import MovedClock
from data.database import Query
from data.home import open_home
from data.sims.rolling import roll_up

MB = 1024 * 1024
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)  # a Sunday


def run(tx, sql, **params):
    tx.run(Query("test", "", sql), **params)


def insert(tx, table, **row):
    run(tx, f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('$' + name for name in row)})", **row)


def card(tx, n, **columns):
    """Card number `n` in account mobile-main unless told otherwise."""
    told = {
        "sim_id": n,
        "stem": f"898600D00000000000{n}",
        "iccid": f"898600D00000000000{n}{n}",
        "imsi": f"46000000000000{n}",
        "msisdn": f"1440000{n:06d}",
        "carrier": "mobile",
        "account": "mobile-main",
        "plan_id": 1,
        "status": "active",
        "observed_at": NOW,
    }
    insert(tx, "sim", **told | columns)


@pytest.fixture
def fleet(home):
    """The fleet in a home of the test's own, to write to."""
    build(home)
    return home


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """The fleet in a home that the tests of a file share: for reading only."""
    home = open_home(tmp_path_factory.mktemp("fleet") / "home", create="real")
    home.db.clock = MovedClock(NOW)
    build(home)
    yield home
    home.close()


def build(home):
    """Cards 1–6: due, stopped, expired in an unfit terminal, far, without a terminal, cancelled."""
    with home.db.write() as tx:
        account = {"gives_invoice": True, "support": "10086", "way_to_pay": "prepaid", "connector": "offline"}
        insert(
            tx, "account", account="mobile-main", carrier="mobile", payee="中国移动", last_order_day=20, working_days=3,
            cancel_after_days=90, expiry_rule="from_old_expiry", **account,
        )  # fmt: skip
        insert(
            tx, "account", account="agent", carrier="unicom", payee="华南代理", working_days=1,
            cancel_after_days=60, expiry_rule="from_today", **account,
        )  # fmt: skip
        insert(tx, "agent", agent_id=1, agent_no="A1", name="顺达")
        insert(tx, "merchant", merchant_id=1, merchant_no="305100058120001", name="杭州第一便利店（文三）", city="杭州",
               region="浙江", agent_id=1, contact_name="王芳", contact_phone="13900000001")  # fmt: skip
        insert(
            tx, "merchant", merchant_id=2, merchant_no="305100058120002", name="宁波面馆", city="宁波", region="浙江"
        )
        insert(tx, "terminal_model", brand="百富", model="S90", networks="2G")
        for n, merchant in ((1, 1), (2, 1), (3, 1), (4, 2), (5, 2)):
            insert(
                tx, "terminal", terminal_key=n, terminal_id=f"0000100{n}", merchant_id=merchant, serial_no=f"SN77000{n}",
                brand="新大陆", model="M1", networks="2G/3G/4G", monthly_takings_fen=900_000 if n < 3 else None,
                imei=f"86000000000000{n}",
            )  # fmt: skip
        insert(tx, "plan", plan_id=1, plan="30M/月", carrier="mobile", network="4G", quota_bytes=30 * MB, term_months=12,
               overage_millifen_per_mb=29_000)  # fmt: skip
        insert(tx, "plan", plan_id=2, plan="NB", carrier="unicom", network="NB", quota_bytes=10 * MB, term_months=12)
        insert(tx, "price", plan_id=1, channel="", term_months=12, price_fen=1500, valid_from=date(2026, 1, 1))
        card(tx, 1, terminal_key=1, expires_on=date(2026, 11, 30))
        card(tx, 2, terminal_key=2, expires_on=date(2026, 12, 31), status="stopped_quota")
        card(tx, 3, terminal_key=3, expires_on=date(2026, 11, 15), account="agent", carrier="unicom", plan_id=2)
        card(tx, 4, terminal_key=4, expires_on=date(2027, 6, 30))
        card(tx, 5, expires_on=date(2027, 6, 30), account=None)
        card(tx, 6, terminal_key=5, expires_on=date(2026, 6, 30), status="cancelled")
        roll_up(tx)
