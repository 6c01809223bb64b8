"""Roles, actions and the one table of who may do what."""

from dataclasses import dataclass
from enum import Enum

from data.words import N_


class Role(Enum):
    """What a person is here; `system` is the product itself."""

    VIEWER = "viewer"
    DESK = "desk"  # the service desk: answers who calls about a card
    FIELD = "field"  # goes to the terminal and swaps its card
    OPERATOR = "operator"
    APPROVER = "approver"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


ROLE_WORDS = {
    Role.VIEWER: N_("viewer"),
    Role.DESK: N_("desk"),
    Role.FIELD: N_("field"),
    Role.OPERATOR: N_("operator"),
    Role.APPROVER: N_("approver"),
    Role.FINANCE: N_("finance"),
    Role.ADMINISTRATOR: N_("administrator"),
    Role.SYSTEM: N_("the system"),
}
# Why a page or an act is not for a role: what it is here for, and what it therefore leaves to others.
ROLE_LIMITS = {
    Role.VIEWER: N_("Viewers look and change nothing."),
    Role.DESK: N_("The service desk looks up cards and reads their pages; what is done about them, others do."),
    Role.FIELD: N_("Who works in the field looks up cards and swaps them; buying and paying are done by others."),
    Role.OPERATOR: N_("Operators prepare; another person approves, and finance pays."),
    Role.APPROVER: N_("Approvers check what others have made; whoever approves does not make."),
    Role.FINANCE: N_("Finance pays what others have made and approved; it orders nothing and approves nothing."),
    Role.ADMINISTRATOR: N_(
        "Administrators look after people and jobs. They have no part in money: whoever gives out rights does not spend."
    ),
}


class Action(Enum):
    """What can be asked of a store."""

    LOOK_UP = "look_up"  # find one card and read its page
    SEE = "see"  # every other page
    SWAP = "swap"  # carry out own swap orders, keep own spare cards
    IMPORT = "import"
    DECIDE = "decide"  # 续 / 不续 / 换卡 / 待定 on a SIM
    KEEP_NOTICES = "keep_notices"  # type in plan-change notices, acknowledge any
    PROPOSE = "propose"
    APPROVE = "approve"
    DEPUTISE = "deputise"  # approve for an absent approver who has named one, between his two days
    FILE_FORM = "file_form"  # the company's own approval form
    CANCEL_BATCH = "cancel_batch"
    NOTE = "note"  # notes, ticket numbers, "repaired" on a renewal
    REVIEW = "review"  # decide needs_review
    MARK_PAID = "mark_paid"  # a payee was paid for orders placed by hand
    REQUEST_PAYMENT = "request_payment"  # make a payment request, take it back
    SEE_BANK_ACCOUNTS = "see_bank_accounts"  # a payee's whole account number
    REVEAL_PIN = "reveal_pin"  # number and PIN of a recharge card
    SEE_PROOFS = "see_proofs"  # papers that show whole account numbers of payees
    KEEP_PROVIDERS = "keep_providers"  # the directory of whom we buy from
    PROPOSE_PAYEE = "propose_payee"  # a payee and his bank data
    CONFIRM_PAYEE = "confirm_payee"  # the second person of such a proposal
    STOP_PAYEE = "stop_payee"  # nothing is paid to him any more
    SEND_WORKLIST = "send_worklist"  # claim orders for a list and hand it to the payee
    STOP_RENEWALS = "stop_renewals"
    RELEASE_RENEWALS = "release_renewals"
    FILE_VOUCHER = "file_voucher"
    EXPORT = "export"
    RUN_JOBS = "run_jobs"  # run now, pause, resume
    KEEP_REMINDERS = "keep_reminders"  # rules, recipients, test mail, letting held mail go
    MANAGE_PEOPLE = "manage_people"
    READ_AUDIT = "read_audit"
    WORK = "work"  # what only jobs do: claim, record outcomes, roll up, finish files


