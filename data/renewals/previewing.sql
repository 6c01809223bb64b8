-- name: judged
-- The cards asked for, each with the first reason why it cannot be ordered, a key of REFUSALS; null: it can.
WITH asked AS (
    SELECT n.sim_id, n.stem, n.status, n.decision, n.auto_renew, n.account, c.connector, n.price_fen, n.term_months,
        n.expires_on, n.act_by, coalesce(w.months, $months) AS months
    FROM (SELECT unnest($sim_ids::BIGINT[]) AS sim_id, unnest($months_of::INTEGER[]) AS months) w
    JOIN sim_now n USING (sim_id)
    LEFT JOIN account c ON c.account = n.account AND c.listed
),
earlier AS (
    SELECT a.sim_id,
        bool_or(s.st IN ('pending', 'submitted', 'unknown', 'needs_review')) AS busy,
        bool_or(s.st = 'succeeded' AND o.old_expiry = a.expires_on) AS bought,
        bool_or(s.st = 'failed' AND o.old_expiry = a.expires_on AND o.account = a.account
            AND NOT coalesce(list_contains($retryable, s.reason), false)
            AND (coalesce(list_contains($hopeless, s.reason), false) OR NOT EXISTS (
                FROM renewal_note n WHERE n.obligation = o.id AND n.repaired AND n.ts >= s.ended_at))) AS not_mended
    FROM asked a JOIN obligation o ON o.sim_id = a.sim_id JOIN state s ON s.obligation = o.id
    GROUP BY a.sim_id
)
SELECT a.sim_id, a.stem, a.price_fen, a.term_months, a.expires_on, a.act_by, a.months,
    CASE
        WHEN list_contains($gone, a.status) THEN 'not_live'
        WHEN list_contains($not_begun, a.status) THEN 'not_in_use'
        WHEN a.decision = 'decline' THEN 'declined'
        WHEN a.expires_on IS NULL THEN 'no_expiry'
        WHEN a.auto_renew THEN 'auto_renew'
        WHEN a.connector IS NULL THEN 'no_account'
        WHEN a.connector = 'offline' THEN 'offline_lane'
        WHEN e.busy OR a.sim_id IN (
            SELECT l.sim_id FROM batch_line l JOIN batch b ON b.id = l.batch
            WHERE b.state IN ('draft', 'proposed') AND l.refusal IS NULL) THEN 'other_batch'
        WHEN e.bought THEN 'already_renewed'
        WHEN e.not_mended THEN 'not_repaired'
        WHEN coalesce(a.price_fen, 0) = 0 OR coalesce(a.term_months, 0) = 0 THEN 'no_price'
        WHEN a.months < 1 OR a.months % a.term_months <> 0 THEN 'bad_months'
    END AS refusal
FROM asked a LEFT JOIN earlier e USING (sim_id);

-- name: counted
-- How many of the cards asked for can be ordered or are refused why, by all that their price depends on.
WITH judged AS ({judged})
SELECT refusal, coalesce(expires_on > $far, false) AS far, price_fen, term_months, months, count(*) AS cards
FROM judged GROUP BY ALL;

-- name: candidates
-- The cards asked for, or some of them, with everything a line holds and a person sees; nearest act-by date first.
WITH judged AS ({judged}),
chosen AS (
    SELECT sim_id, refusal, months FROM judged WHERE {which}
    ORDER BY act_by NULLS LAST, expires_on NULLS LAST, stem LIMIT $limit OFFSET $offset
)
SELECT n.sim_id, n.iccid, n.msisdn, n.carrier, n.account, n.terminal_id, n.merchant, n.plan_id, n.plan, n.price_fen,
    n.term_months, n.expires_on, n.anchor_day, n.act_by, n.unfit, c.payee, c.expiry_rule, h.months, h.refusal,
    CASE WHEN h.refusal = 'other_batch' THEN (SELECT max(r.batch) FROM renewing r WHERE r.sim_id = h.sim_id) END AS in_batch
FROM chosen h JOIN sim_now n USING (sim_id)
LEFT JOIN account c ON c.account = n.account AND c.listed
ORDER BY n.act_by NULLS LAST, n.expires_on NULLS LAST, n.stem;
