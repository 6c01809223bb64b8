"""Renewal records: what became of every card of every approved batch, for the page, the export and whoever asks later."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from data.clock import HOME_ZONE
from data.database import Queries, Query, Reader
from data.sims.rules import folded
from data.words import N_

Q = Queries.beside(__file__, "records.sql")

# The columns people file renewals in: canonical name → what a person reads; the Chinese words are the issue's own.
RECORD_COLUMNS = {
    "renewal_no": N_("Renewal number"),
    "batch": N_("Batch number"),
    "merchant_no": N_("Merchant number"),
    "merchant_name": N_("Merchant name"),
    "terminal_id": N_("Terminal number"),
    "serial_no": N_("Terminal serial number"),
    "agent_name": N_("Agent"),
    "region": N_("Region"),
    "carrier": N_("Carrier"),
    "account": N_("Account"),
    "msisdn": N_("Card number"),
    "iccid": N_("ICCID"),
    "plan": N_("Plan"),
    "months": N_("Months renewed"),
    "old_expires_on": N_("Expiry before"),
    "new_expires_on": N_("Expiry after"),
    "amount_yuan": N_("Amount (yuan)"),
    "way_to_pay": N_("Way to pay"),
    "payee": N_("Payee"),
    "paid_on": N_("Paid on"),
    "channel": N_("Channel"),
    "state": N_("State of the renewal"),
    "failure_reason": N_("Reason of failure"),
    "submitted_at": N_("Submitted at"),
    "ended_at": N_("Finished at"),
    "proof": N_("Proved by"),
    "verified_at": N_("Proved at"),
    "carrier_order_no": N_("Carrier's order number"),
    "ticket_no": N_("Ticket number"),
    "invoice_no": N_("Invoice number"),
    "vouchers": N_("Number of vouchers"),
    "maker": N_("Made by"),
    "checker": N_("Approved by"),
    "note": N_("Remark"),
}

# How the order reached the carrier: the connector's code.
CHANNEL_WORDS = {
    "practice": N_("rehearsal"),
    "offline": N_("by hand"),
    "alibaba_linkcard": N_("Alibaba Cloud Linkcard"),
    "onelink": N_("China Mobile OneLink"),
    "one_nce": N_("1NCE"),
    "tencent_ic": N_("Tencent Cloud IC"),
    "telecom_cmp": N_("China Telecom platform"),
    "unicom_cmp": N_("China Unicom platform"),
    "huawei_gsl": N_("Huawei Cloud GSL"),
    "simboss": N_("SIMBoss"),
    "ctwing": N_("China Telecom CTWing"),
}

PROOF_WORDS = {
    "reply": N_("the carrier's reply"),
    "query": N_("a query of the order"),
    "reading": N_("a reading of the card"),
    "statement": N_("the carrier's statement"),
    "person": N_("a person's word"),
}


@dataclass(frozen=True)
class RecordFilter:
    """Every field narrows further; None and () do not. Days are of the last move, in the home's zone."""

    day_from: date | None = None
    day_to: date | None = None  # this day included
    states: tuple[str, ...] = ()
    batch: int | None = None
    carrier: str | None = None
    account: str | None = None
    kind: str | None = None  # a key of KINDS
    agent_id: int | None = None
    text: str | None = None  # found anywhere in the card's search_text

    def to_json(self) -> str:
        """The fields that narrow, as JSON."""
        told = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        return json.dumps(told, default=date.isoformat, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "RecordFilter":
        """Back from to_json; a field of another version is ignored."""
        told: dict[str, Any] = json.loads(text)
        known: dict[str, Any] = {one.name: told[one.name] for one in fields(cls) if told.get(one.name) is not None}
        for name in ("day_from", "day_to"):
            if name in known:
                known[name] = date.fromisoformat(known[name])
        if "states" in known:
            known["states"] = tuple(known["states"])
        return cls(**known)

    def params(self) -> dict[str, Any]:
        """The filter as the queries want it."""
        return {
            "batch": self.batch,
            "states": list(self.states),
            "account": self.account,
            "ordered": self.kind,
            "carrier": self.carrier,
            "agent_id": self.agent_id,
            "day_from": _midnight(self.day_from),
            "before": _midnight(self.day_to + timedelta(days=1)) if self.day_to else None,
            "text": folded(self.text) if self.text else None,
            "zone": HOME_ZONE.key,
        }


@dataclass(frozen=True)
class RecordTotals:
    """The sums of a choice of records."""

    records: int
    succeeded: int
    succeeded_fen: int
    amount_fen: int


def records_query(flt: RecordFilter) -> tuple[Query, dict[str, Any]]:
    """The whole choice in its order, as a query and its parameters: what the export writes and the page pages through."""
    return _of(Q.records, flt), {**flt.params(), "limit": None, "offset": 0}


def records(reader: Reader, flt: RecordFilter, *, limit: int = 50, offset: int = 0) -> pa.Table:
    """A page of records, newest first."""
    query, params = records_query(flt)
    return reader.arrow(query, **{**params, "limit": limit, "offset": offset})


def record_totals(reader: Reader, flt: RecordFilter) -> RecordTotals:
    """How many records a filter lets through, and their money."""
    return reader.records(RecordTotals, _of(Q.record_totals, flt), **flt.params())[0]


def _of(query: Query, flt: RecordFilter) -> Query:
    # Cards are only looked at where the filter speaks of them: most looks at the records do not.
    asks = flt.carrier is not None or flt.agent_id is not None or flt.text
    return query.fill(chosen=Q.chosen.sql, cards=Q.such_cards.sql if asks else Q.any_card.sql)


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=HOME_ZONE) if day else None
