"""SQL by name: the statements of a .sql file, each with the sentence that says what it is for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_QUERY = re.compile(r"^-- name: (\w+)\n((?:--[^\n]*\n)+)(.+?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Query:
    """One named statement of a queries.sql."""

    name: str
    sentence: str
    sql: str

    def fill(self, **pieces: str) -> "Query":
        """This query with its `{piece}` places filled. Pieces come from fixed maps, never from a person."""
        sql = self.sql
        for place, piece in pieces.items():
            sql = sql.replace("{" + place + "}", piece)
        return Query(self.name, self.sentence, sql)


class Queries:
    """The statements of one queries.sql as attributes: `Q = Queries.beside(__file__)`, `Q.sim_by_stem`."""

    def __init__(self, text: str) -> None:
        self._queries = {
            name: Query(name, " ".join(line[2:].strip() for line in sentence.splitlines()), sql.strip().rstrip(";"))
            for name, sentence, sql in _QUERY.findall(text)
        }

    @classmethod
    def beside(cls, module_file: str, name: str = "queries.sql") -> "Queries":
        """The queries.sql, or another file of queries, in the folder of a module."""
        return cls((Path(module_file).parent / name).read_text(encoding="utf-8"))

    def __getattr__(self, name: str) -> Query:
        try:
            return self.__dict__["_queries"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"no query named '{name}'") from None

    def __iter__(self) -> Iterator[Query]:
        return iter(self._queries.values())
