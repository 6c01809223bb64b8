-- name: offers
-- Every offer that is valid on a day, with its plan and what a card-month and a gigabyte-month cost.
SELECT p.plan_id, p.plan, p.carrier, p.network, p.quota_bytes, o.channel, o.term_months, o.price_fen, o.valid_from, o.valid_to,
    o.price_fen / o.term_months AS fen_per_month,
    o.price_fen / o.term_months / nullif(p.quota_bytes / 1073741824, 0) AS fen_per_gb_month
FROM plan p JOIN price o USING (plan_id)
WHERE o.valid_from <= $today AND coalesce(o.valid_to, $today) >= $today
ORDER BY p.carrier, p.plan, o.channel, o.term_months LIMIT $limit;

-- name: without_price
-- Plans that live cards have and no valid offer covers, those with most cards first.
SELECT p.plan_id, p.plan, p.carrier, p.network, p.provisional, count(*) AS sims, count(*) FILTER (n.due) AS due_sims
FROM plan p JOIN sim_now n USING (plan_id) WHERE n.live AND n.price_fen IS NULL
GROUP BY ALL ORDER BY due_sims DESC, sims DESC, p.plan LIMIT $limit;