ACTION_WORDS = {
    Action.LOOK_UP: N_("look up a card"),
    Action.SEE: N_("look"),
    Action.SWAP: N_("swap cards"),
    Action.IMPORT: N_("import files"),
    Action.DECIDE: N_("decide what becomes of a card"),
    Action.KEEP_NOTICES: N_("keep plan-change notices"),
    Action.PROPOSE: N_("propose renewals"),
    Action.APPROVE: N_("approve renewals"),
    Action.DEPUTISE: N_("approve renewals for an absent approver"),
    Action.FILE_FORM: N_("file an approval form"),
    Action.CANCEL_BATCH: N_("take a batch back"),
    Action.NOTE: N_("note something on a renewal"),
    Action.REVIEW: N_("decide an unconfirmed renewal"),
    Action.MARK_PAID: N_("mark orders as paid"),
    Action.REQUEST_PAYMENT: N_("request payments"),
    Action.SEE_BANK_ACCOUNTS: N_("see whole account numbers"),
    Action.REVEAL_PIN: N_("see the PIN of a recharge card"),
    Action.SEE_PROOFS: N_("see papers with account numbers"),
    Action.KEEP_PROVIDERS: N_("keep the providers"),
    Action.PROPOSE_PAYEE: N_("propose payees and their bank data"),
    Action.CONFIRM_PAYEE: N_("confirm payees and their bank data"),
    Action.STOP_PAYEE: N_("stop payments to a payee"),
    Action.SEND_WORKLIST: N_("send worklists to payees"),
    Action.STOP_RENEWALS: N_("stop all renewals"),
    Action.RELEASE_RENEWALS: N_("let renewals go on"),
    Action.FILE_VOUCHER: N_("file a voucher"),
    Action.EXPORT: N_("export"),
    Action.RUN_JOBS: N_("run or pause jobs"),
    Action.KEEP_REMINDERS: N_("keep reminders and mail"),
    Action.MANAGE_PEOPLE: N_("manage people"),
    Action.READ_AUDIT: N_("read the audit log"),
    Action.WORK: N_("do the work of the jobs"),
}


