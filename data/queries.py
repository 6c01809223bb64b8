"""SQL by name: the statements of a .sql file, each with the sentence that says what it is for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_QUERY = re.compile(r"^-- name: (\w+)\n((?:--[^\n]*\n)+)(.+?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)

_PARAMETER = re.compile(r"\$([a-z_]\w*)")


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

    def only_used(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Those of `params` that stand in it: DuckDB refuses others, and one filter serves several statements."""
        used = set(_PARAMETER.findall(self.sql))
        return {name: value for name, value in params.items() if name in used}


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
