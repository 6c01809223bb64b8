-- The tables as they are. How they came: migrations/. A test builds both and compares.
--
-- Habits: money is BIGINT fen, data is BIGINT bytes, instants are TIMESTAMPTZ in UTC, expiries are plain dates in
-- Asia/Shanghai. No index on a column that changes, no foreign keys on the big tables, no triggers (a backup by
-- COPY FROM DATABASE does not carry them). What must never happen is a constraint; what must be unique among a
-- million rows is kept so by the one writer (data/database.py).

-- The house itself ---------------------------------------------------------------------------------------------------

-- Which migrations this file has seen; data/database.py adds one row in the transaction of each migration.
CREATE TABLE migration (
    number INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL
);

-- One row, written at the first migration and never changed: a home is a demo or real for life.
CREATE TABLE home (
    kind VARCHAR PRIMARY KEY CHECK (kind IN ('demo', 'real')),
    made_at TIMESTAMPTZ NOT NULL
);

-- People -------------------------------------------------------------------------------------------------------------

CREATE SEQUENCE person_ids;
-- Who signs in. The role decides what they may do (data/people/rules.py, MAY).
CREATE TABLE person (
    person_id BIGINT PRIMARY KEY DEFAULT nextval('person_ids'),
    name VARCHAR UNIQUE NOT NULL,              -- the sign-in name, never changed
    role VARCHAR NOT NULL CHECK (role IN (
        'viewer', 'desk', 'field', 'operator', 'approver', 'finance', 'administrator', 'system')),
    password_hash VARCHAR,                     -- argon2id; null: cannot sign in (the system's own row)
    language VARCHAR,                          -- null: the browser's
    active BOOLEAN NOT NULL DEFAULT true,
    made_at TIMESTAMPTZ NOT NULL
);

-- Server-side sessions.
CREATE TABLE session (
    session_id VARCHAR PRIMARY KEY,            -- what an open socket is known by; never leaves the server
    token_sha256 VARCHAR UNIQUE NOT NULL,      -- of the cookie's token, which the password asked for again replaces
    person_id BIGINT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,              -- idle time-out counts from here
    ended_at TIMESTAMPTZ,                      -- signed out or revoked
    address VARCHAR,
    renew_sha256 VARCHAR,                      -- of the word that fetches the token that replaces this one
    renew_by TIMESTAMPTZ                       -- until then the old token lasts
);

-- One-time links through which a person chooses a password.
CREATE TABLE password_link (
    token_sha256 VARCHAR PRIMARY KEY,
    person_id BIGINT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ                       -- used, or followed by a newer one
);

-- The one-time link an empty home prints, through which the first administrator is made.
CREATE TABLE setup_link (
    token_sha256 VARCHAR PRIMARY KEY,
    made_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);

-- Who did what to which thing: append-only, gap-free, HMAC-chained (data/audit/rules.py). No secrets.
CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    ts TIMESTAMPTZ NOT NULL,
    person_id BIGINT NOT NULL,
    person VARCHAR NOT NULL,
    source VARCHAR NOT NULL,                   -- page, command line, job
    event VARCHAR NOT NULL,                    -- subject:action
    object VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,                   -- canonical JSON
    prev_hash VARCHAR NOT NULL,
    hash VARCHAR NOT NULL
);

-- The schedule and its history ---------------------------------------------------------------------------------------

-- SCHEDULE as jobs/schedule.py declares it, written at every start so that pages need not import jobs.
CREATE TABLE job (
    name VARCHAR PRIMARY KEY,
    place INTEGER NOT NULL,                    -- its order in SCHEDULE
    trigger VARCHAR NOT NULL,                  -- "every 60 s", "02:30"
    sentence VARCHAR NOT NULL,                 -- msgid of what it does
    paused BOOLEAN NOT NULL DEFAULT false,
    every_s DOUBLE,                            -- between two looks at whether something is due
    budget_s DOUBLE,                           -- a run that takes longer is told, not ended
    since TIMESTAMPTZ,                         -- known to this home since; what was due before is not made up for
    seen_at TIMESTAMPTZ                        -- when it last came round
);

CREATE SEQUENCE job_run_ids;
CREATE TABLE job_run (
    run_id BIGINT PRIMARY KEY DEFAULT nextval('job_run_ids'),
    job VARCHAR NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    outcome VARCHAR NOT NULL CHECK (outcome IN ('running', 'ok', 'failed', 'missed', 'overlapped', 'stopped')),
    did VARCHAR,                               -- what it did, a kept sentence: JSON of msgid and values
    error VARCHAR,                             -- why it failed, likewise
    log VARCHAR                                -- what it wrote to the log
);

CREATE SEQUENCE job_request_ids;
-- A person's wish about a job: a page writes it, the schedule takes it.
CREATE TABLE job_request (
    request_id BIGINT PRIMARY KEY DEFAULT nextval('job_request_ids'),
    job VARCHAR NOT NULL,
    wish VARCHAR NOT NULL CHECK (wish IN ('run_now', 'pause', 'resume')),
    person_id BIGINT NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    taken_at TIMESTAMPTZ
);

