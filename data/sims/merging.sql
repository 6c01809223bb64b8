-- name: find_owners
-- Who carries the numbers of rows without ICCID, in the house or in this file; gone cards only where no other does.
CREATE OR REPLACE TEMP TABLE number_owner AS
WITH wanted AS (SELECT DISTINCT msisdn FROM incoming WHERE stem IS NULL AND msisdn IS NOT NULL),
known AS (
    SELECT msisdn, stem, status IN ('cancelled', 'replaced', 'lost') AS gone FROM sim SEMI JOIN wanted USING (msisdn)
    UNION ALL SELECT msisdn, stem, false FROM incoming SEMI JOIN wanted USING (msisdn) ANTI JOIN sim USING (stem)
        WHERE incoming.stem IS NOT NULL)
SELECT msisdn, min(stem) AS stem, count(DISTINCT stem) AS cards,
    string_agg(DISTINCT stem, ', ' ORDER BY stem) AS candidates
FROM known GROUP BY msisdn, gone QUALIFY row_number() OVER (PARTITION BY msisdn ORDER BY gone) = 1;

-- name: find_by_msisdn
-- Rows without ICCID: the one card that carries the number.
UPDATE incoming SET stem = o.stem FROM number_owner o
WHERE incoming.stem IS NULL AND incoming.refusal IS NULL AND o.msisdn = incoming.msisdn AND o.cards = 1;

-- name: refuse_ambiguous_numbers
-- Rows without ICCID whose number several cards carry.
UPDATE incoming SET refusal = $msgid, refused_column = 'msisdn', refused_value = o.msisdn, candidates = o.candidates
FROM number_owner o
WHERE incoming.stem IS NULL AND incoming.refusal IS NULL AND o.msisdn = incoming.msisdn AND o.cards > 1;

-- name: find_by_imsi
-- Rows with neither ICCID nor a known number: the one card with the IMSI.
UPDATE incoming SET stem = s.stem
FROM (SELECT imsi, min(stem) AS stem FROM sim WHERE imsi IS NOT NULL GROUP BY imsi HAVING count(*) = 1) s
WHERE incoming.stem IS NULL AND incoming.refusal IS NULL AND s.imsi = incoming.imsi;

-- name: refuse_unknown_cards
-- Rows that name no card we know and cannot make one.
UPDATE incoming SET refusal = $msgid, refused_column = CASE WHEN msisdn IS NULL THEN 'imsi' ELSE 'msisdn' END,
    refused_value = coalesce(msisdn, imsi, '')
WHERE stem IS NULL AND refusal IS NULL;

-- name: infer_carriers
-- Where neither file nor house says the carrier: the account's, else the one the ICCID's first digits name.
UPDATE incoming SET carrier = coalesce(n.carrier, incoming.issuer)
FROM (SELECT i.rn, a.carrier FROM incoming i LEFT JOIN sim s ON s.stem = i.stem
      LEFT JOIN account a ON a.account = coalesce(i.account, s.account)
      WHERE i.carrier IS NULL AND coalesce(s.carrier, '') = '') n
WHERE n.rn = incoming.rn AND coalesce(n.carrier, incoming.issuer) IS NOT NULL;

-- name: remember_terminals
-- A ledger once named these cards by numbers nobody knew: the terminal it said holds the card, unless one is known.
UPDATE incoming SET terminal_key = n.terminal_key
FROM (SELECT i.rn, max((f.detail->>'terminal_key')::BIGINT) AS terminal_key
      FROM incoming i JOIN finding f ON f.object = i.msisdn LEFT JOIN sim s ON s.stem = i.stem
      WHERE f.kind = 'unknown_card' AND f.closed_at IS NULL AND s.terminal_key IS NULL GROUP BY i.rn) n
WHERE n.rn = incoming.rn AND incoming.terminal_key IS NULL;

-- name: notice_unknown_numbers
-- Rows of a ledger that name a card nobody knows, by its number only.
INSERT INTO noticed
SELECT 'unknown_card', NULL::BIGINT, msisdn, json_object('iccid', msisdn, 'terminal_key', terminal_key)::VARCHAR
FROM incoming WHERE stem IS NULL AND msisdn IS NOT NULL AND refusal IS NULL;

