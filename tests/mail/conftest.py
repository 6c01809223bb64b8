"""The sink, once for each file of tests; each test begins with one that works and finds only its own letters."""

import pytest

from tests.mail.running import Sink


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    sink = Sink(tmp_path_factory.mktemp("sink")).start()
    yield sink
    sink.kill()


@pytest.fixture
def sink(running):
    running.fault()
    (running.folder / "accepted.jsonl").unlink(missing_ok=True)
    (running.folder / "sessions").unlink(missing_ok=True)
    return running
