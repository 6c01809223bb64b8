-- name: farthest
-- So many days ahead the farthest stage of any rule, and any run of days off before it.
(SELECT coalesce(max(list_max(string_split(stages, ',')::INTEGER[])), 30) + 20 FROM reminder_rule WHERE subject = 'expiry' AND active);

-- name: expiry
-- Cards in service whose term ends or has ended; what is counted from is the last day to order, where that is nearer.
SELECT sim_id, expires_on AS on_date, least(act_by, expires_on) AS target, moving AS running FROM card
WHERE begun AND expires_on >= $today - 200 AND least(act_by, expires_on) <= $today + {farthest}
    AND cancel_by >= $today - 30;

-- name: cancel
-- Cards past their term that are soon gone for good.
SELECT sim_id, cancel_by AS on_date, cancel_by AS target, moving AS running FROM card
WHERE begun AND expires_on < $today AND cancel_by >= $today - 30;

-- name: silent
-- Spare cards whose term is about to start by force, or may have.
SELECT sim_id, silent_until AS on_date, silent_until AS target FROM card WHERE silent_until >= $today - 30;

-- name: quota
-- Cards that have used much of their month's data, in whole percent.
SELECT sim_id, date_trunc('month', $today)::DATE AS on_date, least(used_bytes * 100 // quota_bytes, 200)::INTEGER AS share
FROM card WHERE begun AND quota_bytes > 0 AND used_bytes * 100 >= quota_bytes * (
    SELECT min(list_min(string_split(stages, ',')::INTEGER[])) FROM reminder_rule WHERE subject = 'quota' AND active);

-- name: exhaust
-- Cards whose data is forecast to run out this month; said once a month, however the forecast moves.
SELECT sim_id, date_trunc('month', $today)::DATE AS on_date, exhausts_on AS target FROM card
WHERE begun AND exhausts_on >= $today AND used_bytes < quota_bytes;

-- name: failed
-- Cards whose renewal was refused, still in the term it was for and without another order.
SELECT c.sim_id, max(timezone('Asia/Shanghai', s.ended_at)::DATE) AS on_date, on_date AS target
FROM state s JOIN obligation o ON o.id = s.obligation JOIN card c ON c.sim_id = o.sim_id
WHERE s.st = 'failed' AND o.kind IN ('renew', 'recharge') AND c.expires_on <= coalesce(o.old_expiry, c.expires_on)
    AND c.sim_id NOT IN (SELECT sim_id FROM renewing)
GROUP BY c.sim_id;

-- name: unconfirmed
-- Cards with an order of which nobody knows whether it took effect: a person must look, or a day has passed.
SELECT c.sim_id, min(timezone('Asia/Shanghai', coalesce(s.submitted_at, s.changed_at))::DATE) AS on_date, on_date AS target
FROM state s JOIN obligation o ON o.id = s.obligation JOIN card c ON c.sim_id = o.sim_id
WHERE s.st = 'needs_review' OR s.st = 'unknown' AND s.submitted_at <= $now::TIMESTAMPTZ - INTERVAL 24 HOUR
GROUP BY c.sim_id;

-- name: balance
-- Prepaid accounts whose money, as last told, ends before the orders of the coming month do.
SELECT 'account ' || b.account AS thing, min(n.act_by) AS on_date, on_date AS target, any_value(a.carrier) AS carrier,
    json_object('account', b.account, 'balance_fen', any_value(b.amount_fen), 'needed_fen', min(n.needed_fen), 'until', on_date) AS told
FROM account_balance b JOIN account a ON a.account = b.account AND a.listed AND a.way_to_pay = 'prepaid'
JOIN (
    SELECT account, act_by, (sum(sum(price_fen)) OVER (PARTITION BY account ORDER BY act_by))::BIGINT AS needed_fen FROM sim_now
    WHERE due AND act_by <= $today + 30 AND cancel_by >= $today AND sim_id NOT IN (SELECT sim_id FROM renewing WHERE item_state <> 'proposed')
    GROUP BY account, act_by
) n ON n.account = b.account AND n.needed_fen > b.amount_fen
GROUP BY b.account;

-- name: review
-- Batches that wait for an approver who is not their maker.
SELECT 'batch ' || b.id AS thing, timezone('Asia/Shanghai', b.proposed_at)::DATE AS on_date, on_date AS target, b.maker AS but,
    json_object('batch', b.id, 'maker', p.name, 'cards', b.items, 'amount_fen', b.amount_fen) AS told
FROM batch b LEFT JOIN person p ON p.person_id = b.maker WHERE b.state = 'proposed';

-- name: batch
-- Batches that have ended, and batches with orders nobody has placed although their last day has passed.
WITH item AS (
    SELECT l.batch, l.amount_fen, n.act_by, coalesce(k.st, s.st) AS st
    FROM batch b JOIN batch_line l ON l.batch = b.id AND l.refusal IS NULL
    JOIN obligation o ON o.digest = l.digest JOIN state s ON s.obligation = o.id
    LEFT JOIN placement_past k ON k.batch = l.batch AND k.obligation = o.id
    LEFT JOIN sim_now n ON n.sim_id = l.sim_id
    WHERE b.state IN ('approved', 'running', 'paused') OR b.state = 'done' AND b.done_at >= $now::TIMESTAMPTZ - INTERVAL 31 DAY
)
SELECT 'batch ' || b.id AS thing,
    CASE WHEN b.state = 'done' THEN timezone('Asia/Shanghai', b.done_at)::DATE ELSE min(i.act_by) FILTER (i.st = 'pending') END AS on_date,
    CASE WHEN b.state = 'done' THEN on_date ELSE on_date + 1 END AS target, [b.maker, b.checker] AS persons,
    json_object('batch', b.id, 'succeeded', count(*) FILTER (i.st = 'succeeded'), 'failed', count(*) FILTER (i.st = 'failed'),
        'open', count(*) FILTER (i.st NOT IN ('succeeded', 'failed', 'cancelled')),
        'succeeded_amount_fen', coalesce(sum(i.amount_fen) FILTER (i.st = 'succeeded'), 0)::BIGINT,
        'failed_amount_fen', coalesce(sum(i.amount_fen) FILTER (i.st = 'failed'), 0)::BIGINT,
        'open_amount_fen', coalesce(sum(i.amount_fen) FILTER (i.st NOT IN ('succeeded', 'failed', 'cancelled')), 0)::BIGINT) AS told
FROM batch b JOIN item i ON i.batch = b.id
GROUP BY b.id, b.state, b.done_at, b.maker, b.checker HAVING target <= $today;

-- name: payment
-- What finance has been asked to pay and has not.
SELECT 'payment ' || id AS thing, due_on AS on_date, due_on AS target,
    json_object('request', id, 'payee', payee, 'amount_fen', amount_fen, 'cards', items, 'due', due_on) AS told
FROM payment_request WHERE state = 'asked';

-- name: voucher
-- Payees that owe papers, by the month of the oldest.
SELECT 'account ' || c.account AS thing, date_trunc('month', min(timezone('Asia/Shanghai', s.ended_at)))::DATE AS on_date,
    greatest(min(timezone('Asia/Shanghai', s.ended_at))::DATE, $today - 180) AS target, any_value(c.carrier) AS carrier,
    json_object('payee', any_value(c.payee), 'cards', count(*), 'amount_fen', coalesce(sum(a.amount_fen), 0)::BIGINT, 'since', min(timezone('Asia/Shanghai', s.ended_at))::DATE) AS told
FROM state s JOIN obligation o ON o.id = s.obligation JOIN account c ON c.account = o.account AND c.gives_invoice
LEFT JOIN attempt a ON a.obligation = s.obligation AND a.n = s.n
WHERE s.st = 'succeeded' AND s.obligation NOT IN (SELECT obligation FROM voucher_renewal)
GROUP BY c.account;

-- name: notice
-- Plan changes that nobody has acknowledged, by the day they take effect, else were made known.
SELECT 'notice ' || n.notice_id AS thing, coalesce(n.effective_on, timezone('Asia/Shanghai', n.made_at)::DATE) AS on_date, on_date AS target,
    nullif(n.carrier, '') AS carrier,
    json_object('what', coalesce(n.subject, n.detail->>'plan', n.detail->>'after', n.carrier), 'cards', coalesce(c.cards, 0)) AS told
FROM notice n LEFT JOIN (SELECT notice_id, count(DISTINCT sim_id) AS cards FROM notice_sim GROUP BY notice_id) c USING (notice_id)
WHERE n.acknowledged_at IS NULL;

-- name: offer
-- Prices with a last day, of plans that cards are on, without one that goes on after it.
SELECT 'plan ' || o.plan_id AS thing, o.valid_to AS on_date, on_date AS target, any_value(nullif(p.carrier, '')) AS carrier,
    json_object('plan', any_value(p.plan), 'price_fen', min(o.price_fen), 'until', on_date, 'cards', any_value(n.cards)) AS told
FROM price o JOIN plan p USING (plan_id) JOIN (SELECT plan_id, count(*) AS cards FROM sim_now WHERE live GROUP BY plan_id) n USING (plan_id)
WHERE o.valid_to BETWEEN $today - 30 AND $today + 400 AND NOT EXISTS (
    FROM price l WHERE l.plan_id = o.plan_id AND l.channel = o.channel AND l.term_months = o.term_months
        AND l.valid_from <= o.valid_to + 1 AND coalesce(l.valid_to, o.valid_to + 1) > o.valid_to)
GROUP BY o.plan_id, o.valid_to;

-- name: of_cards
-- The occasions of one subject that speaks of cards.
UNION ALL BY NAME SELECT '{subject}' AS subject, 'sim ' || sim_id AS thing, * FROM ({occasions});

-- name: of_things
-- The occasions of one that speaks of other things.
UNION ALL BY NAME SELECT '{subject}' AS subject, * FROM ({occasions});

-- name: heard
-- Who hears of what: every occasion, its rules, their recipients, each held to his own part of the fleet. A card decided
-- 不续 is no occasion; one whose renewal is under way at the carrier is `running`.
WITH card AS NOT MATERIALIZED (
    SELECT n.sim_id, n.expires_on, n.act_by, n.cancel_by, n.silent_until, n.quota_bytes, n.used_bytes, n.exhausts_on,
        n.status NOT IN ('stock', 'silent', 'test') AS begun,
        n.sim_id IN (SELECT sim_id FROM renewing WHERE item_state IN ('submitted', 'unknown')) AS moving
    FROM sim_now n WHERE n.live AND n.decision IS DISTINCT FROM 'decline' AND {which}
),
occasion AS (
    SELECT o.subject, o.thing, o.sim_id, o.on_date, o.target, o.share, coalesce(o.running, false) AS running, o.told, o.but, o.persons,
        coalesce(n.carrier, o.carrier) AS carrier, n.region, n.branch, g.agent_no, n.merchant_no
    FROM (
        SELECT NULL::VARCHAR AS subject, NULL::VARCHAR AS thing, NULL::BIGINT AS sim_id, NULL::DATE AS on_date, NULL::DATE AS target,
            NULL::INTEGER AS share, NULL::BOOLEAN AS running, NULL::VARCHAR AS told, NULL::BIGINT AS but, NULL::BIGINT[] AS persons,
            NULL::VARCHAR AS carrier WHERE false
        {occasions}
    ) o LEFT JOIN sim_now n ON n.sim_id = o.sim_id LEFT JOIN agent g ON g.agent_id = n.agent_id
),
-- Whose part an occasion belongs to: everybody's who sees the whole, and of a card its agent's and its branch's.
held_to AS (
    SELECT *, '' AS part_kind, '' AS part FROM occasion
    UNION ALL SELECT *, 'agent', agent_no FROM occasion WHERE agent_no IS NOT NULL
    UNION ALL SELECT *, 'branch', branch FROM occasion WHERE branch IS NOT NULL
),
scope AS (
    SELECT person_id, list(value) FILTER (kind = 'region') AS regions, list(value) FILTER (kind = 'branch') AS branches,
        list(value) FILTER (kind = 'agent') AS agents, list(value) FILTER (kind = 'merchant') AS merchants
    FROM person_scope GROUP BY person_id
),
listener AS (
    SELECT r.*, t.recipient_id AS listener_id, t.person_id, t.lead_id,
        CASE WHEN t.deputy_accepted_at IS NOT NULL AND t.deputy_from > $today THEN t.deputy_id END AS deputy_id, s.person_id IS NOT NULL AS scoped,
        s.regions, s.branches, s.agents, s.merchants,
        unnest(CASE WHEN t.part IS NULL THEN CASE WHEN t.kind IN ('person', 'chat') THEN [''] ELSE [] END
            WHEN t.kind = 'chat' THEN ['agent', 'branch'] ELSE [t.kind] END) AS part_kind,
        coalesce(t.part, '') AS part
    FROM reminder_rule r
    JOIN recipient t ON t.active
    LEFT JOIN person p ON p.person_id = t.person_id
    LEFT JOIN scope s ON s.person_id = t.person_id
    WHERE r.active AND (t.kind <> 'person' OR p.active)
        AND (r.recipient_id = t.recipient_id OR r.role IN (p.role, CASE WHEN t.kind <> 'person' THEN t.kind END)
            OR r.role = 'concerned' AND t.person_id IS NOT NULL)
)
SELECT o.subject, o.thing, o.sim_id, o.on_date, o.target, o.share, o.running, o.told, l.listener_id AS recipient_id, l.lead_id,
    l.deputy_id, l.stages
FROM held_to o JOIN listener l ON l.subject = o.subject AND l.part_kind = o.part_kind AND l.part = o.part
WHERE (l.region IS NULL OR l.region = o.region) AND (l.branch IS NULL OR l.branch = o.branch)
    AND (l.agent_no IS NULL OR l.agent_no = o.agent_no) AND (l.merchant_no IS NULL OR list_contains(string_split(l.merchant_no, ','), o.merchant_no))
    AND (l.carrier IS NULL OR l.carrier = o.carrier)
    AND (l.role IS DISTINCT FROM 'concerned' OR list_contains(o.persons, l.person_id))
    AND l.person_id IS DISTINCT FROM coalesce(o.but, -1)
    -- What is no card has no place, and is for nobody who sees a part only.
    AND (NOT l.scoped OR (
        (l.regions IS NULL OR coalesce(list_contains(l.regions, o.region), false))
        AND (l.branches IS NULL OR coalesce(list_contains(l.branches, o.branch), false))
        AND (l.agents IS NULL OR coalesce(list_contains(l.agents, o.agent_no), false))
        AND (l.merchants IS NULL OR coalesce(list_contains(l.merchants, o.merchant_no), false))));
