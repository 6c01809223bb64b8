"""Keys, order numbers and hashes of renewals, and the tables of reasons, refusals and words."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from data.renewals.refusing_rules import REFUSALS, WARNINGS, ItemCaps
from data.words import N_

__all__ = ["REFUSALS", "WARNINGS", "ItemCaps"]

# What can be ordered for a card; one batch holds one kind.
KINDS = {
    "renew": N_("renewal"),
    "add-on": N_("add-on data"),
    "plan-change": N_("plan change"),
    "recharge": N_("recharge by card"),
    "suspend": N_("stop"),
    "resume": N_("resume"),
}
# What a connector has to be able to do for each kind: a row of its ABILITIES.
ABILITY = {
    "renew": "renew",
    "add-on": "add_on",
    "plan-change": "plan_change",
    "recharge": "recharge",
    "suspend": "suspend_resume",
    "resume": "suspend_resume",
}
# How long number and PIN of a recharge card usually are; nobody has confirmed it, so another length only warns.
RECHARGE_LENGTHS = {"mobile": (17, 18), "unicom": (15, 19), "telecom": (19, 18)}
CURRENCY = "CNY"
STEM_LENGTH = 19
# A card that expires later than this needs the approver's word: it may have been renewed elsewhere.
FAR_AHEAD_DAYS = 60
# The most cards one batch holds; a larger wish is several batches.
MAX_LINES = 100_000


def obligation_key(*, account: str, iccid: str, cycle: str, kind: str = "renew", seq: int = 1) -> str:
    """What must be bought once, in words. Plan, term and amount stay out: they belong to the attempt.

    `cycle` tells one purchase of a card from the next: the old expiry of a renewal, the month or day of other kinds.
    """
    return f"{account}|{iccid[:STEM_LENGTH]}|{kind}|{cycle}|{seq}"


def digest(key: str) -> UUID:
    """The first 128 bits of SHA-256 of the key."""
    return UUID(bytes=hashlib.sha256(key.encode()).digest()[:16])


def order_no(key: str, n: int) -> str:
    """The number the carrier sees: R, 20 base32 characters of the key's SHA-256, n in two digits. 23 letters and digits."""
    if not 1 <= n <= 99:
        raise ValueError(f"attempt {n} of {key}: there are order numbers for 1 to 99 attempts")
    return "R" + base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:20] + f"{n:02d}"


def cycle(*, kind: str, expires_on: date | None, today: date) -> str:
    """What tells one purchase of a card from the next: its expiry, the month, or the day."""
    if kind in {"renew", "recharge"} and expires_on is not None:
        return expires_on.isoformat()
    return today.isoformat() if kind in {"suspend", "resume"} else f"{today:%Y-%m}"


def content(line: Mapping[str, Any]) -> tuple[int, str, int, int, str]:
    """What counts of a batch's line: its number, the obligation's key, the amount in fen, the months, the plan.

    A renewal's plan is the card's own; every other kind names what is bought.
    """
    key = obligation_key(
        account=line["account"], iccid=line["iccid"], kind=line["kind"], cycle=line["cycle"], seq=line["seq"]
    )
    plan = "" if line["kind"] == "renew" else line["plan"] or ""
    return line["line"], key, line["amount_fen"], line["months"], plan


def content_hash(lines: Iterable[tuple[str, int, int] | tuple[str, int, int, str]]) -> str:
    """SHA-256 over the ordered (obligation key, amount in fen, months, plan) of a batch's orderable lines."""
    hashed = hashlib.sha256()
    for line in lines:
        hashed.update(("|".join(str(part) for part in line if part != "") + "\n").encode())
    return hashed.hexdigest()


@dataclass(frozen=True)
class Reason:
    """Why an item failed or needs a person (the field's own table): what it means and who does what by when."""

    msgid: str
    who: str  # msgid: who acts
    by_when: str  # msgid: by when, or how
    retryable: bool  # a new batch may take it up as it is
    repairable: bool = True  # a new batch may take it up once someone says the cause is mended
    retry_after: timedelta | None = None  # from the failure on, before it may be tried again
    next_window: bool = False  # not before the account's next window for orders


