-- name: recipient
-- Whoever a letter is for, with the language of the person where none was chosen for the letters.
SELECT r.kind, r.name, coalesce(r.language, p.language) AS language
FROM recipient r LEFT JOIN person p USING (person_id) WHERE r.recipient_id = $recipient_id;
