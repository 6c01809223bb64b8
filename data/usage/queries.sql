-- name: by_plan
-- Month to date per plan, those that cost overage first.
SELECT plan_id, p.plan, p.carrier, p.network, u.* EXCLUDE (plan_id) FROM (
SELECT plan_id, count(*) AS sims, count(used_bytes) AS with_figures,
    coalesce(sum(quota_bytes), 0)::BIGINT AS quota_bytes, coalesce(sum(used_bytes), 0)::BIGINT AS used_bytes,
    count(*) FILTER (used_share > 1) AS over_sims, coalesce(sum(overage_fen), 0)::BIGINT AS overage_fen,
    count(*) FILTER (exhausts_on > $today) AS running_out, count(*) FILTER (idle_months >= $idle_months) AS idle_sims,
    max(used_as_of) AS as_of
FROM sim_now WHERE live GROUP BY plan_id
) u LEFT JOIN plan p USING (plan_id)
ORDER BY overage_fen DESC, sims DESC, plan LIMIT $limit;

-- name: by_carrier
-- Month to date per carrier, with how old the oldest and the newest figure is.
SELECT carrier, count(*) AS sims, count(used_bytes) AS with_figures,
    coalesce(sum(quota_bytes), 0)::BIGINT AS quota_bytes, coalesce(sum(used_bytes), 0)::BIGINT AS used_bytes,
    count(*) FILTER (used_share > 1) AS over_sims, coalesce(sum(overage_fen), 0)::BIGINT AS overage_fen,
    count(*) FILTER (exhausts_on > $today) AS running_out, count(*) FILTER (idle_months >= $idle_months) AS idle_sims,
    min(used_as_of) AS oldest_as_of, max(used_as_of) AS as_of
FROM sim_now WHERE live GROUP BY ALL ORDER BY sims DESC, carrier;

-- name: idle_months
-- From how many months without a byte on a card counts as unused.
SELECT idle_months FROM yardstick;

-- name: totals
-- What the whole fleet adds up to.
SELECT count(*) AS sims, count(used_bytes) AS with_figures, coalesce(sum(used_bytes), 0)::BIGINT AS used_bytes,
    count(*) FILTER (used_share > 1) AS over_sims, coalesce(sum(overage_fen), 0)::BIGINT AS overage_fen,
    count(*) FILTER (used_share <= 1 AND exhausts_on IS NOT NULL) AS running_out,
    count(*) FILTER (idle_months >= $idle_months AND status NOT IN ('stock', 'silent', 'test')) AS idle_sims,
    coalesce(sum(price_fen * 12 // term_months)
        FILTER (idle_months >= $idle_months AND status NOT IN ('stock', 'silent', 'test')
            AND decision IS DISTINCT FROM 'decline'), 0)::BIGINT AS idle_yearly_fen,
    max(used_as_of) AS as_of
FROM sim_now WHERE live;

-- name: carrier_days
-- Bytes per carrier and day.
SELECT day, carrier, used_bytes, sims FROM carrier_day WHERE day > $today - $days::INTEGER AND day <= $today ORDER BY ALL;

-- name: usage_of
-- One card's days.
SELECT day, used_bytes FROM usage_day
WHERE sim_id = $sim_id AND day > $today - $days::INTEGER AND day <= $today ORDER BY day;
