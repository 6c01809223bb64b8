"""The card list of the demo: the `sim` rows as the carriers would have reported them, and what was seen to change."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.demo.accounts import ACCOUNTS
from jobs.demo.cards import CARRIERS, STATES, Cards
from jobs.demo.dates import Dates, Terms
from jobs.demo.numbering import Dice, Ints, digits, joined, luhn, some, where, words

# What each carrier's cards begin with (domain.md §2), IMSI networks, and the first digits of thirteen-digit numbers.
_ICCID_PREFIXES = ((898600, 898602, 898604, 898607), (898601, 898606, 898609), (898603, 898611))
_IMSI_NETWORKS = (("46000", "46004"), ("46001",), ("46003", "46011"))
_MSISDN_PREFIXES = ("10648", "10646", "10649")
_WORDS = {
    "active": "正常",
    "stopped_expired": "到期停机",
    "pre_cancel": "预销户",
    "stopped_arrears": "欠费停机",
    "stopped_quota": "达量停机",
    "stopped_manual": "主动停机",
    "stopped_separation": "机卡分离停机",
    "stopped_area": "区域停机",
    "stopped_realname": "未实名停机",
    "stopped_risk": "违规停机",
    "number_kept": "停机保号",
    "silent": "沉默期",
    "stock": "库存",
    "test": "测试期",
    "unknown": "待确认",
    "cancelled": "已销户",
    "replaced": "已换卡",
}
HIDDEN_EXPIRY_SHARE = 0.004  # active cards whose source names no expiry
AUTO_RENEW = {"monthly": 0.4, "yearly": 0.015}


def card_list(dice: Dice, cards: Cards, terms: Terms, *, today: date, used_bytes: Ints) -> pa.Table:
    """One row per card in the order of purchase; `sim_id` counts from 1."""
    count = len(cards.state)
    iccid = _iccids(dice, cards.carrier, terms.activated)
    begun = ~np.isnat(terms.activated)
    as_of = _as_of(today, cards.account)
    told = begun & ~cards.among("cancelled", "replaced")
    expires = terms.expires.copy()
    expires[some(dice, np.flatnonzero(cards.among("unknown")), round(count * HIDDEN_EXPIRY_SHARE))] = np.datetime64(
        "NaT", "D"
    )
    auto_renew, auto_known = _auto_renew(dice, cards)
    return pa.table(
        {
            "sim_id": np.arange(1, count + 1),
            "stem": pc.utf8_slice_codeunits(iccid, 0, 19),
            "iccid": iccid,
            "imsi": _imsis(cards.carrier),
            "msisdn": _msisdns(cards.carrier),
            "carrier": words(CARRIERS, cards.carrier),
            "account": words([account.name for account in ACCOUNTS], cards.account),
            "supplier": words([account.supplier for account in ACCOUNTS], cards.account),
            "plan_id": cards.plan_ids,
            "terminal_key": where(cards.terminal >= 0, pa.array(cards.terminal + 1)),
            "status": words(STATES, cards.state),
            "raw_status": words([_WORDS[state] for state in STATES], cards.state),
            "activated_on": pa.array(terms.activated),
            "expires_on": pa.array(expires),
            "anchor_day": where(~np.isnat(expires), pa.array(_anchor(expires))),
            "auto_renew": where(auto_known, pa.array(auto_renew)),
            "quota_bytes": where(told, pa.array(cards.quota_bytes)),
            "used_bytes": where(told, pa.array(used_bytes)),
            "left_bytes": where(told, pa.array(cards.quota_bytes - used_bytes)),
            "as_of": where(told, pa.array(as_of).cast(pa.timestamp("us", "UTC"))),
            "purchase_batch": _purchase(terms.activated, cards.account),
            "silent_until": pa.array(terms.silent_until),
            "tags": where(cards.android, pa.array(["智能机"]).take(pa.array(np.zeros(count, np.int64)))),
            "status_seen_at": _noon(np.where(np.isnat(terms.stopped), np.datetime64(today, "D") - 1, terms.stopped)),
            "observed_at": pa.array(as_of).cast(pa.timestamp("us", "UTC")),
        }
    )


def changes(cards: Cards, terms: Terms) -> pa.Table:
    """The stops as the carriers' files have told them."""
    down = np.flatnonzero(~np.isnat(terms.stopped))
    order = down[np.argsort(terms.stopped[down], kind="stable")]
    length = len(order)
    return pa.table(
        {
            "sim_id": order + 1,
            "ts": _noon(terms.stopped[order]),
            "field": pa.array(["status"] * length, pa.string()),
            "before": pa.array(["active"] * length, pa.string()),
            "after": words(STATES, cards.state[order]),
            "source": joined("account ", words([account.name for account in ACCOUNTS], cards.account[order])),
        }
    )


