"""Parts of an expression's tree: where they stand, and literals, types and units that they hold."""

from __future__ import annotations

import re
from typing import Any

from workbench.errors import ExpressionError
from workbench.model.types import TYPE_NAMES, LogicalType, parse_type
from workbench.spec.expression_language import TYPES, UNITS
from workbench.spec.problems import did_you_mean


def literal_text(node: Any) -> str:
    """The text of a literal node, with its minus."""
    sign = ""
    while node.key in ("neg", "paren"):
        if node.key == "neg":
            sign = "" if sign else "-"
        node = node.this
    return f"{sign}{node.this}" if node.is_string else f"{sign}{str(node.this).replace('_', '')}"


def cast_type(text: str, node: Any) -> LogicalType:
    """The logical type that a ``cast`` names; ``ExpressionError`` lists the valid ones."""
    kind = node.this.name if hasattr(node.this, "name") else str(node.this)
    written = node.sql().lower().replace(" ", "")
    if kind == "DECIMAL":
        # without digits sqlglot fills in DuckDB's own (18,3)
        try:
            return parse_type(written)
        except ValueError as error:
            raise error_at(text, start_of(node.parent), str(error), "write decimal(18,2)") from None
    if kind in TYPES and not node.expressions:
        return parse_type(TYPES[kind])
    near = did_you_mean(written, TYPE_NAMES)
    raise error_at(text, start_of(node.parent), f"unknown type {written!r}{near}",
                   f"types: {', '.join(TYPE_NAMES)}, decimal(18,2)")  # fmt: skip


def unit_of(text: str, node: Any) -> str:
    """The unit of time that a node names, in the singular."""
    name = str(node.name if node is not None else "").lower()
    unit = name.removesuffix("s") if name.removesuffix("s") in UNITS else name
    if unit not in UNITS:
        place = start_of(node.parent) if node is not None else 0
        raise error_at(text, place, f"unknown unit of time {name!r}{did_you_mean(name, UNITS)}",
                       f"units: {', '.join(UNITS)}")  # fmt: skip
    return unit


def interval_of(text: str, node: Any) -> tuple[int, str]:
    """Count and unit of an interval."""
    amount = node.this
    count = literal_text(amount) if amount is not None and amount.key in ("literal", "neg") else ""
    if not re.fullmatch(r"-?[0-9]{1,9}", count):
        raise error_at(text, start_of(node), "an interval is a whole number of a unit of time",
                       "write interval 3 day, or interval '3 days'")  # fmt: skip
    return int(count), unit_of(text, node.args.get("unit"))


def start_of(node: Any) -> int:
    """Where a node begins in the text: its own mark, or the first mark within it."""
    marks = [each.meta["start"] for each in node.walk() if "start" in each.meta]
    return int(min(marks, default=0))


def place_of(text: str, start: int) -> tuple[int, int]:
    return text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1


def offset_of(text: str, line: int, column: int) -> int:
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


def error_at(text: str, start: int, message: str, remedy: str | None = None) -> ExpressionError:
    line, column = place_of(text, start)
    return ExpressionError(message, line=line, column=column, remedy=remedy)
