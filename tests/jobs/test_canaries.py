"""Known secrets go in by every door; then whatever the product wrote, said, logged or sent is searched for them."""

import base64
import io
import logging
import os
import subprocess
import threading
import traceback
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from typer.testing import CliRunner

from dashboard.menu import PAGES
from data.database import Query
from data.files import exports_store as exports
from data.files.exports_rules import FORMATS, WHAT
from data.people import passwords
from data.people.rules import Event, Refused, may
from data.renewals import store as renewals
from data.renewals.store import RechargeCard
from data.secrets import Secret, SecretError
from jobs import run_renewals, write_exports
from jobs.carriers.account import keep_secret
from jobs.command_line import app
from tests.conftest import PASSWORD
from tests.payees import confirm_payee, propose_payee

GO = threading.Event()
NUMBER, PIN, ACCOUNT = "13579135791357913", "246802468024680246", "0012345678905678"
CARRIER_KEY = "canary-of-a-carrier-key-0001"
OUTSIDE = base64.b64encode(bytes(range(100, 132))).decode()
CANARIES = {
    "card number": NUMBER,
    "PIN": PIN,
    "account number": ACCOUNT,
    "account number in groups": "0012 3456 7890 5678",
    "carrier's key": CARRIER_KEY,
    "key from outside": OUTSIDE,
    "password": PASSWORD,
    "wrong password": "canary of a wrong guess",
}


