"""The acquirer's ledger of the demo: agents, merchants and terminals, as believable as operations.md §5 asks."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from jobs.demo import names
from jobs.demo.numbering import Dice, Flags, Ints, digits, joined, luhn, scattered, some, spread, where, words

TERMINALS_PER_MERCHANT = 4  # 2,000 terminals, 500 merchants
STATUSES = ("in_use", "disabled", "withdrawn", "stock", "repair")
STATUS_SHARES = (0.825, 0.015, 0.06, 0.08, 0.02)
CLOSED_SHARE = 0.03  # merchants that have not traded for months
NO_CONTACT_SHARE = 0.03
TAKINGS_UNKNOWN_SHARE = 0.18
MONTHLY_TAKINGS_FEN = 2_800_000  # median of a terminal, ¥28,000
_ACQUIRERS = ("801", "802", "803")  # three digits no acquirer has
_EIGHT_DIGITS = 99_999_989  # the largest prime of eight digits
_BRANDS = {"新大陆": ("NL", 304), "百富": ("PX", 302), "银联": ("UP", 310), "其他": ("QT", 399)}


@dataclass(frozen=True)
class Terminals:
    """Who has which machine: places in the columns are `terminal_key - 1` and `merchant_id - 1`."""

    merchant: Ints
    agent: Ints
    model: Ints
    status: Ints
    android: Flags
    closed: Flags
    """The merchant has given up."""
    idle_days: Ints
    """Days since the last trade."""


def agents() -> pa.Table:
    """All agents."""
    return pa.table(
        {
            "agent_id": pa.array(range(1, len(names.AGENTS) + 1), pa.int64()),
            "agent_no": [f"FW{number:04d}" for number in range(1, len(names.AGENTS) + 1)],
            "name": [name for name, _cities in names.AGENTS],
        }
    )


def models() -> pa.Table:
    """What each model can run."""
    columns = list(zip(*names.MODELS, strict=True))
    return pa.table({"brand": columns[0], "model": columns[1], "networks": columns[2]})


def merchants(dice: Dice, count: int) -> tuple[pa.Table, Ints]:
    """`count` merchants and the agent (place in AGENTS) of each."""
    city = spread(dice, names.CITY_SHARES, count)
    agent = _agent_of(dice, city)
    trade = dice.integers(0, len(names.TRADES), count)
    acquirer = dice.integers(0, len(_ACQUIRERS), count)
    district, address = _addresses(dice, city)
    named = joined(
        words(names.NAME_FIRST, dice.integers(0, len(names.NAME_FIRST), count)),
        words(names.NAME_SECOND, dice.integers(0, len(names.NAME_SECOND), count)),
        words([trade for trade, _code in names.TRADES], trade),
    )
    # The serial counts within acquirer, area and category, so that a number is never given twice.
    serial = _running((acquirer * 100 + city) * 100 + _category(trade))
    with_contact = np.ones(count, np.bool_)
    with_contact[some(dice, np.arange(count), round(count * NO_CONTACT_SHARE))] = False
    table = pa.table(
        {
            "merchant_id": np.arange(1, count + 1),
            "merchant_no": joined(
                words(_ACQUIRERS, acquirer),
                words([place.area_code for place in names.CITIES], city),
                words([code for _trade, code in names.TRADES], trade),
                digits(serial, 4),
            ),
            "name": joined(named, "（", words([place.name for place in names.CITIES], city), district, "店）"),
            "region": words([place.region for place in names.CITIES], city),
            "city": words([place.name for place in names.CITIES], city),
            "address": address,
            "agent_id": agent + 1,
            "contact_name": where(with_contact, people(dice, count)),
            "contact_phone": where(with_contact, phones(count)),
        }
    )
    return table, agent


def place_terminals(dice: Dice, count: int, merchant_agents: Ints) -> Terminals:
    """Which merchant has which machine, and how each is doing."""
    many = len(merchant_agents)
    # Everybody has one machine; the rest gather with the larger shops.
    pull = dice.lognormal(0, 1.1, many)
    merchant = np.concatenate(
        [np.arange(min(many, count)), dice.choice(many, max(0, count - many), p=pull / pull.sum())]
    )
    dice.shuffle(merchant)
    model = spread(dice, [share for *_rest, share in names.MODELS], count)
    status = spread(dice, STATUS_SHARES, count)
    closed_merchants = np.zeros(many, np.bool_)
    closed_merchants[some(dice, np.arange(many), round(many * CLOSED_SHARE))] = True
    closed = closed_merchants[merchant] & (status == 0)
    idle = np.minimum(dice.geometric(0.55, count) - 1, 9)
    idle = np.where(closed, dice.integers(62, 200, count), idle)
    idle = np.where(np.isin(status, (1, 2, 3)), dice.integers(45, 320, count), idle)
    idle = np.where(status == 4, dice.integers(4, 30, count), idle)
    android = np.asarray([is_android for *_rest, is_android, _share in names.MODELS])[model]
    return Terminals(merchant, merchant_agents[merchant], model, status, android, closed, idle)


def known_closed(held: Terminals) -> pa.Table:
    """Of the merchants that have given up, those whose own list says so; of the others nobody told."""
    given_up = np.unique(held.merchant[held.closed])
    return pa.table({"merchant_id": given_up[::2] + 1})


def gone_dark(held: Terminals, places: Ints, days: Ints) -> Terminals:
    """The same machines; those at `places` have not traded since their card went down."""
    idle = held.idle_days.copy()
    idle[places] = np.maximum(idle[places], days)
    return replace(held, idle_days=idle)


def terminals(dice: Dice, held: Terminals, *, today: date, merchant_table: pa.Table) -> pa.Table:
    """The machines as the ledger lists them; who trades how much."""
    count = len(held.model)
    model, place = held.model, pa.array(held.merchant)
    brand = words([brand for brand, *_rest in names.MODELS], model)
    in_stock = held.status == 3
    takings = np.round(dice.lognormal(np.log(MONTHLY_TAKINGS_FEN), 1.1, count)).astype(np.int64)
    known = np.ones(count, np.bool_)
    known[some(dice, np.arange(count), round(count * TAKINGS_UNKNOWN_SHARE))] = False
    last_trade = np.datetime64(today, "D") - held.idle_days
    at_night = np.datetime64(today, "us") - held.idle_days * np.timedelta64(1, "D")
    seen = at_night + dice.integers(1, 14 * 3600, count) * np.timedelta64(1, "s") - np.timedelta64(14, "h")
    return pa.table(
        {
            "terminal_key": np.arange(1, count + 1),
            "terminal_id": _tids(dice, held.merchant),
            "merchant_id": where(~in_stock, pa.array(held.merchant + 1)),
            "agent_id": held.agent + 1,
            "branch": joined(merchant_table["city"].combine_chunks().take(place), "营业部"),
            "brand": brand,
            "model": words([model for _brand, model, *_rest in names.MODELS], model),
            "serial_no": _serials(model, count),
            "tusn": _tusns(model, count),
            "imei": _imeis(count),
            "site": where(
                ~in_stock,
                joined(
                    merchant_table["city"].combine_chunks().take(place), "第", digits(held.merchant % 7 + 1, 1), "网点"
                ),
            ),
            "install_address": where(~in_stock, merchant_table["address"].combine_chunks().take(place)),
            "status": words(STATUSES, held.status),
            "last_seen_at": pa.array(seen).cast(pa.timestamp("us", "UTC")),
            "last_trade_on": where(~in_stock, pa.array(last_trade)),
            "monthly_takings_fen": where(known & np.isin(held.status, (0, 4)), pa.array(takings)),
        }
    )


def people(dice: Dice, count: int) -> pa.Array:
    """Names of contacts."""
    return joined(
        words(names.SURNAMES, dice.integers(0, len(names.SURNAMES), count)),
        words(names.GIVEN_FIRST, dice.integers(0, len(names.GIVEN_FIRST), count)),
        words(names.GIVEN_LAST, dice.integers(0, len(names.GIVEN_LAST), count)),
    )


def phones(count: int) -> pa.Array:
    """Mobile numbers of people: 140 is given to no person, so nobody is ever called by mistake."""
    return joined("140", digits(scattered(count, _EIGHT_DIGITS, start=3), 8))


def _agent_of(dice: Dice, city: Ints) -> Ints:
    agent = np.zeros(len(city), np.int64)
    for place in range(len(names.CITIES)):
        serving = [number for number, (_name, cities) in enumerate(names.AGENTS) if place in cities]
        here = np.flatnonzero(city == place)
        agent[here] = np.asarray(serving)[spread(dice, [1 / (2 + rank) for rank in range(len(serving))], len(here))]
    return agent


def _addresses(dice: Dice, city: Ints) -> tuple[pa.Array, pa.Array]:
    count = len(city)
    sizes = np.asarray([len(place.districts) for place in names.CITIES])
    offset = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    all_districts = [district for place in names.CITIES for district in place.districts]
    district = words(all_districts, (offset[city] + dice.integers(0, 1 << 30, count) % sizes[city]).astype(np.int64))
    address = joined(
        words([place.name for place in names.CITIES], city),
        "市",
        district,
        words(names.ROAD_FIRST, dice.integers(0, len(names.ROAD_FIRST), count)),
        words(names.ROAD_LAST, dice.integers(0, len(names.ROAD_LAST), count)),
        digits(dice.integers(1, 400, count), 1),
        "号",
    )
    return district, address


def _category(trade: Ints) -> Ints:
    codes = [code for _trade, code in names.TRADES]
    return np.asarray([codes.index(code) for code in codes])[trade]


def _running(group: Ints) -> Ints:
    """1, 2, 3 … within each group."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    lengths = np.diff(np.concatenate([starts, [len(group)]]))
    running = np.empty(len(group), np.int64)
    running[order] = np.arange(len(group)) - np.repeat(starts, lengths) + 1
    return running