class Event(Enum):
    """What the audit log knows: subject:action."""

    PERSON_ADDED = "person:added"
    SCOPE_GIVEN = "person:scope_given"
    SIGNED_IN = "person:signed_in"
    SIGN_IN_REFUSED = "person:sign_in_refused"
    SIGN_IN_SLOWED = "person:sign_in_slowed"  # too many guesses: the next ones wait
    SIGNED_OUT = "person:signed_out"
    REAUTHENTICATED = "person:reauthenticated"  # the password typed again before a grave act
    PERSON_ROLE_CHANGED = "person:role_changed"
    PERSON_DISABLED = "person:disabled"
    PERSON_ENABLED = "person:enabled"
    LINK_MADE = "person:password_link_made"
    SIGN_IN_CHANGED = "person:password_chosen"
    REAUTHENTICATION_REFUSED = "person:reauthentication_refused"  # asked again before a money act
    DEPUTY_NAMED = "deputy:named"
    DEPUTY_ENDED = "deputy:ended"
    LANGUAGE_CHOSEN = "person:language_chosen"
    FILE_UPLOADED = "upload:kept"
    FILE_ACCEPTED = "upload:accepted"
    FILE_DISCARDED = "upload:discarded"
    FILE_IMPORTED = "upload:imported"
    FILE_REFUSED = "upload:refused"
    LAYOUT_SAVED = "layout:saved"
    SIM_DECIDED = "sim:decided"
    SIM_DECISION_CONFIRMED = "sim:decision_confirmed"
    SIM_CAME_BACK = "sim:came_back"
    FINDING_CLOSED = "finding:closed"
    NOTICE_TYPED = "notice:typed"
    NOTICE_FOUND = "notice:found"
    NOTICE_PROVED = "notice:proved"  # one more paper
    NOTICE_ACKNOWLEDGED = "notice:acknowledged"
    BATCH_PROPOSED = "renewal:proposed"
    RECHARGE_CARD_ENTERED = "recharge:entered"
    RECHARGE_CARD_REVEALED = "recharge:revealed"
    BATCH_APPROVED = "renewal:approved"
    BATCH_SENT_BACK = "renewal:sent_back"
    URGENT_ORDERED = "renewal:urgent_ordered"
    URGENT_SEEN = "renewal:urgent_seen"
    BATCH_CANCELLED = "renewal:cancelled"
    BATCH_PAUSED = "renewal:paused"
    BATCH_RESUMED = "renewal:resumed"
    BATCH_DONE = "renewal:done"
    RENEWAL_NOTED = "renewal:noted"
    REVIEW_STATED = "renewal:review_stated"
    REVIEW_REFUSED = "renewal:review_refused"
    RENEWAL_REVIEWED = "renewal:reviewed"
    OFFLINE_PAID = "offline:paid"
    PAYMENT_ASKED = "payment:asked"
    PAYMENT_PAID = "payment:paid"
    PAYMENT_WITHDRAWN = "payment:withdrawn"
    PROVIDER_KEPT = "provider:kept"
    PAYEE_PROPOSED = "payee:proposed"
    PAYEE_CONFIRMED = "payee:confirmed"
    PAYEE_REFUSED = "payee:refused"
    PAYEE_WITHDRAWN = "payee:withdrawn"
    PAYEE_STOPPED = "payee:stopped"
    PAYEE_REVEALED = "payee:revealed"
    WORKLIST_SENT = "offline:worklist_sent"
    WORKLIST_HANDED_OVER = "offline:handed_over"
    DIFFERENCE_CLOSED = "difference:closed"
    VERIFICATION_TAKEN = "verification:taken"
    VERIFICATION_NOTED = "verification:noted"
    VERIFICATION_CLOSED = "verification:closed"
    RENEWALS_STOPPED = "renewal:stopped"
    RENEWALS_RELEASED = "renewal:released"
    RENEWALS_RESTORED = "renewal:restored"
    VOUCHER_FILED = "voucher:filed"
    VOUCHER_DESCRIBED = "voucher:described"
    VOUCHER_LINKED = "voucher:linked"
    VOUCHER_UNLINKED = "voucher:unlinked"
    VOUCHER_FETCHED = "voucher:fetched"
    EXPORT_ASKED = "export:asked"
    EXPORT_WRITTEN = "export:written"
    EXPORT_FAILED = "export:failed"
    EXPORT_FETCHED = "export:fetched"
    JOB_ASKED = "job:asked"
    MAIL_ASKED = "mail:asked"
    MAIL_RELEASED = "mail:released"
    MAIL_STOPPED = "mail:stopped"
    MAIL_GOES_ON = "mail:goes_on"
    ACCOUNTS_READ = "account:read"
    SECRETS_RESEALED = "secrets:resealed"
    REMINDERS_SCANNED = "reminder:scanned"
    STORM_RELEASED = "reminder:storm_released"
    REMINDER_ACKNOWLEDGED = "reminder:acknowledged"
    REMINDER_SNOOZED = "reminder:snoozed"
    REMINDER_RULE_KEPT = "reminder_rule:kept"
    REMINDER_RULE_DROPPED = "reminder_rule:dropped"
    RECIPIENT_KEPT = "recipient:kept"
    ADDRESS_ASKED = "address:asked"  # a code was made for it
    ADDRESS_VERIFIED = "address:verified"
    ADDRESS_BOUNCED = "address:bounced"  # its server refused a letter, at once or by sending it back
    ADDRESS_COMPLAINED = "address:complained"
    ADDRESS_MUTED = "address:muted"  # no digests any more, by its reader's link or on request
    ADDRESS_UNMUTED = "address:unmuted"
    HANDED_OVER = "recipient:handed_over"
    HAND_OVER_ENDED = "recipient:hand_over_ended"
    HAND_OVER_ACCEPTED = "recipient:hand_over_accepted"
    DEMO_MADE = "home:demo_made"
    REHEARSAL_MADE = "home:rehearsal_made"
    HOME_BACKED_UP = "home:backed_up"
    HOME_RESTORED = "home:restored"


