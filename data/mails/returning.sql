-- name: letter
-- The letter of this name, where it began to leave after an instant, and the address it is for.
SELECT m.mail_id, r.address FROM mail m JOIN recipient r USING (recipient_id)
WHERE m.message_id = $message_id AND m.channel = 'mail' AND m.tried_at >= $since;

-- name: address_complained
-- Whoever reads there wants no mail from us.
UPDATE address SET state = 'complained', last_reply = $reply, since = $now WHERE address = $address AND state <> 'complained';
