"""What has to be said, reckoned without the product: stages from the calendar library, card by card, day by day.

A `Want` is one key (recipient, subject, card, date, stage) that a look had to find as the latest of its ladder: since when,
and until when it was still true. What happens to a card ends its wants at once; the next look opens what is wanted then.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

import chinese_calendar

from tests.reminders.fleet import Card, Fleet

DAY = timedelta(days=1)
Key = tuple[int, str, int, date, str]  # recipient, subject, card, the date it is about, stage
Ladder = tuple[int, str, date, bool]  # recipient, subject, date, whether it is the lead's


@dataclass
class Want:
    """A key that somebody has to hear of."""

    key: Key
    since: datetime
    ended: datetime | None = None


@cache
def leaves_on(target: date, days: int) -> date:
    """The day a stage leaves: ahead of its date shifted to a day that is worked, after it on its own day."""
    day = target - days * DAY
    while days >= 0 and not chinese_calendar.is_workday(day):
        day -= DAY
    return day


@cache
def ladder_of(target: date, stages: str) -> tuple[tuple[date, str], ...]:
    if stages == "esc":
        return ((leaves_on(target, 3), "esc-lead"), (leaves_on(target, 1), "esc-deputy"))
    return tuple((leaves_on(target, int(stage)), stage) for stage in stages.split(","))


def last_call(stages: str, stage: str) -> bool:
    return stages == "esc" or int(stage) <= 1 or stage == stages.rsplit(",", 1)[-1]


@dataclass
class Oracle:
    """Follows a fleet."""

    fleet: Fleet
    wants: list[Want] = field(default_factory=list)
    rows: set[Key] = field(default_factory=set)  # every stage that was ever reached
    answered: set[tuple[int, str, int, date]] = field(default_factory=set)
    _open: dict[int, dict[Ladder, Want]] = field(default_factory=dict)
    _reached: dict[tuple[int, Ladder], int] = field(default_factory=dict)

    def look(self, now: datetime, today: date) -> int:
        """The day's look; how many wants are new."""
        before = len(self.wants)
        for card in self.fleet.cards.values():
            if self._quiet(card) or not self._near(card, today):
                continue
            for ladder, target, stages in self._heard(card, today):
                self._climb(card, ladder, target, stages, now, today)
        return len(self.wants) - before

    def happened_to(self, cards: Iterable[Card], now: datetime, today: date) -> None:
        """Whatever is no longer true of these cards need not be said any more."""
        for card in cards:
            held = self._open.get(card.sim_id)
            if not held:
                continue
            still = set() if self._quiet(card) else {ladder for ladder, _target, _stages in self._heard(card, today)}
            for ladder in [one for one in held if one not in still]:
                held.pop(ladder).ended = now

    def answer(self, recipient_id: int, subject: str, sim_id: int, on_date: date, now: datetime, today: date) -> None:
        """Somebody knows of it: nothing more until the last call, and nothing for the lead."""
        self.answered.add((recipient_id, subject, sim_id, on_date))
        self.happened_to([self.fleet.cards[sim_id]], now, today)

    def true_of(self, card: Card, subject: str, on_date: date) -> bool:
        """Whether a letter may speak of a card, other than as one that is being renewed."""
        ends = {"expiry": card.expires_on, "cancel": card.dates[1]}
        return card.live and not card.declined and ends[subject] == on_date

    @staticmethod
    def _quiet(card: Card) -> bool:
        return not card.live or card.declined or bool(card.moving)

    @staticmethod
    def _near(card: Card, today: date) -> bool:
        return today - 366 * DAY <= card.expires_on <= today + 60 * DAY and card.dates[1] >= today - 30 * DAY

    def _heard(self, card: Card, today: date) -> Iterator[tuple[Ladder, date, str]]:
        order_by, gone = card.dates
        leads: dict[tuple[int, str, date], date] = {}
        for recipient_id, stages, cancels in self.fleet.hears_of(card):
            found = [("expiry", card.expires_on, min(order_by, card.expires_on), stages)]
            if cancels and card.expires_on < today:
                found.append(("cancel", gone, gone, cancels))
            lead = self.fleet.recipients[recipient_id].lead_id
            for subject, on_date, target, ladder in found:
                yield (recipient_id, subject, on_date, False), target, ladder
                if lead and (recipient_id, subject, card.sim_id, on_date) not in self.answered:
                    leads[lead, subject, on_date] = target
        for (lead, subject, on_date), target in leads.items():
            yield (lead, subject, on_date, True), target, "esc"

    def _climb(self, card: Card, ladder: Ladder, target: date, stages: str, now: datetime, today: date) -> None:
        steps = ladder_of(target, stages)
        reached = sum(leaves <= today for leaves, _stage in steps)
        if not reached:
            return
        recipient_id, subject, on_date, _lead = ladder
        known = self._reached.get((card.sim_id, ladder), 0)
        # Of what the lead hears only the latest has a row; of a ladder every step.
        for _leaves, stage in steps[reached - 1 : reached] if stages == "esc" else steps[known:reached]:
            self.rows.add((recipient_id, subject, card.sim_id, on_date, stage))
        self._reached[card.sim_id, ladder] = max(known, reached)
        stage = steps[reached - 1][1]
        key = (recipient_id, subject, card.sim_id, on_date, stage)
        held = self._open.setdefault(card.sim_id, {})
        open_now = held.get(ladder)
        if open_now and open_now.key == key:
            return
        if open_now:
            held.pop(ladder).ended = now
        silenced = (recipient_id, subject, card.sim_id, on_date) in self.answered
        if stages != "esc" and silenced and not last_call(stages, stage):
            return
        held[ladder] = Want(key, now)
        self.wants.append(held[ladder])
