"""Bytes that cards used, by local day and by calendar month; identified by card and day or month, always with an as-of."""
