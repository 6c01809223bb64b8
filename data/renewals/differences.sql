-- name: days
-- The comparisons of the last days, newest first, each with its open differences by class.
SELECT r.id, r.account, r.day, r.read_at, r.ours, r.ours_fen, r.theirs, r.theirs_fen, r.matched, r.matched_fen, nullif(r.waiting, 0) AS waiting, r.waiting_fen,
    nullif(f.ours_only, 0) AS ours_only, nullif(f.theirs_only, 0) AS theirs_only,
    nullif(f.amount_differs, 0) AS amount_differs, nullif(f.duplicate, 0) AS duplicate
FROM reconciliation r LEFT JOIN (
    SELECT reconciliation, count(*) FILTER (class = 'ours_only') AS ours_only, count(*) FILTER (class = 'theirs_only') AS theirs_only,
        count(*) FILTER (class = 'amount_differs') AS amount_differs, count(*) FILTER (class = 'duplicate') AS duplicate
    FROM difference WHERE closed_at IS NULL GROUP BY reconciliation
) f ON f.reconciliation = r.id
WHERE ($account::VARCHAR IS NULL OR r.account = $account) AND (r.ours > 0 OR r.theirs > 0 OR f.reconciliation IS NOT NULL)
ORDER BY r.day DESC, r.account LIMIT $limit OFFSET $offset;

-- name: count_days
-- How many comparisons have anything to say.
SELECT count(*) FROM reconciliation r
WHERE ($account::VARCHAR IS NULL OR r.account = $account) AND (r.ours > 0 OR r.theirs > 0
    OR EXISTS (FROM difference f WHERE f.reconciliation = r.id AND f.closed_at IS NULL));

-- name: classes
-- Open differences by class: how many, and what they are worth.
SELECT class, count(*) AS differences, sum(theirs_fen - ours_fen)::BIGINT AS fen FROM difference
WHERE closed_at IS NULL AND ($account::VARCHAR IS NULL OR account = $account) GROUP BY class;

-- name: differences
-- Differences of a class, of a day or of all, newest first, with the card and the renewal they are about.
SELECT f.difference_id, f.class, f.account, r.day, f.order_no, f.carrier_ref, f.iccid, f.obligation, f.voucher_id, f.ours_fen,
    f.theirs_fen, f.theirs_fen - f.ours_fen AS off_fen, f.detail, f.found_at, f.closed_at, f.note, d.name AS closer, p.batch, s.st,
    w.terminal_id, w.merchant
FROM difference f
JOIN reconciliation r ON r.id = f.reconciliation
LEFT JOIN placement p ON p.obligation = f.obligation
LEFT JOIN state s ON s.obligation = f.obligation
LEFT JOIN obligation o ON o.id = f.obligation
LEFT JOIN sim_now w ON w.sim_id = o.sim_id
LEFT JOIN person d ON d.person_id = f.closed_by
WHERE (f.closed_at IS NULL) = $open AND ($class::VARCHAR IS NULL OR f.class = $class)
  AND ($account::VARCHAR IS NULL OR f.account = $account) AND ($id::BIGINT IS NULL OR f.reconciliation = $id)
ORDER BY f.class <> 'theirs_only', r.day DESC, f.difference_id DESC LIMIT $limit OFFSET $offset;

-- name: count_differences
-- How many those are.
SELECT count(*) FROM difference f
WHERE (f.closed_at IS NULL) = $open AND ($class::VARCHAR IS NULL OR f.class = $class)
  AND ($account::VARCHAR IS NULL OR f.account = $account) AND ($id::BIGINT IS NULL OR f.reconciliation = $id);

-- name: statements
-- Every account with when its statement was last read; never: what its connection says about statements.
SELECT a.account, a.payee, a.connector, max(r.day) AS last_day, max(r.read_at) AS read_at, any_value(c.answer) AS answer
FROM account a LEFT JOIN reconciliation r ON r.account = a.account
LEFT JOIN capability c ON c.connector = a.connector AND c.ability = 'statement'
WHERE a.listed GROUP BY a.account, a.payee, a.connector ORDER BY a.account;

-- name: bookings_of
-- What a carrier's statements say of one renewal, and of its card beside it.
SELECT b.day, b.ts, b.order_no, b.carrier_ref, b.iccid, b.amount_fen, b.obligation IS NOT NULL AND b.obligation = $obligation AS ours
FROM booking b JOIN obligation o ON o.id = $obligation
WHERE b.account = o.account AND (b.obligation = $obligation OR left(b.iccid, 19) = o.stem) ORDER BY b.ts;
