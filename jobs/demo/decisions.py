"""What the operator of the demo has decided: most proposals not to renew still wait, some are answered, two came back."""

from collections.abc import Iterable
from datetime import timedelta

from data.home import Home
from data.sims import store
from data.sims.deciding_rules import ASK_AGAIN_DAYS
from data.sims.store import PROPOSED, roll_up
from jobs.demo.cards import scaled
from jobs.demo.pastbatch import Cast, Q, back_then

WAITING = 240  # proposals without an answer, of 2,000 cards
NEARLY_GONE, CAME_BACK = 2, 2
_AGO = (timedelta(days=19), timedelta(days=12), timedelta(days=5))
_ONE_TURNED_DOWN_IN = 8
_FAR = timedelta(days=120)
# An operator's own words, kept as they are.
_MOVES = "商户即将迁址，继续使用"
_TAKEN_BACK = "商户停业，机具已收回"
_SAID_TO_CLOSE = "商户称将停业"


def make_decisions(home: Home, cast: Cast, *, sims: int) -> None:
    """Leave WAITING proposals without an answer; what trades although it was declined comes back by itself.

    1. The proposals beyond those are answered, over the last weeks.
    2. Cards that are nearly gone were declined, and cards of shops that still trade.
    3. Today's look at all of them opens the decision on the latter again.
    """
    today, reader = home.clock.today(), home.db.read()
    proposals = store.ids(reader, PROPOSED, today=today, limit=sims)
    answered = _spread_out(proposals, len(proposals) - scaled(WAITING, sims))
    soon = {"first": today, "last": today + timedelta(days=ASK_AGAIN_DAYS), "count": scaled(NEARLY_GONE, sims)}
    busy = {"first": today - _AGO[2], "last": today + _FAR, "count": scaled(CAME_BACK, sims)}
    declined = {
        _TAKEN_BACK: [row["sim_id"] for row in reader.rows(Q.nearly_gone, **soon)],
        _SAID_TO_CLOSE: [row["sim_id"] for row in reader.rows(Q.still_trading, **busy)],
    }
    for go, ago in enumerate(_AGO):
        _answer(home, cast, answered[go :: len(_AGO)], ago=ago)
    with back_then(home, _AGO[1]), home.db.write() as tx:
        for reason, sim_ids in declined.items():
            store.decide(tx, cast.operator, sim_ids=sim_ids, decision="decline", reason=reason)
    with home.db.write() as tx:
        roll_up(tx, [*answered, *(sim_id for sim_ids in declined.values() for sim_id in sim_ids)])


def _answer(home: Home, cast: Cast, sim_ids: Iterable[int], *, ago: timedelta) -> None:
    asked = list(sim_ids)
    turned_down = asked[::_ONE_TURNED_DOWN_IN]
    with back_then(home, ago), home.db.write() as tx:
        store.answer_proposals(tx, cast.operator, sim_ids=turned_down, decision="renew", reason=_MOVES)
        store.answer_proposals(tx, cast.operator, sim_ids=set(asked) - set(turned_down), decision="decline")


def _spread_out(found: list[int], count: int) -> list[int]:
    """`count` of `found`, taken at equal distances."""
    return [found[place * len(found) // count] for place in range(max(0, count))]
