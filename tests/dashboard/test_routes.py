from collections.abc import Callable, Iterator

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.routes import ACTOR, ROUTES, disposition
from data import home as house
from data.files import exports_store as exports
from data.home import Home
from data.people.rules import SYSTEM, Actor
from data.vouchers import picturing
from data.vouchers import store as vouchers

SCRIPT = b"%PDF-1.7 <script>alert(1)</script> %%EOF"


class Browser:
    """One request at a time to our routes, in this process."""

    def __init__(self) -> None:
        app = Starlette(routes=ROUTES, middleware=[Middleware(As)])
        self._transport = httpx.ASGITransport(app=app)

    def get(self, path: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://flowcard") as client:
                return await client.get(path)

        return anyio.run(ask)


class As:
    """The guard's part: puts whoever asks into the scope."""

    who: Actor | None = None

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if As.who:
            scope[ACTOR] = As.who
        await self.app(scope, receive, send)


@pytest.fixture
def client(home: Home, people: dict[str, Actor]) -> Iterator[Callable[[str | None], Browser]]:
    house.install(home)
    test = Browser()

    def of(role: str | None) -> Browser:
        As.who = people[role] if role else None
        return test

    yield of
    As.who = None


@pytest.fixture
def export_id(home: Home, people: dict[str, Actor]) -> int:
    with home.db.write() as tx:
        found = exports.ask_export(tx, people["viewer"], what="sims", format="csv", filters={})
        (home.exports / f"{found}.csv").write_bytes(b"\xef\xbb\xbficcid\r\n")
        exports.written(tx, SYSTEM, export_id=found, filename='流量卡 "1"\r\n.csv', rows=0, sha256="0")
    return found


@pytest.fixture
def voucher_id(home: Home, people: dict[str, Actor]) -> int:
    with home.db.write() as tx:
        return vouchers.file_paper(
            tx, people["operator"], content=SCRIPT, filename="发票.pdf", folder=home.vouchers, max_mb=1
        ).voucher_id


def test_strangers_get_nothing(client: Callable[[str | None], Browser], export_id: int, voucher_id: int) -> None:
    for path in (f"/x/{export_id}", f"/v/{voucher_id}"):
        answer = client(None).get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (401, "no-store")
        assert b"iccid" not in answer.content and b"PDF" not in answer.content


def test_an_export_comes_to_its_owner_as_an_attachment_nothing_can_run(
    client: Callable[[str | None], Browser], export_id: int
) -> None:
    answer = client("viewer").get(f"/x/{export_id}")
    assert (answer.status_code, answer.content) == (200, b"\xef\xbb\xbficcid\r\n")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    assert client("operator").get(f"/x/{export_id}").status_code == 404
    assert client("viewer").get("/x/9999").status_code == 404


def test_a_voucher_comes_byte_for_byte_and_never_inline(
    client: Callable[[str | None], Browser], voucher_id: int
) -> None:
    answer = client("viewer").get(f"/v/{voucher_id}")
    assert answer.content == SCRIPT
    assert (
        answer.headers["content-disposition"]
        == "attachment; filename=\"__.pdf\"; filename*=UTF-8''%E5%8F%91%E7%A5%A8.pdf"
    )
    assert client("viewer").get("/v/9999").status_code == 404


def test_someone_who_was_sent_away_meanwhile_gets_nothing(
    client: Callable[[str | None], Browser], home: Home, people: dict[str, Actor], voucher_id: int
) -> None:
    from data.database import Query

    with home.db.write() as tx:
        tx.run(Query("test", "", "UPDATE person SET active = false WHERE name = 'viewer'"))
    assert client("viewer").get(f"/v/{voucher_id}").status_code == 403


def test_a_picture_of_a_voucher_is_ours_and_nothing_runs_in_it(
    client: Callable[[str | None], Browser], home: Home, people: dict[str, Actor], voucher_id: int
) -> None:
    assert client("viewer").get(f"/v/{voucher_id}/1").status_code == 404
    paper = vouchers.one(home.db.read(), voucher_id)
    assert paper
    (home.previews / picturing.name_of(paper.sha256, 1)).write_bytes(b"\x89PNG drawn")
    with home.db.write() as tx:
        picturing.drawn(tx, SYSTEM, voucher_id=voucher_id, pages=1)
    answer = client("viewer").get(f"/v/{voucher_id}/1")
    assert (answer.status_code, answer.content) == (200, b"\x89PNG drawn")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert client(None).get(f"/v/{voucher_id}/1").status_code == 401
    assert client("viewer").get(f"/v/{voucher_id}/2").status_code == 404
    (home.previews / picturing.name_of(paper.sha256, 1)).unlink()
    assert client("viewer").get(f"/v/{voucher_id}/1").status_code == 410


@pytest.mark.parametrize(
    "path", ["/x/1.csv", "/x/..%2f..%2fflowcard.toml", "/v/-1", "/v/1/2/3", "/v/1/-1", "/v/1/..%2f1", "/x/", "/v/1e3"]
)
def test_an_address_that_is_no_number_is_no_route(client: Callable[[str | None], Browser], path: str) -> None:
    assert client("viewer").get(path).status_code == 404


def test_a_removed_file_is_said_to_be_gone(client: Callable[[str | None], Browser], home: Home, export_id: int) -> None:
    (home.exports / f"{export_id}.csv").unlink()
    assert client("viewer").get(f"/x/{export_id}").status_code == 410


def test_a_name_cannot_add_a_header() -> None:
    said = disposition('a"; filename=x\r\nSet-Cookie: a=b.pdf')
    assert "\r" not in said and "\n" not in said
    assert said.count('"') == 2
