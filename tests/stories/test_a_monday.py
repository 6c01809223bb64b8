"""A Monday, whole, in a real browser: four real files, the join, 500 renewals by two people, a kill, failures, papers, records."""

import csv
import json
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from data.clock import SystemClock
from tests.serving import Served, demo, settled, sign_in
from tests.stories import real_files
from tests.stories.hands import button, go, tick

pytestmark = pytest.mark.browser

CARDS = 520
ON_PLATFORM = 200
# Two ICCIDs of the binding list became numbers and are refused: those cards stay without a terminal.
JOINED = CARDS - 2
PLANS = {
    "mobile-main": "移动POS-4G 30M/月 年包",
    "unicom-main": "联通POS-4G 30M/月 年包",
    "telecom-main": "电信POS-4G 30M/月 年包",
}
# Slow enough that the kill comes in the middle, quick enough for a test.
DELAY_MS = 20
MERCHANT = "望江便民超市"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo home whose practice carriers take their time."""
    return tmp_path_factory.mktemp("monday") / "home"


@pytest.fixture(scope="module")
def passwords(home: Path) -> dict[str, str]:
    found = demo(home, sims=60, days=10)
    toml = home / "carriers.toml"
    text = re.sub(r"^delay_ms = .*\n", "", toml.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = text.replace('connector = "practice"', f'connector = "practice"\ndelay_ms = {DELAY_MS}')
    toml.write_text(text, encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def foreign() -> list[str]:
    """Addresses the operator's window asked for that are not ours: fonts, maps, counters."""
    return []


