-- name: count_to_approve
-- Batches that wait for approval.
SELECT count(*) FROM batch WHERE state = 'proposed';

-- name: to_approve
-- A page of the batches that wait for approval, nearest act-by date first.
SELECT b.id AS batch
FROM batch b
LEFT JOIN batch_line l ON l.batch = b.id AND l.refusal IS NULL
LEFT JOIN sim_now n ON n.sim_id = l.sim_id
WHERE b.state = 'proposed'
GROUP BY b.id ORDER BY min(n.act_by) NULLS LAST, b.id LIMIT $limit OFFSET $offset;

-- name: weighed
-- The orderable lines of a batch, each with what its card cost the last time and with all that is odd about it.
WITH last AS (
    SELECT o.sim_id, arg_max(t.amount_fen, s.ended_at) AS fen, arg_max(t.months, s.ended_at) AS months
    FROM batch b
    JOIN batch_line l ON l.batch = b.id AND l.refusal IS NULL
    JOIN obligation o ON o.sim_id = l.sim_id AND o.kind = b.kind
    JOIN state s ON s.obligation = o.id AND s.st = 'succeeded'
    JOIN attempt t ON t.obligation = s.obligation AND t.n = s.n
    WHERE b.id = $batch GROUP BY o.sim_id
)
SELECT l.line, l.iccid, m.terminal_id, m.merchant, m.carrier, l.account, l.plan, l.months, l.amount_fen, l.old_expiry, l.new_expiry,
    m.expires_on, m.act_by, a.fen AS last_fen,
    coalesce(m.expires_on > l.old_expiry, false) AS renewed_elsewhere,
    coalesce(m.expires_on < l.old_expiry, false) OR (m.expires_on IS NULL AND l.old_expiry IS NOT NULL) AS expiry_moved,
    l.seq > 1 AS second,
    coalesce(m.decision = 'decline', false) AS declined,
    m.unfit IS NOT NULL AS plan_unfit,
    coalesce(l.amount_fen::HUGEINT * a.months <> a.fen::HUGEINT * l.months, false) AS price_off,
    b.kind = 'renew' AND coalesce(l.old_expiry > (b.proposed_at AT TIME ZONE 'Asia/Shanghai')::DATE + $far_days::INTEGER, false) AS far_ahead,
    b.kind = 'renew' AND coalesce(m.act_by <= $today AND m.terminal_key IS NOT NULL AND NOT list_contains($stopped, m.status), false) AS dark
FROM batch b
JOIN batch_line l ON l.batch = b.id AND l.refusal IS NULL
LEFT JOIN sim_now m ON m.sim_id = l.sim_id
LEFT JOIN last a ON a.sim_id = l.sim_id
WHERE b.id = $batch;

-- name: weigh
-- A batch on the scales: what its cards cost the last time, how many are odd, how many go dark.
WITH weighed AS ({weighed})
SELECT min(act_by) AS first_act_by, count(last_fen) AS last_items, coalesce(sum(last_fen), 0)::BIGINT AS last_fen,
    coalesce(sum(amount_fen) FILTER (last_fen IS NOT NULL), 0)::BIGINT AS now_fen,
    count(*) FILTER (dark) AS dark, min(old_expiry) FILTER (dark) AS first_dark,
    count(*) FILTER (renewed_elsewhere) AS renewed_elsewhere, count(*) FILTER (expiry_moved) AS expiry_moved,
    count(*) FILTER (second) AS second, count(*) FILTER (declined) AS declined, count(*) FILTER (plan_unfit) AS plan_unfit,
    count(*) FILTER (price_off) AS price_off, count(*) FILTER (far_ahead) AS far_ahead,
    coalesce(sum(amount_fen) FILTER (far_ahead), 0)::BIGINT AS far_fen
FROM weighed;

-- name: odd_lines
-- The lines that are odd, worst first, each with its worst oddity.
WITH weighed AS ({weighed}),
judged AS (
    SELECT *, CASE
        WHEN renewed_elsewhere THEN 'renewed_elsewhere'
        WHEN expiry_moved THEN 'expiry_moved'
        WHEN second THEN 'second'
        WHEN declined THEN 'declined'
        WHEN plan_unfit THEN 'plan_unfit'
        WHEN price_off THEN 'price_off'
        WHEN far_ahead THEN 'far_ahead'
    END AS odd
    FROM weighed
)
SELECT iccid, odd, terminal_id, merchant, carrier, account, plan, months, amount_fen, last_fen, old_expiry, expires_on, new_expiry
FROM judged WHERE odd IS NOT NULL
ORDER BY list_position(['renewed_elsewhere', 'expiry_moved', 'second', 'declined', 'plan_unfit', 'price_off'], odd) NULLS LAST, line
LIMIT $limit;

-- name: cheaper
-- What the lines of a batch buy, by plan, term and price, with the cheapest valid offer of the same carrier and network
-- that holds as much data.
WITH bought AS (
    SELECT l.plan_id, l.plan, l.account, coalesce(m.supplier, '') AS supplier, m.carrier, l.months, l.amount_fen, count(*) AS sims
    FROM batch b JOIN batch_line l ON l.batch = b.id AND l.refusal IS NULL JOIN sim_now m ON m.sim_id = l.sim_id
    WHERE b.id = $batch AND b.kind = 'renew' GROUP BY ALL
),
offers AS (
    SELECT g.*, q.plan AS other_plan, o.price_fen * (g.months // o.term_months) AS other_fen
    FROM bought g
    JOIN plan p ON p.plan_id = g.plan_id
    JOIN plan q ON q.kind = 'main' AND q.carrier IN ('', g.carrier) AND q.network = p.network AND q.quota_bytes >= p.quota_bytes
    JOIN price o ON o.plan_id = q.plan_id
    WHERE o.channel IN ('', g.account, g.supplier) AND g.months % o.term_months = 0
      AND o.valid_from <= $today AND coalesce(o.valid_to, $today) >= $today
)
SELECT plan, months, sum(sims)::BIGINT AS sims, amount_fen, best.plan AS other_plan, best.fen AS other_fen,
    sum(sims * (amount_fen - best.fen))::BIGINT AS saved_fen
FROM (
    SELECT plan_id, plan, account, supplier, months, amount_fen, any_value(sims) AS sims,
        arg_min(struct_pack(plan := other_plan, fen := other_fen), other_fen) AS best
    FROM offers GROUP BY plan_id, plan, account, supplier, months, amount_fen
)
WHERE best.fen < amount_fen
GROUP BY plan, months, amount_fen, best.plan, best.fen
ORDER BY saved_fen DESC, plan LIMIT $limit;
