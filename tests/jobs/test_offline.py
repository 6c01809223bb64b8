"""Orders placed by hand, end to end without pages: proposed, approved, paid, listed, and settled by what comes back."""

import json
import zipfile
from datetime import timedelta

import pytest

from data.files import exports_store
from data.files.exports_rules import ExportRefused
from data.payees import store as payees
from data.people.rules import Refused
from data.renewals import checking, journal, offline, recovery
from data.renewals import store as renewals
from data.secrets import Secret
from data.settings import Settings
from data.sims import store as sims
from data.sims.holidays import published
from data.words import speaking
from jobs import settle_unknowns
from jobs.carriers import accounts
from jobs.exporting.headers import header
from jobs.exporting.writing import write
from jobs.importing.reading import read_file
from jobs.importing.taking import take
from tests.payees import confirm_payee, propose_payee
from tests.renewing import GO, approve, journal_lines, moved, sql, standing, work

ACCOUNTS = """
[[account]]
name = "agent-a"
connector = "offline"
carrier = "mobile"
payee = "Agent Wang"
way_to_pay = "transfer"

[[account]]
name = "agent-b"
connector = "offline"
carrier = "mobile"
payee = "Agent Li"
way_to_pay = "monthly"
"""


@pytest.fixture
def fleet(demo_home, practice_fleet):
    """Eight cards: two at the practice carrier, three each with an agent who is paid first and one who is paid by the month."""
    sims = practice_fleet(8)
    demo_home.carriers_file.write_text(demo_home.carriers_file.read_text() + ACCOUNTS)
    accounts.load(demo_home)
    from data.sims.rolling import roll_up

    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE sim SET account = 'agent-a' WHERE sim_id IN (SELECT unnest($s::BIGINT[]))"), s=sims[2:5])
        tx.run(sql("UPDATE sim SET account = 'agent-b' WHERE sim_id IN (SELECT unnest($s::BIGINT[]))"), s=sims[5:])
        roll_up(tx)
    return sims


@pytest.fixture
def batch(demo_home, people, fleet):
    """All of them proposed and approved; the agent who is paid first may be paid."""
    confirm_payee(demo_home, people, "Agent Wang")
    with demo_home.db.write() as tx:
        made = renewals.propose(tx, people["operator"], sim_ids=fleet, form_key="offline")
    assert (made.items, made.refused) == (8, 0)
    approve(demo_home, people["approver"], made.batch)
    return made.batch


def pay(home, by, batch, payee="Agent Wang"):
    with home.db.write() as tx:
        return offline.mark_paid(tx, by, batch=batch, payee=payee, reference="BANK-1")


def send(home, by, batch, account="agent-a"):
    book = journal.opened(home.journal)
    return offline.send_worklist(home.db, by, book=book, batch=batch, account=account, workdays=published())


def settle(home):
    return moved(settle_unknowns.run(home, GO))


def bring(home, by, rows, name, *, header="iccid,expires_on"):
    """Import a file as the command does; the next run of the settling job has judged it."""
    path = home.path / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return take(home, by, path=path, filename=name, source="command", accept_good=True)


def on(home, worklist):
    return offline.rows_of_worklist(home.db.read(), worklist)


def labels(home):
    """Payee to the counts of its labels."""
    names = [*offline.LABELS, "wrong"]
    return {row["payee"]: {name: row[name] for name in names if row[name]} for row in offline.desk(home.db.read())}


def sound(home):
    with home.db.write(quiet=True) as tx:
        wrong = [one for one in checking.check(tx, journal_folder=home.journal, settings=Settings()) if one.wrong]
    assert not wrong


