"""Names, texts and types as DuckDB and PostgreSQL write them. Nothing else builds SQL from data."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.model.types import LogicalType, parse_type

_DUCKDB = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "time": "TIME",
}

_LOGICAL = {
    "VARCHAR": "text",
    "UUID": "text",
    "JSON": "text",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "HUGEINT": "integer",
    "UTINYINT": "integer",
    "USMALLINT": "integer",
    "UINTEGER": "integer",
    "UBIGINT": "integer",
    "UHUGEINT": "integer",
    "FLOAT": "number",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TIME": "time",
}


def identifier(name: str) -> str:
    """A quoted identifier, as DuckDB and PostgreSQL read it."""
    if not name or "\0" in name:
        raise ValueError(f"{name!r} cannot be the name of a column or table")
    return '"' + name.replace('"', '""') + '"'


def identifiers(names: Iterable[str], prefix: str = "") -> str:
    """Quoted identifiers with commas between; ``prefix`` is an alias with its dot."""
    return ", ".join(prefix + identifier(name) for name in names)


def literal(text: str) -> str:
    """A quoted text."""
    return "'" + text.replace("'", "''") + "'"


def duckdb_type(logical: str | LogicalType) -> str:
    """The DuckDB type of a logical type: ``integer`` is BIGINT, ``text`` VARCHAR, …"""
    kind = parse_type(logical) if isinstance(logical, str) else logical
    return str(kind).upper() if kind.name == "decimal" else _DUCKDB[kind.name]


def logical_type(duckdb: str) -> str | None:
    """The logical type that holds every value of a DuckDB type; ``None`` if there is none.

    Nested and binary types have none. Zoned timestamps are kept as UTC.
    """
    text = str(duckdb).strip().upper()
    if text.startswith("DECIMAL("):
        return str(parse_type(text.lower()))
    if text.startswith("ENUM("):
        return "text"
    return "text" if text == '"NULL"' else _LOGICAL.get(text)
