-- Renewals get all their kinds, brakes, reviews, verification and reconciliation. Five tables change a CHECK or a
-- NOT NULL, which only a new table can.

DROP VIEW renewing;

CREATE TABLE obligation_new (
    id BIGINT PRIMARY KEY DEFAULT nextval('obligation_ids'),
    digest UUID UNIQUE NOT NULL,               -- first 128 bits of SHA-256 of key: one purchase, one row
    key VARCHAR NOT NULL,                      -- account|iccid_stem|kind|cycle|seq
    sim_id BIGINT NOT NULL,
    account VARCHAR NOT NULL,
    stem VARCHAR NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('renew', 'add-on', 'plan-change', 'recharge', 'suspend', 'resume')),
    old_expiry DATE,                           -- null: not known, and the kind does not need it
    seq INTEGER NOT NULL
);
INSERT INTO obligation_new SELECT id, digest, key, sim_id, account, stem, kind, old_expiry, seq FROM obligation ORDER BY id;
DROP TABLE obligation;
ALTER TABLE obligation_new RENAME TO obligation;

CREATE TABLE batch_new (
    id BIGINT PRIMARY KEY DEFAULT nextval('batch_ids'),
    form_key VARCHAR UNIQUE NOT NULL,          -- one confirm form, one batch, however often it is sent
    kind VARCHAR NOT NULL DEFAULT 'renew',     -- a key of KINDS (data/renewals/rules.py); one kind per batch
    urgent BOOLEAN NOT NULL DEFAULT false,     -- the urgent lane: ordered by its maker alone, seen by a checker afterwards
    maker BIGINT NOT NULL,
    checker BIGINT,
    acting_for BIGINT,                         -- the approver whose deputy the checker was
    content_hash VARCHAR NOT NULL,             -- SHA-256 over its orderable lines
    approved_hash VARCHAR,                     -- what the checker saw; differs from content_hash: nothing is sent
    items INTEGER NOT NULL,                    -- orderable lines
    refused INTEGER NOT NULL,
    amount_fen BIGINT NOT NULL,
    state VARCHAR NOT NULL CHECK (state IN ('draft', 'proposed', 'approved', 'running', 'paused', 'done', 'cancelled')),
    pause_reason VARCHAR,                      -- a key of PAUSES (data/renewals/rules.py)
    note VARCHAR,
    form_no VARCHAR,                           -- the company's own approval form number
    form_voucher BIGINT,                       -- and its file, in the archive of papers
    seen_by BIGINT,                            -- the checker who looked at an urgent batch
    seen_at TIMESTAMPTZ,
    proposed_at TIMESTAMPTZ NOT NULL,
    approved_at TIMESTAMPTZ,
    done_at TIMESTAMPTZ,
    CHECK (checker <> maker),                  -- four eyes
    CHECK (NOT urgent OR checker IS NULL)
);
INSERT INTO batch_new BY NAME SELECT * FROM batch ORDER BY id;
DROP TABLE batch;
ALTER TABLE batch_new RENAME TO batch;

CREATE TABLE batch_line_new (
    batch BIGINT NOT NULL,
    line INTEGER NOT NULL,
    digest UUID,                               -- of the obligation it stands for; null: refused before there was one
    sim_id BIGINT NOT NULL,
    iccid VARCHAR NOT NULL,
    account VARCHAR,
    cycle VARCHAR,                             -- what of the key tells one purchase of this card from the next
    seq INTEGER NOT NULL DEFAULT 1,            -- a deliberate second purchase in one cycle has a higher one
    plan_id BIGINT,
    plan VARCHAR,
    months INTEGER,
    amount_fen BIGINT,
    old_expiry DATE,
    new_expiry DATE,
    refusal VARCHAR,                           -- a key of REFUSALS (data/renewals/rules.py); null: orderable
    PRIMARY KEY (batch, line)
);
INSERT INTO batch_line_new BY NAME SELECT *, CAST(old_expiry AS VARCHAR) AS cycle FROM batch_line ORDER BY batch, line;
DROP TABLE batch_line;
ALTER TABLE batch_line_new RENAME TO batch_line;

