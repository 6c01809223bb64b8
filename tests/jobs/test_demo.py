"""The demo fleet: the same for the same seed, with the figures of the handbook, and loaded once."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from data.audit import store as audit
from data.carriers import store as carriers
from data.clock import MovedClock
from data.database import Queries, Query
from data.home import Home, open_home
from data.mails import store as mails
from data.payees import store as payees
from data.people import passwords
from data.people import store as people
from data.plans import notices
from data.providers import store as providers
from data.reminders import showing
from data.renewals import paying
from data.renewals import store as renewals
from data.secrets import Secret
from data.sims import store as sims
from data.sims.deciding_rules import EVIDENCE
from data.vouchers import store as vouchers
from jobs.carriers import accounts
from jobs.commands import demo as command
from jobs.demo import DemoError, fleet, has_demo, make_demo
from jobs.importing.fapiao import read_xml

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SIMS = 2000
Q = Queries(
    """
-- name: fingerprint
-- Every key column, folded.
SELECT bit_xor(hash(iccid, msisdn, imsi, plan_id, terminal_key, status, expires_on, used_bytes, decision)) FROM sim;

-- name: fingerprint_of_ledger
-- The same of the terminals.
SELECT bit_xor(hash(t.terminal_id, t.serial_no, t.status, m.merchant_no, m.name, m.address))
FROM terminal t LEFT JOIN merchant m USING (merchant_id);

-- name: fingerprint_of_usage
-- The same of the days.
SELECT bit_xor(hash(sim_id, day, used_bytes)) FROM usage_day;

-- name: identifiers
-- What has a shape.
SELECT iccid, msisdn, imsi, t.imei, t.terminal_id, m.merchant_no, coalesce(t.contact_phone, m.contact_phone) AS phone
FROM sim LEFT JOIN terminal t USING (terminal_key) LEFT JOIN merchant m USING (merchant_id);

-- name: shares
-- The figures of a demo, one row.
SELECT
    count(*) AS sims,
    avg((carrier = 'mobile')::INT) AS mobile,
    avg((carrier = 'telecom')::INT) AS telecom,
    count(*) FILTER (status = 'active') / count(*) FILTER (live) AS active,
    avg((NOT live)::INT) AS gone,
    count(*) FILTER (status IN ('stopped_expired', 'pre_cancel')) AS dead,
    count(*) FILTER (live AND expires_on < $today AND cancel_by < $today::DATE + 14) AS dying,
    count(*) FILTER (expires_on = DATE '2026-12-31') AS mountain,
    count(*) FILTER (live AND evidence IS NOT NULL AND decision IS NULL) AS not_worth,
    count(*) FILTER (due AND evidence IS NOT NULL AND decision IS NULL) / count(*) FILTER (due) AS due_not_worth,
    count(*) FILTER (decision = 'decline') AS declined,
    count(*) FILTER (decision = 'undecided' AND decider = 'system') AS came_back,
    avg((used_share > 1)::INT) FILTER (status = 'active') AS over,
    avg((used_share > 0.8)::INT) FILTER (status = 'active') AS near,
    avg((used_bytes = 0)::INT) FILTER (status = 'active') AS unused,
    avg((expires_on = last_day(expires_on))::INT) FILTER (live AND expires_on >= $today) AS month_end,
    avg((term_months = 12)::INT) FILTER (live AND term_months IS NOT NULL) AS yearly,
    count(*) FILTER (unfit IS NOT NULL AND live) AS unfit,
    count(*) FILTER (live AND price_fen IS NULL) AS unpriced,
    count(*) FILTER (live AND terminal_key IS NULL) AS without_terminal,
    count(*) FILTER (act_by IS NULL AND expires_on IS NOT NULL) AS undated,
    count(DISTINCT account) AS accounts,
    count(DISTINCT agent_id) AS agents,
    count(DISTINCT city) AS cities
FROM sim_now;

-- name: spare
-- Cards that have not begun.
SELECT count(*) AS silent, count(silent_until) AS dated, count(*) FILTER (silent_until BETWEEN $today AND $today::DATE + 29) AS soon,
    (SELECT count(DISTINCT sim_id) FROM reminder WHERE subject = 'silent' AND state = 'done') AS reminded
