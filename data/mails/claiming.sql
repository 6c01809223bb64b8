-- name: hold
-- What must wait is held, and what held it no longer holds it: one look at every mail of a channel that has not left.
UPDATE mail SET held_for = found.why, state = CASE WHEN found.why IS NULL THEN 'queued' ELSE 'held' END
FROM (
    SELECT m.mail_id, CASE
        WHEN m.channel IN (SELECT channel FROM mail_stop) THEN 'stopped'
        WHEN NOT $account THEN 'no_account'
        WHEN NOT r.active OR (r.kind = 'person' AND NOT coalesce(p.active, false)) THEN 'address'
        WHEN m.channel = 'chat' AND r.secret_name IS NULL THEN 'address'
        -- Whoever signs in may read at an address that somebody else has muted.
        WHEN m.channel = 'mail' AND a.state = 'muted' AND r.kind <> 'person' AND m.kind = 'digest' THEN 'muted'
        WHEN m.channel = 'mail' AND NOT coalesce(
            a.state IN ('verified', 'soft_bouncing', 'muted')
            OR (a.state IN ('unverified', 'bounced') AND m.kind = 'verify'), false) THEN 'address'
        WHEN m.released_by IS NOT NULL OR m.kind IN (SELECT unnest($urgent::VARCHAR[])) THEN NULL
        WHEN m.kind = 'digest' AND EXISTS (
            FROM reminder_scan WHERE held_since IS NOT NULL AND released_at IS NULL) THEN 'storm'
        WHEN r.quiet_from <= r.quiet_until AND $local::TIME >= r.quiet_from AND $local::TIME < r.quiet_until THEN 'quiet'
        WHEN r.quiet_from > r.quiet_until AND ($local::TIME >= r.quiet_from OR $local::TIME < r.quiet_until) THEN 'quiet'
        END AS why
    FROM mail m JOIN recipient r USING (recipient_id)
    LEFT JOIN person p ON p.person_id = r.person_id
    LEFT JOIN address a ON a.address = r.address
    WHERE m.state IN ('queued', 'held') AND m.channel = $channel
) found
WHERE mail.mail_id = found.mail_id AND mail.state IN ('queued', 'held') AND mail.held_for IS DISTINCT FROM found.why;

-- name: end_muted
-- Digests whose reader wants none do not wait: another day has another.
UPDATE mail SET state = 'moot', held_for = NULL, last_reply = $reply, ended_at = $now WHERE state = 'held' AND held_for = 'muted'
RETURNING mail_id;

-- name: suppress
-- What they carried is not said; the sign of life counts it.
UPDATE reminder SET state = 'suppressed', ended_at = $now WHERE state = 'in_mail'
    AND reminder_id IN (SELECT reminder_id FROM mail_item WHERE mail_id IN (SELECT unnest($mail_ids::BIGINT[])));

-- name: to_hand_on
-- Mails that wait for an address that takes none, and who learns of it in that recipient's stead.
SELECT m.mail_id, m.recipient_id, r.name, l.recipient_id AS lead_id
FROM mail m JOIN recipient r USING (recipient_id)
JOIN recipient l ON l.recipient_id = r.lead_id
LEFT JOIN person p ON p.person_id = l.person_id
LEFT JOIN address a ON a.address = l.address
WHERE m.mail_id IN (SELECT mail_id FROM mail_item)
  AND l.active AND (l.kind <> 'person' OR p.active)
  AND (a.state IN ('verified', 'soft_bouncing', 'muted') OR (l.kind = 'chat' AND l.secret_name IS NOT NULL))
  AND (m.mail_id = $mail_id OR ($mail_id IS NULL AND m.state = 'held' AND m.held_for = 'address'));

-- name: hand_on_items
-- The lead's mail carries them now.
INSERT INTO mail_item SELECT $to_mail, reminder_id FROM mail_item WHERE mail_id = $mail_id ON CONFLICT DO NOTHING;

-- name: nobody_reads
-- Recipients with mail that waits for an address that takes none, and with no lead who could learn of it.
SELECT r.recipient_id, r.name, count(*) AS items
FROM mail m JOIN recipient r USING (recipient_id) JOIN mail_item i USING (mail_id)
WHERE m.state = 'held' AND m.held_for = 'address'
GROUP BY ALL ORDER BY 1;

-- name: left_over
-- What was to leave on a day that is over: it goes into that of today.
SELECT m.mail_id, m.state, m.held_for, m.tries, m.last_code, m.last_reply, m.made_at, r.name, r.address, r.quiet_from, r.quiet_until
FROM mail m JOIN recipient r USING (recipient_id)
WHERE m.state IN ('queued', 'held') AND m.doubts = 0 AND m.kind IN ('digest', 'heartbeat') AND m.slot < $today::VARCHAR
ORDER BY m.mail_id;

