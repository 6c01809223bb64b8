"""What money tests share: the test carrier in its own process, a real home with an account on it, people, worker and time.

A test chooses the carrier's kind by parametrizing `key` (is the order number an idempotency key) and `terms` (other keys of
the account); both have plain defaults.
"""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.clock import MovedClock
from data.home import Home, open_home
from data.people import store as people_store
from data.people.rules import Actor
from data.renewals import journal
from data.renewals import store as renewals
from data.renewals.rules import order_no
from jobs import run_renewals, settle_unknowns
from jobs.carriers import Order, accounts, pacing
from tests.carrier import running
from tests.money import invariants
from tests.money.building import EXPIRY, NOW, make_home, sql
from tests.money.desk import Desk, desk_at_border
from tests.money.mortal import Mortal

CARDS = 12
BOTH = pytest.mark.parametrize("key", [True, False], ids=["key", "no key"])
# For faults that end at the deadline: short, and still long enough for a busy machine to send an order in.
SOON = pytest.mark.parametrize("terms", [{"call_deadline_s": 0.8}], ids=["0.8 s"])


def iccid(number: int) -> str:
    """The number of the n-th card of a money home, from 1."""
    return f"8986041012345{number:06d}7"


@pytest.fixture
def key() -> bool:
    """Whether the carrier honours an idempotency key."""
    return True


@pytest.fixture
def terms() -> dict[str, Any]:
    """More keys of the account, such as `query_trusted`."""
    return {}


@pytest.fixture
def carrier(tmp_path: Path, key: bool) -> Iterator[running.Carrier]:
    """The test carrier, running, with CARDS cards; its clock stands at NOW and moves with `settle`."""
    started = running.Carrier(tmp_path / "carrier").start()
    started.settings(key=key, now=NOW.isoformat())
    started.put_cards({iccid(number): {"expires_on": EXPIRY.isoformat()} for number in range(1, CARDS + 1)})
    yield started
    started.stop()


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home made once; the account's address comes with each test."""
    running.install()
    path = tmp_path_factory.mktemp("money") / "home"
    nowhere = running.Carrier(path)
    make_home(path, cards=CARDS, accounts_toml=nowhere.account(), account="test-a")
    return path


@pytest.fixture
def money_home(
    tmp_path: Path, _template: Path, carrier: running.Carrier, key: bool, terms: dict[str, Any]
) -> Iterator[Home]:
    """A real home: account test-a at the carrier, CARDS cards at ¥12.00 that expire on EXPIRY; the clock stands at NOW."""
    path = tmp_path / "home"
    shutil.copytree(_template, path)
    (path / "carriers.toml").write_text(carrier.account(order_key=key, **terms), encoding="utf-8")
    home = open_home(path)
    home.db.clock = MovedClock(NOW)
    accounts.load(home)
    yield home
    home.close()
    journal._opened.pop(home.journal, None)
    opened = accounts._open.pop((home.path, "test-a"), None)
    if opened:
        opened[2].close()
    pacing._paces.clear()


@pytest.fixture
def mortal(tmp_path: Path, _template: Path, carrier: running.Carrier, key: bool, terms: dict[str, Any]) -> Mortal:
    """A closed home like `money_home`, to be worked in by processes that may die."""
    shutil.copytree(_template, tmp_path / "home")
    (tmp_path / "home" / "carriers.toml").write_text(carrier.account(order_key=key, **terms), encoding="utf-8")
    return Mortal(tmp_path / "home", carrier, key=key)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """`desk(cards=3, key=True)`: an open desk whose carrier is inside the test; all are closed at the end."""
    opened: list[Desk] = []

    def build(**how: Any) -> Desk:
        opened.append(desk_at_border(tmp_path / f"home{len(opened)}", **{"cards": 3, "canary_items": 0, **how}))
        return opened[-1]

    yield build
    for one in opened:
        one.close()


