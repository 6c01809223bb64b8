"""What a password must be: long, not a common one, not the person's or the product's name. Nothing about its signs."""

import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

from data.words import N_

MIN_LENGTH = 12
# Longer than any manager makes; beyond it a form would only feed the hash.
MAX_LENGTH = 256
PRODUCT = "flowcard"

_LIST = Path(__file__).parent / "common_passwords.txt"
# Runs of keys and of the alphabet, read in both directions.
_RUNS = (
    *("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "azertyuiop"),
    *("1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm", "1q2w3e4r5t6y7u8i9o0p", "!@#$%^&*()", "147258369"),
)
_FEWEST_IN_A_RUN = 3
_LONGEST_YEAR = 4
_LENGTH_OF_A_DATE = 8
# Fewer different signs than this are one sign or a pattern of a few, however long.
_FEWEST_SIGNS = 5
# More common words than this are a sentence: long enough, whatever it says.
_MOST_WORDS = 4
# Signs that stand for letters, twice where one may stand for two.
_LETTERS = (str.maketrans("013457@$!|", "oieastasii"), str.maketrans("013457@$!|", "oleastasll"))


def password_fault(name: str, password: str) -> str | None:
    """What is wrong with a new password of the person called `name`, as a msgid; None: nothing."""
    if len(password) < MIN_LENGTH:
        return N_("The password is shorter than 12 characters")
    if len(password) > MAX_LENGTH:
        return N_("The password is longer than 256 characters")
    spellings = _spellings(_plain(password))
    if any(spelt in spelling for spelt in _spellings(_plain(name)) for spelling in spellings):
        return N_("The password contains the sign-in name")
    if any(PRODUCT in spelling for spelling in spellings):
        return N_("The password contains the name of this product")
    if is_common(password):
        return N_("This password is one of those that are guessed first; take four or five words that nobody connects")
    return None


def is_common(password: str) -> bool:
    """Whether it is a pattern, or made of nothing but common words, runs of keys, years and signs."""
    text = _plain(password)
    if len(set(text)) < _FEWEST_SIGNS or _repeats(text):
        return True
    fewest = {0: 0}  # how many words and runs reach each place
    for start in range(len(text)):
        for length, words in _steps(text, start).items() if start in fewest else ():
            end, count = start + length, fewest[start] + words
            fewest[end] = min(count, fewest.get(end, count))
    return fewest.get(len(text), _MOST_WORDS + 1) <= _MOST_WORDS


def _steps(text: str, start: int) -> dict[int, int]:
    """How far each common piece that begins here goes, and how many words it counts for: a sign for none."""
    steps = {} if text[start].isalnum() else {1: 0}
    words, longest = _words()
    for length in range(2, min(longest, len(text) - start) + 1):
        if not words.isdisjoint(_spellings(text[start : start + length])):
            steps[length] = 1
    steps.update(dict.fromkeys(range(_FEWEST_IN_A_RUN, _run(text, start) + 1), 1))
    steps.update(dict.fromkeys(_number(text, start), 1))
    return steps


def _run(text: str, start: int) -> int:
    """How many signs from here on follow one another on the keyboard or in the alphabet, or are all the same."""
    follows, longest = _followers(), 1
    for kind in range(len(follows)):
        end = start + 1
        while end < len(text) and (text[end - 1], text[end]) in follows[kind]:
            end += 1
        longest = max(longest, end - start)
    same = len(text[start:]) - len(text[start:].lstrip(text[start]))
    return max(longest, same)


def _number(text: str, start: int) -> set[int]:
    """A whole number here that is short or a date."""
    if not text[start].isdigit() or (start and text[start - 1].isdigit()):
        return set()
    end = start
    while end < len(text) and text[end].isdigit():
        end += 1
    digits = text[start:end]
    is_date = len(digits) == _LENGTH_OF_A_DATE and digits.startswith(("19", "20"))
    return {len(digits)} if len(digits) <= _LONGEST_YEAR or is_date else set()


def _repeats(text: str) -> bool:
    """Whether it is one short piece over and over."""
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, len(text) // 2 + 1))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _spellings(text: str) -> set[str]:
    return {text, *(text.translate(table) for table in _LETTERS)}


@cache
def _words() -> tuple[frozenset[str], int]:
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    words = frozenset(word for line in lines if not line.startswith("#") for word in line.split())
    return words, max(map(len, words))


@cache
def _followers() -> tuple[frozenset[tuple[str, str]], ...]:
    """For each run and each direction, which sign follows which."""
    return tuple(frozenset(pairwise(run)) for row in _RUNS for run in (row, row[::-1]))
