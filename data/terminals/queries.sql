-- name: one
-- One machine with its merchant and agent, by its key.
SELECT t.terminal_key, t.terminal_id, t.branch, t.brand, t.model, t.serial_no, t.tusn, t.imei, t.site, t.install_address,
    coalesce(t.networks, tm.networks) AS networks, t.status, t.last_seen_at, t.last_trade_on, t.monthly_takings_fen,
    coalesce(t.contact_name, m.contact_name) AS contact_name, coalesce(t.contact_phone, m.contact_phone) AS contact_phone,
    m.merchant_id, m.merchant_no, m.name AS merchant, m.region, m.city, m.address, m.contact_email,
    a.agent_id, a.agent_no, a.name AS agent
FROM terminal t
LEFT JOIN terminal_model tm ON tm.brand = t.brand AND tm.model = t.model
LEFT JOIN merchant m ON m.merchant_id = t.merchant_id
LEFT JOIN agent a ON a.agent_id = coalesce(t.agent_id, m.agent_id)
WHERE t.terminal_key = $terminal_key;

-- name: sims
-- The cards in it, live ones ahead, as a list of cards shows them.
SELECT n.*, r.item_state, r.batch FROM sim_now n LEFT JOIN renewing r ON r.sim_id = n.sim_id
WHERE n.terminal_key = $terminal_key ORDER BY NOT n.live, n.act_by NULLS LAST, n.sim_id;

-- name: siblings
-- The other machines of the same merchant.
SELECT terminal_key, terminal_id, brand, model, status FROM terminal
WHERE merchant_id = $merchant_id AND terminal_key <> $terminal_key ORDER BY terminal_id LIMIT $limit;

-- name: timeline
-- Cards put into this machine and taken out of it, newest first. `detail` is JSON.
SELECT c.ts, CASE WHEN c.after = $terminal_id THEN 'in' ELSE 'out' END AS what,
    json_object('iccid', s.iccid, 'before', c.before, 'after', c.after)::VARCHAR AS detail, c.source AS who, s.iccid
FROM sim_change c JOIN sim s USING (sim_id)
WHERE c.field = 'terminal' AND (c.before = $terminal_id OR c.after = $terminal_id) ORDER BY c.ts DESC LIMIT $limit;

-- name: without_card
-- Machines in use that no live card sits in, with merchant, agent and whom to call.
SELECT t.terminal_key, t.terminal_id, m.merchant_no, m.name AS merchant, m.region, m.city, coalesce(a.name, a.agent_no) AS agent,
    t.branch, t.brand, t.model, t.serial_no, t.last_trade_on, t.monthly_takings_fen,
    coalesce(t.contact_name, m.contact_name) AS contact_name, coalesce(t.contact_phone, m.contact_phone) AS contact_phone
FROM terminal t
SEMI JOIN (
    SELECT terminal_key FROM terminal ANTI JOIN (SELECT terminal_key FROM sim_now WHERE live) USING (terminal_key)
    WHERE status = 'in_use' ORDER BY terminal_id, terminal_key LIMIT $limit OFFSET $offset
) USING (terminal_key)
LEFT JOIN merchant m ON m.merchant_id = t.merchant_id
LEFT JOIN agent a ON a.agent_id = coalesce(t.agent_id, m.agent_id)
ORDER BY t.terminal_id, t.terminal_key;

-- name: counted_without_card
-- How many machines in use have no live card.
SELECT count(*) FROM terminal ANTI JOIN (SELECT terminal_key FROM sim_now WHERE live) USING (terminal_key)
WHERE status = 'in_use';
