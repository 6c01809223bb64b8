"""Which row is the header, which kind of file it is, and which header is which canonical column."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from data.files.rules import Layout
from data.words import N_
from jobs.importing.fields import KINDS, PADDED_TERMINAL_ID, STAND_INS
from jobs.importing.headers import BY_VALUES_CONCEPT, concept_of, header_of, month_of, priority_of
from jobs.importing.refusing import FileRefused
from jobs.importing.sheets import MAX_COLUMNS, Workbook
from jobs.importing.tables import CARD_CONCEPTS, Part, is_sum, same_tables, tables_of, tables_of_layout

_SAMPLE_ROWS = 20
# Rows looked at to decide what 卡号 holds.
_DECIDE_BY_ROWS = 300
_ICCID_SHAPE = re.compile(r"89[0-9A-Z]{17,18}")
_CARD_FACTS = {"expires_on", "silent_until", "plan", "quota_mb", "left_mb", "activated_on", "auto_renew", "pool"}
_TERMINAL_FACTS = {
    "merchant_no",
    "merchant_name",
    "brand",
    "model",
    "brand_model",
    "serial_no",
    "install_address",
    "tusn",
}
_MERCHANT_FACTS = {
    "merchant_name",
    "name",
    "region",
    "city",
    "address",
    "contact_name",
    "contact_phone",
    "contact_email",
}


@dataclass(frozen=True)
class Recognition:
    """What a file was taken for; the person may correct kind and mapping and have it recognised again."""

    filename: str
    kind: str | None  # None: nothing tells; clean() then refuses
    layout: str | None  # the saved layout that fitted
    parts: tuple[Part, ...]
    mapping: Mapping[str, str]  # canonical -> header; of wide usage "2025-06" -> its header
    headers: tuple[str, ...]
    unmapped: tuple[str, ...]
    samples: tuple[dict[str, str], ...]  # the first rows, header -> text as in the file
    skipped_sheets: tuple[str, ...]
    rows: int  # below the headers, sums and repeated headers included

    @property
    def columns(self) -> tuple[str, ...]:
        """The canonical columns a file of this kind may bring."""
        return tuple(KINDS[self.kind].fields) if self.kind else ()

    @property
    def header_line(self) -> int | None:
        """The line of the first part's header."""
        return self.parts[0].header_line if self.parts else None


def recognise(
    workbook: Workbook,
    *,
    kind: str | None = None,
    mapping: Mapping[str, str] | None = None,
    layouts: Sequence[Layout] = (),
) -> Recognition:
    """Find header, kind and mapping. A person's `kind` and `mapping` win, then a layout that fits, then the aliases.

    Raises FileRefused for an unknown kind, a mapping that does not fit the file, and a file without any table.
    """
    if kind is not None and kind not in KINDS:
        raise FileRefused(N_("'{kind}' is no kind of file; choose one of {kinds}"), kind=kind, kinds=", ".join(KINDS))
    wanted = {header_of(header).word for header in mapping.values()} if mapping else set()
    layout, found = tables_of_layout(workbook, layouts) if mapping is None else (None, [])
    if not found:
        found = tables_of(workbook, wanted)
    if not found:
        raise FileRefused(
            N_("{file} has no table: no row with at least two column names was found"), file=workbook.filename
        )
    parts, skipped = same_tables(workbook, found)
    headers = tuple(dict.fromkeys(header for part in parts for header in part.places))
    if layout is not None and (kind is None or kind == layout.kind):
        kind, mapping = layout.kind, _as_written(layout.mapping, headers)
    concepts = _concepts(parts, headers)
    kind = kind or _kind(set(concepts.values()), months=sum(month_of(header) is not None for header in headers))
    if mapping is None:
        mapped = _mapping(kind, concepts, headers) if kind else {}
    else:
        mapped = _checked(mapping, kind=kind, headers=headers, filename=workbook.filename)
    used = set(mapped.values())
    return Recognition(
        filename=workbook.filename,
        kind=kind,
        layout=layout.name if layout else None,
        parts=tuple(parts),
        mapping=mapped,
        headers=headers,
        unmapped=tuple(header for header in headers if header not in used),
        samples=_samples(parts[0]),
        skipped_sheets=tuple(skipped),
        rows=sum(len(part.sheet.rows) - part.header_index - 1 for part in parts),
    )


def _concepts(parts: list[Part], headers: tuple[str, ...]) -> dict[str, str]:
    """Header to concept; headers such as 卡号 are decided by their values."""
    concepts: dict[str, str] = {}
    for header in headers:
        concept = concept_of(header)
        if concept == BY_VALUES_CONCEPT:
            concept = _by_values(parts, header)
        if concept:
            concepts[header] = concept
    return concepts