def _tids(dice: Dice, merchant: Ints) -> pa.Array:
    count = len(merchant)
    number = scattered(count, _EIGHT_DIGITS, start=int(dice.integers(0, _EIGHT_DIGITS)))
    # A TID belongs to its merchant: three in a thousand are in use at another one too.
    twice = some(dice, np.arange(count), count * 3 // 1000)
    twice = twice[merchant[twice] != merchant[(twice + 1) % count]]
    number[twice] = number[(twice + 1) % count]
    lettered = np.zeros(count, np.bool_)
    lettered[some(dice, np.arange(count), count // 50)] = True
    plain = digits(number, 8)
    return where(lettered, joined("T", digits(number % 10_000_000, 7)), plain)


def _serials(model: Ints, count: int) -> pa.Array:
    prefix = words([_BRANDS[brand][0] for brand, *_rest in names.MODELS], model)
    return joined(prefix, digits(2018 + model % 7, 4), digits(scattered(count, 9_999_991, start=11), 7))


def _tusns(model: Ints, count: int) -> pa.Array:
    vendor = np.asarray([_BRANDS[brand][1] for brand, *_rest in names.MODELS], np.int64)[model]
    return joined(digits(vendor, 6), "02", digits(scattered(count, 9_999_991, start=77), 12))


def _imeis(count: int) -> pa.Array:
    # 35209900 is the type code of the handbook's own sample number.
    body = (35_209_900 + np.arange(count, dtype=np.int64) // 1_000_000) * 1_000_000 + np.arange(
        count, dtype=np.int64
    ) % 1_000_000
    return digits(body * 10 + luhn(body), 15)
