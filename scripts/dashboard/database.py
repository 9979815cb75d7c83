"""A DuckDB file or a PostgreSQL database, read the same way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

PREFIX = "work_analytics_8x8__"
"""Prefix of the names of the package's marts."""

Row = dict[str, Any]


class Cursor(Protocol):
    """The result of a query, as both drivers return it."""

    @property
    def description(self) -> Any:
        """One tuple per column, with the name first."""

    def fetchall(self) -> list[Any]:
        """Return all rows."""


class Connection(Protocol):
    """The interface that both drivers share."""

    def execute(self, query: Any, /) -> Cursor:
        """Run a query."""


@dataclass(frozen=True)
class Marts:
    """The marts in a schema.

    Args:
        connection: an open connection.
        schema: the schema that dbt built them in.
        columns: the columns of each mart, by its name without the prefix.
    """

    connection: Connection
    schema: str
    columns: dict[str, frozenset[str]]

    def __contains__(self, mart: str) -> bool:
        return mart in self.columns

    def table(self, mart: str) -> str:
        """Return a mart's name for a query."""
        return f"{quoted(self.schema)}.{quoted(PREFIX + mart)}"

    def rows(self, query: str, *marts: str, **values: date | int | str) -> list[Row]:
        """Run a query.

        Args:
            query: SQL that DuckDB and PostgreSQL both understand; `{mart}` stands for a mart's name,
                `{value}` for a value.
            marts: the marts that it names.
            values: its values.
        """
        names = {mart: self.table(mart) for mart in marts}
        return _rows(self.connection, query.format(**names, **{k: literal(v) for k, v in values.items()}))


@contextmanager
def opened(database: str, schema: str) -> Iterator[Marts]:
    """Open a database for reading.

    Args:
        database: path of a DuckDB file, or URL of a PostgreSQL database (`postgresql://…`).
        schema: the schema that dbt built the marts in.

    Raises:
        FileNotFoundError: there is no such file.
    """
    with _connected(database) as connection:
        found = _rows(
            connection,
            "select table_name, column_name from information_schema.columns"
            f" where table_schema = {literal(schema)}",
        )
        columns: dict[str, set[str]] = {}
        for row in found:
            if row["table_name"].startswith(PREFIX):
                columns.setdefault(row["table_name"].removeprefix(PREFIX), set()).add(row["column_name"])
        yield Marts(connection, schema, {name: frozenset(names) for name, names in columns.items()})


def tables(database: str, schema: str) -> set[str]:
    """Return the names of a schema's tables."""
    with _connected(database) as connection:
        query = f"select table_name from information_schema.tables where table_schema = {literal(schema)}"
        return {row["table_name"] for row in _rows(connection, query)}


def is_postgres(database: str) -> bool:
    """Return whether a database is given as a PostgreSQL URL."""
    return database.startswith(("postgresql://", "postgres://"))


def quoted(name: str) -> str:
    """Return an identifier, quoted for a query."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: date | int | str) -> str:
    """Return a value as an SQL literal."""
    if isinstance(value, int):
        return str(value)
    text = "'" + str(value).replace("'", "''") + "'"
    return f"date {text}" if isinstance(value, date) else text


@contextmanager
def _connected(database: str) -> Iterator[Connection]:
    # Each driver is imported only if it is needed, so one of them is enough.
    if is_postgres(database):
        import psycopg

        with psycopg.connect(database, options="-c default_transaction_read_only=on") as connection:
            yield connection
    else:
        import duckdb

        if not Path(database).is_file():
            raise FileNotFoundError(f"There is no file {database}.")
        with duckdb.connect(database, read_only=True) as file:
            yield file


def _rows(connection: Connection, query: str) -> list[Row]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in cursor.fetchall()]


def _plain(value: Any) -> Any:
    """Return a number in a type that JSON supports."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
