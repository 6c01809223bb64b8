-- name: open_batches
-- What a worker may claim from, by batch and account, oldest approval first and urgent ones ahead, with its canary.
SELECT b.id, o.account, coalesce(any_value(a.canary_items), 3) AS canary_items,
    count(*) FILTER (s.st = 'succeeded') AS succeeded,
    count(*) FILTER (s.st IN ('submitted', 'unknown')) AS in_flight
FROM batch b JOIN placement p ON p.batch = b.id JOIN state s ON s.obligation = p.obligation
JOIN obligation o ON o.id = p.obligation LEFT JOIN account a ON a.account = o.account
WHERE b.state IN ('approved', 'running')
  -- What people order by hand waits for them.
  AND NOT EXISTS (FROM by_hand h WHERE h.account = o.account AND h.kind = o.kind)
GROUP BY b.id, b.urgent, b.approved_at, o.account
HAVING count(*) FILTER (s.st = 'pending') > 0
ORDER BY b.urgent DESC, b.approved_at, b.id, o.account;

-- name: next_items
-- The next items of a batch that may be claimed, nearest act-by date first (lines were numbered so); none of a card that
-- another order is out for.
SELECT s.obligation, s.n, o.key, o.sim_id, o.kind, o.old_expiry, l.account, l.iccid, m.msisdn, l.plan, l.months, l.amount_fen, l.new_expiry, s.trips
FROM placement p
JOIN state s ON s.obligation = p.obligation
JOIN obligation o ON o.id = p.obligation
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
JOIN sim m ON m.sim_id = o.sim_id
WHERE p.batch = $batch AND s.st = 'pending' AND (s.next_at IS NULL OR s.next_at <= $now) AND o.account = $account
  AND o.stem NOT IN (SELECT c.stem FROM state u JOIN obligation c ON c.id = u.obligation WHERE u.st IN ('submitted', 'unknown'))
  -- After two refused recharge cards an account's others wait until somebody has looked.
  AND (o.kind <> 'recharge' OR o.account NOT IN (SELECT account FROM recharge_lock))
ORDER BY l.line LIMIT $limit;

-- name: plain_guard
-- What must still hold before anything of a batch is claimed, where its approver answers for it in person.
SELECT b.state, b.urgent, b.acting_for, b.content_hash = b.approved_hash AS content_holds, p.active, p.role
FROM batch b LEFT JOIN person p ON p.person_id = b.checker WHERE b.id = $batch;

-- name: stopped_accounts
-- The kill switch; a clock that jumped and that nobody has released since stands for all accounts.
SELECT account FROM stop_switch
UNION ALL
SELECT '' AS account FROM clock_hold WHERE released_at IS NULL;

-- name: items_now
-- Where the chosen items stand at this moment, and what was sent under their number before. What a payee has been paid
-- for is ordered, whatever was decided since.
SELECT w.obligation, s.st, s.n, m.expires_on, t.request_sha256 AS sent_sha256, t.sent_at,
    coalesce(m.decision = 'decline', false) AND w.obligation NOT IN (SELECT obligation FROM offline_payment) AS declined
FROM wanted w JOIN state s ON s.obligation = w.obligation
LEFT JOIN sim m ON m.sim_id = w.sim_id
LEFT JOIN attempt t ON t.obligation = w.obligation AND t.n = w.n;

-- name: others_now
-- What else there is for the cards of the chosen items: out now (busy: wait), or alive for the same cycle at another
-- account (elsewhere; of two that wait, the later one).
SELECT v.obligation, coalesce(bool_or(u.st IN ('submitted', 'unknown')), false) AS busy,
    coalesce(bool_or(o.account <> v.account AND o.kind = v.kind AND split_part(o.key, '|', 4) = v.cycle
        AND (u.st IN ('needs_review', 'succeeded') OR (u.st = 'pending' AND o.id < v.obligation))), false) AS elsewhere
FROM wanted v JOIN obligation o ON o.sim_id = v.sim_id JOIN state u ON u.obligation = o.id
WHERE o.id <> v.obligation
GROUP BY v.obligation;

-- name: claim
-- Compare and set: who has moved every row may send.
UPDATE state SET st = 'submitted', submitted_at = $now, changed_at = $now, next_at = NULL
FROM claims c WHERE state.obligation = c.obligation AND state.n = c.n AND state.st = 'pending';

-- name: keep_attempts
-- What is about to be sent for the first time under its number.
INSERT INTO attempt
    (obligation, n, batch, plan, months, amount_fen, currency, order_no, request_sha256, expires_before, sent_at, deadline_at)
SELECT obligation, n, $batch, plan, months, amount_fen, 'CNY', order_no, request_sha256, expires_before, $now, $deadline_at
FROM claims WHERE NOT sent_before;

-- name: keep_later_tries
-- The same number again keeps the same contents, or nothing is written; the carrier has known it since the first time.
UPDATE attempt SET deadline_at = $deadline_at
FROM claims c WHERE c.sent_before AND attempt.obligation = c.obligation AND attempt.n = c.n AND attempt.request_sha256 = c.request_sha256;

-- name: claim_events
-- Arrow 2.
INSERT INTO event (ts, actor, obligation, n, arrow, from_state, to_state, evidence)
SELECT $now, $actor, obligation, n, 2, 'pending', 'submitted', evidence FROM claims;
