"""V1 to V3: an older copy put back, a journal cut, a byte flipped. The carrier's ledger says whether anything was paid twice."""

import random
import shutil
from collections import Counter

import pytest

from data.disk import DiskError
from data.home import HomeError, open_home
from data.people import store as people_store
from data.renewals import checking, journal, recovery
from data.renewals import store as renewals
from data.renewals.journal import JournalBroken
from data.renewals.recovery import RecoveryError
from tests.money.conftest import BOTH
from tests.money.desk import desk_at_border

SEED = 20261122


def who(home, name):
    with home.db.write(quiet=True) as tx:
        return people_store.by_name(tx, name).actor("command line")


def resume_all(mortal, home):
    """An approver has looked at every batch that waits after the restore."""
    approver = who(home, "approver")
    for row in mortal.rows(
        home, "SELECT id FROM batch WHERE state = 'paused' AND pause_reason = 'restored' ORDER BY id"
    ):
        with home.db.write() as tx:
            renewals.resume(tx, approver, batch=row["id"])


def charged_once(mortal, cards):
    assert Counter(mortal.carrier.charges().values()) == {1: cards}
    assert mortal.carrier.fen() == cards * 1200


@pytest.fixture
def yesterday(mortal, tmp_path):
    """A copy of the whole home: three cards bought, three in doubt. A day later these are settled and three more bought."""
    mortal.approved(3)
    assert mortal.lives("work")[0] == 0
    mortal.approved(3, first=4)
    mortal.carrier.fault("f1_timeout_before")
    assert mortal.lives("work")[0] == 0
    mortal.carrier.calm()
    copy = tmp_path / "yesterday"
    shutil.copytree(mortal.path, copy)
    with mortal.open() as home:
        assert mortal.rest(home) == {"succeeded": 6}
    mortal.wait(days=1)
    mortal.approved(3, first=7)
    assert mortal.lives("work")[0] == 0
    charged_once(mortal, 9)
    mortal.wait(minutes=5)
    return copy


@BOTH
def test_v1_yesterdays_database_under_todays_journal_knows_again_what_was_bought(mortal, yesterday):
    shutil.copyfile(yesterday / "flowcard.duckdb", mortal.path / "flowcard.duckdb")
    with mortal.open() as home:
        assert mortal.recovered.restored == "newer"
        assert mortal.states(home) == {"succeeded": 9}
        resume_all(mortal, home)
        assert mortal.rest(home) == {"succeeded": 9}
        charged_once(mortal, 9)
        assert mortal.wrong(home) == {}


@BOTH
def test_v1_an_order_of_the_lost_day_is_asked_about_before_anything_is_sent(mortal, tmp_path):
    mortal.approved(3)
    copy = mortal.copy(tmp_path / "yesterday.duckdb")
    mortal.carrier.fault("f2_timeout_after")
    assert mortal.lives("work")[0] == 0
    mortal.carrier.calm()
    shutil.copyfile(copy, mortal.path / "flowcard.duckdb")
    with mortal.open() as home:
        assert mortal.recovered.in_doubt == 3
        assert mortal.states(home) == {"unknown": 3}
        sent = len(mortal.carrier.requests())
        resume_all(mortal, home)
        assert mortal.rest(home) == {"succeeded": 3}
        assert len(mortal.carrier.requests()) == sent
        charged_once(mortal, 3)
        assert mortal.wrong(home) == {}


@BOTH
def test_v1_a_whole_home_of_yesterday_is_asked_about_when_a_person_says_so(mortal, yesterday):
    shutil.rmtree(mortal.path)
    shutil.copytree(yesterday, mortal.path)
    with mortal.open() as home:
        assert mortal.recovered.restored is None
        with home.db.write() as tx:
            operator = people_store.by_name(tx, "operator").actor("command line")
            assert renewals.restored(tx, operator, journal.opened(home.journal)) == 3
        assert mortal.states(home) == {"succeeded": 3, "unknown": 3}
        resume_all(mortal, home)
        assert mortal.rest(home) == {"succeeded": 6}
        # What this home has never heard of is wanted again: its expiry at the carrier has moved, so a person looks.
        mortal.approve(home, 3, first=7)
        assert mortal.rest(home) == {"succeeded": 6, "needs_review": 3}
        charged_once(mortal, 9)
        assert mortal.wrong(home) == {}


