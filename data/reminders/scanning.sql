-- name: rules_now
-- The stages that anybody hears of.
SELECT DISTINCT subject, stages FROM reminder_rule WHERE active ORDER BY ALL;

-- name: step
-- The stages that have been reached, for every date or share they can be counted from.
SELECT unnest($subjects::VARCHAR[]) AS subject, unnest($stages_of::VARCHAR[]) AS stages, unnest($targets::DATE[]) AS target,
    unnest($shares::INTEGER[]) AS share, unnest($stages::VARCHAR[]) AS stage, unnest($progress::INTEGER[]) AS progress,
    unnest($due_on::DATE[]) AS due_on, unnest($urgent::BOOLEAN[]) AS urgent, unnest($last_call::BOOLEAN[]) AS last_call,
    unnest($latest::BOOLEAN[]) AS latest;

-- name: digest
-- The key of a reminder: the first 128 bits of SHA-256.
sha256(concat_ws('|', recipient_id, subject, thing, on_date, stage))[1:32]::UUID;

-- name: wanted
-- Of every thing and whoever hears of it the latest stage that has been reached, with its key.
WITH heard AS ({heard}),
step AS ({step}),
-- What became of the earlier stages of the same thing.
past AS (
    SELECT recipient_id, subject, thing, on_date, max(acknowledged_by) FILTER (state = 'acknowledged') AS acknowledged_by,
        max(snoozed_until) FILTER (state = 'snoozed') AS snoozed_until, min(ended_at) FILTER (state = 'done') AS told_at
    FROM reminder WHERE state IN ('acknowledged', 'snoozed')
        OR state = 'done' AND ended_at <= $unanswered_since AND recipient_id IN (SELECT recipient_id FROM recipient WHERE lead_id IS NOT NULL)
    GROUP BY ALL
),
unanswered AS (
    SELECT DISTINCT h.subject, h.thing, h.sim_id, h.on_date, h.target, h.told, p.told_at, h.deputy_id, h.lead_id
    FROM heard h LEFT JOIN past p USING (recipient_id, subject, thing, on_date)
    WHERE NOT h.running AND list_contains($escalating, h.subject) AND p.acknowledged_by IS NULL
        AND (h.lead_id IS NOT NULL OR h.deputy_id IS NOT NULL)
),
-- Nobody answered: the lead hears of it a day later or three days ahead, lead and deputy on the last.
escalated AS (
    SELECT u.* EXCLUDE (target, told_at), s.stage, s.progress, s.due_on, s.urgent, true AS last_call
    FROM unanswered u JOIN step s ON s.subject = u.subject AND s.stages = '' AND s.target = u.target
    UNION ALL
    SELECT u.* EXCLUDE (target, told_at), 'esc-lead', 0, $today, false, true FROM unanswered u WHERE u.told_at IS NOT NULL
),
reached AS (
    SELECT h.recipient_id, h.subject, h.thing, h.sim_id, h.on_date, s.stage, s.progress, s.due_on, s.urgent, s.last_call, h.told,
        false AS escalation
    FROM heard h JOIN step s ON s.subject = h.subject AND s.stages = h.stages AND s.target IS NOT DISTINCT FROM h.target
        AND s.share IS NOT DISTINCT FROM h.share
    WHERE s.latest AND NOT h.running
    UNION ALL BY NAME SELECT * EXCLUDE (lead_id, deputy_id), lead_id AS recipient_id, true AS escalation FROM escalated
    UNION ALL BY NAME SELECT * EXCLUDE (lead_id, deputy_id), deputy_id AS recipient_id, true AS escalation FROM escalated
    WHERE stage = 'esc-deputy'
),
top AS (
    SELECT recipient_id, subject, thing, on_date, escalation, any_value(sim_id) AS sim_id, any_value(told) AS told,
        arg_max(struct_pack(stage, progress, due_on, urgent, last_call), row(progress, last_call)) AS step
    FROM reached WHERE recipient_id IS NOT NULL GROUP BY recipient_id, subject, thing, on_date, escalation
)
SELECT {digest} AS digest, * FROM (
    SELECT t.recipient_id, t.subject, t.thing, t.on_date, t.escalation, t.sim_id, t.told AS said, t.step.stage, t.step.progress,
        t.step.due_on, t.step.urgent, CASE WHEN NOT t.step.last_call THEN p.acknowledged_by END AS acknowledged_by,
        CASE WHEN NOT t.step.last_call AND p.snoozed_until > $today THEN p.snoozed_until END AS snoozed_until, true AS latest
    FROM top t LEFT JOIN past p USING (recipient_id, subject, thing, on_date)
);

