"""Each mutant is killed by its test. The quick ones always; those that take a home of their own or their time in the campaign."""

import pytest

from tests.mail.bots import standing_in
from tests.mail.building import House
from tests.mail.mutants import MUTANTS, at_work
from tests.mail.test_sending import CARDS, LONG, RECIPIENTS

QUICK = [name for name, mutant in MUTANTS.items() if LONG or ("house" not in mutant.needs and "deadline" not in name)]


@pytest.mark.parametrize("name", QUICK)
def test_the_mutant_dies(name, request, tmp_path, monkeypatch):
    mutant = MUTANTS[name]
    fixtures = {"sink": request.getfixturevalue("sink"), "tmp_path": tmp_path}

    def lives():
        with at_work(mutant):
            mutant.killer(*(fixtures[need] for need in mutant.needs.split()), *mutant.told)

    with pytest.raises((AssertionError, ValueError)) as killed:
        if "house" in mutant.needs:
            with House(tmp_path / "home", fixtures["sink"]).open() as house:
                fixtures["house"] = house.build(recipients=RECIPIENTS, cards=CARDS)
                lives()
        elif "bots" in mutant.needs:
            with standing_in(monkeypatch) as fixtures["bots"]:
                lives()
        else:
            lives()
    assert "any more" not in str(killed.value), "the place it was made of has gone"
