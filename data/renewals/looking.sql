-- name: batch_status
-- One batch with its people's names.
SELECT b.id AS batch, b.state, b.items, b.refused, b.amount_fen, b.content_hash, b.pause_reason, b.note,
    m.name AS maker, c.name AS checker, b.proposed_at, b.approved_at, b.done_at, b.kind, b.urgent, a.name AS acting_for,
    b.form_no, b.form_voucher, v.name AS seen_by, b.seen_at
FROM batch b JOIN person m ON m.person_id = b.maker LEFT JOIN person c ON c.person_id = b.checker
LEFT JOIN person a ON a.person_id = b.acting_for LEFT JOIN person v ON v.person_id = b.seen_by
WHERE b.id = $batch;

-- name: batch_sums
-- Items and money of one batch by state; what a later batch adopted counts as what it had become here.
SELECT coalesce(CASE WHEN p.batch = l.batch THEN s.st END, q.st) AS st, count(*) AS items, sum(l.amount_fen)::BIGINT AS fen
FROM batch_line l
JOIN obligation o ON o.digest = l.digest
JOIN placement p ON p.obligation = o.id
JOIN state s ON s.obligation = o.id
LEFT JOIN placement_past q ON q.batch = l.batch AND q.obligation = o.id
WHERE l.batch = $batch AND l.refusal IS NULL AND (p.batch = l.batch OR q.batch IS NOT NULL)
GROUP BY 1;

-- name: count_batches
-- All batches there ever were.
SELECT count(*) FROM batch;

-- name: batches
-- A page of batches, newest first, each with its items by state.
WITH shown AS (SELECT * FROM batch ORDER BY id DESC LIMIT $limit OFFSET $offset),
standing AS (
    SELECT p.batch, s.st FROM placement p JOIN state s ON s.obligation = p.obligation WHERE p.batch IN (SELECT id FROM shown)
    UNION ALL
    SELECT q.batch, q.st FROM placement_past q WHERE q.batch IN (SELECT id FROM shown)
),
counted AS (
    SELECT batch,
        count(*) FILTER (st = 'succeeded') AS succeeded, count(*) FILTER (st = 'failed') AS failed,
        count(*) FILTER (st = 'unknown') AS unknown, count(*) FILTER (st = 'needs_review') AS needs_review,
        count(*) FILTER (st = 'pending') AS pending, count(*) FILTER (st = 'submitted') AS submitted,
        count(*) FILTER (st = 'cancelled') AS cancelled
    FROM standing GROUP BY batch
)
SELECT b.id, b.state, b.kind, m.name AS maker, c.name AS checker, b.items, b.refused, b.amount_fen,
    coalesce(n.succeeded, 0) AS succeeded, coalesce(n.failed, 0) AS failed, coalesce(n.unknown, 0) AS unknown,
    coalesce(n.needs_review, 0) AS needs_review, coalesce(n.pending, 0) AS pending,
    coalesce(n.submitted, 0) AS submitted, coalesce(n.cancelled, 0) AS cancelled,
    coalesce(n.pending, 0) + coalesce(n.submitted, 0) AS to_come, b.urgent, a.name AS acting_for,
    b.proposed_at, b.approved_at, b.done_at, b.note
FROM shown b
JOIN person m ON m.person_id = b.maker LEFT JOIN person c ON c.person_id = b.checker
LEFT JOIN person a ON a.person_id = b.acting_for
LEFT JOIN counted n ON n.batch = b.id
ORDER BY b.id DESC;

