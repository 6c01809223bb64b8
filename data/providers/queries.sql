-- name: providers
-- Everybody we buy from, with his accounts, live cards and ways to pay.
WITH cards AS (SELECT account, count(*) AS cards FROM sim_now WHERE live GROUP BY account),
own AS (
    SELECT b.provider_id, string_agg(b.account, ', ' ORDER BY b.account) AS accounts, coalesce(sum(c.cards), 0)::BIGINT AS cards
    FROM provider_account b LEFT JOIN cards c ON c.account = b.account GROUP BY b.provider_id
)
SELECT p.provider_id, p.name, p.kind, p.official, p.portal, p.invoice_habit, p.invoice_delay_days, p.last_order_day, p.working_days,
    p.answer_hours, o.accounts, coalesce(o.cards, 0) AS cards,
    (SELECT list(w.way ORDER BY w.way) FROM provider_way w WHERE w.provider_id = p.provider_id) AS ways
FROM provider p LEFT JOIN own o ON o.provider_id = p.provider_id
ORDER BY coalesce(o.cards, 0) DESC, p.name LIMIT $limit;

-- name: provider
-- One provider.
SELECT p.*, k.name AS keeper FROM provider p LEFT JOIN person k ON k.person_id = p.kept_by WHERE p.provider_id = $provider_id;

-- name: by_name
-- Who has this name.
SELECT provider_id FROM provider WHERE name = $name;

-- name: ways
-- His ways to pay with their steps.
SELECT way, checklist FROM provider_way WHERE provider_id = $provider_id ORDER BY way;

-- name: accounts
-- Every account of carriers.toml with whose it is, who is paid for it and whether he may be.
SELECT a.account, a.carrier, a.connector, a.payee, coalesce(n.standing, 'unknown') AS standing, a.way_to_pay, a.last_order_day,
    a.working_days, a.gives_invoice, a.support, b.provider_id, p.name AS provider
FROM account a
LEFT JOIN provider_account b ON b.account = a.account
LEFT JOIN provider p ON p.provider_id = b.provider_id
LEFT JOIN payee_now n ON n.name = a.payee
WHERE a.listed ORDER BY a.account;

-- name: add
-- A provider.
INSERT INTO provider (name, kind, official, contacts, portal, portal_keeper, outlets, invoice_habit, invoice_delay_days, last_order_day,
    working_days, refund_rule, answer_hours, note, kept_by, kept_at)
VALUES ($name, $kind, $official, $contacts, $portal, $portal_keeper, $outlets, $invoice_habit, $invoice_delay_days, $last_order_day,
    $working_days, $refund_rule, $answer_hours, $note, $kept_by, $now) RETURNING provider_id;

-- name: change
-- What is said of him now.
UPDATE provider SET name = $name, kind = $kind, official = $official, contacts = $contacts, portal = $portal,
    portal_keeper = $portal_keeper, outlets = $outlets, invoice_habit = $invoice_habit, invoice_delay_days = $invoice_delay_days,
    last_order_day = $last_order_day, working_days = $working_days, refund_rule = $refund_rule, answer_hours = $answer_hours,
    note = $note, kept_by = $kept_by, kept_at = $now
WHERE provider_id = $provider_id RETURNING provider_id;

-- name: keep_way
-- A way to pay with its steps.
INSERT INTO provider_way (provider_id, way, checklist) VALUES ($provider_id, $way, $checklist)
ON CONFLICT (provider_id, way) DO UPDATE SET checklist = excluded.checklist;

-- name: drop_ways
-- Ways that are no longer his.
DELETE FROM provider_way WHERE provider_id = $provider_id AND NOT list_contains($ways::VARCHAR[], way);

-- name: keep_account
-- Whose an account is.
INSERT INTO provider_account (account, provider_id) VALUES ($account, $provider_id) ON CONFLICT (account) DO NOTHING;

-- name: drop_accounts
-- Accounts that are no longer his.
DELETE FROM provider_account WHERE provider_id = $provider_id AND NOT list_contains($accounts::VARCHAR[], account);

-- name: of_account
-- Whom to turn to for an account.
SELECT provider_id FROM provider_account WHERE account = $account;
