"""Filling a sheet: what each kind of mail says, and the parts of a digest."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from data.audit import store as audit
from data.database import Reader
from data.mails.claiming import Mail
from data.reminders.store import Item
from data.reminders.wording_rules import SUBJECT_WORDS
from data.settings import Settings
from data.words import N_, _, moment, number, plural, spoken, yuan
from jobs.letters import cards
from jobs.letters.saying import carrier, dated, left, listed, name
from jobs.letters.sheets import Group, Row, Section, Sheet, Tile

# Older than this, what we know of a carrier's expiries is named on top.
TOO_OLD = timedelta(hours=48)
# So much of what an alarm says stands in its subject.
_CAUSE_SIGNS = 60
# A sentence may be as long as this, whatever names stand in it.
_SENTENCE_SIGNS = 300
_TITLES = {
    "alarm": N_("Something is wrong"),
    "heartbeat": N_("Reminders are at work"),
    "test": N_("This is a test"),
    "verify": N_("Is this your address?"),
}


@dataclass(frozen=True)
class To:
    """Whoever a letter is for."""

    kind: str  # person, agent, branch, chat
    name: str
    language: str | None

    @property
    def signs_in(self) -> bool:
        """Whether links are of use: a group of our own reads them, too."""
        return self.kind in {"person", "chat"}


@dataclass(frozen=True)
class Carried:
    """What a mail carries, by how it is told."""

    ending: list[Item]  # one for each card
    others: dict[str, list[Item]]  # cards that do not end, by subject
    things: list[Item]  # no cards
    under_way: list[Item]

    def __bool__(self) -> bool:
        return bool(self.ending or self.others or self.things or self.under_way)


def sorted_out(items: Sequence[Item], *, today: date) -> Carried:
    """`items` in the order they are told."""
    of_cards = [item for item in items if item.sim_id is not None]
    others: dict[str, list[Item]] = {}
    for item in of_cards:
        if item.subject in cards.OF_SUBJECT and not item.in_progress:
            others.setdefault(item.subject, []).append(item)
    ends = [item for item in of_cards if item.subject not in cards.OF_SUBJECT and not item.in_progress]
    return Carried(
        ending=cards.ending(ends, today=today),
        others=others,
        things=[item for item in items if item.sim_id is None],
        under_way=cards.ending([item for item in of_cards if item.in_progress], today=today),
    )


def filled(
    reader: Reader,
    *,
    mail: Mail,
    found: Carried,
    to: To,
    settings: Settings,
    mute_link: str,
    now: datetime,
    today: date,
    rows: int,
) -> Sheet:
    """The sheet of `mail` with at most `rows` lines to a part."""
    title, public_url = _title(mail, found), settings.public_url.rstrip("/")
    day = dated(today)
    link = _link(found, public_url) if to.signs_in and found else ""
    head = audit.head(reader)
    return Sheet(
        subject=listed([title, _cause(mail), _urgent(mail, found, today), day]),
        title=title,
        day=day,
        lead=tuple(_lead(mail, found, to)),
        code=_code(mail),
        warnings=tuple(_warnings(found, now=now)) if found else (),
        tiles=_tiles(found, today),
        button=_("Open them in Flowcard") if link else "",
        link=link,
        sections=tuple(_sections(found, today=today, rows=rows)),
        footer=tuple(_footer(found, to, public_url, str(head), now)),
        mute=_("Stop the daily digests") if mute_link else "",
        mute_link=mute_link,
        preview=_preview(found),
    )


def _title(mail: Mail, found: Carried) -> str:
    if mail.kind in _TITLES:
        return _(_TITLES[mail.kind])
    if found.ending and mail.kind == "urgent":
        return plural("Urgent: {count} SIM to renew", "Urgent: {count} SIMs to renew", len(found.ending))
    if found.ending:
        return plural("{count} SIM to renew", "{count} SIMs to renew", len(found.ending))
    others = sum(map(len, found.others.values())) + len(found.things)
    if others:
        return plural("{count} matter to look at", "{count} matters to look at", others)
    return _("Nothing to do: renewals under way")


def _cause(mail: Mail) -> str:
    return name(spoken(mail.said), _CAUSE_SIGNS) if mail.kind == "alarm" and mail.said else ""


def _urgent(mail: Mail, found: Carried, today: date) -> str:
    count = 0 if mail.kind == "urgent" else cards.pressing(found.ending, today=today)
    return plural("{count} of them urgent", "{count} of them urgent", count) if count else ""


def _lead(mail: Mail, found: Carried, to: To) -> list[str]:
    sentences = [name(spoken(mail.said), _SENTENCE_SIGNS)] if mail.said else []
    if found and not to.signs_in:
        sentences.append(
            _(
                "These are cards in terminals of {name}. The workbook with this mail lists all of them.",
                name=name(to.name),
            )
        )
    return sentences


def _code(mail: Mail) -> str:
    said = json.loads(mail.said)["values"] if mail.said else {}
    return name(str(said.get("code", ""))) if mail.kind == "verify" else ""


def _warnings(found: Carried, *, now: datetime) -> list[str]:
    newest: dict[str, datetime] = {}
    for item in [*found.ending, *found.under_way]:
        if item.observed_at:
            code = item.carrier or ""
            newest[code] = max(item.observed_at, newest.get(code, item.observed_at))
    return [
        _(
            "{carrier}: what we know of these cards is of {moment}, older than 48 hours. The dates are the last ones known.",
            carrier=carrier(code),
            moment=moment(seen_at),
        )
        for code, seen_at in newest.items()
        if now - seen_at > TOO_OLD
    ]


def _tiles(found: Carried, today: date) -> tuple[Tile, ...]:
    if not found.ending:
        return ()
    urgent = cards.pressing(found.ending, today=today)
    soon = sum(cards.tone(item, today) == "amber" and not item.urgent for item in found.ending)
    return (
        Tile(number(urgent), _("urgent"), "red" if urgent else ""),
        Tile(number(soon), _("soon"), "amber" if soon else ""),
        Tile(yuan(cards.total_fen(found.ending)), _("all together")),
    )


def _sections(found: Carried, *, today: date, rows: int) -> list[Section]:
    sections = []
    if found.ending:
        groups = cards.grouped(found.ending, today=today, rows=rows)
        sections.append(Section(_("To renew"), groups, more=_more(found.ending[rows:])))
    for subject, told in found.others.items():
        lines = tuple(cards.OF_SUBJECT[subject](one) for one in told[:rows])
        sections.append(Section(_(SUBJECT_WORDS[subject]), (Group(lines),), more=_more(told[rows:])))
    if found.things:
        groups = _of_things(found.things[:rows], today)
        rest = len(found.things) - rows
        more = plural("and {count} more", "and {count} more", rest) if rest > 0 else ""
        sections.append(Section(_("Orders, payments and prices"), groups, more=more))
    if found.under_way:
        lines = tuple(map(cards.under_way, found.under_way[:rows]))
        note = _("Renewal in progress, no action")
        sections.append(Section(_("Under way"), (Group(lines),), note=note, more=_more(found.under_way[rows:])))
    return sections


def _more(rest: Sequence[Item]) -> str:
    return _("and {sims} more", sims=cards.summed(rest)) if rest else ""


def _of_things(things: Sequence[Item], today: date) -> tuple[Group, ...]:
    by_subject: dict[str, list[Row]] = {}
    for item in things:
        days = (item.on_date - today).days
        said = name(spoken(item.said), _SENTENCE_SIGNS) if item.said else name(item.thing)
        row = Row(
            said, first=dated(item.on_date), second=left(days) if days >= 0 else "", tone="red" if item.urgent else ""
        )
        by_subject.setdefault(item.subject, []).append(row)
    return tuple(Group(tuple(rows), title=_(SUBJECT_WORDS[subject])) for subject, rows in by_subject.items())


def _link(found: Carried, public_url: str) -> str:
    """The page with these cards, for whoever signs in: the days they end between, and their carrier where it is one."""
    days = [one.expires_on for one in found.ending if one.expires_on]
    if not days:
        return f"{public_url}/my_reminders"
    asked = {"from": min(days).isoformat(), "to": max(days).isoformat()}
    carriers = {one.carrier for one in found.ending}
    return f"{public_url}/expiry?{urlencode(asked | ({'carrier': carriers.pop()} if len(carriers) == 1 else {}))}"


def _footer(found: Carried, to: To, public_url: str, head: str, now: datetime) -> list[str]:
    mine = (
        [_("Acknowledge, put off or hand over: {address}", address=f"{public_url}/my_reminders")]
        if found and to.kind == "person"
        else []
    )
    return [
        *mine,
        _(
            "For {name}, as of {moment} (Shanghai). Sent by Flowcard; nobody reads answers to it.",
            name=name(to.name),
            moment=moment(now),
        ),
        _("Head of the audit log: {head}", head=head),
    ]


def _preview(found: Carried) -> str:
    return listed([name(one.merchant, 20) for one in found.ending[:3]])
