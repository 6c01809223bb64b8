-- name: forget_texts
-- What a mail said that came to rest long ago.
UPDATE mail SET body = NULL WHERE body IS NOT NULL AND ended_at < $before;
