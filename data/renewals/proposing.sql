-- name: due_ids
-- Cards in use that expire by a day and that nobody decided to let go.
SELECT sim_id FROM sim_now
WHERE expires_on <= $until
  AND status NOT IN (SELECT unnest($passed_over))
  AND decision IS DISTINCT FROM 'decline'
  AND ($carrier IS NULL OR carrier = $carrier)
  AND ($account IS NULL OR account = $account);

-- name: batch_by_form_key
-- The batch a confirm form has already made.
SELECT id, items, amount_fen, refused FROM batch WHERE form_key = $form_key;

-- name: add_batch
-- A proposed batch.
INSERT INTO batch (form_key, kind, maker, content_hash, items, refused, amount_fen, state, note, proposed_at)
VALUES ($form_key, $kind, $maker, $content_hash, $items, $refused, $amount_fen, 'proposed', $note, $now) RETURNING id;

-- name: add_lines
-- Its lines, from the registered frame.
INSERT INTO batch_line (batch, line, digest, sim_id, iccid, account, cycle, seq, plan_id, plan, months, amount_fen, old_expiry, new_expiry, refusal)
SELECT $batch, line, digest::UUID, sim_id, iccid, account, cycle, seq, plan_id, plan, months, amount_fen, old_expiry, new_expiry, refusal
FROM lines ORDER BY line;
