-- name: due_cards
-- Paid cards to read now: renewals that went through so long ago that a reading must show it, and those whose next
-- reading has come. Kinds that move no expiry have no new date, and nothing to verify.
SELECT s.obligation, o.sim_id, w.iccid, w.account, coalesce(s.new_expiry, l.new_expiry) AS expected, s.ended_at,
    coalesce(v.looked, 0) AS looked
FROM state s
JOIN obligation o ON o.id = s.obligation
JOIN placement p ON p.obligation = s.obligation
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
JOIN sim w ON w.sim_id = o.sim_id
JOIN account a ON a.account = w.account AND a.listed
LEFT JOIN verification v ON v.obligation = s.obligation
WHERE s.st = 'succeeded' AND s.ended_at > $since AND coalesce(s.new_expiry, l.new_expiry) IS NOT NULL
  -- What people placed is looked at again by the next card list or refresh (receiving.sql).
  AND NOT EXISTS (FROM by_hand h WHERE h.account = o.account AND h.kind = o.kind)
  AND coalesce(v.next_at, CASE WHEN v.obligation IS NULL THEN s.ended_at + to_seconds($first_s) END) <= $now
ORDER BY s.ended_at LIMIT $limit;

-- name: first_looks
-- Cards read for the first time.
INSERT INTO verification (obligation, outcome, looked, next_at, expires_on, status, read_at, opened_at)
SELECT obligation, outcome, looked, next_at, expires_on, status, read_at, ended_at FROM looks
WHERE obligation NOT IN (SELECT obligation FROM verification) ORDER BY obligation;

-- name: further_looks
-- Cards read again, unless a person has closed them meanwhile.
UPDATE verification SET outcome = k.outcome, looked = k.looked, next_at = k.next_at,
    expires_on = coalesce(k.expires_on, verification.expires_on), status = coalesce(k.status, verification.status),
    read_at = coalesce(k.read_at, verification.read_at)
FROM looks k WHERE verification.obligation = k.obligation AND verification.looked < k.looked AND verification.outcome <> 'closed';

-- name: open_alarms
-- Cards that are still not extended after a day: an alarm, once.
INSERT INTO finding (kind, sim_id, object, detail, source, found_at)
SELECT 'money_not_extended', k.sim_id, k.iccid,
    json_object('expected', k.expected::VARCHAR, 'told', coalesce(k.expires_on::VARCHAR, ''), 'status', coalesce(k.status, ''))::VARCHAR,
    'account ' || k.account, $now
FROM looks k
WHERE k.alarm AND NOT EXISTS (
    FROM finding f WHERE f.kind = 'money_not_extended' AND f.sim_id = k.sim_id AND f.closed_at IS NULL);

-- name: close_alarms
-- The alarms of cards that run on by now, or that a person has settled.
UPDATE finding SET closed_at = $now WHERE kind = 'money_not_extended' AND closed_at IS NULL AND sim_id IN (SELECT unnest($sims::BIGINT[]));

-- name: queue
-- Cards that were paid and do not run on, or wait for their first reading, longest wait first.
SELECT v.obligation, w.iccid, w.terminal_id, w.merchant, o.account, a.support, p.batch, l.amount_fen,
    coalesce(s.new_expiry, l.new_expiry) AS expected, v.expires_on, v.status, v.read_at, v.next_at, v.opened_at,
    date_diff('day', timezone('Asia/Shanghai', v.opened_at)::DATE, $today) AS days_waiting, h.name AS owner, v.ticket_no, v.note,
    t.order_no, s.carrier_ref, v.outcome, c.name AS closer, v.closed_at
FROM verification v
JOIN state s ON s.obligation = v.obligation
JOIN obligation o ON o.id = v.obligation
JOIN placement p ON p.obligation = v.obligation
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
LEFT JOIN attempt t ON t.obligation = v.obligation AND t.n = s.n
LEFT JOIN sim_now w ON w.sim_id = o.sim_id
LEFT JOIN account a ON a.account = o.account
LEFT JOIN person h ON h.person_id = v.owner
LEFT JOIN person c ON c.person_id = v.closed_by
WHERE v.outcome = $outcome
ORDER BY CASE WHEN v.outcome = 'closed' THEN v.closed_at END DESC, v.opened_at, v.obligation LIMIT $limit OFFSET $offset;

-- name: counted
-- How many cards stand how, and what was paid for them.
SELECT v.outcome, count(*) AS cards, sum(r.amount_fen)::BIGINT AS fen, count(*) FILTER (v.owner IS NULL) AS unowned,
    min(v.opened_at) AS oldest
FROM verification v JOIN reservation r USING (obligation) GROUP BY v.outcome;

-- name: one
-- One card of the queue.
SELECT v.outcome, o.sim_id FROM verification v JOIN obligation o ON o.id = v.obligation WHERE v.obligation = $obligation;

-- name: take
-- Somebody looks after it.
UPDATE verification SET owner = $person_id WHERE obligation = $obligation;

-- name: write_on
-- A ticket number, a word.
UPDATE verification SET ticket_no = coalesce($ticket_no, ticket_no), note = coalesce($note, note) WHERE obligation = $obligation;

-- name: close
-- Settled by hand: it is not read again.
UPDATE verification SET outcome = 'closed', next_at = NULL, note = $note, closed_by = $person_id, closed_at = $now
WHERE obligation = $obligation;