-- name: keep_cards_only
-- Of a ledger's rows only the card and its terminal are the card's; state and the rest are the terminal's.
UPDATE incoming SET status = NULL, raw_status = NULL;

-- name: notice_new_cards
-- Cards that so far no card list has named.
INSERT INTO noticed
SELECT 'unknown_card', sim_id, iccid, json_object('iccid', iccid)::VARCHAR FROM sim WHERE sim_id > $last;

-- name: close_described_cards
-- A card list names them now.
UPDATE finding SET closed_at = $now WHERE closed_at IS NULL AND kind = 'unknown_card'
    AND (sim_id IN (SELECT sim_id FROM sim SEMI JOIN incoming USING (stem)) OR object IN (SELECT msisdn FROM incoming));

-- name: last_sim
-- Numbers above this one are made by this file.
SELECT coalesce(max(sim_id), 0) FROM sim;

-- name: add_sims
-- Cards nobody has named before; the last printed form of the longest kind stays.
INSERT INTO sim (stem, iccid, observed_at)
SELECT i.stem, arg_max(i.iccid, length(i.iccid) * 100_000_000 - i.rn), $now
FROM incoming i LEFT JOIN sim s ON s.stem = i.stem
WHERE s.stem IS NULL AND i.refusal IS NULL AND i.iccid IS NOT NULL
GROUP BY i.stem ORDER BY min(i.rn);

-- name: compare
-- Each card of the file as it will be and as it was. A later line wins; an empty cell changes nothing; an older
-- observation moves neither state nor usage; an expiry never falls behind a renewal or a later reading (`behind`).
CREATE OR REPLACE TEMP TABLE sim_in AS
WITH brought AS (
    SELECT stem, count(*) AS lines,
        min(terminal_key) <> max(terminal_key) OR min(expires_on) <> max(expires_on) OR min(plan_id) <> max(plan_id)
            OR min(account) <> max(account) OR min(status) <> max(status) OR min(msisdn) <> max(msisdn)
            OR min(silent_until) <> max(silent_until) AS disagrees,
        arg_max(iccid, rn) AS iccid, arg_max(imsi, rn) AS imsi, arg_max(msisdn, rn) AS msisdn,
        arg_max(carrier, rn) AS carrier, arg_max(account, rn) AS account, arg_max(supplier, rn) AS supplier,
        arg_max(plan_id, rn) AS plan_id, arg_max(terminal_key, rn) AS terminal_key, arg_max(status, rn) AS status,
        arg_max(raw_status, rn) AS raw_status, arg_max(activated_on, rn) AS activated_on,
        arg_max(expires_on, rn) AS expires_on, arg_max(auto_renew, rn) AS auto_renew,
        arg_max(quota_bytes, rn) AS quota_bytes,
        arg_max(coalesce(used_bytes, quota_bytes - left_bytes), rn) AS used_bytes,
        arg_max(left_bytes, rn) AS left_bytes, max(as_of) AS as_of, arg_max(purchase_batch, rn) AS purchase_batch,
        arg_max(pool, rn) AS pool, arg_max(tags, rn) AS tags, arg_max(delivered_on, rn) AS delivered_on,
        arg_max(silent_until, rn) AS silent_until
    FROM incoming WHERE refusal IS NULL AND stem IS NOT NULL GROUP BY stem),
renewed AS (
    SELECT o.sim_id, max(st.new_expiry) AS until FROM state st JOIN obligation o ON o.id = st.obligation
    WHERE st.st = 'succeeded' GROUP BY o.sim_id),
judged AS (
    SELECT b.*, s.sim_id, s.sim_id > $last AS is_new, s AS old,
        b.expires_on < s.expires_on AND (s.expiry_source = 'renewal'
            OR s.expiry_source = 'carrier' AND (b.as_of IS NULL OR b.as_of < s.expiry_seen_at)
            OR b.expires_on < r.until) AS behind,
        coalesce(b.as_of, $now) >= s.status_seen_at AS state_is_later,
        coalesce(b.as_of, $now) >= s.as_of AS usage_is_later
    FROM brought b JOIN sim s ON s.stem = b.stem LEFT JOIN renewed r ON r.sim_id = s.sim_id),
