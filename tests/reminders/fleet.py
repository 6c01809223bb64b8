"""A fleet that lives: cards, whose they are, who hears of them, and what happens to them day by day, all from one seed.

What it does to a card it does to the home as well, at once, so that whoever compares the two compares the same moment.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

from data.clock import HOME_ZONE
from data.database import Query, Transaction
from data.people.rules import Actor, Role
from data.sims.holidays import published
from data.sims.rolling import roll_up
from data.sims.rules import act_by, add_months, cancel_by

# Account: cut-off day of the month, working days from order to effect, days until the number is gone.
ACCOUNTS = {"mobile-a": (None, 1, 90), "unicom-b": (25, 3, 60), "telecom-c": (None, 0, 90)}
OWNER, AGENT, BRANCH, CANCEL = "30,14,7,3,1,0,-1", "14,7,3,1", "7,1", "30,7,1"
# What nobody may ever read in a letter: it stands in rows that letters are made from.
SECRET, FULL_ACCOUNT = "PIN-83920174", "6222021234567890123"
DAY = timedelta(days=1)


def sql(text: str) -> Query:
    return Query("simulation", "", text)


@dataclass
class Card:
    """One card as it is this moment."""

    sim_id: int
    account: str
    term: int
    merchant: int
    expires_on: date
    status: str = "active"
    declined: bool = False
    moving: int = 0  # the order that is under way for it

    @property
    def live(self) -> bool:
        return self.status == "active"

    @property
    def dates(self) -> tuple[date, date]:
        """The last day to order and the last before the number is gone."""
        return dates_of(self.account, self.expires_on)


@cache
def dates_of(account: str, expires_on: date) -> tuple[date, date]:
    cut_off, working_days, gone_after = ACCOUNTS[account]
    order_by = act_by(expires_on, last_order_day=cut_off, working_days=working_days, workdays=published())
    return order_by, cancel_by(expires_on, cancel_after_days=gone_after)


@dataclass
class Recipient:
    """Somebody who is written to."""

    recipient_id: int
    kind: str
    address: str
    role: Role = Role.OPERATOR
    part: str | None = None
    lead_id: int | None = None
    person_id: int = 0

    @property
    def actor(self) -> Actor:
        return Actor(self.person_id, f"p{self.recipient_id}", self.role, "command line")


@dataclass
class Fleet:
    """Everything there is; `rng` decides what happens to it."""

    rng: random.Random
    count: int
    people: int
    today: date
    haste: float = 1.0
    cards: dict[int, Card] = field(default_factory=dict)
    recipients: dict[int, Recipient] = field(default_factory=dict)
    owners: list[int] = field(default_factory=list)  # of each region, the recipient who hears of its cards
    happened: dict[str, int] = field(default_factory=dict)
    _changed: set[int] = field(default_factory=set)
    _orders: int = 0

    def __post_init__(self) -> None:
        leads, agents, branches = max(1, self.people // 20), max(1, self.people // 4 - 1), max(1, self.people // 5)
        self.agents, self.branches = agents, branches
        kinds = [("lead", leads), ("administrator", 1), ("agent", agents), ("branch", branches)]
        kinds.append(("owner", self.people - sum(count for _kind, count in kinds)))
        lead_ids: list[int] = []
        for kind, count in kinds:
            for n in range(count):
                number = len(self.recipients) + 1
                made = Recipient(number, kind if kind in {"agent", "branch"} else "person", f"r{number}@example.test")
                if kind in {"agent", "branch"}:
                    made.part = f"{kind[0].upper()}{n:02d}"
                elif kind == "owner":
                    made.lead_id = lead_ids[n % len(lead_ids)] if n % 3 else None
                    self.owners.append(number)
                elif kind == "lead":
                    lead_ids.append(number)
                else:
                    made.role = Role.ADMINISTRATOR
                self.recipients[number] = made
        self.by_part = {one.part: number for number, one in self.recipients.items() if one.part}
        self.merchants = [
            (self.rng.randrange(len(self.owners)), self.rng.randrange(agents * 2), self.rng.randrange(branches * 2))
            for _ in range(max(20, self.count // 20))
        ]
        for n in range(1, self.count + 1):
            days = self.rng.randrange(-3, 330)
            # However the dice fall, some of those that end soon are not to be renewed.
            given_up = n % 15 == 0
            card = self._add(n, self.today + timedelta(days=days % 25 if given_up else days))
            card.declined = given_up or (n % 5 == 0 and days < 40)

    def _add(self, n: int, expires_on: date, merchant: int | None = None) -> Card:
        account = self.rng.choice(list(ACCOUNTS))
        where = self.rng.randrange(len(self.merchants)) if merchant is None else merchant
        term = self.rng.choice((1, 6, 12, 12, 12, 24))
        self.cards[n] = card = Card(n, account, term, where, expires_on)
        self._changed.add(n)
        return card

    def hears_of(self, card: Card) -> Iterator[tuple[int, str, str]]:
        """Who hears of a card now, by which stages before its end, and before the number is gone."""
        region, agent, branch = self.merchants[card.merchant]
        yield self.owners[region], OWNER, CANCEL
        for part, stages in ((f"A{agent:02d}", AGENT), (f"B{branch:02d}", BRANCH)):
            if part in self.by_part:
                yield self.by_part[part], stages, ""

    # What happens -----------------------------------------------------------------------------------------------------

    def _did(self, what: str, card: Card) -> None:
        self.happened[what] = self.happened.get(what, 0) + 1
        self._changed.add(card.sim_id)

    def live(self, *, share: float) -> Iterator[tuple[Card, float]]:
        """Every card there is, with a number that is below `share` × how often a thing happens."""
        for card in list(self.cards.values()):
            if card.live:
                yield card, self.rng.random() / share

    def pass_a_while(self, today: date, *, share: float) -> None:
        """What people, carriers and files do in a part of a day; `share` of it."""
        share *= self.haste
        for card, dice in self.live(share=share):
            days = (card.expires_on - today).days
            if card.moving:
                if dice < 0.7:
                    self._end_order(card)
            elif not card.declined and days <= 25 and dice < 0.10:
                self.renew(card)
            elif days <= 20 and dice < 0.105:
                card.declined = not card.declined
                self._did("decided not to renew" if card.declined else "decided otherwise", card)
            elif not card.declined and days <= 20 and dice < 0.12:
                self._orders += 1
                card.moving = self._orders
                self._did("ordered", card)
            elif dice > 1 / share - 0.002:
                self._odd(card, today)

    def has_date(self, card: Card, ends: date) -> None:
        """A file says so."""
        card.expires_on = ends
        self._changed.add(card.sim_id)

    def renew(self, card: Card) -> None:
        card.expires_on = add_months(max(card.expires_on, self.today - 40 * DAY), card.term)
        self._did("renewed", card)

    def _end_order(self, card: Card) -> None:
        card.moving = 0
        self._did("order refused", card)
        if self.rng.random() < 0.8:
            self.renew(card)

    def _odd(self, card: Card, today: date) -> None:
        match self.rng.choice(("expiry", "expiry", "replaced", "moved", "moved", "cancelled")):
            case "expiry":
                card.expires_on += self.rng.choice((-1, 1)) * timedelta(days=self.rng.randrange(1, 40))
                self._did("another expiry", card)
            case "replaced":
                card.status = "replaced"
                self._did("replaced", card)
                self._add(max(self.cards) + 1, today + timedelta(days=self.rng.randrange(20, 200)), card.merchant)
            case "moved":
                card.merchant = self.rng.randrange(len(self.merchants))
                self._did("moved to another merchant", card)
            case "cancelled":
                card.status = "cancelled"
                self._did("cancelled", card)

    def hand_a_region_on(self, tx: Transaction) -> None:
        """Somebody else's cards from here on."""
        region = self.rng.randrange(len(self.owners))
        others = [
            number for number, one in self.recipients.items() if number in self.owners or one.role is Role.OPERATOR
        ]
        self.owners[region] = self.rng.choice([n for n in others if self.recipients[n].kind == "person"])
        tx.run(
            sql("UPDATE reminder_rule SET recipient_id = $to WHERE region = $region"),
            to=self.owners[region], region=f"R{region:02d}",
        )  # fmt: skip
        self.happened["owner changed"] = self.happened.get("owner changed", 0) + 1
        self._changed |= {n for n, card in self.cards.items() if self.merchants[card.merchant][0] == region}

    # Into the home ----------------------------------------------------------------------------------------------------

    def changed(self) -> list[Card]:
        return [self.cards[n] for n in sorted(self._changed)]

    def write(self, tx: Transaction) -> list[Card]:
        """What has happened since, into the home; the cards it happened to."""
        cards = self.changed()
        self._changed = set()
        if not cards:
            return []
        told = {
            "ids": [card.sim_id for card in cards],
            "ends": [card.expires_on for card in cards],
            "states": [card.status for card in cards],
            "decided": ["decline" if card.declined else None for card in cards],
            "merchants": [card.merchant for card in cards],
            "branches": [f"B{self.merchants[card.merchant][2]:02d}" for card in cards],
            "accounts": [card.account for card in cards],
            "orders": [card.moving or None for card in cards],
        }
        for statement in _WRITES:
            tx.run(sql(statement), **told, now=tx.now, today=tx.today)
        roll_up(tx, told["ids"])
        return cards


