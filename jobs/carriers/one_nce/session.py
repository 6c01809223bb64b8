"""Calls to 1NCE under a bearer token, which is fetched again, once, where the carrier says it is over."""

import base64
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from data.secrets import Secret
from jobs.carriers import pacing
from jobs.carriers.http import Http, NoToken, Reply, Token, TokenKeeper, asked
from jobs.carriers.one_nce.account import OneNceAccount
from jobs.carriers.one_nce.told import code_of

SESSION_OVER = frozenset({"AuthValidationError"})
_OK, _UNAUTHORIZED = 200, 401


class Session:
    """One client of the carrier's. Thread-safe."""

    def __init__(
        self, account: OneNceAccount, client_id: Secret, client_secret: Secret, *, now: Callable[[], datetime]
    ) -> None:
        self._account = account
        self._client = (client_id, client_secret)

        def http(what: str, rate_per_s: float | None) -> Http:
            pace = pacing.of(f"one_nce {account.name} {what} {account.base_url}", rate_per_s)
            return account.http(now=now, pace=pace)

        # The carrier counts calls for cards and calls for orders and products apart.
        self.cards, self.orders = http("cards", account.rate_per_s), http("orders", account.orders_rate_per_s)
        self._tokens = TokenKeeper(self._fetch_token)

    def close(self) -> None:
        self.cards.close()
        self.orders.close()

    def read(self, http: Http, path: str, *, params: Mapping[str, str] | None = None) -> Reply:
        """The answer to a question. Raises CallError."""
        return asked(
            lambda left_s: self._call(partial(http.call, "GET", path, params=params), left_s),
            deadline_s=self._account.call_deadline_s,
        )

    def order(self, path: str, *, params: Mapping[str, str], content: bytes) -> Reply:
        """The answer to an order, which goes out once. Raises CallError."""
        call = partial(self.cards.call, "POST", path, params=params, content=content, money=True)
        return self._call(call, self._account.call_deadline_s)

    def _call(self, call: Callable[..., Reply], deadline_s: float) -> Reply:
        """A call with our token; with a new one, once, where the old one is over, which comes before any effect. All within
        one deadline: where fetching a token leaves no time, nothing leaves.
        """
        ends_at = time.monotonic() + deadline_s

        def sent(token: str, left_s: float) -> Reply:
            return call(
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"}, deadline_s=left_s
            )

        token = self._tokens.token()
        reply = sent(token, ends_at - time.monotonic())
        if reply.status != _UNAUTHORIZED or code_of(reply) not in SESSION_OVER:
            return reply
        token = self._tokens.token(not_this=token)
        left_s = ends_at - time.monotonic()
        return sent(token, left_s) if left_s > 0 else reply

    def _fetch_token(self) -> Token:
        name, password = (secret.reveal() for secret in self._client)
        basic = base64.b64encode(f"{name}:{password}".encode()).decode()
        reply = self.cards.call(
            "POST",
            "/oauth/token",
            headers={"Authorization": f"Basic {basic}", "Content-Type": "application/json"},
            content=b'{"grant_type":"client_credentials"}',
            deadline_s=self._account.call_deadline_s,
        )
        said = reply.told()
        token, life_s = said.get("access_token"), said.get("expires_in")
        if reply.status != _OK or not isinstance(token, str) or not isinstance(life_s, int):
            raise NoToken(f"HTTP {reply.status}")
        return Token(token, life_s)
