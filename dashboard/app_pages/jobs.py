"""Jobs: what the product does by itself and when, what each run did, what went wrong; run now, pause and resume."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import alarms, schedule
from data.people.rules import Action
from data.runs import store as runs
from data.runs.rules import WISH_WORDS, alarm
from data.words import _

who = viewer.enter(Action.SEE)
widgets.page_head(_("Jobs"), _("What the product does by itself. A run is noted when it did something or failed."))


def ask(job: str, wish: runs.Wish) -> None:
    """Write the wish; the schedule takes it within a second."""
    with viewer.told(), reading.writing() as tx:
        runs.ask(tx, who.actor, job=job, wish=wish)
        st.toast(_("Asked: {wish}. The schedule takes it within a second.", wish=_(WISH_WORDS[wish])))


@viewer.fragment(run_every="5s")
def overview() -> None:
    """The schedule, and what may be asked of the chosen job."""
    now = reading.home().clock.now()
    jobs = reading.fresh(runs.jobs, now=now)
    if not jobs:
        widgets.empty(_("No schedule yet"), _("The schedule is written when the server starts its jobs."))
        return
    sentences = {job["name"]: job["sentence"] for job in jobs}
    alarms.red_lines([found for job in jobs if (found := alarm(job, now=now))])
    with widgets.section(_("Schedule")):
        row = schedule.jobs_table(jobs, now=now)
        chosen = None if row is None else jobs[row]
        act_on(chosen)
    with widgets.section(_("What waits"), _("for a job, or for a person")):
        schedule.queues_table(reading.fresh(runs.queues))
    with widgets.section(_("Last 24 hours"), _("green: did something, red: failed, grey: nothing was due")):
        schedule.last_day(reading.fresh(runs.runs_by_hour, now=now), sentences=sentences, now=now)
    with widgets.section(_("Runs")) as controls:
        failed_only = controls.toggle(_("Only what went wrong"), key="jobs:failed_only")
        history(chosen["name"] if chosen else None, sentences, failed_only=failed_only)


def act_on(job: dict | None) -> None:
    """Buttons for the chosen job, for those who may."""
    if not who.may(Action.RUN_JOBS):
        st.caption(_("An operator or administrator may run, pause and resume jobs."))
        return
    if job is None:
        st.caption(_("Choose a line to run it now, pause it or resume it."))
        return
    with st.container(horizontal=True):
        for wish, icon in (("run_now", "play_arrow"), ("resume", "resume") if job["paused"] else ("pause", "pause")):
            if st.button(_(WISH_WORDS[wish]), key=f"jobs:{wish}:{job['name']}", icon=f":material/{icon}:"):
                ask(job["name"], wish)


def history(job: str | None, sentences: dict[str, str], *, failed_only: bool) -> None:
    """Runs of the chosen job, or of all."""
    total = reading.fresh(runs.count_runs, job=job, failed_only=failed_only)
    if total == 0:
        st.caption(_("No runs yet: one appears here when it did something or failed."))
        return
    place = st.container()
    limit, offset = widgets.pager(total, key="jobs:pager", about=(job, failed_only))
    found = reading.fresh(runs.runs, job=job, failed_only=failed_only, limit=limit, offset=offset)
    with place:
        schedule.runs_table(found, sentences=sentences)
        chosen = schedule.chosen_run()
        if chosen is None:
            st.caption(_("Choose a run to read what it wrote to the log."))
        elif who.may(Action.RUN_JOBS):
            schedule.log_of_run(chosen, reading.fresh(runs.log_of, chosen))
        else:
            st.caption(_("An operator or administrator may read the logs of runs."))


overview()
