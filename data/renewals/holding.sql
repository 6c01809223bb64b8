-- name: held
-- A hold that nobody has released.
SELECT count(*) FROM clock_hold WHERE released_at IS NULL;

-- name: last_release
-- When the last hold ended, as long as the clock has not gone back behind that.
SELECT max(released_at) FROM clock_hold WHERE released_at <= $now;

-- name: newest_event
-- The latest thing that happened to any renewal.
SELECT max(ts) FROM event;

-- name: fallen_due
-- Cards in use that ran out since the last day the fleet was looked at, and all of them; nothing on a day looked at already.
WITH last AS (SELECT max(day) AS since FROM fleet_day WHERE day < $today)
SELECT last.since, count(*) FILTER (s.expires_on >= last.since AND s.expires_on < $today) AS fallen, count(*) AS live
FROM last, sim s
WHERE last.since IS NOT NULL AND NOT EXISTS (FROM fleet_day WHERE day = $today)
  AND s.expires_on IS NOT NULL AND s.status IN ('active', 'stopped_expired', 'unknown')
GROUP BY last.since;

-- name: hold
-- The clock was set.
INSERT INTO clock_hold (held_at, jumped_s) VALUES ($now, $jumped_s) ON CONFLICT DO NOTHING;

-- name: release
-- A person lets it go on.
UPDATE clock_hold SET released_at = $now WHERE released_at IS NULL;

-- name: begin_schedule_anew
-- What is unconfirmed is asked about as if its doubt began now; slots that a wrong clock has passed were never used.
UPDATE state SET asked = 0, not_found = 0, changed_at = $now, next_at = $next_at WHERE st = 'unknown';

-- name: wait_no_longer
-- What was put off by a wrong clock may be tried as soon as the switch allows.
UPDATE state SET next_at = NULL WHERE st = 'pending' AND next_at > $now;

-- name: stop_all
-- The kill switch, thrown by the system.
INSERT INTO stop_switch (account, person_id, ts, reason) VALUES ('', $person_id, $now, $reason) ON CONFLICT DO NOTHING;

-- name: add_finding
-- Said once, while it is open.
INSERT INTO finding (kind, object, detail, source, found_at)
SELECT $kind, $object, $detail, 'flowcard', $now
WHERE NOT EXISTS (FROM finding f WHERE f.kind = $kind AND f.closed_at IS NULL);

-- name: close_findings
-- Nothing is held any more.
UPDATE finding SET closed_at = $now WHERE kind IN ('money_clock', 'money_mass_due') AND closed_at IS NULL;
