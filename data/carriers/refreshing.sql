-- name: syncs
-- How each account's refreshes go.
SELECT * FROM account_sync WHERE account IN (SELECT account FROM account WHERE listed) ORDER BY account, what;

-- name: sync_of
-- One of them.
SELECT * FROM account_sync WHERE account = $account AND what = $what;

-- name: keep_sync
-- How it goes now.
INSERT OR REPLACE INTO account_sync
    (account, what, place, started_at, good_at, next_at, cards, as_of, calls_on, calls, failed, rate_per_s, failures, error,
     missing)
VALUES ($account, $what, $place, $started_at, $good_at, $next_at, $cards, $as_of, $calls_on, $calls, $failed, $rate_per_s,
    $failures, $error, $missing);

-- name: oldest_word
-- When the card of these that was heard of least lately was last heard of.
SELECT min(observed_at) FROM sim WHERE stem IN (SELECT unnest($stems));

-- name: keep_balance
-- What is left of our prepaid money there.
INSERT OR REPLACE INTO account_balance (account, amount_fen, read_at) VALUES ($account, $amount_fen, $read_at);

-- name: next_cards
-- Cards of an account that may still be renewed, nearest act-by first, after the one at ($act_by, $sim_id).
SELECT sim_id, iccid, coalesce(act_by, DATE '9999-12-31') AS act_by FROM sim_now
WHERE account = $account AND live AND (coalesce(act_by, DATE '9999-12-31') <= $until OR expires_on IS NULL)
    AND (coalesce(act_by, DATE '9999-12-31'), sim_id) > ($act_by, $sim_id)
ORDER BY coalesce(act_by, DATE '9999-12-31'), sim_id LIMIT $limit;
