-- name: name_agents
-- An agent known by name only gets its number when a file brings both.
UPDATE agent SET agent_no = n.agent_no, provisional = false
FROM (SELECT agent_name, min(agent_no) AS agent_no FROM incoming
      WHERE agent_no IS NOT NULL AND agent_name IS NOT NULL GROUP BY agent_name HAVING count(DISTINCT agent_no) = 1) n
WHERE agent.provisional AND agent.agent_no = agent.name AND agent.name = n.agent_name
    AND NOT EXISTS (SELECT 1 FROM agent other WHERE other.agent_no = n.agent_no);

-- name: add_agents
-- Agents nobody has named before; by name only, the name stands for the number.
INSERT INTO agent (agent_no, name, provisional)
SELECT coalesce(agent_no, agent_name) AS no, arg_max(agent_name, rn), NOT bool_or(agent_no IS NOT NULL AND agent_name IS NOT NULL)
FROM incoming WHERE refusal IS NULL AND agent_id IS NULL AND coalesce(agent_no, agent_name) IS NOT NULL
GROUP BY no ORDER BY no;

-- name: describe_agents
-- A brought name describes the agent.
UPDATE agent SET name = n.agent_name, provisional = false
FROM (SELECT agent_no, arg_max(agent_name, rn) AS agent_name FROM incoming
      WHERE agent_no IS NOT NULL AND agent_name IS NOT NULL AND refusal IS NULL GROUP BY agent_no) n
WHERE agent.agent_no = n.agent_no AND (agent.name IS DISTINCT FROM n.agent_name OR agent.provisional);

-- name: find_agents_by_number
-- Each row's agent, by number; a name stands for the number of those known by name only.
UPDATE incoming SET agent_id = a.agent_id FROM agent a
WHERE incoming.agent_id IS NULL AND a.agent_no = coalesce(incoming.agent_no, incoming.agent_name);

-- name: find_agents_by_name
-- Each row's agent, by a name that only one has.
UPDATE incoming SET agent_id = a.agent_id
FROM (SELECT name, min(agent_id) AS agent_id FROM agent WHERE name IS NOT NULL GROUP BY name HAVING count(*) = 1) a
WHERE incoming.agent_id IS NULL AND incoming.agent_no IS NULL AND a.name = incoming.agent_name;

-- name: notice_agents
-- Agents that are named and described by no file.
INSERT INTO noticed
SELECT DISTINCT 'unknown_agent', NULL::BIGINT, a.agent_no,
    json_object('agent_no', a.agent_no)::VARCHAR FROM incoming i JOIN agent a USING (agent_id)
WHERE a.provisional AND i.refusal IS NULL;

-- name: last_merchant
-- Numbers above this one are made by this file.
SELECT coalesce(max(merchant_id), 0) FROM merchant;

-- name: name_merchants
-- A merchant known by name only gets its number when a file brings both.
UPDATE merchant SET merchant_no = n.merchant_no
FROM (SELECT merchant_name, min(merchant_no) AS merchant_no FROM incoming
      WHERE merchant_no IS NOT NULL AND merchant_name IS NOT NULL
      GROUP BY merchant_name HAVING count(DISTINCT merchant_no) = 1) n
WHERE merchant.provisional AND merchant.merchant_no = merchant.name AND merchant.name = n.merchant_name
    AND NOT EXISTS (SELECT 1 FROM merchant other WHERE other.merchant_no = n.merchant_no);

-- name: add_merchants
-- Merchants nobody has named before; by name only, the name stands for the number.
INSERT INTO merchant (merchant_no, name, provisional)
SELECT coalesce(merchant_no, merchant_name) AS no, arg_max(merchant_name, rn), true
FROM incoming WHERE refusal IS NULL AND merchant_id IS NULL AND coalesce(merchant_no, merchant_name) IS NOT NULL
GROUP BY no ORDER BY min(rn);

