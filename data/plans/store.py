"""Plans and prices as pages read them."""

from datetime import date

import pyarrow as pa

from data.database import Queries, Reader

Q = Queries.beside(__file__)


def offers(reader: Reader, *, today: date, limit: int = 500) -> pa.Table:
    """Every offer valid today: plan, carrier, network, quota_bytes, channel, term_months, price_fen, valid_from, valid_to,
    fen_per_month, fen_per_gb_month (for comparison only).
    """
    return reader.arrow(Q.offers, today=today, limit=limit)


def plans_without_price(reader: Reader, *, limit: int = 200) -> pa.Table:
    """Plans of live cards that cannot be renewed: plan, carrier, network, provisional, sims, due_sims."""
    return reader.arrow(Q.without_price, limit=limit)
