"""`flowcard renew …`: propose, approve, run, status, and the switch that stops everything."""

import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from data.home import Home
from data.people.rules import Action
from data.renewals import journal
from data.renewals import store as renewals
from data.renewals.recovery import recover
from data.renewals.rules import BATCH_WORDS, STATE_WORDS, ItemCaps
from data.renewals.store import Status
from data.words import _, number, yuan
from jobs import run_renewals, settle_unknowns
from jobs.carriers import accounts
from jobs.commands import (
    OK,
    SOMETHING_REFUSED,
    UNKNOWN_LEFT,
    USAGE,
    AsOption,
    HomeOption,
    JsonOption,
    actor,
    err,
    fail,
    opened,
    out,
)

BatchArgument = Annotated[int, typer.Argument(help="The batch's number")]
# An unknown is asked after ten seconds and after a minute; what is still unknown then wants hours.
FIRST_SLOTS = 2
# A carrier that puts an order off for longer keeps nobody at a terminal.
_PATIENCE = timedelta(minutes=10)
_LOOK_EVERY_S = 0.3
_STATES = ("succeeded", "failed", "unknown", "needs_review", "pending", "submitted", "cancelled")

app = typer.Typer(help="Bulk renewals: propose, approve, run, status.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Hang the commands under `flowcard renew`."""
    root.add_typer(app, name="renew")


@app.command()
def propose(
    expiring_within: Annotated[int, typer.Option("--expiring-within", min=0, max=3650, help="Days from today")],
    carrier: Annotated[str | None, typer.Option("--carrier", help="Only cards of this carrier")] = None,
    account: Annotated[str | None, typer.Option("--account", help="Only cards of this account")] = None,
    months: Annotated[int | None, typer.Option("--months", min=1, max=120, help="Else each plan's own term")] = None,
    by: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Make a batch of the cards that expire soon. Ends with 2 when some of them were refused."""
    with opened(home, note="flowcard renew propose") as house:
        who = actor(house, by, Action.PROPOSE)
        accounts.load(house)
        with house.db.write() as tx:
            made = renewals.propose_due(
                tx,
                who,
                expiring_within=expiring_within,
                carrier=carrier,
                account=account,
                months=months,
                form_key=f"command {uuid.uuid4()}",
                caps=ItemCaps(house.settings.item_max_yuan, house.settings.price_jump_percent),
            )
    if as_json:
        print(json.dumps(asdict(made)))
    elif made.batch is None:
        out.print(_("No card can be renewed; {refused} were refused", refused=made.refused))
    else:
        said = _(
            "Batch {batch}: {items} cards, {amount}; {refused} refused",
            batch=made.batch,
            items=made.items,
            amount=yuan(made.amount_fen),
            refused=made.refused,
        )
        out.print(said, highlight=False)
    raise typer.Exit(SOMETHING_REFUSED if made.refused else OK)


@app.command()
def approve(
    batch: BatchArgument,
    by: AsOption = None,
    form_no: Annotated[str | None, typer.Option("--form-no", help="Number of the company's own approval form")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why a second purchase in one cycle")] = None,
    home: HomeOption = None,
) -> None:
    """Approve a batch as it stands now; the maker may not, a deputy may."""
    with opened(home, note="flowcard renew approve") as house:
        who = actor(house, by, Action.DEPUTISE)
        status = _known(house, batch)
        with house.db.write() as tx:
            renewals.approve(
                tx,
                who,
                batch=batch,
                content_hash=status.content_hash,
                settings=house.settings,
                form_no=form_no,
                reason=reason,
            )
        out.print(
            _(
                "Batch {batch} is approved: {items} cards, {amount}",
                batch=batch,
                items=status.items,
                amount=yuan(status.amount_fen),
            ),
            highlight=False,
        )


@app.command()
def run(
    batch: BatchArgument,
    wait_s: Annotated[int, typer.Option("--wait", min=0, help="Wait so many seconds longer for unknown ones")] = 0,
    home: HomeOption = None,
) -> None:
    """Work a batch off here, where no server does. 0: all renewed; 2: something failed; 4: some are unknown yet."""
    with opened(home, note="flowcard renew run") as house:
        status = _known(house, batch)
        if status.state not in {"approved", "running", "done"}:
            fail(
                _("Batch {batch} is {state}; this cannot be done now", batch=batch, state=_(BATCH_WORDS[status.state])),
                SOMETHING_REFUSED,
            )
        accounts.load(house)
        recover(house.db, house.journal)
        run_renewals.tell(house)
        _in_sight(house, batch, timedelta(seconds=wait_s))
        status = _known(house, batch)
        _say(status)
        raise typer.Exit(_ending(status))


@app.command()
def status(batch: BatchArgument, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Where a batch stands."""
    with opened(home, note="flowcard renew status") as house:
        found = _known(house, batch)
    if as_json:
        print(json.dumps({name: getattr(found, name) for name in ("state", "items", *_STATES, "amount_fen")}))
    else:
        _say(found)


@app.command()
def stop(
    account: Annotated[str, typer.Option("--account", help="Only this account; else all")] = "",
    why: Annotated[str | None, typer.Option("--why", help="Stands in every page's header")] = None,
    by: AsOption = None,
    home: HomeOption = None,
) -> None:
    """Let nothing more be sent, for one account or for all, until it is released."""
    with opened(home, note="flowcard renew stop") as house:
        who = actor(house, by, Action.STOP_RENEWALS)
        with house.db.write() as tx:
            renewals.stop(tx, who, account=account, reason=why)


@app.command()
def release(
    account: Annotated[str, typer.Option("--account", help="Only this account; else all")] = "",
    by: AsOption = None,
    home: HomeOption = None,
) -> None:
    """Let renewals go on; whoever stopped them may not."""
    with opened(home, note="flowcard renew release") as house:
        who = actor(house, by, Action.RELEASE_RENEWALS)
        with house.db.write() as tx:
            renewals.release(tx, who, account=account)


@app.command()
def restored(by: AsOption = None, home: HomeOption = None) -> None:
    """Say that an older copy of the whole home was put back: all that is not bought is asked about before anything is sent."""
    with opened(home, note="flowcard renew restored") as house:
        who = actor(house, by, Action.STOP_RENEWALS)
        recover(house.db, house.journal)
        with house.db.write() as tx:
            items = renewals.restored(tx, who, journal.opened(house.journal))
        told = _("{items} orders are asked about again; every open batch waits for an approver", items=number(items))
        out.print(told, highlight=False, soft_wrap=True)


def _known(house: Home, batch: int) -> Status:
    found = renewals.status(house.db.read(), batch)
    if found is None:
        fail(_("There is no batch {batch}", batch=batch), USAGE)
    return found


def _in_sight(house: Home, batch: int, longer: timedelta) -> None:
    """Work in one thread, draw in this one; Ctrl-C lets the chunk that is out come home first."""
    stopping = threading.Event()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with ThreadPoolExecutor(1) as pool, Progress(*columns, console=err) as bar:
        working = pool.submit(_work, house, batch, longer, stopping)
        task = bar.add_task(_("Batch {batch}", batch=batch), total=None)
        try:
            while not wait([working], timeout=_LOOK_EVERY_S).done:
                seen = renewals.progress(house.db.read(), batch)
                bar.update(task, completed=seen.done, total=seen.total)
        except KeyboardInterrupt:
            stopping.set()
            raise
        seen = renewals.progress(house.db.read(), batch)
        bar.update(task, completed=seen.done, total=seen.total)
        working.result()


def _work(house: Home, batch: int, longer: timedelta, stopping: threading.Event) -> None:
    asked_enough_at: datetime | None = None
    while not stopping.is_set():
        run_renewals.run(house, stopping, only=batch)
        settle_unknowns.run(house, stopping)
        left, now = renewals.left(house.db.read(), batch), house.clock.now()
        if left.to_send:
            status = renewals.status(house.db.read(), batch)
            held = renewals.stops(house.db.read()) or status is None or status.state not in {"approved", "running"}
            if held or (left.next_at and left.next_at > now + _PATIENCE):
                return
        elif not left.unknown:
            return
        elif left.least_asked is not None and left.least_asked >= FIRST_SLOTS:
            asked_enough_at = asked_enough_at or now
            if now >= asked_enough_at + longer:
                return
        time.sleep(_LOOK_EVERY_S)


def _ending(status: Status) -> int:
    if status.unknown:
        return UNKNOWN_LEFT
    return OK if status.succeeded == status.items else SOMETHING_REFUSED


def _say(status: Status) -> None:
    parts = [f"{_(STATE_WORDS[state])} {getattr(status, state)}" for state in _STATES if getattr(status, state)]
    head = _(
        "Batch {batch} is {state}: {items} cards, {amount}",
        batch=status.batch,
        state=_(BATCH_WORDS[status.state]),
        items=status.items,
        amount=yuan(status.amount_fen),
    )
    out.print(" · ".join([head, *parts]), highlight=False, soft_wrap=True)