def test_a_batch_goes_by_both_lanes_and_a_fresh_card_list_proves_the_hand_made_one(demo_home, people, batch):
    by = people["operator"]
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 2, "pending": 6, "state": "running"}
    far = renewals.progress(demo_home.db.read(), batch)
    assert (far.done, far.total, far.by_hand) == (2, 8, 6)
    assert not far.seconds_left  # no machine sends what is left
    assert labels(demo_home) == {"Agent Wang": {"to_pay": 3}, "Agent Li": {"to_pay": 3}}
    with pytest.raises(Refused):
        send(demo_home, by, batch)
    assert pay(demo_home, people["finance"], batch) == 3
    with pytest.raises(Refused):
        pay(demo_home, people["finance"], batch)
    sent = send(demo_home, by, batch)
    assert (sent.items, sent.amount_fen, sent.parked) == (3, 3600, 0)
    assert labels(demo_home)["Agent Wang"] == {"sent": 3}
    lines = journal_lines(demo_home, "intent")[-3:]
    assert {(line["to"], line["worklist"]) for line in lines} == {("unknown", sent.worklist)}
    sound(demo_home)
    with demo_home.db.write() as tx:
        offline.hand_over(tx, by, worklist=sent.worklist)
    assert labels(demo_home)["Agent Wang"] == {"awaiting_receipt": 3}
    # No schedule asks anybody about them, and no second list takes them up.
    demo_home.clock.move(timedelta(days=8))
    assert work(demo_home) is None and settle(demo_home) is None
    with pytest.raises(Refused):
        send(demo_home, by, batch)
    rows = on(demo_home, sent.worklist)
    bring(demo_home, by, [f"{row['iccid']},{row['new_expiry']}" for row in rows], "cards.csv")
    assert settle(demo_home) == {"succeeded": "3"}
    assert standing(demo_home, batch) == {"succeeded": 5, "pending": 3, "state": "running"}
    assert labels(demo_home)["Agent Wang"] == {"receipted": 3}
    assert {
        row["proof"] for row in demo_home.db.read().rows(sql("SELECT proof FROM state WHERE carrier_ref = 'W1'"))
    } == {"reading"}
    sound(demo_home)
    # The list after that is the second look.
    demo_home.clock.move(timedelta(days=1))
    bring(
        demo_home,
        by,
        [f"{row['iccid']},{row['new_expiry']},x" for row in rows],
        "later.csv",
        header="iccid,expires_on,tags",
    )
    assert settle(demo_home) is None
    assert labels(demo_home)["Agent Wang"] == {"verified": 3}
    sent = send(demo_home, by, batch, "agent-b")
    assert sent.items == 3
    demo_home.clock.move(timedelta(hours=1))
    bring(demo_home, by, [f"{row['iccid']},{row['new_expiry']}" for row in on(demo_home, sent.worklist)], "li.csv")
    assert settle(demo_home) == {"succeeded": "3"}
    assert standing(demo_home, batch) == {"succeeded": 8, "state": "done"}
    assert not demo_home.db.read().rows(sql("SELECT * FROM finding"))
    sound(demo_home)


def test_what_is_not_to_be_renewed_any_more_is_on_no_list_unless_it_has_been_paid(demo_home, people, batch):
    by = people["operator"]

    def declined(account):
        of = "SELECT min(sim_id) AS sim_id FROM obligation WHERE account = $account"
        with demo_home.db.write() as tx:
            sims.decide(tx, by, sim_ids=[tx.value(sql(of), account=account)], decision="decline")

    assert pay(demo_home, people["finance"], batch) == 3
    declined("agent-a")
    declined("agent-b")
    assert send(demo_home, by, batch).items == 3
    assert send(demo_home, by, batch, "agent-b").items == 2
    assert standing(demo_home, batch)["cancelled"] == 1
    sound(demo_home)


def test_an_unmoved_card_stays_one_moved_otherwise_goes_to_people_and_one_nobody_ordered_is_a_finding(
    demo_home, people, batch, fleet
):
    by = people["operator"]
    pay(demo_home, people["finance"], batch)
    sent = send(demo_home, by, batch)
    demo_home.clock.move(timedelta(hours=1))
    unmoved, short, right = on(demo_home, sent.worklist)
    unordered = demo_home.db.read().row(sql("SELECT iccid FROM sim WHERE sim_id = $sim"), sim=fleet[7])["iccid"]
    rows = [
        f"{unmoved['iccid']},{unmoved['old_expiry']}",
        f"{short['iccid']},{short['new_expiry'] - timedelta(days=180)}",
        f"{right['iccid']},{right['new_expiry'] + timedelta(days=1)}",
        f"{unordered},2028-01-01",
    ]
    bring(demo_home, by, rows, "cards.csv")
    assert settle(demo_home) == {"succeeded": "1", "needs_review": "1"}
    assert labels(demo_home)["Agent Wang"] == {"sent": 1, "receipted": 1, "wrong": 1}
    found = {row["kind"]: row["object"] for row in demo_home.db.read().rows(sql("SELECT kind, object FROM finding"))}
    assert found["money_unordered"] == unordered
    assert settle(demo_home) is None
    # What nobody ordered is not ordered again: its card has moved.
    sent = send(demo_home, by, batch, "agent-b")
    assert (sent.items, sent.parked) == (2, 1)
    sound(demo_home)


