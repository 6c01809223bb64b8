"""Naughty strings out into files and back: no cell a spreadsheet would run, and nothing lost on the way."""

import csv
import io
import re

import openpyxl
import pytest
from naughty import STRINGS

from data.home import Home
from data.people.rules import Actor
from jobs.importing.reading import read_file
from jobs.importing.sheets import Cell
from jobs.importing.values import Notes, tidy_text
from jobs.importing.words_of_files import EMPTY_WORDS
from tests.fleet import run, stock
from tests.jobs.exporting.test_writing import written

# What a spreadsheet takes for the start of a formula, also behind blanks and quotes.
FORMULA = re.compile(r"[\s\"'‘’“”]*[=+@＝＋－＠-]|[\t\r\n\0]")
# A text cell of a workbook holds no more, and none of these.
UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@pytest.fixture
def named(home: Home, people: dict[str, Actor]) -> Home:
    """As many cards as there are strings, each in the shop of one of them."""
    stock(home, sims=len(STRINGS))
    with home.db.write() as tx:
        for number, text in enumerate(STRINGS, 1):
            run(
                tx,
                "UPDATE sim_now SET merchant = $text, city = $text, agent = $text WHERE sim_id = $n",
                text=text,
                n=number,
            )
    return home


def read_back(home: Home, by: Actor, format: str) -> list[Cell]:
    made = written(home, by, what="sims", format=format)
    path = home.exports / made.stored_as
    head, *rows = read_file(path, str(made.filename), max_bytes=10**8, max_rows=10**6).sheets[0].rows
    place, key = head.index("merchant_name"), head.index("iccid")
    cells = {row[key]: row[place] if len(row) > place else None for row in rows}
    return [cells[iccid] for iccid in sorted(cells, key=str)]


def test_no_cell_of_a_csv_starts_a_formula_and_no_string_is_lost(named: Home, people: dict[str, Actor]) -> None:
    made = written(named, people["viewer"], what="sims", format="csv")
    text = (named.exports / made.stored_as).read_bytes().decode("utf-8-sig")
    cells = [
        cell
        for row in csv.DictReader(io.StringIO(text, newline=""))
        for name, cell in row.items()
        if name != "days_left"
    ]
    assert len(cells) > 10 * len(STRINGS)
    assert [cell for cell in cells if FORMULA.match(cell) and not cell.startswith("'")] == []
    lost = []
    for text, cell in zip(STRINGS, read_back(named, people["viewer"], "csv"), strict=True):
        guarded = f"'{text}" if FORMULA.match(text) else text
        # A dash alone is a word for nothing.
        if (cell or "") != guarded or (
            guarded != text
            and (tidy_text(cell, Notes()) or "") != ("" if text.lower() in EMPTY_WORDS else text.strip())
        ):
            lost.append((text, cell))
    assert lost == []


def test_no_cell_of_a_workbook_is_a_formula_and_no_string_is_lost(named: Home, people: dict[str, Actor]) -> None:
    made = written(named, people["viewer"], what="sims", format="xlsx")
    book = openpyxl.load_workbook(named.exports / made.stored_as)
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert len(cells) > 10 * len(STRINGS)
    assert [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink] == []
    back = read_back(named, people["viewer"], "xlsx")
    lost = [
        (text, cell)
        for text, cell in zip(STRINGS, back, strict=True)
        if not UNSPEAKABLE.search(text) and (cell or "") != text
    ]
    assert lost == []
