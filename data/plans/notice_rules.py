"""Plan-change notices as pure functions: what a comparison finds, what a new price costs within a year, when one is near."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from data.sims.rules import add_months
from data.words import N_

# What a notice is about.
KINDS = {
    "price": N_("Price"),
    "quota": N_("Data per month"),
    "term": N_("Term"),
    "name": N_("Name"),
    "withdrawn": N_("No longer sold"),
    "card_plan": N_("Cards on another plan"),
    "other": N_("Something else"),
}
# What a comparison found, in a sentence; the names in braces are keys of the notice's detail.
SAID = {
    "price": N_("{plan}: {months} months cost {after} instead of {before}"),
    "quota": N_("{plan}: {after} a month instead of {before}"),
    "term": N_("{plan}: {after} months at a time instead of {before}"),
    "name": N_("{before} seems to be called {after} now"),
    "withdrawn": N_("{plan} is no longer on the carrier's list"),
    "card_plan": N_("Cards went from {before} to {after}, and nobody here ordered it"),
}
# Which cards a notice concerns.
REACHES = {
    "plans": N_("All SIMs of plans"),
    "account": N_("All SIMs of an account"),
    "cards": N_("A pasted list of SIMs"),
}
# A notice is near when it takes effect so soon; one without a date counts as near.
NEAR = timedelta(days=30)
_YEAR_MONTHS = 12

# Values that fill a sentence; a name that ends in _fen or _bytes says its unit.
Told = Mapping[str, str | int]


@dataclass(frozen=True)
class PlanPrice:
    """What a notice says of one plan: the price of one term for one card. None: not told."""

    plan_id: int
    term_months: int | None = None
    old_fen: int | None = None
    new_fen: int | None = None


@dataclass(frozen=True)
class Change:
    """One thing a comparison found."""

    kind: str  # a key of SAID
    detail: Told  # values for its sentence
    found_key: str  # the same thing has the same key
    carrier: str = ""
    account: str | None = None  # None: every account
    channel: str | None = None
    effective_on: date | None = None
    plan: PlanPrice | None = None
    sim_ids: tuple[int, ...] = ()  # the cards, where they are not those of `plan`


@dataclass(frozen=True)
class Offer:
    """A plan as a carrier sells it to an account. None: not told."""

    plan: str
    term_months: int | None
    quota_bytes: int | None
    price_fen: int | None


@dataclass(frozen=True)
class KnownPlan:
    """A plan of ours, with the prices of its terms in force for the account."""

    plan_id: int
    plan: str
    carrier: str
    term_months: int | None
    prices: Mapping[int, int] = field(default_factory=dict)  # months → fen


def offers_compared(
    now: Sequence[Offer], before: Sequence[Offer], known: Mapping[str, KnownPlan], *, account: str, today: date
) -> list[Change]:
    """What a carrier's list says otherwise than what we know of our plans, told for the first time.

    A price is compared with the one in force here. Data and term are compared with the carrier's own word before: what
    it counts them by need not be what we count them by. A plan that left a list counts when others are still on it.
    """
    changes: list[Change] = []
    last = {(one.plan, one.term_months): one for one in before}
    alone_now, alone_before = _alone(now), _alone(before)
    for offer in now:
        plan = known.get(offer.plan)
        if plan is None:
            continue
        told = last.get((offer.plan, offer.term_months)) or (
            alone_before.get(offer.plan) if offer.plan in alone_now else None
        )
        changes += _of_offer(offer, told, plan, account=account, today=today)
    left = {one.plan for one in before} - {one.plan for one in now} if now else set()
    changes += [
        _change("withdrawn", known[name], {"plan": name}, account=account, today=today)
        for name in sorted(left & known.keys())
    ]
    return changes


def _alone(offers: Iterable[Offer]) -> dict[str, Offer]:
    """Plans that are offered for one term only."""
    found: dict[str, list[Offer]] = {}
    for offer in offers:
        found.setdefault(offer.plan, []).append(offer)
    return {name: several[0] for name, several in found.items() if len(several) == 1}


def _of_offer(offer: Offer, told: Offer | None, plan: KnownPlan, *, account: str, today: date) -> list[Change]:
    found: list[tuple[str, Told, PlanPrice | None]] = []
    months = offer.term_months or plan.term_months
    before_fen = plan.prices.get(months or 0) or (told.price_fen if told else None)
    is_news = offer.price_fen is not None and (told is None or told.price_fen != offer.price_fen)
    if is_news and months and before_fen and offer.price_fen and offer.price_fen != before_fen:
        said: Told = {"plan": plan.plan, "months": months, "before_fen": before_fen, "after_fen": offer.price_fen}
        found.append(("price", said, PlanPrice(plan.plan_id, months, before_fen, offer.price_fen)))
    if told and told.quota_bytes and offer.quota_bytes and told.quota_bytes != offer.quota_bytes:
        said = {"plan": plan.plan, "before_bytes": told.quota_bytes, "after_bytes": offer.quota_bytes}
        found.append(("quota", said, None))
    if told and told.term_months and offer.term_months and told.term_months != offer.term_months:
        found.append(("term", {"plan": plan.plan, "before": told.term_months, "after": offer.term_months}, None))
    return [_change(kind, plan, said, account=account, today=today, price=price) for kind, said, price in found]


def _change(
    kind: str, plan: KnownPlan, said: Told, *, account: str, today: date, price: PlanPrice | None = None
) -> Change:
    return Change(
        kind,
        said,
        "|".join(("offer", account, kind, *(str(value) for value in said.values()))),
        carrier=plan.carrier,
        account=account,
        effective_on=today,
        plan=price or PlanPrice(plan.plan_id),
    )


@dataclass(frozen=True)
class Buyers:
    """Cards of one plan that end on one day and are to be renewed."""

    cards: int
    expires_on: date | None
    term_months: int | None
    old_fen: int | None
    new_fen: int | None


@dataclass(frozen=True)
class Effect:
    """What the cards a notice concerns buy within a year from today, at the old price and at the new."""

    cards: int = 0  # to be renewed, with both prices known
    unpriced: int = 0  # to be renewed, without
    purchases: int = 0  # terms bought at the new price
    old_fen: int = 0  # the same terms at the old price
    new_fen: int = 0

    @property
    def more_fen(self) -> int:
        """What the change costs; negative: it saves."""
        return self.new_fen - self.old_fen


def effect(buyers: Iterable[Buyers], *, effective_on: date | None, today: date) -> Effect:
    """Sum what the new price makes of the coming year: each card buys a term when one ends, not before."""
    cards = unpriced = purchases = old_fen = new_fen = 0
    for some in buyers:
        if some.old_fen is None or some.new_fen is None or not some.term_months:
            unpriced += some.cards
            continue
        cards += some.cards
        terms = some.cards * terms_bought(
            some.expires_on, some.term_months, effective_on=effective_on or today, today=today
        )
        purchases += terms
        old_fen += terms * some.old_fen
        new_fen += terms * some.new_fen
    return Effect(cards, unpriced, purchases, old_fen, new_fen)


def terms_bought(expires_on: date | None, term_months: int, *, effective_on: date, today: date) -> int:
    """How many terms a card buys at the new price within the twelve months from today.

    A card whose term is over buys its next one today. What ends before the new price holds is bought at the old one.
    """
    if expires_on is None:
        return 0
    first, end = max(expires_on, today), add_months(today, _YEAR_MONTHS)
    days = (add_months(first, number * term_months) for number in range(_YEAR_MONTHS // term_months + 1))
    return sum(effective_on <= day < end for day in days)


def near(effective_on: date | None, *, today: date) -> bool:
    """Whether somebody has to look at it now."""
    return effective_on is None or effective_on <= today + NEAR
