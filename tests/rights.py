"""Every writing function of every store, found in the source, and what each role gets from it: let in or refused."""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

from data.home import Home
from data.people.rules import Actor, Refused

ROOT = Path(__file__).parent.parent


def writing_functions() -> dict[str, Callable[..., Any]]:
    """`renewals.stopping.cancel` and every other public function of data/ that takes a transaction (or opens its own) and who asks."""
    found = {}
    for path in sorted((ROOT / "data").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            if [arg.arg for arg in node.args.args[:2]] in (["tx", "by"], ["db", "by"]):
                function = getattr(importlib.import_module(module), node.name)
                found[f"{module.removeprefix('data.')}.{node.name}"] = function
    return found


def unsigned_calls(room: str) -> Iterator[str]:
    """Calls in `room` of a function of data/ that hand it a transaction without saying who asks, as "file: function"."""
    takes_tx = {
        node.name
        for path in (ROOT / "data").rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and [arg.arg for arg in node.args.args[:1]] == ["tx"]
    }
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or ast.unparse(node.args[0]) != "tx":
                continue
            asks = ast.unparse(node.args[1]) if len(node.args) > 1 else ""
            name = ast.unparse(node.func)
            if name.rsplit(".", 1)[-1] in takes_tx and not (
                asks in {"by", "actor"} or asks.endswith((".actor", ".actor('page')"))
            ):
                yield f"{path.relative_to(ROOT).as_posix()}: {name}"


def lets_in(home: Home, function: Callable[..., Any], by: Actor, **told: Any) -> bool:
    """Whether `function` goes past the question of rights; whatever it does then is undone."""

    class Undone(Exception):
        pass

    try:
        with home.db.write(quiet=True) as tx:
            try:
                function(_first(function, home, tx), by, **{**_made_up(function), **told})
            except Refused as refusal:
                # The words of `require`: no right, or no person any more. Other refusals are the store's own.
                if f"{by.name} " in str(refusal) and "may not do this" in str(refusal):
                    return False
            except Exception:  # noqa: BLE001 - made-up values break things behind the door; the door is asked about
                pass
            raise Undone
    except Undone:
        return True


def _first(function: Callable[..., Any], home: Home, tx: Any) -> Any:
    # A function that opens transactions of its own asks in the first of them: it is given the open one.
    return (
        tx
        if {"tx", "reader"} & set(inspect.signature(function).parameters)
        else MagicMock(write=lambda **_how: nullcontext(tx))
    )


_MADE_UP: dict[str, Any] = {
    "int": 1,
    "str": "x",
    "date": date(2026, 11, 22),
    "datetime": datetime(2026, 11, 22, 2, tzinfo=UTC),
    "Path": Path("nowhere"),
    "bytes": b"%PDF-1.7",
    "bool": False,
}


def _made_up(function: Callable[..., Any]) -> dict[str, Any]:
    """A value for every argument that has to be given."""
    made = {}
    for name, parameter in list(inspect.signature(function).parameters.items())[2:]:
        if parameter.default is not inspect.Parameter.empty or parameter.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        kind = str(getattr(parameter.annotation, "__name__", parameter.annotation)).split(" | ")[0]
        if any(word in str(parameter.annotation) for word in ("Sequence", "Iterable")):
            made[name] = [1]
        elif "Mapping" in str(parameter.annotation):
            made[name] = {}
        else:
            made[name] = _MADE_UP.get(kind, MagicMock())
    return made
