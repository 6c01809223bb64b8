-- name: terminal_networks
-- Everything terminals are known to run, to be judged against a plan.
SELECT networks FROM terminal WHERE networks IS NOT NULL UNION SELECT networks FROM terminal_model ORDER BY networks;

-- name: plan_network
-- The network a plan needs.
SELECT network FROM plan WHERE plan_id = $plan_id;

-- name: judged
-- The cards asked for, each with what it would cost and the first reason why it cannot be ordered for, a key of
-- REFUSALS; null: it can. A cycle is the card's expiry, where the kind has to do with it, else the month or day asked in.
WITH wish AS (
    SELECT unnest($sim_ids::BIGINT[]) AS sim_id, unnest($months_of::INTEGER[]) AS months
),
target AS (
    SELECT plan_id, plan, carrier, kind, term_months FROM plan WHERE plan_id = $plan_id
),
-- Another plan than the card's own costs what the channel that knows the card best asks today.
offer AS (
    SELECT s.account, s.supplier,
        arg_min(struct_pack(term_months := o.term_months, price_fen := o.price_fen), row(
            o.term_months IS DISTINCT FROM p.term_months,
            CASE o.channel WHEN '' THEN 2 WHEN s.account THEN 0 ELSE 1 END,
            -date_diff('day', DATE '2000-01-01', o.valid_from),
            -o.price_id
        )) AS best
    FROM (
        SELECT DISTINCT coalesce(n.account, '') AS account, coalesce(n.supplier, '') AS supplier FROM wish JOIN sim_now n USING (sim_id)
    ) s, target p JOIN price o ON o.plan_id = p.plan_id
    WHERE o.channel IN ('', s.account, s.supplier) AND o.valid_from <= $today AND coalesce(o.valid_to, $today) >= $today
    GROUP BY ALL
),
listed AS (
    SELECT plan_id, term_months, min(price_fen) AS lowest_fen, max(price_fen) AS highest_fen FROM price
    WHERE valid_from <= $today AND coalesce(valid_to, $today) >= $today GROUP BY ALL
),
asked AS (
    SELECT n.sim_id, n.stem, n.status, n.decision, n.auto_renew, n.account, n.carrier, n.plan_id AS own_plan, c.connector,
        c.way_to_pay, n.expires_on, n.act_by, t.networks AS own_networks, m.networks AS model_networks, b.reason AS why,
        -- A renewal that the connection does not take goes out on a list (by_hand).
        CASE WHEN $kind = 'renew' THEN 'yes'
            ELSE coalesce(b.answer, CASE WHEN c.way_to_pay = 'recharge_card' AND $kind = 'recharge' THEN 'yes' ELSE 'no' END) END AS able,
        CASE WHEN $kind IN ('renew', 'recharge') AND n.expires_on IS NOT NULL THEN n.expires_on::VARCHAR ELSE $cycle END AS cycle,
        CASE $kind WHEN 'renew' THEN n.plan_id ELSE $plan_id END AS plan_id,
        CASE $kind WHEN 'renew' THEN n.price_fen WHEN 'add-on' THEN o.best.price_fen END AS price_fen,
        CASE $kind WHEN 'renew' THEN n.term_months WHEN 'add-on' THEN o.best.term_months ELSE 0 END AS term_months,
        CASE $kind WHEN 'renew' THEN coalesce(w.months, $months) END AS wanted_months,
        coalesce(wanted_months, CASE $kind WHEN 'renew' THEN n.term_months WHEN 'add-on' THEN o.best.term_months ELSE 0 END) AS months,
        CASE
            WHEN $kind = 'recharge' THEN $amount_fen::BIGINT
            WHEN $kind NOT IN ('renew', 'add-on') THEN 0
            WHEN $kind = 'renew' THEN n.price_fen * (coalesce(w.months, $months, n.term_months) // n.term_months)
            ELSE o.best.price_fen
        END AS amount_fen
    FROM wish w
    JOIN sim_now n USING (sim_id)
    LEFT JOIN account c ON c.account = n.account AND c.listed
    LEFT JOIN capability b ON b.connector = c.connector AND b.ability = $ability
    LEFT JOIN offer o ON o.account = coalesce(n.account, '') AND o.supplier = coalesce(n.supplier, '')
    LEFT JOIN terminal t ON $kind = 'plan-change' AND t.terminal_key = n.terminal_key
    LEFT JOIN terminal_model m ON $kind = 'plan-change' AND m.brand = t.brand AND m.model = t.model
),
earlier AS (
    SELECT a.sim_id,
        bool_or(s.st IN ('pending', 'submitted', 'unknown', 'needs_review')) AS busy,
        max(o.seq) FILTER (s.st = 'succeeded' AND o.kind = $kind AND split_part(o.key, '|', 4) = a.cycle) AS bought,
        bool_or(s.st = 'failed' AND o.kind = $kind AND split_part(o.key, '|', 4) = a.cycle AND o.account = a.account
            AND NOT coalesce(list_contains($retryable, s.reason), false)
            -- Another recharge card is another try.
            AND NOT ($kind = 'recharge' AND s.reason IS NOT DISTINCT FROM 'pin_refused')
            AND (coalesce(list_contains($hopeless, s.reason), false) OR NOT EXISTS (
                FROM renewal_note n WHERE n.obligation = o.id AND n.repaired AND n.ts >= s.ended_at))) AS not_mended,
        bool_or(s.st IN ('failed', 'cancelled') AND o.id IN (
            SELECT d.obligation FROM difference d WHERE d.closed_at IS NULL AND d.class = 'theirs_only')) AS charged,
        arg_max(struct_pack(amount_fen := t.amount_fen, months := t.months), s.ended_at)
            FILTER (s.st = 'succeeded' AND o.kind = $kind AND t.months > 0) AS last
    FROM asked a
    JOIN obligation o ON o.sim_id = a.sim_id
    JOIN state s ON s.obligation = o.id
    LEFT JOIN attempt t ON t.obligation = s.obligation AND t.n = s.n
    GROUP BY a.sim_id
)
SELECT a.sim_id, a.stem, a.expires_on, a.act_by, a.months, a.amount_fen, a.cycle, a.plan_id, g.plan, a.why,
    least($seq::INTEGER, coalesce(e.bought, 0) + 1) AS seq,
    coalesce($kind = 'renew' AND a.expires_on > $far, false) AS far,
    coalesce(a.amount_fen::HUGEINT * e.last.months <> e.last.amount_fen::HUGEINT * a.months, false) AS price_off,
    CASE
        WHEN list_contains($gone, a.status) THEN 'not_live'
        WHEN list_contains($not_begun, a.status) THEN 'not_in_use'
        WHEN $kind IN ('renew', 'recharge') AND a.decision = 'decline' THEN 'declined'
        WHEN $kind = 'renew' AND a.expires_on IS NULL THEN 'no_expiry'
        WHEN $kind = 'renew' AND a.auto_renew THEN 'auto_renew'
        WHEN a.connector IS NULL THEN 'no_account'
        WHEN a.able = 'no' THEN 'not_able'
        WHEN $kind = 'recharge' AND a.able <> 'yes' AND a.way_to_pay <> 'recharge_card' THEN 'no_recharge'
        WHEN $kind = 'recharge' AND a.account IN (SELECT account FROM recharge_lock) THEN 'pin_lock'
        WHEN $kind IN ('add-on', 'plan-change') AND a.status NOT IN ('active', 'stopped_quota') THEN 'not_running'
        WHEN $kind = 'suspend' AND a.status <> 'active' THEN 'not_running'
        WHEN $kind IN ('add-on', 'plan-change') AND a.expires_on < $today THEN 'plan_over'
        WHEN $kind = 'resume' AND a.status = 'stopped_expired' THEN 'plan_over'
        WHEN $kind = 'resume' AND (a.status LIKE 'stopped_%' AND a.status <> 'stopped_manual' OR a.status = 'pre_cancel') THEN 'stop_forbids'
        WHEN $kind = 'resume' AND a.status NOT IN ('stopped_manual', 'number_kept') THEN 'not_stopped'
        WHEN $kind IN ('add-on', 'plan-change') AND g.plan_id IS NULL THEN 'no_plan'
        WHEN $kind IN ('add-on', 'plan-change') AND g.carrier NOT IN ('', a.carrier) THEN 'other_carrier'
        WHEN $kind = 'add-on' AND g.kind <> 'add-on' THEN 'not_add_on'
        WHEN $kind = 'plan-change' AND g.kind <> 'main' THEN 'not_main'
        WHEN $kind = 'plan-change' AND g.plan_id = a.own_plan THEN 'same_plan'
        WHEN list_contains($unfit_networks::VARCHAR[], coalesce(a.own_networks, a.model_networks)) THEN 'plan_unfit'
        WHEN $kind = 'recharge' AND coalesce(a.amount_fen, 0) <= 0 THEN 'no_amount'
        WHEN e.busy OR a.sim_id IN (
            SELECT l.sim_id FROM batch_line l JOIN batch b ON b.id = l.batch
            WHERE b.state IN ('draft', 'proposed') AND l.refusal IS NULL) THEN 'other_batch'
        WHEN e.bought >= $seq THEN CASE $kind WHEN 'renew' THEN 'already_renewed' ELSE 'already_bought' END
        WHEN e.charged THEN 'charged'
        WHEN e.not_mended THEN 'not_repaired'
        WHEN $kind IN ('renew', 'add-on') AND (coalesce(a.price_fen, 0) = 0 OR coalesce(a.term_months, 0) = 0) THEN 'no_price'
        WHEN $kind = 'renew' AND (a.wanted_months < 1 OR a.wanted_months % a.term_months <> 0) THEN 'bad_months'
        WHEN $kind IN ('renew', 'add-on') AND coalesce(a.price_fen NOT BETWEEN p.lowest_fen AND p.highest_fen, true) THEN 'off_list'
        WHEN a.amount_fen > $item_max_fen THEN 'item_cap'
        WHEN $price_jump_percent > 0 AND 100 * abs(a.amount_fen::HUGEINT * e.last.months - e.last.amount_fen::HUGEINT * a.months)
            > $price_jump_percent::HUGEINT * e.last.amount_fen * a.months THEN 'price_jump'
    END AS refusal
FROM asked a
LEFT JOIN target g ON true
LEFT JOIN earlier e USING (sim_id)
LEFT JOIN listed p ON p.plan_id = a.plan_id AND p.term_months = a.term_months;

-- name: counted
-- How many of the cards asked for can be ordered for how much, or are refused why.
WITH judged AS ({judged})
SELECT refusal, far, count(*) AS cards, coalesce(sum(amount_fen), 0)::BIGINT AS amount_fen FROM judged GROUP BY ALL;

-- name: candidates
-- The cards asked for, or some of them, with everything a line holds and a person sees; nearest act-by date first.
WITH judged AS ({judged}),
chosen AS (
    SELECT * FROM judged WHERE {which} ORDER BY act_by NULLS LAST, expires_on NULLS LAST, stem LIMIT $limit OFFSET $offset
)
SELECT n.sim_id, n.iccid, n.msisdn, n.carrier, n.account, n.status, n.terminal_id, n.merchant, n.expires_on, n.anchor_day,
    n.act_by, n.unfit, n.plan AS card_plan, n.price_fen AS card_price_fen, coalesce(h.plan_id, n.plan_id) AS plan_id,
    coalesce(h.plan, n.plan) AS plan, c.payee, c.expiry_rule, h.months, h.amount_fen, h.cycle, h.seq, h.far, h.price_off,
    h.refusal, CASE WHEN h.refusal = 'not_able' THEN h.why END AS why,
    CASE WHEN h.refusal = 'other_batch' THEN (SELECT max(r.batch) FROM under_way r WHERE r.sim_id = h.sim_id) END AS in_batch
FROM chosen h JOIN sim_now n USING (sim_id)
LEFT JOIN account c ON c.account = n.account AND c.listed
ORDER BY n.act_by NULLS LAST, n.expires_on NULLS LAST, n.stem;
