-- Orders that people place with a payee by hand: the lists they hand over, what was paid, and what came back.

CREATE SEQUENCE worklist_ids;
-- One list of orders for one account, handed to its payee. It exists from the claim on, so it can only be fetched after it.
CREATE TABLE worklist (
    id BIGINT PRIMARY KEY DEFAULT nextval('worklist_ids'),
    batch BIGINT NOT NULL,
    account VARCHAR NOT NULL,
    payee VARCHAR NOT NULL,                    -- who was paid when the list was made
    items INTEGER NOT NULL,
    amount_fen BIGINT NOT NULL,
    answer_by DATE NOT NULL,                   -- by then the payee usually has done it
    made_by BIGINT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    handed_by BIGINT,                          -- who has handed it to the payee
    handed_at TIMESTAMPTZ
);

-- Which try of which order stands on which list; a try stands on one.
CREATE TABLE worklist_item (
    obligation BIGINT NOT NULL,
    n INTEGER NOT NULL,
    worklist BIGINT NOT NULL,
    PRIMARY KEY (obligation, n)
);

-- Orders of a batch that the payee has been paid for.
CREATE TABLE offline_payment (
    obligation BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    payee VARCHAR NOT NULL,
    reference VARCHAR,                         -- of the bank or the payment request
    paid_by BIGINT NOT NULL,
    paid_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (obligation, batch)
);

CREATE SEQUENCE receipt_ids;
-- What a payee's card list or result sheet says of an order on a worklist. An observation: what it makes of the order
-- is decided afterwards, by the job that settles.
CREATE TABLE receipt (
    receipt_id BIGINT PRIMARY KEY DEFAULT nextval('receipt_ids'),
    obligation BIGINT NOT NULL,
    n INTEGER NOT NULL,
    result VARCHAR CHECK (result IN ('ok', 'fail', 'pending')), -- of a result sheet; null: a card list, which tells the expiry only
    expires_on DATE,
    status VARCHAR,
    amount_fen BIGINT,
    reference VARCHAR,                         -- the payee's own order number
    reason VARCHAR,                            -- a key of REASONS (data/renewals/rules.py)
    detail VARCHAR,                            -- the payee's own words
    source VARCHAR NOT NULL,                   -- import 12
    read_at TIMESTAMPTZ NOT NULL,              -- as old as the list says it is
    judged BOOLEAN NOT NULL DEFAULT false
);
