"""Operators' files as they come: bytes in, one canonical typed table out, and a sentence for whatever was refused.

Reading finds the cells (content decides the format, the name is a hint), recognising finds the header row and says which
header is which canonical column, cleaning turns every cell into what the store keeps. Nothing here opens the database,
the screen or the network. What can go wrong:

    InputError
    ├── FileRefused      the file as a whole: empty, with a password, no table, too large, kind unknown
    └── ValueRefused     one value: its row becomes a Refusal, the other rows stay

Neither will ever work with the same bytes; a person has to change the file, the mapping or the kind.
"""