merged AS (
    SELECT sim_id, stem, is_new, old, lines, disagrees, coalesce(behind, false) AS behind, iccid AS told_iccid, as_of AS told_as_of,
        imsi AS told_imsi, msisdn AS told_msisdn, expires_on AS told_expiry,
        account AS told_account, status AS told_status, raw_status AS told_raw_status,
        CASE WHEN length(old.iccid) = 19 AND length(iccid) = 20 THEN iccid ELSE old.iccid END AS iccid,
        coalesce(imsi, old.imsi) AS imsi, coalesce(msisdn, old.msisdn) AS msisdn,
        coalesce(carrier, old.carrier) AS carrier, coalesce(account, old.account) AS account,
        coalesce(supplier, old.supplier) AS supplier, coalesce(plan_id, old.plan_id) AS plan_id,
        coalesce(terminal_key, old.terminal_key) AS terminal_key,
        CASE WHEN coalesce(state_is_later, true) THEN coalesce(status, old.status) ELSE old.status END AS status,
        CASE WHEN coalesce(state_is_later, true) THEN coalesce(raw_status, old.raw_status) ELSE old.raw_status END
            AS raw_status,
        coalesce(activated_on, old.activated_on) AS activated_on,
        CASE WHEN coalesce(behind, false) THEN old.expires_on ELSE coalesce(expires_on, old.expires_on) END
            AS expires_on,
        coalesce(auto_renew, old.auto_renew) AS auto_renew, coalesce(quota_bytes, old.quota_bytes) AS quota_bytes,
        CASE WHEN coalesce(usage_is_later, true) THEN coalesce(used_bytes, old.used_bytes) ELSE old.used_bytes END
            AS used_bytes,
        CASE WHEN coalesce(usage_is_later, true) THEN coalesce(left_bytes, old.left_bytes) ELSE old.left_bytes END
            AS left_bytes,
        CASE WHEN coalesce(usage_is_later, true) AND (as_of IS NOT NULL OR used_bytes IS DISTINCT FROM old.used_bytes)
            AND coalesce(used_bytes, left_bytes) IS NOT NULL THEN coalesce(as_of, $now) ELSE old.as_of END AS as_of,
        coalesce(purchase_batch, old.purchase_batch) AS purchase_batch, coalesce(pool, old.pool) AS pool,
        coalesce(tags, old.tags) AS tags, coalesce(silent_until, old.silent_until) AS silent_until,
        -- Who leaves the stock under our eyes was delivered that day, whatever no file says.
        coalesce(delivered_on, old.delivered_on, CASE WHEN coalesce(state_is_later, true) AND old.status IN ('stock', 'test')
            AND status = 'silent' THEN timezone('Asia/Shanghai', coalesce(as_of, $now))::DATE END) AS delivered_on
    FROM judged)
SELECT m.*,
    m.expires_on IS DISTINCT FROM old.expires_on AS moves_expiry,
    m.status IS DISTINCT FROM old.status AS moves_status,
    (m.iccid, m.imsi, m.msisdn, m.carrier, m.account, m.supplier, m.plan_id, m.terminal_key, m.status, m.raw_status,
        m.activated_on, m.expires_on, m.auto_renew, m.quota_bytes, m.used_bytes, m.left_bytes, m.as_of,
        m.purchase_batch, m.pool, m.tags, m.delivered_on, m.silent_until)
    IS DISTINCT FROM
    (old.iccid, old.imsi, old.msisdn, old.carrier, old.account, old.supplier, old.plan_id, old.terminal_key, old.status,
        old.raw_status, old.activated_on, old.expires_on, old.auto_renew, old.quota_bytes, old.used_bytes,
        old.left_bytes, old.as_of, old.purchase_batch, old.pool, old.tags, old.delivered_on, old.silent_until) AS changes
