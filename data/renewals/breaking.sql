-- name: limits_of
-- What an account says of its breaker.
SELECT breaker_in_row, breaker_share, breaker_window, breaker_cooldown_s FROM account WHERE account = $account;

-- name: breakers_of
-- How an account stands.
SELECT account, error_class, state, in_row, recent, opened_at FROM breaker WHERE account = $account;

-- name: out_now
-- Whether the one order that tries is still out.
SELECT count(*) FROM state s JOIN obligation o ON o.id = s.obligation WHERE s.st = 'submitted' AND o.account = $account;

-- name: keep_breakers
-- What was counted.
INSERT INTO breaker (account, error_class, state, in_row, recent, opened_at, changed_at)
SELECT account, error_class, state, in_row, recent, opened_at, $now FROM counted
ON CONFLICT (account, error_class) DO UPDATE SET state = excluded.state, in_row = excluded.in_row,
    recent = excluded.recent, opened_at = excluded.opened_at, changed_at = excluded.changed_at;

-- name: open_finding
-- The alarm, once while it is open.
INSERT INTO finding (kind, object, detail, source, found_at)
SELECT 'money_breaker', $account, $detail, 'account ' || $account, $now
WHERE NOT EXISTS (FROM finding f WHERE f.kind = 'money_breaker' AND f.object = $account AND f.closed_at IS NULL);
