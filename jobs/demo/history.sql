-- name: ended_with
-- Cards whose last term a batch can have bought: yearly, priced, in use, ending within some days. Where the account's
-- rule moves every expiry to the month's end, only those that end there.
SELECT n.sim_id FROM sim_now n JOIN account a ON a.account = n.account
WHERE n.connector = 'practice' AND n.status = 'active' AND n.decision IS NULL AND n.evidence IS NULL AND n.auto_renew IS DISTINCT FROM true
    AND n.term_months = 12 AND n.price_fen IS NOT NULL AND n.expires_on BETWEEN $first AND $last
    AND (a.expiry_rule <> 'month_end' OR n.expires_on = last_day(n.expires_on))
    AND n.sim_id NOT IN (SELECT sim_id FROM batch_line)
ORDER BY n.sim_id * 7919 % 10007, n.sim_id LIMIT $count;

-- name: on_the_mountain
-- The same on the day of the mountain, those that can wait longest first.
SELECT sim_id FROM sim_now
WHERE connector = 'practice' AND status = 'active' AND decision IS NULL AND evidence IS NULL AND auto_renew IS DISTINCT FROM true
    AND term_months = 12 AND price_fen IS NOT NULL AND expires_on = $day
    AND sim_id NOT IN (SELECT sim_id FROM batch_line)
ORDER BY act_by DESC, sim_id * 7919 % 10007, sim_id LIMIT $count;

-- name: ending_between
-- The same, ending within some days but not on the mountain's.
SELECT sim_id FROM sim_now
WHERE connector = 'practice' AND status = 'active' AND decision IS NULL AND evidence IS NULL AND auto_renew IS DISTINCT FROM true
    AND term_months = 12 AND price_fen IS NOT NULL AND expires_on BETWEEN $first AND $last AND expires_on <> $peak
    AND sim_id NOT IN (SELECT sim_id FROM batch_line)
ORDER BY sim_id * 7919 % 10007, sim_id LIMIT $count;

-- name: gone_dark
-- Cards that are down, and that somebody had tried to renew.
SELECT sim_id FROM sim_now
WHERE connector = 'practice' AND status = 'stopped_expired' AND auto_renew IS DISTINCT FROM true AND price_fen IS NOT NULL
    AND expires_on BETWEEN $first AND $last AND sim_id NOT IN (SELECT sim_id FROM batch_line)
ORDER BY expires_on, sim_id LIMIT $count;

-- name: by_hand
-- Cards of the offline accounts that end soon: a batch refuses them in words.
SELECT sim_id FROM sim_now
WHERE connector = 'offline' AND status = 'active' AND expires_on BETWEEN $first AND $last ORDER BY sim_id LIMIT $count;

-- name: pull_back
-- What these cards were before they were bought another year; what ends with a month does so then and now.
UPDATE sim SET expires_on = CASE WHEN expires_on = last_day(expires_on)
    THEN last_day(expires_on - INTERVAL 12 MONTH) ELSE (expires_on - INTERVAL 12 MONTH)::DATE END
WHERE list_contains($sims::BIGINT[], sim_id);

-- name: orderable
-- The orderable lines of a batch.
SELECT sim_id, account, iccid, months, amount_fen, old_expiry, new_expiry
FROM batch_line WHERE batch = $batch AND refusal IS NULL ORDER BY line;

-- name: content_hash
-- What an approver would have seen.
SELECT content_hash FROM batch WHERE id = $batch;

-- name: count_failed
-- How many renewals have failed so far.
SELECT count(*) FROM state WHERE st = 'failed';

-- name: failed_because
-- A few failures of one reason.
SELECT obligation FROM state WHERE st = 'failed' AND reason = $reason ORDER BY obligation LIMIT $count;

-- name: renewed
-- What was renewed and has no paper, per batch, account and plan, but for the newest ones, whose papers stay owed.
WITH papered AS (
    SELECT s.obligation, o.account, a.batch, a.plan, a.amount_fen, timezone('Asia/Shanghai', s.ended_at)::DATE AS day
    FROM state s JOIN obligation o ON o.id = s.obligation JOIN attempt a ON a.obligation = o.id AND a.n = s.n
    WHERE s.st = 'succeeded' AND s.obligation NOT IN (SELECT obligation FROM voucher_renewal)
    ORDER BY s.ended_at DESC, s.obligation DESC OFFSET $owed
)
SELECT p.batch, p.account, c.payee, p.plan, max(p.day) AS day, sum(p.amount_fen)::BIGINT AS amount_fen,
    list(p.obligation ORDER BY p.obligation) AS obligations
FROM papered p JOIN account c ON c.account = p.account
GROUP BY p.batch, p.account, c.payee, p.plan ORDER BY p.batch, p.account, p.plan;

-- name: nearly_gone
-- Cards whose number goes within a week.
SELECT sim_id FROM sim_now
WHERE live AND decision IS NULL AND cancel_by >= $first AND cancel_by <= $last AND expires_on < $first
ORDER BY cancel_by, sim_id LIMIT $count;

-- name: still_trading
-- Cards far from their end, in terminals that trade by them alone.
SELECT sim_id FROM sim_now n
WHERE status = 'active' AND decision IS NULL AND evidence IS NULL AND last_sign_on > $first AND expires_on > $last
    AND NOT EXISTS (SELECT 1 FROM sim s WHERE s.terminal_key = n.terminal_key AND s.sim_id <> n.sim_id AND s.status = 'active')
    AND sim_id NOT IN (SELECT sim_id FROM batch_line)
ORDER BY sim_id * 7919 % 10007, sim_id LIMIT $count;

-- name: count_sims
-- How large the fleet is.
SELECT count(*) FROM sim_now;

-- name: worth_ordering
-- Cards of the offline accounts that end soon and that nothing speaks against.
SELECT sim_id FROM sim_now
WHERE connector = 'offline' AND status = 'active' AND evidence IS NULL AND decision IS NULL AND expires_on BETWEEN $first AND $last
ORDER BY sim_id LIMIT $count;
