"""Data cards: where each stands, until when it may be renewed and what it costs; identified by the ICCID's 19-character stem.

`sim` is what sources said, `sim_now` is what every page reads: one row per card with its terminal, merchant, agent,
price in force and usage, made anew by `store.roll_up`. rules.py holds the dates and decisions, wording_rules.py the words,
situation_rules.py the one sentence a service desk reads out, filter.py what a person may narrow a list by.
"""
