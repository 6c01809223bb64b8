"""The Jobs page: the schedule in words, what each run did, and wishes that the schedule takes."""

from datetime import timedelta
from types import SimpleNamespace

import anyio
import pytest

from data.database import Query
from data.runs import store as runs
from data.runs.rules import Planned
from data.words import later

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
    runs_table = page("jobs", "viewer").dataframe[1].value
    assert next(iter(runs_table["error"])) == "It broke off with OSError: disk full; the server's log says where"


def test_the_page_speaks_chinese(home, people, page):
    _schedule(home)
    test = page("jobs", "viewer", language="zh_CN")
    assert test.title[0].value == "后台任务"
    assert next(iter(test.dataframe[0].value["sentence"])) == "执行已批准的续费批次"
    assert next(iter(test.dataframe[0].value["last_did"])) == "识读 3 份凭证"
    assert list(test.dataframe[0].value["when"]) == ["每秒", "每天 00:10"]
    assert next(iter(test.dataframe[1].value["error"])) == "运行中断：OSError: disk full；详情见服务器日志"


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
