-- name: to_place_by_payee
-- What has to be ordered today at the latest, per payee; the most urgent first.
SELECT payee, count(*) AS sims, coalesce(sum(price_fen), 0)::BIGINT AS amount_fen,
    count(*) FILTER (price_fen IS NULL) AS unpriced, count(*) FILTER (expires_on < $today) AS expired,
    min(act_by) AS first_act_by, list_sort(list(DISTINCT account) FILTER (account IS NOT NULL)) AS accounts
FROM sim_now WHERE {where} GROUP BY payee ORDER BY first_act_by, payee;

-- name: went_dark
-- Terminals that lost their card's service since the last working day, the largest takings first, with the instant it
-- was noticed.
SELECT {shown}, c.dark_at FROM sim_now n
SEMI JOIN (SELECT sim_id FROM sim_now WHERE {where} ORDER BY {order} LIMIT $limit) USING (sim_id)
LEFT JOIN (
    SELECT sim_id, max(ts) AS dark_at FROM sim_change WHERE field = 'status' AND ts >= $since_ts GROUP BY sim_id
) c ON c.sim_id = n.sim_id
LEFT JOIN renewing r ON r.sim_id = n.sim_id
ORDER BY {order};

-- name: days_lost
-- Of the days ahead, those a terminal stands still: all where the card is stopped, else those after its expiry.
CASE WHEN status LIKE 'stopped_%' OR status IN ('number_kept', 'pre_cancel') THEN $ahead_days::INTEGER
    ELSE greatest(0, least($ahead_days::INTEGER, $today - expires_on - 1 + $ahead_days::INTEGER)) END;

-- name: at_risk
-- What is lost in the days to come if nobody acts: takings where they are known, days of standing still otherwise.
SELECT
    count(*) FILTER (monthly_takings_fen IS NOT NULL) AS known_sims,
    coalesce(sum(monthly_takings_fen * days_lost // 30), 0)::BIGINT AS lost_fen,
    coalesce(sum(days_lost) FILTER (monthly_takings_fen IS NOT NULL), 0)::BIGINT AS known_days,
    count(*) FILTER (monthly_takings_fen IS NULL) AS unknown_sims,
    coalesce(sum(days_lost) FILTER (monthly_takings_fen IS NULL), 0)::BIGINT AS unknown_days
FROM (
    SELECT monthly_takings_fen,
        {days_lost} AS days_lost
    FROM sim_now WHERE {where}
) WHERE days_lost > 0;

-- name: at_risk_rows
-- The cards whose loss would be largest, by takings × days, then by days.
SELECT n.sim_id, n.terminal_key, n.terminal_id, n.merchant, n.city, n.act_by, chosen.days_lost,
    n.monthly_takings_fen * chosen.days_lost // 30 AS lost_fen
FROM sim_now n
JOIN (
    SELECT sim_id,
        {days_lost} AS days_lost
    FROM sim_now WHERE {where} AND days_lost > 0
    ORDER BY monthly_takings_fen * days_lost DESC NULLS LAST, days_lost DESC, sim_id LIMIT $limit
) chosen ON chosen.sim_id = n.sim_id
ORDER BY lost_fen DESC NULLS LAST, days_lost DESC, n.sim_id;

-- name: data_age
-- How old what we know is, per carrier: the newest usage figure, the last time any source spoke, cards without a figure
-- of the last two days.
SELECT carrier, count(*) AS sims, max(used_as_of) AS usage_as_of, max(observed_at) AS seen_at,
    count(*) FILTER (used_as_of IS NULL OR used_as_of < $stale_before) AS stale_sims
FROM sim_now WHERE live GROUP BY carrier ORDER BY sims DESC, carrier;

-- name: figures_now
-- Three of the four figures as they are this minute; the fourth is the length of the list of what to place.
SELECT
    count(*) FILTER (
        terminal_status = 'in_use' AND decision IS DISTINCT FROM 'decline'
        AND (status LIKE 'stopped_%' OR status IN ('number_kept', 'pre_cancel'))
    ) AS dark,
    count(*) FILTER (used_share > 1) AS over_quota,
    coalesce(sum(used_bytes), 0)::BIGINT AS used_bytes
FROM sim_now WHERE live;

-- name: to_place
-- How long the list of what to place is.
SELECT count(*) FROM sim_now WHERE {where};

-- name: figures_before
-- The same figures at the end of the days before.
SELECT day, to_place, dark, over_quota, used_bytes FROM fleet_day WHERE day > $today - 30 AND day < $today ORDER BY day;

-- name: late_lists
-- Lists whose usual answer day has passed with orders still open, per payee.
SELECT w.payee, count(DISTINCT w.id) AS lists, count(*) AS orders, sum(t.amount_fen)::BIGINT AS amount_fen,
    min(w.answer_by) AS answer_by, $today - min(w.answer_by) AS days, string_agg(DISTINCT a.support, ' / ' ORDER BY a.support) AS support
FROM worklist w
JOIN worklist_item i ON i.worklist = w.id
JOIN state s ON s.obligation = i.obligation AND s.n = i.n
JOIN attempt t ON t.obligation = i.obligation AND t.n = i.n
LEFT JOIN account a ON a.account = w.account
WHERE w.answer_by < $today AND s.st IN ('submitted', 'unknown')
GROUP BY w.payee ORDER BY answer_by, w.payee;

-- name: late_batches
-- Batches with renewals that wait for an approval or for their turn although their act-by date has passed.
SELECT u.batch, b.state, count(*) AS orders, sum(l.amount_fen)::BIGINT AS amount_fen, min(n.act_by) AS act_by,
    $today - min(n.act_by) AS days, p.name AS maker, b.note
FROM under_way u
JOIN batch b ON b.id = u.batch
JOIN batch_line l ON l.batch = u.batch AND l.sim_id = u.sim_id
JOIN sim_now n ON n.sim_id = u.sim_id
LEFT JOIN person p ON p.person_id = b.maker
WHERE u.kind IN ('renew', 'recharge') AND u.item_state IN ('proposed', 'pending') AND l.refusal IS NULL AND n.act_by < $today
GROUP BY ALL ORDER BY act_by, u.batch LIMIT $limit;
