-- name: chosen
-- What each batch made of each card, as far as a filter lets it through: narrow columns only.
SELECT i.*, o.sim_id, o.digest, o.account, o.kind, coalesce(i.ended_at, i.submitted_at, b.approved_at) AS moved_at, b.maker, b.checker
FROM (
    SELECT p.batch, p.obligation, s.st, s.n, s.reason, s.ended_at, s.submitted_at, s.new_expiry, s.proof, s.carrier_ref, s.detail
    FROM placement p JOIN state s USING (obligation)
    UNION ALL
    SELECT batch, obligation, st, n, reason, ended_at, NULL, NULL, NULL, NULL, NULL FROM placement_past
) i
JOIN obligation o ON o.id = i.obligation
JOIN batch b ON b.id = i.batch
WHERE ($batch::BIGINT IS NULL OR i.batch = $batch)
  AND (len($states::VARCHAR[]) = 0 OR list_contains($states::VARCHAR[], i.st))
  AND ($account::VARCHAR IS NULL OR o.account = $account)
  AND ($ordered::VARCHAR IS NULL OR o.kind = $ordered)
  AND ($day_from::TIMESTAMPTZ IS NULL OR coalesce(i.ended_at, i.submitted_at, b.approved_at) >= $day_from)
  AND ($before::TIMESTAMPTZ IS NULL OR coalesce(i.ended_at, i.submitted_at, b.approved_at) < $before)
  AND {cards};

-- name: any_card
-- The filter says nothing about the card.
true;

-- name: such_cards
-- The filter says something about the card as it is now.
o.sim_id IN (
    SELECT sim_id FROM sim_now
    WHERE ($carrier::VARCHAR IS NULL OR carrier = $carrier)
      AND ($agent_id::BIGINT IS NULL OR agent_id = $agent_id)
      AND ($text::VARCHAR IS NULL OR contains(search_text, $text))
);

-- name: records
-- Renewal records, newest first: what each batch made of each card, with everything a person is asked for later. The
-- rows are chosen and put in order on narrow columns first; what stands beside them is fetched for the chosen alone.
WITH chosen AS (
    SELECT * FROM ({chosen}) ORDER BY moved_at DESC, batch DESC, obligation LIMIT $limit OFFSET $offset
),
noted AS (
    SELECT obligation, max_by(ticket_no, note_id) FILTER (ticket_no IS NOT NULL) AS ticket_no,
        string_agg(note, '; ' ORDER BY note_id) FILTER (note <> '') AS note
    FROM renewal_note SEMI JOIN chosen USING (obligation) GROUP BY obligation
),
paper AS (
    SELECT DISTINCT obligation, voucher_id FROM proof SEMI JOIN chosen USING (obligation)
),
proven AS (
    SELECT l.obligation, count(*) AS vouchers, string_agg(v.invoice_no, ' ' ORDER BY v.voucher_id) AS invoice_no,
        max(v.doc_date) FILTER (v.kind = 'bank_slip') AS slip_on
    FROM paper l JOIN voucher v USING (voucher_id) GROUP BY l.obligation
)
SELECT
    t.order_no AS renewal_no,
    c.batch,
    w.merchant_no,
    w.merchant AS merchant_name,
    w.terminal_id,
    w.serial_no,
    w.agent AS agent_name,
    w.region,
    w.carrier,
    c.account,
    w.msisdn,
    l.iccid,
    nullif(l.plan, '') AS plan,
    nullif(l.months, 0) AS months,
    l.old_expiry AS old_expires_on,
    CASE WHEN c.st IN ('failed', 'cancelled') THEN NULL ELSE coalesce(c.new_expiry, l.new_expiry) END AS new_expires_on,
    l.amount_fen,
    a.way_to_pay,
    coalesce(a.payee, c.account) AS payee,
    -- A balance or card is charged when the order takes effect; a transfer has the day of its slip.
    coalesce(
        v.slip_on,
        CASE WHEN c.st = 'succeeded' AND a.way_to_pay IN ('prepaid', 'online', 'recharge_card')
             THEN (c.ended_at AT TIME ZONE $zone)::DATE END
    ) AS paid_on,
    a.connector AS channel,
    c.st AS state,
    CASE WHEN c.st IN ('failed', 'unknown', 'needs_review') THEN c.reason END AS failure_reason,
    coalesce(c.submitted_at, t.sent_at) AS submitted_at,
    c.ended_at,
    c.proof,
    CASE WHEN c.proof IS NOT NULL THEN c.ended_at END AS verified_at,
    c.carrier_ref AS carrier_order_no,
    n.ticket_no,
    v.invoice_no,
    coalesce(v.vouchers, 0) AS vouchers,
    m.name AS maker,
    k.name AS checker,
    n.note,
    c.kind,
    CASE WHEN c.st IN ('failed', 'unknown', 'needs_review') THEN c.detail END AS detail,
    c.obligation,
    c.sim_id,
    w.branch
FROM chosen c
JOIN batch_line l ON l.batch = c.batch AND l.digest = c.digest AND l.refusal IS NULL
LEFT JOIN attempt t ON t.obligation = c.obligation AND t.n = c.n
LEFT JOIN sim_now w ON w.sim_id = c.sim_id
LEFT JOIN account a ON a.account = c.account
LEFT JOIN person m ON m.person_id = c.maker
LEFT JOIN person k ON k.person_id = c.checker
LEFT JOIN noted n ON n.obligation = c.obligation
LEFT JOIN proven v ON v.obligation = c.obligation
ORDER BY c.moved_at DESC, c.batch DESC, c.obligation;

-- name: record_totals
-- How many records a filter lets through, how many of them succeeded, and their money.
SELECT count(*) AS records,
    count(*) FILTER (c.st = 'succeeded') AS succeeded,
    coalesce(sum(l.amount_fen) FILTER (c.st = 'succeeded'), 0)::BIGINT AS succeeded_fen,
    coalesce(sum(l.amount_fen), 0)::BIGINT AS amount_fen
FROM ({chosen}) c JOIN batch_line l ON l.batch = c.batch AND l.digest = c.digest AND l.refusal IS NULL;
