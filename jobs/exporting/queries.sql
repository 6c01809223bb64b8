-- name: part
-- The staged rows of one part in their order, under the headers a person reads.
SELECT * FROM (
    SELECT * EXCLUDE (split_agent, split_branch, split_region) FROM read_parquet($file) WHERE {mine}
) AS shown({headers});

-- name: groups
-- What a staged export is split into, in order of name, those without one last.
SELECT {column} AS part, count(*) AS rows FROM read_parquet($file) GROUP BY ALL ORDER BY part NULLS LAST;

-- name: inert
-- Every cell as text, none of which a spreadsheet would run: a sign that starts a formula gets a ' in front of it.
SELECT CASE
    WHEN typeof(COLUMNS(*)) = 'VARCHAR'
     AND regexp_matches(COLUMNS(*)::VARCHAR, '^([\s\p{Z}"''‘’“”]*[=+@＝＋－＠-]|[\t\r\n\x00])')
    THEN '''' || COLUMNS(*)::VARCHAR
    ELSE COLUMNS(*)::VARCHAR
END FROM ({rows});

-- name: sims
-- Cards with terminal, merchant and agent, in the order of the list; the first columns are those of an import.
SELECT
    now.iccid,
    now.imsi,
    now.msisdn,
    coalesce(map($carrier_codes::VARCHAR[], $carrier_words::VARCHAR[])[now.carrier], now.carrier) AS carrier,
    now.account,
    now.supplier,
    now.plan,
    now.terminal_id,
    now.merchant_no,
    coalesce(map($status_codes::VARCHAR[], $status_words::VARCHAR[])[now.status], now.status) AS status,
    now.activated_on,
    now.expires_on,
    now.act_by,
    now.cancel_by,
    now.expires_on - $today::DATE AS days_left,
    now.auto_renew,
    (now.price_fen::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2) AS renewal_yuan,
    now.term_months AS renewal_months,
    round(now.quota_bytes / 1048576, 7) AS quota_mb,
    round(now.used_bytes / 1048576, 7) AS used_mb,
    date_trunc('second', now.used_as_of AT TIME ZONE $zone) AS as_of,
    now.merchant AS merchant_name,
    now.agent AS agent_name,
    now.region,
    now.city,
    now.branch,
    now.brand,
    now.model,
    now.serial_no,
    now.contact_name,
    now.contact_phone,
    coalesce(map($decision_codes::VARCHAR[], $decision_words::VARCHAR[])[now.decision], now.decision) AS decision,
    nullif(concat_ws(' · ', now.decision_reason, map($kept::VARCHAR[], $kept_said::VARCHAR[])[now.decision_evidence]), '')
        AS decision_reason,
    now.decider AS decided_by,
    now.decided_on,
    now.purchase_batch,
    now.pool,
    now.tags,
    now.agent AS split_agent,
    now.branch AS split_branch,
    now.region AS split_region
FROM ({source}) AS now;

-- name: for_others
-- Of a list of cards what an agent or a branch gets: nothing of our accounts, sellers, pools and decisions.
SELECT carrier, iccid, msisdn, plan, status, expires_on, act_by, cancel_by, days_left, renewal_yuan, renewal_months,
    terminal_id, serial_no, merchant_no, merchant_name, agent_name, branch, city, contact_name, contact_phone
FROM ({sims});

-- name: kept_evidence
-- Every evidence that is kept with a decision in the list: sentences for the language of the file.
SELECT DISTINCT decision_evidence AS kept FROM ({source}) WHERE decision_evidence IS NOT NULL;

-- name: not_renewing
-- Cards that rules propose not to renew, or that are not renewed: why, by whom, what it saves, until when it can be undone.
SELECT
    now.iccid,
    now.msisdn,
    coalesce(map($carrier_codes::VARCHAR[], $carrier_words::VARCHAR[])[now.carrier], now.carrier) AS carrier,
    now.account,
    now.plan,
    now.terminal_id,
    now.merchant_no,
    now.merchant AS merchant_name,
    now.agent AS agent_name,
    now.city,
    coalesce(map($status_codes::VARCHAR[], $status_words::VARCHAR[])[now.status], now.status) AS status,
    array_to_string(list_transform(string_split(now.evidence, ' '), lambda code:
        coalesce(map($evidence_codes::VARCHAR[], $evidence_words::VARCHAR[])[code], code)), ' · ') AS evidence,
    now.last_sign_on,
    now.idle_months,
    now.successor,
    coalesce(map($decision_codes::VARCHAR[], $decision_words::VARCHAR[])[now.decision], now.decision) AS decision,
    nullif(concat_ws(' · ', now.decision_reason, map($kept::VARCHAR[], $kept_said::VARCHAR[])[now.decision_evidence]), '')
        AS decision_reason,
    now.decider AS decided_by,
    now.decided_on,
    now.decision_confirmed_on AS confirmed_on,
    now.act_by,
    now.expires_on,
    now.cancel_by,
    now.auto_renew,
    (now.price_fen::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2) AS renewal_yuan,
    now.term_months AS renewal_months,
    ((now.price_fen * 12 // now.term_months)::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2) AS yearly_yuan,
    now.agent AS split_agent,
    now.branch AS split_branch,
    now.region AS split_region
FROM ({source}) AS now;

-- name: usage
-- Usage of the month against the quota, card by card, in the order of the list.
SELECT
    now.iccid,
    now.msisdn,
    coalesce(map($carrier_codes::VARCHAR[], $carrier_words::VARCHAR[])[now.carrier], now.carrier) AS carrier,
    now.account,
    now.plan,
    now.terminal_id,
    now.merchant_no,
    now.merchant AS merchant_name,
    now.agent AS agent_name,
    now.region,
    now.city,
    round(now.quota_bytes / 1048576, 7) AS quota_mb,
    round(now.used_bytes / 1048576, 7) AS used_mb,
    round((now.quota_bytes - now.used_bytes) / 1048576, 7) AS left_mb,
    date_trunc('second', now.used_as_of AT TIME ZONE $zone) AS as_of,
    round(now.used_share * 100, 1) AS used_percent,
    now.exhausts_on,
    (now.overage_fen::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2) AS overage_yuan,
    now.idle_months,
    now.agent AS split_agent,
    now.branch AS split_branch,
    now.region AS split_region
FROM ({source}) AS now;

-- name: terminals
-- Terminals as an import brings them, with their cards; narrowed by where they stand and whose they are.
SELECT
    t.terminal_id,
    m.merchant_no,
    m.name AS merchant_name,
    a.agent_no,
    a.name AS agent_name,
    t.branch,
    m.region,
    m.city,
    t.brand,
    t.model,
    t.serial_no,
    t.tusn,
    t.site,
    t.install_address,
    t.networks,
    coalesce(map($terminal_codes::VARCHAR[], $terminal_words::VARCHAR[])[t.status], t.status) AS status,
    date_trunc('second', t.last_seen_at AT TIME ZONE $zone) AS last_seen_at,
    t.last_trade_on,
    (t.monthly_takings_fen::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2) AS monthly_takings_yuan,
    t.contact_name,
    t.contact_phone,
    cards.sims,
    cards.iccids,
    cards.next_expires_on,
    a.name AS split_agent,
    t.branch AS split_branch,
    m.region AS split_region
FROM terminal t
LEFT JOIN merchant m USING (merchant_id)
LEFT JOIN agent a ON a.agent_id = coalesce(t.agent_id, m.agent_id)
LEFT JOIN (
    SELECT terminal_key, count(*) AS sims, string_agg(iccid, ' ' ORDER BY iccid) AS iccids,
           min(expires_on) AS next_expires_on,
           bool_or(carrier = $carrier) AS of_carrier, string_agg(search_text, ' ') AS search_text
    FROM sim_now WHERE live AND terminal_key IS NOT NULL GROUP BY terminal_key
) AS cards USING (terminal_key)
WHERE (NOT $without_card::BOOLEAN OR (cards.sims IS NULL AND t.status = 'in_use'))
  AND ($agent_id::BIGINT IS NULL OR a.agent_id = $agent_id)
  AND ($merchant_id::BIGINT IS NULL OR t.merchant_id = $merchant_id)
  AND ($carrier::VARCHAR IS NULL OR cards.of_carrier)
  AND ($city::VARCHAR IS NULL OR m.city = $city)
  AND ($region::VARCHAR IS NULL OR m.region = $region)
  AND ($branch::VARCHAR IS NULL OR t.branch = $branch)
  AND ($brand::VARCHAR IS NULL OR t.brand = $brand)
  AND (len($statuses::VARCHAR[]) = 0 OR list_contains($statuses::VARCHAR[], t.status))
  AND ($text::VARCHAR IS NULL OR contains(
      upper(concat_ws(' ', t.terminal_id, t.serial_no, t.tusn, m.merchant_no, m.name, a.name, cards.search_text)), $text))
ORDER BY t.terminal_id, m.merchant_no NULLS FIRST, t.terminal_key;

-- name: said_findings
-- What open findings say and who told it, each once.
SELECT DISTINCT kind, detail, source FROM finding WHERE closed_at IS NULL AND ($kind::VARCHAR IS NULL OR kind = $kind);

-- name: findings
-- What does not add up between sources and is still open, newest first.
SELECT
    f.finding_id,
    coalesce(map($finding_codes::VARCHAR[], $finding_words::VARCHAR[])[f.kind], f.kind) AS kind,
    f.object,
    now.iccid,
    now.msisdn,
    now.terminal_id,
    now.merchant_no,
    now.merchant AS merchant_name,
    now.agent AS agent_name,
    s.sentence AS detail,
    s.told_by AS source,
    date_trunc('second', f.found_at AT TIME ZONE $zone) AS found_at,
    now.agent AS split_agent,
    now.branch AS split_branch,
    now.region AS split_region
FROM finding f
JOIN (
    SELECT unnest($kinds::VARCHAR[]) AS kind, unnest($details::VARCHAR[]) AS detail, unnest($sources::VARCHAR[]) AS source,
        unnest($sentences::VARCHAR[]) AS sentence, unnest($tellers::VARCHAR[]) AS told_by
) s ON s.kind = f.kind AND s.detail = f.detail AND s.source = f.source
LEFT JOIN sim_now now USING (sim_id)
WHERE f.closed_at IS NULL AND ($kind::VARCHAR IS NULL OR f.kind = $kind)
ORDER BY f.finding_id DESC;

-- name: agent_called
-- The agent of this number or name.
SELECT agent_id FROM agent WHERE agent_no = $agent OR name = $agent ORDER BY agent_no = $agent DESC LIMIT 1;

-- name: renewals
-- Renewal records: the 34 columns in the order people file them in.
SELECT
    r.renewal_no,
    r.batch,
    r.merchant_no,
    r.merchant_name,
    r.terminal_id,
    r.serial_no,
    r.agent_name,
    r.region,
    coalesce(map($carrier_codes::VARCHAR[], $carrier_words::VARCHAR[])[r.carrier], r.carrier) AS carrier,
    r.account,
    r.msisdn,
    r.iccid,
    r.plan,
    r.months,
    r.old_expires_on,
    r.new_expires_on,
    (r.amount_fen::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2) AS amount_yuan,
    coalesce(map($pay_codes::VARCHAR[], $pay_words::VARCHAR[])[r.way_to_pay], r.way_to_pay) AS way_to_pay,
    r.payee,
    r.paid_on,
    coalesce(map($channel_codes::VARCHAR[], $channel_words::VARCHAR[])[r.channel], r.channel) AS channel,
    coalesce(map($state_codes::VARCHAR[], $state_words::VARCHAR[])[r.state], r.state) AS state,
    coalesce(map($reason_codes::VARCHAR[], $reason_words::VARCHAR[])[r.failure_reason], r.failure_reason) AS failure_reason,
    date_trunc('second', r.submitted_at AT TIME ZONE $zone) AS submitted_at,
    date_trunc('second', r.ended_at AT TIME ZONE $zone) AS ended_at,
    coalesce(map($proof_codes::VARCHAR[], $proof_words::VARCHAR[])[r.proof], r.proof) AS proof,
    date_trunc('second', r.verified_at AT TIME ZONE $zone) AS verified_at,
    r.carrier_order_no,
    r.ticket_no,
    r.invoice_no,
    r.vouchers,
    r.maker,
    r.checker,
    r.note,
    r.agent_name AS split_agent,
    r.branch AS split_branch,
    r.region AS split_region
FROM ({source}) AS r;

-- name: failures
-- Renewals that failed, hang or wait for a person, in the order of the page: why, who acts, by when, whom to call.
SELECT
    t.order_no AS renewal_no,
    t.batch,
    t.merchant_no,
    t.merchant AS merchant_name,
    t.terminal_id,
    w.agent AS agent_name,
    w.region,
    w.city,
    coalesce(map($carrier_codes::VARCHAR[], $carrier_words::VARCHAR[])[t.carrier], t.carrier) AS carrier,
    t.account,
    t.msisdn,
    t.iccid,
    t.plan,
    t.months,
    t.old_expiry AS old_expires_on,
    (t.amount_fen::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2) AS amount_yuan,
    coalesce(map($state_codes::VARCHAR[], $state_words::VARCHAR[])[t.st], t.st) AS state,
    t.reason,
    coalesce(map($reason_codes::VARCHAR[], $reason_words::VARCHAR[])[t.reason], t.reason) AS failure_reason,
    t.detail AS carrier_says,
    map($who_codes::VARCHAR[], $who_words::VARCHAR[])[t.reason] AS who_acts,
    map($when_codes::VARCHAR[], $when_words::VARCHAR[])[t.reason] AS act_until,
    t.support,
    t.act_by,
    t.cancel_by,
    date_trunc('second', t.sent_at AT TIME ZONE $zone) AS submitted_at,
    t.carrier_ref AS carrier_order_no,
    t.ticket_no,
    t.note,
    t.contact_phone,
    w.agent AS split_agent,
    w.branch AS split_branch,
    w.region AS split_region
FROM ({source}) AS t LEFT JOIN sim_now w ON w.sim_id = t.sim_id
ORDER BY t.act_by NULLS LAST, t.obligation;

-- name: reasons
-- Why rows of an upload were refused, each sentence once.
SELECT DISTINCT reason FROM upload_refusal WHERE upload_id = $upload_id;

-- name: refusals
-- The refused rows of an upload in the file's order, each with its sentence.
SELECT u.filename AS file, r.sheet, r.line, r."column", r.value, s.sentence AS refused_because,
    NULL::VARCHAR AS split_agent, NULL::VARCHAR AS split_branch, NULL::VARCHAR AS split_region
FROM upload_refusal r
JOIN upload u USING (upload_id)
JOIN (SELECT unnest($reasons::VARCHAR[]) AS reason, unnest($sentences::VARCHAR[]) AS sentence) s ON s.reason = r.reason
WHERE r.upload_id = $upload_id
ORDER BY r.sheet, r.line, r."column";
