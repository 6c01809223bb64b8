"""The life of a renewal.

An *obligation* is what must be bought once: this card's next term after this expiry, at this account. Its key says so in
words; its digest is unique, so two batches, two people or two forms of one card number can never make two of it.

A person proposes a *batch*: its lines name card, plan, months, amount, old and new expiry, and each line that cannot be
ordered says why. Another person approves exactly those lines, by their hash; then the obligations are made, the money is
set aside, and every item is *pending*. A job claims an item (*submitted*) only after the attempt, its event and a journal
line are on disk, and only then calls the carrier. A definite yes is *succeeded*, a definite no is *failed* with the reason,
a sentence that surely came before any effect puts it back to *pending*, and everything else is *unknown*: the carrier is
asked again and again, and nothing is ever sent twice under doubt. What no machine can settle is *needs_review*. What was
taken back before it was claimed is *cancelled*.

A failed item whose cause is mended may be adopted by a later batch: same obligation, next attempt number, new order
number. Order numbers are computed from key and attempt, never random, so they can be recomputed when rows are lost.

Everything that can be ordered for a card goes this one way: a renewal, add-on data, another plan, a recharge card, a stop,
a resume. Their keys differ in the cycle that tells one purchase from the next.

The rooms, in the order of a life:

- the tables: `moves.py` what may become of what; `rules.py` keys, order numbers, reasons, words; `refusing_rules.py` why
  a card cannot be ordered; `desk_rules.py` and `differing_rules.py` what the desks tell and what a statement's line is
- the wish: `previewing.py` judges cards and counts, `proposing.py` makes batches, `recharging.py` seals recharge cards
- the word: `weighing.py` what an approver should know, `approving.py` the approval, `capping.py` its caps, `urgent.py` the
  lane of one person, `stopping.py` what people hold, `breaking.py` what holds itself, `holding.py` a clock that was set
- the seam through which a worker moves items: `claiming.py`, `moving.py`, `resending.py`
- afterwards: `reconciling.py` holds our orders against statements, `differences.py` what did not match; `verifying.py` and
  `rereading.py` whether a paid card runs on; `reviewing.py` what two people settle; `noting.py`, `looking.py`, `records.py`
- the second truth: `journal.py`; `recovery.py` and `replaying.py` what a start puts right; `checking.py` what must be true,
  `comparing.py` of it what the journal says

`store.py` is the door for pages and jobs.
"""
