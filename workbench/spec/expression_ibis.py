"""Expressions to ibis: one handler a node type, so that every engine of ibis can do them.

Meaning is that of DuckDB; a contract test evaluates the same text by DuckDB's own SQL. Where an
engine would convert silently (text compared with a number) the expression is refused instead.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbench.errors import ExpressionError
from workbench.spec.expression_functions import FUNCTIONS, cast_type, duration
from workbench.spec.expressions import Expression, parse, unknown_column

if TYPE_CHECKING:
    import ibis.expr.types as ir

_INT64_MAX = 2**63 - 1

_COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "EQ": ("=", operator.eq),
    "NEQ": ("<>", operator.ne),
    "GT": (">", operator.gt),
    "GTE": (">=", operator.ge),
    "LT": ("<", operator.lt),
    "LTE": ("<=", operator.le),
    "NullSafeEQ": ("is not distinct from", lambda a, b: a.identical_to(b)),
    "NullSafeNEQ": ("is distinct from", lambda a, b: ~a.identical_to(b)),
}
_ARITHMETIC: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "Mul": ("*", operator.mul),
    "Div": ("/", operator.truediv),
    "Mod": ("%", operator.mod),
    "Pow": ("**", operator.pow),
}
_EXTRACTS = {
    "year": "Year", "quarter": "Quarter", "month": "Month", "week": "Week", "day": "Day",
    "dayofweek": "DayOfWeek", "dow": "DayOfWeek", "hour": "Hour", "minute": "Minute",
}  # fmt: skip


def compile(
    expression: Expression | str, table: ir.Table, params: Mapping[str, Any] | None = None
) -> ir.Value:
    """The expression over ``table``, parameters as literals.

    ``ExpressionError`` for columns that are not there, and for operations that do not fit the
    types of their columns.
    """
    if isinstance(expression, str):
        expression = parse(expression, table.columns)
    return Compiler(expression, table, params or {}).value(expression.tree)


class Compiler:
    """Translates the nodes of one expression over one table."""

    def __init__(self, expression: Expression, table: Any, params: Mapping[str, Any]) -> None:
        self.expression = expression
        self.table = table
        self.params = params

    def value(self, node: Any) -> Any:
        """The ibis value of a node; whatever ibis objects to becomes an error at the node."""
        name = type(node).__name__
        try:
            if name in _COMPARISONS:
                return self._compare(node, *_COMPARISONS[name])
            if name in _ARITHMETIC:
                return self._calculate(node, *_ARITHMETIC[name])
            if name in FUNCTIONS:
                return FUNCTIONS[name](self, node)
            return getattr(self, f"_{name.lower()}")(node)
        except ExpressionError:
            raise
        except Exception as error:
            # ibis raises many kinds, and all of them mean that the types do not fit
            first = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
            raise self.expression.error(
                node,
                f"{node.key} cannot be applied here: {first}",
                "convert with try_cast(… as type)",
            ) from error

    def condition(self, node: Any) -> Any:
        """The value of a node that must be true or false."""
        value = self.value(node)
        if value.type().is_null():
            return value.cast("boolean")
        if not value.type().is_boolean():
            raise self.expression.error(
                node,
                f"this is {value.type()}, and a condition is needed here",
                "compare it with something, for example with > 0 or = 'x'",
            )
        return value

    def text(self, node: Any) -> Any:
        """The value of a node that must be text."""
        return self._of_kind(node, "text", lambda kind: kind.is_string())

    def number(self, node: Any) -> Any:
        """The value of a node that must be a number."""
        return self._of_kind(
            node, "a number", lambda kind: kind.is_numeric() and not kind.is_boolean()
        )

    def moment(self, node: Any) -> Any:
        """The value of a node that must be a date or timestamp."""
        return self._of_kind(node, "a date", lambda k: k.is_date() or k.is_timestamp())

    def clock(self, node: Any) -> Any:
        """The value of a node that must have a time of day."""
        return self._of_kind(node, "a timestamp", lambda k: k.is_time() or k.is_timestamp())

    def whole(self, node: Any, at_least: int | None = None) -> int:
        """A whole number written in the expression."""
        sign, bare = _bare(node)
        text = str(getattr(bare, "this", ""))
        if type(bare).__name__ != "Literal" or bare.is_string or not text.isdigit():
            raise self.expression.error(node, "a whole number is expected here", "write 1, 2, …")
        found = sign * int(text)
        if at_least is not None and found < at_least:
            raise self.expression.error(node, f"at least {at_least} is expected here")
        return found

    def written(self, node: Any, what: str) -> str:
        """A text written in the expression, such as a pattern."""
        if type(node).__name__ != "Literal" or not node.is_string:
            raise self.expression.error(node, f"{what} is expected in quotes here")
        return str(node.this)

    def pair(self, *nodes: Any) -> list[Any]:
        """Values made comparable: texts written beside dates, numbers beside decimals."""
        values = [self.value(node) for node in nodes]
        kinds = [value.type() for value in values]
        temporal = next((kind for kind in kinds if kind.is_date() or kind.is_timestamp()), None)
        for index, node in enumerate(nodes):
            sign, bare = _bare(node)
            if type(bare).__name__ != "Literal":
                continue
            if temporal is not None and bare.is_string:
                values[index] = self._moment_literal(bare, temporal)
            elif any(kind.is_decimal() for kind in kinds) and not bare.is_string:
                values[index] = self.literal(sign * Decimal(str(bare.this)))
        return values

    def alike(self, node: Any, sign: str, values: list[Any]) -> list[Any]:
        """The values, if they may be compared; silent conversions are refused."""
        kinds = [value.type() for value in values if not value.type().is_null()]
        for kind in kinds[1:]:
            if not _comparable(kinds[0], kind):
                raise self.expression.error(
                    node,
                    f"{sign} does not go with {kinds[0]} and {kind}",
                    "convert one side, for example with try_cast(column as integer)",
                )
        return values

    def literal(self, value: Any) -> Any:
        """A plain value as a literal."""
        import ibis

        if value is None:
            return ibis.null()
        if isinstance(value, bool):
            return ibis.literal(value, type="boolean")
        if isinstance(value, int):
            if abs(value) <= _INT64_MAX:
                return ibis.literal(value, type="int64")
            value = Decimal(value)
        if isinstance(value, Decimal):
            digits, exponent = value.as_tuple().digits, int(value.as_tuple().exponent)
            scale = max(0, -exponent)
            whole = len(digits) + max(0, exponent)
            return ibis.literal(value, type=f"decimal({min(38, max(whole, scale, 1))}, {scale})")
        kind = {str: "string", float: "float64", dt.date: "date"}.get(type(value), "timestamp")
        return ibis.literal(value, type=kind)

    def shift(self, node: Any, value: Any, interval: Any, sign: int) -> Any:
        """A date or timestamp moved by an interval."""
        import ibis

        count, unit = duration(self, interval)
        if not (value.type().is_date() or value.type().is_timestamp()):
            raise self.expression.error(
                node, f"an interval does not go with {value.type()}", "add it to a date"
            )
        span = ibis.interval(**{f"{unit}s": count})
        moved = value + span if sign > 0 else value - span
        whole_days = unit in ("year", "quarter", "month", "week", "day")
        return as_date(moved) if value.type().is_date() and whole_days else moved

    # -- leaves --------------------------------------------------------------------------------

    def _column(self, node: Any) -> Any:
        name = node.this.name
        if name not in self.table.columns:
            raise unknown_column(self.expression.text, node.this, self.table.columns)
        return self.table[name]

    def _literal(self, node: Any) -> Any:
        if node.is_string:
            return self.literal(str(node.this))
        text = str(node.this)
        if text.isdigit():
            return self.literal(int(text))
        return self.literal(float(text) if "e" in text.lower() else Decimal(text))

    def _boolean(self, node: Any) -> Any:
        return self.literal(bool(node.this))

    def _null(self, node: Any) -> Any:
        return self.literal(None)

    def _placeholder(self, node: Any) -> Any:
        if node.name not in self.params:
            raise self.expression.error(
                node,
                f"the parameter {node.name!r} has no value",
                f"declare it in the spec: 'params: {{{node.name}: {{type: integer}}}}'",
            )
        return self.literal(self.params[node.name])

    def _moment_literal(self, node: Any, kind: Any) -> Any:
        try:
            if kind.is_date() and len(node.this) <= 10:
                return self.literal(dt.date.fromisoformat(node.this))
            return self.literal(dt.datetime.fromisoformat(node.this))
        except ValueError:
            raise self.expression.error(
                node, f"{node.this!r} is not a date", "write dates as '2024-01-31'"
            ) from None

    def _of_kind(self, node: Any, what: str, fits: Callable[[Any], bool]) -> Any:
        value = self.value(node)
        if not (fits(value.type()) or value.type().is_null()):
            raise self.expression.error(
                node,
                f"this is {value.type()}, and {what} is needed here",
                "convert it with try_cast(… as type)",
            )
        return value

    # -- operators -----------------------------------------------------------------------------

    def _paren(self, node: Any) -> Any:
        return self.value(node.this)

    def _compare(self, node: Any, sign: str, apply: Callable[[Any, Any], Any]) -> Any:
        left, right = self.alike(node, sign, self.pair(node.this, node.expression))
        return apply(left, right)

    def _calculate(self, node: Any, sign: str, apply: Callable[[Any, Any], Any]) -> Any:
        left, right = self._numbers(node, sign)
        if sign == "/":
            # null, where one engine has infinity and another an error
            right = right.nullif(self.literal(0))
            return apply(left.cast("float64"), right.cast("float64"))
        if sign == "%":
            right = right.nullif(self.literal(0))
        return apply(left, right)

    def _intdiv(self, node: Any) -> Any:
        left, right = self._numbers(node, "//")
        right = right.nullif(self.literal(0))
        # the quotient of whole numbers is cut towards zero, as DuckDB does
        quotient = (left.abs() // right.abs()).cast("int64")
        return (left.sign() * right.sign()).cast("int64") * quotient

    def _numbers(self, node: Any, sign: str) -> list[Any]:
        values = self.pair(node.this, node.expression)
        for value in values:
            kind = value.type()
            if not kind.is_null() and (kind.is_boolean() or not kind.is_numeric()):
                raise self.expression.error(
                    node, f"{sign} does not go with {kind}", "convert it with try_cast(… as number)"
                )
        return [v.cast("int64") if v.type().is_null() else v for v in values]

    def _add(self, node: Any) -> Any:
        return self._sum(node, 1)

    def _sub(self, node: Any) -> Any:
        return self._sum(node, -1)

    def _sum(self, node: Any, sign: int) -> Any:
        import ibis

        if type(_bare(node.expression)[1]).__name__ == "Interval":
            return self.shift(node, self.value(node.this), _bare(node.expression)[1], sign)
        if type(_bare(node.this)[1]).__name__ == "Interval" and sign > 0:
            return self.shift(node, self.value(node.expression), _bare(node.this)[1], sign)
        left, right = self.value(node.this), self.value(node.expression)
        if left.type().is_date() and right.type().is_date() and sign < 0:
            return left.delta(right, unit="day")
        if left.type().is_date() and right.type().is_integer():
            days = ibis.interval(days=self.whole(node.expression))
            return as_date(left + days if sign > 0 else left - days)
        left, right = self._numbers(node, "+" if sign > 0 else "-")
        return left + right if sign > 0 else left - right

    def _neg(self, node: Any) -> Any:
        return -self.number(node.this)

    def _not(self, node: Any) -> Any:
        return ~self.condition(node.this)

    def _and(self, node: Any) -> Any:
        return self.condition(node.this) & self.condition(node.expression)

    def _or(self, node: Any) -> Any:
        return self.condition(node.this) | self.condition(node.expression)

    def _is(self, node: Any) -> Any:
        if type(node.expression).__name__ == "Null":
            return self.value(node.this).isnull()
        return self.condition(node.this).identical_to(self.value(node.expression))

    def _in(self, node: Any) -> Any:
        options = node.expressions
        first, *rest = self.alike(node, "in", self.pair(node.this, *options))
        return first.isin(rest)

    def _between(self, node: Any) -> Any:
        nodes = (node.this, node.args["low"], node.args["high"])
        value, low, high = self.alike(node, "between", self.pair(*nodes))
        return (value >= low) & (value <= high)

    def _case(self, node: Any) -> Any:
        import ibis

        branches = []
        for branch in node.args["ifs"]:
            if node.this is None:
                test = self.condition(branch.this)
            else:
                left, right = self.alike(branch, "=", self.pair(node.this, branch.this))
                test = left == right
            branches.append((test, self.value(branch.args["true"])))
        default = node.args.get("default")
        otherwise = self.literal(None) if default is None else self.value(default)
        results = [result for _, result in branches] + [otherwise]
        self.alike(node, "case", results)
        return ibis.cases(*branches, else_=otherwise)

    def _extract(self, node: Any) -> Any:
        part = str(node.this.name).lower()
        if part not in _EXTRACTS:
            raise self.expression.error(
                node, f"{part!r} cannot be extracted", f"one of {', '.join(_EXTRACTS)}"
            )
        return FUNCTIONS[_EXTRACTS[part]](self, _Part(node.expression))

    def _cast(self, node: Any) -> Any:
        return self.value(node.this).cast(cast_type(self, node))

    def _trycast(self, node: Any) -> Any:
        return self.value(node.this).try_cast(cast_type(self, node))

    def _interval(self, node: Any) -> Any:
        raise self.expression.error(
            node, "an interval stands alone", "add it to a date: date + interval 1 month"
        )


def as_date(moved: Any) -> Any:
    """A date that ibis takes for one already, but that DuckDB has made a timestamp."""
    return moved.cast("timestamp").cast("date")


class _Part:
    """What ``extract(part from x)`` hands to the function of the part."""

    def __init__(self, this: Any) -> None:
        self.this = this


def _bare(node: Any) -> tuple[int, Any]:
    """The node within brackets and signs, and its sign."""
    sign = 1
    while type(node).__name__ in ("Paren", "Neg"):
        sign = -sign if type(node).__name__ == "Neg" else sign
        node = node.this
    return sign, node


def _comparable(one: Any, other: Any) -> bool:
    if one.is_boolean() or other.is_boolean():
        return bool(one.is_boolean() and other.is_boolean())
    if one.is_numeric() and other.is_numeric():
        return True
    dated = (one.is_date() or one.is_timestamp()) and (other.is_date() or other.is_timestamp())
    return bool(dated or type(one) is type(other))
