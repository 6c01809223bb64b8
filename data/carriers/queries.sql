-- name: accounts
-- Accounts of carriers.toml as it was at the last start.
SELECT account, connector, carrier, payee, way_to_pay, last_order_day, working_days, cancel_after_days, expiry_rule,
    gives_invoice, support, canary_items, breaker_in_row, breaker_share, breaker_window, breaker_cooldown_s,
    silent_months
FROM account WHERE listed ORDER BY account;

-- name: keep_accounts
-- What carriers.toml says now.
INSERT INTO account
    (account, connector, carrier, payee, way_to_pay, last_order_day, working_days, cancel_after_days, expiry_rule,
     gives_invoice, support, canary_items, breaker_in_row, breaker_share, breaker_window, breaker_cooldown_s,
     silent_months, listed)
SELECT account, connector, carrier, payee, way_to_pay, last_order_day, working_days, cancel_after_days, expiry_rule,
    gives_invoice, support, canary_items, breaker_in_row, breaker_share, breaker_window, breaker_cooldown_s,
    silent_months, true
FROM read_accounts
ON CONFLICT (account) DO UPDATE SET
    connector = excluded.connector, carrier = excluded.carrier, payee = excluded.payee, way_to_pay = excluded.way_to_pay,
    last_order_day = excluded.last_order_day, working_days = excluded.working_days,
    cancel_after_days = excluded.cancel_after_days, expiry_rule = excluded.expiry_rule,
    gives_invoice = excluded.gives_invoice, support = excluded.support,
    canary_items = excluded.canary_items, breaker_in_row = excluded.breaker_in_row, breaker_share = excluded.breaker_share,
    breaker_window = excluded.breaker_window, breaker_cooldown_s = excluded.breaker_cooldown_s, silent_months = excluded.silent_months, listed = true;

-- name: unlist_accounts
-- Accounts that are gone from the file stay for history.
UPDATE account SET listed = false WHERE listed AND account NOT IN (SELECT account FROM read_accounts);

-- name: forget_abilities
-- Abilities are written anew at every start.
DELETE FROM capability;

-- name: keep_abilities
-- What each connector's module declares.
INSERT INTO capability (connector, ability, answer, reason) SELECT connector, ability, answer, reason FROM read_abilities;

-- name: abilities
-- What each connector can do.
SELECT connector, ability, answer, reason FROM capability ORDER BY connector, ability;

-- name: carrier_book
-- What the practice carrier's books open with: each card's state, expiry, anchor and list price.
SELECT stem, status, expires_on, anchor_day, price_fen, term_months FROM sim_now WHERE stem IN (SELECT unnest($stems));

-- name: numbers
-- The card numbers our books have of an account's cards, by stem.
SELECT stem, msisdn FROM sim WHERE account = $account AND msisdn IS NOT NULL AND stem IN (SELECT unnest($stems));

-- name: own_name
-- What a carrier calls an order of ours, by its own answer, and the card it is for.
SELECT s.carrier_ref, l.iccid
FROM attempt t
JOIN state s ON s.obligation = t.obligation AND s.n = t.n
JOIN obligation o ON o.id = t.obligation
JOIN batch_line l ON l.batch = t.batch AND l.digest = o.digest
WHERE t.order_no = $order_no AND o.account = $account AND s.carrier_ref IS NOT NULL;

-- name: sent_order
-- An order as it was sent, and what the carrier called it and the other orders of its card.
SELECT l.iccid, o.kind, t.sent_at, t.expires_before, CASE WHEN s.n = t.n THEN s.carrier_ref END AS carrier_ref,
    coalesce((
        SELECT list(r.carrier_ref) FROM state r JOIN obligation c ON c.id = r.obligation
        WHERE c.account = o.account AND c.stem = o.stem AND c.id <> o.id AND r.carrier_ref IS NOT NULL
    ), []) AS other_refs
FROM attempt t
JOIN state s ON s.obligation = t.obligation
JOIN obligation o ON o.id = t.obligation
JOIN batch_line l ON l.batch = t.batch AND l.digest = o.digest
WHERE t.order_no = $order_no AND o.account = $account;

-- name: last_sent
-- When cards were last sent an order of this kind, but for these orders themselves: a carrier may lock them for a while.
SELECT o.stem, max(t.sent_at) AS sent_at
FROM attempt t JOIN obligation o ON o.id = t.obligation
WHERE o.account = $account AND o.kind = $order_kind AND t.sent_at > $since
  AND o.stem IN (SELECT unnest($stems)) AND t.order_no NOT IN (SELECT unnest($but::VARCHAR[]))
GROUP BY o.stem;
