-- Proofs --------------------------------------------------------------------------------------------------------------

-- Which papers prove a renewal: those linked to it, and the slip of a paid request for each order it paid for. The same
-- paper may stand here twice.
CREATE VIEW proof AS
SELECT obligation, voucher_id FROM voucher_renewal
UNION ALL
SELECT i.obligation, r.voucher_id FROM payment_request_item i JOIN payment_request r ON r.id = i.request
WHERE r.voucher_id IS NOT NULL;
