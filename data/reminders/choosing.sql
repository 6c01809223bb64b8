-- name: add_rule
-- Somebody hears of something.
INSERT INTO reminder_rule (subject, stages, role, recipient_id, region, branch, agent_no, merchant_no, carrier, active, made_at)
VALUES ($subject, $stages, $role, $recipient_id, $region, $branch, $agent_no, $merchant_no, $carrier, $active, $now)
RETURNING rule_id;

-- name: change_rule
-- The same rule, otherwise.
UPDATE reminder_rule SET subject = $subject, stages = $stages, role = $role, recipient_id = $recipient_id, region = $region,
    branch = $branch, agent_no = $agent_no, merchant_no = $merchant_no, carrier = $carrier, active = $active
WHERE rule_id = $rule_id RETURNING rule_id;

-- name: drop_rule
-- Nobody hears of it by this rule any more.
DELETE FROM reminder_rule WHERE rule_id = $rule_id RETURNING subject;

-- name: recipient
-- One of those reminders go to.
SELECT recipient_id, kind, person_id, name, part, address, lead_id, deputy_id, deputy_from, deputy_until, active FROM recipient
WHERE recipient_id = $recipient_id;

-- name: recipient_of
-- The recipient a person is.
SELECT recipient_id FROM recipient WHERE kind = 'person' AND person_id = $person_id AND recipient_id IS DISTINCT FROM $recipient_id;

-- name: add_recipient
-- One more to write to.
INSERT INTO recipient (kind, person_id, name, part, address, secret_name, language, quiet_from, quiet_until, lead_id, active, made_at)
VALUES ($kind, $person_id, $name, $part, $address, $secret_name, $language, $quiet_from, $quiet_until, $lead_id, $active, $now)
RETURNING recipient_id;

-- name: change_recipient
-- The same one, otherwise.
UPDATE recipient SET kind = $kind, person_id = $person_id, name = $name, part = $part, address = $address, secret_name = $secret_name,
    language = $language, quiet_from = $quiet_from, quiet_until = $quiet_until, lead_id = $lead_id, active = $active
WHERE recipient_id = $recipient_id;

-- name: doubt_address
-- An address nobody has shown to be his.
INSERT INTO address (address, state, since) VALUES ($address, 'unverified', $now) ON CONFLICT DO NOTHING;

-- name: ask_address
-- A code was made that only whoever reads its mail can know.
UPDATE address SET code_sha256 = $code_sha256, since = $now WHERE address = $address
    AND (code_sha256 IS NULL OR since <= $now::TIMESTAMPTZ - INTERVAL 1 MINUTE) RETURNING address;

-- name: verify_address
-- It was typed back in time.
UPDATE address SET state = 'verified', code_sha256 = NULL, bounces = 0, last_reply = NULL, since = $now
WHERE address = $address AND code_sha256 = $code_sha256 AND since > $now::TIMESTAMPTZ - INTERVAL 48 HOUR RETURNING address;

-- name: hand_over
-- Somebody is to stand in; nothing goes to him before he accepts.
UPDATE recipient SET deputy_id = $deputy_id, deputy_from = $first, deputy_until = $last, deputy_accepted_at = NULL
WHERE recipient_id = $recipient_id;

-- name: accept_hand_over
-- He stands in.
UPDATE recipient SET deputy_accepted_at = $now
WHERE recipient_id = $recipient_id AND deputy_until >= $today AND deputy_accepted_at IS NULL
    AND deputy_id IN (SELECT recipient_id FROM recipient WHERE kind = 'person' AND person_id = $person_id) RETURNING name;

-- name: sees_less
-- Whether one person sees a smaller part of the fleet than another, or another part of it.
SELECT EXISTS (FROM person_scope WHERE person_id = $person_id) AND (
    NOT EXISTS (FROM person_scope WHERE person_id = $other_id)
    OR EXISTS (FROM (SELECT kind, value FROM person_scope WHERE person_id = $other_id EXCEPT SELECT kind, value FROM person_scope WHERE person_id = $person_id))
    OR EXISTS (FROM (SELECT DISTINCT kind FROM person_scope WHERE person_id = $person_id EXCEPT SELECT kind FROM person_scope WHERE person_id = $other_id)));

-- name: tomorrow
-- Who would get what: stages that have been reached and have no row yet, by recipient and subject.
SELECT t.recipient_id, t.name AS recipient, t.kind, w.subject, w.urgent, count(*) AS things,
    coalesce(sum(n.price_fen), 0)::BIGINT AS amount_fen, min(w.on_date) AS first_on
FROM ({wanted}) w JOIN recipient t USING (recipient_id) LEFT JOIN sim_now n ON n.sim_id = w.sim_id
WHERE w.acknowledged_by IS NULL AND w.snoozed_until IS NULL AND NOT EXISTS (
    FROM reminder r WHERE r.digest = w.digest AND r.state NOT IN ('due', 'in_mail', 'moot')
        AND NOT (r.state = 'snoozed' AND r.snoozed_until <= $today))
GROUP BY t.recipient_id, t.name, t.kind, w.subject, w.urgent ORDER BY w.urgent DESC, t.name, w.subject;
