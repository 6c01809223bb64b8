"""SIMBoss, an agent's platform over several carriers: signed forms; orders found again by the number we gave them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator

from data.carriers import store
from data.home import Home
from data.renewals.rules import REASONS
from data.secrets import Secret
from data.words import N_
from jobs.carriers import Accepted, CardReading, Confirmed, NotFound, Order, Outcome, Statement, Unknown, unsayable
from jobs.carriers.account import HttpAccount, SecretRef
from jobs.carriers.classifying import Codes, no_answer, outcome
from jobs.carriers.http import CallError, Reply, Unreadable, asked
from jobs.carriers.readings import Balance, CardFacts, CardPage, QuotaReading
from jobs.carriers.simboss import told
from jobs.carriers.simboss.signing import form, joined

ABILITIES = {
    "list_cards": ("yes", N_("by page; details a hundred at a time")),
    "read_card": ("yes", N_("state, plan's end and data; a hundred cards a call")),
    "usage_day": (
        "no",
        N_("what the answer's fields are called is not confirmed; the use of the plan comes with the quota"),
    ),
    "usage_cycle": (
        "no",
        N_("the platform does not say when a cycle begins; the use of the plan comes with the quota"),
    ),
    "quota": ("yes", N_("total and used data of the plan")),
    "plans": ("no", N_("plans are told for a single card only")),
    "balance": ("yes", N_("the account's prepaid money")),
    "renew": (
        "yes",
        N_("one card a call, so that each order carries its own number; a yes may leave the card unchanged"),
    ),
    "add_on": ("yes", N_("as a renewal, with the add-on's plan")),
    "plan_change": ("no", N_("done in the agent's portal")),
    "recharge": ("no", N_("there are no recharge cards")),
    "suspend_resume": ("no", N_("only cards of a pool can be switched")),
    "find_order": ("yes", N_("our number among the card's recharges, with its price")),
    "order_key": ("partly", N_("with combined_months of the account; of other calls it is not confirmed")),
    "statement": ("no", N_("recharges are told by card, not by day")),
    "auto_renew": ("no", N_("the platform names no such switch")),
}
STATES = told.STATES
_BATCH = 100
# Its list of codes is not published. What a text with one of these says has been taken before, perhaps from us.
_REPEATS = ("重复", "已存在", "exist", "repeat", "duplicate")
_NOT_OUR_SIGN = "签名错误"


class SimBossAccount(HttpAccount):
    """An account at SIMBoss."""

    connector: Literal["simboss"]
    app_id: SecretRef
    app_secret: SecretRef
    secret_join: Literal["direct", "ampersand"] = "direct"  # noqa: S105  how the secret is put behind the fields
    rate_plans: Mapping[str, Annotated[str, Field(pattern=r"^\d{1,18}$")]] = {}  # our plan's name → ratePlanId
    # What a refusal says → the reason it stands for. Only what is surely refused before anything is bought.
    refusals: Mapping[Annotated[str, Field(min_length=2)], str] = {
        "余额不足": "insufficient_balance",
        "套餐不存在": "plan_unsuitable",
        "卡不存在": "not_our_card",
    }
    # Renewals of so many months go through the combined call, whose number is bought once; None: that call is not used.
    combined_months: Annotated[int, Field(ge=1, le=60)] | None = None
    external_order_dedup: bool = False  # whether the other calls buy one number once, too
    key_life_s: Annotated[float, Field(gt=0)] = 3600

    @field_validator("refusals")
    @classmethod
    def _known(cls, refusals: Mapping[str, str]) -> Mapping[str, str]:
        strange = next((reason for reason in refusals.values() if reason not in REASONS), None)
        if strange:
            raise ValueError(f"'{strange}' is no reason; take one such as insufficient_balance or plan_unsuitable")
        return refusals


ACCOUNT = SimBossAccount


class SimBoss:
    """One account at SIMBoss."""

    def __init__(self, home: Home, account: SimBossAccount, app_id: Secret, secret: Secret) -> None:
        self._home, self._account = home, account
        self._app_id, self._secret = app_id, secret
        self._now: Callable[[], datetime] = home.clock.now
        self._http = account.http(now=self._now)
        self._codes = Codes(ok=frozenset({"0"}), refused=dict(account.refusals), sign_in=frozenset({_NOT_OUR_SIGN}))
        has_key = account.external_order_dedup or account.combined_months is not None
        self.terms = account.terms(
            promises=frozenset({"order_no", "iccid", "amount_fen"}),
            key_life=timedelta(seconds=account.key_life_s) if has_key else None,
        )

    def close(self) -> None:
        self._http.close()

    def held_s(self) -> float:
        return self._http.pace.held_s()

    def request(self, order: Order) -> bytes:
        path, fields = self._asked(order)
        return f"{path}?{joined(fields)}".encode()

    def place(self, orders: Sequence[Order]) -> list[Outcome]:
        return [self._place(order) for order in orders]

    def _asked(self, order: Order) -> tuple[str, dict[str, str]]:
        """Path and fields of an order. Raises Unsayable where SIMBoss has no words for it."""
        if order.kind not in {"renew", "add-on"}:
            raise unsayable.no_such_kind(order)
        plan = self._account.rate_plans.get(order.plan) or order.plan
        if not (plan.isascii() and plan.isdigit()):
            raise unsayable.no_entry(order, account=self._account.name, key="rate_plans")
        fields = {"ratePlanId": plan, "externalOrder": order.order_no}
        if self._account.combined_months is None:
            return "/device/recharge", fields | {"iccid": order.iccid, "month": str(max(order.months, 1))}
        if order.months != self._account.combined_months:
            raise unsayable.no_such_months(order, sold=[self._account.combined_months])
        combined = fields | {"iccids": order.iccid, "idempotentId": order.order_no}
        return "/combine/device/recharge/batch", combined

    def _place(self, order: Order) -> Outcome:
        path, fields = self._asked(order)
        try:
            reply = self._call(path, fields, self._account.call_deadline_s, money=True)
        except CallError as error:
            return no_answer(error, now=self._now())
        try:
            said = told.enveloped(reply)
        except Unreadable:
            return outcome(reply, None, self._codes, now=self._now()) or Unknown("unreadable")
        found = outcome(reply, self._code(said), self._codes, now=self._now())
        # A yes is all there is: the platform passes the order on to a carrier. It names nothing but what we sent.
        return found or Accepted(order.order_no, said.words()[:80])

    def _code(self, said: told.Envelope) -> str:
        """The row of our table an answer stands in; its own code, which stands in none, where the words are not ours."""
        if said.good():
            return "0"
        words = said.words()
        if any(word in words.lower() for word in _REPEATS):
            return f"repeat {said.code}"
        known = next((text for text in (*self._account.refusals, _NOT_OUR_SIGN) if text in words), None)
        return known or f"code {said.code}"

    def find_order(self, order_no: str, carrier_ref: str | None = None) -> Outcome:  # noqa: ARG002
        """Our number among the recharges of its card."""
        sent = store.sent_order(self._home.db.read(), account=self._account.name, order_no=order_no)
        if sent is None:
            return Unknown("no order of this account has this number")
        asked_at = self._now()
        try:
            recharges = told.many(told.Recharge, self._read("/device/recharge/records", {"iccid": sent.iccid}))
        except CallError as error:
            return Unknown(str(error))
        ours = [one for one in recharges if one.external_order == order_no]
        if not ours:
            return NotFound(asked_at)
        # Bought twice under one number costs twice, and is no longer what was ordered.
        paid_fen = sum(one.price for one in ours)
        return Confirmed(f"recharge {ours[0].created or order_no}", order_no, ours[0].iccid, paid_fen)

    def statement(self, day: date) -> Statement | None:  # noqa: ARG002  see ABILITIES
        return None

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        asked, found = set(iccids), dict[str, CardReading]()
        for start in range(0, len(iccids), _BATCH):
            try:
                read = self._details(iccids[start : start + _BATCH])
            except CallError:
                continue
            found |= {card.iccid: card.reading(self._now()) for card in read if card.iccid in asked}
        return found

    def list_cards(self, cursor: str | None) -> CardPage:
        page = told.one(told.Listed, self._read("/device/iccid/list", {"pageNo": cursor or "1"}))
        return CardPage(tuple(self.card_facts(page.cards)), page.next())

    def card_facts(self, iccids: Sequence[str]) -> list[CardFacts]:
        return [card.facts(self._now()) for card in self._all(iccids)]

    def quota(self, iccids: Sequence[str]) -> list[QuotaReading]:
        return [card.quota() for card in self._all(iccids)]

    def balance(self) -> Balance:
        overview = told.one(told.Money, self._read("/user/dashboard/get", {}))
        return Balance(overview.balance, self._now())

    def _all(self, iccids: Sequence[str]) -> list[told.Card]:
        starts = range(0, len(iccids), _BATCH)
        return [card for start in starts for card in self._details(iccids[start : start + _BATCH])]

    def _details(self, iccids: Sequence[str]) -> list[told.Card]:
        """At most a hundred cards. Raises CallError."""
        return told.many(told.Card, self._read("/device/detail/batch", {"iccids": ",".join(iccids)}))

    def _read(self, path: str, fields: Mapping[str, str]) -> Reply:
        """The answer to a question. Raises CallError."""
        return asked(lambda left_s: self._call(path, fields, left_s), deadline_s=self._account.call_deadline_s)

    def _call(self, path: str, fields: Mapping[str, str], deadline_s: float, *, money: bool = False) -> Reply:
        """A signed form. Raises CallError."""
        signed = {"appid": self._app_id.reveal(), "timestamp": str(int(self._now().timestamp() * 1000)), **fields}
        return self._http.call(
            "POST",
            path,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            content=form(signed, self._secret, join=self._account.secret_join),
            deadline_s=deadline_s,
            money=money,
        )


def connect(home: Home, account: SimBossAccount) -> SimBoss:
    """Raises NoConnection where a secret is missing."""
    return SimBoss(home, account, account.secret_of(home, "app_id"), account.secret_of(home, "app_secret"))
