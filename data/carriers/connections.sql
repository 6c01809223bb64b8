-- name: connections
-- Every listed account: how its orders flow, and how its refreshes go.
SELECT a.account, a.connector, a.carrier, a.payee, a.support,
    CASE WHEN a.account IN (SELECT account FROM by_hand) THEN 'by_hand' ELSE coalesce(b.orders, 'flow') END AS orders,
    s.good_at AS sims_good_at, u.good_at AS usage_good_at, coalesce(t.under_way, false) AS under_way,
    s.cards, least(s.as_of, u.as_of) AS as_of, t.rate_per_s, t.calls, t.failed, t.tries_at, t.error, s.missing,
    m.amount_fen AS balance_fen, m.read_at AS balance_at
FROM account a
LEFT JOIN account_sync s ON s.account = a.account AND s.what = 'sims'
LEFT JOIN account_sync u ON u.account = a.account AND u.what = 'usage'
LEFT JOIN (
    SELECT account, coalesce(sum(calls) FILTER (calls_on = $today), 0)::BIGINT AS calls,
        coalesce(sum(failed) FILTER (calls_on = $today), 0)::BIGINT AS failed, max(rate_per_s) AS rate_per_s,
        bool_or(place IS NOT NULL AND what <> 'plans') AS under_way, min(next_at) FILTER (error IS NOT NULL) AS tries_at,
        arg_min(error, next_at) FILTER (error IS NOT NULL) AS error
    FROM account_sync GROUP BY account
) t ON t.account = a.account
LEFT JOIN account_balance m ON m.account = a.account
LEFT JOIN (SELECT account, arg_max(CASE WHEN state = 'half_open' THEN 'trying' ELSE error_class END,
        (state = 'open')::INTEGER * 2 + (error_class = 'credential')::INTEGER) AS orders
    FROM breaker WHERE state <> 'closed' GROUP BY account) b ON b.account = a.account
WHERE a.listed ORDER BY a.connector = 'offline', a.account;
