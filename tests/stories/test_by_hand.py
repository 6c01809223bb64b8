"""An offline batch, whole, in a real browser: a clerk proposes, an approver approves, finance pays, a second clerk orders by list;
a fresh card list of the provider is the receipt, a later one the proof."""

import re
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from data.clock import SystemClock
from data.database import Query
from data.renewals.paying_rules import capitals
from tests.pdf_text import pages
from tests.serving import Served, demo, run, settled, sign_in
from tests.stories.hands import button, go, tick

pytestmark = pytest.mark.browser

ACCOUNT, PAYEE, PLAN = "mobile-agent", "泊舟物联卡商行（演示）", "移动POS-4G 30M/月 年包"
STEM = "898604771200"  # what their numbers begin with
CARDS = 6
# Who did what with money, on a page.
ACTS = Query(
    "test",
    "",
    """SELECT DISTINCT person FROM audit WHERE source = 'page' AND event IN
       ('renewal:proposed', 'renewal:approved', 'payment:asked', 'payment:paid', 'offline:worklist_sent')""",
)
FONT = next(iter(sorted(Path("/usr/share/fonts").rglob("NotoSansCJK-Regular.ttc"))), None)
ENDS = SystemClock().today() + timedelta(days=20)
RENEWED = ENDS.replace(year=ENDS.year + 1) if (ENDS.month, ENDS.day) != (2, 29) else ENDS + timedelta(days=365)


def iccid(number: int) -> str:
    return f"{STEM}{number:07d}{number % 10}"


def card_list(path: Path, expires_on: date, *, remark: str) -> Path:
    """A card list as the provider's own system writes it."""
    head = "卡号,ICCID,落地名称,运营商,卡状态,服务期止,流量套餐,终端编号,商户编号,标签"
    rows = [
        f"14411{number:08d},{iccid(number)},{ACCOUNT},中国移动,正常,{expires_on},{PLAN},6{number:07d},89833015311{number:04d},{remark}"
        for number in range(1, CARDS + 1)
    ]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8-sig")
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("by-hand") / "home"


@pytest.fixture(scope="module")
def passwords(home: Path) -> dict[str, str]:
    """A small demo, a second clerk, a font for papers, and six cards that are served by hand."""
    found = demo(home, sims=60, days=10)
    secret = home.parent / "second"
    secret.write_text("quiet harbour morning", encoding="utf-8")
    run("users", "add", "clerk2", "--role", "operator", "--password-file", secret, home=home)
    if FONT:
        (home / "flowcard.toml").write_text(f'pdf_font = "{FONT}"\n', encoding="utf-8")
    run("import", "auto", card_list(home.parent / "首次.csv", ENDS, remark="首次"), "--accept-good", home=home)
    return found | {"clerk2": "quiet harbour morning"}


