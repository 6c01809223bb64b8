"""Session tokens: fetched once for all threads, whoever notices first that the old one is gone."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from jobs.carriers.http.errors import CallError, NeverLeft

# A token is not used in its last moments: it would expire on the way.
_SPARE_S = 5.0
# After a token could not be had nobody tries again for this long; everybody gets the same answer.
_RETRY_S = 5.0


class NoToken(CallError):
    """The carrier gives us no token."""


@dataclass(frozen=True)
class Token:
    """A secret the carrier lends us. `repr` does not show it."""

    value: str
    life_s: float

    def __repr__(self) -> str:
        return f"Token(life_s={self.life_s})"


class TokenKeeper:
    """Holds the token of one credential for all threads. `fetch` gets one over the wire and may raise CallError."""

    def __init__(self, fetch: Callable[[], Token], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._expires_at = 0.0
        self._failed_at: float | None = None

    def token(self, *, not_this: str | None = None) -> str:
        """A token that should work. `not_this`: one that the carrier has just refused. Raises NoToken and NeverLeft.

        Of all threads that come with the same refused token one fetches, the others get what it brought.
        """
        with self._lock:
            if self._token and self._token.value != not_this and self._clock() < self._expires_at:
                return self._token.value
            if self._failed_at is not None and self._clock() < self._failed_at + _RETRY_S:
                raise NoToken("the carrier gave no token a moment ago")
            try:
                self._token = self._fetch()
            except NeverLeft:
                # The carrier was not asked; its pace says when it will be.
                raise
            except CallError as error:
                self._token, self._failed_at = None, self._clock()
                raise NoToken(f"the carrier gives no token: {error}") from None
            self._failed_at = None
            self._expires_at = self._clock() + max(self._token.life_s - _SPARE_S, self._token.life_s / 2)
            return self._token.value
