-- name: over_item_cap
-- Lines dearer than one item may be.
SELECT count(*) AS items, max(amount_fen) AS dearest_fen FROM batch_line
WHERE batch = $batch AND refusal IS NULL AND amount_fen > $most_fen;

-- name: price_jumps
-- Lines whose price per month is too far from what the same card's last purchase of that kind cost.
WITH last AS (
    SELECT o.sim_id, arg_max(t.amount_fen, s.ended_at) AS fen, arg_max(t.months, s.ended_at) AS months
    FROM batch b
    JOIN batch_line l ON l.batch = b.id AND l.refusal IS NULL
    JOIN obligation o ON o.sim_id = l.sim_id AND o.kind = b.kind
    JOIN state s ON s.obligation = o.id AND s.st = 'succeeded'
    JOIN attempt t ON t.obligation = s.obligation AND t.n = s.n AND t.months > 0
    WHERE b.id = $batch
    GROUP BY o.sim_id
)
SELECT l.iccid, l.amount_fen, l.months, a.fen AS last_fen, a.months AS last_months
FROM batch_line l JOIN last a ON a.sim_id = l.sim_id
WHERE l.batch = $batch AND l.refusal IS NULL
  AND 100 * abs(l.amount_fen::HUGEINT * a.months - a.fen::HUGEINT * l.months) > $percent::HUGEINT * a.fen * l.months
ORDER BY l.line;

-- name: reserved_on
-- Money set aside on one day, spent or not.
SELECT coalesce(sum(amount_fen), 0)::BIGINT FROM reservation WHERE day = $day AND state <> 'released';

-- name: reserved_by_person
-- Money set aside on one day by the batches one person made.
SELECT coalesce(sum(amount_fen), 0)::BIGINT FROM reservation
WHERE day = $day AND person_id = $person_id AND state <> 'released';

-- name: reserved_by_account
-- What every account of a batch would be ordered for on one day with it.
SELECT l.account, sum(l.amount_fen)::BIGINT + coalesce(
    (SELECT sum(r.amount_fen) FROM reservation r WHERE r.day = $day AND r.account = l.account AND r.state <> 'released'), 0
)::BIGINT AS amount_fen
FROM batch_line l WHERE l.batch = $batch AND l.refusal IS NULL
GROUP BY l.account ORDER BY l.account;
