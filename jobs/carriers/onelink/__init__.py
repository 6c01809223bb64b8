"""China Mobile OneLink (v5): cards are read one by one, add-ons and stops go as jobs, a renewal is a payment at its link.

Written from the vendor's documentation as clients of it show it; it has met no live account. Whatever that leaves open is
a key of the account. Nothing here is bought only once by itself: a doubt is settled by the job, the payment or a reading.
"""

from data.home import Home
from data.words import N_
from jobs.carriers import Statement
from jobs.carriers.onelink.account import OneLinkAccount
from jobs.carriers.onelink.ordering import CODES, Ordering
from jobs.carriers.onelink.reading import STATES, Reading
from jobs.carriers.onelink.session import Session

__all__ = ["ABILITIES", "ACCOUNT", "CODES", "STATES", "connect"]

ABILITIES = {
    "list_cards": ("no", N_("it has no call that lists all cards; export the list in its portal and import it")),
    "read_card": ("partly", N_("one card per call; the expiry once offering_fields says under which name it stands")),
    "usage_day": ("yes", N_("the last seven days, to midnight, 100 cards per call")),
    "usage_cycle": ("yes", N_("calendar months, six months back")),
    "quota": ("yes", N_("all plans of a card together, one card per call")),
    "plans": ("no", N_("nobody has confirmed the names in its list of offers")),
    "balance": ("yes", N_("of the account")),
    "renew": ("partly", N_("as a payment to the card's account, made by a person at a link; needs recharge_fields")),
    "add_on": ("yes", N_("in jobs of up to 100 cards; needs add_ons")),
    "plan_change": ("no", N_("no call for it is documented")),
    "recharge": ("no", N_("it takes no recharge cards")),
    "suspend_resume": ("yes", N_("in jobs of up to 100 cards, each card once in 30 minutes")),
    "find_order": ("partly", N_("by the job or payment it named in its answer; it knows no number of ours")),
    "order_key": ("no", N_("its transaction number keeps nothing from being bought twice")),
    "statement": ("no", N_("nobody has confirmed the names in its list of payments")),
    "auto_renew": ("no", N_("no call for it is documented")),
}
ACCOUNT = OneLinkAccount


class OneLink(Ordering, Reading):
    """One account at OneLink."""

    def __init__(self, home: Home, account: OneLinkAccount) -> None:
        self._open = Session(
            account,
            app_id=account.secret_of(home, "app_id"),
            password=account.secret_of(home, "password"),
            now=home.clock.now,
        )
        Ordering.__init__(self, home, self._open)
        self.terms = account.terms(orders_per_call=account.batch_size, promises=frozenset({"iccid"}))

    def close(self) -> None:
        """Close all connections."""
        self._open.close()

    def held_s(self) -> float:
        """Seconds for which it takes no call."""
        return self._open.http.pace.held_s()

    def statement(self, day: object) -> Statement | None:  # noqa: ARG002
        """It tells no statement."""
        return None


def connect(home: Home, account: OneLinkAccount) -> OneLink:
    """The account's connection. Raises NoConnection where a secret is missing."""
    return OneLink(home, account)
