"""Creating tables, and altering them where that is safe."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.destinations.loading.request import LoadRequest, TableState
from workbench.destinations.loading.session import Session, qualified
from workbench.errors import DestinationError, KeyViolation
from workbench.model.dataset import Column
from workbench.model.keys import repeated_keys
from workbench.model.sql import identifier, identifiers, literal
from workbench.model.types import LogicalType, parse_type

_INTEGER_DIGITS = 19


def prepare(
    session: Session,
    schema: str,
    table: str,
    columns: Sequence[Column],
    key: Sequence[str],
    description: str,
) -> bool:
    """Make the table ready for rows with these columns: create it, alter it, or refuse.

    Returns whether it was created. Then it has no key yet: ``keys`` are to follow the rows,
    because an index is built much faster than it is kept up.
    """
    state = session.inspect(schema, table)
    for statement, _ in alterations(session, schema, table, columns, key, state):
        session.execute(statement)
    refuse_repeated(session, schema, table, qualified(schema, table), key, state)
    for statement in comments(session, schema, table, columns, description, state):
        session.execute(statement)
    return state is None


def refuse_others(request: LoadRequest, rows: int, target: str) -> None:
    """Raise ``DestinationError`` if the table was to hold this dataset's rows alone, and does not:
    rows that were replaced cannot be told from the others then, and adding would double them."""
    if request.alone is None or rows == request.alone:
        return
    raise DestinationError(
        f"rows that were loaded before have been replaced, and the table has {rows:,} rows where"
        f" this dataset loaded {request.alone:,}: appending would double rows",
        where=target,
        remedy="give the dataset a key and load it by upsert, or load it into a table of its own"
        " by truncate_insert",
    )


def refuse_repeated(
    session: Session,
    schema: str,
    table: str,
    relation: str,
    key: Sequence[str],
    state: TableState | None,
) -> None:
    """Raise ``KeyViolation`` if a table without this primary key has rows with the same key;
    ``relation`` is what stands after FROM."""
    if state is None or not key or set(state.primary_key) == set(key):
        return
    doubled = session.fetch(f"{repeated_keys(relation, key)} LIMIT 5")
    if doubled:
        shown = "; ".join(", ".join(str(value) for value in row[:-1]) for row in doubled)
        raise KeyViolation(
            f"the table has rows with the same key ({', '.join(key)}): {shown}",
            where=f"{schema}.{table}",
            remedy="remove the duplicates from the table, or load into another table",
        )


def comments(
    session: Session,
    schema: str,
    table: str,
    columns: Sequence[Column],
    description: str,
    state: TableState | None,
) -> list[str]:
    """The statements that bring the descriptions of a table up to date."""
    if not session.capabilities.comments:
        return []
    name = qualified(schema, table)
    known = {} if state is None else {c.name: c.description for c in state.columns}
    found = []
    if state is None and description:
        found.append(f"COMMENT ON TABLE {name} IS {literal(description)}")
    found += [
        f"COMMENT ON COLUMN {name}.{identifier(column.name)} IS {literal(column.description)}"
        for column in columns
        if column.description and column.description != known.get(column.name)
    ]
    return found


def keys(session: Session, schema: str, table: str, key: Sequence[str]) -> list[str]:
    """The statements that give a created table its primary key."""
    if not key or not session.capabilities.primary_keys:
        return []
    return [f"ALTER TABLE {qualified(schema, table)} ADD PRIMARY KEY ({identifiers(key)})"]


def alterations(
    session: Session,
    schema: str,
    table: str,
    columns: Sequence[Column],
    key: Sequence[str],
    state: TableState | None,
) -> list[tuple[str, str]]:
    """What must be done before a load, as pairs of a statement and the sentence that says it.

    Raises ``DestinationError`` where the table and the columns do not fit together.
    """
    name = qualified(schema, table)
    if state is None:
        return [
            (
                _create(session, name, columns),
                f"create table {schema}.{table} ({len(columns)} columns"
                f"{', key ' + ', '.join(key) if key else ''})",
            )
        ]
    if key and state.primary_key and set(state.primary_key) != set(key):
        raise DestinationError(
            f"the table's primary key is ({', '.join(state.primary_key)}),"
            f" the dataset's key is ({', '.join(key)})",
            where=f"{schema}.{table}",
            remedy="make the keys the same, or load into another table",
        )
    present = {column.name: column.type for column in state.columns}
    found: list[tuple[str, str]] = []
    for column in columns:
        kind = session.type_name(column.type)
        if column.name not in present:
            found.append(
                (
                    f"ALTER TABLE {name} ADD COLUMN {identifier(column.name)} {kind}",
                    f"add column {column.name} {column.type} to {schema}.{table}",
                )
            )
            continue
        there = present[column.name]
        native = state.native[column.name]
        if _holds(there, native, column.type):
            continue
        if not _widens(there, native, column.type) or (
            column.name in state.primary_key and not session.capabilities.alters_keys
        ):
            raise DestinationError(
                f"column {column.name!r} is {native} in the table and {column.type} in the"
                " dataset; that cannot be changed without risk to the rows that are there",
                where=f"{schema}.{table}",
                remedy=f"cast it to {there} in the transforms, change the column by hand,"
                " or drop the table and run again to load it from the lake",
            )
        found.append(
            (
                f"ALTER TABLE {name} ALTER COLUMN {identifier(column.name)} TYPE {kind}",
                f"change column {column.name} of {schema}.{table} from {native} to {column.type}",
            )
        )
    return found


def _create(session: Session, name: str, columns: Sequence[Column]) -> str:
    terms = [f"{identifier(column.name)} {session.type_name(column.type)}" for column in columns]
    return f"CREATE TABLE {name} ({', '.join(terms)})"


def _digits(kind: LogicalType) -> tuple[int, int]:
    """Digits before and after the point that values of an exact number type may need."""
    if kind.name == "integer":
        return _INTEGER_DIGITS, 0
    precision, scale = kind.precision or 18, 2 if kind.scale is None else kind.scale
    return precision - scale, scale


def _holds(there: str, native: str, wanted: str) -> bool:
    """Whether a column of type ``there`` takes every value of ``wanted`` as it is."""
    if there == wanted:
        return not _is_small(native, there)
    if native == "numeric":  # PostgreSQL's, without limits
        return parse_type(wanted).name in ("integer", "decimal")
    try:
        have, want = parse_type(there), parse_type(wanted)
    except ValueError:
        return False
    if have.name == "decimal" and want.name in ("integer", "decimal"):
        return all(h >= w for h, w in zip(_digits(have), _digits(want), strict=True))
    return (have.name, want.name) == ("timestamp", "date")


def _widens(there: str, native: str, wanted: str) -> bool:
    """Whether a column of type ``there`` can become ``wanted`` without loss."""
    if there == wanted:
        return _is_small(native, there)
    return _holds(wanted, "", there)


def _is_small(native: str, there: str) -> bool:
    """Whether the engine's type is narrower than the logical type: a short integer or float."""
    small = ("INT", "INTEGER", "SMALLINT", "TINYINT", "INT2", "INT4", "REAL", "FLOAT", "FLOAT4")
    return there in ("integer", "number") and native.upper() in small
