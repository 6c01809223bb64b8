-- name: add_voucher
-- A paper as it came.
INSERT INTO voucher (sha256, filename, format, bytes, kind, remarks, filed_by, filed_at, read_at)
VALUES ($sha256, $filename, $format, $bytes, $kind, $remarks, $filed_by, $now, $read_at) RETURNING voucher_id;

-- name: voucher_by_id
-- One paper.
SELECT v.*, p.name AS filer FROM voucher v LEFT JOIN person p ON p.person_id = v.filed_by WHERE voucher_id = $voucher_id;

-- name: is_proof
-- Whether a paper is the proof of somebody's bank data.
SELECT count(*) > 0 FROM payee_change WHERE proof = $voucher_id;

-- name: voucher_by_hash
-- The paper with exactly these bytes.
SELECT voucher_id FROM voucher WHERE sha256 = $sha256;

-- name: voucher_with_number
-- Another paper that carries this invoice number.
SELECT voucher_id FROM voucher WHERE invoice_no = $invoice_no AND voucher_id <> $voucher_id LIMIT 1;

-- name: describe
-- What a person says the paper says.
UPDATE voucher SET kind = $kind, doc_date = $doc_date, plan = $plan, amount_fen = $amount_fen, invoice_no = $invoice_no,
    seller = $seller, buyer = $buyer, note = $note
WHERE voucher_id = $voucher_id RETURNING 1;

-- name: fill
-- What the paper says of itself, where no person has said otherwise.
UPDATE voucher SET kind = $kind, doc_date = coalesce(doc_date, $doc_date), amount_fen = coalesce(amount_fen, $amount_fen),
    invoice_no = coalesce(invoice_no, $invoice_no), seller = coalesce(seller, $seller), buyer = coalesce(buyer, $buyer),
    remarks = $remarks, read_at = $now
WHERE voucher_id = $voucher_id RETURNING 1;

-- name: unread
-- Papers whose own words no job has read yet.
SELECT v.*, p.name AS filer FROM voucher v LEFT JOIN person p ON p.person_id = v.filed_by
WHERE read_at IS NULL ORDER BY voucher_id LIMIT $limit;

-- name: link
-- This paper proves these renewals.
INSERT INTO voucher_renewal
SELECT $voucher_id, s.obligation FROM state s
WHERE list_contains($obligations::BIGINT[], s.obligation) AND s.st = 'succeeded'
ON CONFLICT DO NOTHING;

-- name: unlink
-- This paper does not prove these renewals after all.
DELETE FROM voucher_renewal WHERE voucher_id = $voucher_id AND list_contains($obligations::BIGINT[], obligation);

-- name: links_of
-- The renewals a paper proves.
SELECT l.obligation, a.order_no, a.batch, o.account, coalesce(c.payee, o.account) AS payee, now.iccid, now.msisdn, now.terminal_id,
    now.merchant, a.plan, a.amount_fen, s.ended_at
FROM voucher_renewal l
JOIN obligation o ON o.id = l.obligation
JOIN state s ON s.obligation = l.obligation
LEFT JOIN attempt a ON a.obligation = s.obligation AND a.n = s.n
LEFT JOIN account c ON c.account = o.account
LEFT JOIN sim_now now ON now.sim_id = o.sim_id
WHERE l.voucher_id = $voucher_id ORDER BY a.batch, o.id LIMIT $limit OFFSET $offset;

-- name: of_card
-- Papers that prove a card's renewals, newest first.
SELECT voucher_id, kind FROM voucher WHERE voucher_id IN (
    SELECT p.voucher_id FROM proof p JOIN obligation o ON o.id = p.obligation WHERE o.sim_id = $sim_id
)
ORDER BY voucher_id DESC LIMIT $limit;

-- name: search
-- Papers that hold every word asked for, newest first; words are looked for in the paper and in what it proves.
WITH linked AS (
    SELECT l.voucher_id, count(*) AS renewals, sum(a.amount_fen)::BIGINT AS renewals_fen,
        string_agg(now.search_text || ' ' || a.order_no || ' ' || a.batch, ' ') FILTER ($text <> '') AS words
    FROM voucher_renewal l
    JOIN obligation o ON o.id = l.obligation
    JOIN state s ON s.obligation = l.obligation
    LEFT JOIN attempt a ON a.obligation = s.obligation AND a.n = s.n
    LEFT JOIN sim_now now ON now.sim_id = o.sim_id
    GROUP BY l.voucher_id
)
SELECT v.voucher_id, v.doc_date, v.kind, v.format, v.filename, v.invoice_no, v.seller, v.buyer, v.plan, v.amount_fen, v.bytes,
    coalesce(k.renewals, 0) AS renewals, k.renewals_fen, v.note, v.remarks, p.name AS filer, v.filed_at,
    count(*) OVER () AS total
