-- name: batch_by_id
-- One batch with its people's names.
SELECT b.*, m.name AS maker_name, c.name AS checker_name
FROM batch b JOIN person m ON m.person_id = b.maker LEFT JOIN person c ON c.person_id = b.checker
WHERE b.id = $batch;

-- name: set_batch_state
-- A move of a batch that the table of moves allows.
UPDATE batch SET state = $after, pause_reason = $pause_reason,
    checker = coalesce($checker, checker), acting_for = CASE WHEN $checker IS NULL THEN acting_for END,
    done_at = CASE WHEN $after IN ('done', 'cancelled') THEN $now ELSE done_at END
WHERE id = $batch AND state = $before RETURNING id;

-- name: take_back_events
-- Arrow 16 for everything not claimed yet.
INSERT INTO event (ts, actor, obligation, n, arrow, from_state, to_state, evidence)
SELECT $now, $actor, s.obligation, s.n, 16, 'pending', 'cancelled', $evidence
FROM state s JOIN placement p ON p.obligation = s.obligation
WHERE p.batch = $batch AND s.st = 'pending';

-- name: take_back_reservations
-- Their money is free again.
UPDATE reservation SET state = 'released'
FROM state s WHERE s.obligation = reservation.obligation AND reservation.batch = $batch AND s.st = 'pending';

-- name: take_back_states
-- They are cancelled.
UPDATE state SET st = 'cancelled', changed_at = $now, ended_at = $now, next_at = NULL
FROM placement p WHERE p.obligation = state.obligation AND p.batch = $batch AND state.st = 'pending';

-- name: stop_account
-- The kill switch, thrown; '' stops everything.
INSERT INTO stop_switch (account, person_id, ts, reason) VALUES ($account, $person_id, $now, $reason)
ON CONFLICT DO NOTHING;

-- name: thrown_by
-- Who threw it.
SELECT person_id FROM stop_switch WHERE account = $account;

-- name: release_account
-- The kill switch, taken back.
DELETE FROM stop_switch WHERE account = $account RETURNING account;
