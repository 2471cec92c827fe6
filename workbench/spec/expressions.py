"""Expressions in specs: the scalar part of SQL, read by sqlglot against an allow-list.

``amount > 0 and month in ('enero', 'febrero')`` is read into a tree in which every node is one
that is known here: columns, literals, parameters (``:year``), operators and the functions of
``FUNCTIONS``. Anything else is refused with line and column. Text never reaches an engine:
``expression_ibis`` translates the tree.

Meaning follows DuckDB: ``/`` divides to a fraction, ``//`` to a whole number, division by zero
is null, ``||`` with null is null, ``concat`` skips nulls.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import ExpressionError
from workbench.spec.expression_language import (
    CONSTRUCTS,
    COUNTS,
    LITERALS,
    NODES,
    OTHER_NAMES,
)
from workbench.spec.expression_language import FUNCTIONS as FUNCTIONS
from workbench.spec.expression_parts import (
    cast_type,
    error_at,
    interval_of,
    offset_of,
    place_of,
    start_of,
    unit_of,
)
from workbench.spec.problems import did_you_mean, listed

if TYPE_CHECKING:
    from sqlglot import exp

MAX_LENGTH = 10_000
MAX_DEPTH = 64


@dataclass(frozen=True)
class Expression:
    """An expression that was read: ``columns`` and ``params`` it speaks of, in order.

    ``tree`` is sqlglot's, every node of it allowed; ``param_places`` are (name, line, column).
    """

    text: str
    columns: tuple[str, ...]
    params: tuple[str, ...]
    tree: exp.Expression = field(repr=False, compare=False)
    param_places: tuple[tuple[str, int, int], ...] = field(default=(), compare=False)

    def error(self, node: Any, message: str, remedy: str | None = None) -> ExpressionError:
        """An error at a node of the tree."""
        return error_at(self.text, start_of(node), message, remedy)


def parse(text: str, columns: Collection[str] | None = None) -> Expression:
    """Read an expression. ``ExpressionError`` says what is wrong, with line and column.

    With ``columns`` given, other columns are errors too.
    """
    if not isinstance(text, str) or not text.strip():
        raise ExpressionError("the expression is empty", remedy="write one, such as 'amount > 0'")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the expression is longer than {MAX_LENGTH:,} characters", remedy="split it up"
        )
    tree, places = _tree(text)
    for node in tree.walk():
        _check(text, node)
    names: dict[str, None] = {}
    for identifier in sorted(_identifiers(tree), key=start_of):
        name = identifier.name
        if columns is not None and name not in columns:
            raise unknown_column(text, identifier, columns)
        names[name] = None
    params = tuple(dict.fromkeys(name for name, _, _ in places))
    return Expression(text, tuple(names), params, tree, places)


def unknown_column(text: str, node: Any, columns: Collection[str]) -> ExpressionError:
    """The error for a column that is not there."""
    name = node.name
    return error_at(
        text, start_of(node), f"unknown column {name!r}{did_you_mean(name, columns)}",
        listed("columns", columns, name),
    )  # fmt: skip


def _tree(text: str) -> tuple[exp.Expression, tuple[tuple[str, int, int], ...]]:
    """Tokens and tree; nesting is bounded before the parser recurses."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    try:
        dialect = sqlglot.Dialect.get_or_raise("duckdb")
        tokens = dialect.tokenize(text)
        places = tuple(_check_tokens(text, tokens))
        (tree,) = dialect.parser().parse_into(exp.Condition, tokens, text)
        if tree is None:
            raise ParseError("no expression")
    except TokenError as error:
        match = re.search(r"Missing (.+?) from (\d+):(\d+)", f"{error} {error.__cause__}")
        if match:
            raise ExpressionError(
                f"what begins with {match[1]} does not end", line=int(match[2]),
                column=int(match[3]) + 1, remedy=f"close it with {match[1]}",
            ) from None  # fmt: skip
        raise ExpressionError("this cannot be read as an expression",
                              remedy="check quotes and unusual characters") from None  # fmt: skip
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        found = str(first.get("highlight") or "")
        column = int(first.get("col") or 1) - max(len(found), 1) + 1
        end = " the end" if not found else f" {found!r}"
        raise ExpressionError(
            f"the expression cannot be read at{end}", line=int(first.get("line") or 1),
            column=max(column, 1),
            remedy='check operators, commas and brackets; columns whose name is a word of SQL or '
            'has spaces stand in double quotes: "order"',
        ) from None  # fmt: skip
    except RecursionError:
        raise ExpressionError("the expression is nested too deeply", remedy="split it up") from None
    depth = max(_depths(tree))
    if depth > MAX_DEPTH:
        raise ExpressionError(
            f"the expression is nested deeper than {MAX_DEPTH} levels",
            remedy="split it up; use 'in (…)' in place of many 'or'",
        )
    _mark(text, tree, {name: offset_of(text, line, column) for name, line, column in places})
    return tree, places


def _mark(text: str, tree: exp.Expression, params: dict[str, int]) -> None:
    """Note where words stand that the parser leaves unmarked, by looking for them."""
    from sqlglot import exp

    for node in tree.find_all(exp.Placeholder, exp.Interval, exp.Var, exp.Func):
        if "start" in node.meta:
            continue
        words = [node.name] if isinstance(node, exp.Var) else [node.key]
        if isinstance(node, exp.Func):
            words = _names(node)
        found = [text.lower().find(word.lower()) for word in words if word]
        start = params.get(node.name, -1) if isinstance(node, exp.Placeholder) else max(found)
        if start >= 0:
            node.meta["start"] = start


