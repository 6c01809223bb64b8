-- name: account
-- An account whose orders people place by hand.
SELECT account, payee, way_to_pay, working_days FROM account WHERE account = $account AND account IN (SELECT account FROM by_hand);

-- name: items
-- What a batch orders by hand at an account and nobody has sent yet: paid, or of a payee who is paid by the month or in
-- advance. None of a card that another order is out for.
SELECT s.obligation, s.n, o.key, o.sim_id, o.kind, o.old_expiry, l.account, l.iccid, m.msisdn, l.plan, l.months, l.amount_fen, l.new_expiry, s.trips
FROM placement p
JOIN state s ON s.obligation = p.obligation
JOIN obligation o ON o.id = p.obligation
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
JOIN sim m ON m.sim_id = o.sim_id
JOIN account a ON a.account = o.account
LEFT JOIN offline_payment y ON y.obligation = o.id AND y.batch = p.batch
WHERE p.batch = $batch AND o.account = $account AND o.kind IN (SELECT kind FROM by_hand WHERE account = $account)
  AND s.st = 'pending' AND (s.next_at IS NULL OR s.next_at <= $now)
  AND (y.obligation IS NOT NULL OR a.way_to_pay IN ('monthly', 'prepaid'))
  AND o.stem NOT IN (SELECT c.stem FROM state u JOIN obligation c ON c.id = u.obligation WHERE u.st IN ('submitted', 'unknown'))
ORDER BY l.line;

-- name: add_worklist
-- A list of orders for an account.
INSERT INTO worklist (batch, account, payee, items, amount_fen, answer_by, made_by, made_at)
VALUES ($batch, $account, $payee, $items, $amount_fen, $answer_by, $made_by, $now) RETURNING id;

-- name: add_items
-- What stands on it.
INSERT INTO worklist_item (obligation, n, worklist) SELECT obligation, n, $worklist FROM listed;

-- name: pay
-- The payee has been paid for what a batch orders from him, save what failed or was taken back.
INSERT INTO offline_payment (obligation, batch, payee, reference, paid_by, paid_at)
SELECT p.obligation, p.batch, $payee, $reference, $person_id, $now
FROM placement p
JOIN state s ON s.obligation = p.obligation
JOIN obligation o ON o.id = p.obligation
JOIN account a ON a.account = o.account
JOIN by_hand h ON h.account = o.account AND h.kind = o.kind
WHERE p.batch = $batch AND a.payee = $payee AND s.st NOT IN ('failed', 'cancelled')
  AND NOT EXISTS (FROM offline_payment y WHERE y.obligation = p.obligation AND y.batch = p.batch);

-- name: asked_for
-- The open payment request for a payee and batch.
SELECT id FROM payment_request WHERE batch = $batch AND payee = $payee AND state = 'asked';

-- name: payee_of_transfer
-- Whether the payee of a batch's orders may be paid, where some of them are paid by transfer; nothing: none of them is.
SELECT coalesce(any_value(n.standing), 'unknown') AS standing
FROM placement p
JOIN obligation o ON o.id = p.obligation
JOIN account a ON a.account = o.account
LEFT JOIN payee_now n ON n.name = a.payee
WHERE p.batch = $batch AND a.payee = $payee AND a.connector = 'offline' AND a.way_to_pay = 'transfer'
HAVING count(*) > 0;

-- name: hand_over
-- The list is with the payee.
UPDATE worklist SET handed_by = $person_id, handed_at = $now WHERE id = $worklist AND handed_at IS NULL RETURNING id;

-- name: standing
-- Every order of a batch in work that is placed by hand, each under its label for people: a view over its state.
SELECT o.id AS obligation, p.batch, a.payee, o.account, a.way_to_pay, a.support, l.line, l.sim_id, l.iccid, l.plan, l.months,
    l.amount_fen, l.old_expiry, l.new_expiry, s.n, s.reason, i.worklist, w.made_at, w.handed_at, w.answer_by, y.paid_at,
    CASE s.st
        WHEN 'pending' THEN CASE WHEN y.paid_at IS NULL THEN 'to_pay' ELSE 'paid' END
        WHEN 'submitted' THEN 'sent'
        WHEN 'unknown' THEN CASE WHEN w.handed_at IS NULL THEN 'sent' ELSE 'awaiting_receipt' END
        WHEN 'succeeded' THEN CASE v.outcome WHEN 'verified' THEN 'verified' ELSE 'receipted' END
        ELSE s.st END AS label,
    s.st = 'pending' AND (y.paid_at IS NOT NULL OR a.way_to_pay IN ('monthly', 'prepaid')) AND b.state IN ('approved', 'running') AS may_go
