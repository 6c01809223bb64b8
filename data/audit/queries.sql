-- name: last_entry
-- The head of the chain.
SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1;

-- name: add_entry
-- One act.
INSERT INTO audit (seq, ts, person_id, person, source, event, object, detail, prev_hash, hash)
VALUES ($seq, $ts, $person_id, $person, $source, $event, $object, $detail, $prev_hash, $hash);

-- name: entries_from
-- The chain in order, for verifying.
SELECT * FROM audit WHERE seq >= $seq ORDER BY seq LIMIT $limit;
