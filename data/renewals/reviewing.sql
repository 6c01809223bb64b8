-- name: item
-- One renewal with everything that stands beside it.
SELECT s.obligation, s.st, s.n, s.asked, s.reason, s.detail, s.carrier_ref, s.new_expiry AS told_expiry, s.proof, s.changed_at,
    o.key, o.kind, o.account, o.sim_id, o.old_expiry, p.batch, l.iccid, l.plan, l.months, l.amount_fen, l.new_expiry,
    t.order_no, t.sent_at, t.deadline_at, t.expires_before, w.expires_on, w.expiry_source, w.expiry_seen_at, w.status,
    w.status_seen_at, a.payee, a.support, n.terminal_id, n.merchant
FROM state s
JOIN obligation o ON o.id = s.obligation
JOIN placement p ON p.obligation = s.obligation
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
LEFT JOIN attempt t ON t.obligation = s.obligation AND t.n = s.n
LEFT JOIN sim w ON w.sim_id = o.sim_id
LEFT JOIN sim_now n ON n.sim_id = o.sim_id
LEFT JOIN account a ON a.account = o.account
WHERE s.obligation = $obligation;

-- name: waiting_for_review
-- Renewals that only people can settle, those already stated first, then the nearest act-by date.
SELECT s.obligation, w.iccid, w.terminal_id, w.merchant, o.account, p.batch, l.amount_fen, s.reason, s.detail, s.changed_at,
    w.act_by, v.review_id, v.verdict, m.name AS stated_by
FROM state s
JOIN obligation o ON o.id = s.obligation
JOIN placement p ON p.obligation = s.obligation
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
LEFT JOIN sim_now w ON w.sim_id = o.sim_id
LEFT JOIN review v ON v.obligation = s.obligation AND v.n = s.n AND v.decision IS NULL
LEFT JOIN person m ON m.person_id = v.proposed_by
WHERE s.st = 'needs_review'
ORDER BY v.review_id IS NULL, w.act_by NULLS LAST, s.obligation LIMIT $limit OFFSET $offset;

-- name: count_waiting
-- How many those are, how many of them wait for the second person, and their money.
SELECT count(*) AS items, count(v.review_id) AS stated, coalesce(sum(r.amount_fen), 0)::BIGINT AS fen
FROM state s JOIN reservation r USING (obligation)
LEFT JOIN review v ON v.obligation = s.obligation AND v.n = s.n AND v.decision IS NULL
WHERE s.st = 'needs_review';

-- name: reviews_of
-- What people have said of one renewal, newest first.
SELECT v.review_id, v.n, v.verdict, v.evidence, v.reference, v.voucher_id, v.new_expiry, m.name AS stated_by, v.proposed_by,
    v.proposed_at, d.name AS decided_by, v.decided_at, v.decision
FROM review v JOIN person m ON m.person_id = v.proposed_by LEFT JOIN person d ON d.person_id = v.decided_by
WHERE v.obligation = $obligation ORDER BY v.review_id DESC;

-- name: review_by_id
-- One statement.
SELECT v.*, m.name AS stated_by FROM review v JOIN person m ON m.person_id = v.proposed_by WHERE v.review_id = $review;

-- name: open_review
-- The statement that waits for a second person.
SELECT v.review_id, m.name FROM review v JOIN person m ON m.person_id = v.proposed_by
WHERE v.obligation = $obligation AND v.n = $n AND v.decision IS NULL;

-- name: voucher_exists
-- Whether there is such a paper.
SELECT count(*) FROM voucher WHERE voucher_id = $voucher_id;

-- name: papers_of
-- Papers linked to one renewal.
SELECT v.voucher_id, v.kind, v.doc_date, v.invoice_no, v.amount_fen, v.filename, v.filed_at
FROM voucher_renewal l JOIN voucher v USING (voucher_id) WHERE l.obligation = $obligation ORDER BY v.voucher_id;

-- name: readings_of
-- What is known of one card's expiry and state over time, newest first.
SELECT c.ts, c.field, c.before, c.after, c.source FROM sim_change c JOIN obligation o ON o.sim_id = c.sim_id
WHERE o.id = $obligation AND c.field IN ('expires_on', 'status') ORDER BY c.ts DESC LIMIT 20;

-- name: add_review
-- One person's word.
INSERT INTO review (obligation, n, verdict, evidence, reference, voucher_id, new_expiry, proposed_by, proposed_at)
VALUES ($obligation, $n, $verdict, $evidence, $reference, $voucher_id, $new_expiry, $person_id, $now) RETURNING review_id;

-- name: decide_review
-- The second person's word: compare and set.
UPDATE review SET decided_by = $person_id, decided_at = $now, decision = $decision
WHERE review_id = $review AND decision IS NULL RETURNING review_id;

-- name: close_alarms
-- What an order's own answer alarmed about is settled with it; what a statement alarmed about is closed at the comparison.
UPDATE finding SET closed_at = $now
WHERE kind IN ('money_reply', 'money_no_answer') AND closed_at IS NULL AND contains(detail, $order_no);

-- name: taken_back_changes
-- A renewal that had no effect after all: the card's own history shows it.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT s.sim_id, $now, 'expires_on', s.expires_on::VARCHAR, coalesce($expires_on, o.old_expiry)::VARCHAR, 'renewal'
FROM obligation o JOIN sim s ON s.sim_id = o.sim_id JOIN state t ON t.obligation = o.id
WHERE o.id = $obligation AND s.expiry_source = 'renewal' AND s.expires_on = t.new_expiry
  AND coalesce($expires_on, o.old_expiry) <> s.expires_on;

-- name: take_back_expiry
-- The card ends again when it ended before, if this renewal is what had moved it.
UPDATE sim SET expires_on = coalesce($expires_on, o.old_expiry), expiry_seen_at = $now, observed_at = $now
FROM obligation o JOIN state t ON t.obligation = o.id
WHERE o.id = $obligation AND sim.sim_id = o.sim_id AND sim.expiry_source = 'renewal' AND sim.expires_on = t.new_expiry;
