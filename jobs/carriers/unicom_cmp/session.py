"""What an account at China Unicom CMP says of itself, and its calls: each with a token that is a hash over itself."""

import itertools
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from data.clock import HOME_ZONE
from data.renewals.rules import REASONS
from data.secrets import Secret
from jobs.carriers.account import HttpAccount, SecretRef
from jobs.carriers.http import CallError, Reply, Unreadable, asked
from jobs.carriers.unicom_cmp.sm3 import sm3

OK = "0000"
_VERSION = "V1/1Main/vV1.1"


def _reason(word: str) -> str:
    if word not in REASONS:
        raise ValueError("a code's refusal is one of " + ", ".join(REASONS))
    return word


class UnicomAccount(HttpAccount):
    """An account at China Unicom CMP (雁飞)."""

    connector: Literal["unicom_cmp"]
    base_url: str = "https://gwapi.10646.cn/api"
    app_id: SecretRef
    app_secret: SecretRef
    open_id: SecretRef
    cycle_start_day: Annotated[int, Field(ge=1, le=28)] = 27
    cycle_named_by: Literal["start", "end"] = (
        "end"  # the month by whose name a cycle goes: that of its first or last day
    )
    plans: dict[str, Annotated[str, Field(min_length=1, max_length=120)]] = Field(default_factory=dict)  # ours → theirs
    # Its codes that surely mean no, and why. It has published none; a code that stands in no row is a doubt.
    refusals: dict[str, Annotated[str, AfterValidator(_reason)]] = Field(default_factory=dict)


class Said(CallError):
    """A read was answered with a code of the carrier's instead of a result."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Unicom says {code[:20]}")
        self.code = code


class Session:
    """One account's calls. Thread-safe."""

    def __init__(
        self, account: UnicomAccount, *, app: Secret, secret: Secret, user: Secret, now: Callable[[], datetime]
    ) -> None:
        self.account = account
        self.now = now
        self._app, self._secret, self._user = app, secret, user
        self.http = account.http(now=now)
        self._numbers = itertools.count(secrets.randbelow(10**6))

    def order(self, api: str, said: Mapping[str, Any]) -> Reply:
        """The answer to an order, which goes out once. Raises CallError."""
        return self._call(api, said, self.account.call_deadline_s, money=True)

    def _call(self, api: str, said: Mapping[str, Any], deadline_s: float, *, money: bool = False) -> Reply:
        """A call, under a message number of its own where `said` has none."""
        signed = self.signed()
        data = {"messageId": signed["trans_id"], "openId": self._user.reveal(), "version": "1.0", **said}
        return self.http.call(
            "POST",
            f"/{api}/{_VERSION}",
            content=json.dumps({**signed, "data": data}, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json"},
            deadline_s=deadline_s,
            money=money,
        )

    def read(self, api: str, **said: Any) -> dict[str, Any]:
        """The data of an answer. Raises CallError, Said among them."""
        reply = asked(lambda left_s: self._call(api, said, left_s), deadline_s=self.account.call_deadline_s)
        code = code_of(reply)
        if reply.status != 200 or code is None:
            raise Unreadable(f"HTTP {reply.status} without a code")
        if code != OK:
            raise Said(code)
        return data_of(reply)

    def signed(self) -> dict[str, str]:
        """Who calls and when, and the token over that."""
        at = self.now().astimezone(HOME_ZONE)
        thousandth = f"{at.microsecond // 1000:03d}"
        app = self._app.reveal()
        stamp, number = f"{at:%Y-%m-%d %H:%M:%S} {thousandth}", next(self._numbers) % 10**6
        said = {"app_id": app, "timestamp": stamp, "trans_id": f"{at:%Y%m%d%H%M%S}{thousandth}{number:06d}"}
        return {**said, "token": token(said, self._secret.reveal())}


def token(said: Mapping[str, str], secret: str) -> str:
    """SM3 over names and values in the order of the names, the secret behind them."""
    return sm3(("".join(f"{name}{said[name]}" for name in sorted(said)) + secret).encode())


def code_of(reply: Reply) -> str | None:
    """The code of an answer: the gateway's, and where that is a yes the one inside; None: none that can be read."""
    try:
        told = reply.told()
        outer = told.get("status")
        code = outer if outer != OK else data_of(reply).get("resultCode")
    except Unreadable:
        return None
    return code if isinstance(code, str) and code else None


def data_of(reply: Reply) -> dict[str, Any]:
    """What an answer holds. Raises Unreadable."""
    data = reply.told().get("data")
    if not isinstance(data, dict):
        raise Unreadable("the answer holds no data")
    return data
