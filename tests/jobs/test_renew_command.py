"""`flowcard renew …` as a script meets it: JSON, exit codes, one sentence when it cannot."""

import json

import pytest
from typer.testing import CliRunner

from data.home import open_home
from jobs.command_line import app


@pytest.fixture
def flowcard(demo_home, people, practice_fleet, monkeypatch):
    """`flowcard(10)` makes the fleet and gives `renew("propose", …)` -> (exit code, standard output)."""

    def build(count, **practice):
        practice_fleet(count, **practice)
        demo_home.close()
        monkeypatch.setenv("FLOWCARD_TODAY", "2026-11-22")
        monkeypatch.setenv("FLOWCARD_LANGUAGE", "en")

        def renew(*words):
            done = CliRunner().invoke(app, ["renew", *words, "--home", str(demo_home.path)])
            return done.exit_code, done.stdout

        return renew

    return build


def test_a_batch_is_proposed_approved_and_worked_off(flowcard):
    renew = flowcard(12)
    code, said = renew("propose", "--expiring-within", "30", "--carrier", "mobile", "--as", "operator", "--json")
    assert (code, json.loads(said)) == (0, {"batch": 1, "items": 12, "amount_fen": 14400, "refused": 0})
    assert renew("approve", "1", "--as", "operator")[0] == 2
    assert renew("run", "1")[0] == 2
    assert renew("approve", "1", "--as", "approver") == (0, "Batch 1 is approved: 12 cards, ¥144.00\n")
    assert renew("run", "1")[0] == 0
    code, said = renew("status", "1", "--json")
    assert code == 0
    assert json.loads(said) == {
        "state": "done",
        "items": 12,
        "succeeded": 12,
        "failed": 0,
        "unknown": 0,
        "needs_review": 0,
        "pending": 0,
        "submitted": 0,
        "cancelled": 0,
        "amount_fen": 14400,
    }
    assert renew("run", "1")[0] == 0


def test_refused_cards_end_a_proposal_with_two(flowcard):
    renew = flowcard(3)
    code, said = renew("propose", "--expiring-within", "30", "--months", "7", "--as", "operator", "--json")
    assert (code, json.loads(said)) == (2, {"batch": None, "items": 0, "amount_fen": 0, "refused": 3})


def test_failures_end_a_run_with_two(flowcard):
    renew = flowcard(3, refused_share=1.0)
    renew("propose", "--expiring-within", "30", "--as", "operator")
    renew("approve", "1", "--as", "approver")
    assert renew("run", "1")[0] == 2


def test_a_thrown_switch_ends_a_run_at_once(flowcard):
    renew = flowcard(3)
    renew("propose", "--expiring-within", "30", "--as", "operator")
    renew("approve", "1", "--as", "approver")
    assert renew("stop", "--as", "operator")[0] == 0
    assert renew("run", "1")[0] == 2
    assert renew("release", "--as", "operator")[0] == 2
    assert renew("release", "--as", "approver")[0] == 0
    assert renew("run", "1")[0] == 0


def test_whoever_threw_the_switch_does_not_release_it(flowcard):
    renew = flowcard(1)
    assert renew("stop", "--as", "approver", "--account", "practice-a", "--why", "prices")[0] == 0
    assert renew("release", "--as", "approver", "--account", "practice-a")[0] == 2
    assert renew("release", "--as", "approver2", "--account", "practice-a")[0] == 0


def test_an_approval_on_the_command_line_names_the_companys_form(flowcard, monkeypatch):
    renew = flowcard(1)
    monkeypatch.setenv("FLOWCARD_APPROVAL_FORM_NEEDED", "true")
    renew("propose", "--expiring-within", "30", "--as", "operator")
    assert renew("approve", "1", "--as", "approver")[0] == 2
    assert renew("approve", "1", "--as", "approver", "--form-no", "OA-7")[0] == 0


def test_a_bad_carriers_file_ends_in_one_sentence(flowcard, demo_home):
    renew = flowcard(1)
    demo_home.carriers_file.write_text("[[account]", encoding="utf-8")
    assert renew("propose", "--expiring-within", "30", "--as", "operator") == (1, "")
    assert renew("status", "1")[0] == 64


def test_whoever_may_not_and_whatever_is_not_there_is_said(flowcard, demo_home):
    renew = flowcard(1)
    assert renew("propose", "--expiring-within", "30", "--as", "viewer")[0] == 2
    assert renew("propose", "--expiring-within", "30", "--as", "nobody")[0] == 2
    assert renew("status", "7")[0] == 64
    held = open_home(demo_home.path, note="flowcard serve")
    try:
        assert renew("status", "7")[0] == 3
    finally:
        held.close()
