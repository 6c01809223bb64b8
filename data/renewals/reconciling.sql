-- name: unread_days
-- Days of an account whose statement has to be read: the last ones, where a late booking may still appear; days never read
-- since the first order or reading; days with something left to settle. Older ones are settled by people.
WITH began AS (
    SELECT least(
        (SELECT min(day) FROM reconciliation WHERE account = $account),
        (SELECT min(timezone('Asia/Shanghai', t.sent_at)::DATE) FROM attempt t JOIN obligation o ON o.id = t.obligation
         WHERE o.account = $account AND t.sent_at >= $oldest::DATE),
        $yesterday::DATE) AS day
)
SELECT d.day::DATE AS day
FROM began, generate_series(greatest(began.day, $oldest::DATE), $yesterday::DATE, INTERVAL 1 DAY) d(day)
WHERE d.day::DATE >= $yesterday::DATE - $horizon_days
   OR NOT EXISTS (FROM reconciliation r WHERE r.account = $account AND r.day = d.day::DATE AND r.waiting = 0)
   -- The days on which a waiting order of a day before may still be booked.
   OR EXISTS (FROM reconciliation r WHERE r.account = $account AND r.waiting > 0 AND r.day BETWEEN d.day::DATE - $horizon_days AND d.day::DATE)
   OR EXISTS (
       FROM difference f JOIN reconciliation r ON r.id = f.reconciliation
       WHERE f.closed_at IS NULL AND r.account = $account AND r.day = d.day::DATE)
ORDER BY day;

-- name: reconciliation_of
-- The comparison of one day.
SELECT id, read_at FROM reconciliation WHERE account = $account AND day = $day;

-- name: add_reconciliation
-- A day's first comparison; its counts come when it is judged.
INSERT INTO reconciliation (account, day, read_at, ours, ours_fen, theirs, theirs_fen, matched, matched_fen, waiting, waiting_fen)
VALUES ($account, $day, $read_at, 0, 0, 0, 0, 0, 0, 0, 0) RETURNING id;

-- name: read_later
-- A newer statement of the day.
UPDATE reconciliation SET read_at = $read_at WHERE id = $id;

-- name: forget_bookings
-- A day is replaced as a whole.
DELETE FROM booking WHERE account = $account AND day = $day;

-- name: keep_bookings
-- A statement's lines, each with the attempt of ours it names: by our order number, by the carrier's own number, or by
-- card and amount where exactly one order was out then.
WITH mine AS (
    SELECT t.obligation, t.n, t.order_no, t.amount_fen, t.sent_at, o.stem,
        CASE WHEN s.n = t.n THEN s.carrier_ref END AS carrier_ref
    FROM attempt t JOIN obligation o ON o.id = t.obligation JOIN state s ON s.obligation = o.id WHERE o.account = $account
),
by_ref AS (
    SELECT carrier_ref, min(obligation) AS obligation, min(n) AS n FROM mine
    WHERE carrier_ref IN (SELECT carrier_ref FROM lines) GROUP BY carrier_ref HAVING count(*) = 1
),
by_card AS (
    SELECT l.line, min(m.obligation) AS obligation, min(m.n) AS n
    FROM lines l JOIN mine m ON m.stem = left(l.iccid, 19) AND m.amount_fen = abs(l.amount_fen)
        AND m.sent_at BETWEEN l.ts - to_days(CASE WHEN l.amount_fen < 0 THEN $refund_days ELSE 2 END) AND l.ts + INTERVAL 1 MINUTE
    WHERE l.order_no IS NULL GROUP BY l.line HAVING count(*) = 1
)
INSERT INTO booking
SELECT $account, $day, l.line, l.order_no, l.carrier_ref, l.iccid, l.amount_fen, l.ts,
    coalesce(m.obligation, r.obligation, c.obligation), coalesce(m.n, r.n, c.n)
FROM lines l
LEFT JOIN mine m ON m.order_no = l.order_no
LEFT JOIN by_ref r ON r.carrier_ref = l.carrier_ref AND l.order_no IS NULL
LEFT JOIN by_card c ON c.line = l.line AND r.obligation IS NULL
ORDER BY l.line;

