"""`flowcard secrets rotate`: everything sealed is under the new key afterwards, wherever a kill cut it off before."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data.database import Query
from data.home import Home, open_home
from data.people.rules import Actor
from data.secrets import Keyring, Secret, SecretError, key_of
from jobs.carriers.account import keep_secret, sealed_file
from jobs.command_line import app
from jobs.commands.secrets import rotated
from tests.conftest import ROOT
from tests.payees import propose_payee

CARDS, PAYEES = 5, 2
NUMBERS = ("0012345678901234", "6222000011112222")
PIN = {"table": "recharge_pin", "column": "sealed"}
ACCOUNT = {"table": "payee_change", "column": "account_sealed"}
ADD_PIN = Query(
    "t",
    "",
    """INSERT INTO recharge_pin (pin_id, blind, last4, sealed, face_fen, batch, line, entered_by, entered_at)
       VALUES ($pin_id, $blind, '0001', $sealed, 5000, $pin_id, 1, 1, $now)""",
)


@pytest.fixture
def sealed(home: Home, people: dict[str, Actor]) -> Home:
    """A home with two account numbers, five recharge cards and two carriers' secrets."""
    for name, number in zip(("Agent Wang", "Agent Li"), NUMBERS, strict=True):
        propose_payee(home, people["operator"], name, number)
    with home.db.write() as tx:
        for pin_id in range(1, CARDS + 1):
            envelope = home.keyring.seal(Secret(f"card {pin_id}\npin {pin_id}"), row=pin_id, **PIN)
            tx.run(ADD_PIN, pin_id=pin_id, blind=f"b{pin_id}", sealed=envelope, now=tx.now)
    keep_secret(home, "first", Secret("carrier one"))
    keep_secret(home, "second", Secret("carrier two"))
    return home


def opened(home: Home) -> tuple[set[str], set[int]]:
    """Everything that was sealed, and the keys it is under."""
    keyring, reader = home.keyring, home.db.read()
    found = [
        *((row["sealed"], PIN | {"row": row["pin_id"]}) for row in reader.rows(Query("t", "", "FROM recharge_pin"))),
        *(
            (row["account_sealed"], ACCOUNT | {"row": row["change_id"]})
            for row in reader.rows(Query("t", "", "FROM payee_change"))
        ),
        *(
            (sealed_file(home, name).read_bytes(), {"table": "sealed", "column": name, "row": 0})
            for name in ("first", "second")
        ),
    ]
    return {keyring.open(envelope, **place).reveal() for envelope, place in found}, {
        key_of(one) for one, _place in found
    }


ALL = {*NUMBERS, "carrier one", "carrier two"} | {f"card {n}\npin {n}" for n in range(1, CARDS + 1)}


def test_everything_is_sealed_under_the_new_key_and_the_old_one_is_put_aside(sealed: Home) -> None:
    before = sealed.db.read().rows(Query("t", "", "SELECT pin_id, sealed FROM recharge_pin"))
    blind = sealed.keyring.blind("x")
    assert opened(sealed) == (ALL, {1})
    assert rotated(sealed) == (CARDS + PAYEES + 2, 2)
    assert opened(sealed) == (ALL, {2})
    keys = sealed.path / "keys"
    assert {path.name for path in keys.iterdir()} == {
        *("audit", "blind", "retired-1", "secrets-2", "sealed-first", "sealed-second"),
    }
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}
    assert sealed.keyring.blind("x") == blind
    # What an older copy of the database holds still opens.
    assert sealed.keyring.open(before[0]["sealed"], row=before[0]["pin_id"], **PIN)
    said = sealed.db.read().rows(Query("t", "", "SELECT detail FROM audit WHERE event = 'secrets:resealed'"))
    assert [row["detail"] for row in said] == [
        '{"count":2,"key":2,"what":"payees"}',
        '{"count":5,"key":2,"what":"recharge cards"}',
    ]
    assert rotated(sealed, forget=True) == (CARDS + PAYEES + 2, 3)
    assert opened(sealed) == (ALL, {3})
    assert not list(keys.glob("retired-*"))
    with pytest.raises(SecretError, match="sealed with key 1"):
        sealed.keyring.open(before[0]["sealed"], row=before[0]["pin_id"], **PIN)


