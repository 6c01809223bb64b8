-- name: password_hash
-- The hash of a person's password.
SELECT password_hash FROM person WHERE name = $name;

-- name: wrong_passwords
-- How often a person gave a wrong password of late, asked for it again before a grave act.
SELECT count(*) FROM audit WHERE event = $event AND person_id = $person_id AND ts > $since;
