"""The one sentence that opens the page of a card: state, cause, what is under way, who acts, until when, what to say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from data.sims.wording_rules import STATUS_WORDS
from data.words import N_


@dataclass(frozen=True)
class Said:
    """A sentence not spoken yet: whoever shows it calls `_(msgid, **values)`."""

    msgid: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Situation:
    """What a service desk reads out while the merchant is on the phone."""

    state: Said
    cause: Said | None
    under_way: Said
    who_acts: Said
    until: date | None  # the day by which they must have acted
    tell_merchant: Said
    good: bool  # nothing is wrong and nothing is due


class LiveItem(Protocol):
    """A renewal that is not finished, as data/renewals knows it."""

    @property
    def state(self) -> str:
        """proposed, or one of the seven states."""

    @property
    def batch(self) -> int:
        """The batch that carries it."""

    @property
    def kind(self) -> str:
        """renew, recharge, or what else was ordered."""


class Card(Protocol):
    """What this sentence needs of a row of sim_now."""

    @property
    def status(self) -> str: ...
    @property
    def live(self) -> bool: ...
    @property
    def due(self) -> bool: ...
    @property
    def expires_on(self) -> date | None: ...
    @property
    def act_by(self) -> date | None: ...
    @property
    def cancel_by(self) -> date | None: ...
    @property
    def silent_until(self) -> date | None: ...
    @property
    def decision(self) -> str | None: ...
    @property
    def used_share(self) -> float | None: ...


@dataclass(frozen=True)
class _Trouble:
    """What one status means for people."""

    cause: str
    who_acts: str
    tell_merchant: str


_OPERATOR = N_("Operations place the renewal")
_NO_ONE = N_("Nobody has to act")
_NOTHING = N_("Nothing is under way")
_SOON_BACK = N_(
    "The card is being renewed; the terminal works again once the carrier confirms. Please restart it then."
)
_RAN_OUT = N_("The card has run out; we order its renewal and tell you when the terminal works again.")
_WORKS = N_("The card is in order; please restart the terminal and check its signal.")
_NEW_CARD = N_("The card cannot be brought back; a new card is on its way with a visit.")

_TROUBLES = {
    "stopped_expired": _Trouble(N_("Its term ended on {expires_on}"), _OPERATOR, _RAN_OUT),
    "stopped_arrears": _Trouble(
        N_("The account owes the carrier money"),
        N_("Finance pay the arrears first, then operations renew"),
        N_("The carrier stopped the card over a payment of ours; we are settling it."),
    ),
    "stopped_quota": _Trouble(
        N_("The month's data is used up"),
        N_("Operations buy more data or change the plan"),
        N_("The card has used up its data for this month; we are buying more."),
    ),
    "stopped_manual": _Trouble(
        N_("We stopped it ourselves"),
        N_("Operations resume it, or leave it stopped"),
        N_("The card was stopped on our order; we check whether it may be resumed."),
    ),
    "stopped_separation": _Trouble(
        N_("The carrier saw the card in another device"),
        N_("A field engineer checks the terminal"),
        N_("The card must be in its own terminal; an engineer will check it with you."),
    ),
    "stopped_area": _Trouble(
        N_("The card was used outside the area it is allowed in"),
        N_("Operations ask the carrier's support"),
        N_("The terminal was used outside its area; please tell us where it stands."),
    ),
    "stopped_realname": _Trouble(
        N_("The real-name registration is missing"),
        N_("The merchant's contact registers, operations follow up"),
        N_("The carrier needs a real-name registration; we send you the way to do it."),
    ),
    "stopped_risk": _Trouble(
        N_("The carrier's risk control stopped it; we cannot resume it ourselves"),
        N_("Operations open a ticket with the carrier's support"),
        N_("The carrier stopped the card; we have asked its support."),
    ),
    "number_kept": _Trouble(
        N_("It is suspended, its number is kept for a fee"),
        N_("Operations resume it before the number goes"),
        N_("The card is suspended; we check whether it may be resumed."),
    ),
    "pre_cancel": _Trouble(
        N_("The carrier is about to take the number back"),
        N_("Operations renew it today, this is the last call"),
        _RAN_OUT,
    ),
    "cancelled": _Trouble(
        N_("The carrier has taken the number back"), N_("Logistics send a new card, an engineer fits it"), _NEW_CARD
    ),
    "replaced": _Trouble(
        N_("Another card took its place"), _NO_ONE, N_("This card was replaced; please give us the new card's number.")
    ),
    "lost": _Trouble(N_("The card was reported lost"), N_("Logistics send a new card, an engineer fits it"), _NEW_CARD),
}

# From so long before its silent period ends a card that has not begun is somebody's business.
_SILENT_DAYS = 30
# What only a renewal would mend; a card that is not to be renewed ends like this on purpose.
_ENDED = frozenset({"stopped_expired", "pre_cancel"})

_UNDER_WAY = {
    "proposed": N_("A renewal waits for approval in batch {batch}"),
    "pending": N_("A renewal is approved and goes out next, batch {batch}"),
    "submitted": N_("A renewal is with the carrier, batch {batch}"),
    "unknown": N_("A renewal was sent and is not confirmed yet, batch {batch}: do not order again"),
    "needs_review": N_("A renewal needs a person's eye, batch {batch}: do not order again"),
}
# What is said of a stop, another plan or add-on data: it brings no card back that has run out.
_OTHER_UNDER_WAY = {
    "proposed": N_("An order that is no renewal waits for approval in batch {batch}"),
    "pending": N_("An order that is no renewal is approved and goes out next, batch {batch}"),
    "submitted": N_("An order that is no renewal is with the carrier, batch {batch}"),
    "unknown": N_("An order that is no renewal was sent and is not confirmed yet, batch {batch}: do not order again"),
    "needs_review": N_("An order that is no renewal needs a person's eye, batch {batch}: do not order again"),
}
_RENEWS = frozenset({"renew", "recharge"})
_WHO_MOVES = {
    "proposed": N_("The approver decides"),
    "pending": N_("The system works it off"),
    "submitted": N_("The system waits for the carrier"),
    "unknown": N_("The system asks the carrier again"),
    "needs_review": N_("The approver decides with the carrier's support"),
}


def situation(card: Card, live: LiveItem | None, *, today: date) -> Situation:
    """Where `card` stands today. `live`: its order that is not finished, if there is one."""
    plain = _without_renewal(card, today)
    if live is None or live.state not in _UNDER_WAY:
        return plain
    renews = live.kind in _RENEWS
    return Situation(
        state=plain.state,
        cause=plain.cause,
        under_way=Said((_UNDER_WAY if renews else _OTHER_UNDER_WAY)[live.state], {"batch": live.batch}),
        who_acts=Said(_WHO_MOVES[live.state]),
        until=plain.until,
        tell_merchant=plain.tell_merchant if plain.good or not renews else Said(_SOON_BACK),
        good=plain.good,
    )


def _without_renewal(card: Card, today: date) -> Situation:
    state = Said(STATUS_WORDS[card.status])
    if card.decision == "decline" and card.status in _ENDED:
        return _not_renewed(state)
    if trouble := _TROUBLES.get(card.status):
        cause = Said(trouble.cause, {"expires_on": card.expires_on or "–"} if "{" in trouble.cause else {})
        return _told(state, cause, trouble.who_acts, card.cancel_by if card.live else None, trouble.tell_merchant)
    if dated := _by_date(card, state, today):
        return dated
    if card.used_share is not None and card.used_share >= 1:
        cause = Said(N_("It is over its quota; data beyond it may cost extra or be cut"))
        return _told(state, cause, N_("Operations watch it or change the plan"), None, _WORKS)
    if card.status == "unknown":
        cause = Said(N_("No source has told its state"))
        return _told(state, cause, N_("Operations ask the carrier"), None, _WORKS)
    fine = Situation(state, None, Said(_NOTHING), Said(_NO_ONE), None, Said(_WORKS), good=True)
    return _not_renewed(state) if card.decision == "decline" else fine


def _by_date(card: Card, state: Said, today: date) -> Situation | None:
    """What the end of its term or of its silent period asks for, if it is near."""
    if card.due:
        return _due(card, state, today)
    if card.silent_until and card.decision != "decline" and card.silent_until <= today + timedelta(days=_SILENT_DAYS):
        return _silent(card.silent_until, state, today)
    return None


def _not_renewed(state: Said) -> Situation:
    cause = Said(N_("It was decided not to renew it"))
    return _told(state, cause, _NO_ONE, None, N_("This card will not be renewed; please ask your agent."))


def _silent(until: date, state: Said, today: date) -> Situation:
    over = until < today
    ended = N_("Its silent period ended on {day}; its term may be running already")
    ends = N_("Its silent period ends on {day}; then its term starts by itself")
    cause = Said(ended if over else ends, {"day": until})
    return _told(state, cause, N_("Operations activate it or send it back"), None if over else until, _WORKS)


def _due(card: Card, state: Said, today: date) -> Situation:
    when = {"expires_on": card.expires_on}
    if card.expires_on and card.expires_on < today:
        cause = Said(N_("Its term ended on {expires_on}; the carrier may stop it at any time"), when)
        return _told(state, cause, _OPERATOR, card.cancel_by, _RAN_OUT)
    return _told(state, Said(N_("Its term ends on {expires_on}"), when), _OPERATOR, card.act_by, _WORKS)


def _told(state: Said, cause: Said, who: str, until: date | None, tell: str) -> Situation:
    return Situation(state, cause, Said(_NOTHING), Said(who), until, Said(tell), good=False)
