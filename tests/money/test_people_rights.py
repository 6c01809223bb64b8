"""Every function of the brakes under every role: who may, and everybody else leaves no trace."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from data.database import Query
from data.people import deputies
from data.people.rules import Refused
from data.renewals import store as renewals
from data.vouchers import store as vouchers

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
NAMES = ("viewer", "operator", "approver", "administrator", "operator2", "approver2")


def counted(home):
    """Everything a refused act must leave alone."""
    tables = ("batch", "obligation", "reservation", "event", "stop_switch", "deputy", "voucher", "audit")
    reader = home.db.read()
    counts = {table: reader.value(Query("t", "", f"SELECT count(*) FROM {table}")) for table in tables}
    return counts | {"states": reader.rows(Query("t", "", "SELECT state, seen_at FROM batch ORDER BY id"))}


@pytest.fixture
def scene(demo_home, people, practice_fleet):
    """Batch 1 proposed, 2 approved, 3 paused, 4 urgent, all by the operator; the switch thrown by the administrator."""
    sims = practice_fleet(6)
    by, checker = people["operator"], people["approver"]

    def propose(number):
        with demo_home.db.write() as tx:
            renewals.propose(tx, by, sim_ids=[sims[number]], form_key=f"form {number}")

    for number in range(3):
        propose(number)
    for batch in (2, 3):
        approve(demo_home, checker, batch)
    with demo_home.db.write() as tx:
        renewals.pause(tx, by, batch=3)
        tx.run(Query("t", "", "UPDATE sim SET status = 'stopped_expired' WHERE sim_id >= 4"))
        renewals.order_urgently(tx, by, sim_ids=sims[3:4], form_key="urgent", settings=demo_home.settings)
        renewals.stop(tx, people["administrator"])
        deputies.name_deputy(tx, checker, person_id=people["approver2"].person_id, from_day=tx.today, to_day=tx.today)
    return demo_home


def approve(home, by, batch):
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, by, batch=batch, content_hash=status.content_hash, settings=home.settings)


def _name(tx, home, by):
    deputies.name_deputy(tx, by, person_id=5, from_day=tx.today, to_day=tx.today + timedelta(1))


def _urgent(tx, home, by):
    renewals.order_urgently(tx, by, sim_ids=[5], form_key="u2", settings=home.settings)


def _approve(tx, home, by):
    content_hash = renewals.status(tx, 1).content_hash
    renewals.approve(tx, by, batch=1, content_hash=content_hash, settings=home.settings)


def _form(tx, home, by):
    vouchers.file_paper(tx, by, content=PDF, filename="form.pdf", folder=home.vouchers, max_mb=1, kind="form")


WORKERS = {"operator", "operator2", "approver", "approver2"}
APPROVERS = {"approver", "approver2"}
# Every verb with those who may; the maker of all batches is the operator.
VERBS: dict[str, tuple[set[str], Callable]] = {
    "approve": (APPROVERS, _approve),
    "send back": (WORKERS, lambda tx, home, by: renewals.send_back(tx, by, batch=1, why="no")),
    "resume": (APPROVERS, lambda tx, home, by: renewals.resume(tx, by, batch=3)),
    "void": (WORKERS, lambda tx, home, by: renewals.cancel(tx, by, batch=2)),
    "pause": (WORKERS | {"administrator"}, lambda tx, home, by: renewals.pause(tx, by, batch=2)),
    "stop": (WORKERS | {"administrator"}, lambda tx, home, by: renewals.stop(tx, by, account="practice-a")),
    "release": (APPROVERS, lambda tx, home, by: renewals.release(tx, by)),
    "order urgently": ({"operator", "operator2"}, _urgent),
    "look at an urgent one": (APPROVERS, lambda tx, home, by: renewals.see_urgent(tx, by, batch=4)),
    "name a deputy": (APPROVERS, _name),
    "end a deputyship": ({"approver"}, lambda tx, home, by: deputies.end_deputy(tx, by, deputy_id=1)),
    "file a form": (WORKERS, _form),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_for_its_roles_and_for_nobody_else(scene, people, verb):
    able, act = VERBS[verb]
    before = counted(scene)
    for name in NAMES:
        if name in able:
            continue
        with pytest.raises(Refused), scene.db.write() as tx:
            act(tx, scene, people[name])
        assert counted(scene) == before, name
    for name in sorted(able):
        allowed(scene, lambda tx, name=name: act(tx, scene, people[name]))


class Undone(Exception):
    """Thrown to see whether an act would have been let through, and to take it back."""


def allowed(home, act):
    with pytest.raises(Undone), home.db.write() as tx:
        act(tx)
        raise Undone
