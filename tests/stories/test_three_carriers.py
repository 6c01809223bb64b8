"""2,000 cards at a carrier with a key, one without and one without a connection: half renewed in a day while much goes wrong."""

import random
import threading
import time
from collections import Counter
from datetime import date, timedelta
from itertools import chain

import pytest

from data.files import exports_store
from data.renewals import checking, journal, offline
from data.renewals import store as renewals
from data.settings import Settings
from data.sims.holidays import published
from data.sims.rolling import roll_up
from jobs import refresh_sims, settle_unknowns
from jobs.carriers import accounts, pacing
from jobs.exporting.writing import write
from jobs.importing.reading import read_file
from jobs.importing.taking import take
from tests.jobs.carriers.stubs.alibaba_linkcard import Alibaba
from tests.jobs.carriers.stubs.base import Card, iccid, months_on
from tests.jobs.carriers.stubs.base import _Trouble as Trouble
from tests.jobs.carriers.stubs.one_nce import OneNceStub
from tests.renewing import GO, approve, sql, standing, work

SEED = 20261122
CARDS = {"aliyun": 1_000, "nce": 200, "agent": 800}
EXPIRES, PRICE_FEN = date(2026, 12, 31), 1200
HOSTILE = [
    b"",
    b'{"Code": "200", "Succ',
    b"[1, 2]",
    b"<html>502</html>",
    b'{"Code": "200", "Success": true, "Data": 7}',
    b"{" * 9000,
]
AGENT = """
[[account]]
name = "agent"
connector = "offline"
carrier = "unicom"
payee = "Agent Wang"
way_to_pay = "monthly"
"""


def moods(stub, at=None, **shares):
    """From now on a share of what is asked goes wrong: `order_lost=0.04` of the orders lose their answer after the effect.

    `at`: what goes wrong with which order, such as {20: "never"}.
    """
    dice, scripted, seen = random.Random(SEED), stub._next, Counter()
    kinds = {
        "lost": lambda: Trouble("lose", None, 1, {"after_effect": True}),
        "never": lambda: Trouble("lose", None, 1, {"after_effect": False}),
        "hostile": lambda: Trouble("say", None, 1, {"body": dice.choice(HOSTILE), "status": 200, "headers": {}}),
        "many": lambda: Trouble("many", None, 1, {"retry_after": 1}),
    }

    def trouble(request):
        what = "order" if stub.is_order(request) else "read"
        if (told := scripted(request)) or (stub.token_path and request.path.startswith(stub.token_path)):
            return told
        if dice.random() < 0.01:
            stub.expire_token()
        seen[what] += 1
        if what == "order" and (kind := (at or {}).get(seen["order"])):
            seen[f"order_{kind}"] += 1
            return kinds[kind]()
        drawn = dice.random()
        for kind, make in kinds.items():
            share = shares.get(f"{what}_{kind}", 0.0)
            if drawn < share:
                seen[f"{what}_{kind}"] += 1
                return make()
            drawn -= share
        return None

    stub._next = trouble
    return seen


class Agent:
    """A person with a telephone and a list of cards: he does what stands on a worklist, and sends his own list back."""

    def __init__(self, cards):
        self.cards = cards
        self.ledger = []  # card, fen

    def does(self, path, filename):
        """The worklist as he opens it: each row is done once."""
        (sheet,) = read_file(path, filename, max_bytes=1 << 22, max_rows=10_000).sheets
        head, *rows = sheet.rows
        for row in rows:
            said = dict(zip(head, row, strict=False))
            card = self.cards[str(said["iccid"])]
            card.expires_on = months_on(card.expires_on, int(said["months"]))
            self.ledger.append((card.iccid, round(float(said["expected_yuan"]) * 100)))

    def card_list(self, *, but=()):
        """His list of today; cards `but` are still as they were."""
        told = ((card.iccid, EXPIRES if card.iccid in but else card.expires_on) for card in self.cards.values())
        return "\n".join(["iccid,expires_on", *(f"{number},{day}" for number, day in told)]) + "\n"


def fleet(stub, first, count):
    stub.cards = {iccid(number): stub.card(number) for number in range(first, first + count)}
    for card in stub.cards.values():
        card.expires_on, card.price_fen = EXPIRES, PRICE_FEN
    return stub


