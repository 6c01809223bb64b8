"""Vouchers: invoices, bank slips and screenshots that prove renewals; a paper is identified by the SHA-256 of its bytes.

The bytes are kept as they came (a re-saved file is no evidence) under files/vouchers/<sha256>, readable by the owner only.
What a paper says — date, plan, amount, invoice number, seller — stands beside it and may be corrected; the bytes may not.
A succeeded renewal without a paper is missing one, unless its account gives no invoices.
"""
