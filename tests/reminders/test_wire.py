"""The line that stands in for the real one ends as the real one does, whatever the server does to it."""

import random
from types import SimpleNamespace

import pytest

from jobs.mail import Line
from tests.mail.running import Sink
from tests.reminders.wire import FAULTS, Post, stood_in

TO = "somebody@example.test"
LETTER = b"From: flowcard@example.test\r\nTo: somebody@example.test\r\nMessage-ID: <one@example.test>\r\n\r\nhello\r\n"


@pytest.fixture(scope="module")
def sink(tmp_path_factory):
    made = Sink(tmp_path_factory.mktemp("sink")).start()
    yield made
    made.kill()


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_the_stand_in_ends_as_the_line_does(fault, sink, tmp_path):
    post = Post(tmp_path, random.Random(1), sink=sink, house=SimpleNamespace())
    books = sink.folder / "accepted.jsonl"
    post._read = books.stat().st_size if books.exists() else 0
    post.sends = list(FAULTS).index(fault) + 1 if fault else 0
    real, kept = post._really(LETTER, TO, fault)
    ours, kept_too = stood_in(sink.account(), fault)
    assert (real.kind, real.code, kept) == (ours.kind, ours.code, kept_too)


def test_the_real_line_is_the_one_that_was_tried(sink):
    sink.fault()
    before = sink.copies()["<one@example.test>"]
    line = Line(sink.account())
    assert line.send(LETTER, to=TO).kind == "sent"
    line.close()
    assert sink.copies()["<one@example.test>"] == before + 1
