"""Expressions to ibis, so that every engine of ibis can do them.

Meaning is that of DuckDB; a contract test evaluates the same text by DuckDB's own SQL. Where an
engine would convert silently (text compared with a number) the expression is refused instead.

ibis guesses some types otherwise than DuckDB computes them (decimals that are multiplied, dates
that are moved). Such values are cast, so that the type that ibis tells is the type that comes out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbench.errors import ExpressionError
from workbench.spec.expression_functions import FUNCTION_HANDLERS
from workbench.spec.expression_operators import OPERATOR_HANDLERS
from workbench.spec.expression_parts import literal_text
from workbench.spec.expressions import Expression, parse, unknown_column

if TYPE_CHECKING:
    import ibis

_MAX_INTEGER = 2**63 - 1


def compile(  # the verb of the trade
    expression: Expression | str, table: ibis.Table, params: Mapping[str, Any] | None = None
) -> ibis.Value:
    """The expression over ``table``, parameters as literals.

    ``ExpressionError`` for columns that are not there, and for operations that do not fit the
    types of their columns.
    """
    if isinstance(expression, str):
        expression = parse(expression, table.columns)
    return Compiler(expression, table, params or {}).value(expression.tree)


class Compiler:
    """Translates one expression; handlers of node types ask it for the values of inner nodes."""

    def __init__(self, expression: Expression, table: Any, params: Mapping[str, Any]) -> None:
        self.expression = expression
        self.table = table
        self.params = params

    def value(self, node: Any) -> Any:
        """The ibis value of a node; what ibis refuses becomes an error at the node."""
        from ibis.common.exceptions import IbisError

        try:
            return HANDLERS[type(node).__name__](self, node)
        except (IbisError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:160]
            raise self.error(
                node, f"{node.key} does not go with the types of its values: {reason}",
                "convert them with cast(… as type) or try_cast(… as type)",
            ) from error  # fmt: skip

    def error(self, node: Any, message: str, remedy: str | None = None) -> ExpressionError:
        """An error at a node."""
        return self.expression.error(node, message, remedy)

    def text(self, node: Any) -> Any:
        """The value of a node that must be text."""
        return self._typed(
            node, self.value(node), "text", "cast(… as text)", lambda kind: kind.is_string()
        )

    def number(self, node: Any) -> Any:
        """The value of a node that must be a number."""
        return self.as_number(node, self.value(node))

    def as_number(self, node: Any, value: Any) -> Any:
        """``value``, which is that of a node that must be a number."""
        return self._typed(
            node, value, "a number", "try_cast(… as number)",
            lambda kind: kind.is_numeric() and not kind.is_boolean(),
        )  # fmt: skip

    def condition(self, node: Any) -> Any:
        """The value of a node that must be true or false."""
        return self._typed(
            node,
            self.value(node),
            "a condition",
            "a comparison such as > 0 or = 'x'",
            lambda kind: kind.is_boolean(),
        )

    def moment(self, node: Any) -> Any:
        """The value of a node that must be a date or timestamp; a text literal is read as one."""
        if is_literal(node) and unwrap(node).is_string:
            return self.read_moment(unwrap(node), None)
        return self._typed(
            node, self.value(node), "a date or timestamp", "try_cast(… as date)",
            lambda kind: kind.is_date() or kind.is_timestamp(),
        )  # fmt: skip

    def _typed(
        self, node: Any, value: Any, what: str, remedy: str, fits: Callable[[Any], bool]
    ) -> Any:
        kind = value.type()
        if kind.is_null():
            return value.cast({"text": "string", "a number": "int64", "a condition": "boolean"}
                              .get(what, "date"))  # fmt: skip
        if not fits(kind):
            raise self.error(node, f"this is {describe(value)}, and {what} is needed here",
                             f"write {remedy}")  # fmt: skip
        return value

    def alike(self, *nodes: Any) -> list[Any]:
        """Values of nodes that meet each other, brought to one type.

        Literals follow the others: ``'2024-01-31'`` beside a date is a date, ``2`` beside a
        decimal is one. ``ExpressionError`` where values have nothing to do with each other.
        """
        values = [self.value(node) for node in nodes]
        temporal = next((v.type() for v in values if v.type().is_temporal()), None)
        decimal = any(v.type().is_decimal() for v in values)
        for index, node in enumerate(nodes):
            if not is_literal(node):
                continue
            if temporal is not None and values[index].type().is_string():
                values[index] = self.read_moment(unwrap(node), temporal)
            elif decimal and values[index].type().is_integer():
                values[index] = self.literal(Decimal(literal_text(node)))
        families = {_family(value) for value in values} - {"null"}
        if len(families) > 1:
            kinds = " and ".join(dict.fromkeys(describe(v) for v in values))
            raise self.error(
                nodes[0], f"{kinds} do not go together",
                "convert one side, for example with try_cast(column as integer)",
            )  # fmt: skip
        return _unified(values) if families == {"a number"} else values

    def read_moment(self, node: Any, kind: Any) -> Any:
        """A text literal as a date or timestamp; ``kind`` is the type that it meets."""
        text = literal_text(node)
        try:
            if kind is not None and kind.is_time():
                return self.literal(dt.time.fromisoformat(text))
            if len(text) <= 10:
                return self.literal(dt.date.fromisoformat(text))
            return self.literal(dt.datetime.fromisoformat(text))
        except ValueError:
            raise self.error(node, f"{text!r} is not a date or time",
                             "write dates as '2024-01-31'") from None  # fmt: skip

    def literal(self, value: Any) -> Any:
        """A Python value as an ibis literal whose type is the one that engines give it."""
        import ibis

        if value is None:
            return ibis.null()
        if isinstance(value, int) and not isinstance(value, bool):
            if abs(value) <= _MAX_INTEGER:
                return ibis.literal(value).cast("int64")
            value = Decimal(value)
        if isinstance(value, Decimal):
            digits = value.as_tuple()
            scale = max(0, -int(digits.exponent))
            precision = max(len(digits.digits) + max(0, int(digits.exponent)), scale, 1)
            if precision > 38:
                raise OverflowError(f"the number {value} has more than 38 digits")
            return ibis.literal(value, type=f"decimal({precision}, {scale})")
        kinds: dict[type, str] = {
            bool: "boolean", str: "string", float: "float64", dt.datetime: "timestamp",
            dt.date: "date", dt.time: "time",
        }  # fmt: skip
        return ibis.literal(value, type=kinds[type(value)])


def is_literal(node: Any) -> bool:
    """Whether a node is a literal, apart from brackets and a minus."""
    inner = unwrap(node)
    return bool(inner.key == "literal")


def unwrap(node: Any) -> Any:
    """What is within brackets and behind a minus."""
    while node.key in ("paren", "neg"):
        node = node.this
    return node


def describe(value: Any) -> str:
    """The type of a value in words."""
    kind = value.type()
    family = _family(value)
    if family in ("a date", "a number"):
        return "a timestamp" if kind.is_timestamp() else family
    return family


def _family(value: Any) -> str:
    kind = value.type()
    if kind.is_null():
        return "null"
    if kind.is_string():
        return "text"
    if kind.is_boolean():
        return "true or false"
    if kind.is_numeric():
        return "a number"
    return "a date" if kind.is_date() or kind.is_timestamp() else f"a {kind}"


def _unified(values: list[Any]) -> list[Any]:
    """Numbers as the one type that holds them all: float, else decimal, else as they are."""
    kinds = [value.type() for value in values]
    if any(kind.is_floating() for kind in kinds):
        return [value.cast("float64") for value in values]
    if not any(kind.is_decimal() for kind in kinds):
        return values
    shapes = [decimal_shape(kind) for kind in kinds if not kind.is_null()]
    scale = max(s for _, s in shapes)
    precision = min(38, max(p - s for p, s in shapes) + scale)
    return [
        value if value.type().is_null() else value.cast(f"decimal({precision}, {scale})")
        for value in values
    ]


def decimal_shape(kind: Any) -> tuple[int, int]:
    """Digits and decimals of a decimal type, or of the decimal that holds an integer type."""
    if kind.is_decimal():
        return kind.precision or 38, kind.scale or 0
    return {8: 3, 16: 5, 32: 10}.get(kind.nbytes * 8, 19), 0


def _column(compiler: Compiler, node: Any) -> Any:
    name = node.this.name
    if name not in compiler.table.columns:
        raise unknown_column(compiler.expression.text, node.this, compiler.table.columns)
    return compiler.table[name]


def _literal(compiler: Compiler, node: Any) -> Any:
    if node.is_string:
        return compiler.literal(node.this)
    text = literal_text(node)
    if "e" in text.lower():
        return compiler.literal(float(text))
    return compiler.literal(Decimal(text) if "." in text else int(text))


def _parameter(compiler: Compiler, node: Any) -> Any:
    if node.name not in compiler.params:
        raise compiler.error(
            node, f"the parameter {node.name!r} has no value",
            f"declare it in the spec: 'params: {{{node.name}: {{type: integer}}}}'",
        )  # fmt: skip
    return compiler.literal(compiler.params[node.name])


HANDLERS: dict[str, Callable[[Compiler, Any], Any]] = {
    "Column": _column,
    "Paren": lambda compiler, node: compiler.value(node.this),
    "Literal": _literal,
    "Boolean": lambda compiler, node: compiler.literal(bool(node.this)),
    "Null": lambda compiler, node: compiler.literal(None),
    "Placeholder": _parameter,
    **OPERATOR_HANDLERS,
    **FUNCTION_HANDLERS,
}
