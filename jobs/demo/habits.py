"""Which cards are used, how much, and which are not worth another year; operations.md §5."""

from dataclasses import dataclass, replace

import numpy as np

from jobs.demo.cards import Cards, scaled
from jobs.demo.dates import Terms
from jobs.demo.ledger import Terminals
from jobs.demo.numbering import Dice, Ints, some, spread

NOT_WORTH = 240  # proposals not to renew, of 2,000
DECLINED_SHARE = 0.3  # of these, an operator has already said no
OVER_QUOTA_SHARE, NEAR_QUOTA_SHARE = 0.015, 0.025  # of cards in use; together 4 % are above 80 %
# What an operator writes beside 不续 or 待定. A person's own words, kept as they are.
REASONS = (
    "",
    "终端已撤机，卡仍在计费",
    "终端在库，卡未使用",
    "商户停业，超过 60 天无交易",
    "卡未装机，无对应终端",
    "连续两个账期零流量",
)
_NORMAL_CEILING = 0.6  # of the quota: an ordinary card stays well below the warning


@dataclass(frozen=True)
class Habits:
    """What each card does; one place per card."""

    reason: Ints
    """A place in REASONS; 0: worth renewing."""
    decision: Ints
    """0 none, 1 undecided, 2 decline."""
    cards: Cards
    """With the bytes of a usual month as they will be."""
    share: np.ndarray[tuple[int], np.dtype[np.float64]]
    """What this month shall have used of the quota by today; 0: just a usual month."""


def settle(dice: Dice, cards: Cards, terms: Terms, terminals: Terminals) -> Habits:
    """Decide who is idle, who is near the quota, and which cards have evidence against another term."""
    count = len(cards.state)
    active = cards.among("active")
    inside = cards.terminal >= 0
    reason = np.zeros(count, np.int64)
    reason[active & ~inside] = 4
    at = cards.terminal[inside]
    seen = np.select([terminals.status[at] == 2, terminals.status[at] == 3, terminals.closed[at]], [1, 2, 3], 0)
    reason[inside] = np.where(active[inside], seen, 0)
    ordinary = np.flatnonzero(active & (reason == 0) & ~np.isnat(terms.expires))
    missing = max(0, scaled(NOT_WORTH, count) - int((reason > 0).sum()))
    reason[some(dice, ordinary, missing)] = 5

    monthly = cards.monthly_bytes.copy()
    # Some machines nobody trades with still beat their heart now and then.
    silent_odds = np.asarray([0.0, 0.8, 0.8, 0.4, 0.5, 1.0])[reason]
    monthly = np.where(reason > 0, np.maximum(monthly // 20, 1), monthly)
    monthly[dice.random(count) < silent_odds] = 0
    monthly = np.minimum(monthly, (cards.quota_bytes * _NORMAL_CEILING).astype(np.int64))

    users = dice.permutation(np.flatnonzero(active & (reason == 0)))
    in_use = int(active.sum())
    over, near = round(in_use * OVER_QUOTA_SHARE), round(in_use * NEAR_QUOTA_SHARE)
    share = np.zeros(count)
    share[users[:over]] = dice.uniform(1.04, 1.6, over)
    share[users[over : over + near]] = dice.uniform(0.83, 0.97, near)

    decision = np.zeros(count, np.int64)
    doubtful = np.flatnonzero(reason > 0)
    decision[doubtful] = 1 + spread(dice, (1 - DECLINED_SHARE, DECLINED_SHARE), len(doubtful))
    return Habits(reason, decision, replace(cards, monthly_bytes=monthly), share)