@pytest.fixture(scope="module")
def operator(window: Browser, server: Served, passwords: dict[str, str], foreign: list[str]) -> Page:
    page = sign_in(window, server, "operator", passwords["operator"], language="en-US")
    own = (server.url, server.url.replace("http", "ws", 1), "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(own) else foreign.append(request.url))
    return page


@pytest.fixture(scope="module")
def cards() -> list[real_files.Card]:
    return real_files.cards(CARDS, today=SystemClock().today(), plans=PLANS)


def test_four_files_are_recognised_and_accepted(
    operator: Page, server: Served, cards: list[real_files.Card], tmp_path: Path
) -> None:
    files = [
        real_files.ledger(tmp_path / "终端台账.xls", cards),
        real_files.platform_list(tmp_path / "平台导出.csv", cards[:ON_PLATFORM]),
        real_files.agent_list(tmp_path / "本月到期.xls", cards[ON_PLATFORM:]),
        real_files.binding_list(tmp_path / "绑定关系.xlsx", cards),
    ]
    go(operator, server, "/import_files")
    operator.set_input_files("input[type=file]", files)
    expect(operator.get_by_text(f"{JOINED} new, 0 changed, 0 the same, 2 refused")).to_be_visible(timeout=60_000)
    # Newest first: the ledger was dropped first and is accepted first.
    for row, count in ((3, CARDS), (2, ON_PLATFORM), (1, CARDS - ON_PLATFORM), (0, JOINED)):
        accept = operator.get_by_role("button", name=re.compile(rf"Accept {count} good rows"))
        tick(operator, 0, row, brings=accept)
        accept.click()
        expect(accept).to_have_count(0, timeout=60_000)
        settled(operator)


def test_the_join_report_counts_what_does_not_join_and_leads_to_it(operator: Page, server: Served) -> None:
    go(operator, server, "/import_files")
    expect(operator.get_by_text("What joins and what does not")).to_be_visible()
    go(operator, server, "/expiry?report=merchants_without_contact")
    # Every merchant of the ledger is known by its number and name only.
    listed = re.search(r"of ([\d,]+)", operator.inner_text("[data-testid=stMain]"))
    assert listed
    assert int(listed[1].replace(",", "")) >= JOINED


def test_look_up_finds_a_card_by_its_last_digits(operator: Page, server: Served, cards: list[real_files.Card]) -> None:
    go(operator, server, "/today")
    box = operator.get_by_placeholder(re.compile("Look up a card"))
    box.fill(cards[5].terminal_id)
    box.press("Enter")
    operator.wait_for_url(re.compile(r"/look_up\?q="))
    settled(operator)
    expect(operator.get_by_text(re.compile("nothing found", re.IGNORECASE))).to_have_count(0)


def test_five_hundred_cards_go_from_expiry_to_a_proposed_batch(operator: Page, server: Served) -> None:
    go(operator, server, "/expiry")
    search = operator.get_by_placeholder("Number, terminal, merchant, phone").first
    search.fill(MERCHANT)
    search.press("Enter")
    settled(operator)
    button(operator, f"Tick all {JOINED} that match").click()
    settled(operator)
    button(operator, re.compile(rf"Renew {JOINED} SIMs · ¥")).click()
    operator.wait_for_url(re.compile("/renew"))
    settled(operator)
    submit = button(operator, re.compile(rf"Submit {JOINED} SIMs for review"))
    submit.dblclick()
    expect(operator.get_by_text(re.compile(rf"Batch \d+ · {JOINED} SIMs handed over"))).to_be_visible(timeout=30_000)
    expect(operator.get_by_text(re.compile("another person must approve"))).to_be_visible()


@pytest.fixture(scope="module")
def batch(server: Served) -> int:
    """The batch the page made: the newest of all, and a double click made only one."""
    from data.database import Query
    from data.home import open_home

    server.stop()
    opened = open_home(server.home)
    rows = opened.db.read().rows(Query("t", "", "SELECT id, items FROM batch ORDER BY id DESC LIMIT 2"))
    opened.close()
    server.start()
    assert rows[0]["items"] == JOINED > rows[1]["items"]
    return int(rows[0]["id"])


def test_a_second_person_approves_and_a_kill_in_the_middle_changes_nothing(
    window: Browser, server: Served, passwords: dict[str, str], batch: int
) -> None:
    approver = sign_in(
        window, server, "approver", passwords["approver"], path=f"/batches?batch={batch}", language="en-US"
    )
    items = re.search(r"Approve (\d+) SIMs", approver.inner_text("[data-testid=stMain]"))
    assert items
    type_totals(approver, passwords["approver"])
    button(approver, re.compile(f"Approve {JOINED}")).click()
    expect(approver.get_by_text(re.compile(r"^\d+ of \d+ done|done", re.IGNORECASE)).first).to_be_visible(
        timeout=30_000
    )
    ledgers = server.home / "practice"
    started = charges(ledgers)
    deadline = time.monotonic() + 60
    while sum(charges(ledgers).values()) < sum(started.values()) + 60:
        assert time.monotonic() < deadline, "the batch did not start"
        time.sleep(0.05)
    server.kill()
    in_the_middle = sum(charges(ledgers).values()) - sum(started.values())
    assert 0 < in_the_middle < int(items[1]) - 20, "the kill did not come in the middle"
    server.start()
    approver.context.close()


def type_totals(page: Page, password: str) -> None:
    """The approver's form: every payee's number and sum as the card names them, and the password."""
    told = re.findall(r"^([\d,]+) SIMs? · ¥([\d,.]+) · place by", page.inner_text("[data-testid=stMain]"), re.MULTILINE)
    assert told
    for place, (count, amount) in enumerate(told):
        page.get_by_role("textbox", name="SIMs", exact=True).nth(place).fill(count)
        page.get_by_role("textbox", name="Sum in yuan").nth(place).fill(amount)
    page.get_by_label("Your password").fill(password)
    page.keyboard.press("Tab")
    settled(page)


def charges(ledgers: Path) -> Counter[str]:
    """What the practice carriers charged, from their own books: order number → times."""
    counted: Counter[str] = Counter()
    for book in ledgers.glob("*.jsonl"):
        for line in book.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue  # the torn last line of a killed carrier was never answered
            if entry["kind"] == "charge":
                counted[entry["order_no"]] += 1
    return counted


def test_the_batch_is_worked_off_and_every_card_was_charged_once(
    server: Served, batch: int, passwords: dict[str, str], window: Browser
) -> None:
    page = sign_in(window, server, "operator", passwords["operator"], path=f"/batches?batch={batch}", language="en-US")
    from data.database import Query
    from data.home import open_home

    open_states = Query(
        "t",
        "",
        """
        SELECT count(*) FILTER (s.st IN ('pending', 'submitted')) AS moving, count(*) AS items FROM state s
        JOIN placement p USING (obligation) WHERE p.batch = $batch""",
    )
    # An answer lost on the way is asked for after ten seconds, then after a minute.
    expect(page.get_by_text("done", exact=True).first).to_be_visible(timeout=180_000)
    page.context.close()
    server.stop()
    opened = open_home(server.home)
    reader = opened.db.read()
    row = reader.row(open_states, batch=batch)
    succeeded = {
        item["order_no"]: item["amount_fen"]
        for item in reader.rows(
            Query(
                "t",
                "",
                "SELECT a.order_no, a.amount_fen FROM state s JOIN attempt a USING (obligation, n) WHERE s.st = 'succeeded'",
            )
        )
    }
    opened.close()
    counted = charges(server.home / "practice")
    server.start()
    assert row
    assert (row["moving"], row["items"]) == (0, JOINED)
    assert not [order for order, times in counted.items() if times > 1], "charged twice"
    assert not set(succeeded) - set(counted), "called renewed, never charged"


def test_failures_stand_by_reason_and_take_a_note(operator: Page, server: Served) -> None:
    go(operator, server, "/failed")
    expect(operator.get_by_text("By reason")).to_be_visible()
    expect(operator.get_by_text(re.compile(r"Failed · [1-9]")).first).to_be_visible()
    tick(operator, 1, brings=button(operator, re.compile("Write on 1 renewal")))


def test_a_voucher_is_filed_and_fetched_byte_for_byte(operator: Page, server: Served, tmp_path: Path) -> None:
    paper = tmp_path / "回单 2026.pdf"
    paper.write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    go(operator, server, "/vouchers")
    operator.get_by_role("tab", name="File a paper").click()
    settled(operator)
    operator.set_input_files("input[type=file]", paper)
    settled(operator)
    button(operator, "File them").click()
    filed = operator.get_by_text(re.compile(r"Filed as voucher \d+"))
    expect(filed).to_be_visible(timeout=20_000)
    number = re.findall(r"\d+", filed.inner_text())[0]
    fetched = operator.context.request.get(f"{server.url}/v/{number}")
    assert fetched.body() == paper.read_bytes()
    assert fetched.headers["content-disposition"].startswith("attachment")


def test_the_export_equals_the_screen(operator: Page, server: Served, batch: int) -> None:
    go(operator, server, "/records")
    shown = re.search(r"of ([\d,]+)", operator.inner_text("[data-testid=stMain]"))
    assert shown
    button(operator, re.compile("Export")).click()
    settled(operator)
    button(operator, "Write the file").click()
    link = operator.get_by_role("link", name=re.compile(r"Fetch [\d,]+ rows"))
    expect(link).to_be_visible(timeout=60_000)
    fetched = operator.context.request.get(server.url + str(link.get_attribute("href")))
    assert fetched.ok
    text = fetched.body()
    assert text.startswith(b"\xef\xbb\xbf"), "a spreadsheet must see that it is UTF-8"
    rows = list(csv.reader(text.decode("utf-8-sig").splitlines()))
    assert len(rows) - 1 == int(shown[1].replace(",", ""))
    assert not [cell for row in rows for cell in row if cell[:1] in "=+@" and cell], "a cell that calculates"


def test_who_signs_out_stands_before_the_door(operator: Page, server: Served) -> None:
    go(operator, server, "/expiry")
    operator.get_by_test_id("stSidebar").get_by_role("button", name="operator").click()
    operator.get_by_role("button", name="Sign out").click()
    operator.wait_for_url(re.compile(r"/sign-in\?"), timeout=20_000)
    expect(operator.locator("#password")).to_be_visible()


def test_no_page_asked_a_foreign_host_for_anything(foreign: list[str]) -> None:
    assert foreign == []