@pytest.fixture
def approved(money_home: Home) -> Callable[..., list[str]]:
    """`approved(3)`: the first three cards in an approved batch; their order numbers, nearest first."""

    def build(count: int, *, first: int = 1) -> list[str]:
        sims = list(range(first, first + count))
        maker, checker = _person(money_home, "operator"), _person(money_home, "approver")
        with money_home.db.write() as tx:
            made = renewals.propose(tx, maker, sim_ids=sims, form_key=f"form {first}")
        status = renewals.status(money_home.db.read(), made.batch)
        with money_home.db.write() as tx:
            settings = money_home.settings
            renewals.approve(tx, checker, batch=made.batch, content_hash=status.content_hash, settings=settings)
        found = (
            "SELECT o.key, s.n FROM state s JOIN obligation o ON o.id = s.obligation ORDER BY o.sim_id DESC LIMIT $n"
        )
        rows = money_home.db.read().rows(sql(found), n=count)
        return [order_no(row["key"], row["n"]) for row in reversed(rows)]

    return build


@pytest.fixture
def work(money_home: Home) -> Callable[[], str | None]:
    """`work()`: one pass of the worker."""
    return lambda: run_renewals.run(money_home, threading.Event())


@pytest.fixture
def settle(money_home: Home, carrier: running.Carrier) -> Callable[..., str | None]:
    """`settle(seconds=30)`: time passes for us and the carrier, then one pass of the settling job."""

    def step(**time: float) -> str | None:
        money_home.clock.move(timedelta(**time))
        carrier.settings(now=money_home.clock.now().isoformat())
        return settle_unknowns.run(money_home, threading.Event())

    return step


@pytest.fixture
def rest(money_home: Home, work: Callable[[], Any], settle: Callable[..., Any]) -> Callable[[], dict[str, int]]:
    """`rest()`: settle and work, slot by slot, until nothing moves any more; how many obligations stand where."""

    def until_rest() -> dict[str, int]:
        for step in range(60):
            if not set(states(money_home)) & {"pending", "submitted", "unknown"}:
                break
            settle(**({"minutes": 2} if step < 20 else {"hours": 12}))
            work()
        return states(money_home)

    return until_rest


@pytest.fixture
def sound(money_home: Home, carrier: running.Carrier, key: bool) -> Callable[..., None]:
    """`sound()`: everything rests and no invariant is broken."""

    def check(**asked: Any) -> None:
        keyless = frozenset() if key else frozenset({"test-a"})
        asked = {"secrets": (running.SECRET,), "keyless": keyless} | asked
        found = invariants.check(money_home, carrier.folder, asked=invariants.Asked(**asked))
        assert not found, found

    return check


def states(home: Home) -> dict[str, int]:
    """How many obligations stand where."""
    rows = home.db.read().rows(sql("SELECT st, count(*) AS n FROM state GROUP BY 1 ORDER BY 1"))
    return {row["st"]: row["n"] for row in rows}


def standing(home: Home) -> dict[str, Any]:
    """The only obligation, as it stands: st, n, reason, proof, detail, next_at, …"""
    (row,) = home.db.read().rows(sql("SELECT * FROM state"))
    return row


def first_order(home: Home) -> Order:
    """The order that is to be sent first."""
    (work, *_others) = renewals.open_work(home.db.read(), now=home.clock.now())
    item = renewals.next_items(home.db.read(), work, now=home.clock.now(), limit=1)[0]
    names = (
        "order_no",
        "account",
        "kind",
        "iccid",
        "msisdn",
        "plan",
        "months",
        "amount_fen",
        "old_expiry",
        "new_expiry",
    )
    return Order(**{name: getattr(item, name) for name in names})


def pace(home: Home) -> pacing.Pace:
    """The pace of the account's credential."""
    return accounts.connected(home, "test-a")._http.pace


def let_go(home: Home) -> None:
    """The carrier takes calls again at once, whatever it said before."""
    pace(home)._held_until = 0.0


def alarms(home: Home) -> list[str]:
    """The kinds of the open findings."""
    rows = home.db.read().rows(sql("SELECT kind FROM finding WHERE closed_at IS NULL ORDER BY kind"))
    return [row["kind"] for row in rows]


def events(home: Home) -> list[tuple[int, str]]:
    """Arrows walked after the approval, with where they led, in order."""
    rows = home.db.read().rows(sql("SELECT arrow, to_state FROM event WHERE arrow <> 1 ORDER BY seq"))
    return [(row["arrow"], row["to_state"]) for row in rows]


def journal_lines(home: Home) -> list[dict[str, Any]]:
    """Every line of the money journal."""
    files = sorted(home.journal.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def _person(home: Home, name: str) -> Actor:
    with home.db.write(quiet=True) as tx:
        return people_store.by_name(tx, name).actor("command line")
