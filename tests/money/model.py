"""The life of renewals as hypothesis plays it: people, worker, carrier and death in any order, against the real engine.

A real home on disk; the carrier inside the test; a kill at any step between journal, commit, call and answer. After each
step the invariants hold as far as they must before everything rests; at the end everything comes to rest, and all hold.
"""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from data.people.rules import Refused
from data.renewals import store as renewals
from data.renewals.moves import MOVES, Arrow, State
from data.sims.rolling import roll_up
from tests.money import border, invariants
from tests.money.building import sql
from tests.money.desk import Desk, desk_at_border
from tests.money.evidence import gather

CARDS = 5
KILL = st.one_of(st.none(), st.none(), st.integers(0, 40))
CARD = st.integers(1, CARDS)
TIMES = st.sampled_from([{"seconds": 10}, {"minutes": 1}, {"minutes": 12}, {"minutes": 45}, {"hours": 3}, {"days": 1}])


class LifeOfRenewals(RuleBasedStateMachine):
    """Every rule is something that happens in a working day, good or bad."""

    desk: Desk

    @initialize(key=st.booleans(), query=st.sampled_from(["good", "good", "none"]), reads=st.booleans())
    def begin(self, key: bool, query: str, reads: bool) -> None:
        self.begun(key=key, query=query, reads=reads)

    def begun(self, *, key: bool, query: str, reads: bool) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="flowcard-model-")
        self.desk = desk_at_border(Path(self.folder.name) / "home", cards=CARDS, key=key, query=query, reads=reads)
        self.waits = key and query == "none"
        self.proposed: list[int] = []
        self.batches: list[int] = []

    @rule(
        cards=st.sets(CARD, min_size=1),
        months=st.sampled_from([None, None, 24]),
        by=st.sampled_from(["operator", "operator2"]),
    )
    def propose(self, cards: set[int], months: int | None, by: str) -> None:
        batch = self.desk.propose(sorted(cards), months=months, by=by)
        if batch:
            self.proposed.append(batch)

    @precondition(lambda self: self.proposed)
    @rule()
    def approve(self) -> None:
        batch = self.proposed.pop(0)
        if self.tried(lambda: self.desk.approve(batch)):
            self.batches.append(batch)

    @rule(cards=st.sets(CARD, min_size=1), months=st.sampled_from([None, 24]))
    def propose_and_approve(self, cards: set[int], months: int | None) -> None:
        batch = self.desk.propose(sorted(cards), months=months)
        if batch and self.tried(lambda: self.desk.approve(batch)):
            self.batches.append(batch)

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), act=st.sampled_from(["cancel", "pause", "resume"]))
    def act_on_batch(self, data: Any, act: str) -> None:
        batch = data.draw(st.sampled_from(self.batches))
        who = self.desk.who("approver2" if act == "resume" else "operator")

        def do() -> None:
            with self.desk.home.db.write() as tx:
                getattr(renewals, act)(tx, who, batch=batch)

        self.tried(do)

    @rule(faults=st.lists(st.sampled_from(border.FAULTS), max_size=6), kill=KILL)
    def work(self, faults: list[str], kill: int | None) -> None:
        # What takes effect after the horizon is outside the promise where nothing but a query tells of it.
        self.desk.books.faults = ["late" if fault == "beyond" and not self.waits else fault for fault in faults]
        self.desk.kill_in = kill
        self.desk.work()

    @rule(time=TIMES, kill=KILL)
    def settle(self, time: dict[str, int], kill: int | None) -> None:
        self.desk.kill_in = kill
        self.desk.settle(**time)

    @rule(time=TIMES, faults=st.lists(st.sampled_from(border.FAULTS), max_size=3))
    def settle_and_work(self, time: dict[str, int], faults: list[str]) -> None:
        self.desk.settle(**time)
        self.work(faults, None)

    @precondition(lambda self: self.batches)
    @rule(kill=KILL)
    def die_idle(self, kill: int | None) -> None:
        """And perhaps once more while the start puts right what the death left."""
        self.desk.reopen(kill_in=kill)

    @rule(thrown=st.booleans(), account=st.sampled_from(["", "border-a"]))
    def switch(self, thrown: bool, account: str) -> None:
        who = self.desk.who("operator" if thrown else "approver")
        with self.desk.home.db.write() as tx:
            (renewals.stop if thrown else renewals.release)(tx, who, account=account)

    @rule(card=CARD, plan=st.sampled_from([1, 2]), form=st.sampled_from([19, 20]))
    def relabel(self, card: int, plan: int, form: int) -> None:
        """Another plan for a card, or the other form of its number."""
        with self.desk.home.db.write() as tx:
            tx.run(
                sql("UPDATE sim SET plan_id = $plan, iccid = left(stem || '7', $form) WHERE sim_id = $card"),
                plan=plan,
                form=form,
                card=card,
            )
            roll_up(tx, [card])

    @rule(repaired=st.booleans())
    def retry(self, repaired: bool) -> None:
        failed = [row["obligation"] for row in self.desk.rows("SELECT obligation FROM state WHERE st = 'failed'")]
        who = self.desk.who("operator")
        with self.desk.home.db.write() as tx:
            for obligation in failed if repaired else ():
                renewals.note(tx, who, obligation=obligation, note="mended", ticket_no=None, repaired=True)
        made: list[int] = []

        def again() -> None:
            with self.desk.home.db.write() as tx:
                said = renewals.retry_repaired(tx, who, obligations=failed, form_key=self.desk.form_key())
            made.extend([said.batch] if said.batch else [])

        # Before its time a retry is refused.
        if failed and self.tried(again) and made and self.tried(lambda: self.desk.approve(made[0])):
            self.batches += made

    @precondition(lambda self: self.batches)
    @rule(kill=KILL)
    def reconcile(self, kill: int | None) -> None:
        """A night passes; the carrier's statements are read."""
        self.desk.wait(days=1)
        self.desk.kill_in = kill
        self.desk.reconcile()

    @rule()
    def review(self) -> None:
        """Two people look at what the carrier really did, and say so."""
        for row in self.desk.rows("SELECT obligation FROM state WHERE st = 'needs_review'"):
            seen = gather(self.desk.home, self.desk.folder)
            charged = [line["amount_fen"] for line in seen.charged.get(row["obligation"], ())]
            if charged and charged != [seen.obligations[row["obligation"]]["amount_fen"]]:
                continue  # another amount stays where it is
            self.tried(
                lambda about=row["obligation"], verdict="succeeded" if charged else "failed": self.desk.review(
                    about, verdict
                )
            )

    def tried(self, act: Any) -> bool:
        """Whether people were let; a refusal in words is a good answer too."""
        try:
            act()
        except Refused:
            return False
        return True

    @invariant()
    def holds_so_far(self) -> None:
        if hasattr(self, "desk"):
            self.check(at_rest=False)

    def check(self, *, at_rest: bool) -> None:
        found = invariants.check(self.desk.home, self.desk.folder, asked=invariants.Asked(at_rest=at_rest))
        assert not found, "\n".join(f"{one.invariant}: {one.what}" for one in found)
        for event in self.desk.rows("SELECT arrow, from_state, to_state FROM event"):
            befores, afters = MOVES[Arrow(event["arrow"])]
            assert (event["from_state"] and State(event["from_state"])) in befores, event
            assert State(event["to_state"]) in afters, event
        for batch in self.batches:
            status = renewals.status(self.desk.home.db.read(), batch)
            assert status and sum(status.fen.values()) == status.amount_fen
            assert sum(getattr(status, state.value) for state in State) == status.items

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        try:
            self.come_to_rest()
            self.check(at_rest=True)
        finally:
            self.desk.close()
            self.folder.cleanup()

    def come_to_rest(self) -> None:
        desk = self.desk
        desk.books.faults = []
        who = desk.who("approver2")
        with desk.home.db.write() as tx:
            for account in ("", "border-a"):
                renewals.release(tx, who, account=account)
        for row in desk.rows("SELECT id FROM batch WHERE state = 'paused'"):
            with desk.home.db.write() as tx:
                renewals.resume(tx, who, batch=row["id"])
        desk.rest()


class LifeAtTheHardestCarrier(LifeOfRenewals):
    """No key, and no card can be read: nothing but the rules stands between a doubt and a second charge.

    A batch waits; people do nothing more about it.
    """

    propose = approve = propose_and_approve = act_on_batch = relabel = switch = reconcile = review = None

    @initialize()
    def begin(self) -> None:
        self.begun(key=False, query="good", reads=False)
        self.batches.append(self.desk.approved())
