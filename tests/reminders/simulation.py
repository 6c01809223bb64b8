"""The long run of reminders: more than a year of a fleet, with outages, kills and a mail server that fails, and its report.

    python tests/reminders/simulation.py [--days 400] [--cards 5000] [--recipients 40] [--seed 1] [--houses 2]
        [--report docs/reminders-report.md]

Cards and recipients are shared out among the houses, which run side by side, one process each. It ends with an error where
one reminder is missing, late, said of a card renewed, or came more often than an acknowledgement was lost; the report is
written all the same.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from tests.mail.running import Sink
from tests.reminders.judge import Told, judge
from tests.reminders.life import Plan, born
from tests.reminders.mortal import POINTS

ROOT = Path(__file__).parents[2]
# A leap day and two Spring Festivals whose days off have been published lie within 400 days from here.
FIRST = date(2024, 1, 20)
OUTAGE_DAYS, OUTAGES, STORMS = 3, 3, 2
KILLS = 50

_HEAD = """# The long run of reminders

Made by `{command}` in {minutes:.1f} minutes of wall time. {days} days from {first} on, {cards:,} cards, {recipients} recipients
in {houses} houses side by side, a process each; seed {seed}. The clock is moved, nothing else is: the jobs, the database, the
letters and the outbox are the product's own. Letters go to a line that fails as the real one does (the same tests hold for
both), {real:.0%} of them over TCP and TLS to the mail sink.

What happens: renewals, also between the look and the letter; other expiry dates; replacements; cancellations; cards that
change their merchant and regions that change their owner; decisions not to renew, and back; orders under way;
acknowledgements. One send in ten meets a fault. Three outages of three days: the process, the mail server, the process.
Kills end the process at four points: after the commit that queues, after the one that claims, after the server took the
letter, after the one that notes the result; what is on the disk that moment is all that the next one finds. Two bad imports
give most cards a wrong date. Where an address refuses, its owner proves it anew with the mailed code.

What had to be said is reckoned apart from the product, card by card and day by day; what was said is read from the file of
accepted letters. **due**: keys (recipient, card, date, stage) that a look had to find. **twice**: copies beyond the first, of
all keys. **lost acks**: copies of keys whose sender never learnt that they were taken. **moot**: renewed, gone, decided
otherwise or overtaken before they could leave. **suppressed**, **renewed**: letters to addresses that take none, lines about
cards that nobody has to renew. **late**: after their day, or after the day of the first look once the outage was over.

| House | Due | Delivered | Moot | Missed | Late | Twice | Lost acks | Renewed | Suppressed | Letters | Sends | Signs of life | Kills | Storms held | Broken |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class House:
    """What one process runs."""

    number: int
    seed: int
    days: int
    cards: int
    recipients: int
    kills: int
    folder: Path
    real_share: float = 0.02


@dataclass
class Ended:
    """What became of it."""

    name: str
    told: Told
    sends: int = 0
    storms: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)


