from collections.abc import Callable
from typing import Any

import pytest

from data.home import Home
from data.reminders.store import Item
from jobs.letters import Letter, compose
from tests.fleet import run, stock
from tests.lettering import mail


@pytest.fixture
def reached_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Named before `home`: readers outside the house can follow its links."""
    monkeypatch.setenv("FLOWCARD_PUBLIC_URL", "https://cards.example.com")


@pytest.fixture
def written(home: Home) -> Callable[..., Letter]:
    """`written([item()], to=3)`: the letter to the person Chen (1), one who reads Chinese (2), an agent (3)."""
    stock(home)
    with home.db.write() as tx:
        for n, (kind, name, language) in enumerate(
            [("person", "Chen", "en"), ("person", "陈静", "zh_CN"), ("agent", "华东服务商", None)], 1
        ):
            run(
                tx,
                "INSERT INTO recipient (recipient_id, kind, name, language, secret_name, address, made_at)"
                " VALUES ($n, $kind, $name, $language, 'env:CANARY_NAME', 'canary@example.com', $now)",
                n=n,
                kind=kind,
                name=name,
                language=language,
                now=tx.now,
            )

    def write(items: list[Item], **more: Any) -> Letter:
        with home.db.write() as tx:
            return compose(tx, mail=mail(**more), items=items, home=home)

    return write
