-- name: connections
-- Every listed account: how its orders flow, and how its refreshes go.
SELECT a.account, a.connector, a.carrier, a.payee, a.support,
    CASE WHEN a.account IN (SELECT account FROM by_hand) THEN 'by_hand' ELSE coalesce(b.orders, 'flow') END AS orders,
    s.good_at AS sims_good_at, u.good_at AS usage_good_at, coalesce(s.place, u.place) IS NOT NULL AS under_way,
    s.cards, least(s.as_of, u.as_of) AS as_of, coalesce(s.rate_per_s, u.rate_per_s) AS rate_per_s,
    CASE WHEN s.account IS NOT NULL OR u.account IS NOT NULL THEN
        coalesce(s.calls, 0) * (coalesce(s.calls_on, $today) = $today)::INTEGER
        + coalesce(u.calls, 0) * (coalesce(u.calls_on, $today) = $today)::INTEGER END AS calls,
    CASE WHEN s.account IS NOT NULL OR u.account IS NOT NULL THEN
        coalesce(s.failed, 0) * (coalesce(s.calls_on, $today) = $today)::INTEGER
        + coalesce(u.failed, 0) * (coalesce(u.calls_on, $today) = $today)::INTEGER END AS failed,
    CASE WHEN s.error IS NOT NULL OR u.error IS NOT NULL THEN least(s.next_at, u.next_at) END AS tries_at,
    coalesce(s.error, u.error) AS error, s.missing, m.amount_fen AS balance_fen, m.read_at AS balance_at
FROM account a
LEFT JOIN account_sync s ON s.account = a.account AND s.what = 'sims'
LEFT JOIN account_sync u ON u.account = a.account AND u.what = 'usage'
LEFT JOIN account_balance m ON m.account = a.account
LEFT JOIN (SELECT account, arg_max(CASE WHEN state = 'half_open' THEN 'trying' ELSE error_class END,
        (state = 'open')::INTEGER * 2 + (error_class = 'credential')::INTEGER) AS orders
    FROM breaker WHERE state <> 'closed' GROUP BY account) b ON b.account = a.account
WHERE a.listed ORDER BY a.connector = 'offline', a.account;
