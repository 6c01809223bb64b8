"""The cards of the demo: whose they are, which plan, in which terminal, in which state; operations.md §5."""

from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pyarrow as pa

from jobs.demo.ledger import Terminals
from jobs.demo.numbering import Dice, Flags, Ints, some, spread

MB = 1024 * 1024
FOR = 2000  # the figures "per 2,000" of operations.md §5 are for this many cards
HISTORY_SHARE = 0.06  # cancelled or replaced
DEAD, DYING = 38, 6  # expired and down; of these, days from cancellation
STATES = (
    "active",
    "stopped_expired",
    "pre_cancel",
    "stopped_arrears",
    "stopped_quota",
    "stopped_manual",
    "stopped_separation",
    "stopped_area",
    "stopped_realname",
    "stopped_risk",
    "number_kept",
    "silent",
    "stock",
    "test",
    "unknown",
    "cancelled",
    "replaced",
)
# Shares of live cards, without the dead, which are counted.
_OTHER_STATES = {
    "stopped_arrears": 0.002,
    "stopped_quota": 0.002,
    "stopped_manual": 0.002,
    "stopped_separation": 0.0015,
    "stopped_area": 0.0005,
    "stopped_realname": 0.0015,
    "stopped_risk": 0.0005,
    "number_kept": 0.004,
    "silent": 0.03,
    "stock": 0.03,
    "test": 0.008,
    "unknown": 0.01,
}
NO_TERMINAL_SHARE = 0.016  # live, paid for, in no machine
SECOND_CARD_SHARE = 0.008  # the second card of one machine
CARDS_IN_WITHDRAWN = 0.5  # of withdrawn machines, the card still runs
CARDS_IN_STOCK = 0.15

# Plans: size in MB, network, term in months, price of the carrier's own list in fen for mobile, unicom, telecom.
PLANS = (
    (30, "4G", 12, (1600, 1400, 1200)),
    (30, "4G", 36, (4224, 3696, 3168)),
    (30, "4G", 1, (180, 160, 150)),
    (30, "4G", 3, (480, 450, 420)),
    (100, "4G", 12, (2800, 2400, 2000)),
    (100, "4G", 36, (7392, 6336, 5280)),
    (100, "4G", 1, (300, 260, 220)),
    (100, "4G", 3, (840, 720, 600)),
    (500, "4G", 12, (4200, 4200, 4200)),
    (500, "4G", 36, (11088, 11088, 11088)),
    (1024, "4G", 12, (6600, 6600, 6600)),
    (1024, "4G", 36, (17424, 17424, 17424)),
    (30, "2G", 12, (1800, 1600, 1500)),
    (30, "3G", 12, (1700, 1500, 1400)),
    (30, "4G", 12, None),  # sold once, described by nobody since: no price
)
UNPRICED = len(PLANS) - 1
UNPRICED_SHARE = 0.012
CARRIERS = ("mobile", "unicom", "telecom")
CARRIER_NAMES = ("移动", "联通", "电信")
_TERM_WORDS = {1: "月包", 3: "季包", 12: "年包", 36: "三年包"}
SHORT_AND_LONG = {36: 0.08, 1: 0.06, 3: 0.06}  # by the year: the other 80 %
UNFIT_SHARE = 0.01


@dataclass(frozen=True)
class Cards:
    """The fleet's cards before they have dates and usage: one place per card in every column."""

    state: Ints
    """A place in STATES."""
    terminal: Ints
    """A place in the terminals, or -1."""
    account: Ints
    """A place in ACCOUNTS."""
    carrier: Ints
    plan: Ints
    """A place in PLANS; `plan_id` is `carrier * len(PLANS) + plan + 1`."""
    monthly_bytes: Ints
    """What a usual month takes; 0: nothing at all."""
    android: Flags

    @property
    def plan_ids(self) -> Ints:
        """The plan's key."""
        return self.carrier * len(PLANS) + self.plan + 1

    @property
    def quota_bytes(self) -> Ints:
        """Per month."""
        return np.asarray([size * MB for size, *_rest in PLANS], np.int64)[self.plan]

    @property
    def term_months(self) -> Ints:
        """What was bought."""
        return np.asarray([term for _size, _network, term, _price in PLANS], np.int64)[self.plan]

    def in_order(self, order: Ints) -> "Cards":
        """The same cards, listed otherwise."""
        return Cards(*(getattr(self, field.name)[order] for field in fields(self)))

    def among(self, *states: str) -> Flags:
        """Which cards are in one of these states."""
        return np.isin(self.state, [STATES.index(state) for state in states])


