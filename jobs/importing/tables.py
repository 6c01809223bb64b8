"""Where in a file the table stands: its header row below titles and blanks, on one sheet or on several alike."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.files.rules import Layout
from jobs.importing.aliases import NOTE_SHEETS, SUM_WORDS
from jobs.importing.headers import BY_VALUES_CONCEPT, concept_of, header_of, header_text, month_of
from jobs.importing.sheets import Cell, Sheet, Workbook
from jobs.importing.words_of_files import plain

# Title rows, blank rows and notes above a table are fewer than this.
_HEADER_WITHIN = 40
# Sheets of one file that share this much of their headers are one table: someone added a column to one of them.
_SHARED = 0.6
CARD_CONCEPTS = {"iccid", "msisdn", "imsi", BY_VALUES_CONCEPT}


@dataclass(frozen=True)
class Part:
    """One sheet's table: the rows after its header, and in which place each header stands."""

    sheet: Sheet
    header_index: int
    header_line: int
    places: Mapping[str, int]  # header -> index in the row


def tables_of(workbook: Workbook, wanted: set[str]) -> list[Part]:
    """The likeliest header row of each sheet that has one; the sheet with the most known headers comes first."""
    found: list[tuple[int, Part]] = []
    for sheet in workbook.sheets:
        if is_note(sheet.name):
            continue
        scored = [(_score(row, wanted), -index, index) for index, row in enumerate(sheet.rows[:_HEADER_WITHIN])]
        best = max(scored, default=(0, 0, 0))
        if best[0] > 0:
            found.append((best[0], _part(sheet, best[2])))
    if not found:
        found = [(0, part) for sheet in workbook.sheets if (part := _unknown_table(sheet))]
    found.sort(key=lambda each: (-each[0], -len(each[1].sheet.rows)))
    return [part for _score, part in found]


def tables_of_layout(workbook: Workbook, layouts: Sequence[Layout]) -> tuple[Layout | None, list[Part]]:
    for layout in layouts:
        wanted = {header_of(header).word for header in layout.headers}
        found = []
        for sheet in workbook.sheets:
            for index, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
                if {header_of(text).word for cell in row if (text := header_text(cell))} == wanted:
                    found.append(_part(sheet, index))
                    break
        if found:
            return layout, found
    return None, []


def same_tables(workbook: Workbook, found: list[Part]) -> tuple[list[Part], list[str]]:
    """The first table and those of other sheets with much the same headers, in the file's order; names of the rest."""
    first = found[0]
    same = [part for part in found if _alike(first, part)]
    taken = {id(part.sheet) for part in same}
    order = {id(sheet): place for place, sheet in enumerate(workbook.sheets)}
    same.sort(key=lambda part: order[id(part.sheet)])
    renamed = [Part(part.sheet, part.header_index, part.header_line, _renamed(part, first)) for part in same]
    return renamed, [sheet.name for sheet in workbook.sheets if id(sheet) not in taken and sheet.rows]


def is_note(sheet_name: str) -> bool:
    """Whether a sheet explains the file instead of being it."""
    return plain(sheet_name) in NOTE_SHEETS


def _alike(first: Part, part: Part) -> bool:
    here, there = ({header_of(header).word for header in each.places} for each in (first, part))
    return len(here & there) >= _SHARED * max(len(here), len(there))


def _score(row: list[Cell], wanted: set[str]) -> int:
    """How many different columns the row names; 0 where it can be no header."""
    texts = [text for cell in row if (text := header_text(cell))]
    if wanted:
        return sum(header_of(text).word in wanted for text in texts if len(text) < 100)
    names = {concept for text in texts if len(text) < 100 and (concept := concept_of(text))}
    months = sum(month_of(text) is not None for text in texts if len(text) < 20)
    score = len(names) + min(months, 3)
    return score if score >= 2 or (score == 1 and len(texts) <= 3 and names & CARD_CONCEPTS) else 0


def _unknown_table(sheet: Sheet) -> Part | None:
    """The first row of words of a sheet whose headers nobody knows, so that a person can name its columns."""
    for index, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        texts = [header_text(cell) for cell in row if cell is not None and header_text(cell)]
        if len(texts) >= 2 and len(set(texts)) == len(texts) and index + 1 < len(sheet.rows):
            return _part(sheet, index)
    return None


def _part(sheet: Sheet, index: int) -> Part:
    places: dict[str, int] = {}
    for place, cell in enumerate(sheet.rows[index]):
        text = header_text(cell)
        if not text:
            continue
        name, again = text, 2
        while name in places:
            name, again = f"{text} ({again})", again + 1
        places[name] = place
    return Part(sheet, index, sheet.lines[index], places)


def _renamed(part: Part, first: Part) -> dict[str, int]:
    """`part`'s places under the first part's spelling of each header, its own where the first has none."""
    spellings: dict[str, list[str]] = {}
    for header in first.places:
        spellings.setdefault(header_of(header).word, []).append(header)
    places: dict[str, int] = {}
    for header, place in part.places.items():
        known = spellings.get(header_of(header).word)
        places[known.pop(0) if known else header] = place
    return places


def is_sum(row: list[Cell]) -> bool:
    """Whether a row is a 合计 or 总计 below or between the records."""
    for cell in row[:4]:
        if isinstance(cell, str) and cell.strip():
            word = re.split(r"[:：(（]", plain(cell.strip()), maxsplit=1)[0].strip()
            return word in SUM_WORDS
    return False