-- name: fill_merchants
-- A ledger that happens to bring a merchant's name or place gives it to a merchant without one.
UPDATE merchant SET name = coalesce(merchant.name, n.name), region = coalesce(merchant.region, n.region),
    city = coalesce(merchant.city, n.city)
FROM (SELECT merchant_id, arg_max(merchant_name, rn) AS name, arg_max(region, rn) AS region, arg_max(city, rn) AS city
      FROM incoming WHERE merchant_id IS NOT NULL AND refusal IS NULL GROUP BY merchant_id) n
WHERE merchant.merchant_id = n.merchant_id
    AND (merchant.name IS NULL AND n.name IS NOT NULL OR merchant.region IS NULL AND n.region IS NOT NULL
        OR merchant.city IS NULL AND n.city IS NOT NULL);

-- name: find_merchants_by_number
-- Each row's merchant, by number; a name stands for the number of those known by name only.
UPDATE incoming SET merchant_id = a.merchant_id FROM merchant a
WHERE incoming.merchant_id IS NULL AND a.merchant_no = coalesce(incoming.merchant_no, incoming.merchant_name);

-- name: find_merchants_by_name
-- Each row's merchant, by a name that only one has.
UPDATE incoming SET merchant_id = a.merchant_id
FROM (SELECT name, min(merchant_id) AS merchant_id FROM merchant WHERE name IS NOT NULL GROUP BY name HAVING count(*) = 1) a
WHERE incoming.merchant_id IS NULL AND incoming.merchant_no IS NULL AND a.name = incoming.merchant_name;

-- name: notice_merchants
-- Merchants that are named and described by no file.
INSERT INTO noticed
SELECT DISTINCT 'unknown_merchant', NULL::BIGINT, m.merchant_no,
    json_object('merchant_no', m.merchant_no)::VARCHAR FROM incoming i JOIN merchant m USING (merchant_id)
WHERE m.provisional AND i.refusal IS NULL;

-- name: compare_merchants
-- Each merchant of the file as it will be, and whether that is news.
CREATE OR REPLACE TEMP TABLE merchant_in AS
WITH brought AS (
    SELECT merchant_id, arg_max(merchant_name, rn) AS name, arg_max(region, rn) AS region, arg_max(city, rn) AS city,
        arg_max(address, rn) AS address, arg_max(agent_id, rn) AS agent_id, arg_max(contact_name, rn) AS contact_name,
        arg_max(contact_email, rn) AS contact_email, arg_max(contact_phone, rn) AS contact_phone,
        arg_max(closed, rn) AS closed
    FROM incoming WHERE merchant_id IS NOT NULL AND refusal IS NULL GROUP BY merchant_id),
merged AS (
    SELECT m.merchant_id, m.merchant_id > $last AS is_new, coalesce(b.name, m.name) AS name,
        coalesce(b.region, m.region) AS region, coalesce(b.city, m.city) AS city,
        coalesce(b.address, m.address) AS address, coalesce(b.agent_id, m.agent_id) AS agent_id,
        coalesce(b.contact_name, m.contact_name) AS contact_name,
        coalesce(b.contact_email, m.contact_email) AS contact_email,
        coalesce(b.contact_phone, m.contact_phone) AS contact_phone, coalesce(b.closed, m.closed) AS closed,
        false AS provisional
    FROM brought b JOIN merchant m USING (merchant_id))
SELECT n.*, (n.name, n.region, n.city, n.address, n.agent_id, n.contact_name, n.contact_email, n.contact_phone, n.closed,
        n.provisional)
    IS DISTINCT FROM
    (m.name, m.region, m.city, m.address, m.agent_id, m.contact_name, m.contact_email, m.contact_phone, m.closed,
        m.provisional)
    AS changes
FROM merged n JOIN merchant m USING (merchant_id);

-- name: count_merchants
-- New, changed and same.
SELECT count(*) FILTER (is_new) AS new, count(*) FILTER (changes AND NOT is_new) AS changed,
    count(*) FILTER (NOT changes AND NOT is_new) AS same FROM merchant_in;

