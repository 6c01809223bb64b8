"""The door: opens the home, starts the schedule before the first visitor, stops both on SIGTERM."""

import gc
import importlib
import logging
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import streamlit as st
from anyio import to_thread
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import BaseRoute, Route

from dashboard import framework, gate, routes
from data import home as house
from data import redacting
from data.database import TooSlow
from data.disk import DiskError
from data.home import Home, HomeError, home_path, open_home
from data.people import keeping
from data.people import store as people
from data.renewals.journal import JournalBroken
from data.renewals.recovery import RecoveryError, recover
from data.settings import SettingsError
from data.words import _
from jobs import send_outbox
from jobs.carriers import accounts
from jobs.run_renewals import tell
from jobs.schedule import Scheduler

log = logging.getLogger("flowcard")
_running: Scheduler | None = None


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Everything between the first and the last visitor."""
    global _running
    redacting.install()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # A tick that finds its job still running is skipped, every second while a long batch runs: no news.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    try:
        home = await to_thread.run_sync(_start)
    except (HomeError, SettingsError, JournalBroken, RecoveryError, DiskError) as error:
        # One sentence is all a person needs; past this point the framework would print its whole stack.
        print(error, file=sys.stderr, flush=True)
        os._exit(getattr(error, "exit_code", 1))
    _running = Scheduler(home)
    try:
        _running.start()
        answer_at_once()
        _warm()
        yield
    finally:
        await to_thread.run_sync(_running.stop)
        _running = None
        house.install(None)
        home.close()
        log.info("stopped")
    # Everything is closed. From here the framework would answer the signal with its own words and a status of failure.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _start() -> Home:
    framework.check()
    home = open_home(home_path(), create="real", note="flowcard serve")
    try:
        accounts.load(home)
        log.info("recovered: %s", recover(home.db, home.journal))
        send_outbox.recover(home)
        # A kill may have come between a purchase and the joined row that shows it.
        tell(home)
    except BaseException:
        home.close()
        raise
    house.install(home)
    if not people.everyone(home.db.read()):
        with home.db.write() as tx:
            token = keeping.make_setup_link(tx)
        print(
            f"Nobody can sign in yet. Make the first administrator here, once: {home.settings.public_url}/set-up?token={token}"
        )
    print(f"Flowcard serves {home.path} at {home.settings.public_url}")
    return home


def _warm() -> None:
    """Import what the first page needs, then keep it out of the collector's way: it is walked after every rerun."""
    for name in ("pandas", "pyarrow.compute", "altair", "dashboard.charts", "dashboard.widgets", "dashboard.menu"):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def answer_at_once() -> None:
    """Set TCP_NODELAY on this process's listening sockets; what they accept inherits it.

    The framework binds with protocol 0, which asyncio's own no-delay passes over: a rerun's second message then waits
    40 ms for the browser to acknowledge the first. Before `_warm`: what is frozen is no longer listed.
    """
    internet = {socket.AF_INET, socket.AF_INET6}
    for thing in gc.get_objects():
        if type(thing) is not socket.socket or thing.fileno() < 0 or thing.family not in internet:
            continue
        if thing.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            thing.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def in_trouble(error: Exception) -> bool:
    """What a person sees when a page breaks: one sentence with a number that the log also has; no details."""
    if isinstance(error, TooSlow):
        log.warning("%s", error)
        st.error(_(error.msgid, **error.values), icon=":material/timer_off:")
        return True
    trouble = error if isinstance(error, DiskError) else house.current().db.trouble
    if trouble is not None:
        log.error("%s", trouble)
        st.error(_(trouble.msgid, **trouble.values), icon=":material/hard_drive:")
        return True
    number = secrets.token_hex(4)
    log.error("page error %s", number, exc_info=error)
    st.error(
        _(
            "Something broke on this page. Nothing you did is lost; load it again. If it stays, tell the administrator error {number}.",
            number=number,
        ),
        icon=":material/report:",
    )
    return True


async def healthz(_request: Request) -> JSONResponse:
    """200 while every job comes round and runs in time, 503 when one is late or over its budget. Says nothing else to strangers."""
    late = _running.late() if _running else ["schedule"]
    status = "late" if late else "long" if _running and _running.long() else "ok"
    return JSONResponse({"status": status}, 200 if status == "ok" else 503)


async def metrics(_request: Request) -> PlainTextResponse:
    """Versions and job ages in the Prometheus text format, for whoever is signed in."""
    versions = ",".join(f'{name}="{version(name)}"' for name in ("flowcard", "streamlit", "duckdb"))
    ages = _running.ages() if _running else {}
    lines = [
        "# TYPE flowcard_info gauge",
        f"flowcard_info{{{versions}}} 1",
        "# TYPE flowcard_job_age_seconds gauge",
        *(f'flowcard_job_age_seconds{{job="{job}"}} {age.total_seconds():.1f}' for job, age in ages.items()),
    ]
    return PlainTextResponse("\n".join(lines) + "\n")


_ROUTES: list[BaseRoute] = [Route("/healthz", healthz), Route("/metrics", metrics), *gate.ROUTES, *routes.ROUTES]
app = st.App(
    "frame.py", lifespan=lifespan, routes=_ROUTES, middleware=[Middleware(gate.Guard)], on_script_error=in_trouble
)
