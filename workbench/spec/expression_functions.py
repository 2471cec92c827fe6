"""What each function of expressions means in ibis."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.model.types import parse_type

if TYPE_CHECKING:
    from workbench.spec.expression_ibis import Compiler

_UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")
_TRUNCATE = {
    "year": "Y", "quarter": "Q", "month": "M", "week": "W", "day": "D", "hour": "h",
    "minute": "m", "second": "s",
}  # fmt: skip
#: Names of types as sqlglot knows them, for those that specs speak of.
_TYPES = {
    "TEXT": "text", "VARCHAR": "text", "INT": "integer", "BIGINT": "integer", "DOUBLE": "number",
    "FLOAT": "number", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp",
    "TIMESTAMPNTZ": "timestamp", "TIME": "time",
}  # fmt: skip
_IBIS = {
    "text": "string", "integer": "int64", "number": "float64", "boolean": "boolean",
    "date": "date", "timestamp": "timestamp", "time": "time",
}  # fmt: skip

Handler = Callable[["Compiler", Any], Any]


def cast_type(compiler: Compiler, node: Any) -> str:
    """The ibis type that a cast names; an error lists the types of specs."""
    to = node.args["to"]
    written = to.sql(dialect="duckdb").lower()
    kind = to.this.name
    if kind == "DECIMAL":
        # `number` of specs is read as a decimal of three places by the grammar
        source = compiler.expression.text.lower()
        if written == "decimal(18, 3)" and re.search(r"\bnumber\b", source):
            return "float64"
        return str(parse_type(written)).replace(",", ", ")
    if kind not in _TYPES:
        raise compiler.expression.error(
            node,
            f"{written!r} is not a type",
            "types: text, integer, decimal(p,s), number, boolean, date, timestamp, time",
        )
    return _IBIS[_TYPES[kind]]


def duration(compiler: Compiler, node: Any) -> tuple[int, str]:
    """How many of which unit an interval is."""
    unit = str(node.args["unit"].name if node.args.get("unit") else "").lower().removesuffix("s")
    text = str(getattr(node.this, "this", "")).strip()
    if unit not in _UNITS or not re.fullmatch(r"-?\d{1,9}", text):
        raise compiler.expression.error(
            node, "this interval cannot be read", "write interval 3 month, interval 1 day, …"
        )
    return int(text), unit


def _unit(compiler: Compiler, node: Any) -> str:
    unit = str(node.args["unit"].name).lower()
    if unit not in _UNITS:
        raise compiler.expression.error(
            node, f"{unit!r} is not a unit of time", f"one of {', '.join(_UNITS)}"
        )
    return unit


def _many(compiler: Compiler, node: Any) -> list[Any]:
    nodes = [node.this, *node.expressions]
    return compiler.alike(node, node.key, compiler.pair(*nodes))


def _coalesce(compiler: Compiler, node: Any) -> Any:
    import ibis

    return ibis.coalesce(*_many(compiler, node))


def _greatest(compiler: Compiler, node: Any) -> Any:
    return _extreme(compiler, node, least=False)


def _least(compiler: Compiler, node: Any) -> Any:
    return _extreme(compiler, node, least=True)


def _extreme(compiler: Compiler, node: Any, *, least: bool) -> Any:
    """Nulls apart, as in DuckDB; engines that give null for any null are led around them."""
    import ibis

    values = _many(compiler, node)
    chosen = values[0]
    for value in values[1:]:
        both = ibis.least(chosen, value) if least else ibis.greatest(chosen, value)
        chosen = ibis.cases((chosen.isnull(), value), (value.isnull(), chosen), else_=both)
    return chosen


def _nullif(compiler: Compiler, node: Any) -> Any:
    left, right = compiler.alike(node, "nullif", compiler.pair(node.this, node.expression))
    return left.nullif(right)


def _as_text(value: Any) -> Any:
    return value if value.type().is_string() else value.cast("string")


def _pipe(compiler: Compiler, node: Any) -> Any:
    left, right = compiler.value(node.this), compiler.value(node.expression)
    return _as_text(left) + _as_text(right)


def _concat(compiler: Compiler, node: Any) -> Any:
    parts = [_as_text(compiler.value(each)).fill_null("") for each in node.expressions]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + part
    return joined


def _like(compiler: Compiler, node: Any) -> Any:
    return compiler.text(node.this).like(compiler.written(node.expression, "a pattern"))


def _ilike(compiler: Compiler, node: Any) -> Any:
    return compiler.text(node.this).ilike(compiler.written(node.expression, "a pattern"))


def _escape(compiler: Compiler, node: Any) -> Any:
    """``LIKE … ESCAPE``: as a regular expression, which every engine has."""
    mark = compiler.written(node.expression, "one character")
    if len(mark) != 1:
        raise compiler.expression.error(node, "ESCAPE takes one character")
    like = node.this
    pattern = compiler.written(like.expression, "a pattern")
    regex, position = "", 0
    while position < len(pattern):
        sign = pattern[position]
        if sign == mark and position + 1 < len(pattern):
            position += 1
            regex += re.escape(pattern[position])
        else:
            regex += {"%": ".*", "_": "."}.get(sign, re.escape(sign))
        position += 1
    flags = "(?is)" if type(like).__name__ == "ILike" else "(?s)"
    return compiler.text(like.this).re_search(f"{flags}^{regex}$")


def _regex(compiler: Compiler, node: Any) -> str:
    pattern = compiler.written(node, "a pattern")
    try:
        re.compile(pattern)
    except re.error as error:
        raise compiler.expression.error(
            node, f"{pattern!r} is not a regular expression: {error}"
        ) from None
    return pattern


def _regexp_replace(compiler: Compiler, node: Any) -> Any:
    modifiers = node.args.get("modifiers")
    flags = compiler.written(modifiers, "modifiers") if modifiers is not None else ""
    if flags != "g":
        raise compiler.expression.error(
            node,
            "regexp_replace replaces every match here",
            "say so: regexp_replace(text, 'pattern', 'to', 'g')",
        )
    to = compiler.written(node.args["replacement"], "the replacement")
    return compiler.text(node.this).re_replace(_regex(compiler, node.expression), to)


def _regexp_extract(compiler: Compiler, node: Any) -> Any:
    group = node.args.get("group")
    number = 0 if group is None else compiler.whole(group, 0)
    found = compiler.text(node.this).re_extract(_regex(compiler, node.expression), number)
    return found


def _split_part(compiler: Compiler, node: Any) -> Any:
    import ibis

    delimiter = compiler.written(node.args["delimiter"], "a separator")
    number = compiler.whole(node.args["part_index"], 1)
    text = compiler.text(node.this)
    parts = text.split(delimiter)
    found = ibis.cases((parts.length() >= number, parts[number - 1]), else_="")
    return ibis.cases((text.isnull(), ibis.null("string")), else_=found)


def _trim(compiler: Compiler, node: Any) -> Any:
    value = compiler.text(node.this)
    position = str(node.args.get("position") or "").upper()
    signs = " " if node.expression is None else compiler.written(node.expression, "characters")
    some = f"[{''.join(chr(92) + c if c in '^-]' + chr(92) else c for c in signs)}]+"
    if position != "TRAILING":
        value = value.re_replace(f"^{some}", "")
    if position != "LEADING":
        value = value.re_replace(f"{some}$", "")
    return value


def _substring(compiler: Compiler, node: Any) -> Any:
    start = compiler.whole(node.args["start"], 1) - 1
    length = node.args.get("length")
    text = compiler.text(node.this)
    return text.substr(start, None if length is None else compiler.whole(length, 0))


def _left(compiler: Compiler, node: Any) -> Any:
    return compiler.text(node.this).left(compiler.whole(node.expression, 0))


def _right(compiler: Compiler, node: Any) -> Any:
    return compiler.text(node.this).right(compiler.whole(node.expression, 0))


def _pad(compiler: Compiler, node: Any) -> Any:
    length = compiler.whole(node.expression, 0)
    fill = compiler.written(node.args["fill_pattern"], "what to fill with")
    if not fill:
        raise compiler.expression.error(node, "there is nothing to fill with")
    text = compiler.text(node.this)
    longer = fill * (length // len(fill) + 1)
    missing = (compiler.literal(length) - text.length()).cast("int64")
    if node.args.get("is_left"):
        filled = compiler.literal(longer).substr(0, missing) + text
    else:
        filled = text + compiler.literal(longer).substr(0, missing)
    import ibis

    return ibis.cases((text.length() >= length, text.left(length)), else_=filled)


def _replace(compiler: Compiler, node: Any) -> Any:
    old = compiler.written(node.expression, "what to replace")
    new = compiler.written(node.args["replacement"], "the replacement")
    return compiler.text(node.this).replace(old, new)


def _round(compiler: Compiler, node: Any) -> Any:
    digits = node.args.get("decimals")
    value = compiler.number(node.this)
    return value.round(0 if digits is None else compiler.whole(digits))


def _log(compiler: Compiler, node: Any) -> Any:
    if node.expression is not None:
        raise compiler.expression.error(
            node, "log takes one number", "log(x) is to base 10; for others: ln(x) / ln(base)"
        )
    return compiler.number(node.this).log10()


def _sign(compiler: Compiler, node: Any) -> Any:
    return compiler.number(node.this).sign().cast("int64")


def _date_trunc(compiler: Compiler, node: Any) -> Any:
    value = compiler.moment(node.this)
    return value.truncate(_TRUNCATE[_unit(compiler, node)])


def _date_diff(compiler: Compiler, node: Any) -> Any:
    unit = _unit(compiler, node)
    until, since = compiler.pair(node.this, node.expression)
    for value in (until, since):
        if not (value.type().is_date() or value.type().is_timestamp()):
            raise compiler.expression.error(
                node, f"date_diff does not go with {value.type()}", "give two dates"
            )
    if until.type() != since.type():
        until, since = until.cast("timestamp"), since.cast("timestamp")
    if until.type().is_date() and unit in ("hour", "minute", "second"):
        until, since = until.cast("timestamp"), since.cast("timestamp")
    return until.delta(since, unit=unit)


def _date_add(compiler: Compiler, node: Any) -> Any:
    if type(node.expression).__name__ != "Interval":
        raise compiler.expression.error(
            node, "date_add needs an interval", "write date_add(date, interval 1 month)"
        )
    return compiler.shift(node, compiler.moment(node.this), node.expression, 1)


def _make_date(compiler: Compiler, node: Any) -> Any:
    import ibis

    parts = [compiler.number(node.args[part]) for part in ("year", "month", "day")]
    return ibis.date(*parts)


def _of_date(apply: Callable[[Any], Any]) -> Handler:
    return lambda compiler, node: apply(compiler.moment(node.this)).cast("int64")


def _of_time(apply: Callable[[Any], Any]) -> Handler:
    return lambda compiler, node: apply(compiler.clock(node.this)).cast("int64")


def _of_text(apply: Callable[[Any], Any]) -> Handler:
    return lambda compiler, node: apply(compiler.text(node.this))


def _of_number(apply: Callable[[Any], Any]) -> Handler:
    return lambda compiler, node: apply(compiler.number(node.this))


def _of_texts(apply: Callable[[Any, Any], Any]) -> Handler:
    return lambda compiler, node: apply(compiler.text(node.this), compiler.text(node.expression))


#: Handlers by the type of sqlglot's node.
FUNCTIONS: dict[str, Handler] = {
    "Coalesce": _coalesce,
    "Nullif": _nullif,
    "Greatest": _greatest,
    "Least": _least,
    "DPipe": _pipe,
    "Concat": _concat,
    "Like": _like,
    "ILike": _ilike,
    "Escape": _escape,
    "Lower": _of_text(lambda text: text.lower()),
    "Upper": _of_text(lambda text: text.upper()),
    "Length": _of_text(lambda text: text.length()),
    "StartsWith": _of_texts(lambda text, part: text.startswith(part)),
    "EndsWith": _of_texts(lambda text, part: text.endswith(part)),
    "Contains": _of_texts(lambda text, part: text.contains(part)),
    "RegexpLike": lambda c, node: c.text(node.this).re_search(_regex(c, node.expression)),
    "RegexpReplace": _regexp_replace,
    "RegexpExtract": _regexp_extract,
    "SplitPart": _split_part,
    "Trim": _trim,
    "Substring": _substring,
    "Left": _left,
    "Right": _right,
    "Pad": _pad,
    "Replace": _replace,
    "Round": _round,
    "Abs": _of_number(lambda number: number.abs()),
    "Floor": _of_number(lambda number: number.floor()),
    "Ceil": _of_number(lambda number: number.ceil()),
    "Sqrt": _of_number(lambda number: number.sqrt()),
    "Ln": _of_number(lambda number: number.ln()),
    "Log": _log,
    "Sign": _sign,
    "Year": _of_date(lambda date: date.year()),
    "Quarter": _of_date(lambda date: date.quarter()),
    "Month": _of_date(lambda date: date.month()),
    "Week": _of_date(lambda date: date.week_of_year()),
    "Day": _of_date(lambda date: date.day()),
    # ibis counts from Monday, DuckDB from Sunday
    "DayOfWeek": _of_date(lambda date: (date.day_of_week.index() + 1) % 7),
    "Hour": _of_time(lambda time: time.hour()),
    "Minute": _of_time(lambda time: time.minute()),
    "TimestampTrunc": _date_trunc,
    "DateTrunc": _date_trunc,
    "DateDiff": _date_diff,
    "DateAdd": _date_add,
    "DateFromParts": _make_date,
}
