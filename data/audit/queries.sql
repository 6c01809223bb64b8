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

-- name: entry
-- One entry.
SELECT seq, hash FROM audit WHERE seq = $seq;

-- name: entries
-- What the Audit page lists, newest first.
SELECT seq, ts, person, source, event, object, detail, hash FROM audit
WHERE ($person IS NULL OR person = $person) AND ($event IS NULL OR event = $event)
    AND ($text IS NULL OR contains(lower(object), $text) OR contains(lower(detail), $text))
    AND ($since IS NULL OR ts >= $since) AND ($before IS NULL OR ts < $before)
ORDER BY seq DESC LIMIT $limit OFFSET $offset;

-- name: count_entries
-- How many there are to page through.
SELECT count(*) FROM audit
WHERE ($person IS NULL OR person = $person) AND ($event IS NULL OR event = $event)
    AND ($text IS NULL OR contains(lower(object), $text) OR contains(lower(detail), $text))
    AND ($since IS NULL OR ts >= $since) AND ($before IS NULL OR ts < $before);

-- name: persons
-- Everybody who ever did something.
SELECT DISTINCT person FROM audit ORDER BY person;

-- name: last_verified
-- The last run of the job that follows the whole chain.
SELECT outcome, ended_at, error FROM job_run WHERE job = $job AND outcome IN ('ok', 'failed')
ORDER BY run_id DESC LIMIT 1;

-- name: ask_to_verify
-- A person's wish to the schedule.
INSERT INTO job_request (job, wish, person_id, asked_at) VALUES ($job, 'run_now', $person_id, $now);
