from datetime import date

from data.database import Query
from data.sims import store
from data.terminals import store as terminals

TODAY = date(2026, 11, 22)


def test_a_terminal_comes_with_its_merchant_agent_cards_and_siblings(seen):
    page = terminals.terminal_page(seen.db.read(), 1)
    assert (page.terminal.merchant_no, page.terminal.agent, page.terminal.contact_name) == (
        "305100058120001",
        "顺达",
        "王芳",
    )
    assert page.sims.column("sim_id").to_pylist() == [1]
    assert page.siblings.column("terminal_id").to_pylist() == ["00001002", "00001003"]
    assert terminals.terminal_page(seen.db.read(), 99) is None


def test_machines_without_a_card_are_as_many_as_the_join_report_says(seen):
    counts = {line.kind: line.count for line in store.join_report(seen.db.read(), today=TODAY)}
    rows = terminals.without_card(seen.db.read()).to_pylist()
    # Its only card is cancelled.
    assert [row["terminal_id"] for row in rows] == ["00001005"]
    assert terminals.counted_without_card(seen.db.read()) == counts["terminals_without_card"] == 1


def test_a_terminals_history_tells_which_card_came_and_went(fleet):
    with fleet.db.write() as tx:
        tx.run(Query("test", "", "INSERT INTO sim_change VALUES (1, $now, 'terminal', '00001002', '00001001', 'import 3')"), now=tx.now)  # fmt: skip
    came = terminals.timeline(fleet.db.read(), "00001001").to_pylist()
    went = terminals.timeline(fleet.db.read(), "00001002").to_pylist()
    assert [row["what"] for row in came + went] == ["in", "out"]
