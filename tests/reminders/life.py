"""Days of a house that reminds: the fleet lives, the jobs tick, letters leave, the server fails, the process dies.

A day begins at six, when the night's changes stand in the home. At seven the look; between it and the letters some cards are
renewed (N3). At ten, three and eight the job ticks again, and the outbox whenever something is due to be tried again.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from data.clock import HOME_ZONE, MovedClock
from data.database import Row
from data.mails import store as mails
from data.people.rules import Role
from data.reminders import choosing, scanning, store
from data.words import later
from jobs import send_outbox, send_reminders
from tests.reminders.building import build
from tests.reminders.fleet import Fleet, moment, sql
from tests.reminders.mortal import Mortal
from tests.reminders.oracle import Oracle
from tests.reminders.wire import Post

DAY = timedelta(days=1)
LOOK_HOUR = 7  # of the day in Shanghai, when it is still yesterday in Greenwich
_QUIET_DAYS = 2  # at the end, without faults
_SETTINGS = """threads = 1
reminder_hour = {hour}
mail_host = "localhost"
mail_port = 1
mail_user = "flowcard@example.test"
mail_password = "file:{password}"
mail_per_minute = 100000
mail_per_hour = 1000000
"""


@dataclass
class Plan:
    """What is to happen, beside what happens by itself."""

    days: int
    kills: dict[int, str] = field(default_factory=dict)  # day → point
    asleep: frozenset[int] = frozenset()  # days on which nothing of ours runs
    down: frozenset[int] = frozenset()  # days on which the mail server cannot be reached
    storms: frozenset[int] = frozenset()  # mornings with a bad import, mended before noon


@dataclass
class Life(Mortal):
    """One house and its fleet from the first day to the last."""

    path: Path
    fleet: Fleet
    post: Post
    plan: Plan
    rng: random.Random
    clock: MovedClock
    home: Any = None  # the open one
    killed: Counter[str] = field(default_factory=Counter)
    ran: list[date] = field(default_factory=list)  # days on which the jobs ran
    obstacles: list[tuple[datetime, datetime, int | None]] = field(default_factory=list)  # since, until, of whom
    storms: int = 0
    stops: int = 0
    answers: int = 0
    _armed: str = ""
    _deaths: list[str] = field(default_factory=list)
    _noted: bool = False
    _dead: bool = False
    _bounced: dict[str, datetime] = field(default_factory=dict)
    _false: dict[int, date] = field(default_factory=dict)  # true dates of cards that a bad import gave another

    def __post_init__(self) -> None:
        self.oracle = Oracle(self.fleet)
        self.post.house = self
        self.path.mkdir(parents=True, exist_ok=True)
        password = self.path / "password"
        password.write_text("s3cret")
        (self.path / "flowcard.toml").write_text(_SETTINGS.format(hour=LOOK_HOUR, password=password), encoding="utf-8")

    @property
    def today(self) -> date:
        return self.clock.now().astimezone(HOME_ZONE).date()

    # From the first day to the last ----------------------------------------------------------------------------------------

    def run(self, told: Callable[[int], None] = lambda _n: None) -> None:
        with self._border():
            self._open()
            build(self.home, self.fleet)
            for n in range(self.plan.days - _QUIET_DAYS):
                self._day(n)
                told(n)
            self._rest()
            self.home.close()

    def _day(self, n: int) -> None:
        today = self.today
        self.fleet.today = today
        self._set_server(down=n in self.plan.down)
        if n in self.plan.kills:
            self._deaths.append(self.plan.kills[n])
        if self._deaths and not self._armed:
            self._armed = self._deaths.pop(0)
        self._live(0.6, storm=n in self.plan.storms)
        if n in self.plan.asleep:
            self._to(moment(today + DAY, 6))
            return
        self.ran.append(today)
        self._to(moment(today, LOOK_HOUR))
        if not self._alive(self._look):
            self._alive(self._look)
        self._live_on(self._renew_some)
        self._send()
        for hour, act in (
            (10, self._release),
            (11, self._answer),
            (12, self._afternoon),
            (15, self._tick),
            (20, self._tick),
        ):
            self._until(moment(today, hour))
            self._live_on(act)
            self._send()
        self._until(moment(today + DAY, 6))

    def _look(self) -> None:
        today = self.today
        if not scanning.looked_on(self.home.db.read(), today):
            self.oracle.look(self.clock.now(), today)
        self._tick()

    def _tick(self) -> None:
        send_reminders.run(self.home, threading.Event())

    def _send(self) -> None:
        if not self._alive(lambda: send_outbox.run(self.home, threading.Event())):
            self._alive(self._tick)
            self._send()

    def _until(self, then: datetime) -> None:
        """Every try whose time comes before `then`."""
        while True:
            soonest = self.home.db.read().value(
                sql("SELECT min(next_try) FROM mail WHERE state IN ('queued', 'unknown')")
            )
            if soonest is None or soonest >= then:
                self._to(then)
                return
            before = self.post.sends, soonest
            # While nobody can be reached a pass every half hour shows as much as one every few seconds.
            self._to(max(soonest, self.clock.now() + timedelta(minutes=30 * self.post.down)))
            self._send()
            if (self.post.sends, self._soonest()) == before:
                self._to(min(then, self.clock.now() + timedelta(minutes=5)))
                if self.clock.now() >= then:
                    return

    def _soonest(self) -> datetime | None:
        found: datetime | None = self.home.db.read().value(
            sql("SELECT min(next_try) FROM mail WHERE state IN ('queued', 'unknown')")
        )
        return found

    def _to(self, then: datetime) -> None:
        if then > self.clock.now():
            self.clock.move(then - self.clock.now())

    def _rest(self) -> None:
        """No more faults, until everything has left that ever will; the last day's look and letters."""
        self._set_server(down=False)
        self.post.share, self._armed = 0.0, ""
        for _ in range(_QUIET_DAYS):
            today = self.today
            self._mend_addresses()
            self._to(moment(today, LOOK_HOUR))
            self._look()
            self._send()
            for hour in (10, 20):
                self._until(moment(today, hour))
                self._release()
                self._send()
            self._until(moment(today + DAY, 6))
            self.ran.append(today)

    # What happens ----------------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        with self.home.db.write(quiet=True) as tx:
            cards = self.fleet.write(tx)
        self.oracle.happened_to(cards, self.clock.now(), self.today)

    def _live(self, share: float, *, storm: bool = False) -> None:
        self._mend_addresses()
        self.fleet.pass_a_while(self.today, share=share)
        if self.rng.random() < 0.1:
            with self.home.db.write(quiet=True) as tx:
                self.fleet.hand_a_region_on(tx)
        if storm:
            self._import_badly()
        self._write()

    def _live_on(self, act: Callable[[], None]) -> None:
        if not self._alive(act):
            self._alive(act)

    def _renew_some(self) -> None:
        """Cards that letters which have not left yet speak of."""
        waiting = self.home.db.read().rows(
            sql("SELECT DISTINCT sim_id FROM reminder WHERE state = 'in_mail' ORDER BY 1")
        )
        for row in waiting:
            card = self.fleet.cards[row["sim_id"]]
            if card.live and not card.moving and self.rng.random() < 0.04:
                self.fleet.renew(card)
        self._write()

    def _afternoon(self) -> None:
        if self._false:
            for sim_id, ends in self._false.items():
                card = self.fleet.cards[sim_id]
                if card.expires_on == self._false_day:
                    self.fleet.has_date(card, ends)
            self._false = {}
        self.fleet.pass_a_while(self.today, share=0.4)
        self._write()

    def _import_badly(self) -> None:
        """A file that says of many cards that they end in a month."""
        self._false_day = self.today + 25 * DAY
        for card in self.fleet.cards.values():
            ends_later = (card.expires_on - self.today).days > 40
            if ends_later and card.live and not (card.moving or card.declined) and self.rng.random() < 0.8:
                self._false[card.sim_id] = card.expires_on
                self.fleet.has_date(card, self._false_day)

    def _release(self) -> None:
        """A person looks at what is held; where a list was wrong he has it mended first."""
        if not scanning.held(self.home.db.read()):
            self._tick()
            return
        if self._false:
            self.stops += 1
            self._afternoon()
            # What the mended list took away is no longer found.
        self.storms += 1
        since = moment(self.today, LOOK_HOUR)
        with self.home.db.write() as tx:
            scanning.release_storm(tx, self._somebody(Role.OPERATOR).actor)
        self.obstacles.append((since, self.clock.now(), None))
        self._tick()

    def _answer(self) -> None:
        """People acknowledge some of what they were told yesterday."""
        told = self.home.db.read().rows(
            sql(
                "SELECT r.reminder_id, r.recipient_id, r.subject, r.sim_id, r.on_date FROM reminder r JOIN recipient t USING (recipient_id)"
                " WHERE r.state = 'done' AND t.kind = 'person' AND r.stage NOT LIKE 'esc-%' AND r.ended_at > $since ORDER BY 1"
            ),
            since=self.clock.now() - DAY,
        )
        by_person: dict[int, list[Row]] = {}
        for row in told:
            if self.rng.random() < 0.08:
                by_person.setdefault(row["recipient_id"], []).append(row)
        for recipient_id, rows in by_person.items():
            with self.home.db.write(quiet=True) as tx:
                actor = self.fleet.recipients[recipient_id].actor
                store.acknowledge(tx, actor, reminder_ids=[row["reminder_id"] for row in rows])
            for row in rows:
                self.answers += 1
                about = recipient_id, row["subject"], row["sim_id"], row["on_date"]
                self.oracle.answer(*about, now=self.clock.now(), today=self.today)

    def _somebody(self, role: Role) -> Any:
        return next(one for one in self.fleet.recipients.values() if one.kind == "person" and one.role is role)

    # The server, and who reads ---------------------------------------------------------------------------------------------

    def _set_server(self, *, down: bool) -> None:
        if down and not self.post.down:
            self.obstacles.append((self.clock.now(), self.clock.now(), None))
        if self.post.down:
            since, _until, whose = self.obstacles.pop()
            self.obstacles.append((since, self.clock.now(), whose))
        self.post.down = down

    def bounced(self, address: str) -> None:
        self._bounced.setdefault(address, self.clock.now())

    def may_read(self, address: str, kind: str) -> bool:
        return address not in self._bounced or kind == "verify"

    def _mend_addresses(self) -> None:
        """Whoever's address bounced has another mailbox by the next morning, and types the code that came to it."""
        by = self._somebody(Role.ADMINISTRATOR).actor
        for address, since in list(self._bounced.items()):
            recipient_id = next(n for n, one in self.fleet.recipients.items() if one.address == address)
            if (self.clock.now() - since) < timedelta(hours=4) or self.post.down:
                continue
            with self.home.db.write() as tx:
                code = choosing.send_code(tx, by, recipient_id=recipient_id)
                mails.ask(
                    tx, by, recipient_id=recipient_id, kind="verify", said=later("Your code is {code}", code=code)
                )
            share, self.post.share = self.post.share, 0.0
            armed, self._armed = self._armed, ""
            send_outbox.run(self.home, threading.Event())
            self.post.share, self._armed = share, armed
            with self.home.db.write() as tx:
                choosing.verify_address(tx, by, address=address, code=self.post.codes[address])
            del self._bounced[address]
            self.obstacles.append((since, self.clock.now(), recipient_id))

    def untrue(self, items: list[Row]) -> int:
        """How many of these a letter must not speak of now: renewed, gone, decided 不续, or somebody else's by now."""
        wrong = 0
        for row in items:
            card = self.fleet.cards[row["sim_id"]]
            wrong += not (self.oracle.true_of(card, row["subject"], row["on_date"]) or (card.moving and card.live))
            wrong += self._false.get(row["sim_id"]) is not None
        return wrong


def born(
    folder: Path, *, seed: int, plan: Plan, cards: int, recipients: int, first: date, haste: float = 1.0, **post: Any
) -> Life:
    """A life that has not begun; things happen `haste` times as often as usual."""
    fleet = Fleet(random.Random(seed), cards, recipients, first, haste=haste)
    office = Post(folder / "post", random.Random(seed + 1), **post)
    return Life(folder / "home", fleet, office, plan, random.Random(seed + 2), MovedClock(moment(first, 6)))
