"""The logical types that specs, plans and destinations speak of."""

from __future__ import annotations

import re
from typing import Literal, get_args

from workbench.model.value import Value

TypeName = Literal["text", "integer", "decimal", "number", "boolean", "date", "timestamp", "time"]

TYPE_NAMES: tuple[str, ...] = get_args(TypeName)

_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")


class LogicalType(Value):
    """A type: ``name`` and, for decimals, ``precision`` and ``scale`` (at most 38 digits)."""

    name: TypeName
    precision: int | None = None
    scale: int | None = None

    def __str__(self) -> str:
        if self.name == "decimal":
            return f"decimal({self.precision or 18},{self.scale if self.scale is not None else 2})"
        return self.name


def parse_type(text: str) -> LogicalType:
    """Read ``integer``, ``decimal(18,2)``, …; ``ValueError`` lists the valid names."""
    cleaned = text.strip().lower()
    match = _DECIMAL.fullmatch(cleaned)
    if match:
        precision, scale = int(match[1]), int(match[2])
        if not (1 <= precision <= 38 and scale <= precision):
            raise ValueError(
                f"{text!r}: a decimal has 1 to 38 digits, and no more decimals than digits"
            )
        return LogicalType(name="decimal", precision=precision, scale=scale)
    if cleaned == "decimal":
        return LogicalType(name="decimal", precision=18, scale=2)
    if cleaned in TYPE_NAMES:
        return LogicalType.model_validate({"name": cleaned})
    raise ValueError(f"{text!r} is not a type; valid are {', '.join(TYPE_NAMES)}, decimal(p,s)")