def forms(text: str) -> set[bytes]:
    """How it could stand in bytes: as it is, in base64, in hexadecimal, in two bytes a sign."""
    plain = text.encode()
    return {plain, plain.hex().encode(), text.encode("utf-16-le"), base64.b64encode(plain)[: len(plain) * 4 // 3]}


def found_in(content: bytes) -> set[str]:
    """Which canaries stand in `content`, or inside the archive it is."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return set().union(*(found_in(archive.read(name)) for name in archive.namelist()))
    return {name for name, text in CANARIES.items() if any(form in content for form in forms(text))}


def found_on_disk(folder: Path) -> dict[str, set[str]]:
    """Canaries by file. Another process reads: whoever opens the database's file here would let go of its lock."""
    names = subprocess.run(["find", str(folder), "-type", "f"], capture_output=True, text=True, check=True)
    hits = {}
    for name in names.stdout.splitlines():
        content = subprocess.run(["cat", name], capture_output=True, check=True).stdout
        if found := found_in(content):
            hits[name] = found
    return hits


@pytest.fixture
def frames(monkeypatch):
    """Everything a browser is sent."""
    sent, real = [], ForwardMsgQueue.enqueue

    def watched(queue, message, *more):
        sent.append(message.SerializeToString())
        return real(queue, message, *more)

    monkeypatch.setattr(ForwardMsgQueue, "enqueue", watched)
    return sent


@pytest.fixture
def told(demo_home, people, practice_fleet, monkeypatch, caplog):
    """A home that was told every canary, and worked with them."""
    monkeypatch.setenv("FLOWCARD_SECRETS_KEY", OUTSIDE)
    caplog.set_level(logging.DEBUG)
    sims = practice_fleet(3)
    confirm_payee(demo_home, people, "Practice Mobile", ACCOUNT)
    propose_payee(demo_home, people["operator"], "Agent Wang", ACCOUNT)
    keep_secret(demo_home, "carrier_key", Secret(CARRIER_KEY))
    with demo_home.db.write() as tx:
        made = renewals.recharge(
            tx,
            people["operator"],
            sim_id=sims[0],
            card=RechargeCard(Secret(NUMBER), Secret(PIN), 5000),
            keyring=demo_home.keyring,
            form_key="f",
        )
    status = renewals.status(demo_home.db.read(), made.batch)
    approver = replace(people["approver"], source="page")
    with pytest.raises(Refused):
        passwords.prove(
            demo_home.db.read(),
            approver,
            CANARIES["wrong password"],
            Event.BATCH_APPROVED,
            "x",
            now=demo_home.clock.now(),
        )
    with demo_home.db.write() as tx:
        passwords.was_wrong(tx, approver)
        renewals.approve(
            tx, people["approver"], batch=made.batch, content_hash=status.content_hash, settings=demo_home.settings
        )
        renewals.reveal_card(tx, people["approver"], demo_home.keyring, batch=made.batch)
    run_renewals.run(demo_home, GO)
    assert renewals.status(demo_home.db.read(), made.batch).succeeded == 1
    return demo_home


def test_no_secret_stands_in_database_log_journal_or_exports(told, people, caplog):
    for what in WHAT:
        filters = {"refusals": {"upload_id": 1}, "worklist": {"worklist": 1}}.get(what, {})
        for format in FORMATS:
            with told.db.write() as tx:
                exports.ask_export(tx, people["operator"], what=what, format=format, filters=filters, language="en")
    while write_exports.run(told, GO):
        pass
    assert len(list(told.exports.glob("*.*"))) == len(WHAT) * len(FORMATS)
    assert found_on_disk(told.path) == {}
    assert found_in(caplog.text.encode()) == set()
    told.db.checkpoint()
    assert found_on_disk(told.path) == {}


def test_the_search_finds_what_is_there(told):
    with told.db.write() as tx:
        tx.run(Query("t", "", "UPDATE batch SET note = $note"), note=f"the card is {NUMBER}")
    (told.exports / "x.txt").write_bytes(PIN.encode("utf-16-le"))
    with zipfile.ZipFile(told.exports / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.csv", f"a,{ACCOUNT}\n")
    assert set().union(*found_on_disk(told.path).values()) == {"card number", "PIN", "account number"}


def test_no_page_sends_a_secret_to_any_browser(told, page, frames, people):
    for role in ("approver", "finance"):
        for row in PAGES:
            if may(people[role].role, row.action):
                assert not page(row.name, role, batch="1", payee="Practice Mobile").exception, row.name
    assert len(frames) > 500
    assert set().union(*map(found_in, frames)) == set()


def test_no_trace_of_an_error_shows_a_secret(told, people, caplog):
    card, said = RechargeCard(Secret(NUMBER), Secret(PIN), 5000), []

    def broken(act):
        try:
            act()
        except Exception:
            said.append(traceback.format_exc())
            logging.getLogger("flowcard").exception("broken")
        else:
            pytest.fail("it should have broken")

    def again():
        with told.db.write() as tx:
            renewals.recharge(tx, people["operator"], sim_id=2, card=card, keyring=told.keyring, form_key="g")

    def constraint():
        with told.db.write() as tx:
            sealed = told.keyring.seal(Secret(PIN), table="recharge_pin", column="sealed", row=1)
            tx.run(Query("t", "", "UPDATE recharge_pin SET sealed = $sealed, face_fen = 0"), sealed=sealed)

    def moved():
        sealed = told.keyring.seal(Secret(PIN), table="recharge_pin", column="sealed", row=1)
        told.keyring.open(sealed, table="recharge_pin", column="sealed", row=2)

    def locked():
        os.environ["FLOWCARD_SECRETS_KEY"] = OUTSIDE[:-8]
        told.keyring.open(b"FC2" + bytes(60), table="recharge_pin", column="sealed", row=2)

    def misshapen():
        propose_payee(told, people["operator"], "Agent Li", ACCOUNT, cnaps="x" * 90)

    for act in (again, constraint, moved, misshapen, locked):
        broken(act)
    assert any(SecretError.__name__ in text for text in said)
    assert found_in("\n".join((*said, caplog.text)).encode()) == set()


def test_no_command_says_a_secret(told):
    told.close()
    said = []
    for command in (["check"], ["audit", "verify"], ["secrets", "rotate", "--forget"], ["renew", "status", "1"]):
        result = CliRunner().invoke(app, [*command, "--home", str(told.path)])
        assert result.exit_code == 0, result.output
        said.append(result.output)
    assert found_in("\n".join(said).encode()) == set()
    assert found_on_disk(told.path) == {}
