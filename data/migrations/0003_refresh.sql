-- How far the refresh of each account is, and how it goes.
CREATE TABLE account_sync (
    account VARCHAR NOT NULL,
    what VARCHAR NOT NULL CHECK (what IN ('sims', 'usage')),
    place VARCHAR,                             -- where the sweep under way goes on; null: none is under way
    started_at TIMESTAMPTZ,                    -- of the sweep under way, else of the last
    good_at TIMESTAMPTZ,                       -- when a sweep last came to its end
    next_at TIMESTAMPTZ NOT NULL,              -- not before
    cards BIGINT NOT NULL,                     -- told in this sweep
    as_of TIMESTAMPTZ,                         -- how old the oldest of what it told is
    calls_on DATE NOT NULL,                    -- the day of the next two
    calls BIGINT NOT NULL,                     -- requests that left for the carrier, tokens included
    failed BIGINT NOT NULL,                    -- pages that could not be had
    rate_per_s DOUBLE,                         -- what the carrier allows; null: it names no limit
    failures INTEGER NOT NULL,                 -- pages in a row that could not be had
    error VARCHAR,                             -- of the last of them; null: the last page came
    PRIMARY KEY (account, what)
);

-- What a carrier last told of a card that a person decides, so that a change of it is noticed once.
CREATE TABLE card_told (
    sim_id BIGINT NOT NULL,
    plan VARCHAR,                              -- in the carrier's words
    imei VARCHAR,                              -- the device the card is in
    told_at TIMESTAMPTZ NOT NULL
);
