-- name: add_session
-- A signed-in browser.
INSERT INTO session (session_id, token_sha256, person_id, made_at, seen_at, address)
VALUES ($session_id, $token_sha256, $person_id, $now, $now, $address);

-- name: session_by_token
-- The session of a cookie and its person, whatever their state.
SELECT s.session_id, s.made_at, s.seen_at, s.ended_at, s.renew_by, p.person_id, p.name, p.role, p.language, p.active
FROM session s JOIN person p USING (person_id) WHERE s.token_sha256 = $token_sha256;

-- name: session_by_id
-- The session of a socket and its person, whatever their state.
SELECT s.session_id, s.made_at, s.seen_at, s.ended_at, p.person_id, p.name, p.role, p.language, p.active
FROM session s JOIN person p USING (person_id) WHERE s.session_id = $session_id;

-- name: ended_sessions
-- Which sessions somebody ended.
SELECT s.session_id FROM session s JOIN person p USING (person_id)
WHERE list_contains($session_ids, s.session_id) AND (s.ended_at IS NOT NULL OR NOT p.active);

-- name: is_name
-- Whether somebody is called so.
SELECT count(*) > 0 FROM person WHERE name = $name;

-- name: known_address
-- How often a person signed in from an address of late.
SELECT count(*) FROM session JOIN person USING (person_id)
WHERE name = $name AND address = $address AND session.made_at > $since;

-- name: touch_session
-- The person clicked.
UPDATE session SET seen_at = $now WHERE session_id = $session_id;

-- name: want_new_token
-- The token is to be replaced soon, by whoever has the word.
UPDATE session SET renew_sha256 = $renew_sha256, renew_by = $renew_by
WHERE session_id = $session_id AND person_id = $person_id AND ended_at IS NULL;

-- name: wants_new_token
-- Whether the new token still waits to be fetched.
SELECT renew_sha256 IS NOT NULL FROM session WHERE session_id = $session_id;

-- name: renew_token
-- The old token is worth nothing from here on.
UPDATE session SET token_sha256 = $renewed, renew_sha256 = NULL, renew_by = NULL
WHERE token_sha256 = $token_sha256 AND renew_sha256 = $renew_sha256 AND renew_by >= $now AND ended_at IS NULL
RETURNING session_id;

-- name: end_session
-- Signed out.
UPDATE session SET ended_at = $now WHERE session_id = $session_id AND ended_at IS NULL;

-- name: end_sessions_of
-- Every session of a person, but one.
UPDATE session SET ended_at = $now WHERE person_id = $person_id AND session_id <> $but AND ended_at IS NULL
RETURNING session_id;
