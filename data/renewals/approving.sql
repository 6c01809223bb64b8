-- name: orderable_lines
-- What a batch's content hash is over, in order.
SELECT l.line, l.account, l.iccid, b.kind, l.cycle, l.seq, l.amount_fen, l.months
FROM batch_line l JOIN batch b ON b.id = l.batch
WHERE l.batch = $batch AND l.refusal IS NULL ORDER BY l.line;

-- name: approve_batch
-- The approval: compare and set on state and content.
UPDATE batch SET state = 'approved', checker = $checker, approved_at = $now, approved_hash = content_hash
WHERE id = $batch AND state = 'proposed' AND content_hash = $content_hash RETURNING id;

-- name: reserved_on
-- Money set aside on one day, spent or not.
SELECT coalesce(sum(amount_fen), 0)::BIGINT FROM reservation WHERE day = $day AND state <> 'released';

-- name: conflicts
-- Lines whose card has meanwhile been bought, or is on its way, or whose last number is used up.
SELECT count(DISTINCT l.line)
FROM batch_line l JOIN obligation o ON o.sim_id = l.sim_id JOIN state s ON s.obligation = o.id
WHERE l.batch = $batch AND l.refusal IS NULL
  AND (s.st IN ('pending', 'submitted', 'unknown', 'needs_review')
       OR (s.st = 'succeeded' AND o.old_expiry = l.old_expiry)
       OR s.n >= 99);

-- name: keep_past
-- What adopted items had become in the batch they leave.
INSERT INTO placement_past (batch, obligation, st, n, reason, ended_at)
SELECT p.batch, s.obligation, s.st, s.n, s.reason, s.ended_at
FROM batch_line l
JOIN obligation o ON o.digest = l.digest
JOIN state s ON s.obligation = o.id
JOIN placement p ON p.obligation = o.id
WHERE l.batch = $batch AND l.refusal IS NULL;

-- name: adopted_events
-- Arrow 15 raises the attempt number; arrow 17 does so only where an order has been put off under the old one.
INSERT INTO event (ts, actor, obligation, n, arrow, from_state, to_state, evidence)
SELECT $now, $actor, s.obligation, s.n + (s.st = 'failed' OR t.n IS NOT NULL)::INTEGER,
    CASE WHEN s.st = 'failed' THEN 15 ELSE 17 END, s.st, 'pending', $evidence
FROM batch_line l
JOIN obligation o ON o.digest = l.digest
JOIN state s ON s.obligation = o.id
LEFT JOIN attempt t ON t.obligation = s.obligation AND t.n = s.n
WHERE l.batch = $batch AND l.refusal IS NULL AND s.st IN ('failed', 'cancelled') ORDER BY l.line;

-- name: adopt_placements
-- The batch carries them now.
UPDATE placement SET batch = $batch
FROM batch_line l JOIN obligation o ON o.digest = l.digest
WHERE placement.obligation = o.id AND l.batch = $batch AND l.refusal IS NULL;

-- name: adopt_reservations
-- Their money is set aside anew.
UPDATE reservation SET batch = $batch, account = l.account, person_id = $maker, day = $day, amount_fen = l.amount_fen, state = 'held'
FROM batch_line l JOIN obligation o ON o.digest = l.digest
WHERE reservation.obligation = o.id AND l.batch = $batch AND l.refusal IS NULL;

-- name: adopt_states
-- They wait again, as the events just written say.
UPDATE state SET st = 'pending', n = state.n + (state.st = 'failed' OR l.sent)::INTEGER, reason = NULL, detail = NULL,
    carrier_ref = NULL, new_expiry = NULL, proof = NULL, not_found = 0, asked = 0, trips = 0, next_at = NULL,
    changed_at = $now, submitted_at = NULL, ended_at = NULL
FROM (
    SELECT o.id, t.n IS NOT NULL AS sent
    FROM batch_line b
    JOIN obligation o ON o.digest = b.digest
    JOIN state s ON s.obligation = o.id
    LEFT JOIN attempt t ON t.obligation = s.obligation AND t.n = s.n
    WHERE b.batch = $batch AND b.refusal IS NULL
) l
WHERE state.obligation = l.id AND state.st IN ('failed', 'cancelled');

-- name: add_obligations
-- What this batch is the first to want; numbered in the batch's order, so that its items lie together.
INSERT INTO obligation (digest, key, sim_id, account, stem, kind, old_expiry, seq)
SELECT l.digest, k.key, l.sim_id, l.account, k.stem, b.kind, l.old_expiry, l.seq
FROM batch_line l JOIN batch b ON b.id = l.batch JOIN keys k ON k.line = l.line
WHERE l.batch = $batch AND l.refusal IS NULL AND NOT EXISTS (FROM obligation o WHERE o.digest = l.digest)
ORDER BY l.line;

-- name: add_placements
-- Obligations that no batch carries yet are carried by this one.
INSERT INTO placement (obligation, batch)
SELECT o.id, $batch FROM batch_line l JOIN obligation o ON o.digest = l.digest
WHERE l.batch = $batch AND l.refusal IS NULL AND NOT EXISTS (FROM placement p WHERE p.obligation = o.id)
ORDER BY o.id;

-- name: add_reservations
-- Their money is set aside.
INSERT INTO reservation (obligation, batch, account, person_id, day, amount_fen, state)
SELECT o.id, $batch, l.account, $maker, $day, l.amount_fen, 'held'
FROM batch_line l JOIN obligation o ON o.digest = l.digest
WHERE l.batch = $batch AND l.refusal IS NULL AND NOT EXISTS (FROM reservation r WHERE r.obligation = o.id)
ORDER BY o.id;

-- name: new_events
-- Arrow 1.
INSERT INTO event (ts, actor, obligation, n, arrow, from_state, to_state, evidence)
SELECT $now, $actor, o.id, 1, 1, NULL, 'pending', $evidence
FROM batch_line l JOIN obligation o ON o.digest = l.digest
WHERE l.batch = $batch AND l.refusal IS NULL AND NOT EXISTS (FROM state s WHERE s.obligation = o.id)
ORDER BY o.id;

-- name: new_states
-- They wait for the worker.
INSERT INTO state (obligation, st, n, changed_at)
SELECT o.id, 'pending', 1, $now
FROM batch_line l JOIN obligation o ON o.digest = l.digest
WHERE l.batch = $batch AND l.refusal IS NULL AND NOT EXISTS (FROM state s WHERE s.obligation = o.id)
ORDER BY o.id;