-- name: merge_merchants
-- What is news goes in; a merchant a file of merchants describes is provisional no more.
MERGE INTO merchant m USING (SELECT * FROM merchant_in WHERE changes) n ON m.merchant_id = n.merchant_id
WHEN MATCHED THEN UPDATE SET name = n.name, region = n.region, city = n.city, address = n.address,
    agent_id = n.agent_id, contact_name = n.contact_name, contact_email = n.contact_email,
    contact_phone = n.contact_phone, closed = n.closed, provisional = false;

-- name: last_terminal
-- Numbers above this one are made by this file.
SELECT coalesce(max(terminal_key), 0) FROM terminal;

-- name: find_terminals_of_merchants
-- Rows that name the merchant: his terminal of that number.
UPDATE incoming SET terminal_key = t.terminal_key FROM terminal t
WHERE incoming.terminal_key IS NULL AND t.terminal_id = incoming.terminal_id AND t.merchant_id = incoming.merchant_id;

-- name: adopt_terminals
-- A terminal that so far had no merchant goes to the one merchant whose ledger names it.
UPDATE terminal SET merchant_id = n.merchant_id
FROM (SELECT terminal_id, min(merchant_id) AS merchant_id FROM incoming
      WHERE terminal_key IS NULL AND refusal IS NULL AND merchant_id IS NOT NULL
      GROUP BY terminal_id HAVING count(DISTINCT merchant_id) = 1) n
WHERE terminal.merchant_id IS NULL AND terminal.terminal_id = n.terminal_id
    AND (SELECT count(*) FROM terminal t WHERE t.terminal_id = n.terminal_id) = 1;

-- name: add_terminals_of_merchants
-- Terminals nobody has named before, under their merchants.
INSERT INTO terminal (terminal_id, merchant_id)
SELECT terminal_id, merchant_id FROM incoming
WHERE terminal_id IS NOT NULL AND merchant_id IS NOT NULL AND terminal_key IS NULL AND refusal IS NULL
GROUP BY terminal_id, merchant_id ORDER BY min(rn);

-- name: keep_terminals_of_cards
-- A row without merchant that names the terminal its card already sits in means that one.
UPDATE incoming SET terminal_key = t.terminal_key FROM sim s JOIN terminal t USING (terminal_key)
WHERE incoming.terminal_key IS NULL AND incoming.merchant_id IS NULL AND s.stem = incoming.stem
    AND t.terminal_id = incoming.terminal_id;

-- name: find_terminals_by_serial
-- Rows that lack the number or the merchant and bring the maker's number: the only machine of that number.
UPDATE incoming SET terminal_key = t.terminal_key
FROM (SELECT serial_no, min(terminal_key) AS terminal_key, min(terminal_id) AS terminal_id, min(merchant_id) AS merchant_id
      FROM terminal WHERE serial_no IS NOT NULL GROUP BY serial_no HAVING count(*) = 1) t
WHERE incoming.terminal_key IS NULL AND t.serial_no = incoming.serial_no
    AND (incoming.terminal_id IS NULL OR (incoming.merchant_id IS NULL AND incoming.terminal_id = t.terminal_id))
    AND (incoming.merchant_id IS NULL OR coalesce(t.merchant_id, incoming.merchant_id) = incoming.merchant_id);

-- name: adopt_machines
-- A machine that so far had no merchant goes to the one its serial number is listed under.
UPDATE terminal SET merchant_id = n.merchant_id
FROM (SELECT terminal_key, min(merchant_id) AS merchant_id FROM incoming
      WHERE terminal_id IS NULL AND terminal_key IS NOT NULL AND refusal IS NULL
      GROUP BY terminal_key HAVING count(DISTINCT merchant_id) = 1) n
WHERE terminal.terminal_key = n.terminal_key AND terminal.merchant_id IS NULL;