@pytest.fixture(scope="module")
def person(window: Browser, server: Served, passwords: dict[str, str]) -> object:
    """`person("finance")`: that person's own window, signed in once."""
    windows: dict[str, Page] = {}

    def page(name: str) -> Page:
        if name not in windows:
            windows[name] = sign_in(window, server, name, passwords[name], language="en-US")
        return windows[name]

    return page


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What one person learns and another needs: the batch, the sum."""
    return {}


def test_a_clerk_proposes_what_is_ordered_by_hand(person, server, told) -> None:
    page = person("operator")
    go(page, server, "/expiry")
    search = page.get_by_placeholder("Number, terminal, merchant, phone").first
    search.fill(STEM)
    search.press("Enter")
    settled(page)
    button(page, f"Tick all {CARDS} that match").click()
    settled(page)
    button(page, re.compile(rf"Renew {CARDS} SIMs · ¥")).click()
    page.wait_for_url(re.compile("/renew"))
    settled(page)
    button(page, re.compile(rf"Submit {CARDS} SIMs for review")).click()
    handed = page.get_by_text(re.compile(rf"Batch \d+ · {CARDS} SIMs handed over"))
    expect(handed).to_be_visible(timeout=30_000)
    told["batch"] = re.findall(r"Batch (\d+)", handed.inner_text())[0]


def test_an_approver_approves(person, server, told, passwords) -> None:
    page = person("approver")
    go(page, server, f"/batches?batch={told['batch']}")
    card = re.search(r"^([\d,]+) SIMs? · ¥([\d,.]+) · place by", page.inner_text("[data-testid=stMain]"), re.MULTILINE)
    assert card
    told["sum"] = card[2]
    page.get_by_role("textbox", name="SIMs", exact=True).fill(card[1])
    page.get_by_role("textbox", name="Sum in yuan").fill(card[2])
    page.get_by_label("Your password").fill(passwords["approver"])
    page.keyboard.press("Tab")
    settled(page)
    button(page, re.compile(f"Approve {CARDS}")).click()
    settled(page)
    expect(page.get_by_text(re.compile("approved|running", re.IGNORECASE)).first).to_be_visible(timeout=30_000)


def test_the_clerk_asks_for_the_payment(person, server, told) -> None:
    page = person("operator")
    go(page, server, "/payment_requests")
    ask = button(page, f"Ask for ¥{told['sum']} to {PAYEE}")
    tick(page, 0, brings=ask)
    ask.click()
    settled(page)
    expect(page.get_by_text("open ones first")).to_be_visible()
    # Who asked is not offered to pay.
    tick(page, 0, brings=button(page, "Withdraw"))
    expect(page.get_by_role("button", name="Mark as paid")).to_have_count(0)


def test_finance_fetches_the_paper_and_marks_it_as_paid(person, server, told, tmp_path) -> None:
    page = person("finance")
    go(page, server, "/payment_requests")
    tick(page, 0, brings=button(page, "Mark as paid"))
    if FONT:
        button(page, "PDF or Excel").click()
        button(page, "Write the file").click()
        link = page.get_by_role("link", name=re.compile(r"Fetch \d+ rows"))
        expect(link).to_be_visible(timeout=60_000)
        paper = tmp_path / "request.pdf"
        paper.write_bytes(page.context.request.get(server.url + str(link.get_attribute("href"))).body())
        first, *rest = pages(paper)
        fen = int(told["sum"].replace(",", "").replace(".", ""))
        assert PAYEE in first and capitals(fen) in first and f"¥{told['sum']}" in first
        assert all(iccid(number) in "".join(rest) for number in range(1, CARDS + 1))
        page.keyboard.press("Escape")
        settled(page)
    slip = tmp_path / "回单.pdf"
    slip.write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    button(page, "Mark as paid").click()
    page.get_by_role("textbox", name="Bank's number of the payment").fill("GH-20261122-77")
    page.set_input_files("input[type=file]", slip)
    settled(page)
    button(page, re.compile(r"^Paid: ¥")).click()
    settled(page)
    expect(page.get_by_role("button", name="Mark as paid")).to_have_count(0)
    go(page, server, "/payment_request?request=1")
    expect(page.get_by_text("GH-20261122-77")).to_be_visible()


def test_a_second_clerk_makes_the_list_and_hands_it_over(person, server, told) -> None:
    page = person("clerk2")
    go(page, server, "/worklists")
    make = button(page, re.compile(rf"Make the list: {CARDS} cards · ¥{told['sum']}"))
    tick(page, 0, brings=make)
    make.click()
    settled(page)
    tick(page, 1, brings=page.get_by_text(re.compile("List W1")).first)
    button(page, "Handed over").click()
    settled(page)
    assert figure(page, "Out at payees") == str(CARDS)


def figure(page: Page, label: str) -> str:
    card = page.get_by_test_id("stMetric").filter(has_text=label).first
    return card.get_by_test_id("stMetricValue").inner_text().strip()


def drop(page: Page, server: Served, paper: Path) -> None:
    """Drop a file, wait until a job has read it, accept its rows."""
    go(page, server, "/import_files")
    page.set_input_files("input[type=file]", paper)
    settled(page)
    accept = page.get_by_role("button", name=re.compile(rf"Accept {CARDS} good rows"))
    # The list is drawn anew while the file is read; the newest stands first.
    tick(page, 0, brings=accept)
    accept.click()
    expect(accept).to_have_count(0, timeout=60_000)
    settled(page)


def wait_for(page: Page, server: Served, label: str, wanted: int) -> None:
    """Until the settling job has judged what came back: the count of a label at the payee, off the store's own page."""
    for _ in range(40):
        go(page, server, "/worklists")
        if figure(page, label) == str(wanted):
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{label} is {figure(page, label)}, not {wanted}")


def test_a_fresh_card_list_of_the_provider_is_the_receipt(person, server, told, tmp_path) -> None:
    page = person("clerk2")
    drop(page, server, card_list(tmp_path / "服务商卡表.csv", RENEWED, remark="已续"))
    wait_for(page, server, "Out at payees", 0)
    go(page, server, f"/batches?batch={told['batch']}")
    expect(page.get_by_text("done", exact=True).first).to_be_visible(timeout=60_000)


def test_a_later_list_verifies_it_and_everything_adds_up(person, server, home, told, tmp_path) -> None:
    drop(person("clerk2"), server, card_list(tmp_path / "次日卡表.csv", RENEWED, remark="次日"))
    from data.home import open_home
    from data.renewals import offline, paying

    for _ in range(6):
        # The job that judges runs every few seconds; the home is read once the server has let go of it.
        time.sleep(4)
        server.stop()
        opened = open_home(home)
        (row,) = [row for row in offline.desk(opened.db.read()) if row["batch"] == int(told["batch"])]
        if row["verified"] == CARDS:
            break
        opened.close()
        server.start()
    reader = opened.db.read()
    assert (row["verified"], row["wrong"], row["items"]) == (CARDS, 0, CARDS)
    (request,) = paying.requests(reader, limit=9)
    fen = int(told["sum"].replace(",", "").replace(".", ""))
    assert (request.state, request.amount_fen, row["amount_fen"]) == ("paid", fen, fen)
    assert request.voucher_id is not None
    people = {one["person"] for one in reader.rows(ACTS)}
    assert people == {"operator", "approver", "finance", "clerk2"}
    assert not reader.rows(Query("t", "", "FROM finding WHERE kind = 'money_unordered'"))
    opened.close()
