"""The whole made-up fleet, written into an empty home: the ledger, the card list, the usage."""

from datetime import date

import numpy as np
import pyarrow as pa

from data.database import Queries, Query, Transaction
from data.home import Home
from data.sims.rolling import roll_up
from jobs.demo import cardlist, dates, ledger, usage
from jobs.demo import cards as cards_of
from jobs.demo.accounts import ACCOUNTS
from jobs.demo.add_ons import add_on_tables
from jobs.demo.cards import Cards
from jobs.demo.dates import Terms
from jobs.demo.habits import Habits, settle
from jobs.demo.numbering import Dice, Ints

Q = Queries.beside(__file__)


def load(home: Home, *, sims: int, days: int, seed: int) -> None:
    """Make `sims` terminals and cards with `days` of usage; the same seed makes the same fleet on the same day.

    1. Agents, models, plans, merchants.
    2. Terminals, and cards in them with terms and habits, in the order they were bought.
    3. Usage day by day, each day sorted by card.
    4. The card list as the carriers report it at the end of that usage.
    """
    today = home.clock.today()
    ledger_dice, card_dice, usage_dice, list_dice = (
        np.random.default_rng(source) for source in np.random.SeedSequence(seed).spawn(4)
    )
    # A commit per step keeps a million cards within two gigabytes; a demo half made says so (UNFINISHED).
    with home.db.write() as tx:
        cards, terms, has = _load_ledger(tx, ledger_dice, card_dice, sims=sims, today=today)
    used = _load_usage(home, usage_dice, cards, terms, has, today=today, days=days)
    with home.db.write() as tx:
        _add(tx, Q.add_sims, cardlist.card_list(list_dice, cards, terms, today=today, used_bytes=used))
        _add(tx, Q.add_changes, cardlist.changes(cards, terms))
        tx.run(Q.add_findings, now=tx.now)
        skip_ids(tx)
    del cards, terms, has, used
    pa.default_memory_pool().release_unused()
    with home.db.write() as tx:
        roll_up(tx)
    home.db.checkpoint()


def _load_ledger(
    tx: Transaction, dice: Dice, card_dice: Dice, *, sims: int, today: date
) -> tuple[Cards, Terms, Habits]:
    """The ledger, and which card is in which machine: a machine whose card is down has not traded since."""
    merchants, agent_of = _load_catalogues(tx, dice, sims=sims, today=today)
    terminals = ledger.place_terminals(dice, sims, agent_of)
    _add(tx, Q.close_merchants, ledger.known_closed(terminals))
    cards, terms = _deal(card_dice, sims, terminals, today=today)
    terminals = ledger.gone_dark(terminals, *_dark(cards, terms, today=today))
    _add(tx, Q.add_terminals, ledger.terminals(dice, terminals, today=today, merchant_table=merchants))
    return cards, terms, settle(card_dice, cards, terms, terminals)


def _load_catalogues(tx: Transaction, dice: Dice, *, sims: int, today: date) -> tuple[pa.Table, Ints]:
    """Agents, models, plans, merchants; the merchants and the agent of each."""
    _add(tx, Q.add_agents, ledger.agents())
    _add(tx, Q.add_models, ledger.models())
    merchants, agent_of = ledger.merchants(dice, max(1, sims // ledger.TERMINALS_PER_MERCHANT))
    _add(tx, Q.add_merchants, merchants)
    plans, prices = cards_of.plan_tables(
        [account.name for account in ACCOUNTS],
        [account.carrier for account in ACCOUNTS],
        [account.connector == "offline" for account in ACCOUNTS],
        since=date(today.year - 1, 1, 1),
    )
    add_ons = add_on_tables(plans.num_rows + 1, since=date(today.year - 1, 1, 1))
    for sold, priced in ((plans, prices), add_ons):
        _add(tx, Q.add_plans, sold)
        _add(tx, Q.add_prices, priced)
    return merchants, agent_of


def _dark(cards: Cards, terms: Terms, *, today: date) -> tuple[Ints, Ints]:
    """Terminals whose card is down, and for how many days."""
    down = np.flatnonzero(cards.among("stopped_expired", "pre_cancel", "number_kept") & (cards.terminal >= 0))
    days = (np.datetime64(today, "D") - terms.stopped[down]).astype(np.int64) + 1
    return cards.terminal[down], days


def _deal(dice: Dice, sims: int, terminals: ledger.Terminals, *, today: date) -> tuple[Cards, Terms]:
    """Cards with their terms, in the order of purchase: a card's number says when and through whom it came."""
    cards = cards_of.deal(
        dice,
        sims,
        terminals=terminals,
        account_shares=[account.share for account in ACCOUNTS],
        account_carriers=[account.carrier for account in ACCOUNTS],
    )
    terms = dates.date_terms(
        dice, cards, today=today, cancel_after_days=[account.cancel_after_days for account in ACCOUNTS]
    )
    order = np.lexsort((cards.account, terms.activated))
    return cards.in_order(order), terms.in_order(order)


def _load_usage(home: Home, dice: Dice, cards: Cards, terms: Terms, has: Habits, *, today: date, days: int) -> Ints:
    """Write the days and months; what each card has used in the carriers' running month."""
    count = len(cards.state)
    meter = usage.Meter(np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.bool_))
    first: date | None = None
    for day, table in usage.days(dice, cards, terms, has, today=today, count=days, meter=meter):
        first = first or day
        month = usage.month_rows(meter, day=day, first=first)
        with home.db.write(quiet=True) as tx:
            _add(tx, Q.add_usage_day, table)
            if month is not None:
                _add(tx, Q.add_usage_month, month)
    return meter.cycle


def _add(tx: Transaction, query: Query, table: pa.Table) -> None:
    with tx.frame("demo", table):
        tx.run(query)


def skip_ids(tx: Transaction) -> None:
    """Let what is made from here on get numbers of its own: the rows so far brought theirs."""
    for query in (Q.skip_agent_ids, Q.skip_merchant_ids, Q.skip_terminal_ids, Q.skip_plan_ids, Q.skip_sim_ids):
        tx.value(query)
