-- Whom we buy from and who is paid. The role of finance needs a CHECK to change, which only a new table can.

CREATE TABLE person_new (
    person_id BIGINT PRIMARY KEY DEFAULT nextval('person_ids'),
    name VARCHAR UNIQUE NOT NULL,              -- the sign-in name, never changed
    role VARCHAR NOT NULL CHECK (role IN ('viewer', 'operator', 'approver', 'finance', 'administrator', 'system')),
    password_hash VARCHAR,                     -- argon2id; null: cannot sign in (the system's own row)
    language VARCHAR,                          -- null: the browser's
    active BOOLEAN NOT NULL DEFAULT true,
    made_at TIMESTAMPTZ NOT NULL
);
INSERT INTO person_new BY NAME SELECT * FROM person ORDER BY person_id;
DROP TABLE person;
ALTER TABLE person_new RENAME TO person;

CREATE SEQUENCE provider_ids;
-- Whom we buy from: where he is reached, how he is paid, when he takes orders, what papers he gives.
CREATE TABLE provider (
    provider_id BIGINT PRIMARY KEY DEFAULT nextval('provider_ids'),
    name VARCHAR UNIQUE NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('carrier', 'agent', 'institution')),
    official BOOLEAN NOT NULL,                 -- the carrier's own or its named channel; false: anybody else
    contacts VARCHAR,                          -- people, telephones, chat groups, a line each
    portal VARCHAR,                            -- https address of his portal
    portal_keeper VARCHAR,                     -- who holds its log-in
    outlets VARCHAR,                           -- counters one can walk into, a line each
    invoice_habit VARCHAR NOT NULL CHECK (invoice_habit IN ('special', 'general', 'none')),
    invoice_delay_days INTEGER,                -- from payment to invoice, usually
    last_order_day INTEGER CHECK (last_order_day BETWEEN 1 AND 31), -- orders are taken until this day of the month; null: any day
    working_days INTEGER,                      -- from order to effect
    refund_rule VARCHAR,
    answer_hours INTEGER,                      -- how long an answer usually takes
    note VARCHAR,
    kept_by BIGINT NOT NULL,                   -- who wrote this last
    kept_at TIMESTAMPTZ NOT NULL
);

-- The ways to pay a provider, each with what is done step by step.
CREATE TABLE provider_way (
    provider_id BIGINT NOT NULL,
    way VARCHAR NOT NULL CHECK (way IN ('prepaid', 'transfer', 'online', 'recharge_card', 'monthly')),
    checklist VARCHAR NOT NULL,                -- a step per line
    PRIMARY KEY (provider_id, way)
);

-- Which provider stands behind an account of carriers.toml. Its payee is `account.payee`, by name.
CREATE TABLE provider_account (
    account VARCHAR PRIMARY KEY,
    provider_id BIGINT NOT NULL
);

CREATE SEQUENCE payee_ids;
-- Who may be paid. His bank data are those of his last confirmed change, and nothing else.
CREATE TABLE payee (
    payee_id BIGINT PRIMARY KEY DEFAULT nextval('payee_ids'),
    name VARCHAR UNIQUE NOT NULL,              -- as `account.payee` and the bank name him
    confirmed_change BIGINT,                   -- null: nobody has confirmed anything yet, nothing is paid
    stopped_by BIGINT,                         -- who said that he is not to be paid; the next confirmed change ends it
    stopped_at TIMESTAMPTZ,
    stop_reason VARCHAR
);

CREATE SEQUENCE payee_change_ids;
-- What one person proposed as a payee's bank data, and what another made of it. Rows stay: this is the history.
CREATE TABLE payee_change (
    change_id BIGINT PRIMARY KEY DEFAULT nextval('payee_change_ids'),
    payee_id BIGINT NOT NULL,
    tax_no VARCHAR NOT NULL,                   -- 统一社会信用代码
    bank VARCHAR NOT NULL,
    opening_bank VARCHAR NOT NULL,             -- the branch that keeps the account
    cnaps VARCHAR,                             -- 12 digits
    account_last4 VARCHAR NOT NULL,
    account_blind VARCHAR NOT NULL,            -- keyed hash of the account number: tells two of them apart
    account_sealed BLOB NOT NULL,              -- envelope of data/secrets.py for (payee_change, account_sealed, change_id)
    proof BIGINT,                              -- the voucher that shows them
    note VARCHAR,
    state VARCHAR NOT NULL CHECK (state IN ('proposed', 'confirmed', 'refused', 'withdrawn')),
    proposed_by BIGINT NOT NULL,
    proposed_at TIMESTAMPTZ NOT NULL,
    decided_by BIGINT,
    decided_at TIMESTAMPTZ,
    reason VARCHAR,                            -- why it was refused
    CHECK (state NOT IN ('confirmed', 'refused') OR decided_by <> proposed_by), -- two people
    CHECK ((state = 'proposed') = (decided_by IS NULL))
);

