"""The texts of mails are kept for whoever asks what was written; after a while nobody does."""

from datetime import timedelta

from data.database import Queries, Transaction
from data.people.rules import Action, Actor
from data.people.store import require

Q = Queries.beside(__file__, "pruning.sql")
# A quarter: long enough for a dispute about who was told what.
TEXTS_KEPT_FOR = timedelta(days=90)


def forget_texts(tx: Transaction, by: Actor) -> int:
    """Forget what mails said that ended long ago; to whom and when they were sent stays. How many."""
    require(tx, by, Action.WORK, "mails")
    return tx.run(Q.forget_texts, before=tx.now - TEXTS_KEPT_FOR)
