"""Which uploaded bytes are still needed."""

from datetime import datetime

from data.database import Queries, Reader

Q = Queries.beside(__file__, "pruning.sql")


def needed(reader: Reader, *, ended_after: datetime) -> frozenset[str]:
    """SHA-256 of files that are waited for or were taken of late, and of result sheets, which prove purchases."""
    return frozenset(row["sha256"] for row in reader.rows(Q.needed, ended_after=ended_after))


def proofs(reader: Reader) -> frozenset[str]:
    """SHA-256 of the files that prove purchases: result sheets that came back."""
    return frozenset(row["sha256"] for row in reader.rows(Q.proofs))
