"""Keys, order numbers and hashes of renewals, and the tables of reasons, refusals and words."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from data.words import N_

# What can be ordered for a card; one batch holds one kind.
KINDS = {
    "renew": N_("renewal"),
    "add-on": N_("add-on data"),
    "plan-change": N_("plan change"),
    "recharge": N_("recharge by card"),
    "suspend": N_("stop"),
    "resume": N_("resume"),
}
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


def content(line: Mapping[str, Any]) -> tuple[int, str, int, int]:
    """What counts of a batch's line: its number, the obligation's key, the amount in fen, the months."""
    key = obligation_key(
        account=line["account"], iccid=line["iccid"], kind=line["kind"], cycle=line["cycle"], seq=line["seq"]
    )
    return line["line"], key, line["amount_fen"], line["months"]


def content_hash(lines: Iterable[tuple[str, int, int]]) -> str:
    """SHA-256 over the ordered (obligation key, amount in fen, months) of a batch's orderable lines."""
    hashed = hashlib.sha256()
    for key, amount_fen, months in lines:
        hashed.update(f"{key}|{amount_fen}|{months}\n".encode())
    return hashed.hexdigest()


def request_sha256(*, order: str, account: str, iccid: str, plan: str, months: int, amount_fen: int) -> str:
    """The fingerprint of what is sent: the same order number never goes out with other contents."""
    return hashlib.sha256(f"{order}|{account}|{iccid}|{plan}|{months}|{amount_fen}|{CURRENCY}".encode()).hexdigest()


# Why a card cannot be ordered; which holds is judged in previewing.sql, in this order.
REFUSALS = {
    "not_live": N_("The card is cancelled, replaced or reported lost"),
    "not_in_use": N_("The card is in stock, in its test or in its silent period"),
    "declined": N_("The card is not to be renewed"),
    "no_expiry": N_("The expiry date is not known"),
    "auto_renew": N_("The carrier renews this card by itself (auto-renew is on)"),
    "no_account": N_("The card's account is empty or not in carriers.toml"),
    "offline_lane": N_("The account has no connection: place the order with the payee by hand"),
    "no_price": N_("The plan has no valid price"),
    "bad_months": N_("The months are no multiple of the plan's term"),
    "other_batch": N_("The card is already in another open batch"),
    "already_renewed": N_("This term has been renewed already"),
    "not_repaired": N_("The last try failed, and nobody has said that the cause is mended"),
}


def amount_fen(*, price_fen: int, term_months: int, months: int) -> int:
    """Price × months / term. `months` is a multiple of the term, so the fen are exact."""
    terms, rest = divmod(months, term_months)
    if rest:
        raise ValueError(f"{months} months are no multiple of {term_months}")
    return price_fen * terms


@dataclass(frozen=True)
class Reason:
    """Why an item failed or needs a person (the field's own table): what it means and who does what by when."""

    msgid: str
    who: str  # msgid: who acts
    by_when: str  # msgid: by when, or how
    retryable: bool  # a new batch may take it up as it is
    repairable: bool = True  # a new batch may take it up once someone says the cause is mended


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
    "window_closed": Reason(N_("Orders are not taken at this time"), _OPERATOR, N_("in the next window"), True),
    "card_locked": Reason(N_("The card is locked after another order"), _SYSTEM, _LATER, True),
    "batch_refused": Reason(N_("Another card made the carrier refuse the whole list"), _SYSTEM, _LATER, True),
    "rate_limited": Reason(N_("The carrier is busy or under maintenance"), _SYSTEM, _LATER, True),
    "token_expired": Reason(N_("The session at the carrier had expired"), _SYSTEM, _LATER, True),
    "credential_refused": Reason(N_("The carrier refuses our sign-in or our address"), _ADMINISTRATOR, _TODAY, False),
    "not_our_card": Reason(N_("The card is not ours at the carrier"), _KEEPER, N_("clear the ownership"), False),
    "pool_card": Reason(N_("A card of a pool cannot be renewed alone"), _OPERATOR, N_("renew the pool"), False),
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
    "expiry_moved": Reason(N_("The expiry has moved since the approval"), _REVIEWER, _BEFORE_ACT_BY, False),
    "reply_differs": Reason(N_("The reply names another order, card or amount"), _REVIEWER, _TODAY, False),
    "schedule_used": Reason(N_("The carrier gave no clear answer for seven days"), _REVIEWER, _TODAY, False),
    "unclear_reading": Reason(N_("The card's expiry moved, but not by the ordered term"), _REVIEWER, _TODAY, False),
    "no_connection": Reason(N_("The account has no connection any more"), _ADMINISTRATOR, _BEFORE_ACT_BY, False),
    "too_many_trips": Reason(N_("The carrier put the order off too often"), _REVIEWER, _BEFORE_ACT_BY, False),
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

# Warnings stand beside a line and refuse nothing: the approver sees them.
WARNINGS = {
    "far_ahead": N_("The card expires more than 60 days from now; was it renewed elsewhere?"),
}