# Who sees the whole of it. The service desk and the field look cards up, one by one.
_EVERYONE = frozenset({Role.VIEWER, Role.OPERATOR, Role.APPROVER, Role.FINANCE, Role.ADMINISTRATOR})
_NO_ONE_BUT_JOBS = frozenset({Role.SYSTEM})

# Who may do what (security.md §3). The system may do what jobs do, and nothing that a person decides.
MAY: dict[Action, frozenset[Role]] = {
    Action.LOOK_UP: _EVERYONE | {Role.DESK, Role.FIELD, Role.SYSTEM},
    Action.SEE: _EVERYONE | {Role.SYSTEM},
    Action.SWAP: frozenset({Role.FIELD}),
    Action.IMPORT: frozenset({Role.OPERATOR, Role.SYSTEM}),
    Action.DECIDE: frozenset({Role.OPERATOR}),
    Action.KEEP_NOTICES: frozenset({Role.OPERATOR, Role.APPROVER}),
    Action.PROPOSE: frozenset({Role.OPERATOR}),
    Action.APPROVE: frozenset({Role.APPROVER}),
    Action.DEPUTISE: frozenset({Role.OPERATOR, Role.APPROVER}),
    Action.FILE_FORM: frozenset({Role.OPERATOR, Role.APPROVER}),
    Action.CANCEL_BATCH: frozenset({Role.OPERATOR, Role.APPROVER}),
    Action.NOTE: frozenset({Role.OPERATOR, Role.APPROVER}),
    Action.REVIEW: frozenset({Role.APPROVER}),
    Action.MARK_PAID: frozenset({Role.FINANCE}),
    Action.REQUEST_PAYMENT: frozenset({Role.OPERATOR, Role.FINANCE}),
    Action.SEE_BANK_ACCOUNTS: frozenset({Role.FINANCE, Role.SYSTEM}),  # a job writes them on payment requests
    Action.REVEAL_PIN: frozenset({Role.APPROVER}),
    Action.SEE_PROOFS: frozenset({Role.OPERATOR, Role.APPROVER, Role.FINANCE}),
    Action.KEEP_PROVIDERS: frozenset({Role.OPERATOR}),
    Action.PROPOSE_PAYEE: frozenset({Role.OPERATOR}),
    Action.CONFIRM_PAYEE: frozenset({Role.APPROVER}),
    Action.STOP_PAYEE: frozenset({Role.OPERATOR, Role.APPROVER, Role.FINANCE}),
    Action.SEND_WORKLIST: frozenset({Role.OPERATOR}),
    Action.STOP_RENEWALS: frozenset({Role.OPERATOR, Role.APPROVER, Role.ADMINISTRATOR, Role.SYSTEM}),
    Action.RELEASE_RENEWALS: frozenset({Role.APPROVER}),
    Action.FILE_VOUCHER: frozenset({Role.OPERATOR, Role.FINANCE}),
    Action.EXPORT: _EVERYONE | {Role.SYSTEM},
    Action.RUN_JOBS: frozenset({Role.OPERATOR, Role.ADMINISTRATOR}),
    Action.KEEP_REMINDERS: frozenset({Role.OPERATOR, Role.ADMINISTRATOR}),
    Action.MANAGE_PEOPLE: frozenset({Role.ADMINISTRATOR}),
    Action.READ_AUDIT: frozenset({Role.APPROVER, Role.ADMINISTRATOR}),
    Action.WORK: _NO_ONE_BUT_JOBS,
}


class Refused(Exception):
    """You may not do this."""


class WrongPassword(Refused):
    """The password asked for again before a money act is not this person's; whoever shows it records the try."""


class NotThere(Refused):
    """There is no such thing for you; whether it exists for others is not said."""


@dataclass(frozen=True)
class Actor:
    """Who is asking, as every writing function of every store wants to know."""

    person_id: int
    name: str
    role: Role
    source: str  # page, command line, job


# Person 0 is the product itself, written with the first migration's people; it cannot sign in.
SYSTEM = Actor(person_id=0, name="system", role=Role.SYSTEM, source="job")


def may(role: Role, action: Action) -> bool:
    """Whether the table allows it."""
    return role in MAY[action]
