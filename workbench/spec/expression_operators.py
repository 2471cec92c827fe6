"""Operators of expressions over ibis values, with the meaning that they have in DuckDB."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbench.spec.expression_language import DAY_UNITS
from workbench.spec.expression_parts import interval_of, literal_text

if TYPE_CHECKING:
    from workbench.spec.expression_ibis import Compiler

_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "EQ": operator.eq, "NEQ": operator.ne, "GT": operator.gt, "GTE": operator.ge,
    "LT": operator.lt, "LTE": operator.le,
}  # fmt: skip


def _compare(c: Compiler, node: Any) -> Any:
    left, right = c.alike(node.this, node.expression)
    if left.type().is_null() or right.type().is_null():
        return c.literal(None).cast("boolean")  # ibis would make this IS NULL
    return _SIGNS[type(node).__name__](left, right)


def _same(c: Compiler, node: Any) -> Any:
    left, right = c.alike(node.this, node.expression)
    return left.identical_to(right)


def _differs(c: Compiler, node: Any) -> Any:
    return ~_same(c, node)


def _is(c: Compiler, node: Any) -> Any:
    if type(node.expression).__name__ == "Null":
        return c.value(node.this).isnull()
    if type(node.expression).__name__ != "Boolean":
        raise c.error(node, "'is' goes with null, true and false", "write = instead")
    value = c.condition(node.this)
    return (value if node.expression.this else ~value).fill_null(False)


def _in(c: Compiler, node: Any) -> Any:
    value, *options = c.alike(node.this, *node.expressions)
    if value.type().is_null():
        return c.literal(None).cast("boolean")
    unknown = c.literal(None).cast("boolean")
    kept = [each for each in options if not each.type().is_null()]
    if not kept:
        return unknown
    found = value.isin(kept)
    return found if len(kept) == len(options) else found | unknown


def _between(c: Compiler, node: Any) -> Any:
    value, low, high = c.alike(node.this, node.args["low"], node.args["high"])
    if any(each.type().is_null() for each in (value, low, high)):
        value, low, high = (
            each.cast("int64") if each.type().is_null() else each for each in (value, low, high)
        )
    return (value >= low) & (value <= high)


def _and(c: Compiler, node: Any) -> Any:
    return c.condition(node.this) & c.condition(node.expression)


def _or(c: Compiler, node: Any) -> Any:
    return c.condition(node.this) | c.condition(node.expression)


def _not(c: Compiler, node: Any) -> Any:
    return ~c.condition(node.this)


def _negative(c: Compiler, node: Any) -> Any:
    return -c.number(node.this)


def _like(c: Compiler, node: Any) -> Any:
    text, pattern = c.text(node.this), c.text(node.expression)
    return text.like(pattern) if type(node).__name__ == "Like" else text.ilike(pattern)


def _escape(c: Compiler, node: Any) -> Any:
    """LIKE with an escape character, as a regular expression: ibis drops the escape."""
    like, mark = node.this, literal_text(node.expression)
    if (
        type(like).__name__ not in ("Like", "ILike")
        or len(mark) != 1
        or not (like.expression.key == "literal")
    ):
        raise c.error(node, "'escape' takes one character, after a pattern that is a literal",
                      "write like '…' escape '!'")  # fmt: skip
    parts, escaped = [], False
    for each in literal_text(like.expression):
        if each == mark and not escaped:
            escaped = True
            continue
        parts.append(re.escape(each) if escaped else {"%": ".*", "_": "."}.get(each)
                     or re.escape(each))  # fmt: skip
        escaped = False
    flags = "s" if type(like).__name__ == "Like" else "is"
    return c.text(like.this).re_search(f"^(?{flags}:{''.join(parts)})$")


def _joined(c: Compiler, node: Any) -> Any:
    left, right = (_as_text(c.value(each)) for each in (node.this, node.expression))
    return left.concat(right)


def _as_text(value: Any) -> Any:
    return value if value.type().is_string() else value.cast("string")


def _add(c: Compiler, node: Any) -> Any:
    return _sum(c, node, 1)


def _subtract(c: Compiler, node: Any) -> Any:
    return _sum(c, node, -1)


def _sum(c: Compiler, node: Any, sign: int) -> Any:
    """Sums and differences of numbers; dates moved by intervals or days; days between dates."""
    from workbench.spec.expression_ibis import is_literal

    for value, interval in ((node.this, node.expression), (node.expression, node.this)):
        if interval.key == "interval" and (sign > 0 or interval is node.expression):
            return shifted(c, value, interval, sign)
    left, right = c.value(node.this), c.value(node.expression)
    if left.type().is_date() and right.type().is_date() and sign < 0:
        return left.delta(right, unit="day")
    if left.type().is_date() and right.type().is_integer() and is_literal(node.expression):
        return _moved(left, sign * int(literal_text(node.expression)), "day")
    if left.type().is_temporal() or right.type().is_temporal():
        raise c.error(node, "dates are moved by intervals and whole days",
                      "write date + interval 1 month, or date_diff('day', from, to)")  # fmt: skip
    return _calculated(c, node, left, right)


def shifted(c: Compiler, value: Any, interval: Any, sign: int = 1) -> Any:
    """A date or timestamp moved by an interval; a date moved by whole days stays a date."""
    count, unit = interval_of(c.expression.text, interval)
    return _moved(c.moment(value), sign * count, unit)


def _moved(value: Any, count: int, unit: str) -> Any:
    import ibis

    moved = value.cast("timestamp") + ibis.interval(count, f"{unit}s")
    return moved.cast("date") if value.type().is_date() and unit in DAY_UNITS else moved


def _arithmetic(c: Compiler, node: Any) -> Any:
    return _calculated(c, node, c.value(node.this), c.value(node.expression))


def _calculated(c: Compiler, node: Any, left: Any, right: Any) -> Any:
    """``left`` and ``right``, the values of the node's sides, which must be numbers, calculated."""
    from workbench.spec.expression_ibis import decimal_shape, is_literal

    name = type(node).__name__
    left, right = c.as_number(node.this, left), c.as_number(node.expression, right)
    if right.type().is_decimal() and left.type().is_integer() and is_literal(node.this):
        left = c.literal(Decimal(literal_text(node.this)))
    if left.type().is_decimal() and right.type().is_integer() and is_literal(node.expression):
        right = c.literal(Decimal(literal_text(node.expression)))
    if name == "IntDiv":
        if not (left.type().is_integer() and right.type().is_integer()):
            raise c.error(node, "'//' divides whole numbers", "write floor(a / b)")
        return _divide_whole(left, right)
    if name == "Pow" or left.type().is_floating() or right.type().is_floating():
        left, right = left.cast("float64"), right.cast("float64")
    if name == "Div":  # by zero is null, as with // and %, and not infinite
        right = right.nullif(0)
    result = _NUMBERS[name](left, right)
    if name == "Div" or not (left.type().is_decimal() or right.type().is_decimal()):
        return result
    if left.type().is_floating() or right.type().is_floating():
        return result
    return result.cast(_decimal(name, decimal_shape(left.type()), decimal_shape(right.type())))


