"""Calls to OneLink: a transaction number for each, a token for all, and the one envelope every answer comes in."""

import itertools
import json
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from data.clock import HOME_ZONE
from data.secrets import Secret
from jobs.carriers.http import CallError, NoToken, Reply, Token, TokenKeeper, Unreadable, asked
from jobs.carriers.onelink.account import OneLinkAccount

SESSION_OVER = "12021"
# Its codes for a card that is not in our account.
NOT_OURS = frozenset({"12009", "12010", "12034"})
# How many of its cards one query may name.
MOST_CARDS = 100


class Said(CallError):
    """A read was answered with a code of the carrier's instead of a result."""

    def __init__(self, code: str) -> None:
        super().__init__(f"OneLink says {code[:20]}")
        self.code = code


class Session:
    """One account's calls. Thread-safe."""

    def __init__(
        self, account: OneLinkAccount, *, app_id: Secret, password: Secret, now: Callable[[], datetime]
    ) -> None:
        self.account = account
        self.now = now
        self._app_id, self._password = app_id, password
        self.http = account.http(now=now)
        self._tokens = TokenKeeper(self._fetch_token)
        self._numbers = itertools.count(secrets.randbelow(10**8))

    def call(self, path: str, said: Mapping[str, str], *, deadline_s: float, money: bool = False) -> Reply:
        """A call under our token; under a new one, once, where the carrier says that the old one is over, which it says
        before any effect. All within one deadline. Raises CallError.
        """
        ends_at = time.monotonic() + deadline_s
        token = self._tokens.token()
        # Fetching a token takes from the same time: where none is left, nothing leaves.
        reply = self._sent(path, {**said, "token": token}, ends_at - time.monotonic(), money=money)
        if reply.status != 200 or code_of(reply) != SESSION_OVER:
            return reply
        token = self._tokens.token(not_this=token)
        left_s = ends_at - time.monotonic()
        return self._sent(path, {**said, "token": token}, left_s, money=money) if left_s > 0 else reply

    def read(self, path: str, **said: str) -> list[dict[str, Any]]:
        """The result of a query. Raises CallError, Said among them."""
        reply = asked(lambda left_s: self.call(path, said, deadline_s=left_s), deadline_s=self.account.call_deadline_s)
        code = code_of(reply)
        if reply.status != 200 or code is None:
            raise Unreadable(f"HTTP {reply.status} without a code")
        if code != "0":
            raise Said(code)
        return results(reply)

    def close(self) -> None:
        """Close all connections."""
        self.http.close()

    def _sent(self, path: str, said: Mapping[str, str], deadline_s: float, *, money: bool = False) -> Reply:
        params = {"transid": self._transid(), **said}
        if self.account.http_method == "GET":
            return self.http.call("GET", path, params=params, deadline_s=deadline_s, money=money)
        body = json.dumps(params, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        return self.http.call("POST", path, content=body, headers=headers, deadline_s=deadline_s, money=money)

    def _transid(self) -> str:
        """A new number for a call. It traces the call and keeps nothing from being bought twice."""
        at = self.now().astimezone(HOME_ZONE)
        return f"{self._app_id.reveal()}{at:%Y%m%d%H%M%S}{next(self._numbers) % 10**8:08d}"

    def _fetch_token(self) -> Token:
        said = {"appid": self._app_id.reveal(), "password": self._password.reveal()}
        reply = self._sent("/get/token", said, self.account.call_deadline_s)
        if reply.status != 200 or code_of(reply) != "0":
            raise NoToken(f"HTTP {reply.status}, {code_of(reply)}")
        told = next(iter(results(reply)), {})
        token, life = told.get("token"), str(told.get("ttl", ""))
        if not isinstance(token, str) or not token:
            raise NoToken("its answer holds none")
        life_s = int(life) if life.isascii() and life.isdigit() and len(life) < 10 else self.account.token_ttl_s
        return Token(token, min(life_s, self.account.token_ttl_s))


def code_of(reply: Reply) -> str | None:
    """The code of an answer; None: it has none that can be read."""
    try:
        code = reply.told().get("status")
    except Unreadable:
        return None
    return code if isinstance(code, str) else None


def results(reply: Reply) -> list[dict[str, Any]]:
    """The objects in an answer's result. Raises Unreadable."""
    found = reply.told().get("result")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unreadable("the result is no list of objects")
    return found
