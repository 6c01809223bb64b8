-- name: tables
-- Every table there is.
SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY 1;

-- name: read_whole
-- Every value of a table, once.
SELECT bit_xor(hash(t)) FROM {table} t;

-- name: states_off
-- Obligations that do not stand where their last event says.
SELECT coalesce(s.obligation, e.obligation) AS obligation, s.st, e.told, count(*) OVER () AS off
FROM state s
FULL JOIN (
    SELECT obligation, arg_max(to_state, seq) AS told, arg_max(n, seq) AS n FROM event GROUP BY obligation
) e ON e.obligation = s.obligation
WHERE s.st IS DISTINCT FROM e.told OR s.n IS DISTINCT FROM e.n
ORDER BY 1 LIMIT 1;

-- name: obligations_to_look_up
-- Every obligation, or evenly so many of them, as a scan finds them.
SELECT id, key FROM obligation WHERE id % greatest(1, (SELECT count(*) FROM obligation) // $at_most) = 0;

-- name: id_by_digest
-- One obligation through the index of the digests.
SELECT id FROM obligation WHERE digest = $digest;

-- name: lines_off
-- Approved lines whose obligation or whose money set aside is not what they say: held, spent or released, as it stands.
WITH approved AS (
    SELECT l.batch, l.line, l.digest, l.amount_fen FROM batch_line l JOIN batch b ON b.id = l.batch
    WHERE b.approved_at IS NOT NULL AND l.refusal IS NULL
)
SELECT l.batch, l.line, count(*) OVER () AS off
FROM approved l
LEFT JOIN obligation o ON o.digest = l.digest
LEFT JOIN placement p ON p.obligation = o.id
LEFT JOIN placement_past q ON q.obligation = o.id AND q.batch = l.batch
LEFT JOIN state s ON s.obligation = o.id
LEFT JOIN reservation r ON r.obligation = o.id
WHERE (p.batch IS DISTINCT FROM l.batch AND q.batch IS NULL)
   OR (p.batch = l.batch AND (r.batch IS DISTINCT FROM l.batch OR r.amount_fen IS DISTINCT FROM l.amount_fen
       OR NOT coalesce(CASE
           WHEN s.st = 'succeeded' THEN r.state = 'spent'
           WHEN s.st IN ('failed', 'cancelled') THEN r.state = 'released'
           WHEN s.st = 'needs_review' THEN r.state IN ('held', 'spent')
           ELSE r.state = 'held' END, false)))
ORDER BY l.batch, l.line LIMIT 1;

-- name: money_of_lines
-- What approved lines that were not adopted later come to, and what is held, spent and released.
SELECT
    (SELECT coalesce(sum(l.amount_fen), 0)::BIGINT FROM placement p JOIN obligation o ON o.id = p.obligation
        JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest) AS lines_fen,
    (SELECT coalesce(sum(amount_fen), 0)::BIGINT FROM reservation) AS reserved_fen;

-- name: live_without_money
-- Renewals that may still be bought and have nothing set aside.
SELECT s.obligation, count(*) OVER () AS off FROM state s
WHERE s.st IN ('pending', 'submitted', 'unknown', 'needs_review')
  AND NOT EXISTS (FROM reservation r WHERE r.obligation = s.obligation AND r.state <> 'released')
ORDER BY s.obligation LIMIT 1;

-- name: set_aside_today
-- What is held and spent of today's approvals, per cap, the largest first.
WITH held AS (FROM reservation r WHERE r.day = $today AND r.state <> 'released')
SELECT 'day' AS cap, '' AS which, coalesce(sum(amount_fen), 0)::BIGINT AS amount_fen FROM held
UNION ALL SELECT 'person', p.name, sum(h.amount_fen)::BIGINT FROM held h JOIN person p USING (person_id) GROUP BY p.name
UNION ALL SELECT 'account', account, sum(amount_fen)::BIGINT FROM held GROUP BY account
UNION ALL SELECT 'batch', batch::VARCHAR, sum(amount_fen)::BIGINT FROM held GROUP BY batch
UNION ALL SELECT 'item', obligation::VARCHAR, amount_fen FROM held
ORDER BY amount_fen DESC;

-- name: eyes_off
-- Batches from which something may have been sent, without the two people that the audit names for them. What an older
-- copy of the data has forgotten waits for an approver.
WITH said AS (
    SELECT object, arg_max(person_id, seq) FILTER (event IN ('renewal:approved', 'renewal:resumed')) AS approved_by,
        any_value(person_id) FILTER (event IN ('renewal:proposed', 'renewal:urgent_ordered')) AS made_by
    FROM audit WHERE object LIKE 'batch %' GROUP BY object
)
SELECT b.id, count(*) OVER () AS off
FROM batch b LEFT JOIN said a ON a.object = 'batch ' || b.id
WHERE b.approved_at IS NOT NULL AND NOT b.urgent AND NOT (b.state = 'paused' AND b.pause_reason = 'restored')
  AND (b.checker IS NULL OR b.checker = b.maker OR b.acting_for = b.maker
       OR a.approved_by IS DISTINCT FROM b.checker OR a.approved_by = b.maker OR a.made_by <> b.maker)
ORDER BY b.id LIMIT 1;

-- name: urgent_off
-- An urgent batch of today with more cards or money than one may have.
SELECT b.id FROM batch b
WHERE b.urgent AND (b.approved_at AT TIME ZONE 'Asia/Shanghai')::DATE = $today
  AND (b.items > $cards OR b.amount_fen > $most_fen OR b.checker IS NOT NULL)
ORDER BY b.id LIMIT 1;

-- name: urgent_today
-- What today's urgent batches set aside.
SELECT coalesce(sum(r.amount_fen), 0)::BIGINT FROM reservation r JOIN batch b ON b.id = r.batch
WHERE b.urgent AND r.day = $today AND r.state <> 'released';
