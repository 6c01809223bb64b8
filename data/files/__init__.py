"""Files in and out: what people dropped (identified by upload_id, its bytes by SHA-256) and what they asked to have written."""
