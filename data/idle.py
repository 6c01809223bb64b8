"""What waits to be used again under the same key, such as readers of one part of the fleet: making one costs 40 views."""

import threading
from typing import Generic, Protocol, TypeVar

# So many readers at once are common, so many parts of a fleet too; of more, the oldest are let go.
_KEPT_EACH, _KEPT_KEYS = 4, 64


class _Closes(Protocol):
    def close(self) -> None:
        """It is not needed any more."""


Thing = TypeVar("Thing", bound=_Closes)


class Idle(Generic[Thing]):
    """Things by key, taken and given back by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.by_key: dict[object, list[Thing]] = {}

    def take(self, key: object) -> Thing | None:
        """One of the idle ones; None: make another."""
        with self._lock:
            idle = self.by_key.get(key)
            return idle.pop() if idle else None

    def give_back(self, key: object, thing: Thing) -> None:
        """It is idle again; what is too many is closed."""
        with self._lock:
            idle = self.by_key[key] = self.by_key.pop(key, [])  # the newest stand last
            idle.append(thing)
            surplus = [idle.pop(0)] if len(idle) > _KEPT_EACH else []
            if len(self.by_key) > _KEPT_KEYS:
                surplus += self.by_key.pop(next(iter(self.by_key)))
        for one in surplus:
            one.close()

    def close(self) -> None:
        """Let all go."""
        with self._lock:
            for idle in self.by_key.values():
                for one in idle:
                    one.close()
            self.by_key.clear()