FROM merged m;

-- name: count
-- New, changed and same cards.
SELECT count(*) FILTER (is_new) AS new, count(*) FILTER (changes AND NOT is_new) AS changed,
    count(*) FILTER (NOT changes AND NOT is_new) AS same FROM sim_in;

-- name: merge
-- What is news goes in. The anchor day stays where the new expiry is that day, clamped to its month.
MERGE INTO sim s USING (SELECT * FROM sim_in WHERE changes) n ON s.sim_id = n.sim_id
WHEN MATCHED THEN UPDATE SET iccid = n.iccid, imsi = n.imsi, msisdn = n.msisdn, carrier = n.carrier,
    account = n.account, supplier = n.supplier, plan_id = n.plan_id, terminal_key = n.terminal_key, status = n.status,
    raw_status = n.raw_status, activated_on = n.activated_on, expires_on = n.expires_on, auto_renew = n.auto_renew,
    quota_bytes = n.quota_bytes, used_bytes = n.used_bytes, left_bytes = n.left_bytes, as_of = n.as_of,
    purchase_batch = n.purchase_batch, pool = n.pool, tags = n.tags, delivered_on = n.delivered_on, silent_until = n.silent_until,
    anchor_day = CASE WHEN s.anchor_day IS NOT NULL
            AND least(s.anchor_day, day(last_day(n.expires_on))) = day(n.expires_on) THEN s.anchor_day
        ELSE coalesce(day(n.expires_on), s.anchor_day) END,
    expiry_source = CASE WHEN n.moves_expiry THEN 'file' ELSE s.expiry_source END,
    expiry_seen_at = CASE WHEN n.moves_expiry THEN coalesce(n.told_as_of, $now) ELSE s.expiry_seen_at END,
    status_seen_at = CASE WHEN n.moves_status THEN coalesce(n.told_as_of, $now) ELSE s.status_seen_at END;

-- name: touch
-- Every card of the file was spoken of now, news or not.
UPDATE sim SET observed_at = $now FROM sim_in n WHERE sim.sim_id = n.sim_id;

-- name: keep_changes
-- The history of each known card: what a person would ask about.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT sim_id, $now, field, before, after, $source FROM (
    SELECT sim_id, 'expires_on' AS field, old.expires_on::VARCHAR AS before, expires_on::VARCHAR AS after
        FROM sim_in WHERE moves_expiry AND NOT is_new
    UNION ALL SELECT sim_id, 'silent_until', old.silent_until::VARCHAR, silent_until::VARCHAR
        FROM sim_in WHERE silent_until IS DISTINCT FROM old.silent_until AND NOT is_new
    UNION ALL SELECT sim_id, 'status', old.status, status FROM sim_in WHERE moves_status AND NOT is_new
    UNION ALL SELECT sim_id, 'account', old.account, account
        FROM sim_in WHERE account IS DISTINCT FROM old.account AND NOT is_new
    UNION ALL SELECT n.sim_id, 'plan', a.plan, b.plan FROM sim_in n LEFT JOIN plan a ON a.plan_id = n.old.plan_id
        LEFT JOIN plan b ON b.plan_id = n.plan_id WHERE n.plan_id IS DISTINCT FROM n.old.plan_id AND NOT n.is_new
    UNION ALL SELECT n.sim_id, 'terminal', a.terminal_id, b.terminal_id FROM sim_in n
        LEFT JOIN terminal a ON a.terminal_key = n.old.terminal_key
        LEFT JOIN terminal b ON b.terminal_key = n.terminal_key
        WHERE n.terminal_key IS DISTINCT FROM n.old.terminal_key AND NOT n.is_new)
ORDER BY sim_id, field;

-- name: notice
-- What does not add up between this file and what was known.
INSERT INTO noticed
SELECT 'older_expiry', sim_id, iccid, json_object('known', old.expires_on::VARCHAR, 'source', $source,
    'told', told_expiry::VARCHAR)::VARCHAR FROM sim_in WHERE behind