DYING = """
import os, sys
from pathlib import Path
import data.secrets, jobs.carriers.account, jobs.commands.secrets as command
from data.home import open_home
path, module, name, when, times = sys.argv[1:]
owner = {"keyring": data.secrets.Keyring, "account": jobs.carriers.account, "payees": command.payees,
         "renewals": command.renewals, "os": os}[module]
real, left = getattr(owner, name), [int(times)]
def dying(*args, **more):
    left[0] -= 1
    if left[0] == 0 and when == "before":
        os._exit(9)
    result = real(*args, **more)
    if left[0] == 0:
        os._exit(9)
    return result
home = open_home(Path(path))
setattr(owner, name, dying)
command.rotated(home)
"""
# Where a kill strikes: whose function, before or after which of its calls.
KILLS = {
    "with the new key made": ("keyring", "renew", "after", 1),
    "in the middle of the account numbers": ("keyring", "resealed", "after", 1),
    "between the tables": ("renewals", "reseal_cards", "before", 1),
    "in the middle of the cards": ("keyring", "resealed", "after", 5),
    "with one carrier's secret moved": ("account", "_put", "after", 1),
    "before the old key is put aside": ("keyring", "retire", "before", 1),
    "in the middle of that": ("keyring", "_written", "after", 2),
}


@pytest.mark.parametrize("where", KILLS)
def test_a_killed_rotation_loses_nothing_and_goes_on(sealed: Home, where: str) -> None:
    sealed.close()
    asked = [str(part) for part in (sealed.path, *KILLS[where])]
    died = subprocess.run([sys.executable, "-c", DYING, *asked], cwd=ROOT, check=False, capture_output=True)
    assert died.returncode == 9, died.stderr.decode()
    again = open_home(sealed.path)
    try:
        assert opened(again)[0] == ALL  # at every moment
        rotated(again)
        if where != "in the middle of that":
            assert opened(again) == (ALL, {2})
            assert again.keyring.ids() == [2]
        else:
            assert opened(again) == (ALL, {3})  # that rotation had ended; this one is the next
        assert not list((again.path / "keys").glob(".*"))
    finally:
        again.close()


def test_the_keys_of_a_home_can_be_locked_by_one_from_outside(
    sealed: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (base64.b64encode(os.urandom(32)).decode() for _number in range(2))
    blind = sealed.keyring.blind("x")
    monkeypatch.setenv("FLOWCARD_SECRETS_KEY", old)
    rotated(sealed, forget=True)
    assert opened(sealed) == (ALL, {2})
    monkeypatch.delenv("FLOWCARD_SECRETS_KEY")
    with pytest.raises(SecretError, match="locked by a key that is not here"):
        opened(sealed)
    with pytest.raises(SecretError, match="locked by a key that is not here"):
        sealed.keyring.blind("x")
    # The service manager's credentials; then another key from outside, in a file, before the one it replaces.
    (tmp_path / "flowcard_secrets_key").write_text(old)
    (tmp_path / "flowcard_secrets_key").chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert opened(sealed) == (ALL, {2})
    both = tmp_path / "both"
    both.write_text(f"{new}\n{old}\n")
    monkeypatch.setenv("FLOWCARD_SECRETS_KEY_FILE", str(both))
    with pytest.raises(SecretError, match="may be read by others"):
        opened(sealed)
    both.chmod(0o600)
    rotated(sealed, forget=True)
    both.write_text(new)
    assert opened(sealed) == (ALL, {3})
    assert sealed.keyring.blind("x") == blind


@pytest.mark.parametrize("odd", ["short", "bm90IDMyIGJ5dGVz", "!" * 44])
def test_what_is_no_key_is_refused_without_being_shown(
    tmp_path: Path, odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWCARD_SECRETS_KEY", odd)
    with pytest.raises(SecretError, match="not 32 bytes in base64") as error:
        Keyring(tmp_path).seal(Secret("x"), table="t", column="c", row=1)
    assert odd not in str(error.value)


def test_an_envelope_that_does_not_open_keeps_the_old_keys(sealed: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with sealed.db.write() as tx:
        tx.run(
            Query(
                "t",
                "",
                "UPDATE recharge_pin SET sealed = (SELECT sealed FROM recharge_pin WHERE pin_id = 1) WHERE pin_id = 2",
            )
        )
    sealed.close()
    result = CliRunner().invoke(app, ["secrets", "rotate", "--home", str(sealed.path)])
    assert result.exit_code == 1
    assert "row 2 was changed, or belongs to another row" in result.output
    assert {path.name for path in (sealed.path / "keys").glob("secrets-*")} == {"secrets-1", "secrets-2"}


def test_the_command_says_how_many(sealed: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWCARD_LANGUAGE", "en")
    sealed.close()
    result = CliRunner().invoke(app, ["secrets", "rotate", "--home", str(sealed.path)])
    assert (result.exit_code, result.output) == (0, "9 secrets sealed anew under key 2\n")
