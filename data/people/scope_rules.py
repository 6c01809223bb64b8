"""What part of the fleet a person sees: by region, branch, agent or merchants; and what such a person may do at all."""

import json
from dataclasses import asdict, dataclass

from data.people.rules import Action, Role
from data.words import N_

# The kinds of a scope, as the columns of a card name them.
KINDS = {
    "region": N_("Region"),
    "branch": N_("Branch"),
    "agent": N_("Agent"),
    "merchant": N_("Merchants"),
}
# Who orders, approves, pays or administers does so for the whole fleet: caps, batches, statements and requests are of it.
SCOPED_ROLES = frozenset({Role.VIEWER, Role.DESK, Role.FIELD})
# What is left to someone who sees a part; everything else would reach beyond it.
WITHIN_A_SCOPE = frozenset({Action.LOOK_UP, Action.SEE, Action.SWAP, Action.EXPORT})


@dataclass(frozen=True)
class Scope:
    """Cards whose column is one of the values, for every kind that names any; no value at all: the whole fleet."""

    region: tuple[str, ...] = ()
    branch: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()  # agent numbers
    merchant: tuple[str, ...] = ()  # merchant numbers; several are a group

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(kind, value) of each value, in order: equal for equal scopes."""
        return tuple((kind, value) for kind in KINDS for value in sorted(set(getattr(self, kind))))

    @classmethod
    def of(cls, pairs: list[tuple[str, str]]) -> "Scope":
        """Back from pairs."""
        return cls(**{kind: tuple(sorted(value for of, value in pairs if of == kind)) for kind in KINDS})

    def to_json(self) -> str | None:
        """The pairs as JSON; None: the whole fleet."""
        return json.dumps(self.pairs, ensure_ascii=False) if self else None

    @classmethod
    def from_json(cls, text: str | None) -> "Scope":
        """Back from to_json."""
        return cls.of([(kind, value) for kind, value in json.loads(text)] if text else [])