def _decimal(name: str, left: tuple[int, int], right: tuple[int, int]) -> str:
    """DuckDB's type for a sum, product or remainder of two decimals."""
    widest = max(left[0], right[0])
    if name == "Mul":
        precision, scale = left[0] + right[0], left[1] + right[1]
    else:
        scale = max(left[1], right[1])
        whole = max(left[0] - left[1], right[0] - right[1])
        precision = whole + scale + (0 if name == "Mod" else 1)
    if precision > 18 and widest <= 18 and scale <= 18:
        precision = 18  # computed in 64 bits, and an overflow is an error there
    return f"decimal({min(precision, 38)}, {min(scale, 38)})"


def _divide_whole(left: Any, right: Any) -> Any:
    """Whole division as the engine does it: ibis would go through a float and lose digits."""
    import ibis

    def divide(left: int, right: int) -> int:  # type: ignore[empty-body]
        """The engine's own function."""

    return ibis.udf.scalar.builtin(divide)(left, right)


_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add, "Sub": operator.sub, "Mul": operator.mul, "Div": operator.truediv,
    "Mod": operator.mod, "Pow": operator.pow,
}  # fmt: skip


def _case(c: Compiler, node: Any) -> Any:
    import ibis

    branches = node.args["ifs"]
    default = node.args.get("default")
    results = [branch.args["true"] for branch in branches]
    values = c.alike(*results, *([default] if default is not None else []))
    conditions = [
        c.condition(branch.this) if node.this is None else _equal(c, node.this, branch.this)
        for branch in branches
    ]
    otherwise = values[len(branches)] if default is not None else ibis.null()
    return ibis.cases(*zip(conditions, values, strict=False), else_=otherwise)


def _if(c: Compiler, node: Any) -> Any:
    import ibis

    other = node.args.get("false")
    values = c.alike(node.args["true"], *([other] if other is not None else []))
    otherwise = values[1] if other is not None else ibis.null()
    return ibis.cases((c.condition(node.this), values[0]), else_=otherwise)


def _equal(c: Compiler, left: Any, right: Any) -> Any:
    one, other = c.alike(left, right)
    if one.type().is_null() or other.type().is_null():
        return c.literal(None).cast("boolean")
    return one == other


def _cast(c: Compiler, node: Any) -> Any:
    from workbench.spec.expression_parts import cast_type

    value, target = c.value(node.this), cast_type(c.expression.text, node.args["to"])
    numeric = value.type().is_numeric()
    if numeric and target.name in ("date", "timestamp", "time"):
        raise c.error(node, f"a number is not a {target.name}",
                      "write make_date(year, month, day), or cast it to text first")  # fmt: skip
    kind = {"text": "string", "integer": "int64", "number": "float64"}.get(
        target.name, str(target)
    ).replace(",", ", ")
    return value.try_cast(kind) if type(node).__name__ == "TryCast" else value.cast(kind)


OPERATOR_HANDLERS: dict[str, Callable[[Compiler, Any], Any]] = {
    **dict.fromkeys(_SIGNS, _compare),
    "NullSafeEQ": _same, "NullSafeNEQ": _differs, "Is": _is, "In": _in, "Between": _between,
    "And": _and, "Or": _or, "Not": _not, "Neg": _negative, "Like": _like, "ILike": _like,
    "Escape": _escape, "DPipe": _joined, "Add": _add, "Sub": _subtract,
    **dict.fromkeys(("Mul", "Div", "IntDiv", "Mod", "Pow"), _arithmetic),
    "Case": _case, "If": _if, "Cast": _cast, "TryCast": _cast,
}  # fmt: skip
