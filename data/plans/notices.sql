-- name: add
-- A notice, typed in or found.
INSERT INTO notice (kind, carrier, account, channel, reach, effective_on, subject, text, detail, source, form_key, found_key, made_by, made_at)
VALUES ($notice_kind, $carrier, $account, $channel, $reach, $effective_on, $subject, $text, $detail, $source, $form_key, $found_key,
    $made_by, $now)
RETURNING notice_id;

-- name: add_plan
-- A plan it names, with its prices.
INSERT INTO notice_plan (notice_id, plan_id, term_months, old_fen, new_fen)
VALUES ($notice_id, $plan_id, $term_months, $old_fen, $new_fen) ON CONFLICT DO NOTHING;

-- name: add_cards
-- Cards it names.
INSERT INTO notice_card (notice_id, sim_id)
SELECT $notice_id, sim_id FROM sim WHERE sim_id IN (SELECT unnest($sim_ids::BIGINT[])) ON CONFLICT DO NOTHING;

-- name: add_paper
-- A paper that proves it.
INSERT INTO notice_paper (notice_id, voucher_id)
SELECT $notice_id, voucher_id FROM voucher WHERE voucher_id = $voucher_id ON CONFLICT DO NOTHING;

-- name: of_form
-- The notice this form has made already.
SELECT notice_id FROM notice WHERE form_key = $form_key;

-- name: found_before
-- The same, found before and not acknowledged yet.
SELECT notice_id FROM notice WHERE found_key = $found_key AND acknowledged_at IS NULL;

-- name: plan_now
-- A plan, and what one term of it costs an account today: its own term first, then the account's own price.
SELECT p.plan_id, p.carrier, coalesce(o.best.term_months, p.term_months) AS term_months, o.best.price_fen AS price_fen
FROM plan p LEFT JOIN (
    SELECT o.plan_id, arg_min(struct_pack(term_months := o.term_months, price_fen := o.price_fen), row(
        o.term_months IS DISTINCT FROM q.term_months, o.channel = '', -date_diff('day', DATE '2000-01-01', o.valid_from), -o.price_id)) AS best
    FROM price o JOIN plan q USING (plan_id)
    WHERE o.channel IN ('', $account) AND o.valid_from <= $today AND coalesce(o.valid_to, $today) >= $today GROUP BY o.plan_id
) o ON o.plan_id = p.plan_id
WHERE p.plan_id = $plan_id;

-- name: account_carrier
-- The carrier of an account.
SELECT carrier FROM account WHERE account = $account;

-- name: acknowledge
-- A person has looked and says what was made of it.
UPDATE notice SET acknowledged_by = $person_id, acknowledged_at = $now, note = $note
WHERE notice_id = $notice_id AND acknowledged_at IS NULL RETURNING notice_id;

-- name: settle_findings
-- The findings card by card that a notice about the carrier's word for their plan sums up.
UPDATE finding SET closed_at = $now
WHERE closed_at IS NULL AND kind = 'told_plan' AND sim_id IN (SELECT sim_id FROM notice_card WHERE notice_id = $notice_id);

-- name: counted
-- How many notices there are, and how many nobody has acknowledged.
SELECT count(*) AS notices, count(*) FILTER (acknowledged_at IS NULL) AS waiting, min(effective_on) FILTER (acknowledged_at IS NULL AND effective_on >= $today) AS next_on
FROM notice;

-- name: listed
-- A page of them, those that nobody has acknowledged first.
SELECT notice_id FROM notice WHERE $all OR acknowledged_at IS NULL
ORDER BY acknowledged_at IS NOT NULL, effective_on NULLS FIRST, notice_id DESC LIMIT $limit OFFSET $offset;

-- name: notices
-- Some notices, each with how many cards it concerns now.
WITH concerned AS (
    SELECT notice_id, count(DISTINCT sim_id) AS cards FROM notice_sim WHERE list_contains($notice_ids::BIGINT[], notice_id) GROUP BY notice_id
)
SELECT n.notice_id, n.kind, n.carrier, n.account, n.channel, n.reach, n.effective_on, n.subject, n.text, n.detail, n.source, n.made_at,
    n.acknowledged_at, p.name AS acknowledger, n.note, coalesce(c.cards, 0) AS cards
FROM notice n LEFT JOIN concerned c USING (notice_id) LEFT JOIN person p ON p.person_id = n.acknowledged_by
WHERE list_contains($notice_ids::BIGINT[], n.notice_id)
ORDER BY n.acknowledged_at IS NOT NULL, n.effective_on NULLS FIRST, n.notice_id DESC;

-- name: prices_of
-- The plans a notice names.
SELECT p.plan, p.carrier, coalesce(n.term_months, p.term_months) AS term_months, n.old_fen, n.new_fen
FROM notice_plan n JOIN plan p USING (plan_id) WHERE n.notice_id = $notice_id ORDER BY p.carrier, p.plan;

-- name: papers_of
-- The papers of a notice.
SELECT v.voucher_id, v.filename, v.format, v.filed_at FROM notice_paper n JOIN voucher v USING (voucher_id)
WHERE n.notice_id = $notice_id ORDER BY v.voucher_id;

-- name: buyers
-- The cards of some notices that are to be renewed, by the day they end and the price of their plan.
SELECT s.notice_id, n.effective_on, count(*) AS cards, m.expires_on, coalesce(p.term_months, m.term_months) AS term_months, p.old_fen, p.new_fen
FROM (SELECT DISTINCT notice_id, sim_id FROM notice_sim WHERE list_contains($notice_ids::BIGINT[], notice_id)) s
JOIN notice n USING (notice_id)
JOIN sim_now m USING (sim_id)
LEFT JOIN notice_plan p ON p.notice_id = s.notice_id AND p.plan_id = m.plan_id
WHERE m.decision IS DISTINCT FROM 'decline' GROUP BY ALL;

-- name: near
-- Notices nobody has acknowledged that take effect until a day, or nobody knows when.
SELECT notice_id FROM notice WHERE acknowledged_at IS NULL AND coalesce(effective_on, $until) <= $until;

-- name: of_sim
-- Notices that concern a card: those nobody has acknowledged, and those that took effect lately or are to come.
SELECT DISTINCT n.notice_id FROM notice_sim s JOIN notice n USING (notice_id)
WHERE s.sim_id = $sim_id AND (n.acknowledged_at IS NULL OR n.effective_on >= $since) LIMIT $limit;
