"""Events, objects and details of the audit log in the words of whoever reads it."""

import json
from typing import Any

from data.people.rules import Event
from data.words import N_, _, told

EVENT_WORDS: dict[Event, str] = {
    Event.PERSON_ADDED: N_("Person added"),
    Event.SIGNED_IN: N_("Signed in"),
    Event.SIGN_IN_REFUSED: N_("Sign-in refused"),
    Event.SIGN_IN_SLOWED: N_("Sign-in slowed down"),
    Event.SIGNED_OUT: N_("Signed out"),
    Event.REAUTHENTICATED: N_("Password confirmed"),
    Event.PERSON_ROLE_CHANGED: N_("Role changed"),
    Event.SCOPE_GIVEN: N_("Part of the fleet given"),
    Event.PERSON_DISABLED: N_("Person disabled"),
    Event.PERSON_ENABLED: N_("Person enabled again"),
    Event.LINK_MADE: N_("Password link made"),
    Event.SIGN_IN_CHANGED: N_("Password chosen"),
    Event.REAUTHENTICATION_REFUSED: N_("Wrong password when asked again"),
    Event.DEPUTY_NAMED: N_("Deputy named"),
    Event.DEPUTY_ENDED: N_("Deputy ended"),
    Event.LANGUAGE_CHOSEN: N_("Language chosen"),
    Event.FILE_UPLOADED: N_("File uploaded"),
    Event.FILE_ACCEPTED: N_("File accepted for import"),
    Event.FILE_DISCARDED: N_("File discarded"),
    Event.FILE_IMPORTED: N_("File imported"),
    Event.FILE_REFUSED: N_("File refused"),
    Event.LAYOUT_SAVED: N_("File layout saved"),
    Event.SIM_DECIDED: N_("Decision on SIMs"),
    Event.SIM_DECISION_CONFIRMED: N_("Decision on SIMs confirmed"),
    Event.SIM_CAME_BACK: N_("SIMs came back into use"),
    Event.FINDING_CLOSED: N_("Finding closed"),
    Event.NOTICE_TYPED: N_("Notice typed in"),
    Event.NOTICE_FOUND: N_("Notice found by itself"),
    Event.NOTICE_PROVED: N_("Paper added to a notice"),
    Event.NOTICE_ACKNOWLEDGED: N_("Notice acknowledged"),
    Event.BATCH_PROPOSED: N_("Batch proposed"),
    Event.RECHARGE_CARD_ENTERED: N_("Recharge card entered"),
    Event.RECHARGE_CARD_REVEALED: N_("Recharge card revealed"),
    Event.BATCH_APPROVED: N_("Batch approved"),
    Event.BATCH_SENT_BACK: N_("Batch sent back"),
    Event.URGENT_ORDERED: N_("Urgent order placed"),
    Event.URGENT_SEEN: N_("Urgent order seen"),
    Event.BATCH_CANCELLED: N_("Batch taken back"),
    Event.BATCH_PAUSED: N_("Batch paused"),
    Event.BATCH_RESUMED: N_("Batch resumed"),
    Event.BATCH_DONE: N_("Batch finished"),
    Event.RENEWAL_NOTED: N_("Note on a renewal"),
    Event.REVIEW_STATED: N_("Review: first word"),
    Event.REVIEW_REFUSED: N_("Review: second person disagreed"),
    Event.RENEWAL_REVIEWED: N_("Review decided"),
    Event.OFFLINE_PAID: N_("Orders by hand marked as paid"),
    Event.PAYMENT_ASKED: N_("Payment asked for"),
    Event.PAYMENT_PAID: N_("Payment marked as paid"),
    Event.PAYMENT_WITHDRAWN: N_("Payment request withdrawn"),
    Event.PROVIDER_KEPT: N_("Provider kept"),
    Event.PAYEE_PROPOSED: N_("Bank data proposed"),
    Event.PAYEE_CONFIRMED: N_("Bank data confirmed"),
    Event.PAYEE_REFUSED: N_("Bank data refused"),
    Event.PAYEE_WITHDRAWN: N_("Bank data taken back"),
    Event.PAYEE_STOPPED: N_("Payments to a payee stopped"),
    Event.PAYEE_REVEALED: N_("Account number revealed"),
    Event.WORKLIST_SENT: N_("Worklist sent"),
    Event.WORKLIST_HANDED_OVER: N_("Worklist handed over"),
    Event.DIFFERENCE_CLOSED: N_("Difference closed"),
    Event.VERIFICATION_TAKEN: N_("Unextended card taken on"),
    Event.VERIFICATION_NOTED: N_("Note on an unextended card"),
    Event.VERIFICATION_CLOSED: N_("Unextended card closed"),
    Event.RENEWALS_STOPPED: N_("Renewals stopped"),
    Event.RENEWALS_RELEASED: N_("Renewals let go on"),
    Event.RENEWALS_RESTORED: N_("Renewals checked after a restore"),
    Event.VOUCHER_FILED: N_("Voucher filed"),
    Event.VOUCHER_DESCRIBED: N_("Voucher described"),
    Event.VOUCHER_LINKED: N_("Voucher linked"),
    Event.VOUCHER_UNLINKED: N_("Voucher unlinked"),
    Event.VOUCHER_FETCHED: N_("Voucher fetched"),
    Event.EXPORT_ASKED: N_("Export asked for"),
    Event.EXPORT_WRITTEN: N_("Export written"),
    Event.EXPORT_FAILED: N_("Export failed"),
    Event.EXPORT_FETCHED: N_("Export fetched"),
    Event.JOB_ASKED: N_("Wish to a job"),
    Event.ACCOUNTS_READ: N_("Carrier accounts read"),
    Event.SECRETS_RESEALED: N_("Secrets sealed under a new key"),
    Event.DEMO_MADE: N_("Demo made"),
    Event.REHEARSAL_MADE: N_("Rehearsal made"),
    Event.MAIL_ASKED: N_("Mail asked for"),
    Event.MAIL_RELEASED: N_("Mail released"),
    Event.MAIL_STOPPED: N_("Sending stopped"),
    Event.MAIL_GOES_ON: N_("Sending goes on"),
    Event.REMINDERS_SCANNED: N_("Fleet looked at for reminders"),
    Event.STORM_RELEASED: N_("Held reminders released"),
    Event.REMINDER_ACKNOWLEDGED: N_("Reminders acknowledged"),
    Event.REMINDER_SNOOZED: N_("Reminders put off"),
    Event.REMINDER_RULE_KEPT: N_("Reminder rule kept"),
    Event.REMINDER_RULE_DROPPED: N_("Reminder rule removed"),
    Event.RECIPIENT_KEPT: N_("Recipient kept"),
    Event.ADDRESS_ASKED: N_("Code mailed to an address"),
    Event.ADDRESS_VERIFIED: N_("Address confirmed"),
    Event.ADDRESS_BOUNCED: N_("Address takes no mail any more"),
    Event.ADDRESS_COMPLAINED: N_("Whoever reads an address complained"),
    Event.ADDRESS_MUTED: N_("Digests to an address stopped"),
    Event.ADDRESS_UNMUTED: N_("Digests to an address go again"),
    Event.HANDED_OVER: N_("Reminders handed over"),
    Event.HAND_OVER_ENDED: N_("Hand-over ended"),
    Event.HAND_OVER_ACCEPTED: N_("Hand-over accepted"),
    Event.HOME_BACKED_UP: N_("Backup made"),
    Event.HOME_RESTORED: N_("Backup put back"),
}
SOURCE_WORDS = {
    "page": N_("page"),
    "command line": N_("command line"),
    "job": N_("job"),
    "link": N_("link in a mail"),
}
# What an object begins with; what follows is its number or name.
_OBJECT_WORDS = {
    "payment request": N_("payment request"),
    "recharge card": N_("recharge card"),
    "person": N_("person"),
    "batch": N_("batch"),
    "renewal": N_("renewal"),
    "payee": N_("payee"),
    "provider": N_("provider"),
    "notice": N_("notice"),
    "upload": N_("upload"),
    "export": N_("export"),
    "voucher": N_("voucher"),
    "worklist": N_("worklist"),
    "deputy": N_("deputy"),
    "finding": N_("finding"),
    "difference": N_("difference"),
    "layout": N_("layout"),
    "job": N_("job"),
    "change": N_("change"),
    "account": N_("account"),
    "all accounts": N_("all accounts"),
    "secrets": N_("secrets"),
    "backup": N_("backup"),
    "recipient": N_("recipient"),
    "reminder rule": N_("reminder rule"),
    "mail": N_("mail"),
    "address": N_("address"),
    "reminders": N_("reminders"),
    "day": N_("day"),
    "chat": N_("chat"),
}


def said_event(code: str) -> str:
    """What was done."""
    known = {event.value: msgid for event, msgid in EVENT_WORDS.items()}
    return _(known[code]) if code in known else code


def said_object(object: str) -> str:
    """What it was done to."""
    for kind, msgid in _OBJECT_WORDS.items():
        if object == kind or object.startswith(f"{kind} "):
            return f"{_(msgid)}{object[len(kind) :]}"
    return object


def said_detail(detail: str) -> str:
    """The values an entry holds, one after the other, by the names they are kept under."""
    values: dict[str, Any] = json.loads(detail)
    return " · ".join(f"{name}: {_said_value(value)}" for name, value in values.items() if value is not None)


def _said_value(value: Any) -> str:
    return told(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
