"""A demo home whose every text that comes from outside is a naughty string."""

import json
from pathlib import Path

import duckdb
from naughty import ACTIVE, STRINGS

# Texts that files, carriers and people write; what is left out is a word of ours, a key, a digest or JSON.
TEXTS = {
    "agent": "agent_no name",
    "attempt": "plan",
    "audit": "object",
    "batch": "note form_no",
    "batch_line": "plan",
    "booking": "carrier_ref",
    "finding": "object",
    "merchant": "merchant_no name region city address contact_name contact_email contact_phone",
    "notice": "channel subject text note source",
    "offer_told": "plan",
    "payee": "name stop_reason",
    "payee_change": "bank opening_bank note reason",
    "plan": "plan",
    "provider": "name contacts portal portal_keeper outlets refund_rule note",
    "provider_way": "checklist",
    "renewal_note": "ticket_no note",
    "sim": "supplier raw_status purchase_batch pool tags decision_reason",
    "sim_change": "before after source",
    "sim_now": "payee supplier plan terminal_id serial_no imei brand model branch site merchant_no merchant region city "
    "contact_name contact_phone agent purchase_batch pool tags decision_reason",
    "state": "detail carrier_ref",
    "terminal": "terminal_id branch brand model serial_no tusn imei site install_address contact_name contact_phone",
    "verification": "ticket_no note",
    "voucher": "filename plan invoice_no seller buyer note",
}
# Numbers by which a card is found stay readable, or no page of one could be opened.


def poison(home: Path) -> dict[str, int]:
    """Overwrite them; how many cells each column got. The home must be closed."""
    _poison_accounts(home / "carriers.toml")
    connection = duckdb.connect(str(home / "flowcard.duckdb"))
    wide = [*ACTIVE, *(text for text in STRINGS if text not in set(ACTIVE))]
    written: dict[str, int] = {}
    for table, columns in TEXTS.items():
        for number, column in enumerate(columns.split()):
            # Each column begins elsewhere, so that one line of a list holds twenty different ones.
            shifted = wide[number * 17 % len(wide) :] + wide[: number * 17 % len(wide)]
            written[f"{table}.{column}"] = _fill(connection, table, column, shifted)
    _add_people(connection)
    # What a person gave as his reason stands on every page.
    connection.execute(
        "INSERT INTO stop_switch (account, person_id, ts, reason) SELECT 'mobile-south', min(person_id), now(), ? FROM person",
        [" ".join(ACTIVE[60:75])],
    )
    connection.close()
    return written


def _fill(connection: duckdb.DuckDBPyConnection, table: str, column: str, texts: list[str]) -> int:
    (rows,) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone() or (0,)
    if not rows:
        return 0
    try:
        connection.execute(
            f'UPDATE "{table}" SET "{column}" = list_extract($texts, 1 + (rowid % $count)) || '
            f"CASE WHEN rowid < $count THEN '' ELSE ' ' || rowid END",
            {"texts": texts, "count": len(texts)},
        )
    except duckdb.ConstraintException:
        # One of a kind, or no longer than so much: with a number behind it, and short.
        connection.execute(
            f'UPDATE "{table}" SET "{column}" = left(list_extract($texts, 1 + (rowid % $count)), 100) || \' \' || rowid',
            {"texts": texts, "count": len(texts)},
        )
    return int(rows)


def _add_people(connection: duckdb.DuckDBPyConnection) -> None:
    for number, text in enumerate(text for text in ACTIVE if text.isprintable() and len(text) < 60):
        connection.execute(
            "INSERT INTO person (name, role, active, made_at) VALUES (?, 'viewer', ?, now())",
            [f"{text}{number}", number % 2 == 0],
        )


def _poison_accounts(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        key = line.partition(" = ")[0]
        if key in {"payee", "support"}:
            text = f"{ACTIVE[number % 60]} {ACTIVE[60 + number % 20]}"
            # Text as JSON writes it is text as TOML reads it.
            lines[number] = f"{key} = {json.dumps(text, ensure_ascii=False)}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def cards(home: Path, count: int) -> list[str]:
    """ICCIDs of some cards: among the first, whose texts are the most active ones."""
    connection = duckdb.connect(str(home / "flowcard.duckdb"), read_only=True)
    found = connection.execute("SELECT iccid FROM sim ORDER BY rowid LIMIT ?", [count]).fetchall()
    connection.close()
    return [row[0] for row in found]
