-- name: add_sims
-- Cards that orders were sent for and this database does not know; the next file describes them.
INSERT INTO sim (stem, iccid, carrier, account, expires_on, observed_at)
SELECT t.stem, any_value(t.iccid), coalesce(any_value(a.carrier), ''), any_value(t.account), any_value(t.expires_before), $now
FROM told t LEFT JOIN account a ON a.account = t.account
WHERE NOT EXISTS (FROM sim s WHERE s.stem = t.stem)
GROUP BY t.stem;

-- name: add_system
-- The product itself as a maker; it cannot sign in.
INSERT INTO person (person_id, name, role, active, made_at)
SELECT 0, 'system', 'system', false, $now WHERE NOT EXISTS (FROM person WHERE person_id = 0);

-- name: add_batches
-- Batches that only the journal knows. Who made them it does not say, so an approver has to answer for the rest.
INSERT INTO batch (id, form_key, kind, maker, content_hash, items, refused, amount_fen, state, pause_reason, proposed_at, approved_at)
SELECT t.batch, 'restored ' || t.batch, any_value(t.kind), 0, '', 0, 0, 0, 'paused', 'restored', min(t.sent_at), min(t.sent_at)
FROM told t WHERE NOT EXISTS (FROM batch b WHERE b.id = t.batch)
GROUP BY t.batch RETURNING id;

-- name: revive_batches
-- Batches whose approval this database has forgotten: orders of theirs were sent.
UPDATE batch SET state = 'paused', pause_reason = 'restored', approved_at = t.first
FROM (SELECT batch, min(sent_at) AS first FROM told GROUP BY batch) t
WHERE batch.id = t.batch AND batch.state IN ('draft', 'proposed') RETURNING id;

-- name: next_batch
-- Use up a number.
SELECT nextval('batch_ids');

-- name: add_lines
-- What was sent and stands in no line of its batch.
INSERT INTO batch_line (batch, line, digest, sim_id, iccid, account, cycle, seq, plan, months, amount_fen, old_expiry)
SELECT t.batch,
    coalesce((SELECT max(l.line) FROM batch_line l WHERE l.batch = t.batch), 0)
        + row_number() OVER (PARTITION BY t.batch ORDER BY t.line),
    t.digest::UUID, s.sim_id, t.iccid, t.account, t.cycle, t.seq, t.plan, t.months, t.amount_fen, t.old_expiry
FROM told t JOIN sim s ON s.stem = t.stem
WHERE NOT EXISTS (FROM batch_line l WHERE l.batch = t.batch AND l.digest = t.digest::UUID)
RETURNING batch;

-- name: lines_of
-- What a batch's content hash is over, in order.
SELECT l.line, l.account, l.iccid, b.kind, l.cycle, l.seq, l.plan, l.amount_fen, l.months
FROM batch_line l JOIN batch b ON b.id = l.batch
WHERE l.batch = $batch AND l.refusal IS NULL ORDER BY l.line;

-- name: set_content
-- A batch is what was sent of it.
UPDATE batch SET content_hash = $content_hash, approved_hash = $content_hash,
    items = (SELECT count(*) FROM batch_line l WHERE l.batch = $batch AND l.refusal IS NULL),
    amount_fen = (SELECT coalesce(sum(l.amount_fen), 0) FROM batch_line l WHERE l.batch = $batch AND l.refusal IS NULL)
WHERE id = $batch;

-- name: add_obligations
-- What must be bought once and is not known here.
INSERT INTO obligation (digest, key, sim_id, account, stem, kind, old_expiry, seq)
SELECT l.digest, w.key, l.sim_id, l.account, w.stem, b.kind, l.old_expiry, l.seq
FROM batch_line l JOIN batch b ON b.id = l.batch JOIN wanted w ON w.line = l.line
WHERE l.batch = $batch AND NOT EXISTS (FROM obligation o WHERE o.digest = l.digest)
ORDER BY l.line;

-- name: move_placements
-- This batch was the later one to carry them.
UPDATE placement SET batch = $batch
FROM wanted w JOIN obligation o ON o.digest = w.digest::UUID
WHERE placement.obligation = o.id AND placement.batch < $batch;

-- name: add_placements
-- It carries what no batch carries.
INSERT INTO placement (obligation, batch)
SELECT o.id, $batch FROM wanted w JOIN obligation o ON o.digest = w.digest::UUID
WHERE NOT EXISTS (FROM placement p WHERE p.obligation = o.id)
ORDER BY o.id;

-- name: hold_for_batch
-- Its money is what is set aside for them now.
UPDATE reservation SET batch = $batch, account = l.account, person_id = b.maker,
    day = (b.approved_at AT TIME ZONE 'Asia/Shanghai')::DATE, amount_fen = l.amount_fen, state = 'held'
