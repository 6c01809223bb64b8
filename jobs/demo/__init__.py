"""The demo: a made-up fleet with the figures of operations.md §5, its people, its accounts and its history."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from data.audit import store as audit
from data.home import Home
from data.people import passwords
from data.people import store as people
from data.people.rules import SYSTEM, Actor, Event, Role
from data.words import N_, _
from jobs.carriers.accounts import load as load_accounts
from jobs.demo import fleet
from jobs.demo.accounts import write_carriers_file
from jobs.demo.decisions import make_decisions
from jobs.demo.history import make_history
from jobs.demo.notices import make_notices
from jobs.demo.pastbatch import Cast, back_then
from jobs.demo.payments import make_payments
from jobs.demo.providers import change_payees, make_providers
from jobs.demo.reminders import make_reminders

# Who asks while a demo is made: whoever can open the home's files owns them.
COMMAND_LINE = Actor(0, "command line", Role.SYSTEM, "command line")
# One account per role, and a second approver so that one may be on leave.
PEOPLE = (
    ("viewer", Role.VIEWER),
    ("desk", Role.DESK),
    ("field", Role.FIELD),
    ("operator", Role.OPERATOR),
    ("approver", Role.APPROVER),
    ("deputy", Role.APPROVER),
    ("finance", Role.FINANCE),
    ("administrator", Role.ADMINISTRATOR),
)
BEGAN = timedelta(days=120)  # these people began so long ago, before the oldest of their batches
# Without letters and digits that look alike on a screen.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

REAL = N_("{path} is a real home; a demo needs a folder of its own")
FULL = N_("{path} already holds data; a demo needs an empty home")
UNFINISHED = N_("{path} holds a demo that was begun and not finished; delete that folder and run 'flowcard demo' again")


class DemoError(Exception):
    """The home is not one a demo can be loaded into."""


@dataclass(frozen=True)
class SignIn:
    """One person of the demo, with the password that is told once."""

    name: str
    role: Role
    password: str


def has_demo(home: Home) -> bool:
    """Whether a whole demo has been loaded here. Raises DemoError where only a part of one is."""
    reader = home.db.read()
    if not reader.value(fleet.Q.has_data):
        return False
    if home.kind == "demo" and not reader.value(fleet.Q.was_finished, event=Event.DEMO_MADE.value):
        raise DemoError(_(UNFINISHED, path=home.path))
    return True


def make_demo(home: Home, *, sims: int, days: int, seed: int) -> list[SignIn]:
    """Fill an empty demo home; the people who can sign in. Raises DemoError where there is data.

    1. Accounts and people, providers and payees.
    2. The fleet: terminals, cards, usage.
    3. What the operator has decided about cards that are not worth another term.
    4. What a year of work has left: renewals, failures, vouchers, payments asked for.
    5. What of late was said of payees and announced about plans, and who was reminded of what.
    6. The note that the demo is whole.
    """
    if home.kind == "real":
        raise DemoError(_(REAL, path=home.path))
    if has_demo(home):
        raise DemoError(_(FULL, path=home.path))
    write_carriers_file(home.carriers_file, faultless=True)
    with back_then(home, BEGAN):
        load_accounts(home)
        signs = add_people(home)
        cast = _cast(home)
        make_providers(home, cast)
    fleet.load(home, sims=sims, days=days, seed=seed)
    make_decisions(home, cast, sims=sims)
    make_history(home, cast, sims=sims)
    make_payments(home, cast)
    change_payees(home, cast)
    make_notices(home, cast)
    make_reminders(home, cast)
    write_carriers_file(home.carriers_file)
    with home.db.write() as tx:
        tx.run(fleet.Q.add_past_days, today=tx.today)
        audit.record(tx, SYSTEM, Event.DEMO_MADE, "demo", sims=sims, days=days, seed=seed)
    home.db.checkpoint()
    return signs


def add_people(home: Home) -> list[SignIn]:
    """One account per role, each with a password that is told once."""
    signs = [SignIn(name, role, _password()) for name, role in PEOPLE]
    kept = [(sign, passwords.chosen(sign.name, sign.password)) for sign in signs]
    with home.db.write() as tx:
        for sign, hashed in kept:
            people.add(tx, COMMAND_LINE, name=sign.name, role=sign.role, password=hashed)
    return signs


def _cast(home: Home) -> Cast:
    found = {person.name: person.actor("command line") for person in people.everyone(home.db.read())}
    return Cast(operator=found["operator"], approver=found["approver"])


def _password() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _place in range(4)) for _group in range(4))
