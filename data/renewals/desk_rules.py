"""The words of the desks where people settle what no machine can: differences, reviews, paid cards, retries."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from data.renewals.rules import Reason, reason_of
from data.words import N_

# What a comparison with a carrier's statement finds.
CLASSES = {
    "theirs_only": N_("Theirs only"),
    "duplicate": N_("Duplicate"),
    "amount_differs": N_("Amount differs"),
    "ours_only": N_("Ours only"),
}

# Why it does not match.
WHYS = {
    "strange": N_("No order of ours"),
    "failed_charged": N_("Counts as not bought here, and was charged"),
    "second": N_("A second deduction for this card within two months"),
    "twice": N_("One purchase, charged more than once"),
    "amount": N_("Another amount than ordered"),
    "refunded": N_("Charged, and given back later"),
    "card": N_("Booked for another card"),
    "paper": N_("The paper's amount is not the sum of the renewals it proves"),
    "missing": N_("No statement shows it"),
}

# What people may say became of a renewal.
VERDICTS = {
    "succeeded": N_("It took effect"),
    "failed": N_("It had no effect"),
}

# How a card stands whose renewal went through.
OUTCOMES = {
    "waiting": N_("To be read"),
    "verified": N_("Runs on"),
    "not_extended": N_("Paid, not extended"),
    "closed": N_("Settled by hand"),
}

_OF_DOUBT = {
    "unknown": N_("not sent again: the carrier is asked"),
    "needs_review": N_("after two people have decided"),
}


def retry_word(state: str, reason: Reason) -> str:
    """Whether and when a renewal in trouble may be tried again, as a msgid."""
    if state in _OF_DOUBT:
        return _OF_DOUBT[state]
    if reason.next_window:
        return N_("yes, in the next window")
    if reason.retry_after:
        return N_("yes, after a while")
    if reason.retryable:
        return N_("yes, as it is")
    return N_("once the cause is mended") if reason.repairable else N_("never")


def retry_from(code: str, *, failed_at: datetime, last_order_day: int | None, zone: ZoneInfo) -> datetime | None:
    """When a failed renewal may be tried again at the earliest; None: nothing keeps it waiting.

    The next window opens with the next day, or with the next month where orders end on `last_order_day` of each.
    """
    reason = reason_of(code)
    if reason.retry_after:
        return failed_at + reason.retry_after
    if not reason.next_window:
        return None
    day = failed_at.astimezone(zone).date()
    if last_order_day and day.day >= last_order_day:
        opens = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    else:
        opens = day + timedelta(days=1)
    return datetime.combine(opens, time(), tzinfo=zone)
