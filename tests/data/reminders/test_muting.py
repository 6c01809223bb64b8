"""Muting: what a link is worth and for whom, who mutes on request, and what becomes of what was kept back."""

from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from data.people.rules import NotThere, Refused
from data.reminders import muting, showing
from data.secrets import Keyring

TODAY = date(2026, 6, 1)
LADDER = "30,14,7,3,1,0,-1"
HOUSE = "https://cards.example.com"
# The card ends on a Friday and is ordered by then; seven days ahead is a Friday, too, three days ahead a Tuesday.
ENDS, WEEK, THREE, LAST = date(2026, 6, 26), date(2026, 6, 18), date(2026, 6, 23), date(2026, 6, 25)


@pytest.fixture
def agents(reminding):
    """Agent 2, whose lead is the operator, and agent 3; both hear of the cards of agent A1."""
    reminding.insert("agent", agent_id=1, agent_no="A1", name="顺达")
    reminding.recipient(2, kind="agent", part="A1", lead_id=1)
    reminding.recipient(3, kind="agent", part="A1", language="en")
    return reminding


@pytest.fixture
def asked(agents):
    """`asked(2)`: the query of a link for that recipient, made today."""

    def made(recipient_id, *, today=TODAY, keyring=None):
        address = f"r{recipient_id}@example.cn"
        told = {"recipient_id": recipient_id, "address": address, "today": today}
        return dict(parse_qsl(urlsplit(muting.link(keyring or agents.home.keyring, HOUSE, **told)).query))

    return made


def found(reminding, asked, *, days=0):
    day = TODAY + timedelta(days=days)
    return muting.of_link(reminding.home.db.read(), reminding.home.keyring, asked, today=day)


def state(reminding, recipient_id):
    [row] = reminding.rows("SELECT state, since FROM address WHERE address = $a", a=f"r{recipient_id}@example.cn")
    return row["state"]


def test_a_link_is_for_one_recipient_and_good_for_thirty_days(agents, asked):
    link = asked(2)
    assert link["until"] == "2026-07-01" and "@" not in str(link) and len(link["sign"]) == 32
    for days in (0, 30):
        outsider = found(agents, link, days=days)
        assert (outsider.recipient_id, outsider.language, outsider.listening) == (2, "zh_CN", True)
    assert found(agents, link, days=31) is None
    assert found(agents, asked(3)).language == "en"


@pytest.mark.parametrize(
    "change",
    [
        {"to": "3"}, {"to": "99"}, {"to": "1"}, {"to": "２"}, {"to": "9" * 5_000}, {"to": ""}, {"until": "2027-07-01"},
        {"until": ""}, {"sign": "0" * 32}, {"sign": ""}, {"sign": "é" * 32}, {"sign": "a"},
    ],
    ids=str,
)  # fmt: skip
def test_a_changed_link_is_worth_nothing(agents, asked, change):
    link = asked(2)
    assert found(agents, link | change) is None
    assert found(agents, {name: value for name, value in link.items() if name not in change}) is None


def test_a_signature_for_something_else_is_none_for_this(agents, asked, tmp_path):
    link = asked(2)
    said = f"2|r2@example.cn|{link['until']}"
    assert link["sign"] == agents.home.keyring.signature(said, purpose="mute")[:32]
    assert found(agents, link | {"sign": agents.home.keyring.signature(said, purpose="bounce")[:32]}) is None
    (tmp_path / "keys").mkdir()
    assert found(agents, asked(2, keyring=Keyring(tmp_path / "keys"))) is None


def test_a_link_to_an_address_that_was_replaced_stops_nothing_at_the_new_one(agents, asked):
    agents.write("UPDATE recipient SET address = 'new@example.cn' WHERE recipient_id = 2")
    assert found(agents, asked(2)) is None


def test_a_link_never_stops_what_goes_to_people_who_sign_in(agents, asked):
    assert found(agents, asked(1)) is None


def test_a_number_nobody_has_is_answered_with_as_much_work(agents, asked, monkeypatch):
    worked = []
    signature = Keyring.signature
    monkeypatch.setattr(Keyring, "signature", lambda *told, **how: worked.append(1) or signature(*told, **how))
    for number in ("2", "99", "x"):
        worked.clear()
        assert found(agents, {"to": number, "until": "2026-07-01", "sign": "0" * 32}) is None
        assert len(worked) == 1


def test_there_is_no_link_where_nobody_outside_could_follow_it(agents):
    told = {"recipient_id": 2, "address": "r2@example.cn", "today": TODAY}
    for public_url in (
        "http://127.0.0.1:8501",
        "http://cards.example.com",
        "https://卡.example.com",
        "https://a\r\nB: c",
        "",
    ):
        assert muting.link(agents.home.keyring, public_url, **told) == ""


def test_a_link_mutes_once_and_leaves_a_trace(agents, asked):
    entries = "SELECT source, person, event, object, detail FROM audit WHERE event LIKE 'address:%muted'"
    agents.write("UPDATE address SET state = 'soft_bouncing' WHERE address = 'r2@example.cn'")
    for _once_more in range(2):
        with agents.home.db.write() as tx:
            assert not muting.mute_by_link(tx, agents.home.keyring, asked(2)).listening
    with agents.home.db.write() as tx:
        assert muting.mute_by_link(tx, agents.home.keyring, asked(2) | {"sign": "0" * 32}) is None
    assert (state(agents, 2), state(agents, 3)) == ("muted", "verified")
    *_others, last = rows = agents.rows(entries)
    assert (last["source"], last["person"], last["object"]) == ("link", "system", "recipient 2")
    assert len([row for row in rows if row["source"] == "link"]) == 1


