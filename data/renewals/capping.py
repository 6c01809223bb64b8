"""The caps: what an item, a batch, and a day of a person, of an account and of everybody may cost at most."""

from pathlib import Path

from data.database import Queries, Row, Transaction
from data.people.rules import Refused
from data.settings import Settings
from data.words import _, number, yuan

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def within_caps(tx: Transaction, *, batch: Row, settings: Settings) -> None:
    """Raise Refused, naming sum, cap and way out, where this batch (a row with id, maker, amount_fen) passes a cap.

    Runs in the transaction that sets the money aside, under the writer lock: nobody else adds to these sums meanwhile.
    """
    if batch["amount_fen"] > settings.batch_max_yuan * 100:
        raise Refused(
            _(
                "This batch costs {amount}; one batch may cost at most {most}: propose it in parts, or raise FLOWCARD_BATCH_MAX_YUAN",
                amount=yuan(batch["amount_fen"]),
                most=yuan(settings.batch_max_yuan * 100),
            )
        )
    reserved = tx.value(Q.reserved_on, day=tx.today) + batch["amount_fen"]
    if reserved > settings.day_max_yuan * 100:
        raise Refused(
            _(
                "With this batch today's renewals would cost {amount}; one day may cost at most {most}: approve it tomorrow, or raise FLOWCARD_DAY_MAX_YUAN",
                amount=yuan(reserved),
                most=yuan(settings.day_max_yuan * 100),
            )
        )
    _person(tx, batch, settings)
    _accounts(tx, batch["id"], settings)
    _items(tx, batch["id"], settings)
    _prices(tx, batch["id"], settings)


def _items(tx: Transaction, batch: int, settings: Settings) -> None:
    most_fen = settings.item_max_yuan * 100
    over = tx.rows(Q.over_item_cap, batch=batch, most_fen=most_fen)[0]
    if over["items"]:
        raise Refused(
            _(
                "{n} cards cost more than the {most} one card may cost, the dearest {amount}: propose the others without them, or raise FLOWCARD_ITEM_MAX_YUAN",
                n=number(over["items"]),
                most=yuan(most_fen),
                amount=yuan(over["dearest_fen"]),
            )
        )


def _prices(tx: Transaction, batch: int, settings: Settings) -> None:
    if settings.price_jump_percent == 0:
        return
    jumps = tx.rows(Q.price_jumps, batch=batch, percent=settings.price_jump_percent)
    if jumps:
        first = jumps[0]
        raise Refused(
            _(
                "{n} cards cost over {percent}% more or less a month than the last time; card {iccid} costs {amount} for {months} months, last {last} for {last_months}: correct the price list, or raise FLOWCARD_PRICE_JUMP_PERCENT",
                n=number(len(jumps)),
                percent=settings.price_jump_percent,
                iccid=first["iccid"],
                amount=yuan(first["amount_fen"]),
                months=first["months"],
                last=yuan(first["last_fen"]),
                last_months=first["last_months"],
            )
        )


def _person(tx: Transaction, batch: Row, settings: Settings) -> None:
    reserved = tx.value(Q.reserved_by_person, person_id=batch["maker"], day=tx.today) + batch["amount_fen"]
    if reserved > settings.person_day_max_yuan * 100:
        raise Refused(
            _(
                "With this batch the batches of {name} would cost {amount} today; one person's may cost at most {most} a day: approve it tomorrow, or raise FLOWCARD_PERSON_DAY_MAX_YUAN",
                name=batch["maker_name"],
                amount=yuan(reserved),
                most=yuan(settings.person_day_max_yuan * 100),
            )
        )


def _accounts(tx: Transaction, batch: int, settings: Settings) -> None:
    for row in tx.rows(Q.reserved_by_account, batch=batch, day=tx.today):
        if row["amount_fen"] > settings.account_day_max_yuan * 100:
            raise Refused(
                _(
                    "With this batch today's orders at {account} would cost {amount}; one account takes at most {most} a day: approve it tomorrow, or raise FLOWCARD_ACCOUNT_DAY_MAX_YUAN",
                    account=row["account"],
                    amount=yuan(row["amount_fen"]),
                    most=yuan(settings.account_day_max_yuan * 100),
                )
            )