UNION ALL SELECT 'printed_forms', sim_id, iccid, json_object('after', told_iccid, 'before', old.iccid)::VARCHAR
    FROM sim_in WHERE length(told_iccid) = 20 AND length(old.iccid) = 20 AND told_iccid <> old.iccid
UNION ALL SELECT 'identity_differs', sim_id, iccid, json_object('after', coalesce(told_msisdn, told_imsi),
    'before', CASE WHEN told_msisdn <> old.msisdn THEN old.msisdn ELSE old.imsi END,
    'field', CASE WHEN told_msisdn <> old.msisdn THEN 'msisdn' ELSE 'imsi' END)::VARCHAR
    FROM sim_in WHERE length(told_iccid) = 20 AND length(old.iccid) = 20 AND told_iccid <> old.iccid
        AND (told_msisdn <> old.msisdn OR told_imsi <> old.imsi)
UNION ALL SELECT 'card_in_two_rows', sim_id, iccid, json_object('rows', lines)::VARCHAR
    FROM sim_in WHERE disagrees
UNION ALL SELECT 'card_moved', n.sim_id, n.iccid,
    json_object('after', b.terminal_id, 'before', a.terminal_id)::VARCHAR
    FROM sim_in n JOIN terminal a ON a.terminal_key = n.old.terminal_key
    JOIN terminal b ON b.terminal_key = n.terminal_key WHERE n.terminal_key <> n.old.terminal_key
UNION ALL SELECT DISTINCT 'unknown_account', NULL::BIGINT, told_account, json_object('account', told_account)::VARCHAR
    FROM sim_in WHERE told_account IS NOT NULL AND told_account NOT IN (SELECT account FROM account WHERE listed)
UNION ALL SELECT DISTINCT 'unmapped_status', NULL::BIGINT, told_raw_status,
    json_object('raw_status', told_raw_status)::VARCHAR
    FROM sim_in WHERE told_status = 'unknown' AND told_raw_status IS NOT NULL;

-- name: notice_repeats
-- Cards with further rows in this file that were refused for saying something else than the first.
INSERT INTO noticed
SELECT 'card_in_two_rows', min(s.sim_id), s.iccid, json_object('rows', 1 + count(*))::VARCHAR
FROM repeats r JOIN incoming i ON i.line = r.line AND i.sheet = r.sheet JOIN sim s ON s.stem = i.stem
GROUP BY s.iccid;

-- name: close_agreed
-- The sources agree again about the expiry.
UPDATE finding SET closed_at = $now WHERE closed_at IS NULL AND kind = 'older_expiry'
    AND sim_id IN (SELECT sim_id FROM sim_in WHERE told_expiry = expires_on);

-- name: keep_cycle_usage
-- A card list's usage of the cycle is what its month had used by then.
MERGE INTO usage_month u USING (
    SELECT sim_id, date_trunc('month', timezone('Asia/Shanghai', as_of))::DATE AS month, used_bytes, as_of
    FROM sim_in WHERE used_bytes IS NOT NULL AND as_of IS NOT NULL AND (changes OR is_new) ORDER BY sim_id) n
    ON u.sim_id = n.sim_id AND u.month = n.month
WHEN MATCHED AND (u.as_of IS NULL OR n.as_of >= u.as_of) AND (u.source = 'file' OR n.used_bytes > u.used_bytes)
    THEN UPDATE SET used_bytes = n.used_bytes, as_of = n.as_of, source = 'file'
WHEN NOT MATCHED THEN INSERT (sim_id, month, used_bytes, as_of, source)
    VALUES (n.sim_id, n.month, n.used_bytes, n.as_of, 'file');

-- name: changed_ids
-- The cards that are not as they were, and those beside them in a terminal: a new card may have taken their place.
WITH changed AS (SELECT sim_id, terminal_key, old.terminal_key AS before FROM sim_in WHERE changes OR is_new)
SELECT sim_id FROM changed
UNION SELECT sim_id FROM sim WHERE terminal_key IN (SELECT terminal_key FROM changed UNION SELECT before FROM changed)
ORDER BY sim_id;
