"""The twelve mutants: the engine made wrong in one place each, by patches that only tests can reach.

    python tests/money/mutants.py --report docs/mutants.md

runs every mutant against its killer and writes the table. A mutant that lives ends it with an error.
"""

import argparse
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from data.database import Database, Queries, Query
from data.people.rules import Refused as NotAllowed
from data.renewals import capping, claiming, moves, previewing, recovery, rules
from data.renewals.journal import Journal
from data.renewals.moves import Arrow, State, Verdict
from jobs import carriers
from jobs.carriers import Refused
from tests.money import border

On = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Mutant:
    """One way to be wrong."""

    name: str
    breaks: str
    killer: str  # a test of test_killers.py
    dies: str  # what the killer says of it
    on: On


def _queries(queries: Queries, **replaced: tuple[str, str]) -> AbstractContextManager[Any]:
    """Statements with one piece each replaced; the piece must be there."""
    known: dict[str, Query] = queries.__dict__["_queries"]
    changed = {}
    for name, (old, new) in replaced.items():
        assert old in known[name].sql, f"{name} has no '{old}' any more"
        changed[name] = Query(name, known[name].sentence, known[name].sql.replace(old, new))
    return mock.patch.dict(known, changed)


def _resend_on_timeout() -> AbstractContextManager[Any]:
    return mock.patch.dict(moves._AFTER_SENDING, {Verdict.UNKNOWN: (Arrow.NEVER_LEFT, State.PENDING)})


def _server_error_is_a_refusal() -> AbstractContextManager[Any]:
    real = border.outcome

    def outcome(reply: Any, code: Any, codes: Any, *, now: Any) -> Any:
        return Refused("window_closed") if reply.status >= 500 else real(reply, code, codes, now=now)

    return mock.patch.object(border, "outcome", outcome)


def _no_horizon() -> AbstractContextManager[Any]:
    real = moves.counts_as_not_found

    def counts(trail: Any, *, read_at: Any, horizon: Any) -> bool:
        return real(replace(trail, deadline_at=read_at - timedelta(days=1)), read_at=read_at, horizon=timedelta(0))

    return mock.patch.object(moves, "counts_as_not_found", counts)


def _recovery_sends_again() -> AbstractContextManager[Any]:
    real = recovery._interrupted

    def interrupted(*told: Any, **how: Any) -> Any:
        return replace(real(*told, **how), after=State.PENDING, arrow=Arrow.NEVER_LEFT, next_at=None)

    return mock.patch.object(recovery, "_interrupted", interrupted)


@contextmanager
def _intent_after_the_call() -> Iterator[None]:
    real = Journal.append
    held: dict[int, list[Any]] = {}

    def append(self: Journal, entries: Any, *, now: Any) -> None:
        entries = list(entries)
        if any(entry["kind"] == "intent" for entry in entries):
            held.setdefault(id(self), []).extend(entries)
        else:
            real(self, [*held.pop(id(self), []), *entries], now=now)

    with mock.patch.object(Journal, "append", append):
        yield


def _no_compare_and_set() -> AbstractContextManager[Any]:
    stack = ExitStack()
    stack.enter_context(
        _queries(
            claiming.Q,
            items_now=("s.st, s.n", "'pending' AS st, s.n"),
            claim=(" AND state.st = 'pending'", ""),
        )
    )
    return stack


def _random_numbers() -> AbstractContextManager[Any]:
    def order_no(_key: str, n: int) -> str:
        return "R" + secrets.token_hex(10).upper() + f"{n:02d}"

    return mock.patch.object(rules, "order_no", order_no)


def _float_money() -> AbstractContextManager[Any]:
    yuan = ("n.price_fen * (", "floor(n.price_fen / 100 * 100)::BIGINT * (")
    name = next(query.name for query in previewing.Q if yuan[0] in query.sql)
    return _queries(previewing.Q, **{name: yuan})


@contextmanager
def _cap_outside_the_lock() -> Iterator[None]:
    real, seen = Database.write, threading.local()

    @contextmanager
    def write(self: Database, **how: Any) -> Iterator[Any]:
        if threading.current_thread() is not threading.main_thread():
            seen.reserved = self.read().value(capping.Q.reserved_on, day=self.clock.today())
        with real(self, **how) as tx:
            yield tx

    def within_caps(_tx: Any, *, batch: Any, settings: Any) -> None:
        if seen.reserved + batch["amount_fen"] > settings.day_max_yuan * 100:
            raise NotAllowed("the day is full")

    with mock.patch.object(Database, "write", write), mock.patch.object(capping, "within_caps", within_caps):
        yield


def _reply_not_compared() -> AbstractContextManager[Any]:
    real = carriers._compared

    def compared(item: Any, outcome: Any, *rest: Any) -> Any:
        ours = {"order_no": item.order_no, "iccid": item.iccid, "amount_fen": item.amount_fen}
        return real(item, replace(outcome, **ours), *rest)

    return mock.patch.object(carriers, "_compared", compared)