@pytest.mark.parametrize("before", ["unverified", "bounced", "complained"])
def test_an_address_that_takes_no_digests_stays_what_it_is(agents, people, asked, before):
    agents.write("UPDATE address SET state = $s WHERE address = 'r2@example.cn'", s=before)
    with agents.home.db.write() as tx:
        assert not muting.mute_by_link(tx, agents.home.keyring, asked(2)).listening
    with pytest.raises(Refused, match="No digests go to this address"), agents.home.db.write() as tx:
        muting.mute(tx, people["operator"], recipient_id=2)
    assert state(agents, 2) == before


def test_who_keeps_reminders_mutes_on_request_and_lets_the_digests_go_again(agents, people):
    with agents.home.db.write() as tx:
        muting.mute(tx, people["operator"], recipient_id=2)
    assert state(agents, 2) == "muted"
    with agents.home.db.write() as tx:
        muting.unmute(tx, people["administrator"], recipient_id=2)
    assert state(agents, 2) == "verified"
    with pytest.raises(Refused, match="is not muted"), agents.home.db.write() as tx:
        muting.unmute(tx, people["operator"], recipient_id=2)


@pytest.mark.parametrize("act", [muting.mute, muting.unmute])
def test_who_signs_in_cannot_be_muted(agents, people, act):
    with pytest.raises(Refused, match="acknowledges, puts off, or hands over"), agents.home.db.write() as tx:
        act(tx, people["operator"], recipient_id=1)
    with pytest.raises(NotThere), agents.home.db.write() as tx:
        act(tx, people["operator"], recipient_id=99)


# What becomes of the reminders --------------------------------------------------------------------------------------------


@pytest.fixture
def muted(agents):
    """One card of agent A1, of which only agents hear; both addresses are muted."""
    agents.insert("merchant", merchant_id=1, merchant_no="M1", name="Shop", agent_id=1)
    agents.insert("terminal", terminal_key=1, terminal_id="T1", merchant_id=1)
    agents.card(1, ENDS, terminal_key=1)
    agents.rule("expiry", LADDER, role="agent")
    agents.write("UPDATE address SET state = 'muted' WHERE address <> 'r1@example.cn'")
    return agents


def keep_back(reminding):
    """What a claim does with a digest that its reader has muted (tests/data/mails/test_outbox.py)."""
    reminding.write("UPDATE reminder SET state = 'suppressed', ended_at = $now WHERE state = 'due' AND NOT urgent AND recipient_id > 1",
                    now=reminding.home.db.clock.now())  # fmt: skip


def test_the_lead_hears_three_days_ahead_and_the_reader_of_the_last_calls(muted):
    muted.scan(WEEK)
    keep_back(muted)
    assert muted.states(recipient_id=2)["7"] == "suppressed"
    muted.scan(THREE)
    keep_back(muted)
    assert muted.states(recipient_id=1) == {"esc-lead": "due"}
    muted.scan(LAST)
    due = {(one.recipient_id, one.urgent) for one in muted.due()}
    assert {(2, True), (3, True)} <= due


def test_a_card_of_which_only_the_muted_hear_is_one_nobody_hears_of(muted):
    assert muted.scan(WEEK).unheard == 0, "one of them has a lead, who hears in time"
    muted.write("UPDATE recipient SET lead_id = NULL WHERE recipient_id = 2")
    assert muted.scan().unheard == 1
    muted.write("UPDATE address SET state = 'verified' WHERE address = 'r3@example.cn'")
    assert muted.scan().unheard == 0


def test_what_was_kept_back_and_still_holds_is_due_once_digests_are_wanted_again(muted, people):
    muted.scan(WEEK)
    keep_back(muted)
    muted.scan(WEEK + timedelta(days=1))
    assert muted.states(recipient_id=2)["7"] == muted.states(recipient_id=3)["7"] == "suppressed"
    with muted.home.db.write() as tx:
        muting.unmute(tx, people["operator"], recipient_id=2)
    muted.scan(WEEK + timedelta(days=2))
    assert (muted.states(recipient_id=2)["7"], muted.states(recipient_id=3)["7"]) == ("due", "suppressed")
    muted.renewed(1, date(2027, 6, 26))
    with muted.home.db.write() as tx:
        muting.unmute(tx, people["operator"], recipient_id=3)
    muted.scan(WEEK + timedelta(days=3))
    assert muted.states(recipient_id=3)["7"] == "suppressed", "renewed meanwhile: nothing is left to say"


def test_what_was_kept_back_is_counted_once_in_the_next_sign_of_life(muted):
    def counted():
        return showing.kept_back(muted.home.db.read(), today=muted.home.db.clock.today())

    muted.scan(WEEK)
    assert counted() == 0
    muted.on(WEEK, hour=10)
    keep_back(muted)
    assert counted() == 2
    muted.scan(WEEK + timedelta(days=1))
    assert counted() == 2
    muted.scan(WEEK + timedelta(days=2))
    assert counted() == 0


def test_an_address_that_is_muted_has_nothing_to_confirm_and_is_no_persons(muted):
    assert showing.standing(muted.home.db.read()).unreachable == 0
    muted.write("UPDATE recipient SET address = 'r2@example.cn' WHERE recipient_id = 1")
    states = {row["recipient_id"]: row["address_state"] for row in showing.recipients(muted.home.db.read())}
    assert states == {1: "verified", 2: "muted", 3: "muted"}
