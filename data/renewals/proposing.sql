-- name: due_ids
-- Cards in use that expire by a day and that nobody decided to let go.
SELECT sim_id FROM sim_now
WHERE expires_on <= $until
  AND status NOT IN (SELECT unnest($passed_over))
  AND decision IS DISTINCT FROM 'decline'
  AND ($carrier IS NULL OR carrier = $carrier)
  AND ($account IS NULL OR account = $account);

-- name: batch_by_form_key
-- The batch a confirm form has already made.
SELECT id, items, amount_fen, refused FROM batch WHERE form_key = $form_key;

-- name: add_batch
-- A proposed batch.
INSERT INTO batch (form_key, maker, content_hash, items, refused, amount_fen, state, note, proposed_at)
VALUES ($form_key, $maker, $content_hash, $items, $refused, $amount_fen, 'proposed', $note, $now) RETURNING id;

-- name: add_lines
-- Its lines, from the registered frame.
INSERT INTO batch_line (batch, line, digest, sim_id, iccid, account, plan_id, plan, months, amount_fen, old_expiry, new_expiry, refusal)
SELECT $batch, line, digest::UUID, sim_id, iccid, account, plan_id, plan, months, amount_fen, old_expiry, new_expiry, refusal
FROM lines ORDER BY line;

-- name: batch_by_id
-- One batch with its people's names.
SELECT b.*, m.name AS maker_name, c.name AS checker_name
FROM batch b JOIN person m ON m.person_id = b.maker LEFT JOIN person c ON c.person_id = b.checker
WHERE b.id = $batch;

-- name: orderable_lines
-- What a batch's content hash is over, in order.
SELECT line, account, iccid, old_expiry, amount_fen, months FROM batch_line
WHERE batch = $batch AND refusal IS NULL ORDER BY line;

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
SELECT l.digest, k.key, l.sim_id, l.account, k.stem, $kind, l.old_expiry, 1
FROM batch_line l JOIN keys k ON k.line = l.line
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

-- name: set_batch_state
-- A move of a batch that the table of moves allows.
UPDATE batch SET state = $after, pause_reason = $pause_reason,
    checker = coalesce($checker, checker),
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
INSERT INTO stop_switch (account, person_id, ts) VALUES ($account, $person_id, $now) ON CONFLICT DO NOTHING;

-- name: release_account
-- The kill switch, taken back.
DELETE FROM stop_switch WHERE account = $account RETURNING account;
