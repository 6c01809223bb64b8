import pytest

from data.database import Query
from data.sims import store


def found(home, text):
    return [(row["sim_id"], row["matched"]) for row in store.look_up(home.db.read(), text).to_pylist()]


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("898600D0000000000011", [(1, "iccid")]),
        ("898600D000000000001Z", [(1, "iccid")]),  # the same card, its last character printed by another platform
        ("1440000000004", [(4, "msisdn")]),
        ("460000000000003", [(3, "imsi")]),
        ("00001002", [(2, "terminal_id")]),
        ("SN770004", [(4, "serial_no")]),
        ("sn770004", [(4, "serial_no")]),
        ("770004", [(4, "serial_no")]),
        ("860000000000001", [(1, "imei")]),
        ("宁波面馆", [(4, "merchant"), (6, "merchant")]),
        ("王芳", [(3, "contact_name"), (1, "contact_name"), (2, "contact_name")]),
        ("13900000001", [(3, "contact_phone"), (1, "contact_phone"), (2, "contact_phone")]),
        ("nothing of the kind", []),
        ("", []),
    ],
)
def test_whatever_a_caller_can_read_out_finds_the_card(seen, text, hits):
    assert found(seen, text) == hits


def test_a_look_up_is_limited(seen):
    assert store.look_up(seen.db.read(), "8986", limit=2).num_rows == 2


def test_a_pasted_list_of_mixed_kinds_is_found_in_its_order(seen):
    lines = ["'1440000000004", "898600D0000000000011", "", "SN770002", "0000 1003", "770005"]
    pasted = store.paste(seen.db.read(), lines)
    assert pasted.sim_ids == (4, 1, 2, 3)
    assert pasted.not_found == ("770005",)  # its only card is cancelled; an end alone finds live cards
    assert pasted.ambiguous == ()


def test_a_merchant_number_stands_for_all_its_live_cards(seen):
    assert store.paste(seen.db.read(), ["305100058120001"]).sim_ids == (1, 2, 3)


def test_the_end_of_a_number_counts_only_where_one_card_has_it(fleet):
    with fleet.db.write() as tx:
        tx.run(Query("test", "", "UPDATE sim SET msisdn = '1440000770001' WHERE sim_id = 5"))
        store.roll_up(tx)
    pasted = store.paste(fleet.db.read(), ["770001", "770002", "90909"])
    assert pasted == store.Pasted(sim_ids=(2,), not_found=("90909",), ambiguous=("770001",))


def test_a_gone_card_is_found_by_its_whole_number(seen):
    assert store.paste(seen.db.read(), ["898600D0000000000066"]).sim_ids == (6,)


def test_a_terminal_number_of_two_terminals_is_a_doubt(fleet):
    with fleet.db.write() as tx:
        tx.run(Query("test", "", "UPDATE terminal SET terminal_id = '00001001' WHERE terminal_key = 4"))
        store.roll_up(tx)
    assert store.paste(fleet.db.read(), ["00001001"]).ambiguous == ("00001001",)


def test_a_list_longer_than_a_person_sends_is_refused(seen):
    with pytest.raises(ValueError, match="5001"):
        store.paste(seen.db.read(), [f"1440{n:09d}" for n in range(5001)])


def test_a_line_copied_from_a_spreadsheet_counts_by_its_first_cell(seen):
    assert store.paste(seen.db.read(), ["1440000000004\t宁波面馆\t2027-06-30"]).sim_ids == (4,)
