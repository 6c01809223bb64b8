"""Settles orders placed by hand by the papers that came back: result sheets and card lists, kept as they were imported."""

from data.people.rules import SYSTEM
from data.renewals import receiving
from data.renewals import store as renewals
from jobs.carriers import accounts
from jobs.carriers.account import HttpAccount
from jobs.carriers.offline import OfflineAccount
from jobs.recording import Pass

_COMMIT = 500


def receive(now: Pass) -> None:
    """Judge what nobody has judged yet, write down what it proves, then hold later lists against what went through."""
    reader = now.home.db.read()
    if not receiving.anything_told(reader):
        return
    upto = receiving.newest_receipt(reader)
    told = receiving.told_of_open(reader)
    tolerance = {
        account.name: account.expiry_tolerance_days
        for account in (accounts.read(now.home) if told else ())
        if isinstance(account, OfflineAccount | HttpAccount)
    }
    results = []
    for item, receipts in told:
        alone = renewals.ours_alone(reader, item)
        days = tolerance.get(item.account, 0)
        moved = receiving.judged_receipts(item, receipts, tolerance_days=days, alone=alone)
        results += [moved] if moved else []
    for start in range(0, len(results), _COMMIT):
        now.record(results[start : start + _COMMIT], kind="settled")
    with now.home.db.write() as tx:
        receiving.verify_by_lists(tx, SYSTEM, upto=upto)
