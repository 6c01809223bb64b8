"""Connectors whose carrier takes one order per call and cannot be asked about it afterwards: the card is read instead."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from jobs.carriers import Order, Outcome, Statement, Unknown
from jobs.carriers.http import Http


class _Session(Protocol):
    http: Http


class OneByOne(ABC):
    """What such connectors have in common; a connector adds what an order says and what an answer means."""

    _open: _Session

    def close(self) -> None:
        """Close all connections."""
        self._open.http.close()

    def held_s(self) -> float:
        """Seconds for which it takes no call."""
        return self._open.http.pace.held_s()

    def place(self, orders: Sequence[Order]) -> list[Outcome]:
        """One call per order."""
        return [self._place(order) for order in orders]

    def find_order(self, order_no: str, carrier_ref: str | None = None) -> Outcome:  # noqa: ARG002
        """It cannot be asked by an order."""
        return Unknown("the carrier cannot be asked about an order; the card is read")

    def statement(self, day: object) -> Statement | None:  # noqa: ARG002
        """It tells no statement."""
        return None

    @abstractmethod
    def _place(self, order: Order) -> Outcome: ...
