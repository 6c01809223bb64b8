-- name: prices_in_file
-- Prices of a file (price_in, data/plans/merging.sql) that differ from what held before it, of plans known before; what
-- a later price has replaced is history. Read before the prices are merged.
SELECT p.plan_id, p.plan, p.carrier, n.channel, n.term_months, o.price_fen AS before_fen, n.price_fen AS after_fen, n.valid_from,
    (SELECT a.account FROM account a WHERE a.account = n.channel) AS account
FROM price_in n JOIN plan p USING (plan_id) JOIN (
    SELECT plan_id, channel, term_months, price_fen, valid_from, valid_to,
        row_number() OVER (PARTITION BY plan_id, channel, term_months ORDER BY valid_from DESC) AS place
    FROM price
) o ON o.plan_id = n.plan_id AND o.channel = n.channel AND o.term_months = n.term_months AND o.place = 1
WHERE n.changes AND n.price_fen <> o.price_fen AND n.valid_from >= o.valid_from AND coalesce(n.valid_to, $today) >= $today
ORDER BY p.plan_id, n.channel, n.term_months, n.valid_from;

-- name: plans_in_file
-- Plans of a file (plan_in) whose data or term differ from what was known. Read before the plans are merged.
SELECT p.plan_id, p.plan, n.carrier, p.quota_bytes AS before_bytes, n.quota_bytes AS after_bytes,
    p.term_months AS before_months, n.term_months AS after_months
FROM plan_in n JOIN plan p USING (plan_id)
WHERE NOT n.is_new AND NOT p.provisional
    AND (p.quota_bytes <> n.quota_bytes OR p.term_months <> n.term_months) ORDER BY p.plan_id;

-- name: cards_in_file
-- Cards a file puts on another plan (sim_in, data/sims/merging.sql) that no order of ours of late asks for; and whether
-- the plan is new and the old one has no card left.
SELECT n.account, b.carrier, a.plan AS before, b.plan AS after, list(n.sim_id ORDER BY n.sim_id) AS sim_ids,
    b.plan_id > $last_plan AND NOT EXISTS (
        FROM sim s WHERE s.plan_id = a.plan_id AND s.account IS NOT DISTINCT FROM n.account
            AND s.status NOT IN ('cancelled', 'replaced', 'lost')) AS renamed
FROM sim_in n JOIN plan a ON a.plan_id = n.old.plan_id JOIN plan b ON b.plan_id = n.plan_id
WHERE NOT n.is_new AND n.plan_id <> n.old.plan_id AND n.status NOT IN ('cancelled', 'replaced', 'lost')
    AND n.sim_id NOT IN (
        SELECT l.sim_id FROM batch_line l JOIN obligation o ON o.digest = l.digest JOIN state s ON s.obligation = o.id
        WHERE o.kind = 'plan-change' AND l.plan_id = n.plan_id AND s.st NOT IN ('failed', 'cancelled') AND s.changed_at >= $since)
GROUP BY ALL ORDER BY n.account, before, after;

-- name: cards_told
-- Cards whose plan has another name in their carrier's mouth (`incoming`, of one account) than it had before, without
-- an order of ours since. Read before what was told is kept.
SELECT s.carrier, t.plan AS before, i.plan AS after, list(DISTINCT s.sim_id ORDER BY s.sim_id) AS sim_ids
FROM card_told t JOIN sim s USING (sim_id) JOIN incoming i USING (stem)
WHERE s.account = $account AND i.plan <> t.plan AND s.status NOT IN ('cancelled', 'replaced', 'lost')
    AND NOT EXISTS (
        FROM obligation o JOIN state st ON st.obligation = o.id
        WHERE o.sim_id = t.sim_id AND o.kind = 'plan-change' AND st.st NOT IN ('pending', 'failed', 'cancelled') AND st.changed_at >= t.told_at)
GROUP BY ALL ORDER BY before, after;

-- name: call_it_a_name
-- After a whole reading: no card of the account is told under the old word any more, all that are told under the new
-- one came from it, and no plan of ours was called so: the plan has another name.
UPDATE notice SET kind = 'name' WHERE kind = 'card_plan' AND account = $account AND acknowledged_at IS NULL
    AND source = $source
    AND (detail->>'before') NOT IN (SELECT t.plan FROM card_told t JOIN sim s USING (sim_id) WHERE s.account = $account AND t.plan IS NOT NULL)
    AND (detail->>'after') NOT IN (SELECT plan FROM plan)
    AND (SELECT count(*) FROM notice_card c WHERE c.notice_id = notice.notice_id) > 1
    AND NOT EXISTS (
        FROM card_told t JOIN sim s USING (sim_id) WHERE s.account = $account AND t.plan = (detail->>'after')
            AND t.sim_id NOT IN (SELECT c.sim_id FROM notice_card c WHERE c.notice_id = notice.notice_id));

-- name: offers_told
-- What an account's carrier told of its plans before.
SELECT plan, term_months, quota_bytes, price_fen FROM offer_told WHERE account = $account ORDER BY plan, term_months;

-- name: forget_offers
-- What it tells now replaces it.
DELETE FROM offer_told WHERE account = $account;

-- name: keep_offers
-- What it tells now.
INSERT INTO offer_told (account, plan, term_months, quota_bytes, price_fen, told_at)
SELECT $account, plan, term_months, quota_bytes, price_fen, $now FROM offers ORDER BY plan, term_months;

-- name: known_plans
-- Our plans at an account's carrier, with the prices of their terms that hold for the account: its own before the list's.
SELECT p.plan_id, p.plan, p.carrier, p.term_months, o.term_months AS months, arg_min(o.price_fen, row(o.channel = '', -date_diff('day', DATE '2000-01-01', o.valid_from))) AS price_fen
FROM account a JOIN plan p ON p.carrier IN ('', a.carrier)
LEFT JOIN price o ON o.plan_id = p.plan_id AND o.channel IN ('', a.account) AND o.valid_from <= $today AND coalesce(o.valid_to, $today) >= $today
WHERE a.account = $account AND NOT p.provisional GROUP BY ALL ORDER BY p.carrier, p.plan_id, months;
