"""The schedule as a table, what waits, its last day as a strip, its runs and what each wrote to the log."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import viewer
from dashboard.charts import run_strip
from dashboard.widgets.listing import Column, choose_one, listing
from dashboard.widgets.tables import replaced
from data import words
from data.clock import HOME_ZONE
from data.runs.rules import OUTCOME_WORDS, QUEUE_WORDS, unusual
from data.runs.slots import next_slot
from data.words import N_, _, spoken

_STATE_WORDS = {**OUTCOME_WORDS, "paused": N_("paused"), "idle": N_("nothing was due")}
_COLOURS = {
    "ok": "green",
    "failed": "red",
    "missed": "orange",
    "overlapped": "orange",
    "stopped": "orange",
    "running": "blue",
}

_JOBS = (
    Column("sentence", N_("What it does"), "word", pinned=True, width=345),
    Column("state", N_("Last run"), "badge", words=_STATE_WORDS, colours=_COLOURS, width=115),
    Column("last_ended_at", N_("Ended"), "moment", width=125),
    Column("took", N_("Duration"), width=95),
    Column("usual", N_("Usual duration"), width=100),
    Column("next", N_("Next run"), width=125),
    Column("when", N_("Trigger"), width=95),
    Column("runs_24h", N_("Runs in 24 h"), "count", width=95),
    Column("failed_24h", N_("Failed in 24 h"), "count", width=100),
    Column("last_did", N_("What it did"), width=420),
    Column("name", N_("Name"), width=130),
)
# Said outright: in a young home whole columns are empty.
_JOB_ROWS = pa.schema(
    [(name, pa.string()) for name in ("name", "sentence", "last_did", "state", "took", "usual", "when", "next")]
    + [("last_ended_at", pa.timestamp("us", "UTC")), ("runs_24h", pa.int64()), ("failed_24h", pa.int64())]
)
_QUEUES = (
    Column("queue", N_("What waits"), "word", words=QUEUE_WORDS, width=290),
    Column("count", N_("Count"), "count", width=90),
    Column("oldest_at", N_("Oldest since"), "moment", width=140),
    Column("desk", N_("Page"), "link", width=170),
)
# Where each queue is looked after, and that page's name in the menu.
_DESKS = {
    "batches": ("batches", N_("Batches")),
    "to_send": ("batches", N_("Batches")),
    "unknown": ("failed", N_("Failed and unconfirmed")),
    "needs_review": ("review", N_("Review desk")),
    "uploads": ("import_files", N_("Import")),
    "exports": ("exports", N_("Exports")),
    "mails": ("reminders", N_("Reminders")),
    "mails_held": ("reminders", N_("Reminders")),
    "mails_unknown": ("reminders", N_("Reminders")),
}
_RUN_CHOSEN = "jobs:run"
_LOG_PX = 320
_QUEUE_ROWS = pa.schema(
    [("queue", pa.string()), ("count", pa.int64()), ("oldest_at", pa.timestamp("us", "UTC")), ("desk", pa.string())]
)
_RUNS = (
    Column("started_at", N_("Started"), "moment"),
    Column("sentence", N_("Job"), width=280),
    Column("outcome", N_("Outcome"), "badge", words=OUTCOME_WORDS, colours=_COLOURS),
    Column("took", N_("Duration")),
    Column("did", N_("What it did"), width=420),
    Column("error", N_("Error"), width=420),
)


def jobs_table(jobs: Sequence[Mapping[str, Any]], *, now: datetime) -> int | None:
    """The schedule, one line per job; the line a person has chosen."""
    rows = [
        {
            **{name: job[name] for name in ("name", "sentence", "last_ended_at", "runs_24h", "failed_24h")},
            "last_did": spoken(job["last_did"]) if job["last_did"] else None,
            "state": "paused" if job["paused"] else job["last_outcome"] or "idle",
            "took": _took(job, now=now),
            "usual": seconds(job["usual_s"]),
            "when": _when(job["trigger"]),
            "next": _next(job, now=now),
        }
        for job in jobs
    ]
    return choose_one(pa.Table.from_pylist(rows, _JOB_ROWS), _JOBS, alt=_("The schedule"), key="jobs:table")


def queues_table(queues: Sequence[Mapping[str, Any]]) -> None:
    """What waits for a job or a person, how much and since when, and where to look after it."""
    rows = []
    for queue in queues:
        page, title = _DESKS[queue["queue"]]
        rows.append({**queue, "desk": f"/{page}#{_(title)}"})
    listing(pa.Table.from_pylist(rows, _QUEUE_ROWS), _QUEUES, alt=_("What waits"), key="jobs:queues")


def runs_table(runs: pa.Table, *, sentences: Mapping[str, str]) -> None:
    """Runs, newest first; a click on one keeps it chosen, whatever comes after it."""
    names = [_(sentences.get(name, name)) for name in runs["job"].to_pylist()]
    took = [seconds(value) for value in runs["took_s"].to_pylist()]
    shown = replaced(runs, sentence=pa.array(names, pa.string()), took=pa.array(took, pa.string()))
    for name in ("did", "error"):
        said = [spoken(kept) if kept else None for kept in runs[name].to_pylist()]
        shown = replaced(shown, **{name: pa.array(said, pa.string())})
    ids = runs["run_id"].to_pylist()
    # A new run moves all others down: what is chosen is chosen of the rows that were seen.
    row = choose_one(shown, _RUNS, alt=_("Runs"), key=f"jobs:runs:{ids[0]}")
    if row is not None:
        viewer.keep(_RUN_CHOSEN, ids[row])


def chosen_run() -> int | None:
    """The run whose log a person wants to see."""
    chosen: int | None = viewer.kept(_RUN_CHOSEN)
    return chosen


def log_of_run(run_id: int, log: str | None) -> None:
    """What a run wrote to the log, until it is closed."""
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{_('Log of run {run}', run=run_id)}**")
            if st.button(_("Close"), icon=":material/close:", key="jobs:close_log", type="tertiary"):
                viewer.forget(_RUN_CHOSEN)
                st.rerun(scope="fragment")
        if log:
            st.code(log, language=None, height=_LOG_PX, wrap_lines=True)
        else:
            st.caption(_("It wrote nothing to the log, or is still running."))


def last_day(by_hour: pa.Table, *, sentences: Mapping[str, str], now: datetime) -> None:
    """A cell per job and hour of the last 24, coloured where it did something."""
    found = {(row["job"], _local_hour(row["hour"])): row for row in by_hour.to_pylist()}
    last = _local_hour(now)
    hours = [last - timedelta(hours=back) for back in range(24)]
    cells = [_cell(_(said), hour, found.get((job, hour))) for job, said in sentences.items() for hour in hours]
    st.vega_lite_chart(
        pa.Table.from_pylist(cells),
        run_strip.spec(len(sentences)),
        alt=_("Runs of the last 24 hours, one line per job"),
    )


def _local_hour(instant: datetime) -> datetime:
    # The chart draws in UTC whatever the browser's zone: it is handed the local hour under that name.
    return instant.astimezone(HOME_ZONE).replace(tzinfo=UTC, minute=0, second=0, microsecond=0)


def _cell(job: str, hour: datetime, row: Mapping[str, Any] | None) -> dict[str, Any]:
    ran, failed = (row["runs"], row["failed"]) if row else (0, 0)
    outcome = "failed" if failed else "done" if ran else "nothing"
    # A little short of the hour, so that the cells stand apart.
    until = hour + timedelta(minutes=56)
    return {"job": job, "hour": hour, "until": until, "runs": ran, "failed": failed, "outcome": outcome}


def seconds(value: float | None) -> str | None:
    """A duration as a person says it."""
    if value is None:
        return None
    if value < 1:
        return _("under 1 s")
    if value < 120:
        return _("{n} s", n=words.number(round(value)))
    if value < 2 * 3600:
        return _("{n} min", n=words.number(round(value / 60)))
    return _("{n} h", n=words.number(round(value / 3600, 1)))


def _when(trigger: str) -> str:
    if not trigger.startswith("every "):
        return _("daily at {time}", time=trigger)
    every = trigger.removeprefix("every ").removesuffix(" s")
    return {"1": _("every second"), "60": _("every minute")}.get(every) or _("every {n} s", n=every)


def _took(job: Mapping[str, Any], *, now: datetime) -> str | None:
    """How long the last run took, or has been taking; how much longer than usual where that is much."""
    if job["last_outcome"] == "running":
        return _("{time} so far", time=seconds((now - job["last_started_at"]).total_seconds()))
    times = unusual(job)
    took = seconds(job["last_s"]) if job["last_outcome"] in {"ok", "failed", "stopped"} else None
    # The usual duration stands beside it.
    return f"{took} ({words.number(round(times))}×)" if took and times else took


def _next(job: Mapping[str, Any], *, now: datetime) -> str:
    if job["paused"]:
        return _("paused")
    if job["trigger"].startswith("every "):
        return _("within {n} s", n=job["trigger"].removeprefix("every ").removesuffix(" s"))
    return words.moment(next_slot(time.fromisoformat(job["trigger"]), now=now))
