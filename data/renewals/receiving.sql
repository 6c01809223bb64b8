-- name: keep_list
-- What a card list (data/sims/merging.sql, sim_in) tells of cards whose orders by hand are open, or went through lately.
INSERT INTO receipt (obligation, n, expires_on, status, source, read_at)
SELECT o.id, s.n, i.told_expiry, i.told_status, $source, coalesce(i.told_as_of, $now)
FROM sim_in i
JOIN obligation o ON o.sim_id = i.sim_id
JOIN state s ON s.obligation = o.id
JOIN by_hand h ON h.account = o.account AND h.kind = o.kind
WHERE i.told_expiry IS NOT NULL AND (s.st = 'unknown' OR s.st = 'succeeded' AND s.ended_at > $since)
ORDER BY o.id;

-- name: notice_unordered
-- Cards of these payees that run on, and nobody had ordered it.
INSERT INTO noticed
SELECT 'money_unordered', i.sim_id, i.iccid,
    json_object('known', i.old.expires_on::VARCHAR, 'source', $source, 'told', i.told_expiry::VARCHAR)::VARCHAR
FROM sim_in i JOIN account a ON a.account = i.account AND a.listed JOIN by_hand h ON h.account = a.account
WHERE i.told_expiry > i.old.expires_on AND NOT i.is_new AND i.old.auto_renew IS DISTINCT FROM true
  AND NOT EXISTS (
      FROM obligation o JOIN state s ON s.obligation = o.id
      WHERE o.sim_id = i.sim_id AND o.kind IN ('renew', 'recharge') AND s.st IN ('submitted', 'unknown', 'needs_review', 'succeeded')
        AND (s.st <> 'succeeded' OR coalesce(s.new_expiry, i.told_expiry) = i.told_expiry));

-- name: find_orders
-- The order each row of a result sheet is about: by the row's key, else by its card and batch.
CREATE OR REPLACE TEMP TABLE receipt_in AS
WITH named AS (
    SELECT i.rn, t.obligation, t.n FROM incoming i JOIN attempt t ON t.order_no = i.row_key
    UNION ALL
    SELECT i.rn, t.obligation, t.n
    FROM incoming i JOIN obligation o ON o.stem = i.stem JOIN attempt t ON t.obligation = o.id AND t.batch = i.batch_no
    WHERE i.row_key IS NULL
)
SELECT i.rn, coalesce(i.result, 'pending') AS result, i.expires_on, i.amount_fen, i.reference, i.reason, i.detail, d.obligation, d.n,
    o.stem AS own_stem, s.st, s.n AS n_now, t.expires_before
FROM incoming i
JOIN named d ON d.rn = i.rn
JOIN worklist_item w ON w.obligation = d.obligation AND w.n = d.n
JOIN attempt t ON t.obligation = d.obligation AND t.n = d.n
JOIN obligation o ON o.id = d.obligation
JOIN state s ON s.obligation = d.obligation
QUALIFY row_number() OVER (PARTITION BY i.rn ORDER BY d.n DESC) = 1;

-- name: refuse_rows
-- Rows about no order of ours, about another card than the order, with an expiry that is no later, or settled otherwise.
UPDATE incoming SET refusal = j.refusal, refused_column = j.refused_column, refused_value = j.refused_value
FROM (
    SELECT i.rn, coalesce(i.row_key, i.iccid) AS refused_value, CASE WHEN i.row_key IS NULL THEN 'iccid' ELSE 'row_key' END AS refused_column,
        CASE
            WHEN r.obligation IS NULL THEN $unknown
            WHEN i.stem IS NOT NULL AND i.stem <> r.own_stem THEN $other_card
            WHEN r.result = 'ok' AND r.expires_on <= r.expires_before THEN $not_later
            WHEN r.n <> r.n_now OR r.st NOT IN ('unknown', 'succeeded', 'failed', 'needs_review') THEN $older_try
            WHEN r.st = 'succeeded' AND r.result = 'fail' OR r.st = 'failed' AND r.result = 'ok' THEN $settled
        END AS refusal
    FROM incoming i LEFT JOIN receipt_in r ON r.rn = i.rn
) j WHERE incoming.rn = j.rn AND j.refusal IS NOT NULL;

-- name: count
-- Rows that say something of an open order, and rows about what is settled.
SELECT 0 AS new, count(*) FILTER (r.st = 'unknown') AS changed, count(*) FILTER (r.st <> 'unknown') AS same
FROM receipt_in r JOIN incoming i ON i.rn = r.rn WHERE i.refusal IS NULL;

-- name: keep_sheet
-- What a result sheet says of open orders.
INSERT INTO receipt (obligation, n, result, expires_on, amount_fen, reference, reason, detail, source, read_at)
SELECT r.obligation, r.n, r.result, r.expires_on, r.amount_fen, r.reference, r.reason, r.detail, $source, $now
FROM receipt_in r JOIN incoming i ON i.rn = r.rn WHERE i.refusal IS NULL AND r.st = 'unknown' ORDER BY r.rn;

-- name: open
-- Open orders by hand of which something was told that nobody has judged yet.
SELECT s.obligation, s.n, s.reason, s.asked, s.not_found, s.trips, s.changed_at AS doubted_at, s.carrier_ref,
    o.sim_id, o.key, o.kind, o.old_expiry, l.batch, l.account, l.iccid, NULL::VARCHAR AS msisdn, l.plan, l.months, l.amount_fen, l.new_expiry,
    coalesce(t.expires_before, o.old_expiry) AS expires_before, t.request_sha256, t.sent_at, coalesce(t.deadline_at, s.changed_at) AS deadline_at
FROM state s
JOIN obligation o ON o.id = s.obligation
JOIN placement p ON p.obligation = s.obligation
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
LEFT JOIN attempt t ON t.obligation = s.obligation AND t.n = s.n
WHERE s.st = 'unknown' AND EXISTS (FROM receipt r WHERE r.obligation = s.obligation AND r.n = s.n AND NOT r.judged)
ORDER BY s.obligation;

-- name: told
-- What was told of these, oldest first.
SELECT receipt_id, obligation, n, result, expires_on, status, amount_fen, reference, reason, detail, source, read_at
FROM receipt WHERE NOT judged AND obligation IN (SELECT unnest($obligations::BIGINT[])) ORDER BY receipt_id;

-- name: second_readings
-- Cards of orders by hand that went through, as a card list told them afterwards.
SELECT r.receipt_id, r.obligation, o.sim_id, l.iccid, o.account, coalesce(s.new_expiry, l.new_expiry) AS expected, s.ended_at,
    coalesce(v.looked, 0) AS looked, r.expires_on, r.status, r.read_at
FROM receipt r
JOIN state s ON s.obligation = r.obligation AND s.st = 'succeeded'
JOIN obligation o ON o.id = r.obligation
JOIN placement p ON p.obligation = r.obligation
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
LEFT JOIN verification v ON v.obligation = r.obligation
WHERE NOT r.judged AND r.result IS NULL AND r.read_at > s.ended_at
QUALIFY row_number() OVER (PARTITION BY r.obligation ORDER BY r.receipt_id DESC) = 1
ORDER BY r.obligation;

-- name: unjudged
-- Whether anything was told that nobody has judged yet.
SELECT EXISTS (FROM receipt WHERE NOT judged);

-- name: judge
-- These were looked at.
UPDATE receipt SET judged = true WHERE NOT judged AND receipt_id <= $upto;

-- name: newest
-- The newest receipt there is.
SELECT coalesce(max(receipt_id), 0) FROM receipt;