@pytest.fixture
def parties(home, monkeypatch):
    """The two carriers, listening, and the agent; their accounts in the home, their cards in one file of ours."""
    monkeypatch.setattr(pacing, "_paces", {})
    ali, nce = fleet(Alibaba(0), 1, CARDS["aliyun"]), fleet(OneNceStub(0), 10_001, CARDS["nce"])
    numbers = range(20_001, 20_001 + CARDS["agent"])
    agent = Agent({iccid(n): Card(iccid(n), f"1064700{n:06d}", "", expires_on=EXPIRES) for n in numbers})
    for card in nce.cards.values():
        card.status = "Enabled"
    for name, value in chain(ali.secrets.items(), nce.secrets.items()):
        monkeypatch.setenv(name, value)
    with ali, nce:
        home.carriers_file.write_text(ali.account_toml("aliyun") + nce.account_toml("nce") + AGENT, encoding="utf-8")
        accounts.load(home)
        yield {"aliyun": ali, "nce": nce, "agent": agent}


def bring(home, by, text, name):
    path = home.path / name
    path.write_text(text, encoding="utf-8")
    return take(home, by, path=path, filename=name, source="command", accept_good=True)


def known(home, by, parties):
    """Our own list: which card has which plan at whom. Only the agent's dates are in it; the others the carriers tell."""
    rows = [
        f"{one},{name},{'unicom' if name == 'agent' else 'mobile'},P-12,{f'{EXPIRES},在用' if name == 'agent' else ','}"
        for name, party in parties.items()
        for one in party.cards
    ]
    assert (
        bring(
            home, by, "\n".join(["iccid,account,carrier,plan,expires_on,status", *rows]) + "\n", "ours.csv"
        ).counts.new
        == 2_000
    )
    with home.db.write() as tx:
        tx.run(sql("UPDATE plan SET term_months = 12"))
        tx.run(
            sql(
                "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from)"
                " SELECT plan_id, '', 12, $fen, DATE '2025-01-01' FROM plan"
            ),
            fen=PRICE_FEN,
        )
        roll_up(tx)


def refreshed(home):
    """The refresh as often as its schedule would run it in two sweeps."""
    for _ in range(30):
        refresh_sims.run(home, threading.Event())
        home.clock.move(timedelta(minutes=30))
    unread = "SELECT account, count(*) AS n FROM sim_now WHERE expires_on IS NULL GROUP BY account"
    assert home.db.read().rows(sql(unread)) == []


def worked_off(home, parties, batch, *, left_over):
    """Worker and settling job, turn by turn, until nothing is left but so many doubts."""
    slot = "SELECT min(next_at) FROM state WHERE st IN ('pending', 'unknown')"
    for _ in range(200):
        for name in ("aliyun", "nce"):
            parties[name].now = home.clock.now()
        work(home)
        if any(accounts.connected(home, name).held_s() for name in ("aliyun", "nce")):
            # They said "too many": their second of quiet passes.
            time.sleep(0.2)
        left = renewals.left(home.db.read(), batch)
        if not left.to_send and left.unknown == left_over:
            return
        next_slot = home.db.read().value(sql(slot))
        wait = timedelta(seconds=20) if left.to_send or next_slot is None else next_slot - home.clock.now()
        home.clock.move(max(wait, timedelta(seconds=5)))
        settle_unknowns.run(home, GO)
    raise AssertionError(f"never worked off: {left}, {standing(home, batch)}")


def sound(home):
    with home.db.write(quiet=True) as tx:
        assert [one for one in checking.check(tx, journal_folder=home.journal, settings=Settings()) if one.wrong] == []


