"""Huawei Cloud GSL: cards, plans and use by API; renewals are ordered by people in the console."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from data.home import Home
from data.secrets import Secret
from data.words import N_
from jobs.carriers import CardReading, Order, Outcome, Statement, Unknown, pacing, unsayable
from jobs.carriers.account import HttpAccount, SecretRef
from jobs.carriers.http import CallError, Http, Reply, asked
from jobs.carriers.huawei_gsl import told
from jobs.carriers.huawei_gsl.signing import authorization, stamp
from jobs.carriers.readings import CardFacts, CardPage, PlanOffer, QuotaReading, UsageReading

_BY_HAND = N_(
    "not offered by API: by a worklist a person orders it in the console, before the account's last_order_day; a card "
    "that is not renewed in time is cancelled for good"
)
_CONSOLE = N_("done in the console")
ABILITIES = {
    "list_cards": ("yes", N_("by page, sorted by expiry; one call a second")),
    "read_card": ("yes", N_("state and expiry, card by card; one call a second")),
    "usage_day": ("yes", N_("a hundred cards a call, by month, until yesterday midnight")),
    "usage_cycle": ("no", N_("the days of a month add up to it")),
    "quota": ("yes", N_("used and left until yesterday midnight")),
    "plans": ("yes", N_("with price and period")),
    "balance": ("no", N_("it stands in the cloud account's billing")),
    "renew": ("no", _BY_HAND),
    "add_on": ("no", _CONSOLE),
    "plan_change": ("no", N_("a card's plan cannot be changed")),
    "recharge": ("no", N_("not offered")),
    "suspend_resume": ("no", N_("a work order of up to two working days; done in the console")),
    "find_order": ("no", N_("nothing is ordered from here")),
    "order_key": ("no", N_("nothing is ordered from here")),
    "statement": ("no", N_("bills stand in the cloud account's billing")),
    "auto_renew": ("no", N_("it is read with each card; switched in the console")),
}
STATES = told.STATES
_BY_ICCID = "1"
_FLOW_BATCH = 100
# More pages of plans than this nobody has.
_PLAN_PAGES = 50


class HuaweiAccount(HttpAccount):
    """An account at Huawei Cloud."""

    connector: Literal["huawei_gsl"]
    access_key: SecretRef
    secret_key: SecretRef
    project_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,64}$")] | None = None
    # Renewals are to be placed before the 20th and take three working days; 19 where "before" leaves the day out.
    last_order_day: Annotated[int, Field(ge=1, le=31)] | None = 20
    working_days: Annotated[int, Field(ge=0, le=60)] = 3
    # What is not renewed at its expiry is cancelled for good.
    cancel_after_days: Annotated[int, Field(ge=0, le=3650)] = 0
    rate_per_s: Annotated[float, Field(gt=0, le=10_000)] | None = 5
    list_rate_per_s: Annotated[float, Field(gt=0, le=10_000)] = 1  # of the list of cards and of a card's plans
    page_size: Annotated[int, Field(ge=10, le=500)] = 500
    month_form: Literal["%Y-%m", "%Y%m"] = "%Y-%m"  # how a month of daily use is asked for; not confirmed


ACCOUNT = HuaweiAccount


class HuaweiGsl:
    """One account at Huawei Cloud. It reads; it takes no orders."""

    def __init__(
        self, account: HuaweiAccount, access_key: Secret, secret_key: Secret, *, now: Callable[[], datetime]
    ) -> None:
        self._account = account
        self._keys = (access_key, secret_key)
        self._now = now
        self._base = urlsplit(account.base_url)

        def http(what: str, rate_per_s: float | None) -> Http:
            pace = pacing.of(f"huawei_gsl {account.name} {what} {account.base_url}", rate_per_s)
            return account.http(now=now, pace=pace)

        self._http, self._slow = http("reads", account.rate_per_s), http("lists", account.list_rate_per_s)
        self.terms = account.terms()

    def close(self) -> None:
        self._http.close()
        self._slow.close()

    def held_s(self) -> float:
        return max(self._http.pace.held_s(), self._slow.pace.held_s())

    def request(self, order: Order) -> bytes:
        raise unsayable.no_such_kind(order)

    def find_order(self, order_no: str, carrier_ref: str | None = None) -> Outcome:  # noqa: ARG002  see ABILITIES
        return Unknown("nothing is ordered from here")

    def statement(self, day: date) -> Statement | None:  # noqa: ARG002  see ABILITIES
        return None

    def list_cards(self, cursor: str | None) -> CardPage:
        page, size = int(cursor or 1), self._account.page_size
        # The offset counts pages, from 1.
        asked = {"limit": str(size), "offset": str(page), "sort": "expire_time", "order": "asc"}
        listed = told.one(told.CardList, self._get(self._slow, "/v1/sim-cards", asked))
        facts = tuple(card.facts(self._now()) for card in listed.sim_cards)
        return CardPage(facts, str(page + 1) if facts and page * size < listed.count else None)

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        found: dict[str, CardReading] = {}
        for iccid in iccids:
            try:
                card = self._card(iccid)
            except CallError:
                continue
            if card is not None:
                found[iccid] = card.reading(self._now())
        return found

    def card_facts(self, iccids: Sequence[str]) -> list[CardFacts]:
        found = []
        for iccid in iccids:
            card = self._card(iccid)
            if card is None:
                continue
            # A card is named by its ICCID where the number of the platform is 0.
            asked = {"sim_card_id": "0", "iccid": card.iccid}
            plans = told.many(told.Plan, self._get(self._slow, "/v1/sim-price-plans", asked))
            found.append(card.facts(self._now(), auto_renew=told.renews_itself(plans)))
        return found

    def quota(self, iccids: Sequence[str]) -> list[QuotaReading]:
        cards = [self._card(iccid) for iccid in iccids]
        return [card.quota(self._now()) for card in cards if card is not None]

    def usage(self, iccids: Sequence[str], first: date, last: date) -> list[UsageReading]:
        found: list[UsageReading] = []
        for start in range(0, len(iccids), _FLOW_BATCH):
            asked = {iccid[:19]: iccid for iccid in iccids[start : start + _FLOW_BATCH]}
            for month in _months(first, last):
                said = {"iccids": list(asked.values()), "month": month.strftime(self._account.month_form)}
                body = json.dumps(said, separators=(",", ":")).encode()
                reply = self._call(self._http, "POST", "/v1/sim-cards/batch-daily-flow", body=body)
                for day in told.many(told.UseOfDay, reply):
                    found += day.readings(asked, first, last)
        return sorted(found, key=lambda one: (one.iccid, one.start))

    def plans(self) -> list[PlanOffer]:
        found: list[PlanOffer] = []
        for page in range(1, _PLAN_PAGES + 1):
            asked = {"limit": str(self._account.page_size), "offset": str(page)}
            listed = told.one(told.OfferList, self._get(self._http, "/v1/price-plans", asked))
            found += listed.offers()
            if not listed.price_plans or page * self._account.page_size >= listed.count:
                break
        return found

    def _card(self, iccid: str) -> told.Card | None:
        """The card of this number; None: it is not ours. Raises CallError."""
        asked = {"main_search_type": _BY_ICCID, "main_search_key": iccid, "limit": "10", "offset": "1"}
        listed = told.one(told.CardList, self._get(self._slow, "/v1/sim-cards", asked))
        return next((card for card in listed.sim_cards if card.iccid[:19] == iccid[:19]), None)

    def _get(self, http: Http, path: str, query: Mapping[str, str]) -> Reply:
        return self._call(http, "GET", path, query=query)

    def _call(
        self, http: Http, method: str, path: str, *, query: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        """The answer to a question: nothing here orders. Raises CallError."""
        return asked(
            lambda left_s: self._signed(http, method, path, query=query or {}, body=body, deadline_s=left_s),
            deadline_s=self._account.call_deadline_s,
        )

    def _signed(
        self, http: Http, method: str, path: str, *, query: Mapping[str, str], body: bytes, deadline_s: float
    ) -> Reply:
        access_key, secret_key = self._keys
        headers = {
            "content-type": "application/json",
            "host": self._base.netloc,
            "x-sdk-date": stamp(self._now()),
        }
        if self._account.project_id:
            headers["x-project-id"] = self._account.project_id
        signed = authorization(
            method,
            self._base.path + path,
            query=query,
            headers=headers,
            body=body,
            access_key=access_key,
            secret_key=secret_key,
        )
        # The address is written with the parameters in the order in which they are signed.
        return http.call(
            method,
            path,
            params=dict(sorted(query.items())),
            headers=headers | {"authorization": signed},
            content=body or None,
            deadline_s=deadline_s,
        )


def _months(first: date, last: date) -> list[date]:
    """The first days of the months that a window touches."""
    found = [first.replace(day=1)]
    while (following := (found[-1] + timedelta(days=32)).replace(day=1)) <= last:
        found.append(following)
    return found


def connect(home: Home, account: HuaweiAccount) -> HuaweiGsl:
    """Raises NoConnection where a secret is missing."""
    access_key, secret_key = account.secret_of(home, "access_key"), account.secret_of(home, "secret_key")
    return HuaweiGsl(account, access_key, secret_key, now=home.clock.now)
