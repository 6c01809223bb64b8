"""Plans as a person chooses among them: what can be bought for some cards beside their own plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from data.database import Queries, Reader

Q = Queries.beside(__file__)


@dataclass(frozen=True)
class Offer:
    """A plan with the lowest price anybody lists for one term of it today."""

    plan_id: int
    plan: str
    carrier: str  # '': any
    network: str | None
    quota_bytes: int | None
    term_months: int | None
    price_fen: int | None  # null: nobody lists one


def offers(reader: Reader, *, kind: str, sim_ids: Sequence[int], today: date) -> list[Offer]:
    """Described plans of a kind (main, add-on) at the carriers of these cards, smallest first."""
    return reader.records(Offer, Q.offers, plan_kind=kind, sim_ids=list(sim_ids), today=today)