def test_half_of_two_thousand_cards_are_renewed_in_a_day_each_once(home, people, parties):
    by = people["operator"]
    ali, nce, agent = parties["aliyun"], parties["nce"], parties["agent"]
    known(home, by, parties)
    seen = {
        "aliyun": moods(
            ali,
            order_lost=0.04,
            order_never=0.03,
            order_hostile=0.04,
            order_many=0.01,
            read_lost=0.004,
            read_hostile=0.004,
        ),
        # Without a key, what never arrived and what came too soon cannot be told from what was done.
        "nce": moods(
            nce,
            {8: "lost", 12: "hostile", 20: "never", 32: "lost", 41: "hostile", 50: "many"},
            order_lost=0.05,
            order_hostile=0.05,
            read_lost=0.004,
            read_hostile=0.004,
        ),
    }
    refreshed(home)
    assert not any(party.ledger for party in parties.values()), "reading buys nothing"

    # The day: every second card of each, in one batch that two people have looked at.
    wanted = {number: name for name, party in parties.items() for number in list(party.cards)[::2]}
    bad = {"aliyun": list(ali.cards)[20], "nce": list(nce.cards)[40]}
    ali.refuse(bad["aliyun"]), nce.refuse(bad["nce"])
    stems = [number[:19] for number in wanted]
    found = home.db.read().rows(
        sql("SELECT sim_id FROM sim WHERE stem IN (SELECT unnest($stems::VARCHAR[]))"), stems=stems
    )
    with home.db.write() as tx:
        made = renewals.propose(tx, by, sim_ids=[row["sim_id"] for row in found], form_key="the day")
    why = "SELECT refusal, count(*) AS n FROM batch_line GROUP BY ALL"
    assert (made.items, made.refused, made.amount_fen) == (1_000, 0, 1_000 * PRICE_FEN), home.db.read().rows(sql(why))
    approve(home, people["approver"], made.batch)
    noon = home.clock.now()

    # The agent's half share goes out as a list; his own list of cards comes back, first one that is not up to date.
    sent = offline.send_worklist(
        home.db, by, book=journal.opened(home.journal), batch=made.batch, account="agent", workdays=published()
    )
    assert (sent.items, sent.parked) == (400, 0)
    with home.db.write() as tx:
        offline.hand_over(tx, by, worklist=sent.worklist)
        said = {"what": "worklist", "filters": {"worklist": sent.worklist}, "language": "en", "format": "csv"}
        export = exports_store.ask_export(tx, by, **said)
    path = write(home, exports_store.get(home.db.read(), export)).path
    agent.does(path, "list.csv")

    worked_off(home, parties, made.batch, left_over=2)
    assert min(one["order_lost"] + one["order_hostile"] for one in seen.values()) > 5, seen
    late = [number for number, name in wanted.items() if name == "agent"][:7]
    bring(home, by, agent.card_list(but=late), "agent.csv")
    settle_unknowns.run(home, GO)
    assert standing(home, made.batch) == {"succeeded": 989, "failed": 2, "unknown": 9, "state": "running"}
    bring(home, by, agent.card_list(), "agent-later.csv")
    settle_unknowns.run(home, GO)
    assert home.clock.now() - noon < timedelta(days=1)
    sound(home)

    # Two orders at the carrier without a key are left: nobody sends them again before two people have looked.
    for _ in range(32):
        home.clock.move(timedelta(hours=6))
        work(home)
        settle_unknowns.run(home, GO)
    assert standing(home, made.batch) == {"succeeded": 996, "failed": 2, "needs_review": 2, "state": "done"}
    again = looked_at(home, people)
    with home.db.write() as tx:
        retried = renewals.retry_repaired(tx, by, obligations=again, form_key="again")
    approve(home, people["approver2"], retried.batch)
    worked_off(home, parties, retried.batch, left_over=0)
    assert standing(home, retried.batch) == {"succeeded": 2, "state": "done"}

    equal(home, parties, wanted, bad)
    sound(home)


def looked_at(home, people):
    """Two approvers look into the carrier's portal: it booked nothing for these. The renewals that may be tried again."""
    waiting = [
        row["obligation"] for row in home.db.read().rows(sql("SELECT obligation FROM state WHERE st = 'needs_review'"))
    ]
    for obligation in waiting:
        with home.db.write() as tx:
            said = {"verdict": "failed", "evidence": "no booking in the portal", "reference": "P-1"}
            review = renewals.state_review(tx, people["approver"], obligation=obligation, **said)
        with home.db.write() as tx:
            book = journal.opened(home.journal)
            renewals.confirm_review(tx, people["approver2"], review=review, password=None, book=book)
    return waiting


def equal(home, parties, wanted, bad):
    """Each party's ledger and our records say the same: per card one charge of the right sum, and no other charge at all."""
    charged = {
        "aliyun": [(line.iccid, line.amount_fen) for line in parties["aliyun"].ledger],
        "nce": [(line.iccid, line.amount_fen) for line in parties["nce"].ledger],
        "agent": parties["agent"].ledger,
    }
    ours = home.db.read().rows(
        sql(
            "SELECT o.account, l.iccid, t.amount_fen, m.expires_on, s.st FROM state s JOIN obligation o ON o.id = s.obligation"
            " JOIN placement p ON p.obligation = o.id JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest"
            " JOIN sim m ON m.sim_id = o.sim_id LEFT JOIN attempt t ON t.obligation = s.obligation AND t.n = s.n"
        )
    )
    for name, lines in charged.items():
        paid = [
            (row["iccid"], row["amount_fen"]) for row in ours if row["account"] == name and row["st"] == "succeeded"
        ]
        assert Counter(lines) == Counter(paid) and len(set(lines)) == len(lines)
        assert {number for number, _fen in lines} == {
            number for number, whose in wanted.items() if whose == name and number != bad.get(name)
        }
    assert {row["iccid"] for row in ours if row["st"] == "failed"} == set(bad.values())
    booked = {number: card.expires_on for party in parties.values() for number, card in party.cards.items()}
    assert all(booked[row["iccid"]] == row["expires_on"] for row in ours)
