"""What is reminded of, the stages of each subject, and the day on which each stage has to leave."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from data.sims.rules import Workdays
from data.words import N_

# A role of a rule beside those of people: the persons the thing itself names, such as a batch's maker and checker.
CONCERNED = "concerned"
# Further back nothing is looked for: a card half a year over its date is no longer waiting for a mail.
KEPT_DAYS = 200
# How far ahead a stage may lie, and the highest share of a quota one can name.
MOST_DAYS, MOST_SHARE = 180, 200
MOST_STAGES = 12
# Longer than any run of days off, by which a stage can be due before its own day.
_SLACK_DAYS = 20
# Whoever has not answered by then has somebody beside him who hears of it too (reminders: escalation).
LEAD_DAYS, DEPUTY_DAYS = 3, 1
# The last calls, which no acknowledgement and no putting off silences.
_LAST_CALL_DAYS = 1
# What is so long over is not urgent any more.
_URGENT_FOR_DAYS = 7


@dataclass(frozen=True)
class Subject:
    """One thing that reminds."""

    stages: str  # unless a rule says otherwise
    hears: tuple[str, ...]  # the roles of the rules a new home begins with
    of_cards: bool = True
    unit: Literal["days", "percent"] = "days"
    event: bool = False  # its date is the day it happened, not one that was known ahead
    urgent_days: int | None = None  # from this stage on its own mail, which does not wait for the morning
    escalates: bool = False  # goes to the lead where nobody answers
    said: str = (
        ""  # what is said of a thing that is no card; its {names} are the values that `told` in occasions.sql has
    )


SUBJECTS = {
    "expiry": Subject("30,14,7,3,1,0,-1", ("operator", "agent", "branch"), urgent_days=1, escalates=True),
    "cancel": Subject("30,7,1", ("operator",), urgent_days=7, escalates=True),
    "silent": Subject("30,7,1", ("operator",)),
    "quota": Subject("80,100", ("operator",), unit="percent"),
    "exhaust": Subject("3", ("operator",)),
    "failed": Subject("0", ("operator",), event=True, escalates=True),
    "unconfirmed": Subject("0", ("operator", "approver"), event=True, escalates=True),
    "balance": Subject(
        "7,3,1",
        ("operator", "finance"),
        of_cards=False,
        said=N_("{account}: the balance of {balance} does not cover {needed} for orders due by {until}"),
    ),
    "review": Subject(
        "0,-1,-3",
        ("approver",),
        of_cards=False,
        event=True,
        escalates=True,
        said=N_("Batch {batch} by {maker} waits for approval: {cards} cards, {amount}"),
    ),
    "batch": Subject(
        "0",
        (CONCERNED,),
        of_cards=False,
        event=True,
        said=N_(
            "Batch {batch}: renewed {succeeded} for {succeeded_amount}, failed {failed} for {failed_amount}, "
            "open {open} for {open_amount}"
        ),
    ),
    "payment": Subject(
        "3,1,0,-1",
        ("finance",),
        of_cards=False,
        escalates=True,
        said=N_("Payment request P{request} to {payee}: {amount} for {cards} orders, due {due}"),
    ),
    "voucher": Subject(
        "-30,-60",
        ("finance",),
        of_cards=False,
        event=True,
        said=N_("{payee}: {cards} renewals for {amount} have no voucher, the oldest since {since}"),
    ),
    "notice": Subject(
        "30,7,1",
        ("operator",),
        of_cards=False,
        said=N_("Plan change announced: {what}; it concerns {cards} cards"),
    ),
    "offer": Subject(
        "30,7,1",
        ("operator",),
        of_cards=False,
        said=N_("The price of {price} for {plan} ends on {until}; {cards} cards have this plan"),
    ),
}


@dataclass(frozen=True)
class Step:
    """A stage that has been reached, for every thing whose date or share is this."""

    subject: str
    stages: str
    target: date | None  # the date counted from
    share: int | None  # or the percent reached
    stage: str
    progress: int  # rises from stage to stage, whichever rule names them
    due_on: date
    urgent: bool
    last_call: bool
    latest: bool  # no further stage of this rule has been reached


def stages_of(subject: str, text: str) -> tuple[int, ...]:
    """The stages of a rule in the order they come: days ahead falling, percent rising. Raises ValueError."""
    found = sorted({int(word) for word in text.split(",")}, reverse=SUBJECTS[subject].unit == "days")
    percent = SUBJECTS[subject].unit == "percent"
    least, most = (1, MOST_SHARE) if percent else (-MOST_DAYS, 0 if SUBJECTS[subject].event else MOST_DAYS)
    if len(found) > MOST_STAGES or not all(least <= stage <= most for stage in found):
        raise ValueError(text)
    return tuple(found)


def stage_due_on(target: date, days: int, calendar: Workdays, *, event: bool = False) -> date:
    """The day on which the stage `days` ahead of `target` has to leave: shifted earlier over days off, never later.

    What is after the fact stays on its own day: before it, it would not be true.
    """
    nominal = target - timedelta(days=days)
    return nominal if days < 0 or event else calendar.at_or_before(nominal)


def last_call(subject: str, stage: int, stages: tuple[int, ...]) -> bool:
    """Whether this stage goes out whatever was acknowledged or put off."""
    return stage == stages[-1] or (SUBJECTS[subject].unit == "days" and stage <= _LAST_CALL_DAYS)


def urgent(subject: str, stage: int, *, days_left: int) -> bool:
    """Whether a stage leaves by a mail of its own."""
    until = SUBJECTS[subject].urgent_days
    return until is not None and stage <= until and days_left >= -_URGENT_FOR_DAYS


def steps(subject: str, text: str, *, today: date, calendar: Workdays) -> Iterator[Step]:
    """Every stage of a rule that has been reached `today`, for every date or share it can have been reached from."""
    stages, event = stages_of(subject, text), SUBJECTS[subject].event
    if SUBJECTS[subject].unit == "percent":
        for share in range(stages[0], MOST_SHARE + 1):
            reached = [(stage, today) for stage in stages if stage <= share]
            yield from _steps(subject, text, stages, reached, share=share)
        return
    for back in range(-KEPT_DAYS, max(stages) + _SLACK_DAYS):
        target = today + timedelta(days=back)
        days = [(stage, stage_due_on(target, stage, calendar, event=event)) for stage in stages]
        reached = [(stage, due_on) for stage, due_on in days if due_on <= today]
        yield from _steps(subject, text, stages, reached, target=target, days_left=back)


def escalations(subject: str, *, today: date, calendar: Workdays) -> Iterator[Step]:
    """Likewise the days by which somebody must have answered, of subjects with a date known ahead."""
    if not SUBJECTS[subject].escalates or SUBJECTS[subject].event:
        return
    for progress, (stage, days) in enumerate((("esc-lead", LEAD_DAYS), ("esc-deputy", DEPUTY_DAYS))):
        for back in range(-KEPT_DAYS, days + _SLACK_DAYS):
            target = today + timedelta(days=back)
            due_on = stage_due_on(target, days, calendar)
            if due_on <= today:
                soon = days <= _LAST_CALL_DAYS and back >= -_URGENT_FOR_DAYS
                yield Step(subject, "", target, None, stage, progress, due_on, soon, last_call=True, latest=False)


def _steps(
    subject: str,
    text: str,
    stages: tuple[int, ...],
    reached: list[tuple[int, date]],
    *,
    target: date | None = None,
    share: int | None = None,
    days_left: int = 0,
) -> Iterator[Step]:
    for stage, due_on in reached:
        progress = stage if share else -stage
        soon, last = urgent(subject, stage, days_left=days_left), last_call(subject, stage, stages)
        latest = stage == reached[-1][0]
        yield Step(subject, text, target, share, str(stage), progress, due_on, soon, last, latest)