def test_a_list_as_old_as_the_order_proves_nothing(demo_home, people, batch):
    by = people["operator"]
    pay(demo_home, people["finance"], batch)
    sent = send(demo_home, by, batch)
    rows = [f"{row['iccid']},{row['new_expiry']},2026-11-21 23:59:59" for row in on(demo_home, sent.worklist)]
    demo_home.clock.move(timedelta(hours=1))
    bring(demo_home, by, rows, "old.csv", header="iccid,expires_on,as_of")
    assert settle(demo_home) is None
    assert labels(demo_home)["Agent Wang"] == {"sent": 3}


def test_the_kill_switch_holds_lists_too(demo_home, people, batch):
    pay(demo_home, people["finance"], batch)
    for account in ("", "agent-a"):
        with demo_home.db.write() as tx:
            renewals.stop(tx, people["operator"], account=account)
        with pytest.raises(Refused):
            send(demo_home, people["operator"], batch)
        with demo_home.db.write() as tx:
            renewals.release(tx, people["approver"], account=account)
    assert send(demo_home, people["operator"], batch).items == 3


def test_a_batch_that_is_no_longer_what_was_approved_pauses_and_nothing_is_listed(demo_home, people, batch):
    pay(demo_home, people["finance"], batch)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE batch SET content_hash = 'other'"))
    assert send(demo_home, people["operator"], batch).worklist is None
    assert standing(demo_home, batch) == {"pending": 8, "state": "paused"}
    assert not journal_lines(demo_home, "intent")


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "finance", "administrator"])
def test_only_finance_pays_and_only_operators_send(demo_home, people, batch, who):
    if who != "finance":
        with pytest.raises(Refused):
            pay(demo_home, people[who], batch)
    pay(demo_home, people["finance"], batch)
    if who != "operator":
        with pytest.raises(Refused):
            send(demo_home, people[who], batch)


def test_no_transfer_to_a_payee_two_people_have_not_confirmed_counts_as_paid(demo_home, people, fleet, batch):
    by = people["finance"]
    with demo_home.db.write() as tx:
        payee_id = payees.confirmed(tx, "Agent Wang").payee_id
        payees.stop(tx, by, payee_id=payee_id, reason="a strange mail")
    with pytest.raises(Refused, match="were stopped"):
        pay(demo_home, by, batch)
    assert labels(demo_home)["Agent Wang"] == {"to_pay": 3}
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE account SET payee = 'Agent Zhao' WHERE account = 'agent-a'"))
    with pytest.raises(Refused, match="not in the register of payees"):
        pay(demo_home, by, batch, "Agent Zhao")
    change = propose_payee(demo_home, people["operator"], "Agent Zhao", "87654321")
    with pytest.raises(Refused, match="await a second person"):
        pay(demo_home, by, batch, "Agent Zhao")
    with demo_home.db.write() as tx:
        payees.confirm(tx, people["approver"], demo_home.keyring, change_id=change, account=Secret("87654321"))
    assert pay(demo_home, by, batch, "Agent Zhao") == 3
    # Whoever is paid by the month gets no transfer for this batch.
    assert pay(demo_home, by, batch, "Agent Li") == 3


