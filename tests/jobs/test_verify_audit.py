"""The audit log followed at night and by command: what it says, what it writes down, what it notices."""

import threading

import pytest
from typer.testing import CliRunner

from data.audit import store as audit
from data.database import Query
from data.home import Home
from data.words import ToldError, spoken
from jobs import verify_audit
from jobs.command_line import app

STOP = threading.Event()


@pytest.fixture
def followed(home: Home, people: dict) -> Home:
    """A home whose log was followed once."""
    assert spoken(str(verify_audit.run(home, STOP))) == "9 entries followed, the chain holds"
    return home


def changed(home: Home, statement: str) -> None:
    with home.db.write() as tx:
        tx.run(Query("t", "", statement))


def test_each_night_adds_the_head_for_who_carries_it_away(followed: Home, people: dict) -> None:
    path = followed.exports / "audit-heads.txt"
    first = path.read_text()
    assert first == f"2026-11-22 {audit.head(followed.db.read())}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    changed(followed, "SELECT 1")
    verify_audit.run(followed, STOP)
    assert path.read_text() == first * 2


def test_a_log_whose_end_was_cut_off_is_found_against_the_head_written_down(followed: Home) -> None:
    changed(followed, "DELETE FROM audit WHERE seq > 6")
    with pytest.raises(ToldError, match="ends before entry 7"):
        verify_audit.run(followed, STOP)
    assert len((followed.exports / "audit-heads.txt").read_text().splitlines()) == 1  # a broken chain has no head


def test_a_log_written_anew_by_who_has_the_key_is_found_against_the_head_written_down(followed: Home) -> None:
    rows = followed.db.read().rows(Query("t", "", "SELECT * FROM audit ORDER BY seq"))
    before = rows[3]["hash"]
    with followed.db.write() as tx:
        for row in rows[4:]:
            row |= {"person": "somebody else", "prev_hash": before}
            before = audit.entry_hash(followed.db.audit_key, before, row)
            tx.run(
                Query(
                    "t", "", "UPDATE audit SET person = $person, prev_hash = $prev_hash, hash = $hash WHERE seq = $seq"
                ),
                **row | {"hash": before},
            )
    assert audit.first_broken(followed.db.read(), followed.db.audit_key) is None
    with pytest.raises(ToldError, match="Entry 9 of the audit log"):
        verify_audit.run(followed, STOP)


def test_a_file_of_heads_that_somebody_wrote_into_is_told(followed: Home) -> None:
    path = followed.exports / "audit-heads.txt"
    path.write_text(path.read_text() + "2026-11-23 nothing\n")
    with pytest.raises(ToldError, match=r"Line 2 of audit-heads\.txt"):
        verify_audit.run(followed, STOP)


def test_the_command_says_that_the_chain_holds_or_where_it_does_not(
    followed: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWCARD_LANGUAGE", "en")
    head = str(audit.head(followed.db.read()))
    seq, _colon, hash_ = head.partition(":")
    followed.close()

    def verify(*more: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["audit", "verify", "--home", str(followed.path), *more])
        return result.exit_code, result.output

    code, said = verify("--anchor", head)
    assert code == 0
    assert head in said.replace("\n", "")
    assert verify("--anchor", f"5:{hash_}") == (1, f"{verify_audit.CHANGED.format(seq=5)}\n")
    assert verify("--anchor", f"{int(seq) + 5}:{hash_}") == (1, f"{verify_audit.CUT.format(seq=int(seq) + 1)}\n")
    code, said = verify("--anchor", "yesterday")
    assert code == 64
    assert "give SEQ:HASH" in said
