-- name: all_sims
-- The ids of every card, those that end first ahead.
SELECT sim_id FROM sim ORDER BY expires_on, sim_id;

-- name: terms_of_wanted
-- Which dates have to be computed: one row per account and expiry, with what the account demands.
SELECT DISTINCT s.account, s.expires_on, a.last_order_day, a.working_days, a.cancel_after_days
FROM sim s SEMI JOIN wanted USING (sim_id) LEFT JOIN account a ON a.account = s.account
WHERE s.expires_on IS NOT NULL;

-- name: silences_of_wanted
-- Which ends of silent periods have to be computed: one row per account and day of delivery.
SELECT DISTINCT s.account, s.delivered_on, a.silent_months
FROM sim s SEMI JOIN wanted USING (sim_id) JOIN account a ON a.account = s.account
WHERE s.delivered_on IS NOT NULL AND a.silent_months IS NOT NULL AND s.status IN ('stock', 'silent', 'test');

-- name: networks
-- Every pair of a plan's network and what a terminal can run, to be judged once.
SELECT p.network AS plan_network, t.networks
FROM (SELECT DISTINCT network FROM plan WHERE network IS NOT NULL) p
CROSS JOIN (
    SELECT networks FROM terminal WHERE networks IS NOT NULL UNION SELECT networks FROM terminal_model
) t;

-- name: yardstick
-- What is measured with.
SELECT due_days, idle_months, silent_days, digest FROM yardstick;

-- name: set_yardstick
-- Measure with this from here on.
INSERT INTO yardstick (one, due_days, idle_months, silent_days, digest)
VALUES (1, $due_days, $idle_months, $silent_days, $digest)
ON CONFLICT (one) DO UPDATE SET due_days = excluded.due_days, idle_months = excluded.idle_months,
    silent_days = excluded.silent_days, digest = excluded.digest;

-- name: demands
-- What the accounts demand, as far as it stands in sim_now.
SELECT account, connector, payee, last_order_day, working_days, cancel_after_days, silent_months FROM account ORDER BY account;

-- name: made_on
-- Whether every card's row was made on this day.
SELECT count(*) > 0 FROM fleet_day WHERE day = $today;

-- name: holidays
-- The home's own days.
SELECT day, works FROM holiday;

-- name: forget_holidays
-- The home's own days are written anew.
DELETE FROM holiday;

-- name: add_holiday
-- One day of holidays.toml.
INSERT INTO holiday (day, works) VALUES ($day, $works);

-- name: forget_wanted
-- The rows that are made anew.
DELETE FROM sim_now WHERE sim_id IN (SELECT sim_id FROM wanted);

-- name: forget_all
-- All rows are made anew.
DELETE FROM sim_now;

