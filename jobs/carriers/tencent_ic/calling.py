"""One signed call to Tencent Cloud IC, and what a read tells."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from data.home import Home
from jobs.carriers import pacing
from jobs.carriers.http import CallError, NoToken, Reply, Unreadable, asked
from jobs.carriers.tencent_ic import signing
from jobs.carriers.tencent_ic.account import TencentAccount
from jobs.carriers.tencent_ic.told import CODES, Envelope

_Told = TypeVar("_Told", bound=BaseModel)


def body(said: Mapping[str, Any]) -> bytes:
    """A call's parameters as its body: the same ones give the same bytes."""
    return json.dumps(said, separators=(",", ":")).encode()


class Client:
    """Calls under one key: renewals at their own distance, everything else at the account's rate."""

    def __init__(self, account: TencentAccount, home: Home) -> None:
        self._account = account
        self._now = home.clock.now
        self._key_id = account.secret_of(home, "secret_id")
        self._secret = account.secret_of(home, "secret_key")
        self._host = signing.host_of(account.base_url)
        name = f"{account.connector} {account.base_url} {account.secret_id}"
        self._renewals = account.http(now=self._now, pace=pacing.of(f"{name} renew", 1 / account.renew_distance_s))
        self._others = account.http(now=self._now, pace=pacing.of(name, account.rate_per_s))

    def close(self) -> None:
        """Close all connections."""
        self._renewals.close()
        self._others.close()

    def held_s(self) -> float:
        """Seconds for which the carrier takes no call."""
        return max(self._renewals.pace.held_s(), self._others.pace.held_s())

    def order(self, action: str, said: Mapping[str, Any], *, deadline_s: float) -> Reply:
        """The answer to an order, which goes out once. Raises CallError."""
        return self._call(action, said, money=True, deadline_s=deadline_s)

    def _call(self, action: str, said: Mapping[str, Any], *, money: bool = False, deadline_s: float) -> Reply:
        http = self._renewals if action == "RenewCards" else self._others
        content = body(said)
        headers = signing.headers(
            action, content, host=self._host, key_id=self._key_id, secret=self._secret, at=self._now()
        )
        return http.call("POST", "/", headers=headers, content=content, money=money, deadline_s=deadline_s)

    def read(self, action: str, said: Mapping[str, Any], model: type[_Told]) -> _Told | None:
        """What a read tells; None: the card is not ours. Raises CallError."""
        reply = asked(
            lambda left_s: self._call(action, said, deadline_s=left_s), deadline_s=self._account.call_deadline_s
        )
        told = Envelope.of(reply)
        if reply.status == 200 and told.code in CODES.ok and told.data is not None:
            try:
                return model.model_validate(told.data)
            except ValidationError:
                raise Unreadable(f"{action} does not say what it should") from None
        if told.code == "ResourceNotFound":
            return None
        if told.code in CODES.sign_in:
            raise NoToken(f"the carrier refuses our key: {told.code}")
        raise CallError(f"{action}: HTTP {reply.status}, {(told.code or 'no code')[:60]}")
