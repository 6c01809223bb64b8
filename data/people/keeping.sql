-- name: kept
-- Everyone with what whoever keeps people asks about: password, link, last click, sessions.
SELECT p.person_id, p.name, p.role, p.active, p.password_hash IS NOT NULL AS has_password,
    (SELECT max(l.expires_at) FROM password_link l
     WHERE l.person_id = p.person_id AND l.ended_at IS NULL AND l.expires_at > $now) AS link_until,
    max(s.seen_at) AS seen_at, count(s.session_id) FILTER (s.ended_at IS NULL) AS sessions
FROM person p LEFT JOIN session s USING (person_id)
WHERE p.role <> 'system' GROUP BY ALL ORDER BY p.active DESC, p.name;

-- name: set_password
-- Another password, or none.
UPDATE person SET password_hash = $password_hash WHERE person_id = $person_id;

-- name: set_role
-- Another role.
UPDATE person SET role = $role WHERE person_id = $person_id;

-- name: set_active
-- Whether the person may sign in.
UPDATE person SET active = $active WHERE person_id = $person_id;

-- name: add_link
-- A link through which somebody chooses a password.
INSERT INTO password_link (token_sha256, person_id, made_at, expires_at)
VALUES ($token_sha256, $person_id, $now, $expires_at);

-- name: link_of
-- Whose link this is, while it can be used.
SELECT name FROM password_link JOIN person USING (person_id)
WHERE token_sha256 = $token_sha256 AND ended_at IS NULL AND expires_at > $now AND active;

-- name: use_link
-- A link works once.
UPDATE password_link SET ended_at = $now
WHERE token_sha256 = $token_sha256 AND ended_at IS NULL AND expires_at > $now RETURNING person_id;

-- name: end_links
-- A newer link, or none any more.
UPDATE password_link SET ended_at = $now WHERE person_id = $person_id AND ended_at IS NULL;

-- name: add_setup_link
-- The link an empty home prints.
INSERT INTO setup_link (token_sha256, made_at) VALUES ($token_sha256, $now);

-- name: end_setup_links
-- Links of earlier starts.
UPDATE setup_link SET used_at = $now WHERE used_at IS NULL;

-- name: use_setup_link
-- A set-up link works once.
UPDATE setup_link SET used_at = $now WHERE token_sha256 = $token_sha256 AND used_at IS NULL RETURNING token_sha256;
