from data.sims import store


def test_a_finding_is_opened_once_and_closed_by_an_operator(fleet, people):
    with fleet.db.write() as tx:
        for _ in range(2):
            store.open_finding(tx, kind="expiry_differs", object="x", source="test", sim_id=1, expected="a", told="b")
    found = store.open_findings(fleet.db.read(), sim_id=1).to_pylist()
    assert len(found) == 1
    with fleet.db.write() as tx:
        assert store.close_finding(tx, people["operator"], finding_id=found[0]["finding_id"])
    assert store.open_findings(fleet.db.read(), sim_id=1).num_rows == 0
