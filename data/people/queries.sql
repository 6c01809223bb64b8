-- name: person_by_id
-- One person.
SELECT person_id, name, role, language, active FROM person WHERE person_id = $person_id;

-- name: person_by_name
-- One person with the password's hash, for signing in.
SELECT person_id, name, role, password_hash, language, active FROM person WHERE name = $name;

-- name: people
-- Everyone who can sign in.
SELECT person_id, name, role, language, active FROM person WHERE role <> 'system' ORDER BY name;

-- name: add_person
-- A new person.
INSERT INTO person (name, role, password_hash, language, made_at)
VALUES ($name, $role, $password_hash, $language, $now) RETURNING person_id;

-- name: set_language
-- The language a person chose.
UPDATE person SET language = $language WHERE person_id = $person_id;

-- name: add_session
-- A signed-in browser.
INSERT INTO session (token_sha256, person_id, made_at, seen_at, address)
VALUES ($token_sha256, $person_id, $now, $now, $address);

-- name: session_by_token
-- The session and its person, whatever their state.
SELECT s.made_at, s.seen_at, s.ended_at, p.person_id, p.name, p.role, p.language, p.active
FROM session s JOIN person p USING (person_id) WHERE s.token_sha256 = $token_sha256;

-- name: wrong_passwords
-- How often a person gave a wrong password of late, asked for it again before a money act.
SELECT count(*) FROM audit WHERE event = $event AND person_id = $person_id AND ts > $since;

-- name: touch_session
-- The person clicked.
UPDATE session SET seen_at = $now WHERE token_sha256 = $token_sha256;

-- name: end_session
-- Signed out.
UPDATE session SET ended_at = $now WHERE token_sha256 = $token_sha256 AND ended_at IS NULL;

-- name: add_setup_link
-- The link an empty home prints.
INSERT INTO setup_link (token_sha256, made_at) VALUES ($token_sha256, $now);

-- name: use_setup_link
-- A set-up link works once.
UPDATE setup_link SET used_at = $now WHERE token_sha256 = $token_sha256 AND used_at IS NULL RETURNING token_sha256;
