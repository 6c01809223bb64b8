import csv
import hashlib
import threading
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from data.files import exports_store as exports
from data.files.exports_rules import WHAT
from data.home import Home
from data.people.rules import Actor
from data.renewals.records import RECORD_COLUMNS
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.words import later, speaking
from jobs import write_exports
from jobs.exporting import writing
from jobs.exporting.headers import HEADERS, header
from tests.fleet import AGENTS, iccid, run, stock

ISSUE = (
    "续费单号, 批次号, 商户编号, 商户名称, 终端号, 终端序列号, 服务商, 地区, 运营商, 账户, 卡号, ICCID, 套餐, 续费月数, 原到期日, 新到期日, "
    "金额(元), 付款方式, 收款方, 付款日期, 渠道, 状态, 失败原因, 提交时间, 完成时间, 核实方式, 核实时间, 运营商订单号, 工单号, 发票号码, "
    "凭证数, 经办人, 复核人, 备注"
)


def written(home: Home, by: Actor, what: str = "sims", format: str = "csv", **more: Any) -> exports.Export:
    with home.db.write() as tx:
        export_id = exports.ask_export(
            tx, by, **{"what": what, "format": format, "filters": {}, "language": "en", **more}
        )
    write_exports.run(home, threading.Event())
    found = exports.one(home.db.read(), export_id)
    assert found and found.state == "written", found
    return found


def rows_of_csv(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(text.decode("utf-8-sig").splitlines(keepends=True)))


def on_page(home: Home, flt: SimFilter, *, order: str = "act_by") -> list[str]:
    found = sims.page(home.db.read(), flt, today=home.clock.today(), order=order, limit=10_000)
    return found["iccid"].to_pylist()


def test_a_csv_holds_what_the_page_shows_in_its_order(home: Home, people: dict[str, Actor]) -> None:
    stock(home)
    flt = SimFilter(agent_id=2, text="便利")
    made = written(home, people["viewer"], filters={"agent_id": 2, "text": "便利"})
    rows = rows_of_csv(home.exports / made.stored_as)
    assert [row["iccid"] for row in rows] == on_page(home, flt)
    assert made.rows_written == len(rows) > 0


def test_another_order_of_the_page_is_the_order_of_the_file(home: Home, people: dict[str, Actor]) -> None:
    stock(home)
    rows = rows_of_csv(home.exports / written(home, people["viewer"], filters={"order": "expires_on"}).stored_as)
    assert [row["iccid"] for row in rows] == on_page(home, SimFilter(), order="expires_on")


def test_no_cell_of_a_csv_starts_a_formula_and_no_identifier_changes(home: Home, people: dict[str, Actor]) -> None:
    stock(home)
    rows = rows_of_csv(home.exports / written(home, people["viewer"]).stored_as)
    cells = [cell for row in rows for name, cell in row.items() if name != "days_left"]
    assert not [
        cell for cell in cells if cell.lstrip(" \"'").startswith(tuple("=+-@＝＋－＠\t\r")) and not cell.startswith("'")
    ]
    assert {row["merchant_name"] for row in rows} >= {
        "'＋1 超市",
        "'@张记面馆",
        "'-2 网吧",
        '\'"=1+1"',
        "'\t=1",
        "普通",
    }
    assert {row["contact_phone"] for row in rows} == {"'+86 138"}
    one = next(row for row in rows if row["iccid"] == iccid(7))
    assert (one["msisdn"], one["terminal_id"], one["serial_no"]) == ("1440000000007", "00000007", "00SN7")
    assert (one["renewal_yuan"], one["expires_on"], one["merchant_no"]) == ("18.05", "2026-12-08", "000000000000008")


def test_no_cell_of_a_workbook_is_a_formula_or_a_mangled_number(home: Home, people: dict[str, Actor]) -> None:
    stock(home)
    made = written(home, people["viewer"], format="xlsx", language="zh_CN")
    sheet = openpyxl.load_workbook(home.exports / made.stored_as).active
    head, *lines = list(sheet.iter_rows())
    assert not [cell for line in lines for cell in line if cell.data_type == "f"]
    at = {cell.value: place for place, cell in enumerate(head)}
    assert {line[at["商户名称"]].value for line in lines} >= {"＋1 超市", "@张记面馆", "-2 网吧", '"=1+1"', "\t=1"}
    assert [line[at["ICCID"]].value for line in lines] == on_page(home, SimFilter())
    assert (
        {line[at["ICCID"]].data_type for line in lines} == {line[at["商户编号"]].data_type for line in lines} == {"s"}
    )
    assert lines[0][at["到期日"]].number_format == "yyyy-mm-dd"
    assert lines[0][at["续费单价(元)"]].number_format == "0.00"


def test_parquet_keeps_types_and_exact_money(home: Home, people: dict[str, Actor]) -> None:
    stock(home)
    table = pq.read_table(home.exports / written(home, people["viewer"], format="parquet").stored_as)
    assert table["renewal_yuan"][0].as_py() == Decimal("18.05")
    assert str(table.schema.field("iccid").type) == "string"
    assert table.num_rows == 40


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
def test_every_kind_is_written_in_every_format_even_when_empty(
    home: Home, people: dict[str, Actor], what: str, language: str, format: str
) -> None:
    filters = {"upload_id": 1} if what == "refusals" else {}
    made = written(home, people["viewer"], what=what, format=format, language=language, filters=filters)
    assert made.rows_written == 0
    path = home.exports / made.stored_as
    if format == "xlsx":
        assert openpyxl.load_workbook(path).active["A1"].value
    assert hashlib.sha256(path.read_bytes()).hexdigest() == made.sha256
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in home.exports.iterdir()] == [made.stored_as]