def _unknown_code_is_a_refusal() -> AbstractContextManager[Any]:
    real = border.outcome

    def outcome(reply: Any, code: Any, codes: Any, *, now: Any) -> Any:
        known = code is None or code in codes.ok
        return real(reply, code, codes, now=now) if known else Refused("window_closed", code)

    return mock.patch.object(border, "outcome", outcome)


@contextmanager
def _commit_error_swallowed() -> Iterator[None]:
    real = Database.write

    @contextmanager
    def write(self: Database, **how: Any) -> Iterator[Any]:
        try:
            with real(self, **how) as tx:
                yield tx
        except OSError:
            return

    with mock.patch.object(Database, "write", write):
        yield


MUTANTS = (
    Mutant(
        "M1",
        "An order without an answer is sent again",
        "test_f2_an_answer_lost_after_the_effect_is_asked_for_and_never_bought_again",
        "was charged 2 times",
        _resend_on_timeout,
    ),
    Mutant(
        "M2",
        "A server error is taken for a refusal",
        "test_f4_a_server_error_after_the_effect_is_no_refusal_and_no_leave_to_send_again",
        "a server error was taken for an answer",
        _server_error_is_a_refusal,
    ),
    Mutant(
        "M3",
        "A not-found counts at once, without a horizon",
        "test_f15_an_effect_just_inside_the_horizon_is_waited_for",
        "{'succeeded': 3} == {'unknown': 3}",
        _no_horizon,
    ),
    Mutant(
        "M4",
        "A start sends again what was out when the process died",
        "test_k2_to_k5_what_was_out_at_a_kill_is_in_doubt_and_asked_about",
        "was charged 2 times",
        _recovery_sends_again,
    ),
    Mutant(
        "M5",
        "The journal hears of an order after the call",
        "test_k4_the_journal_had_the_intent_before_the_carrier_had_the_order",
        "charged without an intent on disk",
        _intent_after_the_call,
    ),
    Mutant(
        "M6",
        "A claim compares nothing before it sets",
        "test_of_eight_threads_each_item_is_claimed_by_one",
        "Left contains 560 more items",
        _no_compare_and_set,
    ),
    Mutant(
        "M7",
        "Every try has a random order number",
        "test_f2_with_a_key_every_call_for_an_order_carries_the_one_computed_number",
        "an order went out under a number that is not computed",
        _random_numbers,
    ),
    Mutant(
        "M8",
        "Money is counted in yuan, as a float",
        "test_money_is_whole_fen_and_the_lines_sum_to_the_batch",
        "a fen is off",
        _float_money,
    ),
    Mutant(
        "M9",
        "The cap of the day is read before the writer lock is held",
        "test_h8_eight_threads_at_once_never_set_aside_more_than_the_day_allows",
        "more was set aside than the day allows",
        _cap_outside_the_lock,
    ),
    Mutant(
        "M10",
        "What a reply names is not compared with the order",
        "test_f18_another_amount_than_ours_goes_to_a_person_and_the_sums_agree",
        "the carrier holds",
        _reply_not_compared,
    ),
    Mutant(
        "M11",
        "A business code in no table is taken for a refusal",
        "test_f11_a_code_in_no_table_is_no_refusal_and_retrying_the_failed_buys_nothing_twice",
        "was charged 2 times",
        _unknown_code_is_a_refusal,
    ),
    Mutant(
        "M12",
        "An error of a commit is swallowed",
        "test_k1_a_claim_whose_commit_failed_sends_nothing",
        "sent although the claim was not committed",
        _commit_error_swallowed,
    ),
)
_HEAD = """# The twelve mutants

The engine made wrong in one place at a time, by patches that only tests can reach (`tests/money/mutants.py`), and the test
of `tests/money/test_killers.py` that finds it. `tests/money/test_mutants.py` runs every pair: with the mutant the killer
fails as told here, without it the killer passes.

| | What it breaks | Killed by | How it dies |
|---|---|---|---|
"""


def table() -> str:
    """docs/mutants.md."""
    rows = (f"| {one.name} | {one.breaks} | `{one.killer}` | {one.dies} |\n" for one in MUTANTS)
    return _HEAD + "".join(rows) + "\nM1 is also found by the model test (`test_model.py`), unprompted.\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--report", type=Path, required=True)
    report = parser.parse_args().report
    tests = Path(__file__).with_name("test_mutants.py")
    if subprocess.run([sys.executable, "-m", "pytest", "-q", "-x", str(tests), "-k", "dies"], check=False).returncode:
        sys.exit("a mutant lives; nothing was written")
    report.write_text(table(), encoding="utf-8")


if __name__ == "__main__":
    main()