def _check_tokens(text: str, tokens: list[Any]) -> Iterator[tuple[str, int, int]]:
    """Refuse deep nesting and foreign placeholders; give the places of parameters."""
    from sqlglot.tokenizer_core import TokenType

    depth = 0
    for index, token in enumerate(tokens):
        kind = token.token_type.name
        depth += (kind in ("L_PAREN", "CASE")) - (kind in ("R_PAREN", "END"))
        run = tokens[max(0, index - MAX_DEPTH) : index + 1]
        if depth > MAX_DEPTH or (
            len(run) > MAX_DEPTH and {each.token_type.name for each in run} <= {"NOT", "DASH"}
        ):
            message = f"nested deeper than {MAX_DEPTH} levels"
            raise error_at(text, token.start, message, "split it up")
        if kind == "SEMICOLON":
            raise error_at(text, token.start, "';' is not part of an expression", "remove it")
        if kind in ("PARAMETER", "PLACEHOLDER"):
            raise error_at(text, token.start, f"{token.text!r} is not a parameter",
                           "parameters are written :name")  # fmt: skip
        if kind == "COLON":
            named = re.compile(r"[a-z][a-z0-9_]*").match(text, token.end + 1)
            if named is None:
                raise error_at(text, token.start, "':' without the name of a parameter",
                               "parameters are written :name")  # fmt: skip
            tokens[index + 1].token_type = TokenType.VAR  # the name may be a word of SQL
            yield named[0], *place_of(text, token.start)


def _check(text: str, node: exp.Expression) -> None:
    """Refuse what is not allowed, by the type of a node and by its parts."""
    from sqlglot import exp

    kind = type(node).__name__
    if isinstance(node, exp.Column) and node.args.get("table"):
        raise error_at(text, start_of(node), f"a qualified name, {node.sql()}",
                       "an expression sees one table: write the column alone")  # fmt: skip
    if isinstance(node, exp.Query | exp.Subquery | exp.Exists):
        raise error_at(text, start_of(node), "a query within an expression",
                       "use a join or lookup transform for values of other datasets")  # fmt: skip
    if kind not in NODES:
        raise _refused(text, node)
    for part, value in node.args.items():
        if part not in NODES[kind] and (
            isinstance(value, exp.Expression)
            or (isinstance(value, list) and value and part != "ifs")
        ):
            if isinstance(value, exp.Expression) and isinstance(value, exp.Query | exp.Subquery):
                raise error_at(text, start_of(value), "a query within an expression",
                               "use a join or lookup transform")  # fmt: skip
            raise error_at(text, start_of(node),
                           f"{_written(text, node)} does not take {part!r} here",
                           _usage(text, node))  # fmt: skip
    for part in LITERALS.get(kind, ()):
        value = node.args.get(part)
        if value is not None:
            _check_literal(text, node, part, value)
    if isinstance(node, exp.Cast):
        cast_type(text, node.to)
    elif isinstance(node, exp.Interval):
        interval_of(text, node)
    elif isinstance(node, exp.TimestampTrunc | exp.DateTrunc | exp.DateDiff):
        unit_of(text, node.args.get("unit"))


def _check_literal(text: str, node: Any, part: str, value: Any) -> None:
    kind = type(node).__name__
    bare = value.this if value.key == "neg" else value
    whole = part in COUNTS or (part == "expression" and kind in ("Pad", "Left", "Right"))
    if bare.key == "literal" and (not whole or bare.this.isdigit()):
        return
    need = "a whole number" if whole else "a literal"
    raise error_at(text, start_of(value),
                   f"{_written(text, node)} needs {need} here, not a computed "
                   "value", _usage(text, node))  # fmt: skip


def _refused(text: str, node: exp.Expression) -> ExpressionError:
    from sqlglot import exp

    kind = type(node).__name__
    if isinstance(node, exp.Func) and kind not in CONSTRUCTS:
        name = _written(text, node)
        instead = OTHER_NAMES.get(name)
        near = f"; did you mean {instead!r}?" if instead else did_you_mean(name, FUNCTIONS)
        if isinstance(node, exp.AggFunc):
            return error_at(text, start_of(node), f"{name!r} sums up many rows, and an expression "
                            "sees one", "use an aggregate transform")  # fmt: skip
        return error_at(text, start_of(node), f"unknown function {name!r}{near}",
                        "functions: " + ", ".join(sorted(FUNCTIONS)))  # fmt: skip
    what = CONSTRUCTS.get(kind, f"{node.sql(dialect='duckdb')[:40]!r}")
    return error_at(text, start_of(node), f"{what} is not part of expressions here",
                    "columns, literals, operators, case, and the functions "
                    + ", ".join(sorted(FUNCTIONS)))  # fmt: skip


def _written(text: str, node: Any) -> str:
    """The name of a function as it was written."""
    meta = node.meta if node else {}
    if "end" in meta:
        return str(text[meta["start"] : meta["end"] + 1]).lower()
    return str(_names(node)[0]).lower()


def _names(node: Any) -> list[str]:
    """The names that a function may be written by."""
    return [*getattr(node, "sql_names", list)(), node.key]


def _usage(text: str, node: Any) -> str:
    usage = FUNCTIONS.get(_written(text, node))
    return f"write {usage[0]}" if usage else "write a literal, such as 'x' or 3"


def _identifiers(tree: exp.Expression) -> Iterator[Any]:
    from sqlglot import exp

    for column in tree.find_all(exp.Column):
        yield column.this


def _depths(tree: exp.Expression) -> Iterator[int]:
    stack = [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        yield depth
        stack += [(child, depth + 1) for child in node.iter_expressions()]