_FINANCE, _OPERATOR, _APPROVER = N_("finance"), N_("operator"), N_("approver")
_SYSTEM, _ADMINISTRATOR, _KEEPER = N_("Flowcard itself"), N_("administrator"), N_("card keeper")
_ENGINEER, _CONTACT, _SUPPORT = N_("field engineer"), N_("merchant contact"), N_("carrier support, with a ticket")
_LOGISTICS, _REVIEWER = N_("logistics"), N_("operator and approver")
_SAME_DAY, _BEFORE_ACT_BY = N_("the same day"), N_("before the act-by date")
_BEFORE_EXPIRY, _BEFORE_CANCEL = N_("before the card expires"), N_("before the cancel-by date")
_LATER, _TODAY = N_("later, by itself"), N_("today")

REASONS: dict[str, Reason] = {
    "insufficient_balance": Reason(N_("The account's balance is too low"), _FINANCE, _BEFORE_ACT_BY, False),
    "account_data": Reason(N_("Account, bank or name are wrong"), _OPERATOR, _SAME_DAY, False),
    "plan_unsuitable": Reason(N_("The plan cannot be ordered for this card"), _OPERATOR, _BEFORE_ACT_BY, False),
    "amount_too_low": Reason(N_("The amount is below the plan's price"), _OPERATOR, _SAME_DAY, False),
    "price_changed": Reason(N_("The price has changed"), _APPROVER, N_("before a new batch"), False),
    "pin_refused": Reason(
        N_("The recharge PIN is wrong, used or expired"), _OPERATOR, N_("ask the seller"), False, repairable=False
    ),
    "pin_maybe_ours": Reason(
        N_("The recharge card counts as used, perhaps by our own first try"),
        _SYSTEM,
        N_("asked again and again"),
        False,
    ),
    "wrong_state": Reason(N_("The card's state does not allow this"), _OPERATOR, _SAME_DAY, False),
    "window_closed": Reason(
        N_("Orders are not taken at this time"), _OPERATOR, N_("in the next window"), True, next_window=True
    ),
    "card_locked": Reason(
        N_("The card is locked after another order"), _SYSTEM, _LATER, True, retry_after=timedelta(minutes=30)
    ),
    "batch_refused": Reason(N_("Another card made the carrier refuse the whole list"), _SYSTEM, _LATER, True),
    "rate_limited": Reason(
        N_("The carrier is busy or under maintenance"), _SYSTEM, _LATER, True, retry_after=timedelta(minutes=5)
    ),
    "token_expired": Reason(
        N_("The session at the carrier had expired"), _SYSTEM, _LATER, True, retry_after=timedelta(minutes=1)
    ),
    "credential_refused": Reason(N_("The carrier refuses our sign-in or our address"), _ADMINISTRATOR, _TODAY, False),
    "not_reached": Reason(
        N_("The carrier could not be reached; nothing was sent"),
        _SYSTEM,
        _LATER,
        True,
        retry_after=timedelta(minutes=5),
    ),
    "order_failed": Reason(N_("The carrier took the order and then failed it"), _OPERATOR, _BEFORE_ACT_BY, True),
    "refunded": Reason(N_("The carrier has refunded the order"), _OPERATOR, N_("ask the carrier why"), False),
    "not_our_card": Reason(N_("The card is not ours at the carrier"), _KEEPER, N_("clear the ownership"), False),
    "pool_card": Reason(N_("A card of a pool cannot be renewed alone"), N_("pool owner"), N_("renew the pool"), False),
    "realname_missing": Reason(N_("The real-name registration is missing"), _CONTACT, _BEFORE_EXPIRY, False),
    "separation": Reason(N_("The card was found in another device"), _ENGINEER, N_("check the terminal"), False),
    "stop_reason": Reason(N_("The carrier stopped the card and forbids resuming it"), _SUPPORT, _BEFORE_CANCEL, False),
    "plan_ended": Reason(N_("The main plan has already ended"), _OPERATOR, _BEFORE_CANCEL, False),
    "arrears": Reason(N_("The card owes money"), _FINANCE, N_("pay the arrears first"), False),
    "cancelled": Reason(
        N_("The card is cancelled at the carrier"), _LOGISTICS, N_("new card and a visit"), False, repairable=False
    ),
    "in_progress": Reason(N_("Accepted, not yet in effect"), _SYSTEM, N_("ticket after 24 hours"), False),
    "no_answer": Reason(N_("The order was sent and no clear answer came"), _SYSTEM, N_("asked again and again"), False),
    "interrupted": Reason(N_("Flowcard stopped while the order was out"), _SYSTEM, N_("asked again and again"), False),
    "restored": Reason(
        N_("An older copy of the data was put back; the carrier is asked"), _SYSTEM, N_("asked again and again"), False
    ),
    "restored_rest": Reason(
        N_("An older copy of the data was put back; the carrier is asked, nothing is sent"),
        _SYSTEM,
        N_("asked again and again"),
        False,
    ),
    "restored_newer": Reason(
        N_("The carrier knows a later try that was made after the copy that was put back"),
        _REVIEWER,
        _TODAY,
        False,
    ),
    "expiry_moved": Reason(N_("The expiry has moved since the approval"), _REVIEWER, _BEFORE_ACT_BY, False),
    "reply_differs": Reason(N_("The reply names another order, card or amount"), _REVIEWER, _TODAY, False),
    "schedule_used": Reason(N_("The carrier gave no clear answer for seven days"), _REVIEWER, _TODAY, False),
    "unclear_reading": Reason(N_("The card's expiry moved, but not by the ordered term"), _REVIEWER, _TODAY, False),
    "no_connection": Reason(N_("The account has no connection any more"), _ADMINISTRATOR, _BEFORE_ACT_BY, False),
    "contradicted": Reason(N_("The carrier's statement says something else"), _REVIEWER, _TODAY, False),
    "reviewed_no_effect": Reason(
        N_("Two people found that it had no effect"), _OPERATOR, _BEFORE_ACT_BY, retryable=True
    ),
    "too_many_trips": Reason(N_("The carrier put the order off too often"), _REVIEWER, _BEFORE_ACT_BY, False),
    "not_buildable": Reason(
        N_("The order cannot be put into words for this carrier"), _OPERATOR, _BEFORE_ACT_BY, False
    ),
    "other_account": Reason(
        N_("The same is ordered for this card at another account"), _REVIEWER, _BEFORE_ACT_BY, False
    ),
    "already_so": Reason(N_("The card already is as the order would make it"), _OPERATOR, _TODAY, False),
}