-- Accounts at carriers -----------------------------------------------------------------------------------------------

-- carriers.toml as it was at the last start. A name never changes once an obligation carries it.
CREATE TABLE account (
    account VARCHAR PRIMARY KEY,
    connector VARCHAR NOT NULL,
    carrier VARCHAR NOT NULL,                  -- mobile, unicom, telecom, broadnet, else as written
    payee VARCHAR NOT NULL,                    -- who is paid
    way_to_pay VARCHAR NOT NULL,               -- prepaid, transfer, online, recharge_card, monthly
    last_order_day INTEGER,                    -- orders are taken until this day of the month; null: any day
    working_days INTEGER NOT NULL,             -- from order to effect
    cancel_after_days INTEGER NOT NULL,        -- from expiry to irrecoverable cancellation
    expiry_rule VARCHAR NOT NULL CHECK (expiry_rule IN ('from_old_expiry', 'from_today', 'month_end')),
    gives_invoice BOOLEAN NOT NULL,
    support VARCHAR NOT NULL,                  -- whom to call
    listed BOOLEAN NOT NULL DEFAULT true,       -- false: gone from carriers.toml, kept for history
    canary_items INTEGER DEFAULT 3,            -- the first items of a batch that go alone
    breaker_in_row INTEGER DEFAULT 5,          -- so many doubts in a row open the breaker
    breaker_share DOUBLE DEFAULT 0.2,          -- or more than this share of the window
    breaker_window INTEGER DEFAULT 50,
    breaker_cooldown_s INTEGER DEFAULT 60,     -- then one item tries
    silent_months INTEGER                      -- from delivery to the term that starts by force; null: not known
);

-- What each connector can do, as its module declares it.
CREATE TABLE capability (
    connector VARCHAR NOT NULL,
    ability VARCHAR NOT NULL,
    answer VARCHAR NOT NULL CHECK (answer IN ('yes', 'partly', 'no')),
    reason VARCHAR NOT NULL,
    PRIMARY KEY (connector, ability)
);

-- Which kinds of orders of an account people place with its payee, by a list: its connection, if it has one, takes none.
CREATE VIEW by_hand AS
SELECT a.account, 'renew' AS kind
FROM account a LEFT JOIN capability c ON c.connector = a.connector AND c.ability = 'renew'
WHERE a.connector = 'offline' OR c.answer = 'no';