@pytest.mark.parametrize("lines", [0, 5])
def test_v2_a_journal_cut_in_mid_line_is_located_and_what_it_may_have_told_is_unknown(mortal, lines):
    mortal.approved(3)
    assert mortal.lives("work")[0] == 0
    mortal.approved(3, first=4)
    mortal.carrier.fault("f2_timeout_after")
    assert mortal.lives("work")[0] == 0
    mortal.carrier.calm()
    (segment,) = (mortal.path / "journal").glob("*.jsonl")
    whole = segment.read_bytes().splitlines(keepends=True)
    kept = whole[: len(whole) - lines]
    segment.write_bytes(b"".join(kept)[:-40])
    with mortal.open() as home:
        assert mortal.recovered.restored == "cut"
        assert mortal.recovered.torn_bytes == len(kept[-1]) - 40
        assert segment.with_suffix(".torn").read_bytes() == kept[-1][:-40]
        assert mortal.states(home) == {"succeeded": 3, "unknown": 3}
        resume_all(mortal, home)
        assert mortal.rest(home) == {"succeeded": 6}
        charged_once(mortal, 6)
        assert mortal.wrong(home) == {}


def test_v2_half_a_line_that_was_never_relied_on_is_set_aside(mortal):
    mortal.approved(3)
    mortal.dies("k1")
    (segment,) = (mortal.path / "journal").glob("*.jsonl")
    segment.write_bytes(segment.read_bytes()[:-40])
    with mortal.open() as home:
        # Two of the three intents are whole: they may have been sent for all the journal says.
        assert mortal.recovered.restored is None
        assert mortal.states(home) == {"pending": 1, "unknown": 2}
        assert mortal.rest(home) == {"succeeded": 3}
        charged_once(mortal, 3)
        mortal.sound(home)


@pytest.fixture
def worked(tmp_path):
    """A closed home with six cards bought and three in doubt."""
    desk = desk_at_border(tmp_path / "home", cards=9)
    desk.approved(list(range(1, 7)))
    desk.work()
    desk.books.faults = ["lost_after"] * 3
    desk.approved([7, 8, 9])
    desk.work()
    desk.close()
    return desk


def test_v3_a_flipped_byte_of_the_journal_is_located_and_nothing_starts(worked):
    dice = random.Random(SEED)
    (segment,) = (worked.path / "journal").glob("*.jsonl")
    whole = segment.read_bytes()
    for _ in range(40):
        place = dice.randrange(len(whole) - 1)
        flipped = bytearray(whole)
        flipped[place] ^= 1 << dice.randrange(8)
        segment.write_bytes(flipped)
        line = whole[:place].count(b"\n") + 1
        journal._opened.clear()
        # A flipped line end joins two lines, and a new one cuts one: the line named is the first that does not fit.
        with pytest.raises(
            JournalBroken, match=rf"{segment.name} (line ({line}|{line + 1}) was changed|does not open)"
        ):
            journal.opened(segment.parent)


def test_v3_a_lost_last_line_end_is_a_cut(worked):
    (segment,) = (worked.path / "journal").glob("*.jsonl")
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-1] + b"\x0b")
    journal._opened.clear()
    worked.reopen()
    assert worked.reopened.restored == "cut"
    assert worked.states() == {"succeeded": 6, "unknown": 3}
    worked.home.close()


def test_v3_a_flipped_byte_of_the_database_is_refused_found_or_harmless(worked):
    dice = random.Random(SEED)
    database = worked.path / "flowcard.duckdb"
    whole = database.read_bytes()
    ends = Counter()
    for number in range(24):
        flipped = bytearray(whole)
        flipped[dice.randrange(12_288 if number < 4 else len(whole))] ^= 1 << dice.randrange(8)
        database.write_bytes(flipped)
        (worked.path / "flowcard.duckdb.wal").unlink(missing_ok=True)
        ends[_looked_into(worked)] += 1
    assert set(ends) == {"refused", "found", "harmless"}


def _looked_into(desk):
    journal._opened.clear()
    try:
        home = open_home(desk.path)
    except HomeError as error:
        assert "damaged" in str(error) or "cannot be opened" in str(error)
        return "refused"
    home.db.clock = desk.clock
    try:
        recovery.recover(home.db, home.journal)
        with home.db.write() as tx:
            checks = checking.check(tx, journal_folder=home.journal, settings=home.settings)
            found = [check.wrong for check in checks if check.wrong]
    except (DiskError, RecoveryError) as error:
        assert "damaged" in str(error)
        return "refused"
    finally:
        home.close()
    assert all("damaged" in wrong for wrong in found)
    return "found" if found else "harmless"
