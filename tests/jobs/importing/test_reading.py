"""Content decides what a file is; lines are those a person sees; what cannot be read says why and the way out."""

import io
import zipfile

import pytest

from data import words
from jobs.importing.refusing import FileRefused

TABLE = "ICCID,到期日\n89860412345678901234,2027-02-28\n"
ROWS = [["ICCID", "到期日"], ["89860412345678901234", "2027-02-28"]]


@pytest.mark.parametrize(
    "encoded",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("gb18030"),
        TABLE.encode("utf-16"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        TABLE.encode("utf-16-le"),
        TABLE.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with BOM", "GB18030", "UTF-16", "UTF-16 BE", "UTF-16 without BOM", "UTF-16 BE without BOM"],
)
def test_every_encoding_gives_the_same_cells(importing, encoded):
    assert importing.read(encoded).sheets[0].rows == ROWS


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_every_separator_is_found_whatever_the_name(importing, separator):
    content = TABLE.replace(",", separator)
    assert importing.read(content, "名单.xls").sheets[0].rows == ROWS


def test_commas_inside_values_do_not_outvote_the_tab(importing):
    content = "商户号\t商户名称\t地址\n1\t甲,乙,丙\t路,1,2,3\n2\t丁\t街,4\n"
    assert importing.read(content).sheets[0].rows[1] == ["1", "甲,乙,丙", "路,1,2,3"]


def test_excels_own_sep_line_is_obeyed_and_counted(importing):
    sheet = importing.read("sep=;\r\nICCID;到期日\r\n1;2\r\n").sheets[0]
    assert sheet.rows == [["ICCID", "到期日"], ["1", "2"]]
    assert sheet.lines == [2, 3]


def test_mixed_line_ends_and_blank_lines_keep_their_numbers(importing):
    sheet = importing.read("a,b\r\n\n1,2\r3,4\n\n\n5,6").sheets[0]
    assert sheet.rows == [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"]]
    assert sheet.lines == [1, 3, 4, 7]


def test_a_quoted_cell_may_hold_line_ends(importing):
    sheet = importing.read('a,b\n"x\ny",2\n3,4\n').sheets[0]
    assert sheet.rows[1:] == [["x\ny", "2"], ["3", "4"]]
    assert sheet.lines == [1, 2, 4]


def test_a_leading_quote_before_every_number_is_only_a_letter(importing):
    sheet = importing.read(
        'ICCID\t到期日\n"89860412345678901234\t2027-01-01\n"89860412345678901235\t2027-01-01\n'
    ).sheets[0]
    assert sheet.rows[1][0] == '"89860412345678901234'


def test_a_quote_never_closed_is_refused_with_its_line(importing):
    with pytest.raises(FileRefused, match=r"list.csv, line 3: a quote"):
        importing.read('a,b\n1,2\n"3,4\n5,6,7\n')


def test_text_and_number_cells_stay_apart_in_xlsx_and_xls(importing):
    rows = [["ICCID", "n"], ["89860412345678901234", 13912345678], ["x", 89860412345678901234]]
    for content, name in ((importing.xlsx(("卡", rows)), "a.csv"), (importing.xls(("卡", rows)), "a.xlsx")):
        sheet = importing.read(content, name).sheets[0]
        assert sheet.name == "卡"
        assert sheet.rows[1] == ["89860412345678901234", 13912345678]
        assert sheet.rows[2][1] == pytest.approx(8.98604123456789e19)
        assert isinstance(sheet.rows[2][1], float)


def test_merged_cells_of_one_column_are_filled_down(importing):
    rows = [["商户号", "终端号"], ["898110154110001", "10000001"], [None, "10000002"], [None, "10000003"]]
    content = importing.xlsx(("台账", rows), touch=lambda book: book["台账"].merge_cells("A2:A3"))
    assert [row[0] for row in importing.read(content).sheets[0].rows[1:]] == [
        "898110154110001",
        "898110154110001",
        None,
    ]


def test_hidden_sheets_are_not_read(importing):
    content = importing.xlsx(
        ("卡", ROWS), ("旧", ROWS), touch=lambda book: setattr(book["旧"], "sheet_state", "hidden")
    )
    assert [sheet.name for sheet in importing.read(content).sheets] == ["卡"]


def test_lines_are_the_sheets_own_rows(importing):
    content = importing.xlsx(("卡", [[], ["三月到期"], [], *ROWS]))
    assert importing.read(content).sheets[0].lines == [2, 4, 5]


def test_a_web_table_named_xls_is_read_with_its_merged_cells(importing):
    content = (
        "<html><head><meta charset='gb2312'></head><body><table><tr><th>商户号</th><th>终端号</th><th>x</th></tr>"
        "<tr><td rowspan=2>898110154110001</td><td>10000001&nbsp;</td><td>a</td></tr><tr><td>10000002</td><td>b</td></tr>"
        "<tr><td colspan=2>wide</td><td>c</td></tr></table></body></html>"
    )
    assert importing.read(content.encode("gb18030"), "导出.xls").sheets[0].rows[1:] == [
        ["898110154110001", "10000001", "a"],
        ["898110154110001", "10000002", "b"],
        ["wide", None, "c"],
    ]


XML = """<?xml version="1.0" encoding="GB2312"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="卡"><Table>
<Row ss:Index="3"><Cell><Data ss:Type="String">商户号</Data></Cell><Cell><Data ss:Type="String">ICCID</Data></Cell></Row>
<Row><Cell ss:MergeDown="1"><Data ss:Type="Number">898110154110001</Data></Cell>
<Cell><Data ss:Type="Number">89860412345678901234</Data></Cell></Row>
<Row><Cell ss:Index="2"><Data ss:Type="Number">8.9860412345678903E+19</Data></Cell>
<Cell ss:Index="4"><Data ss:Type="DateTime">2027-02-28T00:00:00.000</Data></Cell></Row>
</Table></Worksheet></Workbook>"""


def test_excels_xml_of_2003_is_read_with_its_merged_cells(importing):
    sheet = importing.read(XML.encode("gb18030"), "导出.xls").sheets[0]
    assert (sheet.name, sheet.lines) == ("卡", [3, 4, 5])
    assert sheet.rows[1] == [898110154110001, "89860412345678901234"]
    assert sheet.rows[2] == [898110154110001, pytest.approx(8.98604123456789e19), None, "2027-02-28 00:00:00"]


def test_entities_and_broken_xml_are_refused(importing):
    bomb = XML.replace("<?mso", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><?mso')
    for content in (bomb, XML[:-20]):
        with pytest.raises(FileRefused, match="damaged or cut-off"):
            importing.read(content)


def _zip(**entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "only blank lines"),
        (b"%PDF-1.7 ...", "is a PDF file"),
        (b"\x89PNG\r\n\x1a\n....", "is a PNG file"),
        (b"\xff" * 5000, "neither UTF-8"),
        (b"ICCID,n\nabc\0,1\n", "zero byte"),
        (bytes(range(1, 9)) * 400, "neither a workbook nor text"),
        ("ICCID,到期日\n".encode()[:-2], "cut off"),
        (_zip(**{"a.csv": "x"}), "zip archive"),
        (_zip(**{"xl__workbook.bin": "x"}), ".xlsb"),
        (_zip(**{"xl__workbook.xml": "x"}), "damaged"),
        (b"PK\x03\x04" + b"\x07" * 400, "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "damaged"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500,
            "has a password",
        ),
    ],
)
def test_what_is_no_table_is_named_with_the_way_out(importing, content, sentence):
    with pytest.raises(FileRefused, match=sentence) as refused:
        importing.read(content, "五月.xls")
    assert "五月.xls" in str(refused.value)
    english = str(refused.value)
    with words.speaking("zh_CN"):
        assert str(refused.value) != english


def test_a_zip_with_a_password_is_named_as_such(importing):
    content = bytearray(_zip(**{"xl__workbook.xml": "x"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FileRefused, match="has a password"):
        importing.read(bytes(content))


def test_a_truncated_workbook_is_refused(importing):
    content = importing.xlsx(("卡", ROWS))
    with pytest.raises(FileRefused, match="damaged or cut-off"):
        importing.read(content[: len(content) // 2])


def test_limits_name_the_figure_and_the_setting(importing):
    with pytest.raises(FileRefused, match=r"more than 1 MB.*FLOWCARD_IMPORT_MAX_MB"):
        importing.read("x" * 2_000_000, max_bytes=1024 * 1024)
    for content in ("a,b\n" * 12, importing.xlsx(("卡", [["a", "b"]] * 12))):
        with pytest.raises(FileRefused, match=r"more than 10 rows.*FLOWCARD_IMPORT_MAX_ROWS"):
            importing.read(content, max_rows=10)
        assert len(importing.read(content, max_rows=11).sheets[0].rows) == 12
    for content in (",".join(["x"] * 201), importing.xlsx(("卡", [["x"] * 201]))):
        with pytest.raises(FileRefused, match="line 1: more than 200 columns"):
            importing.read(content)
    with pytest.raises(FileRefused, match=r"line 2: a cell holds more than 32,767"):
        importing.read("a,b\n" + "x" * 32_768 + ",1\n")


def test_a_zip_bomb_is_refused_from_its_directory(importing):
    bomb = _zip(**{"xl__workbook.xml": "x", "xl__worksheets__sheet1.xml": b"0" * 60_000_000})
    assert len(bomb) < 100_000
    with pytest.raises(FileRefused, match="unpacks to 57 MB"):
        importing.read(bomb)


def test_a_cell_in_the_last_corner_kills_no_one(importing):
    def corner(book):
        book["卡"]["XFD1048576"] = "x"

    with pytest.raises(FileRefused, match=r"more than 384 MB of memory"):
        importing.read(importing.xlsx(("卡", ROWS), touch=corner))


def test_16384_columns_are_refused(importing):
    with pytest.raises(FileRefused, match="more than 200 columns"):
        importing.read(importing.xlsx(("卡", [["x"] * 16_384])))


def test_formats_on_empty_cells_far_below_do_no_harm(importing):
    def formatted(book):
        book["卡"]["C1048576"].number_format = "@"

    assert importing.read(importing.xlsx(("卡", ROWS), touch=formatted)).sheets[0].rows == ROWS
