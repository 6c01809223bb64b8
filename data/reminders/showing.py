"""What the two pages about reminders show: rules, recipients, the last look at the fleet, and everybody's own reminders."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa

from data.database import Queries, Reader, Row

Q = Queries.beside(__file__, "showing.sql")
# A look a day; this much later it is missing.
SILENT_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Standing:
    """How reminding stands."""

    day: date | None  # of the last look at the fleet
    ended_at: datetime | None  # of it; none: it goes on, or it was cut off
    looked_at: int | None  # cards
    made: int | None
    late: int | None
    moot: int | None
    held_since: datetime | None  # far more than ever: a person has to release it
    last_ended_at: datetime | None  # of any look
    began_at: datetime  # since when reminders exist in this home
    waiting: int  # reminders not sent yet
    live: int  # cards that could be looked at
    unreachable: int  # recipients without an address that may be written to

    def silent_since(self, *, now: datetime) -> datetime | None:
        """Since when no look at the fleet has ended, where that is too long."""
        since = self.last_ended_at or self.began_at
        return since if now - since > SILENT_AFTER else None

    @property
    def blind(self) -> bool:
        """Whether the last look saw no card although there are some: an error, not a quiet day."""
        return self.looked_at == 0 and self.live > 0


@dataclass(frozen=True)
class Parts:
    """What a rule may be narrowed to; agents as (number, name)."""

    regions: tuple[str, ...]
    branches: tuple[str, ...]
    carriers: tuple[str, ...]
    agents: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Mine:
    """How many reminders of one subject a person has."""

    subject: str
    reminders: int
    urgent: int
    snoozed: int


def rules(reader: Reader) -> list[Row]:
    """Every rule with the names of whoever and whatever it is about."""
    return reader.rows(Q.rules)


def recipients(reader: Reader) -> list[Row]:
    """Everybody reminders go to; address_state: ADDRESS_WORDS, waiting: reminders not sent yet."""
    return reader.rows(Q.recipients)


def parts(reader: Reader) -> Parts:
    """The values a rule may name."""
    found = reader.row(Q.parts) or {}
    named = {name: tuple(found[name] or ()) for name in ("regions", "branches", "carriers")}
    return Parts(**named, agents=tuple((one["no"], one["name"]) for one in found["agents"] or ()))


def standing(reader: Reader) -> Standing:
    """The last look at the fleet and what waits."""
    return reader.records(Standing, Q.standing)[0]


def kept_back(reader: Reader, *, today: date) -> int:
    """How many reminders were told to nobody since the look before today's, for want of an address that takes them."""
    return int(reader.value(Q.kept_back, today=today))


def mine(
    reader: Reader, person_id: int, *, today: date, subject: str | None = None, limit: int = 50, offset: int = 0
) -> pa.Table:
    """What a person is reminded of and nobody has settled, of each thing its latest stage.

    `instead_of`: whose it is, where the person stands in for somebody. `target` is the last day to act, `on_date` the day it is about; `days_left` (to the target) may be negative.
    """
    told = {"person_id": person_id, "today": today, "subject": subject, "limit": limit, "offset": offset}
    return reader.arrow(Q.mine.fill(of_person=Q.of_person.sql), **told)


def counted(reader: Reader, person_id: int, *, today: date) -> list[Mine]:
    """How many of them, by subject."""
    return reader.records(Mine, Q.counted.fill(of_person=Q.of_person.sql), person_id=person_id, today=today)


def mails_to(reader: Reader, person_id: int, *, limit: int = 20) -> list[Row]:
    """What a person was sent of late, newest first: mail_id, kind, ended_at, items, body."""
    return reader.rows(Q.mails_to, person_id=person_id, limit=limit)
