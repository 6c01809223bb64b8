"""One home for all of these tests, emptied between them: opening one takes longer than most of what they do."""

import pytest

from data.clock import MovedClock
from data.home import open_home
from tests.conftest import NOW, add_people
from tests.data.mails.building import sql

TABLES = ("mail_item", "mail", "reminder", "recipient", "address", "mail_stop", "reminder_scan")


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    home = open_home(tmp_path_factory.mktemp("mails") / "home", create="real")
    yield home
    home.close()


@pytest.fixture
def home(opened):
    opened.db.clock = MovedClock(NOW)
    with opened.db.write() as tx:
        for table in TABLES:
            tx.run(sql(f"DELETE FROM {table}"))
        tx.run(sql("DELETE FROM person WHERE person_id > 0"))
    return opened


@pytest.fixture
def people(home):
    return add_people(home)
