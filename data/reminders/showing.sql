-- name: rules
-- Who hears of what, with names.
SELECT r.rule_id, r.subject, r.stages, r.role, r.recipient_id, p.name AS recipient, r.region, r.branch, r.agent_no,
       coalesce(a.name, r.agent_no) AS agent, r.merchant_no, coalesce(m.name, r.merchant_no) AS merchant, r.carrier, r.active
FROM reminder_rule r
LEFT JOIN recipient p ON p.recipient_id = r.recipient_id
LEFT JOIN agent a ON a.agent_no = r.agent_no
LEFT JOIN merchant m ON m.merchant_no = r.merchant_no
ORDER BY r.rule_id;

-- name: recipients
-- Everybody reminders go to, with the state of the address, whoever stands in, and what was sent of late.
SELECT p.recipient_id, p.kind, p.person_id, p.name, n.name AS person, n.role, p.part, p.address, p.secret_name, p.language,
       p.quiet_from, p.quiet_until, p.lead_id, l.name AS lead, p.deputy_id, d.name AS deputy, p.deputy_from, p.deputy_until,
       p.deputy_accepted_at, p.active,
       CASE WHEN p.kind = 'chat' THEN 'group' WHEN p.address IS NULL THEN 'none'
           WHEN p.kind = 'person' AND a.state = 'muted' THEN 'verified' ELSE coalesce(a.state, 'unverified') END AS address_state,
       a.since AS address_since, a.last_reply, a.bounces, a.code_sha256 IS NOT NULL AS code_sent, coalesce(o.waiting, 0) AS waiting, s.sent_at
FROM recipient p
LEFT JOIN person n ON n.person_id = p.person_id
LEFT JOIN recipient l ON l.recipient_id = p.lead_id
LEFT JOIN recipient d ON d.recipient_id = p.deputy_id
LEFT JOIN address a ON a.address = p.address
LEFT JOIN (
    SELECT recipient_id, count(*) AS waiting FROM reminder WHERE state IN ('due', 'in_mail') GROUP BY recipient_id
) o ON o.recipient_id = p.recipient_id
LEFT JOIN (
    SELECT recipient_id, max(ended_at) AS sent_at FROM mail WHERE state = 'sent' GROUP BY recipient_id
) s ON s.recipient_id = p.recipient_id
ORDER BY p.active DESC, p.kind <> 'person', p.kind, p.name;

-- name: parts
-- What a rule may be narrowed to.
SELECT (SELECT list(DISTINCT region ORDER BY region) FROM merchant WHERE region IS NOT NULL) AS regions,
       (SELECT list(DISTINCT branch ORDER BY branch) FROM terminal WHERE branch IS NOT NULL) AS branches,
       (SELECT list(DISTINCT carrier ORDER BY carrier) FROM sim_now) AS carriers,
       (SELECT list({'no': agent_no, 'name': coalesce(name, agent_no)} ORDER BY name) FROM agent) AS agents;

-- name: standing
-- The last look at the fleet, what waits, and since when a look could have ended at all: the tables' own beginning.
SELECT s.day, s.ended_at, s.looked_at, s.made, s.late, s.moot, s.held_since,
       (SELECT max(ended_at) FROM reminder_scan) AS last_ended_at,
       (SELECT applied_at FROM migration WHERE number = 7) AS began_at,
       (SELECT count(*) FROM reminder WHERE state IN ('due', 'in_mail')) AS waiting,
       (SELECT count(*) FROM sim_now WHERE live) AS live,
       (SELECT count(*) FROM recipient p LEFT JOIN address a ON a.address = p.address
        WHERE p.active AND p.kind <> 'chat' AND coalesce(a.state, 'none') NOT IN ('verified', 'muted')) AS unreachable
FROM (SELECT 1) one LEFT JOIN (
    SELECT day, ended_at, looked_at, made, late, moot, CASE WHEN released_at IS NULL THEN held_since END AS held_since
    FROM reminder_scan ORDER BY day DESC LIMIT 1
) s ON true;

