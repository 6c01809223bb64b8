"""Cards from the rows of a file: which card is meant, and what does not add up."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from data.database import Query
from data.files import staging
from data.files.rules import Counts, RefusedRow
from data.home import Home
from data.sims import merging

CARD = "89860012345678901234"
Land = Callable[..., tuple[Counts, list[RefusedRow]]]


@pytest.fixture
def cards(home: Home) -> Land:
    """`cards({"iccid": …}, …)`: these rows as a card list."""

    def land(*rows: dict[str, Any]) -> tuple[Counts, list[RefusedRow]]:
        names = {name for row in rows for name in row}
        table = pa.table({name: [row.get(name) for row in rows] for name in sorted(names)})
        with home.db.write() as tx, staging.staged(tx, table, source="import 1"):
            merging.find_sims(tx)
            counts = merging.merge_sims(tx, last=merging.add_sims(tx), source="import 1")
            return counts, staging.refused(tx)

    return land


def asked(home: Home, text: str) -> list[dict[str, Any]]:
    return home.db.read().rows(Query("asked", "By a test.", text))


def kinds(home: Home) -> list[str]:
    return [row["kind"] for row in asked(home, "SELECT kind FROM finding WHERE closed_at IS NULL ORDER BY kind")]


def test_a_card_is_found_by_stem_then_number_then_imsi(home: Home, cards: Land) -> None:
    cards({"iccid": CARD, "msisdn": "1064912345678", "imsi": "460001234567890"})
    counts, refused = cards(
        {"iccid": CARD[:19], "tags": "a"},
        {"msisdn": "1064912345678", "pool": "b"},
        {"imsi": "460001234567890", "supplier": "c"},
        {"imsi": "460001234567891", "supplier": "d"},
    )
    assert counts == Counts(changed=1)
    assert [(row.column, row.value) for row in refused] == [("imsi", "460001234567891")]
    assert asked(home, "SELECT iccid, tags, pool, supplier FROM sim") == [
        {"iccid": CARD, "tags": "a", "pool": "b", "supplier": "c"}
    ]


def test_a_number_two_cards_carry_is_refused_with_both(cards: Land) -> None:
    cards({"iccid": CARD, "msisdn": "1064912345678"}, {"iccid": "89860012345678905678", "msisdn": "1064912345678"})
    _counts, refused = cards({"msisdn": "1064912345678", "tags": "a"})
    assert refused[0].values["candidates"] == f"{CARD[:19]}, 8986001234567890567"


def test_a_replaced_card_leaves_its_number_to_the_new_one(home: Home, cards: Land) -> None:
    cards(
        {"iccid": CARD, "msisdn": "1064912345678", "status": "replaced"},
        {"iccid": "89860012345678905678", "msisdn": "1064912345678", "status": "active"},
    )
    cards({"msisdn": "1064912345678", "tags": "a"})
    assert asked(home, "SELECT iccid FROM sim WHERE tags = 'a'") == [{"iccid": "89860012345678905678"}]


def test_another_last_character_is_a_remark_and_with_another_number_an_alarm(home: Home, cards: Land) -> None:
    cards({"iccid": CARD, "msisdn": "1064912345678"})
    cards({"iccid": f"{CARD[:19]}A", "msisdn": "1064912345678"})
    assert kinds(home) == ["printed_forms"]
    cards({"iccid": f"{CARD[:19]}B", "msisdn": "1064912345679"})
    assert kinds(home) == ["identity_differs", "printed_forms"]


def test_the_printed_form_with_twenty_characters_stays(home: Home, cards: Land) -> None:
    cards({"iccid": CARD[:19]}, {"iccid": CARD}, {"iccid": CARD[:19]})
    assert asked(home, "SELECT iccid FROM sim") == [{"iccid": CARD}]


@pytest.mark.parametrize(
    ("anchor", "told", "kept"), [(31, "2027-02-28", 31), (31, "2027-02-27", 27), (None, "2027-02-28", 28)]
)
def test_a_clamped_day_is_no_new_anchor(home: Home, cards: Land, anchor: int | None, told: str, kept: int) -> None:
    cards({"iccid": CARD, "expires_on": date(2026, 12, 31) if anchor else None})
    cards({"iccid": CARD, "expires_on": date.fromisoformat(told)})
    assert asked(home, "SELECT anchor_day FROM sim") == [{"anchor_day": kept}]


def test_left_over_data_says_what_was_used(home: Home, cards: Land) -> None:
    cards({"iccid": CARD, "quota_bytes": 100, "left_bytes": -20})
    assert asked(home, "SELECT used_bytes, left_bytes FROM sim") == [{"used_bytes": 120, "left_bytes": -20}]


def test_an_expiry_never_falls_behind_a_renewal_even_when_a_later_file_has_moved_it(home: Home, cards: Land) -> None:
    cards({"iccid": CARD, "expires_on": date(2026, 12, 31)})
    with home.db.write() as tx:
        tx.run(
            Query(
                "bought",
                "A renewal until the end of 2027.",
                "INSERT INTO obligation (id, digest, key, sim_id, account, stem, kind, old_expiry, seq) "
                "SELECT 1, uuid(), 'k', sim_id, 'a', stem, 'renew', expires_on, 1 FROM sim",
            )
        )
        tx.run(
            Query(
                "proven",
                "It is proven.",
                "INSERT INTO state (obligation, st, n, new_expiry, changed_at) "
                "VALUES (1, 'succeeded', 1, DATE '2027-12-31', $now)",
            ),
            now=tx.now,
        )
    cards({"iccid": CARD, "expires_on": date(2028, 1, 31)})
    cards({"iccid": CARD, "expires_on": date(2026, 12, 31)})
    assert asked(home, "SELECT expires_on FROM sim") == [{"expires_on": date(2028, 1, 31)}]
    assert kinds(home) == ["older_expiry"]


def test_an_account_nobody_configured_is_taken_and_noticed_once(home: Home, cards: Land) -> None:
    cards({"iccid": CARD, "account": "mobile-main"})
    cards({"iccid": "89860012345678905678", "account": "mobile-main"})
    assert asked(home, "SELECT account FROM sim")[0] == {"account": "mobile-main"}
    assert kinds(home) == ["unknown_account"]


def silences(home: Home) -> dict[str, Any]:
    return asked(home, "SELECT delivered_on, silent_until FROM sim")[0]


def test_the_end_of_a_silent_period_stays_until_a_file_says_another(home: Home, cards: Land) -> None:
    cards({"iccid": CARD, "status": "silent", "silent_until": date(2026, 12, 1)})
    assert cards({"iccid": CARD, "tags": "drawer"})[0] == Counts(changed=1)
    assert silences(home) == {"delivered_on": None, "silent_until": date(2026, 12, 1)}
    assert cards({"iccid": CARD, "silent_until": date(2026, 12, 20)})[0] == Counts(changed=1)
    assert asked(home, "SELECT field, before, after, source FROM sim_change") == [
        {"field": "silent_until", "before": "2026-12-01", "after": "2026-12-20", "source": "import 1"}
    ]


def test_a_file_whose_rows_name_two_ends_is_noticed(home: Home, cards: Land) -> None:
    cards(
        {"iccid": CARD, "silent_until": date(2026, 12, 1)},
        {"iccid": CARD, "silent_until": date(2026, 12, 2)},
    )
    assert kinds(home) == ["card_in_two_rows"]
    assert silences(home)["silent_until"] == date(2026, 12, 2)


@pytest.mark.parametrize(("before", "delivered"), [("stock", True), ("test", True), ("active", False), (None, False)])
def test_a_card_seen_to_leave_the_stock_is_delivered_that_day_and_no_other(
    home: Home, cards: Land, before: str | None, delivered: bool
) -> None:
    if before:
        cards({"iccid": CARD, "status": before})
    as_of = datetime(2026, 11, 23, 17, tzinfo=UTC)  # the 24th in Shanghai
    cards({"iccid": CARD, "status": "silent", "as_of": as_of})
    assert silences(home)["delivered_on"] == (date(2026, 11, 24) if delivered else None)
    cards({"iccid": CARD, "status": "silent"})
    assert silences(home)["delivered_on"] == (date(2026, 11, 24) if delivered else None)


def test_an_older_file_delivers_nothing_and_a_day_that_is_told_wins(home: Home, cards: Land) -> None:
    cards({"iccid": CARD, "status": "stock"})
    cards({"iccid": CARD, "status": "silent", "as_of": datetime(2026, 1, 1, tzinfo=UTC)})
    assert silences(home)["delivered_on"] is None
    cards({"iccid": CARD, "status": "silent", "delivered_on": date(2026, 9, 1)})
    assert silences(home)["delivered_on"] == date(2026, 9, 1)
    assert cards({"iccid": CARD, "delivered_on": date(2026, 9, 2)})[0] == Counts(changed=1)
    assert silences(home)["delivered_on"] == date(2026, 9, 2)
