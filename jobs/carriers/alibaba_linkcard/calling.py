"""One signed call to Linkcard, and what a read tells."""

from collections.abc import Mapping
from secrets import token_hex
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from data.home import Home
from jobs.carriers import pacing
from jobs.carriers.alibaba_linkcard import signing
from jobs.carriers.alibaba_linkcard.account import AlibabaAccount
from jobs.carriers.alibaba_linkcard.answers import CODES, Envelope, not_told, throttled
from jobs.carriers.http import Held, Reply, Unreadable, asked

_Told = TypeVar("_Told", bound=BaseModel)


class Client:
    """Calls under one access key."""

    def __init__(self, account: AlibabaAccount, home: Home) -> None:
        self._account = account
        self._now = home.clock.now
        self._key_id = account.secret_of(home, "access_key_id")
        self._secret = account.secret_of(home, "access_key_secret")
        # The limit is the key's, whichever of our accounts uses it.
        pace = pacing.of(f"{account.connector} {account.base_url} {account.access_key_id}", account.rate_per_s)
        self.http = account.http(now=self._now, pace=pace)

    def read(self, action: str, said: Mapping[str, str], model: type[_Told]) -> _Told | None:
        """What a read tells; None: the card is not ours. Raises CallError."""
        reply = asked(
            lambda left_s: self._call({"Action": action, **said}, left_s), deadline_s=self._account.call_deadline_s
        )
        told = Envelope.of(reply)
        if throttled(reply, told):
            raise Held(reply.wait_s or self.http.pace.complained())
        if reply.status == 200 and told.code in CODES.ok:
            try:
                return model.model_validate(told.data)
            except ValidationError:
                raise Unreadable(f"{action} does not say what it should") from None
        if told.code is not None and CODES.refused.get(told.code) == "not_our_card":
            return None
        raise not_told(action, reply, told)

    def order(self, said: Mapping[str, str]) -> Reply:
        """The answer to an order, which goes out once. Raises CallError."""
        return self._call(said, self._account.call_deadline_s, money=True)

    def _call(self, said: Mapping[str, str], deadline_s: float, *, money: bool = False) -> Reply:
        params = signing.signed(said, key_id=self._key_id, secret=self._secret, now=self._now(), nonce=token_hex(16))
        return self.http.call("POST", "/", params=params, money=money, deadline_s=deadline_s)
