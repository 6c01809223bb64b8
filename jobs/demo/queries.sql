-- name: has_data
-- Whether anything was ever put into this home.
SELECT EXISTS (FROM sim) OR EXISTS (FROM terminal) OR EXISTS (FROM upload) OR EXISTS (FROM person WHERE role <> 'system');

-- name: was_finished
-- Whether a demo was loaded to its end.
SELECT EXISTS (FROM audit WHERE event = $event);

-- name: add_agents
-- The agents.
INSERT INTO agent (agent_id, agent_no, name) SELECT agent_id, agent_no, name FROM demo ORDER BY agent_id;

-- name: add_models
-- What each terminal model can run.
INSERT INTO terminal_model (brand, model, networks) SELECT brand, model, networks FROM demo;

-- name: add_merchants
-- The merchants.
INSERT INTO merchant BY NAME SELECT * FROM demo ORDER BY merchant_id;

-- name: close_merchants
-- What the merchants' list says of each: these have given up.
UPDATE merchant SET closed = merchant_id IN (SELECT merchant_id FROM demo);

-- name: add_terminals
-- The terminals.
INSERT INTO terminal BY NAME SELECT * FROM demo ORDER BY terminal_key;

-- name: add_plans
-- The plans.
INSERT INTO plan BY NAME SELECT * FROM demo ORDER BY plan_id;

-- name: add_prices
-- Their prices.
INSERT INTO price BY NAME SELECT * FROM demo;

-- name: add_sims
-- The cards.
INSERT INTO sim BY NAME
SELECT *, CASE WHEN expires_on IS NULL THEN NULL ELSE 'carrier' END AS expiry_source, observed_at AS expiry_seen_at
FROM demo ORDER BY sim_id;

-- name: add_changes
-- What has been seen to change.
INSERT INTO sim_change BY NAME SELECT * FROM demo;

-- name: add_usage_day
-- One day of usage, sorted by card.
INSERT INTO usage_day BY NAME SELECT * FROM demo;

-- name: add_usage_month
-- One month of usage.
INSERT INTO usage_month BY NAME SELECT * FROM demo;

-- name: skip_agent_ids
-- Let the next agent get a number of its own; so for the other tables below.
SELECT max(nextval('agent_ids')) FROM range((SELECT coalesce(max(agent_id), 0) FROM agent));

-- name: skip_merchant_ids
-- Merchants.
SELECT max(nextval('merchant_ids')) FROM range((SELECT coalesce(max(merchant_id), 0) FROM merchant));

-- name: skip_terminal_ids
-- Terminals.
SELECT max(nextval('terminal_ids')) FROM range((SELECT coalesce(max(terminal_key), 0) FROM terminal));

-- name: skip_plan_ids
-- Plans.
SELECT max(nextval('plan_ids')) FROM range((SELECT coalesce(max(plan_id), 0) FROM plan));

-- name: skip_sim_ids
-- SIMs.
SELECT max(nextval('sim_ids')) FROM range((SELECT coalesce(max(sim_id), 0) FROM sim));

-- name: add_past_days
-- The lines the fleet would have drawn over the last month, ending at today's: a little fewer dark ones, more to place
-- towards the month's end, bytes as they were used.
INSERT INTO fleet_day (day, sims, to_place, dark, over_quota, used_bytes)
SELECT p.day,
    t.sims - t.sims * ago // 4000,
    (t.to_place * (0.35 + 0.65 * day(p.day) / 30 + hash(ago) % 23 / 100.0))::BIGINT,
    greatest(t.dark - t.dark * ago // 120 + (hash(ago + 7) % 7)::BIGINT - 3, 0),
    t.over_quota * day(p.day) // greatest(day(t.day), 1),
    (SELECT coalesce(sum(c.used_bytes), 0)::BIGINT FROM carrier_day c
     WHERE c.day BETWEEN date_trunc('month', p.day) AND p.day)
FROM fleet_day t CROSS JOIN (SELECT ago, ($today - ago::INTEGER)::DATE AS day FROM range(1, 30) r (ago)) p
WHERE t.day = $today;

-- name: add_findings
-- What the last files left to think about: a state nobody knows, a card listed twice, a plan without description.
INSERT INTO finding (kind, sim_id, object, detail, source, found_at)
SELECT 'unmapped_status', sim_id, iccid, json_object('raw_status', raw_status)::VARCHAR, 'account ' || account, observed_at
FROM sim WHERE status = 'unknown'
UNION ALL
SELECT 'card_in_two_rows', sim_id, iccid, json_object('rows', 2)::VARCHAR, 'account ' || account, observed_at
FROM sim WHERE status = 'active' AND sim_id % 487 = 11
UNION ALL
SELECT 'unknown_plan', NULL, plan, json_object('plan', plan)::VARCHAR, 'account ' || min(account), $now
FROM plan JOIN sim USING (plan_id) WHERE provisional GROUP BY plan;
