-- name: card_by_blind
-- A recharge card that was entered before, with who entered it; free: its batch was taken back before anything was sent.
SELECT r.pin_id, r.batch, r.entered_at, p.name,
    b.state = 'cancelled' AND NOT EXISTS (
        FROM batch_line l JOIN obligation o ON o.digest = l.digest JOIN attempt t ON t.obligation = o.id
        WHERE l.batch = r.batch AND t.batch = r.batch
    ) AS free
FROM recharge_pin r JOIN batch b ON b.id = r.batch LEFT JOIN person p ON p.person_id = r.entered_by
WHERE r.blind = $blind;

-- name: next_pin_id
-- The row an envelope is bound to, before there is one.
SELECT nextval('recharge_pin_ids');

-- name: keep_pin
-- A recharge card of a batch's line, sealed. One that is free again is sealed anew.
INSERT INTO recharge_pin (pin_id, blind, last4, sealed, face_fen, batch, line, entered_by, entered_at)
VALUES ($pin_id, $blind, $last4, $sealed, $face_fen, $batch, $line, $entered_by, $now)
ON CONFLICT (pin_id) DO UPDATE SET last4 = excluded.last4, sealed = excluded.sealed, face_fen = excluded.face_fen,
    batch = excluded.batch, line = excluded.line, entered_by = excluded.entered_by, entered_at = excluded.entered_at;

-- name: orderable_line
-- The one line of a recharge.
SELECT line FROM batch_line WHERE batch = $batch AND refusal IS NULL;

-- name: pin_of_item
-- The recharge card of an item, as the batch that carries it now entered it.
SELECT r.pin_id, r.sealed FROM placement p
JOIN obligation o ON o.id = p.obligation
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
JOIN recharge_pin r ON r.batch = l.batch AND r.line = l.line
WHERE p.obligation = $obligation;

-- name: entered
-- What a batch's recharge card may be spoken of as.
SELECT last4, face_fen FROM recharge_pin WHERE batch = $batch;

-- name: pin_of_batch
-- The recharge card of a batch, sealed.
SELECT pin_id, last4, sealed FROM recharge_pin WHERE batch = $batch ORDER BY pin_id LIMIT 1;

-- name: sealed_cards
-- Every recharge card as it is sealed.
SELECT pin_id, sealed FROM recharge_pin ORDER BY pin_id;

-- name: seal_card_anew
-- The same recharge card under another key.
UPDATE recharge_pin SET sealed = $sealed WHERE pin_id = $pin_id;
