"""Signed calls to China Telecom's older platform, and its answers: XML, JSON or bare text, in UTF-8 or GBK, or enciphered."""

import json
import string
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from data.secrets import Secret
from jobs.carriers.http import CallError, Reply, Unreadable, asked
from jobs.carriers.http.reading import parsed
from jobs.carriers.http.xml_reading import parsed_xml
from jobs.carriers.telecom_cmp.account import TelecomAccount
from jobs.carriers.telecom_cmp.cipher import decrypted, encrypted

QUERY, ACCEPT = "/m2m_ec/query.do", "/m2m_ec/app/serviceAccept.do"
# What a method signs besides the card's number, user, password and its own name.
SIGNED: Mapping[str, tuple[str, ...]] = {
    "disabledNumber": ("acctCd", "orderTypeId"),
    "forwardFlowPoolMember": ("pageIndex",),
    "IMEIReRecord": ("action",),
    "offNetAction": ("action", "quota", "type"),
    "orderFlow": ("flowValue",),
    "singleCutNet": ("action",),
    "speedLimitAction": ("action", "speedValue"),
    "unsubScribe": ("flowValue",),
}
# These are about no card, or sign as if they were.
NO_NUMBER = frozenset({"getSIMList", "getPoolList", "queryPakagePlus"})
_NUMBERS = ("access_number", "iccid", "imsi")
_KEY_LENGTH = 9
TAKEN = frozenset({"0", "0000", "success"})
_CODES = ("IRESULT", "RspCode", "resultCode", "info")


class Session:
    """One account's calls. Thread-safe."""

    def __init__(
        self, account: TelecomAccount, *, user: Secret, password: Secret, key: Secret, now: Callable[[], datetime]
    ) -> None:
        self.account = account
        self.now = now
        self._user, self._password, self._key = user, password, key
        self.http = account.http(now=now)

    def order(self, path: str, method: str, said: Mapping[str, str]) -> Reply:
        """The answer to an order, which goes out once. Raises CallError."""
        return self._call(path, method, said, self.account.call_deadline_s, money=True)

    def _call(
        self, path: str, method: str, said: Mapping[str, str], deadline_s: float, *, money: bool = False
    ) -> Reply:
        params = {"method": method, **said, **self._credentials(method, said)}
        return self.http.call("GET", path, params=params, deadline_s=deadline_s, money=money)

    def read(self, method: str, **said: str) -> dict[str, Any]:
        """The answer to a query. Raises CallError."""
        reply = asked(lambda left_s: self._call(QUERY, method, said, left_s), deadline_s=self.account.call_deadline_s)
        if reply.status != 200:
            raise Unreadable(f"HTTP {reply.status}")
        told = self.told(reply, method)
        if bad := codes(told) - TAKEN:
            raise CallError(f"the carrier says {min(bad)[:20]}")
        return told

    def told(self, reply: Reply, method: str) -> dict[str, Any]:
        """An answer as nested dicts, lists and texts, whatever it came as. Raises Unreadable."""
        text = text_of(reply.body)
        if method in self.account.encrypted_methods and text and not set(text) - set(string.hexdigits):
            try:
                text = decrypted(text, *self._keys()).strip()
            except ValueError:
                raise Unreadable("the answer cannot be deciphered") from None
        return undressed(text)

    def _credentials(self, method: str, said: Mapping[str, str]) -> dict[str, str]:
        user, password = self._user.reveal(), self._password.reveal()
        return {
            self.account.user_name: user,
            self.account.password_name: encrypted(password, *self._keys()),
            "sign": self.sign(method, said, user=user, password=password),
        }

    def _keys(self) -> tuple[str, str, str]:
        text = self._key.reveal()
        return text[:3], text[3:6], text[6:]

    def sign(self, method: str, said: Mapping[str, str], *, user: str, password: str) -> str:
        """The sorted values of what this method signs, empty ones too, joined and enciphered."""
        extra = self.account.signed_fields.get(method, SIGNED.get(method, ()))
        number = [] if method in NO_NUMBER else [said[name] for name in _NUMBERS if name in said]
        return encrypted(
            ",".join(sorted([*number, user, password, method, *(said.get(name, "") for name in extra)])), *self._keys()
        )


def checked_key(key: Secret) -> Secret:
    """Raises ValueError for a key that does not make the three keys of the cipher."""
    if len(key.reveal()) != _KEY_LENGTH:
        raise ValueError(f"the key has {_KEY_LENGTH} characters")
    return key


def every(told: Any, name: str) -> Iterator[Any]:
    """Everything of this name in an answer, however deep."""
    for key, value in told.items() if isinstance(told, dict) else ():
        if key == name:
            yield from value if isinstance(value, list) else [value]
        yield from every(value, name)
    for one in told if isinstance(told, list) else ():
        yield from every(one, name)


def said_once(told: Any, name: str) -> str | None:
    """The text that stands under this name, however often; None where there is none, or two."""
    found = {str(one).strip() for one in every(told, name) if isinstance(one, str | int)}
    return found.pop() if len(found) == 1 else None


def codes(told: Any) -> set[str]:
    """All codes of an answer: each method has its own name for them, some use two."""
    found = [one for name in _CODES for one in every(told, name)]
    return {str(one).strip() if isinstance(one, str | int) else "?" for one in found}


def undressed(text: str) -> dict[str, Any]:
    """XML or JSON as nested dicts, lists and texts. Raises Unreadable."""
    return parsed_xml(text) if text.startswith("<") else parsed(text.encode())


def text_of(body: bytes) -> str:
    """An answer's text, in whatever it was written. Raises Unreadable."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return body.decode(encoding).strip()
        except UnicodeDecodeError:
            continue
    raise Unreadable("the answer is neither UTF-8 nor GBK")


def canonical(path: str, method: str, said: Mapping[str, str]) -> bytes:
    """What is asked, without who asks."""
    return json.dumps([path, method, said], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
