"""Signed calls to CTWing, and its answers: JSON or XML, each kind with its own name for the code."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from data.secrets import Secret
from jobs.carriers.ctwing.account import CtwingAccount
from jobs.carriers.http import CallError, Reply, Unreadable, asked
from jobs.carriers.telecom_cmp.session import TAKEN, every, text_of, undressed

CUT = "/5gcmp/openapi/v1/common/singleCutNet"
_CODES = ("result", "code", "resultCode")


class Session:
    """One account's calls. Thread-safe."""

    def __init__(self, account: CtwingAccount, *, key: Secret, secret: Secret, now: Callable[[], datetime]) -> None:
        self.account = account
        self.now = now
        self._key, self._secret = key, secret
        self.http = account.http(now=now)

    def ask(self, path: str, **said: str) -> dict[str, Any]:
        """The answer to a question put in the address. Raises CallError."""
        return self._answer(lambda left_s: self._call("GET", path, said, b"", left_s))

    def ask_many(self, path: str, **said: Any) -> dict[str, Any]:
        """The answer to a question put in a body. Raises CallError."""
        return self._answer(lambda left_s: self._call("POST", path, {}, _json(said), left_s))

    def order(self, path: str, said: Mapping[str, str]) -> Reply:
        """The answer to an order, which goes out once. Raises CallError."""
        return self._call("POST", path, {}, _json(said), self.account.call_deadline_s, money=True)

    def told(self, reply: Reply) -> dict[str, Any]:
        """An answer as nested dicts, lists and texts. Raises Unreadable."""
        return undressed(text_of(reply.body))

    def _answer(self, call: Callable[[float], Reply]) -> dict[str, Any]:
        reply = asked(call, deadline_s=self.account.call_deadline_s)
        if reply.status != 200:
            raise Unreadable(f"HTTP {reply.status}")
        told = self.told(reply)
        code = code_of(told)
        if code is None:
            raise Unreadable("an answer without a code")
        if code not in TAKEN:
            raise CallError(f"CTWing says {code[:20]}")
        return told

    def _call(
        self, method: str, path: str, query: Mapping[str, str], body: bytes, deadline_s: float, *, money: bool = False
    ) -> Reply:
        stamp = f"{self.now().astimezone(ZoneInfo(self.account.timestamp_zone)):%Y%m%d%H%M%S}"
        flattened = self.account.sign_body == "flattened"
        headers = {
            "AppKey": self._key.reveal(),
            "Timestamp": stamp,
            "Sign": sign(query, body, secret=self._secret, stamp=stamp, flattened=flattened),
            "Content-Type": "application/json",
        }
        # The address is written with the parameters in the order in which they are signed.
        return self.http.call(
            method,
            path,
            params=dict(sorted(query.items())),
            headers=headers,
            content=body or None,
            deadline_s=deadline_s,
            money=money,
        )


def sign(query: Mapping[str, str], body: bytes, *, secret: Secret, stamp: str, flattened: bool = False) -> str:
    """MD5 over the sorted query, the body, secret and time; its hexadecimal digits, as hexadecimal digits once more."""
    text = body.decode()
    if flattened and text:
        text = joined(
            {name: value if isinstance(value, str) else _text(value) for name, value in json.loads(text).items()}
        )
    signed = f"{joined(query)}{text}{secret.reveal()}{stamp}"
    # The vendor takes MD5 and nothing else here.
    return hashlib.md5(signed.encode(), usedforsecurity=False).hexdigest().encode().hex().upper()


def joined(said: Mapping[str, str]) -> str:
    """The fields sorted by name."""
    return "&".join(f"{name}={said[name]}" for name in sorted(said))


def code_of(told: Mapping[str, Any]) -> str | None:
    """The code of an answer: its own, or that of the response in XML; None: none, or two."""
    found = [told[name] for name in _CODES if name in told] or list(every(told, "RspCode"))
    said = {str(one).strip() for one in found if isinstance(one, str | int) and not isinstance(one, bool)}
    return said.pop() or None if len(said) == 1 else None


def canonical(path: str, said: Mapping[str, str]) -> bytes:
    """What is asked, without who asks."""
    return _json([path, said])


def _json(said: Any) -> bytes:
    return _text(said).encode()


def _text(said: Any) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
