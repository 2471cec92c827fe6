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
from workbench.model.types import TYPE_NAMES, LogicalType, parse_type
from workbench.spec.problems import did_you_mean, listed

if TYPE_CHECKING:
    from sqlglot import exp

MAX_LENGTH = 10_000
MAX_DEPTH = 64

#: Functions by name: how to call them and what they give. The docs show this table.
FUNCTIONS: dict[str, tuple[str, str]] = {
    "coalesce": ("coalesce(a, b, …)", "the first that is not null"),
    "nullif": ("nullif(a, b)", "null where a equals b, else a"),
    "greatest": ("greatest(a, b, …)", "the greatest, nulls apart"),
    "least": ("least(a, b, …)", "the least, nulls apart"),
    "lower": ("lower(text)", "in lower case"),
    "upper": ("upper(text)", "in upper case"),
    "trim": ("trim(text[, 'characters'])", "without spaces (or these characters) at both ends"),
    "ltrim": ("ltrim(text[, 'characters'])", "the same at the start"),
    "rtrim": ("rtrim(text[, 'characters'])", "the same at the end"),
    "length": ("length(text)", "number of characters"),
    "substr": ("substr(text, start[, length])", "a part, counted from 1"),
    "left": ("left(text, count)", "the first characters"),
    "right": ("right(text, count)", "the last characters"),
    "lpad": ("lpad(text, length, 'pad')", "filled (or cut) to a length, at the start"),
    "rpad": ("rpad(text, length, 'pad')", "filled (or cut) to a length, at the end"),
    "replace": ("replace(text, from, to)", "every occurrence replaced"),
    "regexp_replace": (
        "regexp_replace(text, 'pattern', 'to', 'g')", "every match replaced; \\1 is a group"),
    "regexp_extract": (
        "regexp_extract(text, 'pattern'[, group])", "the first match or its group, else ''"),
    "regexp_matches": ("regexp_matches(text, 'pattern')", "whether the pattern occurs"),
    "split_part": ("split_part(text, 'separator', number)", "the part with this number, from 1"),
    "concat": ("concat(a, b, …)", "joined as text, nulls skipped"),
    "starts_with": ("starts_with(text, part)", "whether it begins so"),
    "ends_with": ("ends_with(text, part)", "whether it ends so"),
    "contains": ("contains(text, part)", "whether it is in there"),
    "round": ("round(number[, digits])", "rounded, halves away from zero"),
    "abs": ("abs(number)", "without its sign"),
    "floor": ("floor(number)", "the next whole number below"),
    "ceil": ("ceil(number)", "the next whole number above"),
    "sqrt": ("sqrt(number)", "square root"),
    "power": ("power(number, exponent)", "raised to a power"),
    "ln": ("ln(number)", "natural logarithm"),
    "log": ("log(number)", "logarithm to base 10"),
    "mod": ("mod(a, b)", "remainder, with the sign of a"),
    "sign": ("sign(number)", "-1, 0 or 1"),
    "year": ("year(date)", "year"),
    "quarter": ("quarter(date)", "quarter, 1 to 4"),
    "month": ("month(date)", "month, 1 to 12"),
    "week": ("week(date)", "ISO week, 1 to 53"),
    "day": ("day(date)", "day of the month"),
    "dayofweek": ("dayofweek(date)", "0 is Sunday"),
    "hour": ("hour(timestamp)", "hour, 0 to 23"),
    "minute": ("minute(timestamp)", "minute, 0 to 59"),
    "date_trunc": ("date_trunc('month', date)", "the start of its year, quarter, month, week…"),
    "date_diff": ("date_diff('day', from, to)", "how many boundaries of the unit lie between"),
    "date_add": ("date_add(date, interval 1 month)", "later by an interval; also date + interval"),
    "make_date": ("make_date(year, month, day)", "a date from its parts"),
    "cast": ("cast(a as integer)", "as another type; a value that does not read as it is an error"),
    "try_cast": ("try_cast(a as integer)", "the same, but null where it does not read"),
}  # fmt: skip