-- name: refuse_unknown_machines
-- Rows of a ledger that name a machine only by a maker's number nobody knows, or knows at another merchant.
UPDATE incoming SET refusal = CASE WHEN n.elsewhere IS NULL THEN $msgid ELSE $elsewhere END,
    refused_column = 'serial_no', refused_value = coalesce(incoming.serial_no, ''), candidates = n.elsewhere
FROM (SELECT i.rn, string_agg(m.merchant_no, ', ' ORDER BY m.merchant_no) AS elsewhere FROM incoming i
      LEFT JOIN terminal t ON t.serial_no = i.serial_no LEFT JOIN merchant m ON m.merchant_id = t.merchant_id
      WHERE i.terminal_key IS NULL AND i.terminal_id IS NULL AND i.refusal IS NULL GROUP BY i.rn) n
WHERE n.rn = incoming.rn;

-- name: find_terminals_by_number
-- Rows without merchant: the terminal of that number, when there is only one.
UPDATE incoming SET terminal_key = t.terminal_key
FROM (SELECT terminal_id, min(terminal_key) AS terminal_key FROM terminal GROUP BY terminal_id HAVING count(*) = 1) t
WHERE incoming.terminal_key IS NULL AND incoming.merchant_id IS NULL AND t.terminal_id = incoming.terminal_id;

-- name: refuse_ambiguous_terminals
-- Rows without merchant whose number several merchants have.
UPDATE incoming SET refusal = $msgid, refused_column = 'terminal_id', refused_value = t.terminal_id,
    candidates = t.candidates
FROM (SELECT t.terminal_id, string_agg(coalesce(m.merchant_no, '–'), ', ' ORDER BY m.merchant_no) AS candidates
      FROM terminal t LEFT JOIN merchant m USING (merchant_id)
      WHERE t.terminal_id IN (SELECT terminal_id FROM incoming WHERE terminal_key IS NULL AND merchant_id IS NULL)
      GROUP BY t.terminal_id HAVING count(*) > 1) t
WHERE incoming.terminal_key IS NULL AND incoming.merchant_id IS NULL AND incoming.refusal IS NULL
    AND t.terminal_id = incoming.terminal_id;

-- name: add_terminals_without_merchant
-- Terminals nobody has named before and whose merchant nobody says yet.
INSERT INTO terminal (terminal_id)
SELECT terminal_id FROM incoming
WHERE terminal_id IS NOT NULL AND merchant_id IS NULL AND terminal_key IS NULL AND refusal IS NULL
GROUP BY terminal_id ORDER BY min(rn);

-- name: notice_terminals
-- Terminals that only a card file has named so far.
INSERT INTO noticed
SELECT DISTINCT 'unknown_terminal', NULL::BIGINT, i.terminal_id, json_object('terminal_id', i.terminal_id)::VARCHAR
FROM incoming i WHERE i.terminal_key > $last AND i.refusal IS NULL
UNION ALL SELECT DISTINCT 'unknown_terminal', NULL::BIGINT, i.serial_no, json_object('terminal_id', i.serial_no)::VARCHAR
FROM incoming i WHERE i.terminal_key IS NULL AND i.terminal_id IS NULL AND i.serial_no IS NOT NULL AND i.refusal IS NULL;

-- name: close_unknown_terminals
-- A ledger describes them now.
UPDATE finding SET closed_at = $now WHERE closed_at IS NULL AND kind = 'unknown_terminal'
    AND object IN (SELECT terminal_id FROM incoming WHERE refusal IS NULL);

-- name: keep_imeis
-- A card list that says in which device a card is speaks of the terminal that holds the card.
UPDATE terminal SET imei = n.imei
FROM (SELECT s.terminal_key, arg_max(i.imei, i.rn) AS imei FROM incoming i JOIN sim s ON s.stem = i.stem
      WHERE i.imei IS NOT NULL AND i.refusal IS NULL AND s.terminal_key IS NOT NULL GROUP BY s.terminal_key) n
WHERE terminal.terminal_key = n.terminal_key AND terminal.imei IS DISTINCT FROM n.imei;

