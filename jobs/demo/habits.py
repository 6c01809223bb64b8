"""Which cards are used, how much, and which are not worth another year; operations.md §5."""

from dataclasses import dataclass, replace

import numpy as np

from jobs.demo.cards import Cards, scaled
from jobs.demo.dates import Terms
from jobs.demo.ledger import Terminals
from jobs.demo.numbering import Dice, some

NOT_WORTH = 288  # cards with something against another term, of 2,000: a few more turn out so by the rules
OVER_QUOTA_SHARE, NEAR_QUOTA_SHARE = 0.015, 0.025  # of cards in use; together 4 % are above 80 %
_NORMAL_CEILING = 0.6  # of the quota: an ordinary card stays well below the warning


@dataclass(frozen=True)
class Habits:
    """What each card does; one place per card."""

    cards: Cards
    """With the bytes of a usual month as they will be."""
    share: np.ndarray[tuple[int], np.dtype[np.float64]]
    """What this month shall have used of the quota by today; 0: just a usual month."""


def settle(dice: Dice, cards: Cards, terms: Terms, terminals: Terminals) -> Habits:
    """Decide who is idle, who is near the quota, and which cards have evidence against another term.

    The evidence: 1 the terminal is withdrawn, 2 in stock, 3 the merchant closed, 4 in no terminal, 5 no usage.
    """
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
    silent_odds = np.asarray([0.0, 0.5, 0.5, 0.3, 0.5, 1.0])[reason]
    monthly = np.where(reason > 0, np.maximum(monthly // 20, 1), monthly)
    monthly[dice.random(count) < silent_odds] = 0
    monthly = np.minimum(monthly, (cards.quota_bytes * _NORMAL_CEILING).astype(np.int64))

    users = dice.permutation(np.flatnonzero(active & (reason == 0)))
    in_use = int(active.sum())
    over, near = round(in_use * OVER_QUOTA_SHARE), round(in_use * NEAR_QUOTA_SHARE)
    share = np.zeros(count)
    share[users[:over]] = dice.uniform(1.04, 1.6, over)
    share[users[over : over + near]] = dice.uniform(0.83, 0.97, near)

    return Habits(replace(cards, monthly_bytes=monthly), share)