_OTHER_NAMES = {
    "len": "length", "substring": "substr", "pow": "power", "ceiling": "ceil", "strpos": "contains",
    "ifnull": "coalesce", "nvl": "coalesce", "isnull": "coalesce", "to_date": "try_cast",
    "to_number": "try_cast", "strptime": "try_cast", "instr": "contains", "if": "case",
    "datediff": "date_diff", "initcap": "upper", "regexp_like": "regexp_matches",
}  # fmt: skip

#: Units of time, with ibis' letter for each; the first five leave a date a date.
UNITS = {
    "year": "Y", "quarter": "Q", "month": "M", "week": "W", "day": "D", "hour": "h",
    "minute": "m", "second": "s",
}  # fmt: skip
DAY_UNITS = ("year", "quarter", "month", "week", "day")

#: Parts of nodes that must be literals: patterns, counts and units are not computed by row.
_LITERALS: dict[str, tuple[str, ...]] = {
    "RegexpReplace": ("expression", "replacement", "modifiers"), "RegexpLike": ("expression",),
    "RegexpExtract": ("expression", "group"), "SplitPart": ("delimiter", "part_index"),
    "Pad": ("expression", "fill_pattern"), "Trim": ("expression",), "Round": ("decimals",),
    "Substring": ("start", "length"), "Left": ("expression",), "Right": ("expression",),
    "Escape": ("expression",), "Interval": ("this",),
}  # fmt: skip
_COUNTS = {"group", "part_index", "decimals", "start", "length"}
_TYPES = {
    "TEXT": "text", "VARCHAR": "text", "INT": "integer", "BIGINT": "integer", "DOUBLE": "number",
    "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMPNTZ": "timestamp", "TIMESTAMP": "timestamp",
    "TIME": "time",
}  # fmt: skip

_BINARY = ("this", "expression")
#: Node types of sqlglot that are allowed, with the parts that each may have.
NODES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("Add", "Sub", "Mul", "Div", "IntDiv", "Mod", "Pow", "And", "Or", "EQ", "NEQ", "GT", "GTE",
         "LT", "LTE", "NullSafeEQ", "NullSafeNEQ", "Is", "Like", "ILike", "Escape", "DPipe",
         "Nullif", "Left", "Right", "StartsWith", "EndsWith", "Contains", "RegexpLike", "DateAdd"),
        _BINARY,
    ),
    **dict.fromkeys(
        ("Neg", "Not", "Paren", "Lower", "Upper", "Length", "Abs", "Floor", "Ceil", "Sqrt", "Ln",
         "Sign", "Year", "Quarter", "Month", "Week", "Day", "DayOfWeek", "Hour", "Minute", "Column",
         "Identifier", "Literal", "Boolean", "Null", "Placeholder", "Var"),
        ("this",),
    ),
    "Log": _BINARY, "Round": ("this", "decimals"), "In": ("this", "expressions"),
    "Between": ("this", "low", "high"), "Case": ("this", "ifs", "default"),
    "If": ("this", "true", "false"), "Coalesce": ("this", "expressions"),
    "Greatest": ("this", "expressions"), "Least": ("this", "expressions"),
    "Concat": ("expressions",), "Trim": (*_BINARY, "position"),
    "Substring": ("this", "start", "length"), "Replace": (*_BINARY, "replacement"),
    "RegexpReplace": (*_BINARY, "replacement", "modifiers"),
    "RegexpExtract": (*_BINARY, "group"), "SplitPart": ("this", "delimiter", "part_index"),
    "Pad": (*_BINARY, "fill_pattern"), "Extract": _BINARY, "TimestampTrunc": ("this", "unit"),
    "DateTrunc": ("this", "unit"), "DateDiff": (*_BINARY, "unit"), "Interval": ("this", "unit"),
    "DateFromParts": ("year", "month", "day"), "Cast": ("this", "to"), "TryCast": ("this", "to"),
    "DataType": ("this", "expressions"), "DataTypeParam": ("this",),
}  # fmt: skip