CREATE TABLE attempt_new (
    obligation BIGINT NOT NULL,
    n INTEGER NOT NULL,
    batch BIGINT NOT NULL,
    plan VARCHAR NOT NULL,
    months INTEGER NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen >= 0),
    currency VARCHAR NOT NULL CHECK (currency = 'CNY'),
    order_no VARCHAR NOT NULL,
    request_sha256 VARCHAR NOT NULL,           -- of the bytes that are sent
    expires_before DATE,                       -- read just ahead of the first send
    sent_at TIMESTAMPTZ NOT NULL,
    deadline_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (obligation, n)
);
INSERT INTO attempt_new BY NAME SELECT * FROM attempt ORDER BY obligation, n;
DROP TABLE attempt;
ALTER TABLE attempt_new RENAME TO attempt;

CREATE TABLE voucher_new (
    voucher_id BIGINT PRIMARY KEY DEFAULT nextval('voucher_ids'),
    sha256 VARCHAR UNIQUE NOT NULL,
    filename VARCHAR NOT NULL,
    format VARCHAR NOT NULL CHECK (format IN ('pdf', 'xml', 'ofd', 'png', 'jpg')),
    bytes BIGINT NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('invoice', 'bank_slip', 'screenshot', 'form', 'other')),
    doc_date DATE,
    plan VARCHAR,
    amount_fen BIGINT,                         -- gross
    invoice_no VARCHAR,                        -- unique as code|number
    seller VARCHAR,
    buyer VARCHAR,
    note VARCHAR,
    remarks VARCHAR NOT NULL,                  -- JSON list of {msgid, values}: what is odd about the file
    filed_by BIGINT NOT NULL,
    filed_at TIMESTAMPTZ NOT NULL,
    read_at TIMESTAMPTZ                        -- when a job read what an XML or OFD says of itself; null: not yet
);
INSERT INTO voucher_new BY NAME SELECT * FROM voucher ORDER BY voucher_id;
DROP TABLE voucher;
ALTER TABLE voucher_new RENAME TO voucher;

CREATE VIEW under_way AS
SELECT o.sim_id, s.st AS item_state, p.batch, s.obligation, o.kind
FROM state s JOIN obligation o ON o.id = s.obligation JOIN placement p ON p.obligation = s.obligation
WHERE s.st IN ('pending', 'submitted', 'unknown', 'needs_review')
UNION ALL
SELECT l.sim_id, 'proposed' AS item_state, l.batch, NULL AS obligation, b.kind
FROM batch b JOIN batch_line l ON l.batch = b.id
WHERE b.state IN ('draft', 'proposed') AND l.refusal IS NULL;

CREATE VIEW renewing AS
SELECT sim_id, item_state, batch, obligation FROM under_way WHERE kind IN ('renew', 'recharge');

-- Brakes.

ALTER TABLE stop_switch ADD COLUMN reason VARCHAR;

ALTER TABLE account ADD COLUMN canary_items INTEGER DEFAULT 3;
ALTER TABLE account ADD COLUMN breaker_in_row INTEGER DEFAULT 5;
ALTER TABLE account ADD COLUMN breaker_share DOUBLE DEFAULT 0.2;
ALTER TABLE account ADD COLUMN breaker_window INTEGER DEFAULT 50;
ALTER TABLE account ADD COLUMN breaker_cooldown_s INTEGER DEFAULT 60;

CREATE TABLE breaker (
    account VARCHAR NOT NULL,
    error_class VARCHAR NOT NULL CHECK (error_class IN ('no_answer', 'credential')),
    state VARCHAR NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
    in_row INTEGER NOT NULL,
    recent VARCHAR NOT NULL,                   -- the last outcomes, newest last: '.' healthy, 'x' not
    opened_at TIMESTAMPTZ,
    changed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account, error_class)
);

