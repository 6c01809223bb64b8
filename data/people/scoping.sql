-- name: make_values
-- What a narrowed reader is narrowed to.
CREATE TEMP TABLE scope_value (kind VARCHAR, value VARCHAR);

-- name: add_value
-- One value of it.
INSERT INTO scope_value VALUES ($kind, $value);

-- name: make_cards
-- The keys of the cards in sight, as of the data version the reader was last taken at.
CREATE TEMP TABLE scope_card (sim_id BIGINT);

-- name: make_orders
-- The keys of their orders.
CREATE TEMP TABLE scope_order (id BIGINT);

-- name: forget_cards
-- They are gathered anew.
DELETE FROM scope_card;

-- name: forget_orders
-- Likewise.
DELETE FROM scope_order;

-- name: gather_cards
-- The cards in sight now.
INSERT INTO scope_card SELECT sim_id FROM sim_now;

-- name: gather_orders
-- Their orders.
INSERT INTO scope_order SELECT id FROM obligation;

-- name: set_values
-- They stand in variables of the connection, a list per kind.
SET VARIABLE {kind} = (SELECT list(value) FROM scope_value WHERE kind = '{kind}');

-- name: set_agents
-- Agents by their own key.
SET VARIABLE agent = (
    SELECT list(a.agent_id) FROM agent a JOIN scope_value v ON v.value = a.agent_no WHERE v.kind = 'agent'
);

-- name: make_view
-- One of the views of a narrowed reader.
CREATE TEMP VIEW {name} AS {select};

-- name: sim_now
-- The cards of a scope. Unqualified names are those of a narrowed reader: what follows builds on these.
SELECT * FROM flowcard.main.sim_now WHERE {where};

-- name: by_region
-- Where the merchant is. A variable counts as a constant: its filter reaches the scan, a subquery's would not.
list_contains(getvariable('region'), region);

-- name: by_branch
-- Whose terminal it is inside the company.
list_contains(getvariable('branch'), branch);

-- name: by_agent
-- Who looks after it.
list_contains(getvariable('agent'), agent_id);

-- name: by_merchant
-- The merchants of a group.
list_contains(getvariable('merchant'), merchant_no);

-- name: terminal
-- Terminals stand where their merchant is, with a card or without.
SELECT * FROM flowcard.main.terminal WHERE terminal_key IN (
    SELECT terminal_key FROM (
        SELECT t.terminal_key, t.branch, m.region, m.merchant_no, coalesce(t.agent_id, m.agent_id) AS agent_id
        FROM flowcard.main.terminal t LEFT JOIN flowcard.main.merchant m USING (merchant_id)
    ) WHERE {where}
);

-- name: merchant
-- Merchants of those terminals and cards.
SELECT * FROM flowcard.main.merchant
WHERE merchant_id IN (SELECT merchant_id FROM terminal UNION SELECT merchant_id FROM sim_now);

-- name: agent
-- Agents of those terminals, merchants and cards.
SELECT * FROM flowcard.main.agent WHERE agent_id IN (
    SELECT agent_id FROM sim_now UNION SELECT agent_id FROM terminal UNION SELECT agent_id FROM merchant
);

-- name: of_cards
-- A table with a line per card, whatever else it tells.
SELECT * FROM flowcard.main.{table} WHERE sim_id IN (SELECT sim_id FROM scope_card);

-- name: of_orders
-- A table with lines per order.
SELECT * FROM flowcard.main.{table} WHERE obligation IN (SELECT id FROM scope_order);

-- name: nothing
-- A table that tells of the whole only.
SELECT * FROM flowcard.main.{table} WHERE false;

-- name: carrier_day
-- Bytes per carrier and day of the cards in sight.
SELECT n.carrier, u.day, sum(u.used_bytes)::BIGINT AS used_bytes, count(*) AS sims
FROM usage_day u JOIN sim_now n USING (sim_id) GROUP BY n.carrier, u.day;

-- name: batch
-- A batch is to somebody what of it he sees: its sums are those of its lines in sight.
SELECT b.* REPLACE (l.items AS items, l.refused AS refused, l.amount_fen AS amount_fen)
FROM flowcard.main.batch b JOIN (
    SELECT batch, count(*) FILTER (refusal IS NULL)::INTEGER AS items, count(*) FILTER (refusal IS NOT NULL)::INTEGER AS refused,
        coalesce(sum(amount_fen) FILTER (refusal IS NULL), 0)::BIGINT AS amount_fen
    FROM batch_line GROUP BY batch
) l ON l.batch = b.id;

-- name: worklist
-- Likewise a list that was handed to a payee.
SELECT w.* REPLACE (i.items AS items, i.amount_fen AS amount_fen)
FROM flowcard.main.worklist w JOIN (
    SELECT i.worklist, count(*)::INTEGER AS items, coalesce(sum(t.amount_fen), 0)::BIGINT AS amount_fen
    FROM worklist_item i LEFT JOIN attempt t ON t.obligation = i.obligation AND t.n = i.n GROUP BY i.worklist
) i ON i.worklist = w.id;

-- name: payment_request
-- Likewise what finance was asked to pay.
SELECT r.* REPLACE (i.items AS items, i.amount_fen AS amount_fen)
FROM flowcard.main.payment_request r JOIN (
    SELECT request, count(*)::INTEGER AS items, sum(amount_fen)::BIGINT AS amount_fen
    FROM payment_request_item GROUP BY request
) i ON i.request = r.id;

-- name: voucher
-- Papers that prove renewals in sight and no other: a paper cannot be shown in part.
SELECT * FROM flowcard.main.voucher WHERE voucher_id IN (SELECT voucher_id FROM voucher_renewal) AND voucher_id NOT IN (
    SELECT voucher_id FROM flowcard.main.voucher_renewal WHERE obligation NOT IN (SELECT id FROM obligation)
);

-- name: voucher_picture
-- Their pictures.
SELECT * FROM flowcard.main.voucher_picture WHERE voucher_id IN (SELECT voucher_id FROM voucher);

-- name: recipient
-- Colleagues who may stand in for each other, without their addresses.
SELECT * REPLACE (NULL::VARCHAR AS address, NULL::VARCHAR AS secret_name) FROM flowcard.main.recipient WHERE kind = 'person';

-- name: scope_of
-- What part of the fleet a person sees.
SELECT kind, value FROM person_scope WHERE person_id = $person_id;

-- name: forget_scope
-- It is given anew.
DELETE FROM person_scope WHERE person_id = $person_id;

-- name: add_scope
-- One value of it.
INSERT INTO person_scope (person_id, kind, value) VALUES ($person_id, $kind, $value);

-- name: known_value
-- Whether any merchant, terminal or agent carries this value.
SELECT CASE $kind
    WHEN 'region' THEN EXISTS (FROM merchant WHERE region = $value)
    WHEN 'branch' THEN EXISTS (FROM terminal WHERE branch = $value)
    WHEN 'agent' THEN EXISTS (FROM agent WHERE agent_no = $value)
    WHEN 'merchant' THEN EXISTS (FROM merchant WHERE merchant_no = $value)
END;
