-- name: payee_by_name
-- One payee with whether he may be paid.
SELECT payee_id, name, standing, open_change, stop_reason FROM payee_now WHERE name = $payee;

-- name: payee_by_id
-- The same, by number.
SELECT payee_id, name, standing, open_change, stop_reason FROM payee_now WHERE payee_id = $payee_id;

-- name: add_payee
-- A payee nobody has confirmed yet.
INSERT INTO payee (name) VALUES ($payee) RETURNING payee_id;

-- name: proof_exists
-- Whether the paper that shows the bank data is in the archive.
SELECT count(*) > 0 FROM voucher WHERE voucher_id = $proof;

-- name: next_change_id
-- The row an envelope is bound to, before there is one.
SELECT nextval('payee_change_ids');

-- name: add_change
-- What one person proposes.
INSERT INTO payee_change (change_id, payee_id, tax_no, bank, opening_bank, cnaps, account_last4, account_blind, account_sealed,
    proof, note, state, proposed_by, proposed_at)
VALUES ($change_id, $payee_id, $tax_no, $bank, $opening_bank, $cnaps, $account_last4, $account_blind, $account_sealed,
    $proof, $note, 'proposed', $proposed_by, $now);

-- name: change
-- A proposal with what the second person is compared with.
SELECT c.change_id, c.payee_id, y.name, c.state, c.proposed_by, p.name AS proposer, c.account_last4, c.account_blind, c.tax_no, c.bank
FROM payee_change c JOIN payee y ON y.payee_id = c.payee_id JOIN person p ON p.person_id = c.proposed_by
WHERE c.change_id = $change_id;

-- name: decide
-- The second person's word, or the first one's to take it back; nothing where another was quicker.
UPDATE payee_change SET state = $state, decided_by = $decided_by, decided_at = $now, reason = $reason
WHERE change_id = $change_id AND state = 'proposed' RETURNING change_id;

-- name: let_pay
-- From here on he is paid by this change; a stop ends with it.
UPDATE payee SET confirmed_change = $change_id, stopped_by = NULL, stopped_at = NULL, stop_reason = NULL
WHERE payee_id = $payee_id;

-- name: stop
-- Nothing is paid to him any more.
UPDATE payee SET stopped_by = $person_id, stopped_at = $now, stop_reason = $reason
WHERE payee_id = $payee_id AND stopped_at IS NULL RETURNING payee_id;

-- name: details
-- What a payee is paid by, in words and sealed: by his name as it counts now, or as one change said it.
SELECT y.payee_id, y.name, c.change_id, c.tax_no, c.bank, c.opening_bank, c.cnaps, c.account_last4, c.account_sealed, c.proof,
    p.name AS confirmed_by, c.decided_at AS confirmed_at
FROM payee_now y JOIN payee_change c ON c.payee_id = y.payee_id JOIN person p ON p.person_id = c.decided_by
WHERE c.state = 'confirmed'
  AND CASE WHEN $change_id IS NULL THEN y.name = $payee AND y.standing IN ('confirmed', 'changing') AND c.change_id = y.confirmed_change
      ELSE c.change_id = $change_id END;

-- name: payees
-- Everybody in the register and everybody an account names, with whether he may be paid, by what, and for which accounts.
WITH named AS (
    SELECT payee AS name, string_agg(account, ', ' ORDER BY account) AS accounts FROM account WHERE listed GROUP BY payee
)
SELECT coalesce(y.name, a.name) AS name, y.payee_id, coalesce(y.standing, 'unknown') AS standing, c.tax_no, c.bank, c.opening_bank, c.cnaps,
    c.account_last4, p.name AS confirmed_by, c.decided_at AS confirmed_at, a.accounts, y.stop_reason, s.name AS stopped_by, y.stopped_at
FROM payee_now y FULL JOIN named a ON a.name = y.name
LEFT JOIN payee_change c ON c.change_id = y.confirmed_change
LEFT JOIN person p ON p.person_id = c.decided_by
LEFT JOIN person s ON s.person_id = y.stopped_by
ORDER BY list_position(['proposed', 'changing', 'unknown', 'refused', 'stopped', 'confirmed'], coalesce(y.standing, 'unknown')), 1
LIMIT $limit;

-- name: changes
-- Proposals and what became of them, newest first, each with other payees who have the same account number.
SELECT c.change_id, c.payee_id, y.name AS payee, c.tax_no, c.bank, c.opening_bank, c.cnaps, c.account_last4, c.proof, c.note, c.state,
    c.proposed_by, p.name AS proposer, c.proposed_at, d.name AS decider, c.decided_at, c.reason,
    (SELECT string_agg(DISTINCT n.name, ', ' ORDER BY n.name) FROM payee_change t JOIN payee n ON n.payee_id = t.payee_id
     WHERE t.account_blind = c.account_blind AND t.payee_id <> c.payee_id AND t.state IN ('proposed', 'confirmed')) AS twins
FROM payee_change c JOIN payee y ON y.payee_id = c.payee_id
JOIN person p ON p.person_id = c.proposed_by LEFT JOIN person d ON d.person_id = c.decided_by
WHERE ($payee IS NULL OR y.name = $payee) AND (NOT $waiting OR c.state = 'proposed')
ORDER BY c.change_id DESC LIMIT $limit;

-- name: sealed
-- Every account number as it is sealed.
SELECT change_id, account_sealed FROM payee_change ORDER BY change_id;

-- name: seal_anew
-- The same account number under another key.
UPDATE payee_change SET account_sealed = $sealed WHERE change_id = $change_id;
