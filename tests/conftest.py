"""What every test may ask for: a home on disk, a clock that stands still, one person per role, pages as each of them."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from argon2 import PasswordHasher
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest
from xdist.scheduler import LoadScopeScheduling

from dashboard import viewer
from data import home as house
from data import words
from data.clock import MovedClock
from data.home import Home, open_home
from data.people import passwords, sessions
from data.people import store as people_store
from data.people.passwords import Proof
from data.people.rules import Actor, Event, Role

ROOT = Path(__file__).parent.parent
# Sunday 2026-11-22, ten in the morning in Shanghai.
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PASSWORD = "three quiet terminals"


# A story waits for most of its time: begun last, it would be waited for alone.
_FIRST = ("stories", "hostile", "money", "mail", "jobs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first; inside a file nothing changes."""
    order = {name: place for place, name in enumerate(_FIRST)}
    items.sort(key=lambda item: order.get(item.path.relative_to(ROOT / "tests").parts[0], len(order)))


class ByFile(LoadScopeScheduling):
    """A file's tests go to one worker, as they build on one another; all stories to the same one.

    Two browsers at once on two cores draw a page later than any story waits for it.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "tests/stories" if nodeid.startswith("tests/stories/") else nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    """Hashing at full cost a thousand times would be most of the suite; the parameters stand in each hash."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "_hasher", cheap)
        patched.setattr(passwords, "_NOBODY", cheap.hash("nothing anyone knows"))
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_components_of_others() -> Iterator[None]:
    """A page under test would look through every installed package for components of its own, at each first run."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BidiComponentManager, "discover_and_register_components", lambda *_told, **_how: None)
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("FLOWCARD_TODAY", "FLOWCARD_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FLOWCARD_HOME", str(tmp_path / "home"))
    # A command of another test may have left its language in this thread.
    words.use("en")


@dataclass(frozen=True)
class New:
    """A home as a test finds it."""

    path: Path
    people: dict[str, Actor]


@pytest.fixture(scope="session")
def _new_homes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[house.Kind, bool], New]:
    """An empty home of each kind, without and with people, made once: every migration runs when one is made."""
    made: dict[tuple[house.Kind, bool], New] = {}
    for kind in get_args(house.Kind):
        for peopled in (False, True):
            path = tmp_path_factory.mktemp("new") / kind
            opened = open_home(path, create=kind)
            opened.db.clock = MovedClock(NOW)
            made[kind, peopled] = New(path, add_people(opened) if peopled else {})
            opened.close()
    return made


def _opened(path: Path, new: New) -> Iterator[Home]:
    shutil.copytree(new.path, path)
    opened = open_home(path)
    opened.db.clock = MovedClock(NOW)
    yield opened
    house.install(None)
    opened.close()


@pytest.fixture
def home(
    request: pytest.FixtureRequest, tmp_path: Path, _new_homes: dict[tuple[house.Kind, bool], New]
) -> Iterator[Home]:
    """An empty real home whose clock stands at NOW until moved (`home.clock.move`)."""
    yield from _opened(tmp_path / "home", _new_homes["real", "people" in request.fixturenames])


@pytest.fixture
def demo_home(
    request: pytest.FixtureRequest, tmp_path: Path, _new_homes: dict[tuple[house.Kind, bool], New]
) -> Iterator[Home]:
    """An empty demo home, where practice accounts are allowed."""
    yield from _opened(tmp_path / "demo", _new_homes["demo", "people" in request.fixturenames])


def add_people(home: Home) -> dict[str, Actor]:
    """One person per role, and a second operator and approver, all with PASSWORD."""
    maker = Actor(0, "tests", Role.SYSTEM, "command line")
    latecomers = [Role.FINANCE, Role.DESK, Role.FIELD]  # tests know the people before them by their number
    names = [(role.value, role) for role in Role if role not in {Role.SYSTEM, *latecomers}]
    names += [("operator2", Role.OPERATOR), ("approver2", Role.APPROVER)]
    names += [(role.value, role) for role in latecomers]
    password = passwords.chosen("nobody", PASSWORD)
    with home.db.write() as tx:
        ids = {
            name: people_store.add(tx, maker, name=name, role=role, password=password, language="en")
            for name, role in names
        }
    # From a page money acts ask for the password again; tests of that say `replace(actor, source="page")`.
    return {name: Actor(ids[name], name, role, "command line") for name, role in names}


def proof(home: Home, by: Actor, typed: str | None, event: Event, object: str) -> Proof | None:
    """What a page has once somebody typed their password for an act; nothing where it asks for none."""
    if typed is None or by.source != "page":
        return None
    return passwords.prove(home.db.read(), by, typed, event, object, now=home.clock.now())


@pytest.fixture
def people(request: pytest.FixtureRequest, _new_homes: dict[tuple[house.Kind, bool], New]) -> dict[str, Actor]:
    """The fixed cast, in whichever home the test asked for: viewer, operator, approver, administrator, operator2, approver2, finance, desk, field."""
    in_demo = "demo_home" in request.fixturenames
    request.getfixturevalue("demo_home" if in_demo else "home")
    return _new_homes["demo" if in_demo else "real", True].people


@pytest.fixture
def page(
    request: pytest.FixtureRequest, people: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    """`page("expiry", "operator", language="zh_CN", q="…")`: that page run as that person; other keywords are the URL's query."""
    wanted = "demo_home" if "demo_home" in request.fixturenames else "home"
    home: Home = request.getfixturevalue(wanted)

    def run(name: str, who: str = "operator", *, language: str = "en", **query: str) -> AppTest:
        house.install(home)
        with home.db.write() as tx:
            person = people_store.by_name(tx, who)
            assert person
            people_store.choose_language(tx, person.actor("page"), language)
            session = sessions.sign_in(tx, person, address="127.0.0.1")
        # The cookie is the one thing of a browser that AppTest cannot carry.
        monkeypatch.setattr(viewer, "session_id", lambda: session.session_id)
        test = AppTest.from_file(str(ROOT / "dashboard" / "frame.py"), default_timeout=30)
        test.switch_page(f"app_pages/{name}.py")
        for key, value in query.items():
            test.query_params[key] = value
        return test.run()

    return run