-- name: lines
-- A page of a batch's lines with what became of each: all, of one state, or the refused; the refused last.
WITH shown AS (
    SELECT l.*, o.id AS obligation, coalesce(CASE WHEN p.batch = l.batch THEN s.st END, q.st) AS st,
        p.batch = l.batch AS here, q.reason AS past_reason, q.ended_at AS past_ended_at, coalesce(q.n, s.n) AS n
    FROM batch_line l
    LEFT JOIN obligation o ON o.digest = l.digest
    LEFT JOIN placement p ON p.obligation = o.id
    LEFT JOIN state s ON s.obligation = o.id
    LEFT JOIN placement_past q ON q.batch = l.batch AND q.obligation = o.id
    WHERE l.batch = $batch
      AND ($state IS NULL OR ($state = 'refused' AND l.refusal IS NOT NULL)
           OR (l.refusal IS NULL AND coalesce(CASE WHEN p.batch = l.batch THEN s.st END, q.st) = $state))
    ORDER BY l.refusal IS NOT NULL, l.line LIMIT $limit OFFSET $offset
)
SELECT l.line, l.sim_id, l.iccid, m.msisdn, m.terminal_id, m.merchant, m.carrier, l.account, l.plan, nullif(l.months, 0) AS months, l.amount_fen,
    l.old_expiry, coalesce(CASE WHEN l.here THEN s.new_expiry END, l.new_expiry) AS new_expiry, l.obligation, l.st,
    coalesce(l.refusal, CASE WHEN l.here THEN s.reason ELSE l.past_reason END) AS reason,
    CASE WHEN l.here THEN s.detail END AS detail, t.order_no, t.sent_at,
    CASE WHEN l.here THEN s.ended_at ELSE l.past_ended_at END AS ended_at
FROM shown l
LEFT JOIN state s ON s.obligation = l.obligation AND l.here
LEFT JOIN attempt t ON t.obligation = l.obligation AND t.n = l.n AND t.batch = l.batch
LEFT JOIN sim_now m ON m.sim_id = l.sim_id
ORDER BY l.refusal IS NOT NULL, l.line;

-- name: pace
-- How many items of a batch ended, and how many of them in the last seconds before the latest end.
WITH ended AS (
    SELECT s.ended_at FROM placement p JOIN state s ON s.obligation = p.obligation
    WHERE p.batch = $batch AND s.ended_at IS NOT NULL
),
latest AS (SELECT max(ended_at) AS ts FROM ended)
SELECT count(*) FILTER (e.ended_at > l.ts - to_seconds($window_s)) AS ended,
    date_diff('millisecond', min(e.ended_at) FILTER (e.ended_at > l.ts - to_seconds($window_s)), max(e.ended_at)) AS span_ms
FROM ended e, latest l;

-- name: trouble
-- Renewals that failed, hang or wait for a person, nearest act-by date first.
WITH shown AS (
    SELECT s.*, o.sim_id, o.account AS at_account, p.batch, o.digest
    FROM state s JOIN obligation o ON o.id = s.obligation JOIN placement p ON p.obligation = s.obligation
    WHERE s.st IN (SELECT unnest($states)) AND ($reason IS NULL OR s.reason = $reason)
)
SELECT w.obligation, w.sim_id, m.iccid, m.msisdn, m.terminal_id, m.merchant, m.merchant_no, m.contact_phone, m.carrier,
    w.at_account AS account, c.payee, c.support, w.batch, w.n, l.plan, l.months, l.amount_fen, l.old_expiry, l.new_expiry,
    w.st, w.reason, w.detail, w.carrier_ref, w.asked, w.next_at, w.changed_at, m.act_by, m.cancel_by, t.order_no, t.sent_at,
    n.note, n.ticket_no, n.notes, CASE WHEN n.repaired_at >= w.ended_at THEN 'yes' END AS repair, w.ended_at, c.last_order_day
FROM shown w
JOIN batch_line l ON l.batch = w.batch AND l.digest = w.digest
LEFT JOIN sim_now m ON m.sim_id = w.sim_id
LEFT JOIN account c ON c.account = w.at_account
LEFT JOIN attempt t ON t.obligation = w.obligation AND t.n = w.n
LEFT JOIN (
    SELECT obligation, arg_max(note, ts) AS note, arg_max(ticket_no, ts) AS ticket_no, count(*) AS notes,
        max(ts) FILTER (repaired) AS repaired_at
    FROM renewal_note GROUP BY obligation
) n ON n.obligation = w.obligation
ORDER BY m.act_by NULLS LAST, w.obligation LIMIT $limit OFFSET $offset;

-- name: trouble_by_reason
-- Failed, unconfirmed and waiting renewals by state and reason, with the first act-by date and whom to call.
SELECT s.st, coalesce(s.reason, 'no_answer') AS reason, count(*) AS sims, sum(r.amount_fen)::BIGINT AS amount_fen,
    min(m.act_by) AS first_act_by, min(m.cancel_by) FILTER (m.cancel_by >= $today) AS first_cancel_by,
    string_agg(DISTINCT c.support, ' / ' ORDER BY c.support) AS support