-- How far the refresh of each account is, and how it goes.
CREATE TABLE account_sync (
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

-- What was last told of our prepaid money at a carrier.
CREATE TABLE account_balance (
    account VARCHAR PRIMARY KEY,
    amount_fen BIGINT NOT NULL,
    read_at TIMESTAMPTZ NOT NULL
);

-- What a carrier last told of a card that a person decides, so that a change of it is noticed once.
CREATE TABLE card_told (
    sim_id BIGINT NOT NULL,
    plan VARCHAR,                              -- in the carrier's words
    imei VARCHAR,                              -- the device the card is in
    told_at TIMESTAMPTZ NOT NULL
);

-- Merchants, agents, terminals ---------------------------------------------------------------------------------------

CREATE SEQUENCE agent_ids;
CREATE TABLE agent (
    agent_id BIGINT PRIMARY KEY DEFAULT nextval('agent_ids'),
    agent_no VARCHAR NOT NULL,                 -- unique; an agent known by name only has its name here
    name VARCHAR,
    provisional BOOLEAN NOT NULL DEFAULT false -- named by another record, described by none yet
);

CREATE SEQUENCE merchant_ids;
CREATE TABLE merchant (
    merchant_id BIGINT PRIMARY KEY DEFAULT nextval('merchant_ids'),
    merchant_no VARCHAR NOT NULL,              -- unique
    name VARCHAR,
    region VARCHAR,
    city VARCHAR,
    address VARCHAR,
    agent_id BIGINT,
    contact_name VARCHAR,
    contact_email VARCHAR,
    contact_phone VARCHAR,
    provisional BOOLEAN NOT NULL DEFAULT false,
    closed BOOLEAN                             -- no longer in business, as its list said; null: not known
);

CREATE SEQUENCE terminal_ids;
-- Found by (merchant, terminal_id): a TID is unique per acquirer and merchant, not globally.
CREATE TABLE terminal (
    terminal_key BIGINT PRIMARY KEY DEFAULT nextval('terminal_ids'),
    terminal_id VARCHAR NOT NULL,
    merchant_id BIGINT,
    agent_id BIGINT,
    branch VARCHAR,
    brand VARCHAR,
    model VARCHAR,
    serial_no VARCHAR,
    tusn VARCHAR,
    imei VARCHAR,
    site VARCHAR,
    install_address VARCHAR,
    networks VARCHAR,                          -- what the machine can run, "2G/3G/4G"; null: see terminal_model
    status VARCHAR NOT NULL DEFAULT 'in_use'
        CHECK (status IN ('in_use', 'disabled', 'withdrawn', 'stock', 'repair')),
    last_seen_at TIMESTAMPTZ,
    last_trade_on DATE,
    monthly_takings_fen BIGINT,
    contact_name VARCHAR,
    contact_phone VARCHAR
);

-- What a brand's model can run; a file's own networks column wins.
CREATE TABLE terminal_model (
    brand VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    networks VARCHAR NOT NULL,
    PRIMARY KEY (brand, model)
);

-- Plans and prices ---------------------------------------------------------------------------------------------------

CREATE SEQUENCE plan_ids;
-- A plan is its name at its carrier. Without a price it cannot be renewed yet.
CREATE TABLE plan (
    plan_id BIGINT PRIMARY KEY DEFAULT nextval('plan_ids'),
    plan VARCHAR NOT NULL,                     -- unique together with carrier
    carrier VARCHAR NOT NULL,                  -- '' where no file has said
    network VARCHAR,                           -- 2G, 3G, 4G, 5G, NB
    quota_bytes BIGINT,                        -- per calendar month
    term_months INTEGER,
    overage_millifen_per_mb BIGINT,            -- ¥0.29/MB is 29,000
    provisional BOOLEAN NOT NULL DEFAULT false,
    kind VARCHAR DEFAULT 'main'                -- main, add-on
);

CREATE SEQUENCE price_ids;
CREATE TABLE price (
    price_id BIGINT PRIMARY KEY DEFAULT nextval('price_ids'),
    plan_id BIGINT NOT NULL,
    channel VARCHAR NOT NULL,                  -- '' the carrier's own list; else the account or agent that offers it
    term_months INTEGER NOT NULL CHECK (term_months BETWEEN 1 AND 120),
    price_fen BIGINT NOT NULL CHECK (price_fen > 0),  -- for one card and one whole term
    valid_from DATE NOT NULL,
    valid_to DATE                              -- the last day; null: until further notice
);

-- SIMs ---------------------------------------------------------------------------------------------------------------

CREATE SEQUENCE sim_ids;
-- Found by ICCID stem, else MSISDN, else IMSI. A file or a carrier is an observation with source and time.
CREATE TABLE sim (
    sim_id BIGINT PRIMARY KEY DEFAULT nextval('sim_ids'),
    stem VARCHAR NOT NULL,                     -- first 19 characters of the ICCID, unique
    iccid VARCHAR NOT NULL,                    -- as printed, 19 or 20
    imsi VARCHAR,
    msisdn VARCHAR,
    carrier VARCHAR NOT NULL DEFAULT '',
    account VARCHAR,                           -- name in carriers.toml; unknown ones are kept and refused at propose
    supplier VARCHAR,
    plan_id BIGINT,
    terminal_key BIGINT,
    status VARCHAR NOT NULL DEFAULT 'unknown' CHECK (status IN (
        'stock', 'test', 'silent', 'active', 'stopped_expired', 'stopped_arrears', 'stopped_quota', 'stopped_manual',
        'stopped_separation', 'stopped_area', 'stopped_realname', 'stopped_risk', 'number_kept', 'pre_cancel',
        'cancelled', 'replaced', 'lost', 'unknown')),
    raw_status VARCHAR,                        -- the word or digit the source used
    activated_on DATE,
    expires_on DATE,                           -- ends with this local day
    anchor_day INTEGER,                        -- months are counted from this day; a clamped result is not a new anchor
    auto_renew BOOLEAN,                        -- null: not known
    quota_bytes BIGINT,                        -- per cycle, as the carrier said; null: the plan's
    used_bytes BIGINT,                         -- this cycle, at as_of
    left_bytes BIGINT,                         -- may be negative: over quota
    as_of TIMESTAMPTZ,                         -- when used and left were true
    purchase_batch VARCHAR,
    pool VARCHAR,
    tags VARCHAR,
    decision VARCHAR CHECK (decision IN ('renew', 'decline', 'swap', 'undecided')),  -- 续 / 不续 / 换卡 / 待定
    decision_reason VARCHAR,
    decided_by BIGINT,
    decided_on DATE,
    expiry_source VARCHAR,                     -- file, carrier, renewal: who said expires_on last
    expiry_seen_at TIMESTAMPTZ,
    status_seen_at TIMESTAMPTZ,
    observed_at TIMESTAMPTZ NOT NULL,           -- last time any source spoke of this card
    decision_confirmed_on DATE,                -- a decision not to renew, asked once more before the card is gone
    decision_evidence VARCHAR,                 -- what rules named for it: JSON {key of EVIDENCE: values}
    delivered_on DATE,                         -- its silent period's first day: a file's, or the day it was seen to leave the stock
    silent_until DATE                          -- the last day of its silent period, as a file said
);

-- Every change of what a person would ask about: the SIM's own history.
CREATE TABLE sim_change (
    sim_id BIGINT NOT NULL,
    ts TIMESTAMPTZ NOT NULL,
    field VARCHAR NOT NULL,                    -- expires_on, silent_until, status, plan, terminal, account
    before VARCHAR,
    after VARCHAR,
    source VARCHAR NOT NULL                    -- "import 12", "renewal", "account mobile-main"
);

-- Usage --------------------------------------------------------------------------------------------------------------

-- Bytes of one local day. No key, no index: a day is replaced as a whole, sorted by SIM.
CREATE TABLE usage_day (
    sim_id BIGINT NOT NULL,
    day DATE NOT NULL,
    used_bytes BIGINT NOT NULL
);

-- Bytes of one calendar month: given by a file or summed from days; a day sum never lowers a given month.
CREATE TABLE usage_month (
    sim_id BIGINT NOT NULL,
    month DATE NOT NULL,                       -- its first day
    used_bytes BIGINT NOT NULL,
    as_of TIMESTAMPTZ,
    source VARCHAR NOT NULL                    -- file, days
);

-- The join that every page reads: one row per SIM, made anew by data/sims/store.py roll_up() after every change of the
-- tables above. Derived, never written otherwise, ordered by act_by.
CREATE TABLE sim_now (
    sim_id BIGINT PRIMARY KEY,                 -- pages fetch their fifty rows through it, wherever they lie
    stem VARCHAR NOT NULL,
    iccid VARCHAR NOT NULL,
    imsi VARCHAR,
    msisdn VARCHAR,
    carrier VARCHAR NOT NULL,
    account VARCHAR,
    connector VARCHAR,                         -- null: the account is not in carriers.toml
    payee VARCHAR,
    supplier VARCHAR,
    plan_id BIGINT,
    plan VARCHAR,
    network VARCHAR,
    term_months INTEGER,                       -- of the price in force
    price_fen BIGINT,                          -- for one term, the price in force for this account; null: none
    status VARCHAR NOT NULL,
    auto_renew BOOLEAN,
    activated_on DATE,
    expires_on DATE,
    anchor_day INTEGER,
    act_by DATE,                               -- last day to place the order (data/sims/rules.py)
    cancel_by DATE,                            -- last day before the number is gone for good
    decision VARCHAR,
    live BOOLEAN NOT NULL,                     -- false: cancelled, replaced or lost
    due BOOLEAN NOT NULL,                      -- someone has to think of its renewal (data/sims/rules.py)
    terminal_key BIGINT,
    terminal_id VARCHAR,
    serial_no VARCHAR,
    imei VARCHAR,
    brand VARCHAR,
    model VARCHAR,
    terminal_status VARCHAR,
    last_trade_on DATE,
    monthly_takings_fen BIGINT,
    branch VARCHAR,
    site VARCHAR,
    merchant_id BIGINT,
    merchant_no VARCHAR,
    merchant VARCHAR,
    region VARCHAR,
    city VARCHAR,
    contact_name VARCHAR,
    contact_phone VARCHAR,
    agent_id BIGINT,
    agent VARCHAR,
    quota_bytes BIGINT,
    used_bytes BIGINT,                         -- month to date
    used_as_of TIMESTAMPTZ,
    used_share DOUBLE,                         -- used / quota; for looking only
    daily_bytes BIGINT,                        -- mean of the last 14 days with figures
    exhausts_on DATE,                          -- forecast; null: not this month
    overage_fen BIGINT,                        -- so far this month
    idle_months INTEGER,                       -- whole months without a byte, counted back from now
    unfit VARCHAR,                             -- msgid why the plan cannot run in the terminal; null: fits or not known
    purchase_batch VARCHAR,
    pool VARCHAR,
    tags VARCHAR,
    observed_at TIMESTAMPTZ NOT NULL,
    search_text VARCHAR NOT NULL,              -- every findable word of card, terminal and merchant, upper-case
    decision_reason VARCHAR,
    decision_evidence VARCHAR,
    decider VARCHAR,                           -- who decided, by name
    decided_on DATE,
    decision_confirmed_on DATE,
    last_sign_on DATE,                         -- of the terminal: its last sign-in or trade, whichever is later
    successor VARCHAR,                         -- a later card in service in the same terminal, by ICCID
    evidence VARCHAR,                          -- why not to renew it: keys of EVIDENCE (data/sims/deciding_rules.py)
    silent_until DATE                          -- of a card that has not begun: after this day its term starts by force; null: not known
);

-- Bytes per carrier and day, for charts; made by the same roll_up().
CREATE TABLE carrier_day (
    carrier VARCHAR NOT NULL,
    day DATE NOT NULL,
    used_bytes BIGINT NOT NULL,
    sims BIGINT NOT NULL
);

-- What roll_up() measures with, copied from the settings by jobs/roll_up.py: one row, so that an import, a renewal and
-- the nightly run measure alike.
CREATE TABLE yardstick (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    due_days INTEGER NOT NULL,
    idle_months INTEGER NOT NULL,
    digest VARCHAR NOT NULL,                   -- SHA-256 of these, the home's holidays and the accounts' demands
    silent_days INTEGER DEFAULT 90
);

-- Days of the home's holidays.toml, beside what the library knows (data/sims/holidays.py).
CREATE TABLE holiday (
    day DATE PRIMARY KEY,
    works BOOLEAN NOT NULL
);

-- The fleet at the end of each day, for sparklines; written by roll_up() of all SIMs.
CREATE TABLE fleet_day (
    day DATE PRIMARY KEY,
    sims BIGINT NOT NULL,                      -- live ones
    to_place BIGINT NOT NULL,                  -- due, and their act-by date had come
    dark BIGINT NOT NULL,                      -- terminals in use whose card was stopped, kept or about to be cancelled
    over_quota BIGINT NOT NULL,
    used_bytes BIGINT NOT NULL                 -- month to date
);

-- What does not add up between sources; open until someone closes it or the sources agree.
CREATE SEQUENCE finding_ids;
CREATE TABLE finding (
    finding_id BIGINT PRIMARY KEY DEFAULT nextval('finding_ids'),
    kind VARCHAR NOT NULL,                     -- data/sims/rules.py FINDINGS
    sim_id BIGINT,
    object VARCHAR NOT NULL,                   -- what it is about, as a person would name it
    detail VARCHAR NOT NULL,                   -- canonical JSON: values for the sentence
    source VARCHAR NOT NULL,
    found_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ
);

-- Renewals: money.md §4. What each state means and how a renewal lives: data/renewals/__init__.py ----------------------

CREATE SEQUENCE obligation_ids;
-- What must be bought once. Never changed, never deleted.
CREATE TABLE obligation (
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

CREATE SEQUENCE batch_ids;
CREATE TABLE batch (
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

-- Written at propose, unchanged from then on.
CREATE TABLE batch_line (
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

-- Which batch carries an obligation now.
CREATE TABLE placement (
    obligation BIGINT PRIMARY KEY,
    batch BIGINT NOT NULL
);

-- What an item had become in a batch when a later batch adopted it, so that the earlier batch's sums still add up.
CREATE TABLE placement_past (
    batch BIGINT NOT NULL,
    obligation BIGINT NOT NULL,
    st VARCHAR NOT NULL CHECK (st IN ('failed', 'cancelled')),
    n INTEGER NOT NULL,
    reason VARCHAR,
    ended_at TIMESTAMPTZ,
    PRIMARY KEY (batch, obligation)
);

-- What was sent under which number. order_no is computed from (obligation key, n), never random.
CREATE TABLE attempt (
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

CREATE SEQUENCE event_seqs;
-- Append-only: the only history of an obligation. Numbered by the one writer, so it needs no index of its own.
CREATE TABLE event (
    seq BIGINT NOT NULL DEFAULT nextval('event_seqs'),
    ts TIMESTAMPTZ NOT NULL,
    actor VARCHAR NOT NULL,
    obligation BIGINT NOT NULL,
    n INTEGER NOT NULL,
    arrow INTEGER NOT NULL,                    -- of the table of moves (data/renewals/moves.py)
    from_state VARCHAR,
    to_state VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL                  -- canonical JSON: reason, carrier_ref, text, times asked
);

-- Where each obligation stands; always derivable from event.
CREATE TABLE state (
    obligation BIGINT PRIMARY KEY,
    st VARCHAR NOT NULL CHECK (st IN (
        'pending',                             -- approved, not claimed: nothing has been sent under this number
        'submitted',                           -- claimed: a call may be in flight
        'unknown',                             -- sent, and nobody can say yet whether it took effect
        'succeeded',                           -- proven bought
        'failed',                              -- proven not bought, reason beside it
        'cancelled',                           -- taken back before it was claimed
        'needs_review')),                      -- a person must look
    n INTEGER NOT NULL,                        -- attempt number
    reason VARCHAR,                            -- a key of REASONS (data/renewals/rules.py)
    detail VARCHAR,                            -- the carrier's own words
    carrier_ref VARCHAR,
    new_expiry DATE,                           -- what the carrier answered; its date wins
    proof VARCHAR,                             -- reply, query, reading, statement, person
    not_found INTEGER NOT NULL DEFAULT 0,      -- agreeing not-founds past the horizon
    asked INTEGER NOT NULL DEFAULT 0,          -- slots of the unknown schedule used or slept through
    trips INTEGER NOT NULL DEFAULT 0,          -- times it came back to pending without having been bought
    next_at TIMESTAMPTZ,                       -- not before: the next query, or the next try
    changed_at TIMESTAMPTZ NOT NULL,
    submitted_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ
);

-- Money set aside per batch at approval; unknown and needs_review keep theirs.
CREATE TABLE reservation (
    obligation BIGINT PRIMARY KEY,
    batch BIGINT NOT NULL,
    account VARCHAR NOT NULL,
    person_id BIGINT NOT NULL,                 -- whose batch
    day DATE NOT NULL,
    amount_fen BIGINT NOT NULL,
    state VARCHAR NOT NULL CHECK (state IN ('held', 'spent', 'released'))
);

-- The kill switch: a row is a stop. '' stops everything, else one account.
CREATE TABLE stop_switch (
    account VARCHAR PRIMARY KEY,
    person_id BIGINT NOT NULL,
    ts TIMESTAMPTZ NOT NULL,
    reason VARCHAR                             -- a key of STOPS (data/renewals/rules.py); null: a person
);

CREATE SEQUENCE renewal_note_ids;
-- What people wrote on a renewal: calls made, ticket numbers, repairs done.
CREATE TABLE renewal_note (
    note_id BIGINT PRIMARY KEY DEFAULT nextval('renewal_note_ids'),
    obligation BIGINT NOT NULL,
    ts TIMESTAMPTZ NOT NULL,
    person_id BIGINT NOT NULL,
    ticket_no VARCHAR,
    repaired BOOLEAN NOT NULL DEFAULT false,   -- the cause is said to be mended: may be tried again
    note VARCHAR
);

-- The circuit breaker per account and class of trouble; it survives a restart.
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
-- Who may approve while an approver is away; never what they made themselves.
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

-- The machine's clock moved by itself: nothing is sent and no not-found counts until a person lets it go on.
CREATE TABLE clock_hold (
    held_at TIMESTAMPTZ PRIMARY KEY,
    jumped_s BIGINT NOT NULL,                  -- how far the machine's clock moved by itself; negative: back
    released_at TIMESTAMPTZ
);

-- How far the money journal was when this database last committed; an older database is noticed by it.
CREATE TABLE journal_mark (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    segment VARCHAR NOT NULL,
    line BIGINT NOT NULL,
    hash VARCHAR NOT NULL
);

CREATE SEQUENCE review_ids;
-- What people say became of a renewal that no machine can settle: one says it with evidence, another confirms.
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

-- Whether a card that was paid for really runs on: read again at 15 minutes, an hour, a day.
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
-- One comparison of our orders of a day with a carrier's statement.
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
-- What did not match; open until someone closes it.
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
-- Recharge cards: the number and PIN are sealed before they come here, and never shown again.
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

-- Cards that an order is under way for, from the proposal on.
CREATE VIEW under_way AS
SELECT o.sim_id, s.st AS item_state, p.batch, s.obligation, o.kind
FROM state s JOIN obligation o ON o.id = s.obligation JOIN placement p ON p.obligation = s.obligation
WHERE s.st IN ('pending', 'submitted', 'unknown', 'needs_review')
UNION ALL
SELECT l.sim_id, 'proposed' AS item_state, l.batch, NULL AS obligation, b.kind
FROM batch b JOIN batch_line l ON l.batch = b.id
WHERE b.state IN ('draft', 'proposed') AND l.refusal IS NULL;

-- Those of which it is a renewal: they need no second one, and pages say so.
CREATE VIEW renewing AS
SELECT sim_id, item_state, batch, obligation FROM under_way WHERE kind IN ('renew', 'recharge');

-- The offline lane ----------------------------------------------------------------------------------------------------

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

-- Vouchers -----------------------------------------------------------------------------------------------------------

CREATE SEQUENCE voucher_ids;
-- A paper as it came: bytes under files/vouchers/<sha256>, never changed.
CREATE TABLE voucher (
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

-- Which renewals a paper proves.
CREATE TABLE voucher_renewal (
    voucher_id BIGINT NOT NULL,
    obligation BIGINT NOT NULL,
    PRIMARY KEY (voucher_id, obligation)
);

-- Files in and out ---------------------------------------------------------------------------------------------------

CREATE SEQUENCE upload_ids;
-- A file someone dropped; its bytes are files/incoming/<sha256>. A job reads it, the page polls.
CREATE TABLE upload (
    upload_id BIGINT PRIMARY KEY DEFAULT nextval('upload_ids'),
    sha256 VARCHAR NOT NULL,
    filename VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    source VARCHAR NOT NULL CHECK (source IN ('page', 'inbox', 'command')),
    person_id BIGINT NOT NULL,
    kind VARCHAR,                              -- cards, merchants, terminals, sims, plans, usage; null: not recognised yet
    layout VARCHAR,                            -- the saved layout that was used
    mapping VARCHAR,                           -- JSON {canonical column: header}; what a person corrected
    state VARCHAR NOT NULL CHECK (state IN ('waiting', 'previewed', 'accepted', 'imported', 'refused', 'discarded')),
    preview VARCHAR,                           -- JSON: sheets, headers, mapping, sample rows, counts, remarks
    error VARCHAR,                             -- msgid-and-values JSON when the file as a whole is refused
    rows_new INTEGER,
    rows_changed INTEGER,
    rows_same INTEGER,
    rows_refused INTEGER,
    uploaded_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);

-- Every refused row of an upload, as the person will want to see it.
CREATE TABLE upload_refusal (
    upload_id BIGINT NOT NULL,
    sheet VARCHAR NOT NULL,
    line INTEGER NOT NULL,
    "column" VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    reason VARCHAR NOT NULL                    -- msgid-and-values JSON
);

-- A mapping someone named, found again by its headers.
CREATE TABLE layout (
    name VARCHAR PRIMARY KEY,
    kind VARCHAR NOT NULL,
    headers VARCHAR NOT NULL,                  -- JSON list, as they stood
    mapping VARCHAR NOT NULL,                  -- JSON {canonical column: header}
    person_id BIGINT NOT NULL,
    saved_at TIMESTAMPTZ NOT NULL
);

CREATE SEQUENCE export_ids;
-- A wish for a file; a job writes exports/<export_id>.<format>, a route hands it out.
CREATE TABLE export (
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
    ended_at TIMESTAMPTZ,
    scope VARCHAR                              -- what part of the fleet it was asked for, JSON; null: the whole
);

-- Accounts at which recharge cards were refused twice since the last one was taken, or since someone said on one of
-- them that the cause is mended: they take no other.
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

-- Whom we buy from, and who is paid ---------------------------------------------------------------------------------

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

-- Which papers prove a renewal: those linked to it, and the slip of a paid request for each order it paid for. The same
-- paper may stand here twice.
CREATE VIEW proof AS
SELECT obligation, voucher_id FROM voucher_renewal
UNION ALL
SELECT i.obligation, r.voucher_id FROM payment_request_item i JOIN payment_request r ON r.id = i.request
WHERE r.voucher_id IS NOT NULL;

-- Pictures of a paper, drawn by us from its first pages: files/previews/<sha256>-<page>.png.
CREATE TABLE voucher_picture (
    voucher_id BIGINT PRIMARY KEY,
    pages INTEGER NOT NULL,                    -- 0: none could be made
    drawn_at TIMESTAMPTZ NOT NULL
);

-- What part of the fleet a person sees; no row: the whole of it.
CREATE TABLE person_scope (
    person_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('region', 'branch', 'agent', 'merchant')),
    value VARCHAR NOT NULL,                    -- as merchant, terminal and agent carry it; of agent and merchant the number
    PRIMARY KEY (person_id, kind, value)
);

-- Reminders and mail -------------------------------------------------------------------------------------------------

CREATE SEQUENCE recipient_ids;
-- Whom reminders go to: a person who signs in, an agent's or a branch's contact who never does, or a chat group's bot.
CREATE TABLE recipient (
    recipient_id BIGINT PRIMARY KEY DEFAULT nextval('recipient_ids'),
    kind VARCHAR NOT NULL CHECK (kind IN ('person', 'agent', 'branch', 'chat')),
    person_id BIGINT,                          -- of a person
    name VARCHAR NOT NULL,                     -- as shown
    part VARCHAR,                              -- whose cards it gets at most: the agent's number or the branch
    address VARCHAR,                           -- mail; null: none yet, or a chat group
    secret_name VARCHAR,                       -- of a chat group: where the bot's address stands (env:, file:, secret:)
    language VARCHAR,                          -- null: of the person, else of the house
    quiet_from TIME,                           -- nothing but urgent mail from here …
    quiet_until TIME,                          -- … until here, Shanghai
    lead_id BIGINT,                            -- the recipient who learns of what is not acknowledged
    deputy_id BIGINT,                          -- the recipient to whom all goes in the days below, once accepted
    deputy_from DATE,
    deputy_until DATE,
    deputy_accepted_at TIMESTAMPTZ,
    active BOOLEAN NOT NULL DEFAULT true,
    made_at TIMESTAMPTZ NOT NULL
);

-- What is known of a mail address.
CREATE TABLE address (
    address VARCHAR PRIMARY KEY,
    state VARCHAR NOT NULL CHECK (state IN ('unverified', 'verified', 'soft_bouncing', 'bounced', 'complained', 'muted')),
    code_sha256 VARCHAR,                       -- of the word that was mailed to it; typing it back verifies it
    bounces INTEGER NOT NULL DEFAULT 0,        -- days in a row on which nothing got through
    last_reply VARCHAR,                        -- of its mail server
    since TIMESTAMPTZ NOT NULL
);

CREATE SEQUENCE reminder_rule_ids;
-- Who hears of what, how many days ahead: the table people edit.
CREATE TABLE reminder_rule (
    rule_id BIGINT PRIMARY KEY DEFAULT nextval('reminder_rule_ids'),
    subject VARCHAR NOT NULL,                  -- data/reminders/rules.py SUBJECTS
    stages VARCHAR NOT NULL,                   -- "30,14,7,3,1,0,-1" days ahead, or shares of a quota; "": no stages
    role VARCHAR,                              -- everybody of this role who is a recipient …
    recipient_id BIGINT,                       -- … or this one
    region VARCHAR,                            -- only of these cards; null: of any
    branch VARCHAR,
    agent_no VARCHAR,
    merchant_no VARCHAR,                       -- or several, with commas between
    carrier VARCHAR,
    active BOOLEAN NOT NULL DEFAULT true,
    made_at TIMESTAMPTZ NOT NULL,
    CHECK ((role IS NULL) <> (recipient_id IS NULL))
);

CREATE SEQUENCE reminder_ids;
-- One recipient, one thing, one date, one stage: reminded of at least once.
CREATE TABLE reminder (
    reminder_id BIGINT PRIMARY KEY DEFAULT nextval('reminder_ids'),
    digest UUID UNIQUE NOT NULL,               -- of recipient | subject | thing | date | stage
    recipient_id BIGINT NOT NULL,
    subject VARCHAR NOT NULL,
    thing VARCHAR NOT NULL,                    -- "sim 12", "batch 7", "account mobile-main", …
    sim_id BIGINT,                             -- of a card
    on_date DATE NOT NULL,                     -- the date it is about: an expiry, a cut-off, a due day
    stage VARCHAR NOT NULL,                    -- "7" days ahead, "-1" overdue, "80" percent, "lead", "deputy"
    due_on DATE NOT NULL,                      -- the working day it has to leave on
    urgent BOOLEAN NOT NULL,
    said VARCHAR,                              -- of what is no card: a kept sentence
    state VARCHAR NOT NULL CHECK (state IN (
        'due', 'in_mail', 'done', 'skipped_late', 'moot', 'suppressed', 'acknowledged', 'snoozed')),
    snoozed_until DATE,
    acknowledged_by BIGINT,
    made_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ                       -- when it came to rest
);

CREATE SEQUENCE mail_ids;
-- The outbox: what leaves, by mail or to a chat group. Moves: data/mails/rules.py.
CREATE TABLE mail (
    mail_id BIGINT PRIMARY KEY DEFAULT nextval('mail_ids'),
    digest UUID UNIQUE NOT NULL,               -- of recipient | kind | slot
    recipient_id BIGINT NOT NULL,
    channel VARCHAR NOT NULL CHECK (channel IN ('mail', 'chat')),
    kind VARCHAR NOT NULL CHECK (kind IN ('digest', 'urgent', 'alarm', 'heartbeat', 'test', 'verify')),
    slot VARCHAR NOT NULL,                     -- a day, a day and hour, a cause and day
    message_id VARCHAR NOT NULL,               -- from its first leaving on fixed for life: a copy is known for one
    said VARCHAR,                              -- what an alarm, a test or a code says: a kept sentence
    state VARCHAR NOT NULL CHECK (state IN ('queued', 'held', 'sending', 'sent', 'unknown', 'failed', 'moot')),
    held_for VARCHAR,                          -- data/mails/rules.py HELD_WORDS
    tries INTEGER NOT NULL DEFAULT 0,
    doubts INTEGER NOT NULL DEFAULT 0,         -- how often it was unknown: sent again once
    next_try TIMESTAMPTZ NOT NULL,
    tried_at TIMESTAMPTZ,                      -- when it last began to leave
    released_by BIGINT,                        -- who let it go in spite of quiet hours or a storm
    last_code INTEGER,                         -- what the server said of address or letter; null: it did not get so far
    last_reply VARCHAR,                        -- kept sentence of how the last try ended
    body_sha256 VARCHAR,
    body VARCHAR,                              -- its plain text as it was sent, for whoever asks; pruned
    made_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ                       -- sent, failed or moot
);

-- Which reminders a mail carries.
CREATE TABLE mail_item (
    mail_id BIGINT NOT NULL,
    reminder_id BIGINT NOT NULL,
    PRIMARY KEY (mail_id, reminder_id)
);

-- Nothing leaves by this channel until somebody lets it go on.
CREATE TABLE mail_stop (
    channel VARCHAR PRIMARY KEY CHECK (channel IN ('mail', 'chat')),
    reason VARCHAR NOT NULL CHECK (reason IN ('person', 'credential')),
    since TIMESTAMPTZ NOT NULL,
    person_id BIGINT                           -- who stopped it; null: the server did not take our password
);

-- Each day's look at the whole fleet. Its absence is the alarm.
CREATE TABLE reminder_scan (
    day DATE PRIMARY KEY,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    looked_at BIGINT,                          -- cards; none is an error, not a quiet day
    made BIGINT,                               -- reminders due
    late BIGINT,                               -- stages that passed while nobody looked
    moot BIGINT,
    held_since TIMESTAMPTZ,                    -- far more than ever: nothing but urgent mail leaves …
    released_at TIMESTAMPTZ,                   -- … until a person says so
    released_by BIGINT
);
