"""The schedule as a table, its last day as a strip, and its runs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard.charts import run_strip
from dashboard.widgets.listing import Column, choose_one, listing
from data import words
from data.clock import HOME_ZONE
from data.runs.rules import OUTCOME_WORDS
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
    Column("sentence", N_("What it does"), "word", pinned=True, width=355),
    Column("state", N_("Last run"), "badge", words=_STATE_WORDS, colours=_COLOURS, width=130),
    Column("last_ended_at", N_("Ended"), "moment", width=125),
    Column("usual", N_("Usual duration"), width=105),
    Column("when", N_("Trigger"), width=110),
    Column("next", N_("Next run"), width=125),
    Column("runs_24h", N_("Runs in 24 h"), "count", width=95),
    Column("failed_24h", N_("Failed in 24 h"), "count", width=100),
    Column("last_did", N_("What it did"), width=420),
    Column("name", N_("Name"), width=130),
)
# Said outright: in a young home whole columns are empty.
_JOB_ROWS = pa.schema(
    [(name, pa.string()) for name in ("name", "sentence", "last_did", "state", "usual", "when", "next")]
    + [("last_ended_at", pa.timestamp("us", "UTC")), ("runs_24h", pa.int64()), ("failed_24h", pa.int64())]
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
            "usual": seconds(job["usual_s"]),
            "when": _when(job["trigger"]),
            "next": _next(job["trigger"], paused=job["paused"], now=now),
        }
        for job in jobs
    ]
    return choose_one(pa.Table.from_pylist(rows, _JOB_ROWS), _JOBS, alt=_("The schedule"), key="jobs:table")


def runs_table(runs: pa.Table, *, sentences: Mapping[str, str]) -> None:
    """Runs, newest first."""
    names = [_(sentences.get(name, name)) for name in runs["job"].to_pylist()]
    took = [seconds(value) for value in runs["took_s"].to_pylist()]
    shown = runs.append_column("sentence", pa.array(names, pa.string())).append_column(
        "took", pa.array(took, pa.string())
    )
    for name in ("did", "error"):
        said = [spoken(kept) if kept else None for kept in runs[name].to_pylist()]
        shown = shown.set_column(shown.column_names.index(name), name, pa.array(said, pa.string()))
    listing(shown, _RUNS, alt=_("Runs"), key="jobs:runs")


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
    return _("{n} min", n=words.number(round(value / 60)))


def _when(trigger: str) -> str:
    if not trigger.startswith("every "):
        return _("daily at {time}", time=trigger)
    every = trigger.removeprefix("every ").removesuffix(" s")
    return {"1": _("every second"), "60": _("every minute")}.get(every) or _("every {n} s", n=every)


def _next(trigger: str, *, paused: bool, now: datetime) -> str:
    if paused:
        return _("paused")
    if trigger.startswith("every "):
        return _("within {n} s", n=trigger.removeprefix("every ").removesuffix(" s"))
    local = now.astimezone(HOME_ZONE)
    hour, minute = (int(part) for part in trigger.split(":"))
    due = datetime.combine(local.date(), time(hour, minute), HOME_ZONE)
    return words.moment(due if due > local else due + timedelta(days=1))