-- Whether a payee may be paid: confirmed and changing may, proposed, refused and stopped may not.
CREATE VIEW payee_now AS
SELECT y.payee_id, y.name, y.confirmed_change, o.change_id AS open_change,
    CASE
        WHEN y.stopped_at IS NOT NULL THEN 'stopped'
        WHEN y.confirmed_change IS NOT NULL THEN CASE WHEN o.change_id IS NULL THEN 'confirmed' ELSE 'changing' END
        WHEN o.change_id IS NOT NULL THEN 'proposed'
        ELSE 'refused' END AS standing,
    y.stopped_by, y.stopped_at, y.stop_reason
FROM payee y LEFT JOIN payee_change o ON o.payee_id = y.payee_id AND o.state = 'proposed';

-- A refresh may be of plans, and a paper a mail or a notice: other CHECKs are other tables.
CREATE TABLE account_sync_new (
    account VARCHAR NOT NULL,
    what VARCHAR NOT NULL CHECK (what IN ('sims', 'usage', 'plans')),
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
    missing BIGINT NOT NULL DEFAULT 0,         -- cards of this sweep of which nothing could be told
    PRIMARY KEY (account, what)
);
INSERT INTO account_sync_new BY NAME SELECT * FROM account_sync ORDER BY account, what;
DROP TABLE account_sync;
ALTER TABLE account_sync_new RENAME TO account_sync;

