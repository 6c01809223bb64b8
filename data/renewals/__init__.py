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

`moves.py` is the one table of what may become of what, `rules.py` the keys, reasons and words; `previewing.py` judges
cards and counts, `proposing.py` makes and approves batches, `stopping.py` holds the brakes, `claiming.py` and `moving.py`
are the narrow seam through which a worker moves items, `looking.py` reads, `journal.py` is the second truth on disk,
`recovery.py` what a start puts right, `checking.py` what must be true. `store.py` is the door for pages and jobs.
"""
