"""Cards asked about a few at a time: of whom nothing could be told is said to be missing, never left out in silence."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from jobs.carriers.http import CallError, NeverLeft, NoToken
from jobs.carriers.readings import CardFacts, Missing

# Trouble of the account: it would be the same with the next card.
_ACCOUNTS = (NeverLeft, NoToken)

# Reads a few cards; those that are not ours are not among what it returns. Raises CallError.
Ask = Callable[[Sequence[str]], Iterable[CardFacts]]


def all_of(groups: Iterable[Sequence[str]], ask: Ask) -> list[CardFacts | Missing]:
    """Every card that is ours, told or missing. Raises CallError: the account's trouble, or that no call came back at all."""
    found: list[CardFacts | Missing] = []
    failed: CallError | None = None
    answered = False
    for group in groups:
        try:
            found += ask(group)
            answered = True
        except _ACCOUNTS:
            raise
        except CallError as error:
            failed = error
            found += [Missing(iccid, str(error)) for iccid in group]
    if failed is not None and not answered:
        raise failed
    return found


def readable(groups: Iterable[Sequence[str]], ask: Ask) -> Iterator[CardFacts]:
    """Only those that could be told; none any more once the account is in trouble."""
    for group in groups:
        try:
            yield from ask(group)
        except _ACCOUNTS:
            return
        except CallError:
            continue