_CONSTRUCTS = {
    "Star": "the star", "Lambda": "a lambda", "Window": "a window (OVER)", "Array": "a list",
    "Struct": "a struct", "Bracket": "an index in [ ]", "Dot": "a dotted name", "Tuple": "a tuple",
    "JSONExtract": "an arrow (->)", "BitwiseAnd": "&", "BitwiseOr": "|", "BitwiseXor": "xor",
    "BitwiseNot": "~", "BitwiseLeftShift": "<<", "BitwiseRightShift": ">>", "SimilarTo":
    "SIMILAR TO", "RegexpFullMatch": "the operator ~", "Glob": "GLOB", "Collate": "COLLATE",
    "ByteString": "an escaped text (E'…')", "Kwarg": "a named argument", "Any": "ANY",
    "Distinct": "DISTINCT", "AtTimeZone": "AT TIME ZONE", "Ordered": "ORDER BY",
    "PropertyEQ": "a named argument", "Slice": "a slice", "HexString": "a hexadecimal number",
}  # fmt: skip


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
        return _error(self.text, _start(node), message, remedy)


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
    for identifier in sorted(_identifiers(tree), key=_start):
        name = identifier.name
        if columns is not None and name not in columns:
            raise unknown_column(text, identifier, columns)
        names[name] = None
    params = tuple(dict.fromkeys(name for name, _, _ in places))
    return Expression(text, tuple(names), params, tree, places)


def unknown_column(text: str, node: Any, columns: Collection[str]) -> ExpressionError:
    """The error for a column that is not there."""
    name = node.name
    return _error(
        text, _start(node), f"unknown column {name!r}{did_you_mean(name, columns)}",
        listed("columns", columns, name),
    )  # fmt: skip