def plan(days: int, *, kills: int, seed: int) -> Plan:
    """Kills, outages and bad imports, spread over the days by the seed."""
    rng = random.Random(seed)
    free = list(range(10, days - 8))
    outages = []
    for n in range(OUTAGES):
        first = len(free) * n // OUTAGES
        start = rng.choice(free[first : first + len(free) // OUTAGES - OUTAGE_DAYS - 4])
        outages.append(frozenset(range(start, start + OUTAGE_DAYS)))
    near = {day + off for outage in outages for day in outage for off in (-1, 0, 1)}
    storms = frozenset(rng.sample([day for day in free if day not in near and day > days // 8], STORMS))
    points = [POINTS[n % len(POINTS)] for n in range(kills)]
    deaths = dict(zip(sorted(rng.sample(range(1, days - 2), kills)), points, strict=True))
    return Plan(days, deaths, asleep=outages[0] | outages[2], down=outages[1], storms=storms)


def live(house: House) -> Ended:
    """One house from the first day to the last, judged."""
    folder = house.folder / str(house.number)
    sink = Sink(folder / "sink").start() if house.real_share else None
    try:
        life = born(
            folder,
            seed=house.seed,
            plan=plan(house.days, kills=house.kills, seed=house.seed),
            cards=house.cards,
            recipients=house.recipients,
            first=FIRST,
            sink=sink,
            real_share=house.real_share,
        )

        def told(n: int) -> None:
            if n % 20 == 0:
                print(
                    f"house {house.number}: day {n}, {life.post.sends} sends, {life.killed.total()} kills", flush=True
                )

        life.run(told)
    finally:
        if sink is not None:
            sink.kill()
    return Ended(
        str(house.number),
        judge(life),
        life.post.sends,
        life.storms,
        Counter(life.fleet.happened),
        life.post.faults,
        life.killed,
    )


def total(ended: Sequence[Ended]) -> Ended:
    """All houses as one."""
    whole = Told()
    for one in ended:
        for each in fields(Told):
            setattr(whole, each.name, getattr(whole, each.name) + getattr(one.told, each.name))
    sums: list[Counter[str]] = [
        sum((getattr(one, name) for one in ended), Counter()) for name in ("happened", "faults", "killed")
    ]
    return Ended("**all**", whole, sum(one.sends for one in ended), sum(one.storms for one in ended), *sums)


def report(ended: Sequence[Ended], **said: object) -> str:
    """docs/reminders-report.md."""
    whole = total(ended)
    text = _HEAD.format(**said) + "".join(map(_row, [*ended, whole]))
    for title, counts in (("What happened", whole.happened), ("Faults", whole.faults), ("Kills", whole.killed)):
        text += f"\n## {title}\n\n| | |\n|---|---|\n"
        text += "".join(f"| {name} | {count:,} |\n" for name, count in sorted(counts.items()))
    if whole.told.broken:
        text += "\n## Broken\n\n" + "".join(f"- {line}\n" for line in whole.told.broken[:200])
    return text


def _row(one: Ended) -> str:
    told = one.told
    figures = [
        told.due, told.delivered, told.moot, told.missed, told.late, told.twice, told.lost_acks, told.renewed, told.suppressed,
        told.letters, one.sends, told.heartbeats, told.kills, one.storms, len(told.broken),
    ]  # fmt: skip
    return f"| {one.name} | " + " | ".join(f"{figure:,}" for figure in figures) + " |\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, value in (
        ("days", 400),
        ("cards", 5_000),
        ("recipients", 40),
        ("seed", 1),
        ("houses", 2),
        ("kills", KILLS),
    ):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--real-share", type=float, default=0.02)
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "reminders-report.md")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="flowcard-reminders-") as folder:
        houses = [
            House(
                n + 1, asked.seed + 100 * n, asked.days, asked.cards // asked.houses, asked.recipients // asked.houses,
                asked.kills // asked.houses, Path(folder), asked.real_share,
            )
            for n in range(asked.houses)
        ]  # fmt: skip
        with ProcessPoolExecutor(asked.houses, mp_context=get_context("spawn")) as pool:
            ended = list(pool.map(live, houses))
    command = (
        " ".join(["python tests/reminders/simulation.py", *sys.argv[1:]]) if len(sys.argv) > 1 else "make reminders"
    )
    said = {name: getattr(asked, name) for name in ("days", "cards", "recipients", "seed", "houses")}
    text = report(
        ended, **said, command=command, first=FIRST, real=asked.real_share, minutes=(time.monotonic() - began) / 60
    )
    asked.report.write_text(text, encoding="utf-8")
    whole = total(ended).told
    print(f"{whole.due} due, {whole.delivered} delivered, {whole.missed} missed, {whole.late} late: {asked.report}")
    if not whole.keeps_the_bar:
        sys.exit("reminders are off; the report says where")


if __name__ == "__main__":
    main()