def reason_of(code: str) -> Reason:
    """What a reason means and who acts. A code that is in no table stands for itself and goes to people."""
    return REASONS.get(code) or Reason(code, _REVIEWER, _TODAY, retryable=False)


# A failed item may be taken up again as it is; any other wants a person's word that the cause is mended, and some none.
RETRYABLE = frozenset(code for code, reason in REASONS.items() if reason.retryable)
HOPELESS = frozenset(code for code, reason in REASONS.items() if not (reason.retryable or reason.repairable))


# Why a batch stands still.
PAUSES = {
    "person": N_("Paused by a person"),
    "approver": N_("The approver may no longer approve"),
    "content": N_("The batch is no longer what was approved"),
    "restored": N_("An older copy of the data was put back; an approver lets it go on"),
}

# Why the kill switch was thrown, where no person did.
STOPS = {
    "clock": N_("The clock of this machine was set; nothing is sent until an approver lets it go on"),
    "restored": N_("A backup was put back; nothing is sent until an approver lets it go on"),
    "mass_due": N_("Too many cards fell due from one day to the next; nothing is sent until an approver lets it go on"),
}

STATE_WORDS = {
    "pending": N_("to be sent"),
    "submitted": N_("in progress"),
    "unknown": N_("result unconfirmed"),
    "needs_review": N_("needs a person"),
    "succeeded": N_("renewed"),
    "failed": N_("renewal failed"),
    "cancelled": N_("taken back"),
}
_OTHER_STATE_WORDS = STATE_WORDS | {"succeeded": N_("carried out"), "failed": N_("not carried out")}


def state_words(kind: str) -> dict[str, str]:
    """What the states of an item are called: a stop is carried out, not renewed."""
    return STATE_WORDS if kind == "renew" else _OTHER_STATE_WORDS


BATCH_WORDS = {
    "draft": N_("draft"),
    "proposed": N_("awaiting approval"),
    "approved": N_("approved"),
    "running": N_("running"),
    "paused": N_("paused"),
    "done": N_("done"),
    "cancelled": N_("voided"),
}

WAY_TO_PAY_WORDS = {
    "prepaid": N_("prepaid balance"),
    "transfer": N_("company transfer"),
    "online": N_("online"),
    "recharge_card": N_("recharge card"),
    "monthly": N_("monthly settlement"),
}