def test_a_kill_between_journal_and_commit_leaves_the_orders_in_doubt_and_on_no_list(
    demo_home, people, batch, monkeypatch
):
    pay(demo_home, people["finance"], batch)
    book = journal.opened(demo_home.journal)

    class Killed(BaseException):
        pass

    def dies(tx, entries):
        book.append(entries, now=tx.now)
        monkeypatch.setattr(book, "append", lambda *_args, **_said: None)
        raise Killed

    monkeypatch.setattr(book, "append_in", dies)
    with pytest.raises(Killed):
        send(demo_home, people["operator"], batch)
    monkeypatch.undo()
    assert not demo_home.db.read().rows(sql("SELECT * FROM worklist"))
    found = recovery.recover(demo_home.db, demo_home.journal)
    assert (found.lost_commits, found.restored) == (3, None)
    assert standing(demo_home, batch) == {"pending": 5, "unknown": 3, "state": "approved"}
    with pytest.raises(Refused):
        send(demo_home, people["operator"], batch)
    sound(demo_home)
    # Nobody can answer for a list that never was: after the schedule two people decide.
    demo_home.clock.move(timedelta(days=8))
    assert settle(demo_home) == {"needs_review": "3"}
    sound(demo_home)


def test_a_commit_that_fails_is_taken_back_in_the_journal(demo_home, people, batch, monkeypatch):
    pay(demo_home, people["finance"], batch)
    book = journal.opened(demo_home.journal)
    real = book.append_in

    def fails(tx, entries):
        real(tx, entries)
        raise OSError("no room")

    monkeypatch.setattr(book, "append_in", fails)
    with pytest.raises(OSError):
        send(demo_home, people["operator"], batch)
    monkeypatch.undo()
    # What is written next makes the database rely on the journal up to there.
    assert send(demo_home, people["operator"], batch, "agent-b").items == 3
    sound(demo_home)
    assert send(demo_home, people["operator"], batch).items == 3
    sound(demo_home)


SHEET = "row_key,batch_no,iccid,result,new_expiry,amount,portal_order_no,reason"


def test_a_result_sheet_settles_row_by_row_and_the_same_sheet_again_changes_nothing(demo_home, people, batch):
    by = people["operator"]
    sent = send(demo_home, by, batch, "agent-b")
    done, failed, waiting = on(demo_home, sent.worklist)
    sheet = [
        f"{done['row_key']},,,成功,{done['new_expiry']},12.00,AG-1,",
        # Without a key: by card and batch.
        f",{batch},{failed['iccid']},失败,,,,卡已销户",
        f"{waiting['row_key']},,,处理中,,,,",
    ]
    taken = bring(demo_home, by, sheet, "sheet.csv", header=SHEET)
    assert (taken.kind, taken.state, taken.counts.changed) == ("receipts", "imported", 3)
    assert settle(demo_home) == {"succeeded": "1", "failed": "1"}
    assert labels(demo_home)["Agent Li"] == {"receipted": 1, "wrong": 1, "sent": 1}
    said = {row["st"]: row for row in demo_home.db.read().rows(sql("SELECT * FROM state WHERE proof = 'reply'"))}
    assert said["succeeded"]["carrier_ref"] == "AG-1"
    assert (said["failed"]["reason"], said["failed"]["detail"]) == ("cancelled", "卡已销户")
    assert bring(demo_home, by, sheet, "sheet.csv", header=SHEET).state == "known"
    again = bring(demo_home, by, [*sheet, ""], "again.csv", header=SHEET + ",note")
    assert (again.counts.changed, again.counts.same) == (1, 2)
    assert settle(demo_home) is None
    assert labels(demo_home)["Agent Li"] == {"receipted": 1, "wrong": 1, "sent": 1}
    sound(demo_home)


def test_what_a_sheet_says_of_another_amount_or_day_goes_to_people(demo_home, people, batch):
    by = people["operator"]
    sent = send(demo_home, by, batch, "agent-b")
    dear, short, bare = on(demo_home, sent.worklist)
    sheet = [
        f"{dear['row_key']},,,ok,{dear['new_expiry']},13.00,,",
        f"{short['row_key']},,,ok,2027-05-01,12.00,,",
        f"{bare['row_key']},,,ok,,,,",
    ]
    bring(demo_home, by, sheet, "sheet.csv", header=SHEET)
    assert settle(demo_home) == {"needs_review": "2"}
    reasons = {
        row["reason"] for row in demo_home.db.read().rows(sql("SELECT reason FROM state WHERE st = 'needs_review'"))
    }
    assert reasons == {"reply_differs", "unclear_reading"}
    assert labels(demo_home)["Agent Li"] == {"wrong": 2, "sent": 1}
    sound(demo_home)


