"""Hypothesis finds nothing in the engine, and finds the classic double charge at once when the engine has it."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.money.model import LifeOfRenewals

# In the suite a bounded look, always the same; TESTS_MODEL=campaign plays 500 lives of 30 steps.
LIVES, STEPS = (500, 30) if os.environ.get("TESTS_MODEL") == "campaign" else (14, 20)


def bounded(lives: int, steps: int, **how: Any) -> settings:
    """The same lives every time, however long they take."""
    return settings(
        max_examples=lives,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        **how,
    )


@pytest.mark.timeout(7200 if LIVES > 100 else 120)
def test_no_order_of_people_faults_and_deaths_charges_twice():
    run_state_machine_as_test(LifeOfRenewals, settings=bounded(LIVES, STEPS))
