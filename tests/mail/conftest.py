"""The sink, once for each file of tests; each test begins with one that works and finds only its own letters."""

import shutil

import pytest

from tests.mail.building import House
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


@pytest.fixture(scope="module")
def built(request, tmp_path_factory, running):
    """A house as every test of a file finds it, made once, with as many RECIPIENTS and CARDS as the file says."""
    house = House(tmp_path_factory.mktemp("built") / "home", running)
    with house.open():
        house.build(recipients=request.module.RECIPIENTS, cards=request.module.CARDS)
    return house.path


@pytest.fixture
def closed(built, tmp_path, sink):
    """It, before anybody has opened it."""
    shutil.copytree(built, tmp_path / "home")
    return House(tmp_path / "home", sink)


@pytest.fixture
def house(closed):
    with closed.open():
        yield closed