def with_padded_terminal_ids(recognition: Recognition) -> Recognition:
    """The same file, its terminal numbers taken with short ones padded to 8 digits."""
    mapping = {
        PADDED_TERMINAL_ID if canonical == "terminal_id" else canonical: header
        for canonical, header in recognition.mapping.items()
    }
    return replace(recognition, mapping=mapping)


def _by_values(parts: list[Part], header: str) -> str:
    iccids = others = 0
    for part in parts:
        place = part.places.get(header, MAX_COLUMNS)
        for row in part.sheet.rows[part.header_index + 1 :][:_DECIDE_BY_ROWS]:
            cell = row[place] if place < len(row) else None
            if cell is None:
                continue
            text = str(cell).strip("'\"=` \t").upper()
            if _ICCID_SHAPE.fullmatch(text) or text.startswith("8.9") or len(text) in (18, 19, 20, 21):
                iccids += 1
            else:
                others += 1
    return "iccid" if iccids > others else "msisdn"


def _kind(concepts: set[str], *, months: int) -> str | None:
    terminal = bool(concepts & {"terminal_id", "serial_no"})
    if "result" in concepts and concepts & {"row_key", "batch_no"}:
        return "receipts"
    if concepts & CARD_CONCEPTS:
        return _kind_with_cards(concepts, terminal=terminal, months=months)
    if terminal:
        return "terminals"
    if "merchant_no" in concepts and concepts & _MERCHANT_FACTS:
        return "merchants"
    if "plan" in concepts and concepts & {"price_yuan", "term_months", "quota_mb"} and "used_mb" not in concepts:
        return "plans"
    return None


def _kind_with_cards(concepts: set[str], *, terminal: bool, months: int) -> str:
    facts = concepts & _CARD_FACTS
    if terminal:
        if not facts & {"expires_on", "plan"} and len(concepts & _TERMINAL_FACTS) >= 2:
            return "terminals"
        return "cards" if facts else "sims"
    if (months or "day" in concepts) and not facts & {"expires_on", "quota_mb"}:
        return "usage"
    if "used_mb" in concepts and not facts and "status" not in concepts:
        return "usage"
    return "cards"


def _mapping(kind: str, concepts: Mapping[str, str], headers: tuple[str, ...]) -> dict[str, str]:
    """Canonical -> header for `kind`; of several headers of one concept the one named first in ALIASES."""
    fields = KINDS[kind].fields
    wanted = {field.concept: canonical for canonical, field in fields.items()}
    stand_ins = STAND_INS[kind]
    mapping: dict[str, str] = {}
    ranked = sorted(concepts, key=lambda header: (concepts[header] in stand_ins, priority_of(header)))
    for header in ranked:
        concept = concepts[header]
        canonical = wanted.get(concept) or wanted.get(stand_ins.get(concept, ""))
        if canonical and canonical not in mapping:
            mapping[canonical] = header
    if kind == "usage" and "day" not in mapping:
        months = {month: header for header in headers if (month := month_of(header))}
        if months:
            mapping.pop("used_mb", None)
            mapping |= {f"{month:%Y-%m}": header for month, header in sorted(months.items())}
    return {name: mapping[name] for name in (*fields, *mapping) if name in mapping}


def _as_written(mapping: Mapping[str, str], headers: tuple[str, ...]) -> dict[str, str]:
    """A saved mapping with this file's spelling of the headers."""
    spelled = {header_of(header).word: header for header in reversed(headers)}
    return {canonical: spelled.get(header_of(header).word, header) for canonical, header in mapping.items()}


def _checked(
    mapping: Mapping[str, str], *, kind: str | None, headers: tuple[str, ...], filename: str
) -> dict[str, str]:
    fields = KINDS[kind].fields if kind else {}
    written = _as_written({name: header for name, header in mapping.items() if header}, headers)
    for canonical, header in written.items():
        if header not in headers:
            raise FileRefused(
                N_("{file} has no column '{header}'; its columns are {headers}"),
                file=filename,
                header=header,
                headers=", ".join(headers),
            )
        if canonical not in fields and not (kind == "usage" and month_of(canonical)):
            raise FileRefused(
                N_("'{column}' is no column of {kind}; choose one of {columns}"),
                column=canonical,
                kind=kind,
                columns=", ".join(fields),
            )
    if PADDED_TERMINAL_ID in written:
        written.pop("terminal_id", None)
    return written


def _samples(part: Part) -> tuple[dict[str, str], ...]:
    rows = [row for row in part.sheet.rows[part.header_index + 1 :][: _SAMPLE_ROWS + 5] if not is_sum(row)]
    return tuple(
        {
            header: str(row[place]) if place < len(row) and row[place] is not None else ""
            for header, place in part.places.items()
        }
        for row in rows[:_SAMPLE_ROWS]
    )