def test_renewal_records_have_the_columns_people_file_them_in(home: Home, people: dict[str, Actor]) -> None:
    made = written(home, people["viewer"], what="renewals", language="zh_CN")
    head = (home.exports / made.stored_as).read_text(encoding="utf-8-sig").splitlines()[0]
    assert head.replace(",", ", ") == ISSUE
    made = written(home, people["viewer"], what="renewals")
    assert (home.exports / made.stored_as).read_text(encoding="utf-8-sig").splitlines()[0] == ",".join(RECORD_COLUMNS)


def test_every_column_has_its_own_chinese_word() -> None:
    with speaking("zh_CN"):
        words = {name: header(name) for name in HEADERS}
    assert not [name for name, word in words.items() if word == HEADERS[name] and name not in {"iccid", "imsi", "tusn"}]


def test_a_split_is_a_zip_of_one_harmlessly_named_file_per_agent(home: Home, people: dict[str, Actor]) -> None:
    stock(home)
    made = written(home, people["viewer"], split_by="agent", filters={})
    assert made.filename and made.filename.endswith(".zip")
    with zipfile.ZipFile(home.exports / made.stored_as) as archive:
        names = archive.namelist()
        assert names == ["=cmd_'_c calc'!A1.csv", "华东服务商.csv", "No agent.csv"]
        parts = {name: archive.read(name).decode("utf-8-sig").splitlines()[1:] for name in names}
    assert sum(map(len, parts.values())) == made.rows_written == 40
    assert all(AGENTS[0] in line for line in parts["华东服务商.csv"])
    assert not any(AGENTS[0] in line for line in parts["No agent.csv"])


def test_more_rows_than_a_sheet_holds_are_refused_with_the_way_out(
    home: Home, people: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(home)
    monkeypatch.setattr(writing, "XLSX_MAX_ROWS", 39)
    with home.db.write() as tx:
        export_id = exports.ask_export(tx, people["viewer"], what="sims", format="xlsx", filters={}, language="en")
    assert write_exports.run(home, threading.Event()) == later(
        "{written} exports written, {failed} failed", written=0, failed=1
    )
    found = exports.one(home.db.read(), export_id)
    assert found and found.state == "failed"
    assert "choose CSV" in found.why_failed()
    assert not list(home.exports.iterdir())


def test_an_export_nobody_can_write_is_not_tried_every_second(home: Home, people: dict[str, Actor]) -> None:
    with home.db.write() as tx:
        export_id = exports.ask_export(tx, people["viewer"], what="sims", format="csv", filters={"order": "no such"})
    with pytest.raises(KeyError):
        write_exports.run(home, threading.Event())
    assert write_exports.run(home, threading.Event()) is None
    found = exports.one(home.db.read(), export_id)
    assert found and found.state == "failed" and "Jobs" in found.why_failed()


def test_a_line_of_the_join_report_about_terminals_is_exported(home: Home, people: dict[str, Actor]) -> None:
    stock(home, sims=6)
    with home.db.write() as tx:
        run(tx, "DELETE FROM sim_now WHERE sim_id = 4")
    made = written(home, people["viewer"], what="terminals", filters={"report": "terminals_without_card"})
    assert [row["terminal_id"] for row in rows_of_csv(home.exports / made.stored_as)] == ["00000004"]


def test_refused_rows_are_exported_with_their_sentences(home: Home, people: dict[str, Actor]) -> None:
    reason = later("'{text}' is no amount; write it such as 1234.56", text="x")
    with home.db.write() as tx:
        run(
            tx,
            "INSERT INTO upload BY NAME SELECT 7 AS upload_id, '0' AS sha256, '卡.csv' AS filename, 1 AS bytes, 'page' AS source,"
            " 1 AS person_id, 'imported' AS state, $now AS uploaded_at",
            now=tx.now,
        )
        run(tx, "INSERT INTO upload_refusal VALUES (7, '', 12, 'price_yuan', '=x', $reason)", reason=reason)
    made = written(home, people["operator"], what="refusals", filters={"upload_id": 7}, language="zh_CN")
    assert rows_of_csv(home.exports / made.stored_as) == [
        {
            "文件": "卡.csv",
            "工作表": "",
            "行号": "12",
            "列": "price_yuan",
            "值": "'=x",
            "拒收原因": "“x”不是金额；请写成 1234.56 的样子",
        }
    ]


def test_findings_are_exported_in_sentences_of_their_language(home: Home, people: dict[str, Actor]) -> None:
    stock(home)
    with home.db.write() as tx:
        run(
            tx,
            "INSERT INTO finding (kind, sim_id, object, detail, source, found_at)"
            """ VALUES ('falling_usage', 1, 'x', '{"after":"1048576","before":"10485760"}', 'import 3', $now)""",
            now=tx.now,
        )
    made = written(home, people["viewer"], what="findings", filters={"kind": "falling_usage"})
    row = rows_of_csv(home.exports / made.stored_as)[0]
    assert (row["kind"], row["source"]) == ("falling_usage", "Import 3")
    assert row["detail"] == "The usage fell from 10 MB to 1 MB: new cycle, swap or correction"
    made = written(home, people["viewer"], what="findings", filters={}, language="zh_CN")
    said = next(row for row in rows_of_csv(home.exports / made.stored_as) if "10 MB" in row["明细"])
    assert said["来源"] == "导入 3"
