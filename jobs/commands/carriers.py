"""`flowcard carriers …`: whether an account can be reached and what it may do; the secrets accounts point to."""

import sys
from typing import Annotated

import typer

from data.carriers.rules import ABILITY_WORDS
from data.home import Home
from data.secrets import Secret
from data.words import _, plural
from jobs.backups.sealing import KEY_NAME
from jobs.carriers import CARRIERS, Carrier, Unknown, accounts
from jobs.carriers.account import Account, NoConnection, keep_secret
from jobs.carriers.http import CallError
from jobs.commands import ERROR, OK, USAGE, HomeOption, fail, opened, out

app = typer.Typer(help="Accounts at carriers: check one, keep a secret for one.", no_args_is_help=True)

_ANSWERS = {"yes": "✓", "partly": "◐", "no": "✗"}
# An order nobody placed: who lists no cards is asked about it, only to see whether an answer comes.
_NOBODYS_ORDER = "R0000000000000000000"
_NOBODYS_CARD = "89860000000000000000"


@app.command()
def check(
    account: Annotated[str, typer.Argument(help="The account's name in carriers.toml")], home: HomeOption = None
) -> None:
    """Sign in, list one page, say what the account may do. Orders nothing. 0: it works; 1: it does not, and why."""
    with opened(home, note="flowcard carriers check") as house:
        found = next((one for one in accounts.read(house) if one.name == account), None)
        if found is None:
            known = ", ".join(one.name for one in accounts.read(house)) or "–"
            fail(
                _(
                    "There is no account '{name}' in {file}; there are: {known}",
                    name=account,
                    file=house.carriers_file,
                    known=known,
                )
            )
        reached = _reached(house, found)
        _say(reached[1])
        for ability in CARRIERS[found.connector].abilities(found.connector):
            _say(f"  {_ANSWERS[ability.answer]} {_(ABILITY_WORDS[ability.ability])}: {_(ability.reason)}")
    raise typer.Exit(OK if reached[0] else ERROR)


@app.command()
def keep(
    name: Annotated[str, typer.Argument(help="The NAME that carriers.toml writes as secret:NAME")],
    home: HomeOption = None,
) -> None:
    """Seal a secret in the home, for carriers.toml to point to as secret:NAME. It is read from standard input."""
    text = typer.prompt(name, hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not text.strip():
        fail(_("There was no secret on standard input"), USAGE)
    if name == KEY_NAME:
        fail(_("{name} is the key of the backups; choose another name", name=name), USAGE)
    with opened(home, note="flowcard carriers keep") as house:
        try:
            keep_secret(house, name, Secret(text.strip()))
        except ValueError as error:
            fail(str(error), USAGE)
        _say(_("Kept, sealed. carriers.toml names it secret:{name}", name=name))


def _reached(home: Home, account: Account) -> tuple[bool, str]:
    """Whether the account answers, and what there is to say of it."""
    if account.connector == "offline":
        return True, _("{name}: people place its orders by hand; there is nothing to sign in to", name=account.name)
    try:
        return True, _read(account.name, accounts.connected(home, account.name))
    except NoConnection as error:
        return False, str(error)
    except (CallError, ValueError, LookupError, OSError) as error:
        return False, _(
            "{name}: no answer that helps: {why}. Check address, keys and clock, then try again",
            name=account.name,
            why=str(error) or type(error).__name__,
        )


def _ask_for_nobodys(carrier: Carrier) -> None:
    """Whatever can be asked without a card of ours: that it knows no such card, or order, shows that it answers."""
    card_facts = getattr(carrier, "card_facts", None)
    if card_facts is not None:
        card_facts([_NOBODYS_CARD])
    elif isinstance(answer := carrier.find_order(_NOBODYS_ORDER), Unknown):
        raise CallError(answer.detail)


def _read(name: str, carrier: Carrier) -> str:
    list_cards = getattr(carrier, "list_cards", None)
    if list_cards is None:
        _ask_for_nobodys(carrier)
        return _("{name}: connected; this connector lists no cards", name=name)
    page = list_cards(None)
    states = sorted({card.raw_status for card in page.cards if card.status == "unknown"})
    said = plural("{count} card on the first page", "{count} cards on the first page", len(page.cards))
    if states:
        return _(
            "{name}: signed in; {cards}; states that mean nothing we know: {states}",
            name=name,
            cards=said,
            states=", ".join(states),
        )
    return _("{name}: signed in; {cards}", name=name, cards=said)


def _say(text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def register(parent: typer.Typer) -> None:
    """Put these commands under `flowcard`."""
    parent.add_typer(app, name="carriers")