FROM sim_now WHERE status = 'silent';

-- name: brands
-- Share of each brand.
SELECT brand, count(*) / sum(count(*)) OVER () AS share FROM terminal GROUP BY brand;

-- name: terminals_without_card
-- Machines in use whose merchant waits for a card.
SELECT count(*) FROM terminal t
WHERE status = 'in_use' AND NOT EXISTS (FROM sim_now n WHERE n.terminal_key = t.terminal_key AND n.live);

-- name: terminals_with_two
-- Machines with two live cards.
SELECT count(*) FROM (FROM sim_now SELECT terminal_key WHERE live AND terminal_key IS NOT NULL GROUP BY ALL HAVING count(*) > 1);

-- name: without_contact
-- Merchants nobody can call.
SELECT count(*) FROM merchant WHERE contact_phone IS NULL;

-- name: usage_days
-- Days with figures and whether each is sorted by card.
SELECT count(DISTINCT day) AS days, max(day) AS last FROM usage_day;

-- name: failures
-- Failures and their reasons.
SELECT count(*) AS failed, count(DISTINCT reason) AS reasons FROM state WHERE st = 'failed';

-- name: doubtful
-- Items without a clear end; those ordered by hand wait for people.
SELECT count(*) FILTER (st = 'unknown') AS unconfirmed, count(*) FILTER (st = 'needs_review') AS in_review,
    count(*) FILTER (st IN ('pending', 'submitted') AND a.connector <> 'offline') AS left_over
FROM state s JOIN obligation o ON o.id = s.obligation JOIN account a ON a.account = o.account;

-- name: batches
-- Batches by state.
SELECT state, count(*) AS batches FROM batch GROUP BY state;

-- name: expiries
-- What the succeeded orders bought and what the cards say.
SELECT n.expires_on, s.new_expiry FROM state s JOIN obligation o ON o.id = s.obligation JOIN sim_now n USING (sim_id)
WHERE s.st = 'succeeded';

