"""The daily look at the fleet: every stage that has been reached and has no row gets one; the latest of each is to be sent.

By a query and not by events, so that whatever was missed is made up for by the next look.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from data.audit import store as audit
from data.database import Queries, Query, Reader, Transaction
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.reminders.rules import SUBJECTS, Step, escalations, steps
from data.sims.rules import Workdays
from data.words import _, later, yuan

Q = Queries.beside(__file__, "scanning.sql")
OCCASIONS = Queries.beside(__file__, "occasions.sql")

# More than these and nothing but urgent mail leaves before a person has looked: the clock or a list may be wrong.
STORM_TIMES, STORM_SHARE = 3, 0.20
# So few are no storm, whatever was usual.
STORM_LEAST = 50
# Somebody has answered within a day or the lead hears of it. An hour less: a look begins when it did the day before, but
# its mails had left a little later.
_ANSWERED_WITHIN = timedelta(hours=23)


@dataclass(frozen=True)
class Scanned:
    """What a look at the fleet found."""

    looked_at: int  # cards; none where there were some before is an error, not a quiet day
    made: int  # reminders to send
    late: int  # stages that passed while nobody looked
    moot: int
    held: bool  # all but urgent mail waits for a person
    unheard: int  # cards that are due and of which nobody hears


def scan(tx: Transaction, by: Actor, *, calendar: Workdays) -> Scanned:
    """Look at the whole fleet. Looking again the same day makes nothing twice.

    1. Forget what a clock that ran ahead has made. 2. Find every stage reached. 3. End what is moot or overtaken.
    4. Make what is missing. 5. Hold it where it is far more than ever. 6. Forget what is too old to be asked about.
    """
    require(tx, by, Action.WORK, "reminders")
    if tx.value(Q.is_first):
        _begin(tx)
    looked_at = int(tx.value(Q.looked_at))
    if not looked_at and tx.value(Q.looked_before):
        return _kept(tx, by, Scanned(looked_at, 0, 0, 0, held=True, unheard=0), storm=True)
    tx.run(Q.forget_ahead, now=tx.now)
    tx.run(Q.forget_looks_ahead, now=tx.now)
    wanted, values = reached(tx, now=tx.now, today=tx.today, calendar=calendar)
    tx.rows(Q.keep_wanted.fill(wanted=wanted.sql), **values)
    _say(tx)
    ended = Counter(row["state"] for row in tx.rows(Q.end_others, now=tx.now))
    tx.run(Q.suppress, now=tx.now)
    revived = tx.run(Q.revive, today=tx.today)
    tx.run(Q.forget_known)
    if tx.value(Q.any_new):
        again = heard(dict.fromkeys(values["subjects"]), which=Q.new_cards.sql).sql
        tx.run(Q.add_earlier.fill(heard=again, step=Q.step.sql, digest=Q.digest.sql), **values)
        tx.run(Q.forget_known)
    new = tx.row(Q.weigh, today=tx.today) or {}
    tx.run(Q.make, now=tx.now)
    tx.rows(Q.forget_wanted)
    if tx.run(Q.forget_old, now=tx.now):
        tx.run(Q.forget_items)
    storm = _is_storm(new["made"], cards=new["cards"], looked_at=looked_at, most=new["most"])
    unheard = Q.unheard.fill(heard=heard(("expiry",)).sql, farthest=OCCASIONS.farthest.sql)
    made, late = new["made"] + revived, ended["skipped_late"] + new["late"]
    found = Scanned(looked_at, made, late, ended["moot"], storm or held(tx), tx.value(unheard, today=tx.today))
    return _kept(tx, by, found, storm=storm)


def looked_on(reader: Reader, day: date) -> bool:
    """Whether the look of that day has ended."""
    return bool(reader.value(Q.looked_on, day=day))


def held(reader: Reader) -> bool:
    """Whether all but urgent mail waits for a person to release it."""
    return bool(reader.value(Q.held))


def release_storm(tx: Transaction, by: Actor) -> None:
    """Let what was held leave. Raises Refused where nothing is."""
    require(tx, by, Action.KEEP_REMINDERS, "reminders")
    days = tx.rows(Q.release, now=tx.now, person_id=by.person_id)
    if not days:
        raise Refused(_("Nothing is held back"))
    audit.record(tx, by, Event.STORM_RELEASED, "reminders", days=[row["day"] for row in days])


def heard(subjects: Iterable[str], *, which: str = "true") -> Query:
    """Who hears of what now, of these subjects and of the cards that `which` picks."""
    found = []
    for name in subjects:
        template = OCCASIONS.of_cards if SUBJECTS[name].of_cards else OCCASIONS.of_things
        found.append(template.fill(subject=name, occasions=getattr(OCCASIONS, name).sql).sql)
    return OCCASIONS.heard.fill(occasions="\n".join(found), which=which, farthest=OCCASIONS.farthest.sql)


def reached(reader: Reader, *, now: datetime, today: date, calendar: Workdays) -> tuple[Query, dict[str, Any]]:
    """Every stage that has been reached, with its key: the query and its values."""
    found: list[Step] = []
    rules = [rule for rule in reader.rows(Q.rules_now) if rule["subject"] in SUBJECTS]
    for rule in rules:
        found += steps(rule["subject"], rule["stages"], today=today, calendar=calendar)
    subjects = {rule["subject"]: SUBJECTS[rule["subject"]] for rule in rules}
    for name in subjects:
        found += escalations(name, today=today, calendar=calendar)
    query = Q.wanted.fill(heard=heard(subjects).sql, step=Q.step.sql, digest=Q.digest.sql)
    return query, {
        "now": now,
        "today": today,
        "unanswered_since": now - _ANSWERED_WITHIN,
        "escalating": [name for name, subject in subjects.items() if subject.escalates],
        "subjects": [step.subject for step in found],
        "stages_of": [step.stages for step in found],
        "targets": [step.target for step in found],
        "shares": [step.share for step in found],
        "stages": [step.stage for step in found],
        "progress": [step.progress for step in found],
        "due_on": [step.due_on for step in found],
        "urgent": [step.urgent for step in found],
        "last_call": [step.last_call for step in found],
        "latest": [step.latest for step in found],
    }


def _begin(tx: Transaction) -> None:
    for name, subject in SUBJECTS.items():
        for role in subject.hears:
            tx.run(Q.add_rule, subject=name, stages=subject.stages, role=role, now=tx.now)


def _say(tx: Transaction) -> None:
    things = tx.rows(Q.to_say)
    said = [later(SUBJECTS[row["subject"]].said, **_shown(json.loads(row["told"]))) for row in things]
    where = {name: [row[key] for row in things] for name, key in (("things", "thing"), ("dates", "on_date"))}
    tx.run(Q.say, subjects=[row["subject"] for row in things], said=said, **where)


def _shown(told: dict[str, Any]) -> dict[str, Any]:
    """Values as a sentence says them: amount_fen stands in it as {amount}."""
    return {name.removesuffix("_fen"): yuan(value) if name.endswith("_fen") else value for name, value in told.items()}


def _is_storm(made: int, *, cards: int, looked_at: int, most: int | None) -> bool:
    if made < STORM_LEAST:
        return False
    return cards > STORM_SHARE * looked_at or (most is not None and made > STORM_TIMES * most)


def _kept(tx: Transaction, by: Actor, found: Scanned, *, storm: bool) -> Scanned:
    told = {name: value for name, value in vars(found).items() if name not in {"held", "unheard"}}
    tx.run(Q.keep_scan, today=tx.today, now=tx.now, storm=storm, **told)
    audit.record(tx, by, Event.REMINDERS_SCANNED, f"day {tx.today}", held=found.held, **told)
    return found
