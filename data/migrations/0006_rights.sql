-- Rights of people, their sessions, and the log of what they did.

-- The service desk and the field have roles of their own; a CHECK can only change with a new table.
CREATE TABLE person_new (
    person_id BIGINT PRIMARY KEY DEFAULT nextval('person_ids'),
    name VARCHAR UNIQUE NOT NULL,              -- the sign-in name, never changed
    role VARCHAR NOT NULL CHECK (role IN (
        'viewer', 'desk', 'field', 'operator', 'approver', 'finance', 'administrator', 'system')),
    password_hash VARCHAR,                     -- argon2id; null: cannot sign in (the system's own row)
    language VARCHAR,                          -- null: the browser's
    active BOOLEAN NOT NULL DEFAULT true,
    made_at TIMESTAMPTZ NOT NULL
);
INSERT INTO person_new BY NAME SELECT * FROM person ORDER BY person_id;
DROP TABLE person;
ALTER TABLE person_new RENAME TO person;

-- A session outlives its token; everybody signs in once more.
DROP TABLE session;
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

-- What part of the fleet a file was asked for: whoever sees another part by now does not get it.
ALTER TABLE export ADD COLUMN scope VARCHAR;
