"""What stands on a letter, already in words: the one record that both templates draw."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One card or other thing."""

    name: str
    about: str = ""  # terminal, card, plan
    price: str = ""
    first: str = ""  # the date that counts
    tone: str = ""  # of it: "red", "amber" or none
    second: str = ""  # the date after it


@dataclass(frozen=True)
class Group:
    """Rows that belong together; without a title they stand alone."""

    rows: tuple[Row, ...]
    title: str = ""
    tag: str = ""  # "7 days left"
    tone: str = ""
    total: str = ""  # "12 SIMs · ¥216.00", of all of it, shown or not


@dataclass(frozen=True)
class Section:
    """A part of the letter under its own heading."""

    heading: str
    groups: tuple[Group, ...]
    note: str = ""
    more: str = ""  # what was left out


@dataclass(frozen=True)
class Tile:
    """One figure at the top."""

    value: str
    label: str
    tone: str = ""


@dataclass(frozen=True)
class Sheet:
    """A whole letter."""

    subject: str
    title: str
    lead: tuple[str, ...] = ()  # sentences under the title
    code: str = ""  # large and alone: what is to be typed back
    warnings: tuple[str, ...] = ()
    tiles: tuple[Tile, ...] = ()
    button: str = ""
    link: str = ""
    sections: tuple[Section, ...] = ()
    footer: tuple[str, ...] = field(default=())
    mute: str = ""  # what the link that stops digests is called
    mute_link: str = ""
    day: str = ""
    preview: str = ""  # what a list of mails shows beside the subject