-- name: keep_wanted
-- What is to be so after this look.
CREATE TEMP TABLE to_remind AS {wanted};

-- name: add_earlier
-- The stages before those that are new, so that the history is whole.
INSERT INTO to_remind BY NAME
WITH heard AS ({heard}),
step AS ({step})
SELECT DISTINCT {digest} AS digest, * FROM (
    SELECT h.recipient_id, h.subject, h.thing, h.on_date, false AS escalation, h.sim_id, t.said, s.stage, s.progress, s.due_on, false AS urgent,
        false AS latest
    FROM to_remind t JOIN heard h USING (recipient_id, subject, thing, on_date)
    JOIN step s ON s.subject = h.subject AND s.stages = h.stages AND s.target IS NOT DISTINCT FROM h.target
        AND s.share IS NOT DISTINCT FROM h.share AND s.progress < t.progress
    WHERE NOT t.escalation
);

-- name: new_cards
-- The cards of what is new.
n.sim_id IN (SELECT sim_id FROM to_remind);

-- name: to_say
-- Things that are no cards, and what there is to say of each.
SELECT DISTINCT subject, thing, on_date, said AS told FROM to_remind WHERE said IS NOT NULL;

-- name: say
-- Said as a sentence that waits for its reader's language.
UPDATE to_remind SET said = s.said
FROM (SELECT unnest($subjects::VARCHAR[]) AS subject, unnest($things::VARCHAR[]) AS thing, unnest($dates::DATE[]) AS on_date,
    unnest($said::VARCHAR[]) AS said) s
WHERE to_remind.subject = s.subject AND to_remind.thing = s.thing AND to_remind.on_date = s.on_date;

-- name: forget_ahead
-- What a clock that ran ahead has made and nobody was sent: its day will come.
DELETE FROM reminder WHERE made_at > $now AND state NOT IN ('in_mail', 'done', 'acknowledged');

-- name: forget_looks_ahead
-- A look on a day that has not come yet would say that somebody looks.
DELETE FROM reminder_scan WHERE ended_at > $now;

-- name: looked_on
-- Whether the look of a day has ended.
SELECT count(*) > 0 FROM reminder_scan WHERE day = $day AND ended_at IS NOT NULL;

-- name: end_others
-- Renewed, cancelled, decided, handed to somebody else: nobody needs to hear of it; or a later stage came before it left.
UPDATE reminder SET ended_at = $now, state = CASE WHEN EXISTS (
    FROM to_remind w WHERE w.recipient_id = reminder.recipient_id AND w.subject = reminder.subject AND w.thing = reminder.thing
        AND w.on_date = reminder.on_date AND w.escalation = (reminder.stage LIKE 'esc-%')) THEN 'skipped_late' ELSE 'moot' END
WHERE state IN ('due', 'snoozed') AND digest NOT IN (SELECT digest FROM to_remind) RETURNING state;

-- name: suppress
-- It lay in a mail for an address that takes none, and nobody else has it, until it was true no more or a later stage came.
UPDATE reminder SET state = 'suppressed', ended_at = $now
WHERE state = 'in_mail' AND digest NOT IN (SELECT digest FROM to_remind) AND reminder_id NOT IN (
    SELECT i.reminder_id FROM mail_item i JOIN mail m USING (mail_id) WHERE m.state IN ('queued', 'sending', 'unknown', 'held')
        AND m.held_for IS DISTINCT FROM 'address');

-- name: forget_old
-- What was said so long ago is nobody's question any more, and is not looked for again.
DELETE FROM reminder WHERE made_at < $now::TIMESTAMPTZ - INTERVAL 400 DAY AND state NOT IN ('due', 'in_mail', 'snoozed');

-- name: forget_items
-- Nor is which mail said it.
DELETE FROM mail_item WHERE reminder_id NOT IN (SELECT reminder_id FROM reminder);

