-- name: last_plan
-- Numbers above this one are made by this file.
SELECT coalesce(max(plan_id), 0) FROM plan;

-- name: borrow_carriers
-- A row that does not say the carrier means its card's.
UPDATE incoming SET carrier = s.carrier FROM sim s
WHERE incoming.carrier IS NULL AND incoming.plan IS NOT NULL AND s.stem = incoming.stem AND s.carrier <> '';

-- name: find_plans
-- Each row's plan: its name at its carrier.
UPDATE incoming SET plan_id = p.plan_id FROM plan p
WHERE incoming.plan_id IS NULL AND p.plan = incoming.plan AND p.carrier = coalesce(incoming.carrier, '');

-- name: find_plans_by_name
-- Where the row or the plan does not say the carrier: the only plan of that name.
UPDATE incoming SET plan_id = p.plan_id
FROM (SELECT plan, min(plan_id) AS plan_id, min(carrier) AS carrier FROM plan GROUP BY plan HAVING count(*) = 1) p
WHERE incoming.plan_id IS NULL AND p.plan = incoming.plan AND (incoming.carrier IS NULL OR p.carrier = '');

-- name: add_plans
-- Plans nobody has named before; an add-on is known by what the trade calls it.
INSERT INTO plan (plan, carrier, provisional, kind)
SELECT plan, coalesce(carrier, ''), true, CASE WHEN regexp_matches(plan, '加油包|叠加包|add-?on', 'i') THEN 'add-on' ELSE 'main' END
FROM incoming
WHERE plan IS NOT NULL AND plan_id IS NULL AND refusal IS NULL
GROUP BY ALL ORDER BY min(rn);

-- name: notice_plans
-- Plans that are named and described by no file.
INSERT INTO noticed
SELECT DISTINCT 'unknown_plan', NULL::BIGINT, p.plan, json_object('plan', p.plan)::VARCHAR
FROM incoming i JOIN plan p USING (plan_id) WHERE p.provisional AND i.refusal IS NULL;

-- name: refuse_prices_without_term
-- A price is for a whole term; without one it cannot be kept.
UPDATE incoming SET refusal = $msgid, refused_column = 'term_months', refused_value = ''
WHERE price_fen IS NOT NULL AND term_months IS NULL AND refusal IS NULL
    AND NOT EXISTS (SELECT 1 FROM plan p WHERE p.plan_id = incoming.plan_id AND p.term_months IS NOT NULL);

-- name: compare_plans
-- Each plan of the file as it will be, and whether that is news. Of several terms it keeps its own, else the shortest.
CREATE OR REPLACE TEMP TABLE plan_in AS
WITH brought AS (
    SELECT plan_id, arg_max(carrier, rn) AS carrier, arg_max(network, rn) AS network,
        arg_max(quota_bytes, rn) AS quota_bytes, min(term_months) AS term_months, list(DISTINCT term_months) AS terms,
        arg_max(overage_millifen_per_mb, rn) AS overage_millifen_per_mb
    FROM incoming WHERE plan_id IS NOT NULL AND refusal IS NULL GROUP BY plan_id),
merged AS (
    SELECT p.plan_id, p.plan_id > $last AS is_new,
        CASE WHEN p.carrier = '' THEN coalesce(b.carrier, '') ELSE p.carrier END AS carrier,
        coalesce(b.network, p.network) AS network, coalesce(b.quota_bytes, p.quota_bytes) AS quota_bytes,
        CASE WHEN list_contains(b.terms, p.term_months) THEN p.term_months
            ELSE coalesce(b.term_months, p.term_months) END AS term_months,
        coalesce(b.overage_millifen_per_mb, p.overage_millifen_per_mb) AS overage_millifen_per_mb, false AS provisional
    FROM brought b JOIN plan p USING (plan_id))
SELECT n.*, (n.carrier, n.network, n.quota_bytes, n.term_months, n.overage_millifen_per_mb, n.provisional)
    IS DISTINCT FROM
    (p.carrier, p.network, p.quota_bytes, p.term_months, p.overage_millifen_per_mb, p.provisional) AS changes
FROM merged n JOIN plan p USING (plan_id);

-- name: merge_plans
-- What is news goes in; a plan a file of plans describes is provisional no more.
MERGE INTO plan p USING (SELECT * FROM plan_in WHERE changes) n ON p.plan_id = n.plan_id
WHEN MATCHED THEN UPDATE SET carrier = n.carrier, network = n.network, quota_bytes = n.quota_bytes,
    term_months = n.term_months, overage_millifen_per_mb = n.overage_millifen_per_mb, provisional = false;

-- name: compare_prices
-- Each price of the file. One without a first day is the price in force when they agree, else it begins today.
CREATE OR REPLACE TEMP TABLE price_in AS
WITH offered AS (
    SELECT i.plan_id, coalesce(i.channel, '') AS channel, coalesce(i.term_months, p.term_months) AS term_months,
        i.valid_from, arg_max(i.price_fen, rn) AS price_fen, arg_max(i.valid_to, rn) AS valid_to
    FROM incoming i JOIN plan p USING (plan_id) WHERE i.price_fen IS NOT NULL AND i.refusal IS NULL GROUP BY ALL),
in_force AS (
    SELECT plan_id, channel, term_months, max(valid_from) AS valid_from, arg_max(price_fen, valid_from) AS price_fen
    FROM price WHERE valid_from <= $today AND (valid_to IS NULL OR valid_to >= $today) GROUP BY ALL),
dated AS (
    SELECT o.* REPLACE (coalesce(o.valid_from, CASE WHEN f.price_fen = o.price_fen THEN f.valid_from END, $today)
        AS valid_from)
    FROM offered o LEFT JOIN in_force f USING (plan_id, channel, term_months))
SELECT d.*, p.price_id,
    p.price_id IS NULL OR d.price_fen <> p.price_fen
        OR (d.valid_to IS NOT NULL AND d.valid_to IS DISTINCT FROM p.valid_to) AS changes
FROM dated d LEFT JOIN price p USING (plan_id, channel, term_months, valid_from);

-- name: count_plans
-- New, changed and same plans; a plan with a new or another price has changed.
SELECT count(*) FILTER (is_new) AS new, count(*) FILTER (NOT is_new AND news) AS changed,
    count(*) FILTER (NOT is_new AND NOT news) AS same
FROM (SELECT is_new, changes OR plan_id IN (SELECT plan_id FROM price_in WHERE changes) AS news FROM plan_in);

-- name: merge_prices
-- Same plan, channel, term and first day is the same price.
MERGE INTO price p USING (SELECT * FROM price_in WHERE changes ORDER BY plan_id, channel, term_months, valid_from) n
    ON p.price_id = n.price_id
WHEN MATCHED THEN UPDATE SET price_fen = n.price_fen, valid_to = coalesce(n.valid_to, p.valid_to)
WHEN NOT MATCHED THEN INSERT (plan_id, channel, term_months, price_fen, valid_from, valid_to)
    VALUES (n.plan_id, n.channel, n.term_months, n.price_fen, n.valid_from, n.valid_to);