CREATE SEQUENCE deputy_ids;
CREATE TABLE deputy (
    deputy_id BIGINT PRIMARY KEY DEFAULT nextval('deputy_ids'),
    approver BIGINT NOT NULL,                  -- who is away
    person_id BIGINT NOT NULL,                 -- who stands in
    from_day DATE NOT NULL,
    to_day DATE NOT NULL,                      -- the last day
    made_by BIGINT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,                      -- taken back before its time
    CHECK (approver <> person_id)
);

CREATE TABLE clock_hold (
    held_at TIMESTAMPTZ PRIMARY KEY,
    jumped_s BIGINT NOT NULL,                  -- how far the machine's clock moved by itself; negative: back
    released_at TIMESTAMPTZ
);

CREATE TABLE journal_mark (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    segment VARCHAR NOT NULL,
    line BIGINT NOT NULL,
    hash VARCHAR NOT NULL
);

-- What people decide and look after.

CREATE SEQUENCE review_ids;
CREATE TABLE review (
    review_id BIGINT PRIMARY KEY DEFAULT nextval('review_ids'),
    obligation BIGINT NOT NULL,
    n INTEGER NOT NULL,
    verdict VARCHAR NOT NULL CHECK (verdict IN ('succeeded', 'failed')),
    evidence VARCHAR NOT NULL,                 -- what was seen, in words
    reference VARCHAR,                         -- the carrier's or the bank's number of it
    voucher_id BIGINT,                         -- the paper of it
    new_expiry DATE,
    proposed_by BIGINT NOT NULL,
    proposed_at TIMESTAMPTZ NOT NULL,
    decided_by BIGINT,
    decided_at TIMESTAMPTZ,
    decision VARCHAR CHECK (decision IN ('confirmed', 'refused')),
    CHECK (decided_by <> proposed_by)          -- two people
);

CREATE TABLE verification (
    obligation BIGINT PRIMARY KEY,
    outcome VARCHAR NOT NULL CHECK (outcome IN ('waiting', 'verified', 'not_extended', 'closed')),
    looked INTEGER NOT NULL,                   -- readings taken
    next_at TIMESTAMPTZ,
    expires_on DATE,                           -- the last reading
    status VARCHAR,
    read_at TIMESTAMPTZ,
    opened_at TIMESTAMPTZ NOT NULL,
    owner BIGINT,
    ticket_no VARCHAR,
    note VARCHAR,
    closed_by BIGINT,
    closed_at TIMESTAMPTZ
);

CREATE SEQUENCE reconciliation_ids;
CREATE TABLE reconciliation (
    id BIGINT PRIMARY KEY DEFAULT nextval('reconciliation_ids'),
    account VARCHAR NOT NULL,
    day DATE NOT NULL,                         -- of the statement
    read_at TIMESTAMPTZ NOT NULL,
    ours INTEGER NOT NULL,
    ours_fen BIGINT NOT NULL,
    theirs INTEGER NOT NULL,
    theirs_fen BIGINT NOT NULL,
    matched INTEGER NOT NULL,
    matched_fen BIGINT NOT NULL,
    waiting INTEGER NOT NULL,                  -- of ours: not booked yet, and too early to say that they are missing
    waiting_fen BIGINT NOT NULL
);

-- What a carrier's statement says, line by line, with the attempt of ours it belongs to. A day is replaced as a whole.
CREATE TABLE booking (
    account VARCHAR NOT NULL,
    day DATE NOT NULL,                         -- of the statement
    line INTEGER NOT NULL,
    order_no VARCHAR,                          -- our number, where the statement names it
    carrier_ref VARCHAR NOT NULL,
    iccid VARCHAR NOT NULL,
    amount_fen BIGINT NOT NULL,                -- negative: a refund
    ts TIMESTAMPTZ NOT NULL,
    obligation BIGINT,                         -- null: no order of ours
    n INTEGER
);

