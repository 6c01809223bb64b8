"""Cards asked about one by one: told, missing, not ours, or the account's trouble; nothing is left out in silence."""

from collections.abc import Sequence

import pytest

from jobs.carriers import each, pacing
from jobs.carriers.http import CallError, Doubt, Held, NeverLeft, NoToken
from jobs.carriers.readings import CardFacts, Missing
from tests.jobs.carriers.contract import CONNECTORS, connected
from tests.jobs.carriers.stubs.base import iccid

# These read cards one by one or a few at a time, and mark those that a call told nothing of.
MARKING = ["onelink", "telecom_cmp", "unicom_cmp", "ctwing"]


def facts(card: str) -> CardFacts:
    nothing = dict.fromkeys(CardFacts.__dataclass_fields__)
    return CardFacts(**nothing | {"iccid": card})


def asking(troubles: dict[str, Exception]):
    def ask(group: Sequence[str]) -> list[CardFacts]:
        for card in group:
            if card in troubles:
                raise troubles[card]
        return [facts(card) for card in group if card != "strange"]

    return ask


def said(found) -> list[tuple[str, str | None]]:
    return [(one.iccid, one.why if isinstance(one, Missing) else None) for one in found]


def test_what_a_call_told_nothing_of_is_missing_and_what_is_not_ours_is_left_out() -> None:
    groups = [["a", "b"], ["c"], ["strange"], ["d"]]
    found = each.all_of(groups, asking({"b": Doubt("reset"), "d": CallError("12089")}))
    assert said(found) == [("a", "reset"), ("b", "reset"), ("c", None), ("d", "12089")]
    assert [one.iccid for one in each.readable(groups, asking({"b": Doubt("reset")}))] == ["c", "d"]


@pytest.mark.parametrize("trouble", [NoToken("none"), NeverLeft("refused"), Held(60)])
def test_the_accounts_trouble_is_no_cards(trouble) -> None:
    ask = asking({"b": trouble})
    with pytest.raises(type(trouble)):
        each.all_of([["a"], ["b"], ["c"]], ask)
    assert [one.iccid for one in each.readable([["a"], ["b"], ["c"]], ask)] == ["a"]


def test_no_call_that_came_back_at_all_is_the_accounts_trouble() -> None:
    with pytest.raises(Doubt):
        each.all_of([["a"], ["b"]], asking({"a": Doubt("reset"), "b": Doubt("reset")}))
    assert each.all_of([], asking({})) == []


@pytest.mark.parametrize("connector", MARKING)
def test_a_connector_marks_the_cards_a_call_told_nothing_of(home, monkeypatch, connector) -> None:
    monkeypatch.setattr(pacing, "_paces", {})
    with CONNECTORS[connector](60) as stub:
        carrier = connected(home, stub, monkeypatch)
        asked = [iccid(number) for number in range(1, 56)]
        assert {one.iccid[:19] for one in carrier.card_facts(asked)} == {one[:19] for one in asked}
        stub.say(b'{"half', on="read")
        read = carrier.card_facts(asked)
        missing = [one for one in read if isinstance(one, Missing)]
        assert {one.iccid[:19] for one in read} == {one[:19] for one in asked}
        assert 0 < len(missing) < len(asked) and missing[0].iccid == asked[0]
        stub.say(b'{"half', on="read", times=999)
        with pytest.raises(CallError):
            carrier.card_facts(asked[:2])