FROM obligation o
JOIN account a ON a.account = o.account
JOIN by_hand h ON h.account = o.account AND h.kind = o.kind
JOIN placement p ON p.obligation = o.id
JOIN batch b ON b.id = p.batch
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
JOIN state s ON s.obligation = o.id
LEFT JOIN offline_payment y ON y.obligation = o.id AND y.batch = p.batch
LEFT JOIN worklist_item i ON i.obligation = o.id AND i.n = s.n
LEFT JOIN worklist w ON w.id = i.worklist
LEFT JOIN verification v ON v.obligation = o.id;

-- name: desk
-- Per payee, batch and account: how many orders stand how, what may be sent now, and since when the oldest list is out.
WITH standing AS ({standing})
SELECT payee, batch, account, any_value(way_to_pay) AS way_to_pay, any_value(support) AS support,
    count(*) FILTER (label = 'to_pay') AS to_pay, count(*) FILTER (label = 'paid') AS paid,
    coalesce(sum(amount_fen) FILTER (label = 'to_pay'), 0)::BIGINT AS to_pay_fen,
    count(*) FILTER (may_go) AS may_go, coalesce(sum(amount_fen) FILTER (may_go), 0)::BIGINT AS may_go_fen,
    count(*) FILTER (label = 'sent') AS sent, count(*) FILTER (label = 'awaiting_receipt') AS awaiting_receipt,
    count(*) FILTER (label = 'receipted') AS receipted, count(*) FILTER (label = 'verified') AS verified,
    count(*) FILTER (label IN ('failed', 'needs_review')) AS wrong, count(*) AS items,
    sum(amount_fen)::BIGINT AS amount_fen, min(made_at) FILTER (label IN ('sent', 'awaiting_receipt')) AS out_since
FROM standing GROUP BY payee, batch, account
ORDER BY count(*) FILTER (label NOT IN ('verified', 'receipted', 'cancelled')) = 0, payee, batch, account;

-- name: worklists
-- Lists that were made, newest first, with what is still open on each.
WITH standing AS ({standing})
SELECT w.id, w.batch, w.account, w.payee, w.items, w.amount_fen, w.answer_by, w.made_at, m.name AS maker, w.handed_at, h.name AS hander,
    count(s.obligation) FILTER (s.label IN ('sent', 'awaiting_receipt')) AS open
FROM worklist w
JOIN person m ON m.person_id = w.made_by
LEFT JOIN person h ON h.person_id = w.handed_by
LEFT JOIN standing s ON s.worklist = w.id
GROUP BY ALL ORDER BY w.id DESC LIMIT $limit OFFSET $offset;

-- name: one
-- One list.
SELECT id, batch, account, payee, items, amount_fen, answer_by, made_at, handed_at FROM worklist WHERE id = $worklist;

-- name: listed
-- What stands on a list, in the batch's order, with everything the payee and our people know a card by.
SELECT w.batch AS batch_no, t.order_no AS row_key, n.carrier, w.account, l.iccid, n.msisdn, n.serial_no, n.terminal_id, n.merchant,
    l.plan, t.months, t.amount_fen, l.old_expiry, l.new_expiry, w.answer_by, a.way_to_pay, n.act_by,
    n.agent AS split_agent, n.branch AS split_branch, n.region AS split_region
FROM worklist_item i
JOIN worklist w ON w.id = i.worklist
JOIN attempt t ON t.obligation = i.obligation AND t.n = i.n
JOIN obligation o ON o.id = i.obligation
JOIN batch_line l ON l.batch = w.batch AND l.digest = o.digest
JOIN account a ON a.account = w.account
LEFT JOIN sim_now n ON n.sim_id = o.sim_id
WHERE i.worklist = $worklist ORDER BY l.line;
