-- name: orderable_lines
-- What a batch's content hash is over, in order.
SELECT l.line, l.account, l.iccid, b.kind, l.cycle, l.seq, l.amount_fen, l.months, l.plan
FROM batch_line l JOIN batch b ON b.id = l.batch
WHERE l.batch = $batch AND l.refusal IS NULL ORDER BY l.line;

-- name: payees
-- Who is paid by a batch, how much and for how many, with the last day to place the first of their orders.
SELECT coalesce(c.payee, '') AS payee, count(*) AS items, sum(l.amount_fen)::BIGINT AS amount_fen, min(m.act_by) AS first_act_by
FROM batch_line l LEFT JOIN account c ON c.account = l.account LEFT JOIN sim_now m ON m.sim_id = l.sim_id
WHERE l.batch = $batch AND l.refusal IS NULL
GROUP BY 1 ORDER BY amount_fen DESC, payee;

-- name: second_purchases
-- Lines that buy once more for a cycle that has been bought.
SELECT count(*) FROM batch_line WHERE batch = $batch AND refusal IS NULL AND seq > 1;

-- name: form_paper
-- The file of a company's approval form.
SELECT voucher_id FROM voucher WHERE voucher_id = $voucher_id AND kind = 'form';

-- name: approve_batch
-- The approval: compare and set on state and content.
UPDATE batch SET state = 'approved', checker = $checker, acting_for = $acting_for, approved_at = $now, approved_hash = content_hash,
    form_no = $form_no, form_voucher = $form_voucher
WHERE id = $batch AND state = 'proposed' AND content_hash = $content_hash RETURNING id;

-- name: note_batch
-- What the approver said when turning it down, after the maker's own remark.
UPDATE batch SET note = concat_ws(' · ', note, $note) WHERE id = $batch;

-- name: conflicts
-- Lines whose card has meanwhile been bought, or is on its way, or whose last number is used up.
SELECT count(DISTINCT l.line)
FROM batch_line l JOIN batch b ON b.id = l.batch JOIN obligation o ON o.sim_id = l.sim_id JOIN state s ON s.obligation = o.id
WHERE l.batch = $batch AND l.refusal IS NULL
  AND (s.st IN ('pending', 'submitted', 'unknown', 'needs_review')
       OR (s.st = 'succeeded' AND o.kind = b.kind AND o.seq >= l.seq AND split_part(o.key, '|', 4) = l.cycle)
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
