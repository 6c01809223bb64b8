-- name: waiting
-- Orders by hand that nobody was paid for and no open request asks for, per payee and batch.
WITH standing AS ({standing})
SELECT s.payee, s.batch, count(*) AS items, sum(s.amount_fen)::BIGINT AS amount_fen, min(m.act_by) AS act_by,
    min_by(s.way_to_pay, CASE s.way_to_pay WHEN 'monthly' THEN 2 WHEN 'prepaid' THEN 1 ELSE 0 END) AS way_to_pay,
    coalesce(any_value(y.standing), 'unknown') AS payee_standing
FROM standing s
LEFT JOIN sim_now m ON m.sim_id = s.sim_id
LEFT JOIN payee_now y ON y.name = s.payee
WHERE s.paid_at IS NULL AND s.label NOT IN ('failed', 'cancelled')
  AND NOT EXISTS (FROM payment_request r WHERE r.batch = s.batch AND r.payee = s.payee AND r.state = 'asked')
GROUP BY s.payee, s.batch ORDER BY min(m.act_by) NULLS LAST, s.batch, s.payee;

-- name: payee
-- The bank data of a payee who may be paid: what two people last confirmed.
SELECT c.change_id, c.tax_no, c.bank, c.opening_bank, c.cnaps, c.account_last4
FROM payee_now y JOIN payee_change c ON c.change_id = y.confirmed_change
WHERE y.name = $payee AND y.standing IN ('confirmed', 'changing');

-- name: payee_standing
-- Why a payee may not be paid.
SELECT standing FROM payee_now WHERE name = $payee;

-- name: add
-- A payee is to be paid for a batch.
INSERT INTO payment_request (batch, payee, payee_change, way_to_pay, items, amount_fen, act_by, due_on, state, asked_by, asked_at)
VALUES ($batch, $payee, $payee_change, $way_to_pay, $items, $amount_fen, $act_by, $due_on, 'asked', $asked_by, $now) RETURNING id;

-- name: add_items
-- Which orders the sum is for.
WITH standing AS ({standing})
INSERT INTO payment_request_item (request, obligation, amount_fen)
SELECT $request, s.obligation, s.amount_fen FROM standing s
WHERE s.batch = $batch AND s.payee = $payee AND s.paid_at IS NULL AND s.label NOT IN ('failed', 'cancelled');

-- name: paid
-- A payee got the money.
UPDATE payment_request SET state = 'paid', ended_by = $person_id, ended_at = $now, reference = $reference, voucher_id = $voucher_id
WHERE id = $request AND state = 'asked' RETURNING id;

-- name: withdrawn
-- Nobody is to pay it any more.
UPDATE payment_request SET state = 'withdrawn', ended_by = $person_id, ended_at = $now, reason = $reason
WHERE id = $request AND state = 'asked' RETURNING id;

-- name: pay_orders
-- The orders of a request have been paid for, save what failed or was taken back.
INSERT INTO offline_payment (obligation, batch, payee, reference, paid_by, paid_at)
SELECT i.obligation, r.batch, r.payee, $reference, $person_id, $now
FROM payment_request r
JOIN payment_request_item i ON i.request = r.id
JOIN state s ON s.obligation = i.obligation
JOIN placement p ON p.obligation = i.obligation AND p.batch = r.batch
WHERE r.id = $request AND s.st NOT IN ('failed', 'cancelled')
  AND NOT EXISTS (FROM offline_payment y WHERE y.obligation = i.obligation AND y.batch = r.batch);

-- name: slip
-- A filed paper that can be a bank's slip.
SELECT voucher_id FROM voucher WHERE voucher_id = $voucher_id;

-- name: requests
-- Payment requests: open ones by due date, then the others, newest first. `gone`: orders of an open one that failed or were taken back.
SELECT r.id, r.batch, r.payee, r.payee_change, r.way_to_pay, r.items, r.amount_fen, r.act_by, r.due_on, r.state, a.name AS asker,
    r.asked_by, r.asked_at, e.name AS ender, r.ended_at, r.reference, r.voucher_id, r.reason, coalesce(g.orders, 0) AS gone,
    coalesce(g.fen, 0) AS gone_fen, r.payee_change IS DISTINCT FROM y.confirmed_change AS bank_changed
FROM payment_request r
JOIN person a ON a.person_id = r.asked_by
LEFT JOIN person e ON e.person_id = r.ended_by
LEFT JOIN payee y ON y.name = r.payee AND y.stopped_at IS NULL
LEFT JOIN (
    SELECT o.id AS request, count(*) AS orders, sum(i.amount_fen)::BIGINT AS fen
    FROM payment_request o
    JOIN payment_request_item i ON i.request = o.id
    JOIN state s ON s.obligation = i.obligation
    LEFT JOIN placement p ON p.obligation = i.obligation
    WHERE o.state = 'asked' AND (s.st IN ('failed', 'cancelled') OR p.batch IS DISTINCT FROM o.batch)
    GROUP BY o.id
) g ON g.request = r.id
WHERE $request::BIGINT IS NULL OR r.id = $request
ORDER BY r.state <> 'asked', CASE r.state WHEN 'asked' THEN r.due_on END, r.id DESC LIMIT $limit OFFSET $offset;

-- name: figures
-- Sums of the page's head: open, overdue, and paid since a day.
SELECT count(*) FILTER (state = 'asked') AS open, coalesce(sum(amount_fen) FILTER (state = 'asked'), 0)::BIGINT AS open_fen,
    count(*) FILTER (state = 'asked' AND due_on < $today) AS overdue,
    coalesce(sum(amount_fen) FILTER (state = 'asked' AND due_on < $today), 0)::BIGINT AS overdue_fen,
    coalesce(sum(amount_fen) FILTER (state = 'paid' AND ended_at >= $since), 0)::BIGINT AS paid_fen, count(*) AS requests
FROM payment_request;

-- name: bank
-- The bank data a request was asked with, whatever has been confirmed since.
SELECT c.change_id, c.tax_no, c.bank, c.opening_bank, c.cnaps, c.account_last4 FROM payee_change c WHERE c.change_id = $change_id;

-- name: listed
-- The attached list of a request, in the batch's order; sums in fen.
SELECT l.iccid, m.msisdn, m.terminal_id, m.merchant, o.account, l.plan, l.months, i.amount_fen, l.old_expiry, l.new_expiry
FROM payment_request_item i
JOIN payment_request r ON r.id = i.request
JOIN obligation o ON o.id = i.obligation
JOIN batch_line l ON l.batch = r.batch AND l.digest = o.digest
LEFT JOIN sim_now m ON m.sim_id = o.sim_id
WHERE i.request = $request ORDER BY l.line LIMIT $limit OFFSET $offset;
