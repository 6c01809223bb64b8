"""Files for the import's door: workbooks, web pages and text that do harm."""

import io
import random
from collections.abc import Iterator

import xlwt
from archives import CARDS, bombs, with_part, with_sheet, workbook

HEAD = b"ICCID,\xe5\x88\xb0\xe6\x9c\x9f\xe6\x97\xa5\n"
ROW = b"89860412345678901234,2027-02-28\n"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
DTD = f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>'
FOREIGN = '<!DOCTYPE x [<!ENTITY l11 SYSTEM "file:///etc/passwd">]>'
SS = "urn:schemas-microsoft-com:office:spreadsheet"


def everything() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each."""
    yield from bombs("xl/workbook.xml", "xlsx")
    yield from workbooks()
    yield from texts()
    yield from pages()
    yield from xml_workbooks()
    yield from strangers()
    yield from damaged(workbook(), "xlsx", 12)
    yield from damaged(_xls(), "xls", 12)


def workbooks() -> Iterator[tuple[str, bytes]]:
    def cell(text: str) -> str:
        return f'<c r="A1" t="inlineStr"><is><t>{text}</t></is></c>'

    yield "a claim of 1,048,576 x 16,384.xlsx", with_sheet('<dimension ref="A1:XFD1048576"/><sheetData/>')
    yield (
        "a cell in the last corner.xlsx",
        with_sheet('<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
    )
    yield "a long cell.xlsx", with_sheet(f"<sheetData><row>{cell('x' * 32_767)}</row></sheetData>")
    yield "too long a cell.xlsx", with_sheet(f"<sheetData><row>{cell('x' * 3_000_000)}</row></sheetData>")
    yield "laughs.xlsx", with_sheet(f"<sheetData><row>{cell('&l11;')}</row></sheetData>", DTD)
    yield "a foreign entity.xlsx", with_sheet(f"<sheetData><row>{cell('&l11;')}</row></sheetData>", FOREIGN)
    yield "a deep sheet.xlsx", with_sheet("<sheetData>" + "<row>" * 300_000)
    yield "many short rows.xlsx", with_sheet("<sheetData>" + "<row><c><v>1</v></c></row>" * 700_000 + "</sheetData>")
    yield (
        "one string a million times.xlsx",
        with_part(
            with_sheet("<sheetData><row>" + '<c t="s"><v>0</v></c>' * 1_000_000 + "</row></sheetData>"),
            "xl/sharedStrings.xml",
            b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
            + b"x" * 32_000
            + b"</t></si></sst>",
        ),
    )
    yield (
        "merged all over.xlsx",
        with_sheet(
            '<sheetData><row><c><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
        ),
    )

    def formulas(book: object) -> None:
        sheet = book.active  # type: ignore[attr-defined]
        for text in (
            "=1+1",
            '=HYPERLINK("http://evil.example","x")',
            '=WEBSERVICE("http://evil.example")',
            "=cmd|'/c calc'!A0",
        ):
            sheet.append([text, text])

    yield "formulas.xlsx", workbook(formulas)
    yield (
        "external links.xlsx",
        with_part(
            workbook(),
            "xl/_rels/workbook.xml.rels",
            b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
            b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" TargetMode="External" '
            b'Target="file:///etc/passwd"/></Relationships>',
        ),
    )
    yield (
        "a sheet outside.xlsx",
        with_part(
            workbook(),
            "xl/_rels/workbook.xml.rels",
            b'<Relationships><Relationship Id="rId1" Target="../../../etc/passwd"/></Relationships>',
        ),
    )


def texts() -> Iterator[tuple[str, bytes]]:
    yield "mixed line ends.csv", HEAD + ROW.replace(b"\n", b"\r") + ROW.replace(b"\n", b"\r\n") + ROW
    yield "an open quote.csv", HEAD + b'"' + ROW * 50_000
    yield "only quotes.csv", b'"' * 3_000_000
    yield "quotes within.csv", HEAD + b'a"b"c,"d"e\n' * 50_000
    yield "a zero byte.csv", HEAD + b"8986\x000412,2027\n"
    yield "semicolons.csv", (HEAD + ROW).replace(b",", b";")
    yield "UTF-16.csv", (HEAD + ROW).decode().encode("utf-16")
    yield "half a pair.csv", (HEAD + ROW).decode().encode("utf-16") + b"\x00\xd8"
    yield "ragged.csv", HEAD + b"".join(b"x," * (n % 190) + b"\n" for n in range(20_000))
    yield "only commas.csv", b"," * 5_000_000
    yield "one long word.csv", b"x" * 5_000_000
    yield "cells and cells.csv", b"a,b\n" + (b"1," * 199 + b"1\n") * 20_000
    yield "too many columns.csv", b",".join(b"c%d" % n for n in range(5_000))
    yield "one header a thousand times.csv", b"ICCID," * 190 + b"\n" + ROW
    yield "noise of ones.csv", b"\xff" * 500_000
    yield "noise.csv", random.Random(7).randbytes(500_000)
    yield "a mark only.csv", b"\xef\xbb\xbf"
    yield "nothing.csv", b""
    yield "blanks.csv", b" \t\r\n" * 100_000
    yield "a separator that is a quote.csv", b'sep="\n' + HEAD + ROW
    yield "a separator that is a line end.csv", b"sep=\r\n" + HEAD + ROW
    yield "a separator that is a letter.csv", b"sep=I\n" + HEAD + ROW
    yield "half a character.csv", (HEAD + ROW).decode().encode("gb18030") + b"\x81"
    yield "four-byte characters.csv", "ICCID,商户名称\n89860412345678901234,𠮷野家𪚥\n".encode("gb18030")
    yield "formulas.csv", HEAD + b"".join(f"{sign}1+1|cmd,{sign}2027\n".encode() for sign in "=+-@\t＝＋－＠'\"")
    yield (
        "full-width digits.csv",
        "ICCID,到期日\n８９８６０４１２３４５６７８９０１２３４,２０２７-０２-２８\n".encode(),
    )
    yield "marks that turn.csv", "ICCID,商户名称\n89860412345678901234,\u202egnp.exe\u2066\u200b\n".encode()
    yield (
        "huge figures.csv",
        "ICCID,已用流量,到期日\n89860412345678901234,1e309,9999999-99-99\n89860412345678901235,NaN,-0\n".encode(),
    )
    yield "slow words.csv", HEAD + (b"9" * 30_000 + b"!," + b"2" * 30_000 + b"\n") * 40


def pages() -> Iterator[tuple[str, bytes]]:
    table = "<html><body><table><tr><th>ICCID</th><th>到期日</th></tr>"
    yield "deep.xls", (table + "<div>" * 400_000).encode()
    yield "tables in tables.xls", (table + "<tr><td><table>" * 20_000).encode()
    yield "spans.xls", (table + "<tr><td rowspan=99999 colspan=99999>x</td></tr>" * 2_000).encode()
    yield (
        "tall spans.xls",
        (table + "<tr>" + "<td rowspan=65000>x</td>" * 190 + "</tr>" + "<tr></tr>" * 20_000).encode(),
    )
    yield "a million cells.xls", (table + "<td>" * 1_000_000).encode()
    yield "many tables.xls", ("<html><body>" + "<table><tr><td>a<td>b</table>" * 60_000).encode()
    yield (
        "script.xls",
        (
            table + "<script>alert(1)</script><tr><td><img src=http://evil.example/x onerror=alert(1)></td></tr>"
        ).encode(),
    )
    yield (
        "a page of laughs.xls",
        f"<?xml version='1.0'?>{DTD}<html><table><tr><td>&l11;</td></tr></table></html>".encode(),
    )
    yield "a long attribute.xls", (table + f"<tr title='{'x' * 12_000_000}'><td>1</td></tr>").encode()
    yield (
        "many attributes.xls",
        (table + "<tr " + " ".join(f"a{n}=1" for n in range(200_000)) + "><td>1</td></tr>").encode(),
    )
    yield "an open comment.xls", ("<html><table><tr><td>1<!--" + "-" * 3_000_000).encode()


def xml_workbooks() -> Iterator[tuple[str, bytes]]:
    def book(rows: str, before: str = "") -> bytes:
        return (
            f'<?xml version="1.0"?>{before}<Workbook xmlns="{SS}" xmlns:ss="{SS}"><Worksheet ss:Name="a"><Table>{rows}'
            "</Table></Worksheet></Workbook>"
        ).encode()

    yield "laughs.xml", book("<Row><Cell><Data>&l11;</Data></Cell></Row>", DTD)
    yield "a foreign entity.xml", book("<Row><Cell><Data>&l11;</Data></Cell></Row>", FOREIGN)
    yield "far away.xml", book('<Row ss:Index="9999999"><Cell ss:Index="9999999"><Data>1</Data></Cell></Row>')
    yield (
        "merged far.xml",
        book('<Row><Cell ss:MergeDown="9999999" ss:MergeAcross="9999999"><Data>1</Data></Cell></Row>'),
    )
    yield "merged deep.xml", book('<Row><Cell ss:MergeDown="9999999"><Data>1</Data></Cell></Row>' * 5_000)
    yield "deep.xml", book("<Row>" * 200_000)


def strangers() -> Iterator[tuple[str, bytes]]:
    for name, start in (
        ("a paper.csv", b"%PDF-1.7"),
        ("a picture.xlsx", b"\x89PNG\r\n\x1a\n"),
        ("a program.csv", b"MZ\x90\x00"),
        ("another program.xlsx", b"\x7fELF"),
        ("a script.csv", b"#!/bin/sh\nrm -rf ~\n"),
        ("a drawing.csv", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("packed.csv", b"\x1f\x8b\x08\x00"),
        ("a database.csv", b"SQLite format 3\x00"),
    ):
        yield name, start + bytes(range(1, 200)) * 50


def damaged(content: bytes, ending: str, times: int) -> Iterator[tuple[str, bytes]]:
    """Cut at four places, and with bytes changed here and there."""
    for share in (0.02, 0.25, 0.6, 0.99):
        yield f"cut at {share}.{ending}", content[: int(len(content) * share)]
    chance = random.Random(len(content))
    for number in range(times):
        broken = bytearray(content)
        for _ in range(1 + number * 3):
            broken[chance.randrange(8, len(broken))] = chance.randrange(256)
        yield f"changed {number}.{ending}", bytes(broken)


def _xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("a")
    for line, row in enumerate(CARDS):
        for column, cell in enumerate(row):
            sheet.write(line, column, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
