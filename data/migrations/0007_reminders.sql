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

-- The schedule: when each job was last looked at, and what a run may take ---------------------------------------------

ALTER TABLE job ADD COLUMN every_s DOUBLE;              -- between two looks at whether something is due
ALTER TABLE job ADD COLUMN budget_s DOUBLE;             -- a run that takes longer is told, not ended
ALTER TABLE job ADD COLUMN since TIMESTAMPTZ;           -- known to this home since; what was due before is not made up for
ALTER TABLE job ADD COLUMN seen_at TIMESTAMPTZ;         -- when it last came round
ALTER TABLE job_run ADD COLUMN log VARCHAR;             -- what it wrote to the log
