-- name: recipient
-- One of those reminders go to, with how the address stands; who reads without signing in reads Chinese unless told otherwise.
SELECT r.recipient_id, r.kind, r.name, coalesce(r.language, 'zh_CN') AS language, r.address, a.state
FROM recipient r LEFT JOIN address a ON a.address = r.address WHERE r.recipient_id = $recipient_id;

-- name: mute
-- No digests go there any more.
UPDATE address SET state = 'muted', since = $now WHERE address = $address AND state IN ('verified', 'soft_bouncing')
RETURNING address;

-- name: unmute
-- They go there again.
UPDATE address SET state = 'verified', since = $now WHERE address = $address AND state = 'muted' RETURNING address;
