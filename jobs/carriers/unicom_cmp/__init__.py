"""China Unicom CMP (雁飞): reads states and use, changes plans and stops cards; renewals go through the contract or an agent.

Written from the vendor's documentation as clients of it show it; it has met no live account. Whatever that leaves open is
a key of the account. It has published no codes of its refusals: what the account's own table does not name is a doubt.
"""

import json

from data.home import Home
from data.renewals.rules import STEM_LENGTH
from data.words import N_
from jobs.carriers import Confirmed, Order, Outcome, unsayable
from jobs.carriers.classifying import Codes, no_answer, outcome
from jobs.carriers.http import CallError, Reply
from jobs.carriers.one_by_one import OneByOne
from jobs.carriers.unicom_cmp.reading import STATES, Reading
from jobs.carriers.unicom_cmp.session import OK, Session, UnicomAccount, code_of, data_of

__all__ = ["ABILITIES", "ACCOUNT", "STATES", "connect"]

_NONE = N_("no call for it is documented")
ABILITIES = {
    "list_cards": ("no", N_("it has no call that lists all cards; export the list in its portal and import it")),
    "read_card": ("partly", N_("50 cards a call: state, plan and device; it tells no expiry")),
    "usage_day": ("no", _NONE),
    "usage_cycle": ("yes", N_("billing cycles, usually from the 27th to the 26th")),
    "quota": ("no", _NONE),
    "plans": ("no", _NONE),
    "balance": ("no", _NONE),
    "renew": ("no", N_("it has no call for it: a worklist goes to the contract or an agent")),
    "add_on": ("no", N_("its call names an account and no card")),
    "plan_change": ("yes", N_("one card per call; needs plans")),
    "recharge": ("no", N_("it takes no recharge cards")),
    "suspend_resume": ("yes", N_("one card per call, in effect at once")),
    "find_order": ("no", N_("it can be asked about calls it carries out later, and ours are not")),
    "order_key": ("no", N_("nobody has confirmed that the number of a message keeps it from being carried out twice")),
    "statement": ("no", _NONE),
    "auto_renew": ("no", _NONE),
}
ACCOUNT = UnicomAccount
_PLAN, _STATE = "4", "3"
_STOP, _RUN = "3", "2"


class Unicom(OneByOne, Reading):
    """One account at China Unicom CMP."""

    _open: Session

    def __init__(self, home: Home, account: UnicomAccount) -> None:
        self._open = Session(
            account,
            app=account.secret_of(home, "app_id"),
            secret=account.secret_of(home, "app_secret"),
            user=account.secret_of(home, "open_id"),
            now=home.clock.now,
        )
        Reading.__init__(self, self._open)
        self._codes = Codes(ok=frozenset({OK}), refused=account.refusals)
        self.terms = account.terms(promises=frozenset({"iccid"}))

    def request(self, order: Order) -> bytes:
        """What is asked for one order; who asks, and the token, come on top."""
        return json.dumps(self._asked(order), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def _asked(self, order: Order) -> dict[str, str]:
        """One change of one card. Raises Unsayable."""
        match order.kind:
            case "suspend" | "resume":
                change = {"changeType": _STATE, "targetValue": _STOP if order.kind == "suspend" else _RUN}
            case "plan-change" if order.plan in self._account.plans:
                change = {"changeType": _PLAN, "targetValue": self._account.plans[order.plan]}
            case "plan-change":
                raise unsayable.no_entry(order, account=self._account.name, key="plans")
            case _:
                raise unsayable.no_such_kind(order)
        return {"messageId": order.order_no, "asynchronous": "0", "iccid": order.iccid, **change}

    def _place(self, order: Order) -> Outcome:
        said = self._asked(order)
        try:
            reply = self._open.order("wsEditTerminal", said)
            return self._read(reply, order)
        except CallError as error:
            return no_answer(error, now=self._open.now())

    def _read(self, reply: Reply, order: Order) -> Outcome:
        """Done at once, or not: a yes that names no card is a doubt, one that names another differs."""
        found = outcome(reply, code_of(reply), self._codes, now=self._open.now())
        if found is not None:
            return found
        card = data_of(reply).get("iccid")
        # It may leave out the last digit, which only checks the others.
        if isinstance(card, str) and len(card) == STEM_LENGTH and order.iccid.startswith(card):
            card = order.iccid
        # It has no name of its own for a change: the number of our message is what it can be found by.
        return Confirmed(order.order_no, iccid=card if isinstance(card, str) and card else None)


def connect(home: Home, account: UnicomAccount) -> Unicom:
    """The account's connection. Raises NoConnection where a secret is missing."""
    return Unicom(home, account)
