"""Every mutant is killed by its named test; that this test passes on the engine as it is, test_killers.py shows beside it."""

import inspect
import itertools
from pathlib import Path

import pytest
from hypothesis import Phase
from hypothesis.stateful import run_state_machine_as_test

from tests.money import mutants, test_killers
from tests.money.model import LifeAtTheHardestCarrier
from tests.money.mutants import MUTANTS
from tests.money.test_model import bounded

REPORT = Path(__file__).parents[2] / "docs" / "mutants.md"


def killers(mutant):
    """The killer with its arguments; of a parametrized one the case that this mutant is about."""
    killer = getattr(test_killers, mutant.killer)
    marks = [mark for mark in getattr(killer, "pytestmark", []) if mark.name == "parametrize"]
    cases = [dict.fromkeys(mark.args[0].split(","), mark.args[1][1]) for mark in marks]
    return killer, dict(itertools.chain.from_iterable(case.items() for case in cases))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_mutant_dies_of_its_killer(mutant, desk):
    killer, said = killers(mutant)
    assert set(inspect.signature(killer).parameters) == {"desk", *said}
    with mutant.on(), pytest.raises(AssertionError) as died:
        killer(desk, **said)
    assert mutant.dies in str(died.value)


def test_the_model_finds_the_first_mutant_unprompted():
    resend = MUTANTS[0].on
    with resend(), pytest.raises(AssertionError, match="was charged"):
        run_state_machine_as_test(LifeAtTheHardestCarrier, settings=bounded(100, 12, phases=[Phase.generate]))


def test_the_published_table_is_the_generated_one():
    assert REPORT.read_text(encoding="utf-8") == mutants.table()
