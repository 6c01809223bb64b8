"""1NCE: OAuth client credentials, extension and top-up without any key of ours, orders by their own number."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from data.carriers import store
from data.home import Home
from data.words import N_
from jobs.carriers import Accepted, Confirmed, Order, Outcome, Statement, Unknown, unsayable
from jobs.carriers.classifying import Codes, no_answer, outcome
from jobs.carriers.http import CallError
from jobs.carriers.one_nce import told
from jobs.carriers.one_nce.account import OneNceAccount
from jobs.carriers.one_nce.reading import Reads
from jobs.carriers.one_nce.session import SESSION_OVER, Session

ABILITIES = {
    "list_cards": ("partly", N_("pages of 100; state and activation, the expiry stands with each card's data")),
    "read_card": ("yes", N_("state, expiry and data; two calls a card")),
    "usage_day": ("yes", N_("days of UTC, six months back")),
    "usage_cycle": ("no", N_("the data is for the card's whole life; there is no cycle")),
    "quota": ("yes", N_("for the card's whole life")),
    "plans": ("partly", N_("products with their term; prices stand in the contract")),
    "balance": ("no", N_("the carrier tells no balance")),
    "renew": ("yes", N_("an extension of the card; no key: proved by the expiry")),
    "add_on": ("yes", N_("a top-up of the card; no key: proved by the carrier's order")),
    "plan_change": ("no", N_("the tariff is changed in the carrier's portal")),
    "recharge": ("no", N_("there are no recharge cards")),
    "suspend_resume": ("no", N_("not confirmed what a change of the state leaves of label and IMEI lock")),
    "find_order": ("partly", N_("by the exact card among the newest orders, which carry no number of ours")),
    "order_key": ("no", N_("an order carries no number of ours; sent twice it is bought twice")),
    "statement": ("no", N_("invoices are in the carrier's currency and price no single card")),
    "auto_renew": ("no", N_("only automatic top-ups can be switched; an extension is always ordered")),
}
STATES = told.STATES
# Errors that the documentation calls final: payment method, card of somebody else, unknown card.
_REFUSED = {"400": "account_data", "403": "not_our_card", "404": "not_our_card"}
EXTENSION = Codes(ok=frozenset(), refused=_REFUSED, session_over=SESSION_OVER)
# An expired card takes extensions only.
TOP_UP = Codes(
    ok=frozenset(), refused=_REFUSED | {"409": "wrong_state", "422": "plan_ended"}, session_over=SESSION_OVER
)
_TOP_UPS = frozenset({"TOPUP", "BULK_TOPUP"})
_ORDERS_PAGE = 10
# The newest orders are looked through so far back, ten to a page.
_ORDER_PAGES = 20
# Clocks differ: an order of the carrier may seem to lie a little before our call.
_CLOCKS_DIFFER = timedelta(minutes=2)
_CREATED, _COMPLETED = 201, "COMPLETED"
_LONGEST = 32


ACCOUNT = OneNceAccount


class OneNce(Reads):
    """One account at 1NCE."""

    def __init__(self, home: Home, account: OneNceAccount, session: Session) -> None:
        super().__init__(session, version=account.api_version, now=home.clock.now)
        self._home, self._account = home, account
        self.terms = account.terms(promises=frozenset({"iccid"}))

    def close(self) -> None:
        self._session.close()

    def held_s(self) -> float:
        return self._session.cards.pace.held_s()

    def request(self, order: Order) -> bytes:
        path, content = self._asked(order)
        return f"POST {path}?payment_method={self._account.payment_method}\n".encode() + content

    def place(self, orders: Sequence[Order]) -> list[Outcome]:
        return [self._place(order) for order in orders]

    def statement(self, day: date) -> Statement | None:  # noqa: ARG002  see ABILITIES
        return None

    def _asked(self, order: Order) -> tuple[str, bytes]:
        """Path and body of an order. Raises Unsayable where 1NCE has no words for it."""
        card = told.stem(order.iccid)
        if not (card.isascii() and card.isdigit() and len(card) == told.STEM):
            raise unsayable.short_iccid(order)
        if order.kind == "add-on":
            return f"/v1/sims/{card}/topup", b"{}"
        if order.kind != "renew":
            raise unsayable.no_such_kind(order)
        if order.months != self._account.extension_months:
            raise unsayable.no_such_months(order, sold=[self._account.extension_months])
        said: dict[str, Any] = {"iccids": [card]}
        if self._account.product_id is not None:
            said["productId"] = self._account.product_id
        return "/v1/sims/extension", json.dumps(said, separators=(",", ":")).encode()

    def _place(self, order: Order) -> Outcome:
        path, content = self._asked(order)
        sent_at = self._now()
        params = {"payment_method": self._account.payment_method}
        try:
            reply = self._session.order(path, params=params, content=content)
        except CallError as error:
            return no_answer(error, now=self._now())
        if reply.status != _CREATED:
            codes = EXTENSION if order.kind == "renew" else TOP_UP
            return outcome(reply, told.code_of(reply), codes, now=self._now()) or Unknown(f"HTTP {reply.status}")
        number = _number(reply.headers.get("location", ""))
        # 1NCE promises no number of an extension; the moment of its yes is all there is.
        return Accepted(number or f"taken {sent_at:%Y-%m-%dT%H:%M:%SZ}", "taken; not yet paid")

    def find_order(self, order_no: str, carrier_ref: str | None = None) -> Outcome:  # noqa: ARG002
        """By the exact card among the carrier's orders since we sent it: they carry no number of ours, so that a
        not-found proves nothing ever.
        """
        sent = store.sent_order(self._home.db.read(), account=self._account.name, order_no=order_no)
        if sent is None:
            return Unknown("no order of this account has this number")
        try:
            bought = self._bought(sent)
        except CallError as error:
            return Unknown(str(error))
        if len(bought) != 1:
            return Unknown(f"{len(bought)} orders of this card since then")
        return self._standing(sent, bought[0])

    def _standing(self, sent: store.SentOrder, bought: told.Bought) -> Outcome:
        """What one order of the carrier's says of ours: a top-up it completes; of an extension the card says more."""
        number = str(bought.order_number)
        if sent.kind != "renew":
            done = bought.order_status == _COMPLETED
            confirmed = Confirmed(number, iccid=sent.iccid, amount_fen=bought.amount_fen())
            return confirmed if done else Accepted(number, bought.order_status)
        card = self.cards([sent.iccid]).get(sent.iccid)
        if card is None or card.expires_on in {None, sent.expires_before}:
            return Accepted(number, "booked; the expiry has not moved")
        return Unknown(f"order {number} is booked and the expiry has moved: the card proves it")

    def _bought(self, sent: store.SentOrder) -> list[told.Bought]:
        """The carrier's orders that may be this one. Raises CallError."""
        card, orders = frozenset({told.stem(sent.iccid)}), self._session.orders
        if sent.carrier_ref and sent.carrier_ref.isdigit():
            one = told.one(told.Bought, self._session.read(orders, f"/v1/orders/{sent.carrier_ref}"))
            return [one] if one.stems() == card else []
        since = sent.sent_at - _CLOCKS_DIFFER
        found: list[told.Bought] = []
        for page in range(1, _ORDER_PAGES + 1):
            params = {"page": str(page), "pageSize": str(_ORDERS_PAGE), "sort": self._account.orders_sort}
            listed = told.many(told.Bought, self._session.read(orders, "/v1/orders", params=params))
            found += [one for one in listed if one.order_date >= since and one.stems() == card]
            if len(listed) < _ORDERS_PAGE or any(one.order_date < since for one in listed):
                break
        return [
            one
            for one in found
            if str(one.order_number) not in sent.other_refs and (one.order_type in _TOP_UPS) is (sent.kind == "add-on")
        ]


def _number(location: str) -> str | None:
    """The number at the end of an order's address."""
    number = location.rsplit("/", 1)[-1]
    return (
        number if "/orders/" in location and number.isascii() and number.isdigit() and len(number) < _LONGEST else None
    )


def connect(home: Home, account: OneNceAccount) -> OneNce:
    """Raises NoConnection where a secret is missing."""
    client_id, client_secret = account.secret_of(home, "client_id"), account.secret_of(home, "client_secret")
    return OneNce(home, account, Session(account, client_id, client_secret, now=home.clock.now))
