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
