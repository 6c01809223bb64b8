-- name: standing
-- What an account says of its breaker, and how it stands in each class of trouble; one row of nulls where nothing was counted.
SELECT a.breaker_in_row, a.breaker_share, a.breaker_window, a.breaker_cooldown_s, b.error_class, b.state, b.in_row, b.recent, b.opened_at
FROM (SELECT $account AS account) w
LEFT JOIN account a ON a.account = w.account
LEFT JOIN breaker b ON b.account = w.account;

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