-- What was last told of our prepaid money at a carrier.
CREATE TABLE account_balance (
    account VARCHAR PRIMARY KEY,
    amount_fen BIGINT NOT NULL,
    read_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE voucher_new (
    voucher_id BIGINT PRIMARY KEY DEFAULT nextval('voucher_ids'),
    sha256 VARCHAR UNIQUE NOT NULL,
    filename VARCHAR NOT NULL,
    format VARCHAR NOT NULL CHECK (format IN ('pdf', 'xml', 'ofd', 'png', 'jpg', 'eml')),
    bytes BIGINT NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('invoice', 'bank_slip', 'screenshot', 'form', 'notice', 'other')),
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

-- Plan-change notices -------------------------------------------------------------------------------------------------

CREATE SEQUENCE notice_ids;
-- What a carrier or payee announced about plans, or what a comparison found. No price, plan or card changes by it: a
-- person acknowledges it and acts.
CREATE TABLE notice (
    notice_id BIGINT PRIMARY KEY DEFAULT nextval('notice_ids'),
    kind VARCHAR NOT NULL CHECK (kind IN ('price', 'quota', 'term', 'name', 'withdrawn', 'card_plan', 'other')),
    carrier VARCHAR NOT NULL,                  -- '' not known
    account VARCHAR,                           -- null: of every account
    channel VARCHAR,                           -- whose price: '' the carrier's own list, else an account or agent; null: anybody's
    reach VARCHAR NOT NULL CHECK (reach IN ('plans', 'account', 'cards')), -- how notice_sim finds the cards it concerns
    effective_on DATE,                         -- null: not known
    subject VARCHAR,                           -- in a person's words; null: found by comparison, and `detail` tells it
    text VARCHAR,                              -- what the carrier wrote, as pasted
    detail VARCHAR NOT NULL,                   -- canonical JSON: values for the sentence
    source VARCHAR NOT NULL,                   -- import 12, account mobile-main; else a person's name
    form_key VARCHAR UNIQUE,                   -- one form, one notice, however often it is sent; null: found
    found_key VARCHAR,                         -- what was compared; null: typed in. While it is not acknowledged it is not found again
    made_by BIGINT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    acknowledged_by BIGINT,
    acknowledged_at TIMESTAMPTZ,
    note VARCHAR,                              -- what was made of it
    CHECK ((form_key IS NULL) <> (found_key IS NULL))
);

-- Plans a notice names, with the price of one term for one card before and after. Null: not told.
CREATE TABLE notice_plan (
    notice_id BIGINT NOT NULL,
    plan_id BIGINT NOT NULL,
    term_months INTEGER,
    old_fen BIGINT,
    new_fen BIGINT CHECK (new_fen > 0),
    PRIMARY KEY (notice_id, plan_id)
);

-- Cards a notice names one by one.
CREATE TABLE notice_card (
    notice_id BIGINT NOT NULL,
    sim_id BIGINT NOT NULL,
    PRIMARY KEY (notice_id, sim_id)
);

-- Papers that prove a notice: a mail, a screenshot, a letter.
CREATE TABLE notice_paper (
    notice_id BIGINT NOT NULL,
    voucher_id BIGINT NOT NULL,
    PRIMARY KEY (notice_id, voucher_id)
);

-- What a carrier last told of the plans it sells an account, so that a change of it is noticed once.
CREATE TABLE offer_told (
    account VARCHAR NOT NULL,
    plan VARCHAR NOT NULL,                     -- in the carrier's words
    term_months INTEGER,
    quota_bytes BIGINT,
    price_fen BIGINT,
    told_at TIMESTAMPTZ NOT NULL
);

-- Which cards in service a notice concerns now.
CREATE VIEW notice_sim AS
SELECT c.notice_id, c.sim_id FROM notice_card c JOIN sim_now s USING (sim_id) WHERE s.live
UNION ALL
SELECT n.notice_id, s.sim_id
FROM notice n JOIN notice_plan p USING (notice_id) JOIN sim_now s ON s.plan_id = p.plan_id
WHERE n.reach = 'plans' AND s.live AND (n.account IS NULL OR s.account = n.account)
    AND (n.kind <> 'price' OR p.term_months IS NULL OR s.term_months IS NULL OR s.term_months = p.term_months)
    AND (n.channel IS NULL OR n.channel IN (s.account, s.supplier) OR n.channel = '' AND NOT EXISTS (
        FROM price o WHERE o.plan_id = s.plan_id AND o.channel <> '' AND o.channel IN (s.account, s.supplier)))
UNION ALL
SELECT n.notice_id, s.sim_id FROM notice n JOIN sim_now s ON s.account = n.account WHERE n.reach = 'account' AND s.live;

CREATE SEQUENCE payment_request_ids;
-- What finance is asked to pay: one payee, one batch. The money's orders are its items; the state of an order is never here.
CREATE TABLE payment_request (
    id BIGINT PRIMARY KEY DEFAULT nextval('payment_request_ids'),
    batch BIGINT NOT NULL,
    payee VARCHAR NOT NULL,                    -- as `account.payee`
    payee_change BIGINT NOT NULL,              -- his bank data as confirmed when it was asked
    way_to_pay VARCHAR NOT NULL,
    items INTEGER NOT NULL,
    amount_fen BIGINT NOT NULL,
    act_by DATE,                               -- of its first order
    due_on DATE NOT NULL,
    state VARCHAR NOT NULL CHECK (state IN ('asked', 'paid', 'withdrawn')),
    asked_by BIGINT NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    ended_by BIGINT,                           -- who paid it, or took it back
    ended_at TIMESTAMPTZ,
    reference VARCHAR,                         -- the bank's number of the payment
    voucher_id BIGINT,                         -- its slip
    reason VARCHAR,                            -- why it was taken back
    CHECK (state <> 'paid' OR ended_by <> asked_by), -- two people
    CHECK ((state = 'asked') = (ended_by IS NULL))
);

-- Which orders a payment request asks the money for.
CREATE TABLE payment_request_item (
    request BIGINT NOT NULL,
    obligation BIGINT NOT NULL,
    amount_fen BIGINT NOT NULL,
    PRIMARY KEY (request, obligation)
);

-- Papers are exports too; a CHECK changes only with its table.
CREATE TABLE export_new (
    export_id BIGINT PRIMARY KEY DEFAULT nextval('export_ids'),
    what VARCHAR NOT NULL,                     -- a key of WHAT (data/files/exports_rules.py)
    format VARCHAR NOT NULL CHECK (format IN ('csv', 'xlsx', 'parquet', 'pdf')),
    filters VARCHAR NOT NULL,                  -- JSON, the page's own filter
    split_by VARCHAR,                          -- agent, branch, region: a zip
    language VARCHAR NOT NULL,
    person_id BIGINT NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    state VARCHAR NOT NULL CHECK (state IN ('waiting', 'written', 'failed')),
    filename VARCHAR,
    rows_written BIGINT,
    sha256 VARCHAR,
    error VARCHAR,
    ended_at TIMESTAMPTZ
);
INSERT INTO export_new BY NAME SELECT * FROM export ORDER BY export_id;
DROP TABLE export;
ALTER TABLE export_new RENAME TO export;

-- Which kinds of orders of an account people place with its payee, by a list: its connection, if it has one, takes none.
CREATE VIEW by_hand AS
SELECT a.account, 'renew' AS kind
FROM account a LEFT JOIN capability c ON c.connector = a.connector AND c.ability = 'renew'
WHERE a.connector = 'offline' OR c.answer = 'no';
