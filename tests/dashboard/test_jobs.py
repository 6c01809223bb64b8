"""The Jobs page: the schedule in words, what each run did, and wishes that the schedule takes."""

from datetime import timedelta
from types import SimpleNamespace

import anyio
import pytest

from dashboard.menu import PAGES
from data.database import Query
from data.files import store as files
from data.runs import store as runs
from data.runs.rules import QUEUE_WORDS, Planned
from data.words import later
from jobs import verify_audit

SCHEDULE = (
    Planned("run_renewals", 0, "every 1 s", "Works off approved batches"),
    Planned("roll_up", 1, "00:10", "Makes the joined view of every SIM anew for the new day"),
)
DID = later("{count} vouchers read", count=3)
ERROR = later("It broke off with {error}; the server's log says where", error="OSError: disk full")
WISHES = Query("wishes", "What people asked.", "SELECT job, wish FROM job_request ORDER BY request_id")


def _schedule(home):
    with home.db.write() as tx:
        runs.keep_schedule(tx, SCHEDULE)
        runs.keep_run(tx, job="run_renewals", started_at=tx.now - timedelta(seconds=4), outcome="ok", did=DID)
        runs.keep_run(tx, job="roll_up", started_at=tx.now, outcome="failed", error=ERROR)


def _choose(test, row):
    test.session_state["jobs:table"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return test.run()


def _choose_run(test, run_id, row):
    test.session_state[f"jobs:runs:{run_id}"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return test.run()


def test_before_the_first_start_the_page_says_where_the_schedule_comes_from(home, page):
    test = page("jobs", "viewer")
    assert not test.exception
    assert "No schedule yet" in [head.value for head in test.subheader]


def test_every_job_is_said_in_words_with_its_last_run(home, people, page):
    _schedule(home)
    test = page("jobs", "viewer")
    assert not test.exception
    table = test.dataframe[0].value
    assert list(table["sentence"]) == [job.sentence for job in SCHEDULE]
    assert list(table["when"]) == ["every second", "daily at 00:10"]
    assert list(table["next"]) == ["within 1 s", "2026-11-23 00:10"]
    assert next(iter(table["usual"])) == "4 s"


def test_runs_name_the_error_of_the_one_that_failed(home, people, page):
    _schedule(home)
    runs_table = page("jobs", "viewer").dataframe[2].value
    assert next(iter(runs_table["error"])) == "It broke off with OSError: disk full; the server's log says where"


def test_the_page_speaks_chinese(home, people, page):
    _schedule(home)
    test = page("jobs", "viewer", language="zh_CN")
    assert test.title[0].value == "后台任务"
    assert next(iter(test.dataframe[0].value["sentence"])) == "执行已批准的续费批次"
    assert next(iter(test.dataframe[0].value["last_did"])) == "识读 3 份凭证"
    assert list(test.dataframe[0].value["when"]) == ["每秒", "每天 00:10"]
    assert next(iter(test.dataframe[2].value["error"])) == "运行中断：OSError: disk full；详情见服务器日志"


def test_an_operator_asks_for_a_run_and_the_wish_is_written(home, people, page):
    _schedule(home)
    test = _choose(page("jobs", "operator"), 1)
    test.button(key="jobs:run_now:roll_up").click().run()
    assert not test.exception
    assert home.db.read().rows(WISHES) == [{"job": "roll_up", "wish": "run_now"}]


def test_a_paused_job_offers_to_resume(home, people, page):
    _schedule(home)
    with home.db.write() as tx:
        runs.ask(tx, people["operator"], job="roll_up", wish="pause")
        runs.take_requests(tx)
    test = _choose(page("jobs", "administrator"), 1)
    assert test.button(key="jobs:resume:roll_up")
    assert list(test.dataframe[0].value["next"])[1] == "paused"


def test_a_viewer_is_offered_no_wish(home, people, page):
    _schedule(home)
    test = _choose(page("jobs", "viewer"), 1)
    assert [button.key for button in test.button if str(button.key).startswith("jobs:")] == []


def test_queues_tell_how_much_waits_since_when_and_where_to_look(home, people, page):
    _schedule(home)
    with home.db.write() as tx:
        files.keep_upload(tx, people["operator"], sha256="0", filename="a.csv", size=1, source="page", kind="cards")
    waits = page("jobs", "viewer").dataframe[1].value.set_index("queue")
    assert set(waits.index) == set(QUEUE_WORDS.values())
    assert waits.loc["Dropped files to be read or imported", "count"] == "1"
    assert waits.loc["Dropped files to be read or imported", "oldest_at"] == "2026-11-22 10:00"
    assert waits.loc["Unconfirmed orders", ["count", "desk"]].tolist() == ["0", "/failed#Failed and unconfirmed"]
    assert {desk.split("#")[0] for desk in waits["desk"]} <= {f"/{row.name}" for row in PAGES}


def test_the_log_of_a_run_is_one_click_away_and_stays_when_another_run_comes(home, people, page):
    _schedule(home)
    with home.db.write() as tx:
        runs.keep_run(tx, job="roll_up", started_at=tx.now, outcome="failed", error=ERROR, log="10:00:00 ERROR `x`")
    test = _choose_run(page("jobs", "operator"), 3, 0)
    assert not test.exception
    assert test.code[0].value == "10:00:00 ERROR `x`"
    with home.db.write() as tx:
        runs.keep_run(tx, job="roll_up", started_at=tx.now, outcome="ok", did=DID)
    assert test.run().code[0].value == "10:00:00 ERROR `x`"
    assert test.button(key="jobs:close_log").click().run().code.len == 0


def test_logs_of_runs_are_not_for_viewers(home, people, page):
    _schedule(home)
    with home.db.write() as tx:
        runs.keep_run(tx, job="roll_up", started_at=tx.now, outcome="failed", error=ERROR, log="10:00:00 ERROR `x`")
    test = _choose_run(page("jobs", "viewer"), 3, 0)
    assert test.code.len == 0
    assert "An operator or administrator may read the logs of runs." in [said.value for said in test.caption]


def test_a_failed_late_or_long_job_is_a_red_line(home, people, page):
    _schedule(home)
    (line,) = page("jobs", "viewer").error
    assert line.value.startswith("**Makes the joined view of every SIM anew for the new day**: failed the last time — ")
    assert "OSError: disk full" in line.value.replace("\u2060", "")
    with home.db.write() as tx:
        runs.begin_run(tx, job="run_renewals", started_at=tx.now - timedelta(hours=13))
        runs.keep_run(tx, job="roll_up", started_at=tx.now, outcome="ok")
    (line,) = page("jobs", "viewer").error
    assert line.value == "**Works off approved batches**: has been running for longer than it may"
    table = page("jobs", "viewer").dataframe[0].value
    assert next(iter(table["took"])) == "13 h so far"
    with home.db.write() as tx:
        runs.keep_schedule(tx, SCHEDULE)
    home.clock.move(timedelta(minutes=4))
    assert [line.value.split(": ")[1] for line in page("jobs", "viewer").error] == ["has not come round in time"] * 2


def test_a_schedule_that_stands_still_is_one_line(home, people, page):
    with home.db.write() as tx:
        runs.keep_schedule(tx, [Planned(f"job {n}", n, "every 1 s", "Works off approved batches") for n in range(5)])
    home.clock.move(timedelta(minutes=4))
    assert [line.value for line in page("jobs", "viewer").error] == [
        "**The schedule stands still**: 5 jobs have not come round in time"
    ]


def test_a_run_that_took_far_longer_than_usual_says_so(home, people, page):
    _schedule(home)
    with home.db.write() as tx:
        for took in (5, 5, 5, 60):
            runs.keep_run(tx, job="run_renewals", started_at=tx.now - timedelta(seconds=took), outcome="ok", did=DID)
    assert next(iter(page("jobs", "viewer").dataframe[0].value["took"])) == "60 s (12×)"


def test_today_opens_with_a_log_that_was_tampered_with_and_counts_other_jobs(home, fleet, page):
    fleet(1)
    broken = later(verify_audit.CHANGED, seq=5)
    with home.db.write() as tx:
        planned = [Planned(name, 0, "04:40", "Follows the audit log") for name in ("verify_audit", "roll_up")]
        runs.keep_schedule(tx, planned)
        runs.keep_run(tx, job="verify_audit", started_at=tx.now, outcome="failed", error=broken)
    lines = [line.value for line in page("today", "viewer").error]
    assert "Entry 5 of the audit log is not what was written" in lines[0]
    assert len(lines) == 1
    with home.db.write() as tx:
        runs.keep_run(tx, job="verify_audit", started_at=tx.now, outcome="ok", did=DID)
        runs.keep_run(tx, job="roll_up", started_at=tx.now, outcome="failed", error=ERROR)
    assert [line.value for line in page("today", "viewer").error] == ["1 job is not in order"]


@pytest.mark.parametrize(
    ("late", "long", "told"),
    [
        ([], [], (200, b'{"status":"ok"}')),
        (["a"], [], (503, b'{"status":"late"}')),
        ([], ["b"], (503, b'{"status":"long"}')),
    ],
)
def test_health_tells_late_and_long_runs_and_no_names(monkeypatch, late, long, told):
    from dashboard import app

    monkeypatch.setattr(app, "_running", SimpleNamespace(late=lambda: late, long=lambda: long))
    answer = anyio.run(app.healthz, None)
    assert (answer.status_code, answer.body) == told