CARRIERS_TOML = """
[[account]]
name = "practice-a"
connector = "practice"
carrier = "mobile"
payee = "Practice Mobile"
support = "400-000-1001"
refused_share = 0.0
lost_share = 0.0
accepted_share = 0.0
later_share = 0.0

[[account]]
name = "by-hand"
connector = "offline"
carrier = "unicom"
payee = "Agent Wang"
"""

_CARDS = """
INSERT INTO sim (stem, iccid, msisdn, carrier, account, plan_id, status, activated_on, expires_on, anchor_day, auto_renew, observed_at)
SELECT printf('8986041012345%06d', i), printf('8986041012345%06d7', i), printf('14412345%05d', i), 'mobile', 'practice-a', $plan_id,
    'active', DATE '2025-11-30', $expires_on::DATE + ((i * 7) % 5)::INTEGER, NULL, false, $now
FROM generate_series(1, $count) t(i)
"""


@pytest.fixture
def practice_fleet(demo_home: Home) -> Callable[..., list[int]]:
    """`practice_fleet(20)`: so many cards in use at the account practice-a, ¥12.00 for 12 months, expiring 2026-11-30 or soon after.

    Keywords change lines of carriers.toml: `practice_fleet(20, lost_share=0.5)`. Returns the sim_ids.
    """
    from data.database import Query
    from data.sims.rolling import roll_up
    from jobs.carriers import accounts

    def build(count: int, *, expires_on: str = "2026-11-30", **practice: object) -> list[int]:
        text = CARRIERS_TOML
        for key, value in practice.items():
            lines = [line for line in text.splitlines() if not line.startswith(f"{key} =")]
            told = f'"{value}"' if isinstance(value, str) else str(value).lower()
            lines.insert(lines.index('connector = "practice"') + 1, f"{key} = {told}")
            text = "\n".join(lines)
        demo_home.carriers_file.write_text(text, encoding="utf-8")
        accounts.load(demo_home)

        def sql(text: str) -> Query:
            return Query("test", "", text)

        with demo_home.db.write() as tx:
            plan_id = tx.value(
                sql(
                    "INSERT INTO plan (plan, carrier, network, quota_bytes, term_months) "
                    "VALUES ('M30', 'mobile', '4G', 31457280, 12) RETURNING plan_id"
                )
            )
            tx.run(
                sql(
                    "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) "
                    "VALUES ($plan_id, '', 12, 1200, DATE '2025-01-01')"
                ),
                plan_id=plan_id,
            )
            tx.run(sql(_CARDS), plan_id=plan_id, count=count, expires_on=expires_on, now=tx.now)
            roll_up(tx)
        found = demo_home.db.read().rows(sql("SELECT sim_id FROM sim ORDER BY sim_id"))
        return [row["sim_id"] for row in found]

    return build