CREATE SEQUENCE difference_ids;
CREATE TABLE difference (
    difference_id BIGINT PRIMARY KEY DEFAULT nextval('difference_ids'),
    reconciliation BIGINT NOT NULL,
    account VARCHAR NOT NULL,
    class VARCHAR NOT NULL CHECK (class IN ('ours_only', 'theirs_only', 'amount_differs', 'duplicate')),
    order_no VARCHAR,
    carrier_ref VARCHAR,
    iccid VARCHAR,
    obligation BIGINT,
    n INTEGER,
    voucher_id BIGINT,                         -- the paper whose amount differs; null: it is about a statement
    ours_fen BIGINT NOT NULL,
    theirs_fen BIGINT NOT NULL,
    detail VARCHAR NOT NULL,                   -- canonical JSON: values for the sentence
    finding_id BIGINT,                         -- the alarm it raised
    found_at TIMESTAMPTZ NOT NULL,
    closed_by BIGINT,                          -- null although closed: it matched later
    closed_at TIMESTAMPTZ,
    note VARCHAR
);

CREATE SEQUENCE recharge_pin_ids;
CREATE TABLE recharge_pin (
    pin_id BIGINT PRIMARY KEY DEFAULT nextval('recharge_pin_ids'),
    blind VARCHAR UNIQUE NOT NULL,             -- HMAC of the card number: the same recharge card is never entered twice
    last4 VARCHAR NOT NULL,
    sealed BLOB NOT NULL,                      -- number and PIN, AES-256-GCM (data/secrets.py)
    face_fen BIGINT NOT NULL CHECK (face_fen > 0),
    batch BIGINT NOT NULL,
    line INTEGER NOT NULL,
    entered_by BIGINT NOT NULL,
    entered_at TIMESTAMPTZ NOT NULL
);

ALTER TABLE plan ADD COLUMN kind VARCHAR DEFAULT 'main';
ALTER TABLE sim ADD COLUMN decision_confirmed_on DATE;
ALTER TABLE sim ADD COLUMN decision_evidence VARCHAR;
ALTER TABLE merchant ADD COLUMN closed BOOLEAN;
ALTER TABLE yardstick ADD COLUMN silent_days INTEGER DEFAULT 90;
ALTER TABLE sim_now ADD COLUMN decision_reason VARCHAR;
ALTER TABLE sim_now ADD COLUMN decision_evidence VARCHAR;
ALTER TABLE sim_now ADD COLUMN decider VARCHAR;
ALTER TABLE sim_now ADD COLUMN decided_on DATE;
ALTER TABLE sim_now ADD COLUMN decision_confirmed_on DATE;
ALTER TABLE sim_now ADD COLUMN last_sign_on DATE;
ALTER TABLE sim_now ADD COLUMN successor VARCHAR;
ALTER TABLE sim_now ADD COLUMN evidence VARCHAR;

CREATE VIEW recharge_lock AS
WITH tried AS (
    SELECT o.account, s.obligation, s.st, s.reason, s.ended_at FROM obligation o JOIN state s ON s.obligation = o.id WHERE o.kind = 'recharge'
    UNION ALL
    SELECT o.account, p.obligation, p.st, p.reason, p.ended_at FROM obligation o JOIN placement_past p ON p.obligation = o.id WHERE o.kind = 'recharge'
),
forgiven AS (
    SELECT account, max(ts) AS ts FROM (
        SELECT account, ended_at AS ts FROM tried WHERE st = 'succeeded'
        UNION ALL
        SELECT t.account, n.ts FROM tried t JOIN renewal_note n ON n.obligation = t.obligation WHERE n.repaired
    ) GROUP BY account
)
SELECT t.account FROM tried t LEFT JOIN forgiven f USING (account)
WHERE t.st = 'failed' AND t.reason = 'pin_refused' AND (f.ts IS NULL OR t.ended_at > f.ts)
GROUP BY t.account HAVING count(*) >= 2;