def _tree(text: str) -> tuple[exp.Expression, tuple[tuple[str, int, int], ...]]:
    """Tokens and tree; nesting is bounded before the parser recurses."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    try:
        tokens = sqlglot.tokenize(text, read="duckdb")
        places = tuple(_check_tokens(text, tokens))
        tree = sqlglot.parse_one(text, read="duckdb", into=exp.Condition)
    except TokenError as error:
        match = re.search(r"Missing (.+?) from (\d+):(\d+)", str(error))
        if match:
            raise ExpressionError(
                f"what begins with {match[1]} does not end", line=int(match[2]),
                column=max(1, int(match[3])), remedy=f"close it with {match[1]}",
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
    return tree, places


def _check_tokens(text: str, tokens: list[Any]) -> Iterator[tuple[str, int, int]]:
    """Refuse deep nesting and foreign placeholders; give the places of parameters."""
    depth = 0
    for index, token in enumerate(tokens):
        kind = token.token_type.name
        depth += (kind in ("L_PAREN", "CASE")) - (kind in ("R_PAREN", "END"))
        run = tokens[max(0, index - MAX_DEPTH) : index + 1]
        if depth > MAX_DEPTH or (
            len(run) > MAX_DEPTH and {each.token_type.name for each in run} <= {"NOT", "DASH"}
        ):
            raise _error(text, token.start, f"nested deeper than {MAX_DEPTH} levels", "split it up")
        if kind == "SEMICOLON":
            raise _error(text, token.start, "';' is not part of an expression", "remove it")
        if kind in ("PARAMETER", "PLACEHOLDER"):
            raise _error(text, token.start, f"{token.text!r} is not a parameter",
                         "parameters are written :name")  # fmt: skip
        if kind == "COLON":
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            if following is None or not re.fullmatch(r"[a-z][a-z0-9_]*", following.text):
                raise _error(text, token.start, "':' without the name of a parameter",
                             "parameters are written :name")  # fmt: skip
            yield following.text, *_place(text, token.start)


def _check(text: str, node: exp.Expression) -> None:
    """Refuse what is not allowed, by the type of a node and by its parts."""
    from sqlglot import exp

    kind = type(node).__name__
    if isinstance(node, exp.Column) and node.args.get("table"):
        raise _error(text, _start(node), f"a qualified name, {node.sql()}",
                     "an expression sees one table: write the column alone")  # fmt: skip
    if isinstance(node, exp.Query | exp.Subquery | exp.Exists):
        raise _error(text, _start(node), "a query within an expression",
                     "use a join or lookup transform for values of other datasets")  # fmt: skip
    if kind not in NODES:
        raise _refused(text, node)
    for part, value in node.args.items():
        if part not in NODES[kind] and (
            isinstance(value, exp.Expression)
            or (isinstance(value, list) and value and part != "ifs")
        ):
            if isinstance(value, exp.Expression) and isinstance(value, exp.Query | exp.Subquery):
                raise _error(text, _start(value), "a query within an expression",
                             "use a join or lookup transform")  # fmt: skip
            raise _error(text, _start(node), f"{_written(text, node)} does not take {part!r} here",
                         _usage(text, node))  # fmt: skip
    for part in _LITERALS.get(kind, ()):
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
    whole = part in _COUNTS or (part == "expression" and kind in ("Pad", "Left", "Right"))
    if bare.key == "literal" and (not whole or bare.this.isdigit()):
        return
    need = "a whole number" if whole else "a literal"
    raise _error(text, _start(value), f"{_written(text, node)} needs {need} here, not a computed "
                 "value", _usage(text, node))  # fmt: skip


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
            raise _error(text, _start(node.parent), str(error), "write decimal(18,2)") from None
    if kind in _TYPES and not node.expressions:
        return parse_type(_TYPES[kind])
    near = did_you_mean(written, TYPE_NAMES)
    raise _error(text, _start(node.parent), f"unknown type {written!r}{near}",
                 f"types: {', '.join(TYPE_NAMES)}, decimal(18,2)")  # fmt: skip


def unit_of(text: str, node: Any) -> str:
    """The unit of time that a node names, in the singular."""
    name = str(node.name if node is not None else "").lower()
    unit = name.removesuffix("s") if name.removesuffix("s") in UNITS else name
    if unit not in UNITS:
        place = _start(node.parent) if node is not None else 0
        raise _error(text, place, f"unknown unit of time {name!r}{did_you_mean(name, UNITS)}",
                     f"units: {', '.join(UNITS)}")  # fmt: skip
    return unit


def interval_of(text: str, node: Any) -> tuple[int, str]:
    """Count and unit of an interval."""
    amount = node.this
    count = literal_text(amount) if amount is not None and amount.key in ("literal", "neg") else ""
    if not re.fullmatch(r"-?[0-9]{1,9}", count):
        raise _error(text, _start(node), "an interval is a whole number of a unit of time",
                     "write interval 3 day, or interval '3 days'")  # fmt: skip
    return int(count), unit_of(text, node.args.get("unit"))


def _refused(text: str, node: exp.Expression) -> ExpressionError:
    from sqlglot import exp

    kind = type(node).__name__
    if isinstance(node, exp.Func) and kind not in _CONSTRUCTS:
        name = _written(text, node)
        instead = _OTHER_NAMES.get(name)
        near = f"; did you mean {instead!r}?" if instead else did_you_mean(name, FUNCTIONS)
        if isinstance(node, exp.AggFunc):
            return _error(text, _start(node), f"{name!r} sums up many rows, and an expression "
                          "sees one", "use an aggregate transform")  # fmt: skip
        return _error(text, _start(node), f"unknown function {name!r}{near}",
                      "functions: " + ", ".join(sorted(FUNCTIONS)))  # fmt: skip
    what = _CONSTRUCTS.get(kind, f"{node.sql(dialect='duckdb')[:40]!r}")
    return _error(text, _start(node), f"{what} is not part of expressions here",
                  "columns, literals, operators, case, and the functions "
                  + ", ".join(sorted(FUNCTIONS)))  # fmt: skip


def _written(text: str, node: Any) -> str:
    """The name of a function as it was written."""
    meta = node.meta if node else {}
    if "start" in meta:
        return str(text[meta["start"] : meta["end"] + 1]).lower()
    return str(getattr(node, "sql_name", lambda: node.key)()).lower()


def _usage(text: str, node: Any) -> str | None:
    usage = FUNCTIONS.get(_written(text, node))
    return f"write {usage[0]}" if usage else None


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


def _start(node: Any) -> int:
    """Where a node begins in the text: its own mark, or the first mark within it."""
    marks = [each.meta["start"] for each in node.walk() if "start" in each.meta]
    return int(min(marks, default=0))


def _place(text: str, start: int) -> tuple[int, int]:
    return text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1


def _error(text: str, start: int, message: str, remedy: str | None = None) -> ExpressionError:
    line, column = _place(text, start)
    return ExpressionError(message, line=line, column=column, remedy=remedy)