-- name: cases
-- Every order of ours that was sent on a day or that its statement names, with all that was ever booked for it, and what
-- that amounts to: matched, waiting, ours_only, differs, duplicate, charged (booked although it counts as not bought).
WITH touched AS (
    SELECT t.obligation, t.n FROM attempt t JOIN obligation o ON o.id = t.obligation
    WHERE o.account = $account AND t.sent_at >= $day::TIMESTAMP AT TIME ZONE 'Asia/Shanghai'
      AND t.sent_at < ($day::TIMESTAMP + INTERVAL 1 DAY) AT TIME ZONE 'Asia/Shanghai'
    UNION
    SELECT obligation, n FROM booking WHERE account = $account AND day = $day AND obligation IS NOT NULL
),
booked AS (
    SELECT b.obligation, b.n, count(*) FILTER (b.amount_fen > 0) AS charges, sum(b.amount_fen)::BIGINT AS net_fen,
        min(b.carrier_ref) AS carrier_ref, bool_or(b.order_no IS NOT NULL) AS named, list(b.carrier_ref) AS refs,
        list(DISTINCT b.amount_fen) FILTER (b.amount_fen > 0) AS amounts, bool_or(left(b.iccid, 19) <> o.stem) AS other_card
    FROM booking b SEMI JOIN touched USING (obligation, n) JOIN obligation o ON o.id = b.obligation GROUP BY b.obligation, b.n
),
standing AS (
    SELECT t.obligation, t.n, t.order_no, t.amount_fen, t.sent_at, t.deadline_at, t.expires_before, s.st, s.asked, s.n = t.n AS current,
        s.n AS n_now, o.key, l.amount_fen AS line_fen, coalesce(b.charges, 0) AS charges, coalesce(b.net_fen, 0) AS net_fen, b.carrier_ref, b.amounts,
        coalesce(b.other_card, false) AS other_card, b.named OR list_contains(b.refs, s.carrier_ref) AS sure, o.sim_id, o.kind,
        p.batch, l.iccid, l.new_expiry, s.new_expiry AS told_expiry,
        timezone('Asia/Shanghai', t.sent_at)::DATE AS sent_on,
        timezone('Asia/Shanghai', t.deadline_at + to_seconds($horizon_s))::DATE AS last_on
    FROM touched JOIN attempt t USING (obligation, n)
    JOIN obligation o ON o.id = t.obligation JOIN state s ON s.obligation = o.id JOIN placement p ON p.obligation = o.id
    JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
    LEFT JOIN booked b ON b.obligation = t.obligation AND b.n = t.n
),
read_late AS (
    SELECT w.obligation, w.n, count(*) = date_diff('day', w.sent_on, w.last_on) + 1 AS late
    FROM standing w JOIN reconciliation r ON r.account = $account AND r.day BETWEEN w.sent_on AND w.last_on
        AND r.read_at > w.deadline_at + to_seconds($horizon_s)
    WHERE w.charges = 0 AND w.net_fen = 0 GROUP BY w.obligation, w.n, w.sent_on, w.last_on
)
SELECT w.*, w.sent_on = $day AND w.current AND w.st IN ('succeeded', 'unknown', 'needs_review', 'submitted') AS counts,
    CASE
        WHEN w.current AND w.st IN ('succeeded', 'unknown', 'needs_review') AND w.carrier_ref IS NOT NULL THEN CASE
            WHEN w.st = 'unknown' AND NOT coalesce(w.sure, false) THEN 'waiting'
            WHEN w.other_card THEN 'differs'
            WHEN w.net_fen = w.amount_fen AND (w.charges >= 1 OR w.amount_fen = 0) THEN 'matched'
            WHEN w.charges > 1 AND w.net_fen > w.amount_fen AND w.amounts = [w.amount_fen] THEN 'duplicate'
            ELSE 'differs' END
        WHEN w.current AND w.st = 'succeeded' AND w.amount_fen = 0 THEN 'matched'
        WHEN w.current AND w.st = 'succeeded' AND coalesce(t.late, false) THEN 'ours_only'
        WHEN w.current AND w.st IN ('succeeded', 'unknown', 'needs_review', 'submitted') THEN 'waiting'
        WHEN w.net_fen > 0 THEN 'charged'
        ELSE 'not_bought'
    END AS verdict
FROM standing w LEFT JOIN read_late t USING (obligation, n);

-- name: unsettled_cases
-- The cases that are not plainly in order: what a person, an arrow or an alarm is about.
SELECT * FROM ({cases}) WHERE verdict IN ('ours_only', 'differs', 'duplicate', 'charged') OR (verdict = 'matched' AND st = 'unknown')
ORDER BY obligation, n;

-- name: strange_bookings
-- Lines of a day that name no order of ours, set off against their own refunds. `twice`: an order of ours for that card
-- was charged within two months, so that this looks like a second deduction.
WITH strange AS (
    SELECT coalesce(order_no, carrier_ref) AS name, left(iccid, 19) AS stem, max(order_no) AS order_no,
        min(carrier_ref) AS carrier_ref, min(iccid) AS iccid, sum(amount_fen)::BIGINT AS net_fen, min(ts) AS ts,
        bool_or(day = $day) AS here
    FROM booking WHERE account = $account AND obligation IS NULL GROUP BY 1, 2
)
SELECT s.* EXCLUDE (name, here), m.sim_id, m.iccid AS ours_iccid,
    (SELECT max(b.obligation) FROM booking b
     WHERE b.account = $account AND b.obligation IS NOT NULL AND b.amount_fen > 0 AND left(b.iccid, 19) = s.stem
       AND b.ts BETWEEN s.ts - INTERVAL 60 DAY AND s.ts + INTERVAL 60 DAY) AS twice
