-- name: due_for
-- What is due, by whoever gets the mail: the recipient, or who stands in for him. While a storm is held, urgent ones only.
SELECT CASE WHEN t.deputy_accepted_at IS NOT NULL AND t.deputy_from <= $today AND t.deputy_until >= $today THEN t.deputy_id
    ELSE t.recipient_id END AS goes_to, r.urgent, list(r.reminder_id ORDER BY r.reminder_id) AS reminder_ids
FROM reminder r JOIN recipient t USING (recipient_id)
WHERE r.state = 'due' AND r.due_on <= $today
    AND (r.urgent OR NOT EXISTS (FROM reminder_scan WHERE held_since IS NOT NULL AND released_at IS NULL))
GROUP BY goes_to, r.urgent ORDER BY goes_to, r.urgent DESC;

-- name: subjects_of
-- What the reminders of a mail are about.
SELECT DISTINCT r.subject FROM mail_item i JOIN reminder r USING (reminder_id) WHERE i.mail_id = $mail_id;

-- name: its_cards
-- The cards of a mail.
n.sim_id IN (SELECT r.sim_id FROM mail_item i JOIN reminder r USING (reminder_id) WHERE i.mail_id = $mail_id);

-- name: its_items
-- The reminders of a mail as they are now, each with whether it still holds, and what a letter says of its card.
WITH heard AS ({heard}),
now_so AS (
    SELECT recipient_id, lead_id, deputy_id, subject, thing, on_date, max(share) AS share, bool_or(running) AS running
    FROM heard GROUP BY ALL
),
item AS (
    SELECT r.*, m.recipient_id AS goes_to FROM mail_item i JOIN mail m USING (mail_id) JOIN reminder r USING (reminder_id)
    WHERE i.mail_id = $mail_id
),
-- An escalation holds as long as the thing does for whoever has not answered.
true_still AS (
    SELECT i.reminder_id, bool_or(h.running) AS running
    FROM item i JOIN now_so h ON h.subject = i.subject AND h.thing = i.thing AND h.on_date = i.on_date
        AND CASE WHEN i.stage LIKE 'esc-%' THEN i.recipient_id IN (h.lead_id, h.deputy_id)
            ELSE i.recipient_id = h.recipient_id AND (h.share IS NULL OR h.share >= i.stage::INTEGER) END
    WHERE i.stage NOT LIKE 'esc-%' OR NOT EXISTS (
        FROM reminder a WHERE a.recipient_id = h.recipient_id AND a.subject = i.subject AND a.thing = i.thing
            AND a.on_date = i.on_date AND a.state = 'acknowledged')
    GROUP BY i.reminder_id
)
SELECT i.reminder_id, i.subject, i.stage, i.on_date, i.thing, i.said, i.sim_id, i.urgent, i.on_date - $today AS days_left,
    coalesce(t.running, false) AS in_progress, CASE WHEN i.goes_to <> i.recipient_id THEN w.name END AS instead_of,
    n.iccid, n.msisdn, n.terminal_id, n.merchant, n.merchant_no, n.region, n.branch, n.agent, n.carrier, n.account, n.plan,
    n.term_months, n.expires_on, n.act_by, n.cancel_by, n.price_fen, n.monthly_takings_fen, n.quota_bytes, n.used_bytes,
    n.used_as_of, n.exhausts_on, n.contact_name, n.contact_phone, n.observed_at,
    CASE WHEN i.state <> 'in_mail' THEN i.state
        WHEN t.reminder_id IS NULL OR i.made_at > $now THEN 'moot'
        WHEN EXISTS (
            FROM reminder l WHERE l.recipient_id = i.recipient_id AND l.subject = i.subject AND l.thing = i.thing AND l.on_date = i.on_date
                AND l.reminder_id > i.reminder_id AND l.state IN ('due', 'in_mail', 'done')
                AND (l.stage LIKE 'esc-%') = (i.stage LIKE 'esc-%')) THEN 'skipped_late'
        ELSE 'in_mail' END AS becomes
FROM item i
LEFT JOIN true_still t USING (reminder_id)
LEFT JOIN recipient w ON w.recipient_id = i.recipient_id
LEFT JOIN sim_now n ON n.sim_id = i.sim_id
ORDER BY i.urgent DESC, n.monthly_takings_fen DESC NULLS LAST, i.on_date, i.reminder_id;

-- name: drop
-- What a mail does not say any more.
UPDATE reminder SET state = $becomes, ended_at = $now
WHERE state = 'in_mail' AND reminder_id IN (SELECT unnest($reminder_ids::BIGINT[]));

-- name: take_out
-- It leaves the mail, so that another may carry it.
DELETE FROM mail_item WHERE mail_id = $mail_id AND reminder_id IN (SELECT unnest($reminder_ids::BIGINT[]));

-- name: settle
-- What became of what a mail carried.
UPDATE reminder SET state = $became, ended_at = CASE WHEN $became <> 'due' THEN $now::TIMESTAMPTZ END
WHERE state = 'in_mail' AND reminder_id IN (SELECT reminder_id FROM mail_item WHERE mail_id = $mail_id);

-- name: unsaid
-- What a mail carried and said, to nobody as it turns out.
UPDATE reminder SET state = 'in_mail', ended_at = NULL
WHERE state = 'done' AND reminder_id IN (SELECT reminder_id FROM mail_item WHERE mail_id = $mail_id);

-- name: own
-- Which of these reminders are a person's own, or of somebody he stands in for, and until when each may be put off.
SELECT r.reminder_id, r.subject, CASE WHEN list_contains($ahead, r.subject) THEN least(r.on_date, CASE r.subject WHEN 'expiry' THEN n.act_by END) - 1
    ELSE $today + 30 END AS until
FROM reminder r JOIN recipient t USING (recipient_id) LEFT JOIN recipient d ON d.recipient_id = t.deputy_id
LEFT JOIN sim_now n ON n.sim_id = r.sim_id
WHERE r.reminder_id IN (SELECT unnest($reminder_ids::BIGINT[])) AND (t.person_id = $person_id
    OR d.person_id = $person_id AND t.deputy_accepted_at IS NOT NULL AND t.deputy_from <= $today AND t.deputy_until >= $today);

-- name: acknowledge
-- Somebody knows of it.
UPDATE reminder SET state = 'acknowledged', acknowledged_by = $person_id, ended_at = $now
WHERE reminder_id IN (SELECT unnest($reminder_ids::BIGINT[])) AND state IN ('due', 'in_mail', 'done', 'snoozed', 'suppressed');

-- name: snooze
-- Put off until a day.
UPDATE reminder SET state = 'snoozed', snoozed_until = $until, ended_at = NULL
WHERE reminder_id IN (SELECT unnest($reminder_ids::BIGINT[])) AND state IN ('due', 'in_mail', 'done', 'snoozed');
