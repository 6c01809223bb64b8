"""China Telecom's older platform (自管理门户): its own cipher, XML, JSON or text in answer, plans ordered number by number.

Written from the vendor's documentation as clients of it show it; it has met no live account. Whatever that leaves open is
a key of the account. Its yes often means no more than "message received": the end of the card's plan is the proof.
"""

from data.home import Home
from data.words import N_
from jobs.carriers import Accepted, Order, Outcome, Refused, Unknown, unsayable
from jobs.carriers.account import NoConnection
from jobs.carriers.classifying import Codes, no_answer, outcome
from jobs.carriers.http import CallError, Reply
from jobs.carriers.one_by_one import OneByOne
from jobs.carriers.telecom_cmp.account import TelecomAccount
from jobs.carriers.telecom_cmp.reading import STATES, Reading
from jobs.carriers.telecom_cmp.session import (
    ACCEPT,
    QUERY,
    TAKEN,
    Session,
    canonical,
    checked_key,
    codes,
    said_once,
)

__all__ = ["ABILITIES", "ACCOUNT", "CODES", "STATES", "connect"]

ABILITIES = {
    "list_cards": (
        "partly",
        N_("50 cards a page; needs list_fields, since nobody has confirmed the names in its answer"),
    ),
    "read_card": ("yes", N_("state and the end of the plan, one card per call")),
    "usage_day": ("yes", N_("one card and day per call")),
    "usage_cycle": ("yes", N_("calendar months, one card per call")),
    "quota": ("yes", N_("all plans of a card together, one card per call")),
    "plans": ("no", N_("no call for it is documented")),
    "balance": ("partly", N_("asked by a number of the account; needs balance_number")),
    "renew": ("partly", N_("by ordering the plan again; needs renewals. Paying at a link is not confirmed")),
    "add_on": ("yes", N_("one card per call; needs add_ons")),
    "plan_change": ("no", N_("a plan is ordered beside the old one; no change of plan is documented")),
    "recharge": ("no", N_("it takes no recharge cards")),
    "suspend_resume": ("partly", N_("as number keeping, which it charges by the month; a person confirms the stop")),
    "find_order": ("no", N_("nobody has confirmed what its list of orders answers; the card is read instead")),
    "order_key": ("no", N_("an order carries no number of ours")),
    "statement": ("no", N_("its bills are compared as papers")),
    "auto_renew": ("no", N_("no call for it is documented")),
}
ACCOUNT = TelecomAccount
CODES = Codes(ok=TAKEN, refused={"-5": "window_closed"})
_KEEP, _BACK = "19", "20"
# Its words for an order it has already: perhaps our own.
_AGAIN = ("重复", "已订购", "已经订购")


class Telecom(OneByOne, Reading):
    """One account at China Telecom's older platform."""

    _open: Session

    def __init__(self, home: Home, account: TelecomAccount) -> None:
        try:
            key = checked_key(account.secret_of(home, "key"))
        except ValueError as error:
            raise NoConnection(f"account '{account.name}', key: {error}; correct the secret it points to") from error
        self._open = Session(
            account,
            user=account.secret_of(home, "user_id"),
            password=account.secret_of(home, "password"),
            key=key,
            now=home.clock.now,
        )
        Reading.__init__(self, self._open)
        self.terms = account.terms()

    def request(self, order: Order) -> bytes:
        """What is asked for one order; who asks, and the sign, come on top."""
        return canonical(*self._asked(order))

    def _asked(self, order: Order) -> tuple[str, str, dict[str, str]]:
        """Path, method and parameters of an order. Raises Unsayable."""
        if not order.msisdn or not (order.msisdn.isascii() and order.msisdn.isdigit()):
            raise unsayable.no_number(order)
        number = {"access_number": order.msisdn}
        match order.kind:
            case "renew":
                plan = self._account.renewals.get(f"{order.plan}/{order.months}")
            case "add-on":
                plan = self._account.add_ons.get(order.plan)
            case "suspend" | "resume":
                change = _KEEP if order.kind == "suspend" else _BACK
                return QUERY, "disabledNumber", {**number, "acctCd": "", "orderTypeId": change}
            case _:
                raise unsayable.no_such_kind(order)
        if plan is None:
            key = f'renewals ("{order.plan}/{order.months}")' if order.kind == "renew" else "add_ons"
            raise unsayable.no_entry(order, account=self._account.name, key=key)
        return ACCEPT, "orderFlow", {**number, "flowValue": plan}

    def _place(self, order: Order) -> Outcome:
        path, method, said = self._asked(order)
        try:
            reply = self._open.order(path, method, said)
            return self._read(reply, method)
        except CallError as error:
            return no_answer(error, now=self._open.now())

    def _read(self, reply: Reply, method: str) -> Outcome:
        """What an answer to an order says. Its own text wins over its code; what stands in no table is a doubt."""
        told = self._open.told(reply, method)
        text = said_once(told, "Checkout")
        if text:
            return self._by_text(text) if reply.status == 200 else Unknown(f"HTTP {reply.status}")
        said = codes(told)
        code = min(said) if len(said) == 1 or (said and said <= TAKEN) else None
        found = outcome(reply, code, CODES, now=self._open.now())
        if found is not None:
            return found
        serial = said_once(told, "GROUP_TRANSACTIONID") or said_once(told, "groupTransactionId")
        return Accepted(serial) if serial else Unknown("taken, without a serial number")

    def _by_text(self, text: str) -> Outcome:
        if any(word in text for word in _AGAIN):
            return Unknown(text[:200])
        reasons = {reason for piece, reason in self._account.refusals.items() if piece in text}
        return Refused(reasons.pop(), text[:200]) if len(reasons) == 1 else Unknown(text[:200])


def connect(home: Home, account: TelecomAccount) -> Telecom:
    """The account's connection. Raises NoConnection where a secret is missing or the key is not one."""
    return Telecom(home, account)