-- name: sent_lately
-- What has been tried by this channel in the last minute and hour.
SELECT count(*) FILTER (tried_at > $minute_ago) AS minute, count(*) AS hour
FROM mail WHERE channel = $channel AND tried_at > $hour_ago;

-- name: next_mail
-- The next mail whose time has come: what is urgent first, to one recipient once an hour; no more to one group than its
-- bot takes in a minute.
SELECT m.mail_id, m.recipient_id, m.channel, m.kind, m.slot, m.digest::VARCHAR AS digest, m.said, m.tries, m.doubts,
       r.name, r.address, r.secret_name, r.part, r.language, (SELECT count(*) FROM mail_item i WHERE i.mail_id = m.mail_id) AS carries
FROM mail m JOIN recipient r USING (recipient_id)
WHERE m.state = 'queued' AND m.channel = $channel AND m.next_try <= $now
  AND ($channel = 'mail' OR $each > (
      SELECT count(*) FROM mail t WHERE t.recipient_id = m.recipient_id AND t.tried_at > $minute_ago))
  AND NOT (m.kind = 'urgent' AND EXISTS (
      FROM mail t WHERE t.recipient_id = m.recipient_id AND t.kind = 'urgent' AND t.mail_id <> m.mail_id
          AND t.tried_at >= date_trunc('hour', $now::TIMESTAMPTZ)))
ORDER BY m.kind NOT IN (SELECT unnest($urgent::VARCHAR[])), m.next_try, m.mail_id
LIMIT 1;

-- name: claim
-- It is being sent: the commit of this is the intent. What it is known by stays what it was the first time.
UPDATE mail SET state = 'sending', tries = tries + 1, tried_at = $now, body = $body, body_sha256 = $body_sha256,
    message_id = CASE message_id WHEN '' THEN $message_id ELSE message_id END
WHERE mail_id = $mail_id AND state = 'queued'
RETURNING message_id;

-- name: moot
-- Nothing is left to say.
UPDATE mail SET state = 'moot', held_for = NULL, ended_at = $now WHERE mail_id = $mail_id AND state IN ('queued', 'held');

-- name: postpone
-- It could not even be put into words: others go first.
UPDATE mail SET next_try = $next_try, tries = tries + 1 WHERE mail_id = $mail_id AND state = 'queued';

-- name: standing
-- A mail with what decides what becomes of it.
SELECT m.mail_id, m.state, m.tries, m.doubts, m.recipient_id, m.channel, m.kind, r.name, r.address,
       coalesce(m.ended_at, m.tried_at) AS left_at
FROM mail m JOIN recipient r USING (recipient_id) WHERE m.mail_id = $mail_id;

-- name: move
-- Where it goes from here, after what was said of it.
UPDATE mail SET state = $state, last_code = $code, last_reply = $reply, next_try = $next_try, tries = tries - $untried, doubts = doubts + $doubt,
    ended_at = CASE WHEN $state IN ('sent', 'failed') THEN $now END
WHERE mail_id = $mail_id;

-- name: address_works
-- It took a letter.
UPDATE address SET bounces = 0, state = CASE state WHEN 'soft_bouncing' THEN 'verified' ELSE state END,
    since = CASE state WHEN 'soft_bouncing' THEN $now ELSE since END
WHERE address = $address AND (bounces > 0 OR state = 'soft_bouncing');

-- name: address_bounced
-- It takes no letters any more. One that was proved since the letter left may have been mended meanwhile.
UPDATE address SET state = 'bounced', last_reply = $reply, since = $now
WHERE address = $address AND state IN ('unverified', 'verified', 'soft_bouncing', 'muted')
    AND NOT (state = 'verified' AND since > $left_at);

-- name: address_missed
-- For a whole day nothing got through.
UPDATE address SET bounces = bounces + 1, last_reply = $reply,
    state = CASE WHEN state = 'verified' AND bounces + 1 >= $days THEN 'soft_bouncing' ELSE state END,
    since = CASE WHEN state = 'verified' AND bounces + 1 >= $days THEN $now ELSE since END
WHERE address = $address;

-- name: in_the_air
-- Mails that were being sent when nobody was there any more to hear the answer.
SELECT mail_id, doubts FROM mail WHERE state = 'sending' AND tried_at <= $before ORDER BY mail_id;

-- name: retry_unknown
-- Unclear for long enough: once more, under the same name.
UPDATE mail SET state = 'queued' WHERE state = 'unknown' AND next_try <= $now;