-- name: revive
-- Put off until today, or moot no more: a renewal was taken back, a list that had lost its cards is whole again. Or kept
-- from whoever wants digests again.
UPDATE reminder SET state = 'due', ended_at = NULL
WHERE (state = 'moot' OR state = 'snoozed' AND snoozed_until <= $today OR state = 'suppressed' AND recipient_id NOT IN (
        SELECT r.recipient_id FROM recipient r JOIN address a ON a.address = r.address WHERE a.state = 'muted' AND r.kind <> 'person'))
    AND digest IN (SELECT digest FROM to_remind);

-- name: forget_known
-- What has its row keeps it.
DELETE FROM to_remind WHERE digest IN (SELECT digest FROM reminder);

-- name: any_new
-- Whether anything is left that has no row yet.
SELECT count(*) > 0 FROM to_remind;

-- name: weigh
-- How much is new, and what was the most of a day.
SELECT count(*) FILTER (latest AND acknowledged_by IS NULL AND snoozed_until IS NULL) AS made, count(*) FILTER (NOT latest) AS late,
    count(DISTINCT sim_id) FILTER (latest) AS cards,
    (SELECT max(made) FROM reminder_scan WHERE day >= $today - 30 AND day < $today) AS most
FROM to_remind;

-- name: make
-- One row per recipient, thing, date and stage.
INSERT INTO reminder (digest, recipient_id, subject, thing, sim_id, on_date, stage, due_on, urgent, said, state, snoozed_until,
    acknowledged_by, made_at, ended_at)
SELECT digest, recipient_id, subject, thing, sim_id, on_date, stage, due_on, urgent, said,
    CASE WHEN NOT latest THEN 'skipped_late' WHEN acknowledged_by IS NOT NULL THEN 'acknowledged'
        WHEN snoozed_until IS NOT NULL THEN 'snoozed' ELSE 'due' END AS became,
    snoozed_until, acknowledged_by, $now, CASE WHEN became IN ('skipped_late', 'acknowledged') THEN $now END
FROM to_remind ORDER BY recipient_id, subject, on_date, sim_id;

-- name: forget_wanted
-- The next look finds its own.
DROP TABLE to_remind;

-- name: unheard
-- Cards that are due and of which nobody hears; whoever wants no digests and has no lead hears too late.
WITH heard AS ({heard})
SELECT count(*) FROM sim_now
WHERE due AND cancel_by >= $today AND least(act_by, expires_on) <= $today + {farthest} AND sim_id NOT IN (
    SELECT h.sim_id FROM heard h JOIN recipient r USING (recipient_id) LEFT JOIN address a ON a.address = r.address
    WHERE a.state IS DISTINCT FROM 'muted' OR r.kind = 'person' OR r.lead_id IS NOT NULL);

-- name: looked_at
-- Cards there are to look at.
SELECT count(*) FROM sim_now WHERE live;

-- name: looked_before
-- Whether an earlier look saw any.
SELECT count(*) > 0 FROM reminder_scan WHERE looked_at > 0;

-- name: is_first
-- Whether nobody has looked yet and nobody has said who hears of what.
SELECT (SELECT count(*) FROM reminder_scan) + (SELECT count(*) FROM reminder_rule) = 0;

-- name: add_rule
-- One of the rules a home begins with.
INSERT INTO reminder_rule (subject, stages, role, made_at) VALUES ($subject, $stages, $role, $now);

-- name: keep_scan
-- The look of this day, or one more of it.
INSERT INTO reminder_scan (day, started_at, ended_at, looked_at, made, late, moot, held_since)
VALUES ($today, $now, $now, $looked_at, $made, $late, $moot, CASE WHEN $storm THEN $now::TIMESTAMPTZ END)
ON CONFLICT (day) DO UPDATE SET ended_at = excluded.ended_at, looked_at = excluded.looked_at, made = reminder_scan.made + excluded.made,
    late = reminder_scan.late + excluded.late, moot = reminder_scan.moot + excluded.moot,
    held_since = coalesce(excluded.held_since, reminder_scan.held_since),
    released_at = CASE WHEN excluded.held_since IS NULL THEN reminder_scan.released_at END,
    released_by = CASE WHEN excluded.held_since IS NULL THEN reminder_scan.released_by END;

-- name: held
-- Whether all but urgent mail waits for a person.
SELECT count(*) > 0 FROM reminder_scan WHERE held_since IS NOT NULL AND released_at IS NULL;

-- name: release
-- A person lets it leave.
UPDATE reminder_scan SET released_at = $now, released_by = $person_id WHERE held_since IS NOT NULL AND released_at IS NULL
RETURNING day;