FROM wanted w JOIN obligation o ON o.digest = w.digest::UUID JOIN batch_line l ON l.batch = $batch AND l.line = w.line
JOIN batch b ON b.id = $batch
WHERE reservation.obligation = o.id AND reservation.batch < $batch;

-- name: add_reservations
-- Money set aside for what had none.
INSERT INTO reservation (obligation, batch, account, person_id, day, amount_fen, state)
SELECT o.id, $batch, l.account, b.maker, (b.approved_at AT TIME ZONE 'Asia/Shanghai')::DATE, l.amount_fen, 'held'
FROM wanted w JOIN obligation o ON o.digest = w.digest::UUID JOIN batch_line l ON l.batch = $batch AND l.line = w.line
JOIN batch b ON b.id = $batch
WHERE NOT EXISTS (FROM reservation r WHERE r.obligation = o.id)
ORDER BY o.id;

-- name: new_events
-- Arrow 1, as it was.
INSERT INTO event (ts, actor, obligation, n, arrow, from_state, to_state, evidence)
SELECT $now, $actor, o.id, 1, 1, NULL, 'pending', $evidence
FROM wanted w JOIN obligation o ON o.digest = w.digest::UUID
WHERE NOT EXISTS (FROM state s WHERE s.obligation = o.id)
ORDER BY o.id;

-- name: new_states
-- They exist again.
INSERT INTO state (obligation, st, n, changed_at)
SELECT o.id, 'pending', 1, $now FROM wanted w JOIN obligation o ON o.digest = w.digest::UUID
WHERE NOT EXISTS (FROM state s WHERE s.obligation = o.id)
ORDER BY o.id;

-- name: keep_past
-- Earlier batches of what a later one carries: it had failed there, else nobody could have taken it up again.
INSERT INTO placement_past (batch, obligation, st, n, reason, ended_at)
SELECT l.batch, o.id, 'failed', 1, NULL, $now
FROM batch_line l JOIN batch b ON b.id = l.batch
JOIN obligation o ON o.digest = l.digest JOIN placement p ON p.obligation = o.id
WHERE b.approved_at IS NOT NULL AND l.refusal IS NULL AND p.batch <> l.batch
  AND EXISTS (FROM told t WHERE t.batch = p.batch)
  AND NOT EXISTS (FROM placement_past q WHERE q.obligation = o.id AND q.batch = l.batch);

-- name: raise_numbers
-- The highest number that was sent.
UPDATE state SET n = t.n FROM (SELECT digest, max(n) AS n FROM told GROUP BY digest) t
JOIN obligation o ON o.digest = t.digest::UUID
WHERE state.obligation = o.id AND state.n < t.n AND state.st <> 'succeeded';

-- name: add_attempts
-- What was sent under which number, as the journal has it.
INSERT INTO attempt
    (obligation, n, batch, plan, months, amount_fen, currency, order_no, request_sha256, expires_before, sent_at, deadline_at)
SELECT o.id, t.n, t.batch, t.plan, t.months, t.amount_fen, 'CNY', t.order_no, t.request_sha256, t.expires_before, t.sent_at, t.deadline_at
FROM told t JOIN obligation o ON o.digest = t.digest::UUID
ON CONFLICT (obligation, n) DO UPDATE SET sent_at = excluded.sent_at, deadline_at = excluded.deadline_at;

-- name: not_bought
-- Everything that is not proven bought.
SELECT s.obligation, s.st, s.n, s.asked, s.reason, o.key, p.batch, b.state AS batch_state, r.amount_fen
FROM state s JOIN obligation o ON o.id = s.obligation JOIN placement p ON p.obligation = s.obligation
JOIN batch b ON b.id = p.batch JOIN reservation r ON r.obligation = s.obligation
WHERE s.st <> 'succeeded'
ORDER BY s.obligation;

-- name: hold_doubted
-- Money stays set aside while anything may have been bought with it.
UPDATE reservation SET state = 'held' FROM state s
WHERE s.obligation = reservation.obligation AND s.st = 'unknown' AND reservation.state <> 'held';

-- name: bought_after_all
-- Bought, as this database has it, under numbers that the journal knows more about.
SELECT s.obligation, s.n, s.asked, t.order_no, t.amount_fen, p.batch
FROM doubtful d JOIN attempt t ON t.order_no = d.order_no
JOIN state s ON s.obligation = t.obligation AND s.n = t.n JOIN placement p ON p.obligation = s.obligation
WHERE s.st = 'succeeded';

-- name: open_batches
-- Batches that may be claimed from.
SELECT id FROM batch WHERE state IN ('approved', 'running') ORDER BY id;
