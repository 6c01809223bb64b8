-- name: needed
-- What is not ended, ended lately, or is a proof about money.
SELECT DISTINCT sha256 FROM upload
WHERE state IN ('waiting', 'previewed', 'accepted') OR ended_at IS NULL OR ended_at > $ended_after OR kind = 'receipts';

-- name: proofs
-- Kept for good.
SELECT DISTINCT sha256 FROM upload WHERE kind = 'receipts';