FROM voucher v LEFT JOIN linked k USING (voucher_id) LEFT JOIN person p ON p.person_id = v.filed_by
WHERE ($kind::VARCHAR IS NULL OR v.kind = $kind)
  AND ($unlinked::BOOLEAN IS NOT TRUE OR (k.renewals IS NULL AND v.kind NOT IN ('form', 'notice')))
  AND ($day_from::DATE IS NULL OR coalesce(v.doc_date, v.filed_at::DATE) >= $day_from)
  AND ($day_to::DATE IS NULL OR coalesce(v.doc_date, v.filed_at::DATE) <= $day_to)
  AND ($text = '' OR contains(
      upper(concat_ws(' ', v.filename, v.invoice_no, v.seller, v.buyer, v.plan, v.note,
          printf('%d.%02d', v.amount_fen // 100, v.amount_fen % 100), k.words)), $text))
ORDER BY v.filed_at DESC, v.voucher_id DESC LIMIT $limit OFFSET $offset;

-- name: missing
-- Succeeded renewals without a paper, by payee and by how long it has been owed.
SELECT coalesce(c.payee, o.account) AS payee, o.account, coalesce(c.gives_invoice, true) AS gives_invoice,
    count(*) AS renewals, sum(a.amount_fen)::BIGINT AS amount_fen, min(s.ended_at) AS oldest,
    count(*) FILTER (s.ended_at > $now::TIMESTAMPTZ - INTERVAL 30 DAY) AS to_30_days,
    count(*) FILTER (s.ended_at <= $now::TIMESTAMPTZ - INTERVAL 30 DAY AND s.ended_at > $now::TIMESTAMPTZ - INTERVAL 60 DAY)
        AS to_60_days,
    count(*) FILTER (s.ended_at <= $now::TIMESTAMPTZ - INTERVAL 60 DAY) AS older
FROM state s
JOIN obligation o ON o.id = s.obligation
LEFT JOIN attempt a ON a.obligation = s.obligation AND a.n = s.n
LEFT JOIN account c ON c.account = o.account
WHERE s.st = 'succeeded' AND s.obligation NOT IN (SELECT obligation FROM voucher_renewal)
GROUP BY ALL ORDER BY gives_invoice DESC, oldest;

-- name: missing_lines
-- The renewals one account owes papers for, oldest first.
SELECT o.id AS obligation, a.order_no, a.batch, now.iccid, now.msisdn, now.terminal_id, now.merchant, a.plan, a.amount_fen,
    s.ended_at, date_diff('day', s.ended_at, $now::TIMESTAMPTZ) AS days, count(*) OVER () AS total
FROM state s
JOIN obligation o ON o.id = s.obligation
LEFT JOIN attempt a ON a.obligation = s.obligation AND a.n = s.n
LEFT JOIN sim_now now ON now.sim_id = o.sim_id
WHERE s.st = 'succeeded' AND o.account = $account AND s.obligation NOT IN (SELECT obligation FROM voucher_renewal)
ORDER BY s.ended_at, o.id LIMIT $limit OFFSET $offset;

-- name: suggestions
-- Renewals without a paper that this one may prove: a batch's sum at one payee, or of one plan there, or one renewal, of
-- exactly its amount and not much later than its date; those whose payee is the seller come first.
WITH paper AS (SELECT amount_fen, coalesce(doc_date, filed_at::DATE) AS day, seller FROM voucher WHERE voucher_id = $voucher_id),
owed AS (
    SELECT o.id, a.batch, a.order_no, coalesce(c.payee, o.account) AS payee, a.plan, a.amount_fen, now.iccid,
        (s.ended_at AT TIME ZONE $zone)::DATE AS day
    FROM state s
    JOIN obligation o ON o.id = s.obligation
    JOIN attempt a ON a.obligation = s.obligation AND a.n = s.n
    LEFT JOIN account c ON c.account = o.account
    LEFT JOIN sim_now now ON now.sim_id = o.sim_id
    WHERE s.st = 'succeeded' AND s.obligation NOT IN (SELECT obligation FROM voucher_renewal)
),
sums AS (
    SELECT batch, payee, plan, NULL AS order_no, NULL AS iccid, sum(amount_fen)::BIGINT AS amount_fen, count(*) AS renewals,
        max(day) AS day, list(id ORDER BY id) AS obligations
    FROM owed GROUP BY GROUPING SETS ((batch, payee), (batch, payee, plan))
    -- A sum over one plan only is the sum of that plan; one renewal stands for itself.
    HAVING count(*) > 1 AND (GROUPING(plan) = 0 OR count(DISTINCT plan) > 1)
    UNION ALL
    SELECT batch, payee, plan, order_no, iccid, amount_fen, 1, day, [id] FROM owed
)
SELECT s.*, coalesce(contains(s.payee, p.seller) OR contains(p.seller, s.payee), false) AS same_payee
FROM sums s JOIN paper p ON s.amount_fen = p.amount_fen
WHERE s.day <= p.day + 31  -- some sellers date an invoice before the renewal took effect
ORDER BY same_payee DESC, s.renewals DESC, abs(p.day - s.day), s.batch, s.obligations[1] LIMIT $limit;