-- name: kept_back
-- Reminders that came to nothing since the look before today's: addresses that are muted, or take no mail.
SELECT count(*) FROM reminder WHERE state = 'suppressed'
    AND ended_at > coalesce((SELECT max(ended_at) FROM reminder_scan WHERE day < $today), '-infinity'::TIMESTAMPTZ);

-- name: of_person
-- Everything this person, or somebody he stands in for, is reminded of and that is not settled: of each thing the latest stage.
WITH own AS (
    SELECT r.*, CASE WHEN p.person_id <> $person_id THEN p.name END AS instead_of
    FROM reminder r JOIN recipient p ON p.recipient_id = r.recipient_id LEFT JOIN recipient d ON d.recipient_id = p.deputy_id
    WHERE (p.person_id = $person_id OR (d.person_id = $person_id AND p.deputy_accepted_at IS NOT NULL
        AND $today::DATE BETWEEN p.deputy_from AND p.deputy_until)) AND r.state NOT IN ('skipped_late', 'moot') AND r.made_at >= $today::DATE - 92
    QUALIFY row_number() OVER (PARTITION BY r.recipient_id, r.subject, r.thing, r.on_date ORDER BY r.due_on DESC, r.reminder_id DESC) = 1
),
stuck AS (
    SELECT ob.sim_id, st.st FROM state st JOIN obligation ob ON ob.id = st.obligation
    WHERE st.st IN ('failed', 'unknown', 'needs_review')
)
SELECT o.reminder_id, o.subject, o.thing, o.sim_id, s.iccid, s.terminal_id, s.merchant, o.on_date,
       CASE WHEN o.subject = 'expiry' THEN least(s.act_by, o.on_date) ELSE o.on_date END AS target,
       target - $today::DATE AS days_left, o.stage, o.urgent, o.said, o.state, o.snoozed_until, o.instead_of
FROM own o LEFT JOIN sim_now s ON s.sim_id = o.sim_id
WHERE o.state IN ('due', 'in_mail', 'done', 'suppressed', 'snoozed')
    AND (o.sim_id IS NULL OR (s.live AND s.decision IS DISTINCT FROM 'decline')) AND CASE o.subject
    WHEN 'expiry' THEN o.on_date = s.expires_on
    WHEN 'cancel' THEN o.on_date = s.cancel_by
    WHEN 'silent' THEN o.on_date = s.silent_until
    WHEN 'quota' THEN o.on_date = date_trunc('month', $today::DATE)
    WHEN 'exhaust' THEN o.on_date = date_trunc('month', $today::DATE)
    WHEN 'failed' THEN o.sim_id IN (SELECT sim_id FROM stuck WHERE st = 'failed')
    WHEN 'unconfirmed' THEN o.sim_id IN (SELECT sim_id FROM stuck WHERE st <> 'failed')
    WHEN 'review' THEN o.thing IN (SELECT 'batch ' || id FROM batch WHERE state = 'proposed')
    WHEN 'payment' THEN o.thing IN (SELECT 'payment ' || id FROM payment_request WHERE state = 'asked')
    WHEN 'notice' THEN o.thing IN (SELECT 'notice ' || notice_id FROM notice WHERE acknowledged_at IS NULL)
    ELSE o.made_at >= $today::DATE - 14 END;

-- name: mine
-- A page of them, the most pressing first.
SELECT * FROM ({of_person}) WHERE ($subject IS NULL OR subject = $subject)
ORDER BY urgent DESC, target, reminder_id LIMIT $limit OFFSET $offset;

-- name: counted
-- How many of them there are, by subject.
SELECT subject, count(*) AS reminders, count(*) FILTER (urgent) AS urgent, count(*) FILTER (state = 'snoozed') AS snoozed
FROM ({of_person}) GROUP BY subject;

-- name: mails_to
-- What this person was sent of late.
SELECT m.mail_id, m.kind, m.ended_at, (SELECT count(*) FROM mail_item i WHERE i.mail_id = m.mail_id) AS items, m.body
FROM mail m JOIN recipient p ON p.recipient_id = m.recipient_id
WHERE p.person_id = $person_id AND m.state = 'sent' ORDER BY m.ended_at DESC LIMIT $limit;
