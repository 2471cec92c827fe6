"""Logical types and their ibis types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import TransformError
from workbench.model.types import LogicalType, parse_type

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt

_NAMES = {
    "text": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "time": "time",
}


def to_ibis(logical: LogicalType | str) -> dt.DataType:
    """The ibis type that holds a logical type."""
    import ibis.expr.datatypes as dt

    if isinstance(logical, str):
        logical = parse_type(logical)
    if logical.name == "decimal":
        scale = 2 if logical.scale is None else logical.scale
        return dt.Decimal(logical.precision or 18, scale)
    return dt.dtype(_NAMES[logical.name])


def to_logical(dtype: dt.DataType) -> LogicalType:
    """The logical type of an ibis type; ``TransformError`` for nested and binary types."""
    if dtype.is_decimal():
        precision = min(dtype.precision or 38, 38)
        scale = 2 if dtype.scale is None else min(dtype.scale, precision)
        return LogicalType(name="decimal", precision=precision, scale=scale)
    tests = {
        "text": dtype.is_string() or dtype.is_null() or dtype.is_uuid(),
        "boolean": dtype.is_boolean(),
        "integer": dtype.is_integer(),
        "number": dtype.is_floating(),
        "date": dtype.is_date(),
        "timestamp": dtype.is_timestamp(),
        "time": dtype.is_time(),
    }
    for name, fits in tests.items():
        if fits:
            return LogicalType.model_validate({"name": name})
    raise TransformError(
        f"a column of type {dtype} cannot be kept",
        remedy="derive text, numbers, booleans, dates or times from it",
    )


def settled(value: Any) -> Any:
    """``value`` with exactly the type that its logical type has.

    Engines compute in types of their own (DuckDB sums integers to 128 bits); a cast pins what is
    stored, and a value that does not fit is an error of the engine, never a changed value.
    """
    import ibis.expr.operations as ops

    wanted = to_ibis(to_logical(value.type()))
    if wanted.is_string() and value.type().is_string():
        return value
    return ops.Cast(value, wanted).to_expr()
