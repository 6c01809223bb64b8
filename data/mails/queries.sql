-- name: mail_of_slot
-- Whether there is a mail of this recipient, kind and slot already.
SELECT mail_id, state FROM mail WHERE digest = $digest::UUID;

-- name: channel_of
-- How somebody is reached.
SELECT CASE kind WHEN 'chat' THEN 'chat' ELSE 'mail' END FROM recipient WHERE recipient_id = $recipient_id;

-- name: add_mail
-- A mail that is to leave. What it is known by is fixed when it first does.
INSERT INTO mail (digest, recipient_id, channel, kind, slot, message_id, said, state, next_try, made_at)
VALUES ($digest::UUID, $recipient_id, $channel, $kind, $slot, '', $said, 'queued', $now, $now)
RETURNING mail_id;

-- name: reopen_mail
-- It was no longer needed and never left; now there is something to say again.
UPDATE mail SET state = 'queued', ended_at = NULL, held_for = NULL, next_try = $now WHERE mail_id = $mail_id;

-- name: add_items
-- A mail carries these, too.
INSERT INTO mail_item SELECT $mail_id, unnest($reminder_ids::BIGINT[]) ON CONFLICT DO NOTHING;

-- name: into_mail
-- A mail carries them now.
UPDATE reminder SET state = 'in_mail' WHERE state = 'due' AND reminder_id IN (SELECT unnest($reminder_ids::BIGINT[]));

-- name: earlier_urgent
-- Urgent mails of a recipient that still wait: what they carry goes with the new one.
SELECT mail_id, state FROM mail
WHERE recipient_id = $recipient_id AND kind = 'urgent' AND mail_id <> $mail_id AND state IN ('queued', 'held') AND doubts = 0;

-- name: take_over
-- It carries what the other carried.
INSERT INTO mail_item SELECT $mail_id, reminder_id FROM mail_item WHERE mail_id = $earlier ON CONFLICT DO NOTHING;

-- name: overtaken
-- Another carries what it carried.
UPDATE mail SET state = 'moot', held_for = NULL, ended_at = $now WHERE mail_id = $mail_id;

-- name: left_over
-- Whether anything was to leave on a day that is over.
SELECT EXISTS (FROM mail WHERE state IN ('queued', 'held') AND doubts = 0 AND kind IN ('digest', 'heartbeat') AND slot < $today::VARCHAR);

-- name: alarmed
-- Who hears of alarms: administrators who are recipients, and groups of our own.
SELECT r.recipient_id FROM recipient r LEFT JOIN person p USING (person_id)
WHERE r.active AND ((r.kind = 'person' AND p.active AND p.role = 'administrator') OR (r.kind = 'chat' AND r.part IS NULL))
ORDER BY r.recipient_id;

-- name: held_mail
-- What a person may let go in spite of what holds it.
SELECT mail_id FROM mail WHERE mail_id = $mail_id AND state = 'held' AND held_for IN ('quiet', 'storm');

-- name: release
-- A person lets it go; what held it holds it no more.
UPDATE mail SET state = 'queued', held_for = NULL, released_by = $person_id WHERE mail_id = $mail_id;

-- name: stop
-- Nothing leaves by this channel from here on.
INSERT INTO mail_stop VALUES ($channel, $reason, $now, $person_id) ON CONFLICT DO NOTHING;

-- name: go_on
-- Sending goes on.
DELETE FROM mail_stop WHERE channel = $channel;

-- name: stops
-- What is stopped, why, since when and by whom.
SELECT s.channel, s.reason, s.since, p.name AS person FROM mail_stop s LEFT JOIN person p USING (person_id) ORDER BY 1;

-- name: outbox
-- Mails newest first: of one state, or of any.
SELECT m.mail_id, r.name AS recipient, r.address, m.channel, m.kind, m.slot, m.state, m.held_for, coalesce(i.items, 0) AS items,
       m.tries, m.next_try, m.last_reply, m.made_at, m.ended_at
FROM mail m JOIN recipient r USING (recipient_id)
LEFT JOIN (SELECT mail_id, count(*) AS items FROM mail_item GROUP BY mail_id) i USING (mail_id)
WHERE $state IS NULL OR m.state = $state
ORDER BY m.mail_id DESC
LIMIT $limit OFFSET $offset;

-- name: count_outbox
-- How many mails are in one state, or in any.
SELECT count(*) FROM mail WHERE $state IS NULL OR state = $state;

-- name: counts
-- How many mails stand where, and since when the oldest of them.
SELECT state, count(*) AS mails, min(made_at) AS oldest FROM mail GROUP BY state;

-- name: one
-- A mail as it stands, with its text as it left.
SELECT m.mail_id, r.name AS recipient, r.address, m.channel, m.kind, m.slot, m.message_id, m.state, m.held_for, m.tries,
       m.next_try, m.last_reply, m.body, m.made_at, m.ended_at
FROM mail m JOIN recipient r USING (recipient_id) WHERE m.mail_id = $mail_id;

-- name: unreachable
-- Cards that somebody should have heard of whose mail waits for an address that takes none.
SELECT rem.sim_id, r.recipient_id, r.name AS recipient, min(m.made_at) AS since
FROM mail m JOIN recipient r USING (recipient_id) JOIN mail_item i USING (mail_id) JOIN reminder rem USING (reminder_id)
WHERE m.state = 'held' AND m.held_for = 'address' AND rem.state = 'in_mail' AND rem.sim_id IS NOT NULL
GROUP BY ALL ORDER BY rem.sim_id, r.recipient_id;

-- name: waits
-- Whether a worker has anything to look at: what may have come due, and what may be held or let go.
SELECT EXISTS (FROM mail WHERE channel = $channel AND (state = 'held' OR (state = 'queued' AND next_try <= $now)));

-- name: unclear
-- Whether an unclear mail has waited long enough.
SELECT EXISTS (FROM mail WHERE state = 'unknown' AND next_try <= $now);

-- name: sending
-- Whether something began to leave before an instant and has no end yet.
SELECT EXISTS (FROM mail WHERE state = 'sending' AND tried_at <= $before);
