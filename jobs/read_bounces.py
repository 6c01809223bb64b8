"""Reads what came back: bounces and complaints about letters of ours, each known by the proof it carries."""

import threading
from collections import Counter
from contextlib import closing

from data.home import Home
from data.mails import returning
from data.mails.returning_rules import MOST_BYTES, read
from data.people.rules import SYSTEM
from data.reminders import store as reminders
from data.words import later
from jobs.mailbox import Mailbox, mailbox_of

# Mails of one run; the rest waits for the next.
_AT_ONCE = 200


def run(home: Home, stop: threading.Event) -> str | None:
    """One look into the mailbox; nothing where none is set up.

    1. what nobody has seen yet, oldest first, and of each no more than its beginning
    2. mail by mail: read, judged, committed, and only then marked seen: a kill in between reads it once more, which
       changes nothing
    """
    account = mailbox_of(home)
    if account is None:
        return None
    counts: Counter[str] = Counter()
    with closing(Mailbox(account)) as box:
        for uid in box.unseen(limit=_AT_ONCE):
            if stop.is_set():
                break
            counts[_taken(home, box.fetch(uid, most_bytes=MOST_BYTES))] += 1
            box.mark_seen(uid)
    if counts["bounced"] or counts["complained"]:
        home.db.bump()
    if not counts:
        return None
    return later(
        "{read} returned mails read: {bounced} refused for good, {complained} complaints, {nothing} that change nothing,"
        " {other} none of ours",
        read=counts.total(),
        **{kind: counts[kind] for kind in ("bounced", "complained", "nothing", "other")},
    )


def _taken(home: Home, content: bytes) -> str:
    """What one mail was: bounced, complained or nothing of a letter of ours, or other."""
    returned = read(content)
    if returned is None:
        return "other"
    with home.db.write(quiet=True) as tx:
        back = returning.came_back(tx, SYSTEM, returned=returned, keyring=home.keyring)
        if back is not None and back.ended is not None:
            reminders.unsaid(tx, mail_id=back.ended.mail_id)
            if back.ended.goes_back:
                reminders.back_to_due(tx, mail_id=back.ended.mail_id)
    return back.kind if back is not None else "other"