def _iccids(dice: Dice, carrier: Ints, activated: Dates) -> pa.Array:
    """19 or 20 characters: prefix, year, the running number of the purchase; most pass Luhn, as in the field."""
    count = len(carrier)
    prefix = np.zeros(count, np.int64)
    for place, prefixes in enumerate(_ICCID_PREFIXES):
        here = np.flatnonzero(carrier == place)
        prefix[here] = np.asarray(prefixes)[dice.integers(0, len(prefixes), len(here))]
    bought = np.where(np.isnat(activated), np.datetime64("2026-01-01"), activated)
    year = bought.astype("datetime64[Y]").astype(np.int64) + 1970
    # Cards of one purchase stand close together; the gaps are the cards other customers got.
    running = np.cumsum(dice.integers(1, 5, count))
    stem = (prefix * 100 + year % 100) * 10**11 + 31_000_000_000 + running
    check = luhn(stem)
    odd = some(dice, np.arange(count), count // 8)
    check[odd] = dice.integers(0, 10, len(odd))
    # Telecom prints 19; Mobile has some numbers with a letter as the seventh character (898600D…).
    plain = joined(digits(stem, 19), digits(check, 1))
    lettered = joined(digits(stem // 10**13, 6), "D", digits(stem % 10**12, 12), digits(check, 1))
    printed = where((carrier == 0) & (prefix == 898600) & (running % 5 == 0), lettered, plain)
    return pc.if_else(pa.array(carrier == 2), pc.utf8_slice_codeunits(printed, 0, 19), printed)


def _imsis(carrier: Ints) -> pa.Array:
    place = np.arange(len(carrier), dtype=np.int64)
    network = np.asarray([networks[0] for networks in _IMSI_NETWORKS])[carrier]
    other = np.asarray([networks[-1] for networks in _IMSI_NETWORKS])[carrier]
    return joined(pa.array(np.where(place % 3 == 0, other, network)), digits(7_000_000_000 + place * 3, 10))


def _msisdns(carrier: Ints) -> pa.Array:
    """Thirteen digits, one in twenty still has eleven."""
    place = np.arange(len(carrier), dtype=np.int64)
    long = joined(words(_MSISDN_PREFIXES, carrier), digits(2_000_000 + place * 7, 8))
    short = joined("1064", digits(place % 10_000_000, 7))
    return where(place % 20 == 7, short, long)


def _purchase(activated: Dates, account: Ints) -> pa.Array:
    month = activated.astype("datetime64[M]").astype(np.int64)
    known = ~np.isnat(activated)
    year_month = np.where(known, (month // 12 + 1970) * 100 + month % 12 + 1, 0)
    return where(known, joined("CG", digits(year_month, 6), "-", digits(account + 1, 2)))


def _anchor(expires: Dates) -> Ints:
    """The day months are counted from: a card that ends with the month always does."""
    known = np.where(np.isnat(expires), np.datetime64("2026-01-01"), expires)
    month = known.astype("datetime64[M]")
    last = known + 1 == (month + 1).astype("datetime64[D]")
    return np.where(last, 31, (known - month.astype("datetime64[D]")).astype(np.int64) + 1).astype(np.int32)


def _auto_renew(dice: Dice, cards: Cards) -> tuple[np.ndarray, np.ndarray]:
    """Who renews by itself, and of whom that is known at all."""
    count = len(cards.state)
    odds = np.where(cards.term_months < 12, AUTO_RENEW["monthly"], AUTO_RENEW["yearly"])
    return dice.random(count) < odds, dice.random(count) < 0.8


def _as_of(today: date, account: Ints) -> np.ndarray:
    """Midnight after the last day the account has told of, in UTC."""
    lag = np.asarray([held.lag_days for held in ACCOUNTS], np.int64)[account]
    return np.datetime64(today, "us") - (lag - 1) * np.timedelta64(1, "D") - np.timedelta64(8, "h")


def _noon(day: Dates) -> pa.Array:
    return pa.array(day.astype("datetime64[us]") + np.timedelta64(1, "h")).cast(pa.timestamp("us", "UTC"))
