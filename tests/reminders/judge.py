"""What the file of accepted letters says about a life: R1 to R11 of the reminders' contract, each with what breaks it.

Wanted is what the oracle reckoned, delivered is what the post kept; the product's own rows are asked only for what they are
themselves the subject of (R8, R9) and for which key a letter carries.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from data.clock import HOME_ZONE
from data.home import open_home
from tests.reminders.fleet import moment, sql
from tests.reminders.life import LOOK_HOUR, Life
from tests.reminders.oracle import Key, Want

DAY = timedelta(days=1)
_AT_REST = {"sent", "failed", "moot"}
_TABLES = {
    "mails": "SELECT mail_id, state, kind, slot FROM mail ORDER BY mail_id",
    "reminders": "SELECT recipient_id, subject, sim_id, on_date, stage, state FROM reminder",
    "given up": "SELECT DISTINCT m.message_id, m.tried_at, m.ended_at, r.recipient_id FROM mail m JOIN mail_item i USING (mail_id) "
    "JOIN reminder r USING (reminder_id) WHERE m.state = 'failed' AND (m.doubts >= 2 OR m.doubts = 1 AND m.last_code >= 500)",
}
_ENDED = {"done", "skipped_late", "moot", "acknowledged", "suppressed"}


@dataclass
class Told:
    """What became of a life, and what is wrong with it."""

    due: int = 0  # keys the oracle wanted
    delivered: int = 0  # of those
    moot: int = 0  # no longer true before they could leave
    missed: int = 0
    late: int = 0
    twice: int = 0  # copies beyond the first
    lost_acks: int = 0  # copies of keys of which the sender never learnt
    renewed: int = 0  # letters' lines about cards renewed, gone, or decided 不续
    suppressed: int = 0  # letters to addresses that take none
    letters: int = 0
    heartbeats: int = 0
    kills: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def keeps_the_bar(self) -> bool:
        return (
            not (self.broken or self.missed or self.late or self.renewed or self.suppressed)
            and self.twice <= self.lost_acks
        )


def judge(life: Life) -> Told:
    """Everything, from the files."""
    letters = life.post.accepted()
    told = Told(letters=len(letters), kills=life.killed.total())
    copies: dict[Key, list[datetime]] = defaultdict(list)
    lost: Counter[Key] = Counter()
    for one in letters:
        at = datetime.fromisoformat(one["at"])
        for key in map(_key, one["keys"]):
            copies[key].append(at)
            lost[key] += one["lost"]
    home = open_home(life.path)
    try:
        rows = {name: home.db.read().rows(sql(text)) for name, text in _TABLES.items()}
    finally:
        home.close()
    # Unclear twice, or unclear and then refused for good: given up, and said again by the next look's letter.
    life.obstacles += [(row["tried_at"], row["ended_at"], row["recipient_id"]) for row in rows["given up"]]
    _delivery(told, life, copies)
    for key, times in copies.items():
        told.twice += len(times) - 1
        told.lost_acks += lost[key]
        if len(times) > 1 + lost[key]:
            told.broken.append(f"R2: {key} came {len(times)} times with {lost[key]} lost acknowledgements")
    _letters(told, letters, given_up={row["message_id"] for row in rows["given up"]})
    _rows(told, life, rows)
    _life_signs(told, life, letters, rows["mails"])
    return told


def _key(row: list[Any]) -> Key:
    return row[0], row[1], row[2], date.fromisoformat(row[3]), row[4]


def _delivery(told: Told, life: Life, copies: dict[Key, list[datetime]]) -> None:
    """R1, R3: each want was met before its time was over, or had ended by then."""
    wanted: dict[Key, list[Want]] = defaultdict(list)
    for want in life.oracle.wants:
        wanted[want.key].append(want)
    told.due = len(wanted)
    for key, wants in wanted.items():
        said = min(copies[key], default=None) if key in copies else None
        told.delivered += said is not None
        excused = True
        for want in wants:
            if said is not None and said <= want.since:
                continue
            until = _deadline(life, want)
            if said is not None and said <= until:
                excused = False
                continue
            if want.ended is not None and want.ended <= until:
                continue
            excused = False
            kind = "late" if said is not None and (want.ended is None or said < want.ended) else "missed"
            told.late += kind == "late"
            told.missed += kind == "missed"
            told.broken.append(
                f"R1/R3: {key} wanted since {want.since} until {want.ended or '-'}, {kind}: {said or 'never'}, by {until}"
            )
        told.moot += excused and said is None


def _deadline(life: Life, want: Want) -> datetime:
    """The end of its day; with something in the way, the end of the day of the first look after that."""
    whose = want.key[0]
    until = _end(want.since)
    for since, ended, of in sorted(life.obstacles, key=lambda one: one[0]):
        if of in (None, whose) and since <= until and ended >= want.since:
            until = max(until, _end(_next_look(life, ended)))
    return until


def _next_look(life: Life, after: datetime) -> datetime:
    day = next((day for day in life.ran if moment(day, LOOK_HOUR) > after), life.ran[-1])
    return moment(day, LOOK_HOUR)


def _end(at: datetime) -> datetime:
    """Six in the morning after: a letter that is tried again through the night is of its day."""
    return moment(at.astimezone(HOME_ZONE).date() + DAY, 6)


def _letters(told: Told, letters: list[dict[str, Any]], *, given_up: set[str]) -> None:
    names: dict[str, int] = {}
    mails: dict[int, str] = {}
    slots: Counter[tuple[str, str, str]] = Counter()
    first: dict[str, dict[str, Any]] = {}
    for one in letters:
        told.renewed += one["untrue"]
        told.suppressed += one["banned"]
        if one["untrue"]:
            told.broken.append(f"R4: {one['name']} at {one['at']} speaks of {one['untrue']} cards it must not")
        if one["banned"]:
            told.broken.append(f"R5: {one['name']} went to {one['to']}, which takes no mail")
        if one["secret"]:
            told.broken.append(f"R10: {one['name']} holds what nobody may read")
        if one["unlike"]:
            told.broken.append(f"R1: {one['name']} says other cards than it carries: {one['unlike'][:3]}")
        if not one["claimed"]:
            told.broken.append(f"R8: {one['name']} left before the disk knew of it")
        if (
            names.setdefault(one["name"], one["mail"]) != one["mail"]
            or mails.setdefault(one["mail"], one["name"]) != one["name"]
        ):
            told.broken.append(f"R7: {one['name']} names two letters, or a letter has two names")
        if one["name"] not in first:
            first[one["name"]] = one
            slots[one["to"], one["kind"], one["slot"]] += 1
    told.broken += [
        f"R6: {of} has {count} letters" for of, count in slots.items() if count > 1 and of[1] in {"digest", "urgent"}
    ]
    _one_a_day(told, list(first.values()))
    _again(told, letters, given_up)


def _one_a_day(told: Told, letters: list[dict[str, Any]]) -> None:
    """R6: of the digests of one local day that reached somebody, all but one are of an earlier day, kept back by a fault."""
    seen: Counter[tuple[str, str]] = Counter()
    for one in letters:
        day = str(datetime.fromisoformat(one["at"]).astimezone(HOME_ZONE).date())
        if one["kind"] == "digest" and one["slot"] == day:
            seen[one["to"], day] += 1
    told.broken += [f"R6: {count} digests for {of}" for of, count in seen.items() if count > 1]


def _again(told: Told, letters: list[dict[str, Any]], given_up: set[str]) -> None:
    """R7: what may have arrived once is said again under the same name, unless that letter was given up."""
    names: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for one in letters:
        for key in one["keys"]:
            names[tuple(key)].add(one["name"])
    for key, by in names.items():
        if len(by) > 1 and not by & given_up:
            told.broken.append(f"R7: {key} came by letters of different names: {sorted(by)}")
    copies = Counter(one["name"] for one in letters)
    told.broken += [f"R7: {name} came {count} times" for name, count in copies.items() if count > 2]


def _rows(told: Told, life: Life, rows: dict[str, Any]) -> None:
    """R8: everything is at rest. R9: every stage that was reached has its one row, and there is no other."""
    for row in rows["mails"]:
        if row["state"] not in _AT_REST:
            told.broken.append(f"R8: mail {row['mail_id']} ({row['kind']} {row['slot']}) rests as {row['state']}")
    have: dict[Key, str] = {}
    for row in rows["reminders"]:
        *key, state = row.values()
        have[tuple(key)] = state  # type: ignore[index]
        if state not in _ENDED:
            told.broken.append(f"R9: {key} rests as {state}")
    for key in life.oracle.rows - set(have):
        told.broken.append(f"R9: {key} has no row")
    for key in set(have) - life.oracle.rows:
        if key[4] != "esc-lead":  # a day without an answer brings it, too
            told.broken.append(f"R9: {key} has a row and was never reached")


def _life_signs(told: Told, life: Life, letters: list[dict[str, Any]], mails: Any) -> None:
    """R11: a sign of life was written on every day the process ran, and came where its address took letters."""
    written = {row["slot"] for row in mails if row["kind"] == "heartbeat"}
    told.heartbeats = len({one["slot"] for one in letters if one["kind"] == "heartbeat"})
    for day in sorted(set(life.ran)):
        if str(day) not in written:
            told.broken.append(f"R11: no sign of life on {day}")