def scaled(count: int, cards: int) -> int:
    """A figure for 2,000 cards, for this many."""
    return round(count * cards / FOR)


def deal(
    dice: Dice, count: int, *, terminals: Terminals, account_shares: list[float], account_carriers: list[int]
) -> Cards:
    """`count` cards with their states, put into terminals."""
    state = _states(dice, count)
    terminal = _put_in(dice, state, terminals)
    account = spread(dice, account_shares, count)
    carrier = np.asarray(account_carriers, np.int64)[account]
    inside = terminal >= 0
    model = np.where(inside, terminals.model[terminal], 0)
    android = np.where(inside, terminals.android[terminal], dice.random(count) < 0.3)
    monthly = _habits(dice, android, count)
    plan = _plans(dice, monthly, model, inside)
    return Cards(state, terminal, account, carrier, plan, monthly, android)


def plan_tables(
    account_names: list[str], account_carriers: list[int], agents_sell: list[bool], *, since: date
) -> tuple[pa.Table, pa.Table]:
    """The plans and their prices: the carriers' own lists, and the agents' offers 8 % below them."""
    plans, prices = [], []
    for carrier, code in enumerate(CARRIERS):
        for place, (size, network, term, price) in enumerate(PLANS):
            plan_id = carrier * len(PLANS) + place + 1
            plans.append(
                {
                    "plan_id": plan_id,
                    "plan": _plan_name(CARRIER_NAMES[carrier], size, network, term, priced=price is not None),
                    "carrier": code,
                    "network": network,
                    "quota_bytes": size * MB,
                    "term_months": term,
                    "overage_millifen_per_mb": 29_000,
                    "provisional": price is None,
                }
            )
            if price is None:
                continue
            sellers = [
                name
                for name, its, sells in zip(account_names, account_carriers, agents_sell, strict=True)
                if sells and its == carrier
            ]
            for channel, fen in [("", price[carrier]), *((name, price[carrier] * 92 // 100) for name in sellers)]:
                prices.append(
                    {"plan_id": plan_id, "channel": channel, "term_months": term, "price_fen": fen, "valid_from": since}
                )
    return pa.Table.from_pylist(plans), pa.Table.from_pylist(prices)


def _plan_name(carrier: str, size: int, network: str, term: int, *, priced: bool) -> str:
    volume = "1G" if size == 1024 else f"{size}M"
    if not priced:
        return f"{carrier}POS定向{volume}（老）"
    return f"{carrier}POS-{'GPRS' if network == '2G' else network} {volume}/月 {_TERM_WORDS[term]}"


def _states(dice: Dice, count: int) -> Ints:
    history = round(count * HISTORY_SHARE)
    live = count - history
    dead, dying = scaled(DEAD, count), scaled(DYING, count)
    counts = {
        "stopped_expired": dead - dying,
        "pre_cancel": dying,
        "cancelled": history // 2,
        "replaced": history - history // 2,
    }
    counts |= {name: round(share * live) for name, share in _OTHER_STATES.items()}
    counts["active"] = count - sum(counts.values())
    state = np.repeat(np.arange(len(STATES)), [counts[name] for name in STATES]).astype(np.int64)
    dice.shuffle(state)
    return state


def _put_in(dice: Dice, state: Ints, terminals: Terminals) -> Ints:
    """Every card its machine, but for those that lie in drawers, have no machine, or share one."""
    count = len(state)
    place = np.full(count, -1, np.int64)
    is_state = {name: state == number for number, name in enumerate(STATES)}
    live = ~(is_state["cancelled"] | is_state["replaced"])
    drawer = is_state["stock"].copy()
    drawer[some(dice, np.flatnonzero(is_state["silent"]), is_state["silent"].sum() // 2)] = True
    lost = some(dice, np.flatnonzero(live & is_state["active"]), round(live.sum() * NO_TERMINAL_SHARE))
    drawer[lost] = True
    inside = dice.permutation(np.flatnonzero(live & ~drawer))

    withdrawn = np.flatnonzero(terminals.status == 2)
    stocked = np.flatnonzero(terminals.status == 3)
    working = dice.permutation(np.flatnonzero(np.isin(terminals.status, (0, 1, 4))))
    unwanted = np.concatenate(
        [
            some(dice, withdrawn, round(len(withdrawn) * CARDS_IN_WITHDRAWN)),
            some(dice, stocked, round(len(stocked) * CARDS_IN_STOCK)),
        ]
    )
    second = min(round(live.sum() * SECOND_CARD_SHARE), len(inside) // 4)
    # Only running cards are forgotten in machines nobody uses; a dead one there would trouble no one.
    running = inside[is_state["active"][inside]]
    forgotten, doubled = running[: len(unwanted)], running[len(unwanted) : len(unwanted) + second]
    place[forgotten] = unwanted[: len(forgotten)]
    rest = np.setdiff1d(inside, np.concatenate([forgotten, doubled]))
    rest = dice.permutation(rest)[: len(working)]
    place[rest] = working[: len(rest)]
    place[doubled] = some(dice, place[rest], len(doubled))[: len(doubled)]
    # Cancelled cards left their machines dark; replaced ones lie beside their successors.
    bare = np.concatenate([working[len(rest) :], np.setdiff1d(withdrawn, unwanted)])
    cancelled = some(dice, np.flatnonzero(is_state["cancelled"]), len(bare))
    place[cancelled] = some(dice, bare, len(cancelled))
    replaced = np.flatnonzero(is_state["replaced"])
    place[replaced] = some(dice, place[rest], len(replaced))[: len(replaced)] if len(rest) >= len(replaced) else -1
    return place


def _habits(dice: Dice, android: Flags, count: int) -> Ints:
    """Bytes of a usual month: log-normal around 4 MB, Android machines around 60 MB."""
    median = np.where(android, 60.0, 4.0)
    spread_by = np.where(android, 0.75, 0.8)
    return np.asarray(median * np.exp(dice.normal(0, 1, count) * spread_by) * MB, np.int64)


def _plans(dice: Dice, monthly: Ints, model: Ints, inside: Flags) -> Ints:
    """A size that leaves room, a network the machine can run (but for a few), a term."""
    from jobs.demo.names import MODELS

    count = len(monthly)
    networks = np.asarray([networks for _brand, _model, networks, *_rest in MODELS])[model]
    size = np.select([monthly < 21 * MB, monthly < 70 * MB, monthly < 350 * MB], [30, 100, 500], 1024)
    network = np.full(count, "4G")
    network[(networks == "2G/3G") & inside] = "3G"
    network[(networks == "2G") & inside] = "2G"
    old = np.flatnonzero((networks == "2G/3G/4G") & inside & (size == 30))
    network[some(dice, old, len(old) // 12)] = "2G"
    modern_only = np.flatnonzero((networks == "4G") & inside)
    network[some(dice, modern_only, round(count * UNFIT_SHARE * 0.7))] = "3G"
    gprs_only = np.flatnonzero((networks == "2G") & inside)
    network[some(dice, gprs_only, round(count * UNFIT_SHARE * 0.3))] = "4G"
    term = np.full(count, 12)
    for months, share in SHORT_AND_LONG.items():
        # Old networks are sold by the year, large volumes by the year or longer.
        sold = (network == "4G") & (term == 12) & ((size < 500) | (months > 12))
        term[some(dice, np.flatnonzero(sold), round(share * count))] = months
    size = np.where(network != "4G", 30, size)
    table = {(size, network, term): place for place, (size, network, term, price) in enumerate(PLANS) if price}
    plan = np.zeros(count, np.int64)
    for (a_size, a_network, a_term), place in table.items():
        plan[(size == a_size) & (network == a_network) & (term == a_term)] = place
    plan[some(dice, np.flatnonzero(plan == 0), round(count * UNPRICED_SHARE))] = UNPRICED
    return plan