-- name: make_rows
-- One row per wanted card, with all that a page shows or a person searches. Ordered by act_by, so that lists of what is
-- due read a few row groups only. Forecast: the quota's end at the mean of the last days with figures, else of the month.
INSERT INTO sim_now BY NAME
SELECT * EXCLUDE (words, in_service) FROM (
WITH
card AS (
    SELECT * FROM sim SEMI JOIN wanted USING (sim_id)
),
-- Offers a card may be renewed with today, best first: the plan's own term, then the channel that knows the card best.
wish AS (
    SELECT DISTINCT plan_id, coalesce(account, '') AS account, coalesce(supplier, '') AS supplier
    FROM card WHERE plan_id IS NOT NULL
),
offer AS (
    SELECT w.plan_id, w.account, w.supplier,
        arg_min(struct_pack(term_months := o.term_months, price_fen := o.price_fen), row(
            o.term_months IS DISTINCT FROM p.term_months,
            CASE o.channel WHEN '' THEN 2 WHEN w.account THEN 0 ELSE 1 END,
            -date_diff('day', DATE '2000-01-01', o.valid_from),
            -o.price_id
        )) AS best
    FROM wish w JOIN plan p USING (plan_id) JOIN price o USING (plan_id)
    WHERE o.channel IN ('', w.account, w.supplier)
        AND o.valid_from <= $today AND coalesce(o.valid_to, $today) >= $today
    GROUP BY ALL
),
-- Bit n of the mask is set when the n-th month before this one is known to be without a byte.
months AS (
    SELECT sim_id, max(used_bytes) FILTER (month = $month) AS used_bytes, max(as_of) FILTER (month = $month) AS as_of,
        bit_or(CASE WHEN used_bytes = 0 THEN 1 << greatest(date_diff('month', month, $month) - 1, 0) ELSE 0 END)
            FILTER (month < $month) AS mask
    FROM usage_month SEMI JOIN wanted USING (sim_id)
    WHERE month <= $month AND month >= $month - INTERVAL 24 MONTH GROUP BY sim_id
),
lately AS (
    SELECT sim_id, avg(used_bytes)::BIGINT AS daily_bytes
    FROM usage_day SEMI JOIN wanted USING (sim_id)
    WHERE day >= $today - 14 AND day <= $today GROUP BY sim_id
),
-- Month to date: what the card's own source says of this month, or the month's figure, whichever is more.
told AS (
    SELECT sim_id, coalesce(c.quota_bytes, p.quota_bytes) AS quota, c.as_of AS told_as_of,
        coalesce(c.used_bytes, quota - c.left_bytes) AS told_bytes
    FROM card c LEFT JOIN plan p USING (plan_id)
    WHERE timezone('Asia/Shanghai', c.as_of)::DATE >= $month
),
used AS (
    SELECT c.sim_id,
        greatest(m.used_bytes, t.told_bytes) AS month_bytes,
        greatest(m.as_of, t.told_as_of) AS month_as_of,
        least(coalesce(timezone('Asia/Shanghai', month_as_of)::DATE, $today), $today) AS used_day,
        coalesce(l.daily_bytes, month_bytes // day(used_day)) AS daily_bytes,
        CASE WHEN month_bytes > 0 THEN 0
            WHEN m.mask IS NOT NULL THEN log2((m.mask + 1) & ~m.mask)::INTEGER END AS idle_months
    FROM card c
    LEFT JOIN months m ON m.sim_id = c.sim_id
    LEFT JOIN told t ON t.sim_id = c.sim_id
    LEFT JOIN lately l ON l.sim_id = c.sim_id
),
machine AS (
    SELECT * FROM terminal SEMI JOIN card USING (terminal_key)
),
holder AS (
    SELECT t.*, coalesce(t.networks, tm.networks) AS can_run,
        m.merchant_no, m.name AS merchant, m.region, m.city, m.closed,
        greatest(t.last_trade_on, timezone('Asia/Shanghai', t.last_seen_at)::DATE) AS last_sign_on,
        coalesce(t.contact_name, m.contact_name) AS who, coalesce(t.contact_phone, m.contact_phone) AS phone,
        g.agent_id AS agent_id_now, coalesce(g.name, g.agent_no) AS agent
    FROM machine t
    LEFT JOIN terminal_model tm ON tm.brand = t.brand AND tm.model = t.model
    LEFT JOIN (SELECT * FROM merchant SEMI JOIN machine USING (merchant_id)) m ON m.merchant_id = t.merchant_id
    LEFT JOIN agent g ON g.agent_id = coalesce(t.agent_id, m.agent_id)
),
-- A decision to renew is used up by the renewal: the next term is decided anew.
decided AS (
    SELECT c.sim_id, c.decision, c.decision_reason, c.decision_evidence, if(c.decided_by = 0, 'system', e.name) AS decider,
        c.decided_on, c.decision_confirmed_on
    FROM card c LEFT JOIN plan p USING (plan_id) LEFT JOIN person e ON e.person_id = c.decided_by
    WHERE c.decision IS NOT NULL
        AND NOT coalesce(c.decision = 'renew' AND c.decided_on <= c.expires_on - to_months(p.term_months), false)
),
-- The newest card in service that came into the same terminal after this one.
later AS (
    SELECT c.sim_id, arg_max(s.iccid, row(coalesce(s.activated_on, DATE '1970-01-01'), s.sim_id)) AS successor
    FROM card c JOIN sim s ON s.terminal_key = c.terminal_key
    WHERE s.status = 'active'
        AND row(coalesce(s.activated_on, DATE '1970-01-01'), s.sim_id)
            > row(coalesce(c.activated_on, DATE '1970-01-01'), c.sim_id)
    GROUP BY c.sim_id
)
SELECT
    c.sim_id, c.stem, c.iccid, c.imsi, c.msisdn, c.carrier, c.account, a.connector, a.payee, c.supplier,
    c.plan_id, p.plan, p.network, coalesce(o.best.term_months, p.term_months) AS term_months, o.best.price_fen AS price_fen,
    c.status, c.auto_renew, c.activated_on, c.expires_on, c.anchor_day, d.act_by, d.cancel_by,
    CASE WHEN c.status IN ('stock', 'silent', 'test') THEN coalesce(c.silent_until, q.silent_until) END AS silent_until, w.decision,
    w.decision_reason, w.decision_evidence, w.decider, w.decided_on, w.decision_confirmed_on,
    c.status NOT IN ('cancelled', 'replaced', 'lost') AS live,
    coalesce(
        c.expires_on <= $today + $due_days
        AND c.status NOT IN ('cancelled', 'replaced', 'lost', 'stock', 'silent', 'test')
        AND c.decision IS DISTINCT FROM 'decline',
        false
    ) AS due,
    -- A card that is stopped has no usage and lets its terminal not trade: its silence proves nothing.
    c.status IN ('active', 'unknown') AS in_service,
    h.last_sign_on, b.successor,
    CASE WHEN c.status NOT IN ('cancelled', 'replaced', 'lost', 'stock', 'silent', 'test') THEN nullif(concat_ws(' ',
        CASE h.status WHEN 'withdrawn' THEN 'terminal_withdrawn' WHEN 'stock' THEN 'terminal_stock' END,
        CASE WHEN h.closed THEN 'merchant_closed' END,
        CASE WHEN b.successor IS NOT NULL THEN 'replaced' END,
        CASE WHEN in_service AND h.last_sign_on < $today - $silent_days::INTEGER THEN 'silent' END,
        CASE WHEN in_service AND u.idle_months >= $idle_months THEN 'idle' END
    ), '') END AS evidence,
    c.terminal_key, h.terminal_id, h.serial_no, h.imei, h.brand, h.model, h.status AS terminal_status, h.last_trade_on,
    h.monthly_takings_fen, h.branch, h.site, h.merchant_id, h.merchant_no, h.merchant, h.region, h.city,
    h.who AS contact_name, h.phone AS contact_phone, h.agent_id_now AS agent_id, h.agent,
    coalesce(c.quota_bytes, p.quota_bytes) AS quota_bytes, u.month_bytes AS used_bytes, u.month_as_of AS used_as_of,
    u.month_bytes / nullif(coalesce(c.quota_bytes, p.quota_bytes), 0) AS used_share, u.daily_bytes,
    CASE
        WHEN u.month_bytes >= coalesce(c.quota_bytes, p.quota_bytes) THEN u.used_day
        WHEN u.daily_bytes > 0
            AND (coalesce(c.quota_bytes, p.quota_bytes) - u.month_bytes) / u.daily_bytes <= last_day($today) - u.used_day
            THEN u.used_day + ceil((coalesce(c.quota_bytes, p.quota_bytes) - u.month_bytes) / u.daily_bytes)::INTEGER
    END AS exhausts_on,
    -- Whole fen, rounded half up; a millifen per MB is a 1,048,576,000th of a fen per byte.
    ((greatest(u.month_bytes - coalesce(c.quota_bytes, p.quota_bytes), 0)::HUGEINT * p.overage_millifen_per_mb + 524288000)
        // 1048576000)::BIGINT AS overage_fen,
    u.idle_months, f.unfit, c.purchase_batch, c.pool, c.tags, c.observed_at,
    concat_ws(' ', h.serial_no, h.merchant, h.who, h.phone) AS words,
    -- Folding every row costs more than finding the few that have full-width forms.
    upper(concat_ws(
        ' ', c.iccid, c.msisdn, c.imsi, h.imei, h.terminal_id, h.tusn, h.merchant_no,
        CASE WHEN regexp_matches(words, '[！-～　]') THEN translate(words, $wide, $narrow) ELSE words END
    )) AS search_text
FROM card c
JOIN used u ON u.sim_id = c.sim_id
LEFT JOIN decided w ON w.sim_id = c.sim_id
LEFT JOIN later b ON b.sim_id = c.sim_id
LEFT JOIN plan p ON p.plan_id = c.plan_id
LEFT JOIN offer o ON o.plan_id = c.plan_id AND o.account = coalesce(c.account, '') AND o.supplier = coalesce(c.supplier, '')
LEFT JOIN account a ON a.account = c.account
LEFT JOIN dates d ON d.account = coalesce(c.account, '') AND d.expires_on = c.expires_on
LEFT JOIN silences q ON q.account = c.account AND q.delivered_on = c.delivered_on
LEFT JOIN holder h ON h.terminal_key = c.terminal_key
LEFT JOIN fits f ON f.plan_network = p.network AND f.networks = h.can_run
) ORDER BY act_by, sim_id;

-- name: forget_carrier_days
-- The bytes per carrier and day are made anew.
DELETE FROM carrier_day;

-- name: make_carrier_days
-- Bytes per carrier and day.
INSERT INTO carrier_day (carrier, day, used_bytes, sims)
SELECT s.carrier, u.day, sum(u.used_bytes), count(*) FROM usage_day u JOIN sim s USING (sim_id) GROUP BY ALL ORDER BY ALL;

-- name: forget_today
-- Today's line of the fleet is made anew.
DELETE FROM fleet_day WHERE day = $today;

-- name: make_today
-- Today's line of the fleet.
INSERT INTO fleet_day (day, sims, to_place, dark, over_quota, used_bytes)
SELECT $today, count(*) FILTER (live), count(*) FILTER (due AND act_by <= $today AND sim_id NOT IN (SELECT sim_id FROM renewing)),
    count(*) FILTER (live AND terminal_status = 'in_use' AND decision IS DISTINCT FROM 'decline'
        AND (status LIKE 'stopped_%' OR status IN ('number_kept', 'pre_cancel'))),
    count(*) FILTER (live AND used_share > 1), coalesce(sum(used_bytes) FILTER (live), 0)
FROM sim_now;

-- name: close_fitting
-- What fits now, or cannot be judged any more, is no finding any more.
UPDATE finding SET closed_at = $now
WHERE kind = 'unfit' AND closed_at IS NULL AND sim_id IN (SELECT sim_id FROM wanted)
    AND sim_id NOT IN (SELECT sim_id FROM sim_now SEMI JOIN wanted USING (sim_id) WHERE unfit IS NOT NULL);

-- name: open_unfit
-- A plan that cannot run in its terminal is a finding, once.
INSERT INTO finding (kind, sim_id, object, detail, source, found_at)
SELECT 'unfit', n.sim_id, n.iccid, json_object('plan', n.plan, 'terminal_id', n.terminal_id, 'reason', n.unfit)::VARCHAR,
    'roll-up', $now
FROM sim_now n SEMI JOIN wanted USING (sim_id)
WHERE n.unfit IS NOT NULL AND n.live
    AND n.sim_id NOT IN (SELECT sim_id FROM finding WHERE kind = 'unfit' AND closed_at IS NULL AND sim_id IS NOT NULL);
