"""Secrets at rest: an envelope opens in its own row only, a Secret shows nothing, a key can be replaced."""

import json
import logging
import pickle

import pytest

from data.secrets import Keyring, Secret, SecretError

CARD = Secret("12345678901234567\n998877665544332211")
PLACE = {"table": "recharge_pin", "column": "sealed", "row": 7}


@pytest.fixture
def keyring(tmp_path):
    return Keyring(tmp_path)


def test_what_was_sealed_opens_in_its_own_place_and_shows_nothing_on_the_way(keyring):
    envelope = keyring.seal(CARD, **PLACE)
    assert b"9988776655" not in envelope
    assert keyring.open(envelope, **PLACE) == CARD
    assert keyring.seal(CARD, **PLACE) != envelope  # another nonce each time


@pytest.mark.parametrize("moved", [{"table": "other"}, {"column": "note"}, {"row": 8}])
def test_an_envelope_moved_to_another_place_does_not_open(keyring, moved):
    envelope = keyring.seal(CARD, **PLACE)
    with pytest.raises(SecretError, match="belongs to another row"):
        keyring.open(envelope, **PLACE | moved)


def test_any_changed_byte_is_noticed(keyring):
    envelope = keyring.seal(CARD, **PLACE)
    for place in range(len(envelope)):
        changed = bytearray(envelope)
        changed[place] ^= 1
        with pytest.raises(SecretError):
            keyring.open(bytes(changed), **PLACE)
    with pytest.raises(SecretError, match="no envelope"):
        keyring.open(b"", **PLACE)


def test_a_secret_shows_itself_nowhere(caplog):
    with caplog.at_level(logging.INFO):
        logging.getLogger("t").info("%s %r %s", CARD, CARD, {"card": CARD})
    shown = f"{CARD} {CARD!r} {CARD:>40} {[CARD]} {caplog.text}"
    assert "9988776655" not in shown
    assert "1234567890" not in shown
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(CARD)
    with pytest.raises(TypeError):
        json.dumps({"card": CARD})


def test_keys_are_made_once_for_their_owner_only_and_can_be_replaced(keyring, tmp_path):
    old = keyring.seal(CARD, **PLACE)
    blind = keyring.blind("12345")
    assert keyring.renew() == 2
    new = keyring.seal(CARD, **PLACE)
    assert keyring.open(old, **PLACE) == keyring.open(new, **PLACE) == CARD
    assert Keyring(tmp_path).blind("12345") == blind != Keyring(tmp_path).blind("12346")
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "secrets-1": 0o600,
        "secrets-2": 0o600,
        "blind": 0o600,
    }
    (tmp_path / "secrets-1").unlink()
    with pytest.raises(SecretError, match="sealed with key 1"):
        keyring.open(old, **PLACE)
    assert keyring.open(new, **PLACE) == CARD


def test_a_signature_is_of_one_text_one_purpose_and_one_home(keyring, tmp_path):
    (tmp_path / "other").mkdir()
    signed = keyring.signature("a@example.com", purpose="mute")
    assert signed == Keyring(tmp_path).signature("a@example.com", purpose="mute")
    others = {
        keyring.signature("b@example.com", purpose="mute"),
        keyring.signature("a@example.com", purpose="bounce"),
        keyring.blind("a@example.com"),
        Keyring(tmp_path / "other").signature("a@example.com", purpose="mute"),
    }
    assert len(others - {signed}) == 4


def test_the_blind_index_differs_between_homes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert Keyring(tmp_path / "a").blind("1") != Keyring(tmp_path / "b").blind("1")