FROM state s
JOIN obligation o ON o.id = s.obligation
JOIN reservation r ON r.obligation = s.obligation
LEFT JOIN sim_now m ON m.sim_id = o.sim_id
LEFT JOIN account c ON c.account = o.account
WHERE s.st IN ('failed', 'unknown', 'needs_review')
GROUP BY 1, 2 ORDER BY sims DESC, reason;

-- name: live_item
-- The unfinished renewal of a card: proposed, or one of the states that still move or wait.
SELECT o.id AS obligation, s.st AS state, p.batch, s.n, s.reason, s.changed_at, s.next_at
FROM obligation o JOIN state s ON s.obligation = o.id JOIN placement p ON p.obligation = o.id
WHERE o.sim_id = $sim_id AND s.st IN ('pending', 'submitted', 'unknown', 'needs_review', 'failed')
  AND (s.st <> 'failed' OR o.old_expiry = (SELECT expires_on FROM sim WHERE sim_id = $sim_id))
UNION ALL
SELECT NULL, 'proposed', l.batch, NULL, NULL, b.proposed_at, NULL
FROM batch_line l JOIN batch b ON b.id = l.batch
WHERE l.sim_id = $sim_id AND l.refusal IS NULL AND b.state IN ('draft', 'proposed')
ORDER BY changed_at DESC LIMIT 1;

-- name: history
-- What happened to one obligation, oldest first.
SELECT seq, ts, actor, n, arrow, from_state, to_state, evidence FROM event WHERE obligation = $obligation ORDER BY seq;

-- name: stops
-- The kill switch as it stands; the product itself, which throws it when a clock was set, is no row among the people.
SELECT s.account, s.ts, s.reason, coalesce(p.name, 'system') AS name, s.person_id
FROM stop_switch s LEFT JOIN person p ON p.person_id = s.person_id ORDER BY s.account;

-- name: open_breakers
-- Circuit breakers that are not closed.
SELECT account, error_class, state, opened_at FROM breaker WHERE state <> 'closed' ORDER BY account, error_class;

-- name: stoppable
-- Accounts that orders go to.
SELECT account FROM account WHERE listed ORDER BY account;

-- name: obligation_state
-- Where one obligation stands.
SELECT s.st, s.ended_at, o.sim_id, l.months
FROM state s JOIN obligation o ON o.id = s.obligation JOIN placement p ON p.obligation = o.id
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
WHERE s.obligation = $obligation;

-- name: obligation_months
-- The cards and months of failed obligations, for another try, with what says when it may be.
SELECT o.sim_id, o.kind, o.seq, CASE WHEN o.kind IN ('add-on', 'plan-change') THEN l.plan_id END AS plan_id, l.months, s.reason, s.ended_at, a.last_order_day
FROM obligation o JOIN state s ON s.obligation = o.id JOIN placement p ON p.obligation = o.id
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
LEFT JOIN account a ON a.account = o.account
WHERE o.id IN (SELECT unnest($obligations)) AND s.st = 'failed';

-- name: add_note
-- What a person wrote on a renewal.
INSERT INTO renewal_note (obligation, ts, person_id, ticket_no, repaired, note)
VALUES ($obligation, $now, $person_id, $ticket_no, $repaired, $note);

-- name: notes
-- What people wrote on one renewal, newest first.
SELECT n.ts, p.name, n.note, n.ticket_no, n.repaired FROM renewal_note n JOIN person p USING (person_id)
WHERE n.obligation = $obligation ORDER BY n.ts DESC;

-- name: what_is_left
-- Of what has not come to rest and no person places by hand: how often the least asked unknown was asked, and when the next pending item may go.
SELECT count(*) FILTER (s.st = 'unknown') AS unknown, min(s.asked) FILTER (s.st = 'unknown') AS least_asked,
    count(*) FILTER (s.st IN ('pending', 'submitted')) AS to_send,
    min(coalesce(s.next_at, s.changed_at)) FILTER (s.st IN ('pending', 'submitted')) AS next_at
FROM placement p JOIN state s ON s.obligation = p.obligation
WHERE p.batch = $batch AND NOT EXISTS (
    FROM obligation o JOIN by_hand h ON h.account = o.account AND h.kind = o.kind WHERE o.id = p.obligation);
