"""Letters: what a mail says, as HTML and as plain text, in the language of whoever it is for.

`sheets.py` is what stands on a letter, already in words; `cards.py` orders and groups the cards of a digest; `saying.py` is
how dates and names are written; `composing.py` makes sheet, texts and, for those who cannot sign in, one workbook. The
templates hold no words; `wire.py` writes a letter as mail. Everything that somebody else wrote is cleaned and cut before it
comes here and escaped there.
"""

from jobs.letters.composing import Letter, compose

__all__ = ["Letter", "compose"]
