-- name: add_deputy
-- An approver's deputy, between two days.
INSERT INTO deputy (approver, person_id, from_day, to_day, made_by, made_at)
VALUES ($approver, $person_id, $from_day, $to_day, $made_by, $now) RETURNING deputy_id;

-- name: end_deputy
-- Taken back before its time, by the approver himself.
UPDATE deputy SET ended_at = $now WHERE deputy_id = $deputy_id AND approver = $approver AND ended_at IS NULL
RETURNING deputy_id;

-- name: absent_approvers
-- For whom a person may approve on a day: approvers still entitled whose deputy they are.
SELECT DISTINCT a.person_id, a.name, a.role
FROM deputy d JOIN person a ON a.person_id = d.approver
WHERE d.person_id = $person_id AND $day BETWEEN d.from_day AND d.to_day AND d.ended_at IS NULL AND a.active
ORDER BY a.person_id;

-- name: deputyships
-- Who stands in for whom, today or later.
SELECT d.deputy_id, d.approver, a.name AS approver_name, d.person_id, p.name, d.from_day, d.to_day
FROM deputy d JOIN person a ON a.person_id = d.approver JOIN person p ON p.person_id = d.person_id
WHERE d.to_day >= $today AND d.ended_at IS NULL
ORDER BY d.from_day, d.deputy_id;
