-- name: claim_again
-- Compare and set: an unknown order that may go out once more, with the bytes it went out with.
UPDATE state SET st = 'submitted', submitted_at = $now, next_at = NULL
FROM again c JOIN attempt t ON t.obligation = c.obligation AND t.n = c.n AND t.request_sha256 = c.request_sha256
WHERE state.obligation = c.obligation AND state.n = c.n AND state.asked = c.asked AND state.st = 'unknown'
RETURNING state.obligation;

-- name: sent_again
-- From when on nothing of it leaves any more; the carrier has known its number since the first time.
UPDATE attempt SET deadline_at = $deadline_at
FROM again c JOIN won USING (obligation) WHERE attempt.obligation = c.obligation AND attempt.n = c.n;

-- name: again_events
-- Arrow 11.
INSERT INTO event (ts, actor, obligation, n, arrow, from_state, to_state, evidence)
SELECT $now, $actor, c.obligation, c.n, 11, 'unknown', 'submitted', c.evidence FROM again c JOIN won USING (obligation);
