"""Who did what to which thing: append-only, gap-free, chained by HMAC; identified by its sequence number."""