-- name: stems
-- Stems, and how many of them differ.
SELECT count(*) AS all_of_them, count(DISTINCT stem) AS different FROM sim;
"""
)


def _opened(path: Path) -> Home:
    home = open_home(path, create="demo")
    home.db.clock = MovedClock(NOW)
    return home


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, list]]:
    home = _opened(tmp_path_factory.mktemp("demo"))
    yield home, make_demo(home, sims=SIMS, days=90, seed=1)
    home.close()


@pytest.fixture
def shares(demo: tuple[Home, list]) -> dict:
    home, _signs = demo
    return home.db.read().row(Q.shares, today=home.clock.today())


def test_the_same_seed_makes_the_same_fleet_and_another_seed_another(tmp_path: Path) -> None:
    prints = []
    for place, seed in (("a", 5), ("b", 5), ("c", 6)):
        home = _opened(tmp_path / place)
        fleet.load(home, sims=200, days=12, seed=seed)
        reader = home.db.read()
        prints.append(
            [reader.value(query) for query in (Q.fingerprint, Q.fingerprint_of_ledger, Q.fingerprint_of_usage)]
        )
        home.close()
    assert prints[0] == prints[1]
    assert all(one != other for one, other in zip(prints[0], prints[2], strict=True))


def test_every_identifier_has_the_shape_the_field_demands(demo: tuple[Home, list]) -> None:
    shapes = {
        "iccid": r"89[0-9]{2}[0-9A-Z]{15,16}",
        "msisdn": r"1[3-9]\d{9}|14\d{11}|1064\d{7}(\d{2})?",
        "imsi": r"460\d{12}",
        "imei": r"\d{15}",
        "terminal_id": r"[0-9A-Z]{8}",
        "merchant_no": r"[0-9A-Z]{15}",
        "phone": r"140\d{8}",
    }
    for row in demo[0].db.read().rows(Q.identifiers):
        for name, shape in shapes.items():
            assert row[name] is None or re.fullmatch(shape, row[name]), (name, row[name])


def test_imeis_pass_luhn_and_stems_are_unique(demo: tuple[Home, list]) -> None:
    for row in demo[0].db.read().rows(Q.identifiers)[:200]:
        if row["imei"]:
            doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(row["imei"]))]
            assert sum(d - 9 * (d > 9) for d in doubled) % 10 == 0
    stems = demo[0].db.read().row(Q.stems)
    assert stems["all_of_them"] == stems["different"] == SIMS


def test_the_states_of_the_cards_are_those_of_the_handbook(shares: dict) -> None:
    assert shares["sims"] == SIMS
    assert shares["mobile"] == pytest.approx(0.58, abs=0.01)
    assert shares["telecom"] == pytest.approx(0.11, abs=0.01)
    assert shares["active"] == pytest.approx(0.88, abs=0.015)
    assert shares["gone"] == pytest.approx(0.06, abs=0.005)


def test_38_cards_are_dead_and_six_of_them_nearly_gone(shares: dict) -> None:
    assert (shares["dead"], shares["dying"]) == (38, 6)


def test_cards_end_in_lumps_with_a_mountain_on_the_last_day_of_next_month(shares: dict) -> None:
    assert shares["mountain"] == 310
    assert shares["month_end"] == pytest.approx(0.70, abs=0.04)
    assert shares["yearly"] == pytest.approx(0.80, abs=0.04)
    assert shares["undated"] == 0


def test_240_proposals_not_to_renew_wait_each_with_its_evidence(shares: dict, demo: tuple[Home, list]) -> None:
    home, _signs = demo
    assert shares["not_worth"] == 240
    assert sims.totals(home.db.read(), sims.PROPOSED, today=home.clock.today()).sims == 240
    assert 0.12 <= shares["due_not_worth"] <= 0.18
    kinds = sims.by_evidence(home.db.read(), sims.PROPOSED, today=home.clock.today())
    assert set(kinds) == set(EVIDENCE)


def test_some_cards_are_declined_two_are_asked_about_once_more_and_two_came_back(
    shares: dict, demo: tuple[Home, list]
) -> None:
    home, _signs = demo
    assert 40 <= shares["declined"] <= 80
    assert shares["came_back"] == 2
    assert sims.totals(home.db.read(), sims.ASKED_AGAIN, today=home.clock.today()).sims == 2
    assert sims.counted_findings(home.db.read())["came_back"] == 2


def test_usage_runs_near_and_over_the_quota_where_it_should(shares: dict, demo: tuple[Home, list]) -> None:
    assert 0.01 <= shares["over"] <= 0.02
    assert shares["near"] == pytest.approx(0.04, abs=0.008)
    assert 0.08 <= shares["unused"] <= 0.13
    assert demo[0].db.read().row(Q.usage_days)["days"] == 90


def test_brands_accounts_agents_and_cities_are_those_of_the_handbook(shares: dict, demo: tuple[Home, list]) -> None:
    brands = {row["brand"]: row["share"] for row in demo[0].db.read().rows(Q.brands)}
    assert brands["新大陆"] == pytest.approx(0.34, abs=0.01)
    assert brands["百富"] == pytest.approx(0.28, abs=0.01)
    assert (shares["accounts"], shares["agents"], shares["cities"]) == (6, 14, 9)


def test_every_line_of_the_join_report_has_something_to_say(shares: dict, demo: tuple[Home, list]) -> None:
    reader = demo[0].db.read()
    without, two = reader.value(Q.terminals_without_card), reader.value(Q.terminals_with_two)
    assert min(shares["unfit"], shares["unpriced"], without, two, reader.value(Q.without_contact)) > 0
    disagree = without + two + shares["without_terminal"] + shares["unfit"]
    assert 0.05 <= disagree / SIMS <= 0.15


def test_22_renewals_failed_for_8_reasons_and_9_are_unconfirmed(demo: tuple[Home, list]) -> None:
    reader = demo[0].db.read()
    assert reader.row(Q.failures) == {"failed": 22, "reasons": 8}
    assert reader.row(Q.doubtful) == {"unconfirmed": 9, "in_review": 3, "left_over": 0}


def test_batches_are_done_running_voided_and_waiting(demo: tuple[Home, list]) -> None:
    batches = {row["state"]: row["batches"] for row in demo[0].db.read().rows(Q.batches)}
    assert batches == {"done": 4, "running": 1, "cancelled": 1, "proposed": 1, "approved": 1}


def test_one_payee_was_paid_and_another_waits_beyond_his_day(demo: tuple[Home, list]) -> None:
    home = demo[0]
    waits, was_paid = paying.requests(home.db.read(), limit=9)
    assert (waits.state, was_paid.state, was_paid.ender) == ("asked", "paid", "finance")
    assert waits.due_on < home.clock.today() and not waits.stale
    assert paying.waiting(home.db.read()) == []


def test_every_renewal_of_the_history_was_charged_once_and_moved_its_card(demo: tuple[Home, list]) -> None:
    home, _signs = demo
    expiries = home.db.read().rows(Q.expiries)
    assert len(expiries) > 100
    assert all(row["expires_on"] == row["new_expiry"] for row in expiries)
    entries = [json.loads(line) for line in (home.practice / "ledger.jsonl").read_text().splitlines()]
    charged = Counter(entry["order_no"] for entry in entries if entry["kind"] == "charge")
    assert set(charged.values()) == {1}
    # Nine are in progress, three were charged another amount; three were deducted again and one was never ordered.
    assert len(charged) == len(expiries) + 9 + 3 + 3 + 1


def test_the_desks_of_the_demo_have_work(demo: tuple[Home, list]) -> None:
    reader = demo[0].db.read()
    classes = {cls: count for cls, (count, _fen) in renewals.classes(reader).items()}
    assert classes == {"duplicate": 3, "theirs_only": 1}
    waiting = renewals.verification_counts(reader)["not_extended"]
    assert (waiting.cards, waiting.unowned) == (4, 3)
    assert renewals.review_counts(reader).stated == 1


def test_three_notices_two_of_which_wait(demo: tuple[Home, list]) -> None:
    home = demo[0]
    old, mailed, found = sorted(notices.notices(home.db.read(), all=True), key=lambda notice: notice.notice_id)
    assert (old.kind, old.acknowledger) == ("withdrawn", "approver") and old.note
    assert mailed.acknowledged_at is None and mailed.effective_on == date(2027, 1, 1)
    assert notices.papers_of(home.db.read(), mailed.notice_id)[0]["format"] == "eml"
    assert (found.source, found.kind) == ("account unicom-main", "price")
    told = notices.effects(home.db.read(), [mailed.notice_id, found.notice_id], today=home.clock.today())
    assert all(notice.cards and told[notice.notice_id].more_fen > 0 for notice in (mailed, found))


def test_colleagues_agents_and_a_group_were_reminded_and_one_address_is_refused(demo: tuple[Home, list]) -> None:
    home, _signs = demo
    reader = home.db.read()
    found = showing.recipients(reader)
    assert Counter(row["kind"] for row in found) == {"person": 5, "agent": 3, "branch": 1, "chat": 1}
    assert Counter(row["address_state"] for row in found) == {"verified": 7, "group": 1, "unverified": 1, "bounced": 1}
    assert sum(row["deputy"] == "deputy" for row in found) == 1  # the approver will be away
    standing = showing.standing(reader)
    assert standing.day == home.clock.today() - timedelta(days=1) and standing.held_since is None
    counts = {state: row["mails"] for state, row in mails.counts(reader).items()}
    assert set(counts) == {"sent", "failed", "moot"} and counts["failed"] == 1
    # Nothing left the house: each letter is a file.
    assert len(list((home.practice / "mails").iterdir())) == counts["sent"]


def test_spare_cards_are_reminded_of_before_their_term_starts_by_itself(demo: tuple[Home, list]) -> None:
    reader = demo[0].db.read()
    spare = reader.row(Q.spare, today=demo[0].clock.today())
    assert spare["silent"] == spare["dated"] > 30
    assert 6 <= spare["soon"] < spare["silent"] / 2
    assert spare["reminded"] == spare["soon"]


def test_61_vouchers_are_missing(demo: tuple[Home, list]) -> None:
    home, _signs = demo
    missing = vouchers.missing(home.db.read(), now=home.clock.now())
    assert sum(missing.column("renewals").to_pylist()) == 61


def test_the_invoices_of_the_demo_can_be_read(demo: tuple[Home, list]) -> None:
    home, _signs = demo
    first = home.db.read().value(Query("test", "", "SELECT min(voucher_id) FROM voucher WHERE kind = 'invoice'"))
    paper = vouchers.one(home.db.read(), first)
    read = read_xml((home.vouchers / paper.sha256).read_bytes())
    assert (read.number, read.gross_fen, read.seller) == (paper.invoice_no, paper.amount_fen, paper.seller)
    assert read.adds_up


def test_a_start_finds_the_accounts_as_the_demo_wrote_them(demo: tuple[Home, list]) -> None:
    home, _signs = demo
    before = carriers.accounts(home.db.read())
    accounts.load(home)
    assert carriers.accounts(home.db.read()) == before
    assert [account.connector for account in before].count("offline") == 2
    assert sum(not account.gives_invoice for account in before) == 1


def test_whom_an_account_names_may_be_paid_and_two_changes_await_a_second_person(demo: tuple[Home, list]) -> None:
    reader = demo[0].db.read()
    told = {row["account"]: (row["provider"] is not None, row["standing"]) for row in providers.accounts(reader)}
    assert told.pop("mobile-agent") == (True, "changing")
    assert len(told) == 5 and set(told.values()) == {(True, "confirmed")}
    assert [one.state for one in payees.changes(reader)].count("refused") == 1
    assert len(payees.changes(reader, waiting=True)) == 2


def test_the_second_person_can_type_the_number_off_the_proof(demo: tuple[Home, list]) -> None:
    home, _signs = demo
    (newcomer, _agent) = payees.changes(home.db.read(), waiting=True)
    paper = vouchers.one(home.db.read(), newcomer.proof)
    content = (home.vouchers / paper.sha256).read_bytes().decode("ascii")
    number = re.search(r"\(((\d{1,4} ?){4,})\) Tj", content)[1]
    by = people.by_name(home.db.read(), "approver").actor("command line")

    class Undone(Exception):
        pass

    with pytest.raises(Undone), home.db.write() as tx:
        payees.confirm(tx, by, home.keyring, change_id=newcomer.change_id, account=Secret(number))
        raise Undone
    assert content.startswith("%PDF-") and f"({newcomer.tax_no}) Tj" in content


def test_the_audit_of_the_demo_verifies(demo: tuple[Home, list]) -> None:
    home, _signs = demo
    key = (home.path / "keys" / "audit").read_bytes()
    assert audit.first_broken(home.db.read(), key) is None


def test_everyone_printed_can_sign_in_and_every_role_is_there(demo: tuple[Home, list]) -> None:
    home, signs = demo
    for sign in signs:
        person = passwords.fits(home.db.read(), sign.name, sign.password)
        assert person and person.role == sign.role.value
    assert {"viewer", "operator", "approver", "finance", "administrator"} <= {sign.role.value for sign in signs}


def test_a_second_load_is_refused(demo: tuple[Home, list]) -> None:
    with pytest.raises(DemoError):
        make_demo(demo[0], sims=20, days=1, seed=1)


def test_a_real_home_is_refused(home: Home) -> None:
    with pytest.raises(DemoError):
        make_demo(home, sims=20, days=1, seed=1)


def test_a_demo_begun_and_not_finished_is_told_apart_from_a_whole_one(demo_home: Home, people: dict) -> None:
    with pytest.raises(DemoError):
        has_demo(demo_home)


def test_the_command_prints_the_sign_ins_once_and_then_keeps_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWCARD_LANGUAGE", "zh_CN")
    app = typer.Typer()
    command.register(app)
    call = ["--home", str(tmp_path / "d"), "--sims", "40", "--days", "3"]
    first = CliRunner().invoke(app, call)
    assert first.exit_code == 0
    assert "http://127.0.0.1:8501" in first.output
    assert all(name in first.output for name in ("viewer", "operator", "approver", "finance", "administrator"))
    assert all(role in first.output for role in ("只读", "经办", "复核", "管理员"))
    quiet = CliRunner().invoke(app, [*call, "--if-empty"])
    assert (quiet.exit_code, quiet.output) == (0, "")
    again = CliRunner().invoke(app, call)
    assert again.exit_code != 0
    assert "d" in again.output