-- name: compare_terminals
-- Each terminal of the file as it will be, and whether that is news.
CREATE OR REPLACE TEMP TABLE terminal_in AS
WITH brought AS (
    SELECT terminal_key, arg_max(agent_id, rn) AS agent_id, arg_max(branch, rn) AS branch, arg_max(brand, rn) AS brand,
        arg_max(model, rn) AS model, arg_max(serial_no, rn) AS serial_no, arg_max(tusn, rn) AS tusn,
        arg_max(imei, rn) AS imei, arg_max(site, rn) AS site, arg_max(install_address, rn) AS install_address,
        arg_max(networks, rn) AS networks, arg_max(status, rn) AS status, max(last_seen_at) AS last_seen_at,
        max(last_trade_on) AS last_trade_on, arg_max(monthly_takings_fen, rn) AS monthly_takings_fen,
        arg_max(contact_name, rn) AS contact_name, arg_max(contact_phone, rn) AS contact_phone
    FROM incoming WHERE terminal_key IS NOT NULL AND refusal IS NULL GROUP BY terminal_key),
merged AS (
    SELECT t.terminal_key, t.terminal_key > $last AS is_new, coalesce(b.agent_id, t.agent_id) AS agent_id,
        coalesce(b.branch, t.branch) AS branch, coalesce(b.brand, t.brand) AS brand,
        coalesce(b.model, t.model) AS model, coalesce(b.serial_no, t.serial_no) AS serial_no,
        coalesce(b.tusn, t.tusn) AS tusn, coalesce(b.imei, t.imei) AS imei, coalesce(b.site, t.site) AS site,
        coalesce(b.install_address, t.install_address) AS install_address,
        coalesce(b.networks, t.networks) AS networks, coalesce(b.status, t.status) AS status,
        -- A sign of life never becomes an older one.
        greatest(b.last_seen_at, t.last_seen_at) AS last_seen_at,
        greatest(b.last_trade_on, t.last_trade_on) AS last_trade_on,
        coalesce(b.monthly_takings_fen, t.monthly_takings_fen) AS monthly_takings_fen,
        coalesce(b.contact_name, t.contact_name) AS contact_name,
        coalesce(b.contact_phone, t.contact_phone) AS contact_phone
    FROM brought b JOIN terminal t USING (terminal_key))
SELECT n.*, (n.agent_id, n.branch, n.brand, n.model, n.serial_no, n.tusn, n.imei, n.site, n.install_address, n.networks,
        n.status, n.last_seen_at, n.last_trade_on, n.monthly_takings_fen, n.contact_name, n.contact_phone)
    IS DISTINCT FROM
    (t.agent_id, t.branch, t.brand, t.model, t.serial_no, t.tusn, t.imei, t.site, t.install_address, t.networks,
        t.status, t.last_seen_at, t.last_trade_on, t.monthly_takings_fen, t.contact_name, t.contact_phone) AS changes
FROM merged n JOIN terminal t USING (terminal_key);

-- name: count_terminals
-- New, changed and same.
SELECT count(*) FILTER (is_new) AS new, count(*) FILTER (changes AND NOT is_new) AS changed,
    count(*) FILTER (NOT changes AND NOT is_new) AS same FROM terminal_in;

-- name: merge_terminals
-- What is news goes in.
MERGE INTO terminal t USING (SELECT * FROM terminal_in WHERE changes) n ON t.terminal_key = n.terminal_key
WHEN MATCHED THEN UPDATE SET agent_id = n.agent_id, branch = n.branch, brand = n.brand, model = n.model,
    serial_no = n.serial_no, tusn = n.tusn, imei = n.imei, site = n.site, install_address = n.install_address,
    networks = n.networks, status = n.status, last_seen_at = n.last_seen_at, last_trade_on = n.last_trade_on,
    monthly_takings_fen = n.monthly_takings_fen, contact_name = n.contact_name, contact_phone = n.contact_phone;
