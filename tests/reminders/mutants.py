"""Reminding made wrong in one place each; a short life does not let any of them live."""

from zoneinfo import ZoneInfo

from data.clock import MovedClock
from data.mails import rules
from data.reminders import scanning
from jobs import send_reminders
from tests.mail import mutants as of_mail
from tests.mail.mutants import mock, requeried, rewritten


def greenwich():
    """The day of Greenwich for the local one."""
    return mock.patch.object(
        MovedClock, "today", lambda clock, zone=None: clock.now().astimezone(ZoneInfo("UTC")).date()
    )


# Name → how it is switched on, and the rules of which one breaks.
MUTANTS = {
    "scan only exact days": (
        lambda: rewritten(scanning, "steps", ("due_on <= today", "due_on == today")),
        {"R1/R3", "R9"},
    ),
    "claim after send": (of_mail.MUTANTS["claim after send"].on, {"R8"}),
    "default Message-ID": (of_mail.MUTANTS["default Message-ID"].on, {"R7"}),
    "no re-check": (of_mail.MUTANTS["no re-check"].on, {"R4"}),
    "unknown treated as failed": (of_mail.MUTANTS["unknown treated as failed"].on, {"R1/R3", "R7"}),
    "unknown treated as sent": (
        lambda: rewritten(rules, "doubted", ("After(State.UNKNOWN, _DOUBT)", "After(State.SENT)")),
        {"R1/R3"},
    ),
    "UTC date instead of local date": (greenwich, {"R1/R3", "R11"}),
    "storm guard off": (lambda: rewritten(scanning, "_is_storm", ("made < STORM_LEAST", "True")), {"R4"}),
    "heartbeat only when something is due": (
        lambda: rewritten(send_reminders, "_look", ("mails.sign_of_life(", "found.made and mails.sign_of_life(")),
        {"R11"},
    ),
    "cards decided 不续 are told": (
        lambda: requeried(scanning.OCCASIONS, "heard", "n.live AND n.decision IS DISTINCT FROM 'decline'", "n.live"),
        {"R4", "R9"},
    ),
}
