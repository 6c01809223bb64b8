"""What months of work have left: batches done, running, voided and waiting, failures with notes, money charged twice."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import cycle

from data.carriers.rules import AccountFacts
from data.database import Queries, Query, Reader, Transaction
from data.home import Home
from data.renewals import store as renewals
from data.sims.rolling import roll_up
from jobs.demo.dates import month_end
from jobs.demo.desks import fill_desks
from jobs.demo.papers import file_papers
from jobs.demo.pastbatch import Cast, PastBatch, back_then, work_off

Q = Queries.beside(__file__, "history.sql")
# A larger fleet has more history, up to three times that of 2,000 cards: beyond it only the waiting would grow.
_FOR, _MOST = 2_000, 6_000
FAILED, UNCONFIRMED, IN_REVIEW, CHARGED_TWICE, VOUCHERS_OWED = 22, 9, 3, 3, 61
NEVER_ORDERED, PAID_AND_DARK = 1, 4
# Why cards went dark although somebody had ordered, and why the last batch stumbled: together operations.md §5's reasons.
_EARLIER = (
    "insufficient_balance", "plan_unsuitable", "insufficient_balance", "realname_missing",
    "plan_unsuitable", "arrears", "insufficient_balance", "separation",
)  # fmt: skip
_LATELY = (
    "cancelled", "plan_unsuitable", "window_closed", "cancelled", "account_data", "insufficient_balance", "cancelled",
    "separation", "cancelled", "plan_unsuitable", "realname_missing", "cancelled", "window_closed", "account_data",
)  # fmt: skip
# What people wrote beside failures: note, ticket number, whether the cause is mended.
_NOTES = {
    "insufficient_balance": ("已向账户充值，余额充足", None, True),
    "separation": ("已派外勤核对终端 IMEI", "GD-DEMO-0031", False),
    "realname_missing": ("已通知商户补办实名", None, False),
    "account_data": ("账户名称已更正，复核无误", "GD-DEMO-0032", True),
}
_NOTES_PER_REASON = 2
_PAPER_TIME = timedelta(days=8)  # from a renewal to its invoice


def scaled(count: int, sims: int) -> int:
    """A figure of this history for a fleet of `sims`."""
    return round(count * min(sims, _MOST) / _FOR)


def make_history(home: Home, cast: Cast, *, sims: int) -> None:
    """Live through the last months, oldest batch first; leave one batch voided and one waiting for approval."""
    touched: set[int] = set()
    for choose in (_three_months_ago, _two_months_ago, _last_month, _this_month, _today):
        batch = choose(home, sims)
        work_off(home, cast, batch)
        touched |= set(batch.sim_ids)
        if choose in (_three_months_ago, _two_months_ago):
            # Of the newer batches papers are still owed.
            with back_then(home, batch.ago - _PAPER_TIME):
                file_papers(home, cast.operator)
    file_papers(home, cast.operator, owed=scaled(VOUCHERS_OWED, sims))
    today, peak = home.clock.today(), month_end(home.clock.today(), 1)
    with home.db.write() as tx:
        roll_up(tx, touched)
        wrong = _chosen(tx, Q.on_the_mountain, 6, day=peak)
        voided = renewals.propose(tx, cast.operator, sim_ids=wrong, form_key="demo-voided", note="选错账户，作废").batch
        if voided is not None:
            renewals.cancel(tx, cast.operator, batch=voided)
        waiting = _chosen(tx, Q.on_the_mountain, scaled(48, sims), day=peak)
        by_hand = _chosen(tx, Q.by_hand, scaled(4, sims), first=today, last=peak)
        renewals.propose(
            tx, cast.operator, sim_ids=[*waiting, *by_hand], form_key="demo-waiting", note="年底大批，请复核"
        )
        _write_notes(tx, cast)
    fill_desks(
        home,
        cast,
        twice=scaled(CHARGED_TWICE, sims),
        unordered=scaled(NEVER_ORDERED, sims),
        dark=scaled(PAID_AND_DARK, sims),
    )


def _three_months_ago(home: Home, sims: int) -> PastBatch:
    """All went well: the cards end in nine months now."""
    return PastBatch(timedelta(days=107), _bought(home, sims, months=9), explains_expiry=True)


def _two_months_ago(home: Home, sims: int) -> PastBatch:
    """All went well again: the cards end in ten months now."""
    return PastBatch(timedelta(days=76), _bought(home, sims, months=10), explains_expiry=True)


def _last_month(home: Home, sims: int) -> PastBatch:
    """The cards end in eleven months; three others were refused and have been dark for weeks."""
    refused = _dark(home, _EARLIER[:3], range(13, 40), sims=sims)
    return PastBatch(timedelta(days=45), _bought(home, sims, months=11), refused, explains_expiry=True)


def _this_month(home: Home, sims: int) -> PastBatch:
    """Cards that would end in the next weeks; five others were refused and went dark since."""
    soon = _soon(home, scaled(70, sims))
    # The batch of today takes the other third.
    return PastBatch(timedelta(days=12), soon[: len(soon) * 2 // 3], _dark(home, _EARLIER[3:], range(1, 12), sims=sims))


def _today(home: Home, sims: int) -> PastBatch:
    """The newest batch, with every kind of trouble; its last answers are still out, so it is not done."""
    reader = home.db.read()
    renewed = _soon(home, scaled(24, sims))
    refused = scaled(FAILED, sims) - reader.value(Q.count_failed)
    # The rest of a batch waits until its first orders have succeeded; a fleet too small for that has no doubts.
    waits = len(renewed) >= AccountFacts.canary_items
    doubtful, odd = (scaled(UNCONFIRMED, sims), scaled(IN_REVIEW, sims)) if waits else (0, 0)
    # Trouble comes to cards of the mountain: there is time to mend it, and the others go out first.
    day = month_end(home.clock.today(), 1)
    ill = _chosen(reader, Q.on_the_mountain, refused + doubtful + odd, day=day)
    return PastBatch(
        timedelta(hours=5),
        renewed,
        dict(zip(ill[:refused], cycle(_LATELY), strict=False)),
        in_progress=ill[refused : refused + doubtful],
        wrong_amount=ill[refused + doubtful :],
    )


def _bought(home: Home, sims: int, *, months: int) -> list[int]:
    """Cards that end in the second half of the month so many months ahead: a year before, they were due."""
    last = month_end(home.clock.today(), months)
    return _chosen(home.db.read(), Q.ended_with, scaled(85, sims), first=last.replace(day=17), last=last)


def _soon(home: Home, count: int) -> list[int]:
    """Cards that end within a month, but not on the day of the mountain."""
    today = home.clock.today()
    days = {"first": today + timedelta(days=1), "last": today + timedelta(days=31), "peak": month_end(today, 1)}
    return _chosen(home.db.read(), Q.ending_between, count, **days)


def _dark(home: Home, reasons: Sequence[str], days_ago: range, *, sims: int) -> dict[int, str]:
    """Cards that went down so many days ago, and why their orders had been refused."""
    today = home.clock.today()
    first, last = today - timedelta(days=days_ago[-1]), today - timedelta(days=days_ago[0])
    found = _chosen(home.db.read(), Q.gone_dark, scaled(len(reasons), sims), first=first, last=last)
    return dict(zip(found, cycle(reasons), strict=False))


def _chosen(reader: Reader, query: Query, count: int, **days: date) -> list[int]:
    return [row["sim_id"] for row in reader.rows(query, count=count, **days)]


def _write_notes(tx: Transaction, cast: Cast) -> None:
    for reason, (words, ticket_no, repaired) in _NOTES.items():
        for row in tx.rows(Q.failed_because, reason=reason, count=_NOTES_PER_REASON):
            renewals.note(
                tx, cast.operator, obligation=row["obligation"], note=words, ticket_no=ticket_no, repaired=repaired
            )