FROM strange s LEFT JOIN sim m ON m.stem = s.stem
WHERE s.here AND s.net_fen <> 0 ORDER BY s.ts, s.carrier_ref;

-- name: papers_that_differ
-- Papers of a day's renewals whose amount is not the sum of the renewals they prove. Where the provider draws on a
-- balance or bills by the month, an invoice names the top-up or the bill: only one that is too small differs.
WITH papers AS (
    SELECT DISTINCT v.voucher_id FROM voucher_renewal v JOIN attempt t ON t.obligation = v.obligation
    JOIN obligation o ON o.id = v.obligation
    WHERE o.account = $account AND timezone('Asia/Shanghai', t.sent_at)::DATE = $day
),
proved AS (
    SELECT v.voucher_id, sum(r.amount_fen)::BIGINT AS ours_fen, bool_or(a.way_to_pay IN ('prepaid', 'monthly')) AS on_account
    FROM papers JOIN voucher_renewal v USING (voucher_id) JOIN reservation r USING (obligation)
    JOIN obligation o ON o.id = v.obligation LEFT JOIN account a ON a.account = o.account GROUP BY v.voucher_id
)
SELECT p.voucher_id, p.ours_fen, d.amount_fen AS theirs_fen, coalesce(d.invoice_no, d.filename) AS paper
FROM proved p JOIN voucher d USING (voucher_id)
WHERE d.kind IN ('invoice', 'bank_slip') AND d.amount_fen <> p.ours_fen AND (NOT p.on_account OR d.amount_fen < p.ours_fen)
ORDER BY p.voucher_id;

-- name: known_differences
-- The account's differences that are open or that a person has closed. `here`: this day's comparison speaks of it.
SELECT f.difference_id, f.class, f.obligation, f.n, f.order_no, f.carrier_ref, f.iccid, f.voucher_id, f.ours_fen, f.theirs_fen,
    f.closed_at, f.reconciliation = $id OR c.obligation IS NOT NULL OR b.carrier_ref IS NOT NULL AS here
FROM difference f
LEFT JOIN ({cases}) c ON c.obligation = f.obligation AND c.n = f.n
LEFT JOIN (SELECT DISTINCT carrier_ref FROM booking WHERE account = $account AND day = $day AND obligation IS NULL) b
    ON b.carrier_ref = f.carrier_ref AND f.n IS NULL
WHERE f.account = $account AND (f.closed_at IS NULL OR f.closed_by IS NOT NULL);

-- name: add_finding
-- A difference is an alarm.
INSERT INTO finding (kind, sim_id, object, detail, source, found_at)
VALUES ($kind, $sim_id, $object, $detail, 'account ' || $account, $now) RETURNING finding_id;

-- name: add_difference
-- What does not match.
INSERT INTO difference (reconciliation, account, class, order_no, carrier_ref, iccid, obligation, n, voucher_id, ours_fen,
    theirs_fen, detail, finding_id, found_at)
VALUES ($id, $account, $class, $order_no, $carrier_ref, $iccid, $obligation, $n, $voucher_id, $ours_fen, $theirs_fen, $detail,
    $finding_id, $now);

-- name: change_difference
-- The same difference with other figures.
UPDATE difference SET ours_fen = $ours_fen, theirs_fen = $theirs_fen, detail = $detail WHERE difference_id = $difference_id;

-- name: close_differences
-- They match now, or a person has settled them; their alarms are over.
UPDATE difference SET closed_at = $now, closed_by = $closed_by, note = $note
WHERE difference_id IN (SELECT unnest($differences::BIGINT[])) AND closed_at IS NULL RETURNING difference_id, finding_id, order_no, carrier_ref;

-- name: close_their_findings
-- The alarms of closed differences.
UPDATE finding SET closed_at = $now WHERE closed_at IS NULL AND finding_id IN (SELECT unnest($findings::BIGINT[]));

-- name: count_day
-- A day's comparison in figures.
UPDATE reconciliation SET ours = c.ours, ours_fen = c.ours_fen, matched = c.matched, matched_fen = c.matched_fen,
    waiting = c.waiting, waiting_fen = c.waiting_fen, theirs = b.theirs, theirs_fen = b.theirs_fen
FROM (
    SELECT count(*) FILTER (counts) AS ours, coalesce(sum(amount_fen) FILTER (counts), 0)::BIGINT AS ours_fen,
        count(*) FILTER (counts AND verdict IN ('matched', 'duplicate')) AS matched,
        coalesce(sum(amount_fen) FILTER (counts AND verdict IN ('matched', 'duplicate')), 0)::BIGINT AS matched_fen,
        count(*) FILTER (counts AND verdict = 'waiting') AS waiting,
        coalesce(sum(amount_fen) FILTER (counts AND verdict = 'waiting'), 0)::BIGINT AS waiting_fen
    FROM ({cases})
) c, (SELECT count(*) AS theirs, coalesce(sum(amount_fen), 0)::BIGINT AS theirs_fen FROM booking WHERE account = $account AND day = $day) b
WHERE reconciliation.id = $id;