_WRITES = (
    """INSERT INTO terminal (terminal_key, terminal_id, merchant_id, branch, serial_no, monthly_takings_fen, imei)
    SELECT n, printf('T%07d', n), m, b, printf('SN%d', n), 90000, printf('86%013d', n)
    FROM (SELECT unnest($ids::BIGINT[]) AS n, unnest($merchants::BIGINT[]) AS m, unnest($branches::VARCHAR[]) AS b)
    WHERE n NOT IN (SELECT terminal_key FROM terminal)""",
    """UPDATE terminal SET merchant_id = m, branch = b
    FROM (SELECT unnest($ids::BIGINT[]) AS n, unnest($merchants::BIGINT[]) AS m, unnest($branches::VARCHAR[]) AS b)
    WHERE terminal_key = n AND merchant_id <> m""",
    """INSERT INTO sim (sim_id, stem, iccid, msisdn, carrier, account, plan_id, terminal_key, status, expires_on, observed_at)
    SELECT n, printf('8986001234%09d', n), printf('8986001234%09d7', n), printf('1440%09d', n), split_part(a, '-', 1), a, 1, n,
        'active', e, $now
    FROM (SELECT unnest($ids::BIGINT[]) AS n, unnest($ends::DATE[]) AS e, unnest($accounts::VARCHAR[]) AS a)
    WHERE n NOT IN (SELECT sim_id FROM sim)""",
    """UPDATE sim SET expires_on = e, status = s, decision = d, decided_on = CASE WHEN d IS NOT NULL THEN $today::DATE END,
        observed_at = $now
    FROM (SELECT unnest($ids::BIGINT[]) AS n, unnest($ends::DATE[]) AS e, unnest($states::VARCHAR[]) AS s,
        unnest($decided::VARCHAR[]) AS d)
    WHERE sim_id = n""",
    """UPDATE state SET st = 'succeeded', changed_at = $now, ended_at = $now
    WHERE st = 'submitted' AND obligation IN (SELECT id FROM obligation WHERE sim_id IN (SELECT unnest($ids::BIGINT[])))
        AND NOT list_contains(coalesce($orders::BIGINT[], []), obligation)""",
    """INSERT INTO obligation (id, digest, key, sim_id, account, stem, kind, seq)
    SELECT o, uuid(), o::VARCHAR, n, 'mobile-a', n::VARCHAR, 'renew', 1
    FROM (SELECT unnest($ids::BIGINT[]) AS n, unnest($orders::BIGINT[]) AS o)
    WHERE o IS NOT NULL AND o NOT IN (SELECT id FROM obligation)""",
    """INSERT INTO state (obligation, st, n, changed_at, submitted_at)
    SELECT o, 'submitted', 1, $now, $now FROM (SELECT unnest($orders::BIGINT[]) AS o)
    WHERE o IS NOT NULL AND o NOT IN (SELECT obligation FROM state)""",
    """INSERT INTO placement (obligation, batch)
    SELECT o, 1 FROM (SELECT unnest($orders::BIGINT[]) AS o)
    WHERE o IS NOT NULL AND o NOT IN (SELECT obligation FROM placement)""",
)


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """An hour of a day in Shanghai."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=HOME_ZONE)
