-- name: shown
-- The columns of a list on a page; what it cannot show need not be fetched.
n.sim_id, n.iccid, n.msisdn, n.carrier, n.account, n.payee, n.plan, n.price_fen, n.status, n.expires_on, n.act_by, n.cancel_by,
n.decision, n.terminal_key, n.terminal_id, n.serial_no, n.monthly_takings_fen, n.merchant_no, n.merchant, n.city, n.agent,
n.contact_name, n.contact_phone, n.quota_bytes, n.used_bytes, n.used_as_of, n.used_share, n.exhausts_on, n.overage_fen,
n.idle_months, n.daily_bytes, n.unfit, n.due, n.decision_reason, n.decision_evidence, n.decider, n.decided_on,
r.item_state, r.batch;

-- name: page
-- One page of the list: the few rows are chosen by number first, then read whole, with the renewal that is under way.
SELECT {shown} FROM sim_now n
SEMI JOIN (SELECT sim_id FROM sim_now WHERE {where} ORDER BY {order} LIMIT $limit OFFSET $offset) USING (sim_id)
LEFT JOIN renewing r ON r.sim_id = n.sim_id
ORDER BY {order};

-- name: listing
-- The whole list in its order, for an export of what the page shows.
SELECT * FROM sim_now WHERE {where} ORDER BY {order};

-- name: totals
-- What the list adds up to: cards, the price of one term of each that may be renewed, those no price is known for.
SELECT count(*) AS sims, coalesce(sum(price_fen) FILTER (decision IS DISTINCT FROM 'decline'), 0)::BIGINT AS amount_fen,
    count(*) FILTER (price_fen IS NULL AND decision IS DISTINCT FROM 'decline') AS unpriced
FROM sim_now WHERE {where};

-- name: ids
-- The cards of the list in its order.
SELECT sim_id FROM sim_now WHERE {where} ORDER BY {order} LIMIT $limit;

-- name: expiry_timeline
-- Cards per day of expiry and carrier.
SELECT expires_on AS day, carrier, count(*) AS sims FROM sim_now
WHERE expires_on >= $today AND expires_on < $today + $days::INTEGER AND {where}
GROUP BY ALL ORDER BY ALL;

-- name: counted_sims
-- All cards.
SELECT count(*) FROM sim_now;

-- name: one
-- One card.
SELECT * FROM sim_now WHERE sim_id = $sim_id;

-- name: by_stem
-- One card by its stem.
SELECT * FROM sim_now WHERE stem = $stem LIMIT 1;

-- name: live_item
-- What is under way for one card.
SELECT item_state AS state, batch, kind FROM under_way WHERE sim_id = $sim_id ORDER BY batch DESC LIMIT 1;

-- name: values_of_fields
-- What the filters may be set to, from one pass over the fleet.
SELECT
    list_sort(list(DISTINCT carrier) FILTER (live)) AS carriers,
    list_sort(list(DISTINCT account) FILTER (account IS NOT NULL)) AS accounts,
    list_sort(list(DISTINCT payee) FILTER (payee IS NOT NULL)) AS payees,
    list_sort(list(DISTINCT city) FILTER (city IS NOT NULL)) AS cities,
    list_sort(list(DISTINCT region) FILTER (region IS NOT NULL)) AS regions,
    list_sort(list(DISTINCT branch) FILTER (branch IS NOT NULL)) AS branches,
    list_sort(list(DISTINCT network) FILTER (network IS NOT NULL)) AS networks,
    list_sort(list(DISTINCT brand) FILTER (brand IS NOT NULL)) AS brands
FROM sim_now;

-- name: agents
-- Agents by name.
SELECT agent_id, coalesce(name, agent_no) AS name FROM agent ORDER BY name LIMIT $limit;

-- name: plans
-- Plans by name.
SELECT plan_id, plan AS name FROM plan ORDER BY name LIMIT $limit;
