-- name: person_by_id
-- One person.
SELECT person_id, name, role, language, active FROM person WHERE person_id = $person_id;

-- name: person_by_name
-- One person by the sign-in name.
SELECT person_id, name, role, language, active FROM person WHERE name = $name;

-- name: name_taken
-- Whoever has this name, or one that reads like it.
SELECT person_id FROM person WHERE lower(name) = lower($name);

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

-- name: has_scope
-- Whether a person sees a part of the fleet only.
SELECT count(*) > 0 FROM person_scope WHERE person_id = $person_id;
