"""Cached reads keyed by the data version: the only place that caches, and the only way pages reach the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from data import home as house
from data.database import Reader, Transaction
from data.home import Home
from data.people import scopes
from data.people.scope_rules import Scope
from data.renewals.rules import ItemCaps

# What part of the fleet whoever looks may see; set with the viewer, before a page reads anything.
_scope: ContextVar[Scope] = ContextVar("scope")
_WHOLE = Scope()
# What a page waits for; a read that takes longer keeps others waiting, too.
LONGEST_READ_S = 5.0
P = ParamSpec("P")
Result = TypeVar("Result")


def home() -> Home:
    """The home this process serves."""
    return house.current()


def see_as(scope: Scope) -> None:
    """From here on this rerun reads what `scope` lets through, and nothing else."""
    _scope.set(scope)


def seen_as() -> Scope:
    """What part of the fleet this rerun sees; nothing in it: the whole."""
    return _scope.get(_WHOLE)


def today() -> date:
    """The day the home believes in."""
    return home().clock.today()


def item_caps() -> ItemCaps:
    """What one item of a batch may cost in this home."""
    settings = home().settings
    return ItemCaps(settings.item_max_yuan, settings.price_jump_percent)


def read(function: Callable[Concatenate[Reader, P], Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """`function(reader, …)`, kept until the next committed write.

    Results are shared between sessions: Arrow tables and frozen records, never a frame a page changes. Arguments need
    a stable repr: frozen dataclasses, tuples, dates, texts, numbers.
    """
    key = f"{_scope.get(_WHOLE).pairs!r}{function.__module__}.{function.__qualname__}{args!r}{sorted(kwargs.items())!r}"
    result: Result = _kept(str(home().path), home().db.version, key, function, args, kwargs)
    return result


def fresh(function: Callable[Concatenate[Reader, P], Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """`function(reader, …)`, read now: what moves under the person's eyes."""
    with scopes.narrowed(home().db, _scope.get(_WHOLE)) as reader, reader.within(LONGEST_READ_S):
        return function(reader, *args, **kwargs)


@contextmanager
def writing() -> Iterator[Transaction]:
    """One transaction for one click. A page commits a row; a job does the rest."""
    with home().db.write() as tx:
        yield tx


# 512 results of at most a page or a chart each; the oldest go first.
@st.cache_resource(max_entries=512, show_spinner=False)
def _kept(
    path: str,
    version: int,
    key: str,
    _function: Callable[..., Any],
    _args: tuple[Any, ...],
    _kwargs: dict[str, Any],
) -> Any:
    return fresh(_function, *_args, **_kwargs)
