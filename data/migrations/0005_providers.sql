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
