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

-- Pictures of a paper, drawn by us from its first pages: files/previews/<sha256>-<page>.png.
CREATE TABLE voucher_picture (
    voucher_id BIGINT PRIMARY KEY,
    pages INTEGER NOT NULL,                    -- 0: none could be made
    drawn_at TIMESTAMPTZ NOT NULL
);
