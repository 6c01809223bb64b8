"""How the connection of each account stands, for the screen."""

from dataclasses import dataclass
from datetime import date, datetime

from data.database import Queries, Reader
from data.words import N_

Q = Queries.beside(__file__, "connections.sql")

# Whether orders leave for an account.
ORDERS_WORDS = {
    "flow": N_("Orders flow"),
    "trying": N_("One order tries"),
    "no_answer": N_("Stopped: no clear answers"),
    "credential": N_("Stopped: sign-in refused"),
    "by_hand": N_("By hand"),
}


@dataclass(frozen=True)
class Connection:
    """One account. None: it was never read."""

    account: str
    connector: str
    carrier: str
    payee: str
    support: str
    orders: str  # a key of ORDERS_WORDS
    sims_good_at: datetime | None  # when all its cards were last read
    usage_good_at: datetime | None  # when the usage of all its cards was last read
    under_way: bool  # a sweep is at some place
    cards: int | None  # told in the sweep under way, else in the last
    as_of: datetime | None  # the oldest word of it
    rate_per_s: float | None  # what the carrier allows
    calls: int | None  # of today
    failed: int | None  # pages of today that could not be had
    tries_at: datetime | None  # when the trouble is tried again
    error: str | None  # the trouble now
    missing: int | None  # cards of which nothing could be told, though others could
    balance_fen: int | None  # of our prepaid money, as last told
    balance_at: datetime | None

    @property
    def failed_share(self) -> float | None:
        """Of today's calls."""
        asked = max(self.calls or 0, self.failed or 0)
        return (self.failed or 0) / asked if asked else None


def connections(reader: Reader, *, today: date) -> list[Connection]:
    """All listed accounts, those with a connection first."""
    return reader.records(Connection, Q.connections, today=today)
