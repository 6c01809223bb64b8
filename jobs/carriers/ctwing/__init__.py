"""China Telecom CTWing (5G CMP): reads states and the month's use, cuts a card's data and restores it.

Written from the vendor's documentation as clients of it show it; it has met no live account. Whatever that leaves open is
a key of the account. No call that renews or adds data was seen: such orders go through the older platform, where the
account has it, or through the contract. It knows cards by their access number.
"""

from data.home import Home
from data.words import N_
from jobs.carriers import Accepted, Order, Outcome, Refused, Unknown, unsayable
from jobs.carriers.classifying import Codes, no_answer, outcome
from jobs.carriers.ctwing.account import CtwingAccount
from jobs.carriers.ctwing.reading import STATES, Reading
from jobs.carriers.ctwing.session import CUT, Session, canonical, code_of
from jobs.carriers.http import CallError, Reply
from jobs.carriers.one_by_one import OneByOne
from jobs.carriers.telecom_cmp.session import TAKEN, said_once

__all__ = ["ABILITIES", "ACCOUNT", "CODES", "STATES", "connect"]

_NONE = N_("no call for it is documented")
ABILITIES = {
    "list_cards": (
        "partly",
        N_("50 cards a page; needs list_fields, since nobody has confirmed the names in its answer"),
    ),
    "read_card": ("partly", N_("state and cut, by access number, one card per call; it tells no expiry by itself")),
    "usage_day": ("no", N_("nobody has confirmed how its call by days names the days")),
    "usage_cycle": ("partly", N_("the running calendar month, 100 cards per call; needs cust_number")),
    "quota": ("no", _NONE),
    "plans": ("no", _NONE),
    "balance": ("no", _NONE),
    "renew": (
        "no",
        N_("it has no call for it; renew on the older platform or through the contract, on an account of its own"),
    ),
    "add_on": ("no", N_("it has no call for it; order it on the older platform or through the contract")),
    "plan_change": ("no", _NONE),
    "recharge": ("no", N_("it takes no recharge cards")),
    "suspend_resume": (
        "partly",
        N_("it cuts the data, while the plan goes on being charged; a person confirms the cut"),
    ),
    "find_order": ("no", N_("nobody has confirmed what its list of orders answers; the card is read instead")),
    "order_key": ("no", N_("an order carries no number of ours")),
    "statement": ("no", N_("its bills are compared as papers")),
    "auto_renew": ("no", _NONE),
}
ACCOUNT = CtwingAccount
CODES = Codes(ok=TAKEN)
_ACTIONS = {"suspend": "ADD", "resume": "DEL"}
# Its words for what is cut or restored already: perhaps by our own order.
_AGAIN = ("重复", "已断网", "未断网")


class Ctwing(OneByOne, Reading):
    """One account at CTWing."""

    _open: Session

    def __init__(self, home: Home, account: CtwingAccount) -> None:
        self._open = Session(
            account,
            key=account.secret_of(home, "app_key"),
            secret=account.secret_of(home, "app_secret"),
            now=home.clock.now,
        )
        Reading.__init__(self, home, self._open)
        self.terms = account.terms()

    def request(self, order: Order) -> bytes:
        """What is asked for one order; who asks, and the sign, come on top."""
        return canonical(CUT, self._asked(order))

    def _asked(self, order: Order) -> dict[str, str]:
        """The parameters of an order. Raises Unsayable."""
        if order.kind not in _ACTIONS:
            raise unsayable.no_such_kind(order)
        if not order.msisdn or not (order.msisdn.isascii() and order.msisdn.isdigit()):
            raise unsayable.no_number(order)
        return {"access_number": order.msisdn, "action": _ACTIONS[order.kind]}

    def _place(self, order: Order) -> Outcome:
        said = self._asked(order)
        try:
            reply = self._open.order(CUT, said)
            return self._read(reply)
        except CallError as error:
            return no_answer(error, now=self._open.now())

    def _read(self, reply: Reply) -> Outcome:
        """What an answer to an order says. A no counts where the account's table has its words; else it is a doubt."""
        told = self._open.told(reply)
        code = code_of(told)
        text = said_once(told, "RspDesc") or said_once(told, "resultMsg") or ""
        if reply.status == 200 and code and code not in TAKEN and not any(word in text for word in _AGAIN):
            reasons = {reason for piece, reason in self._account.refusals.items() if piece in text}
            if len(reasons) == 1:
                return Refused(reasons.pop(), text[:200])
        found = outcome(reply, code, CODES, now=self._open.now())
        if found is not None:
            return found
        serial = said_once(told, "GROUP_TRANSACTIONID")
        return Accepted(serial) if serial else Unknown("taken, without a serial number")


def connect(home: Home, account: CtwingAccount) -> Ctwing:
    """The account's connection. Raises NoConnection where a secret is missing."""
    return Ctwing(home, account)