def test_rows_that_fit_no_order_are_refused_in_words(demo_home, people, batch):
    by = people["operator"]
    sent = send(demo_home, by, batch, "agent-b")
    first, second, third = on(demo_home, sent.worklist)
    sheet = [
        "RNOSUCHORDER01,,,ok,,12.00,,",
        f"{first['row_key']},,{second['iccid']},ok,{first['new_expiry']},12.00,,",
        f"{second['row_key']},,,ok,{second['old_expiry']},12.00,,",
        f"{third['row_key']},,,maybe,,,,",
    ]
    taken = bring(demo_home, by, sheet, "sheet.csv", header=SHEET)
    assert taken.state == "refused"
    assert len({refusal.msgid for refusal in taken.refusals}) == 4
    assert settle(demo_home) is None


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_list_a_payee_fills_in_is_read_back(demo_home, people, batch, format, language):
    by = people["operator"]
    sent = send(demo_home, by, batch, "agent-b")
    with demo_home.db.write() as tx:
        said = {"what": "worklist", "filters": {"worklist": sent.worklist}, "language": language}
        export_id = exports_store.ask_export(tx, by, format=format, **said)
    written = write(demo_home, exports_store.get(demo_home.db.read(), export_id))
    assert written.rows == 3
    table = read_file(written.path, written.filename, max_bytes=1 << 20, max_rows=100).sheets[0].rows
    head, rows = [str(cell) for cell in table[0]], [[*row, *[None] * (len(table[0]) - len(row))] for row in table[1:]]
    filled = {"result": "成功", "new_expiry": "", "amount_yuan": "12.00", "portal_order_no": "AG-{line}"}
    for line, row in enumerate(rows):
        for name, value in filled.items():
            row[head.index(words_of(name, language))] = value.format(line=line)
    text = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    demo_home.clock.move(timedelta(hours=1))
    taken = bring(demo_home, by, text, f"{format}.csv", header=",".join(head))
    assert (taken.kind, taken.state, taken.counts.changed) == ("receipts", "imported", 3)
    assert settle(demo_home) == {"succeeded": "3"}
    assert set(filled) <= set(taken_columns(demo_home))


def words_of(name, language):
    with speaking(language):
        return header(name)


def taken_columns(home):
    return json.loads(home.db.read().row(sql("SELECT mapping FROM upload ORDER BY upload_id DESC LIMIT 1"))["mapping"])


def test_a_list_goes_out_in_the_columns_of_the_payees_own_file(demo_home, people, batch):
    by = people["operator"]
    sent = send(demo_home, by, batch, "agent-b")
    first, *_rest = on(demo_home, sent.worklist)
    headers, mapping = (
        ["卡号 ", "落地名称", "ICCID", "服务期止"],
        {"msisdn": "卡号 ", "iccid": "ICCID", "expires_on": "服务期止"},
    )
    with demo_home.db.write() as tx:
        tx.run(
            sql("INSERT INTO layout VALUES ('Li', 'cards', $headers, $mapping, 1, $now)"),
            headers=json.dumps(headers),
            mapping=json.dumps(mapping),
            now=tx.now,
        )
        said = {"what": "worklist", "format": "csv", "split_by": "agent"}
        ids = [
            exports_store.ask_export(tx, by, **said, filters={"worklist": sent.worklist, "layout": name})
            for name in ("Li", "nobody's")
        ]
    fine, lost = (exports_store.get(demo_home.db.read(), export_id) for export_id in ids)
    with pytest.raises(ExportRefused):
        write(demo_home, lost)
    with zipfile.ZipFile(write(demo_home, fine).path) as archive:
        (name,) = archive.namelist()
        lines = archive.read(name).decode("utf-8-sig").splitlines()
    assert lines[0].split(",") == headers
    assert lines[1].split(",")[0:4:2] == [first["msisdn"], first["iccid"]]


def test_a_command_does_not_wait_for_what_people_place(demo_home, people, batch):
    left = renewals.left(demo_home.db.read(), batch)
    assert (left.to_send, left.unknown) == (2, 0)
    work(demo_home)
    send(demo_home, people["operator"], batch, "agent-b")
    left = renewals.left(demo_home.db.read(), batch)
    assert (left.to_send, left.unknown) == (0, 0)
    assert {"agent-a", "agent-b"} <= set(renewals.stoppable(demo_home.db.read()))
