"""`flowcard carriers check` says in words whether an account works and what it may do; `keep` seals what accounts point to."""

import logging

import pytest
from typer.testing import CliRunner

from jobs.carriers import CARRIERS, Connector, accounts
from jobs.carriers.account import HttpAccount, NoConnection, SecretRef, keep_secret, sealed_file
from jobs.command_line import app
from tests.jobs.carriers.contract import CONNECTORS
from tests.jobs.carriers.stubs.plain import Plain

VALUE = "q7-value-of-a-key"


class Keyed(HttpAccount):
    """An account whose key stands elsewhere."""

    key: SecretRef


def keyed(reference):
    said = {"connector": "x", "name": "a", "carrier": "mobile", "payee": "P", "base_url": "https://example.com"}
    return Keyed.model_validate(said | {"key": reference})


@pytest.fixture
def run(home, monkeypatch):
    monkeypatch.setenv("FLOWCARD_LANGUAGE", "en")
    home.close()

    def told(*words, **more):
        answer = CliRunner().invoke(app, ["carriers", *words, "--home", str(home.path)], **more)
        return answer.exit_code, answer.output

    return told


def test_check_signs_in_and_says_what_the_account_may_do(home, run, monkeypatch):
    monkeypatch.setitem(CARRIERS, "test", Connector("tests.carrier.connector", "for tests"))
    with Plain() as stub:
        home.carriers_file.write_text(stub.account_toml(), encoding="utf-8")
        code, text = run("check", "stub-a")
        assert code == 0 and "stub-a: connected" in text and "Renew: one order per call" in text
        assert not stub.ledger
        stub.say(b"no", 500, times=9)
    code, text = run("check", "stub-a")
    assert (code, "Renew" in text) == (1, True)


@pytest.mark.parametrize("connector", ["onelink", "unicom_cmp"])
def test_check_asks_for_nobodys_card_where_no_list_and_no_order_can_be_asked_for(home, run, monkeypatch, connector):
    with CONNECTORS[connector]() as stub:
        for name, value in stub.secrets.items():
            monkeypatch.setenv(name, value)
        home.carriers_file.write_text(stub.account_toml(), encoding="utf-8")
        code, text = run("check", "stub-a")
        assert code == 0 and "stub-a: connected" in text
        stub.say(b"no", times=9)
        code, text = run("check", "stub-a")
        assert code == 1 and "no answer that helps" in text


def test_check_names_the_accounts_there_are(home, run):
    home.carriers_file.write_text(
        '[[account]]\nname = "agent"\nconnector = "offline"\ncarrier = "unicom"\npayee = "W"\n', encoding="utf-8"
    )
    code, text = run("check", "nobody")
    assert code == 1 and "agent" in text
    code, text = run("check", "agent")
    assert code == 0 and "by hand" in text


def test_a_kept_secret_is_sealed_and_found_again(home, run, caplog):
    caplog.set_level(logging.DEBUG)
    code, text = run("keep", "aliyun_sk", input=VALUE + "\n")
    assert code == 0 and VALUE not in text + caplog.text
    assert VALUE.encode() not in sealed_file(home, "aliyun_sk").read_bytes()
    assert keyed("secret:aliyun_sk").secret_of(home, "key").reveal() == VALUE
    assert run("keep", "no/name", input=VALUE)[0] == 64
    assert run("keep", "name", input="\n")[0] == 64


def test_a_secret_stands_in_the_environment_or_a_file(home, tmp_path, monkeypatch):
    (tmp_path / "key").write_text(f"{VALUE}\n")
    monkeypatch.setenv("A_KEY", VALUE)
    for reference in ("env:A_KEY", f"file:{tmp_path / 'key'}"):
        secret = keyed(reference).secret_of(home, "key")
        assert secret.reveal() == VALUE and VALUE not in f"{secret} {secret!r}"


@pytest.mark.parametrize("reference", ["env:NOT_SET", "file:/nowhere/key", "secret:never_kept"])
def test_a_missing_secret_names_account_key_and_way_out(home, reference):
    with pytest.raises(NoConnection, match=r"account 'a', key: .*holds no value; (set|put|keep)"):
        keyed(reference).secret_of(home, "key")


def test_a_sealed_secret_moved_to_another_name_does_not_open(home):
    from data.secrets import Secret

    keep_secret(home, "one", Secret(VALUE))
    sealed_file(home, "one").rename(sealed_file(home, "two"))
    with pytest.raises(NoConnection):
        keyed("secret:two").secret_of(home, "key")


@pytest.mark.parametrize("reference", [VALUE, "env:", "vault:x", "secret:a b", "https://x:y"])
def test_a_value_where_a_reference_belongs_is_refused_and_not_shown(home, reference):
    home.carriers_file.write_text("[[account]]\n", encoding="utf-8")
    with pytest.raises(ValueError, match="never the value itself|letters, digits") as told:
        keyed(reference)
    assert VALUE not in str(told.value)
    with pytest.raises(accounts.AccountsError):
        accounts.read(home)
