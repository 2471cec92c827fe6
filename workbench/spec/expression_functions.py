"""Functions of expressions over ibis values, with the meaning that they have in DuckDB."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.spec.expression_language import DAY_UNITS, UNITS
from workbench.spec.expression_operators import shifted
from workbench.spec.expression_parts import literal_text, unit_of

if TYPE_CHECKING:
    from workbench.spec.expression_ibis import Compiler

_SPACES = r"\p{Zs}"  # what trim takes away: spaces of every script, but not tabs and line ends


def _texts(method: str, part: str = "expression") -> Callable[[Compiler, Any], Any]:
    """A function of one or two texts that ibis has as a method."""

    def handler(c: Compiler, node: Any) -> Any:
        other = node.args.get(part)
        return getattr(c.text(node.this), method)(*([c.text(other)] if other is not None else []))

    return handler


def _length(c: Compiler, node: Any) -> Any:
    return c.text(node.this).length().cast("int64")


def _trim(c: Compiler, node: Any) -> Any:
    given = node.expression
    if given is not None and not literal_text(given):
        return c.text(node.this)
    some = (
        "[" + "".join(re.escape(each) for each in literal_text(given)) + "]"
        if given is not None
        else _SPACES
    )
    side = str(node.args.get("position") or "BOTH")
    start, end = f"^{some}+", f"{some}+$"
    pattern = {"LEADING": start, "TRAILING": end}.get(side, f"{start}|{end}")
    return c.text(node.this).re_replace(pattern, "")


def _substring(c: Compiler, node: Any) -> Any:
    start = int(literal_text(node.args["start"]))
    if start < 1:
        raise c.error(node, "the start of a part counts from 1", "use right(text, count)")
    length = _count(c, node, "length") if node.args.get("length") is not None else None
    return c.text(node.this).substr(start - 1, length)


def _count(c: Compiler, node: Any, part: str) -> int:
    count = int(literal_text(node.args[part]))
    if count < 0:
        raise c.error(node, "a count of characters is not negative", "write 0 or more")
    return count


def _left(c: Compiler, node: Any) -> Any:
    return c.text(node.this).left(_count(c, node, "expression"))


def _right(c: Compiler, node: Any) -> Any:
    return c.text(node.this).right(_count(c, node, "expression"))


def _pad(c: Compiler, node: Any) -> Any:
    fill = literal_text(node.args["fill_pattern"]) if node.args.get("fill_pattern") else " "
    if len(fill) != 1:
        raise c.error(node, "a text is filled with one character", "write lpad(text, 5, '0')")
    length = _count(c, node, "expression")
    text = c.text(node.this)
    padded = text.lpad(length, fill) if node.args.get("is_left") else text.rpad(length, fill)
    return padded.left(length)


def _replace(c: Compiler, node: Any) -> Any:
    replacement = node.args.get("replacement")
    return c.text(node.this).replace(
        c.text(node.expression), c.text(replacement) if replacement is not None else ""
    )


def _regexp_replace(c: Compiler, node: Any) -> Any:
    modifiers = node.args.get("modifiers")
    if modifiers is None or literal_text(modifiers) != "g":
        raise c.error(node, "regexp_replace replaces every match, and says so by 'g'",
                      "write regexp_replace(text, 'pattern', 'to', 'g')")  # fmt: skip
    return c.text(node.this).re_replace(
        literal_text(node.expression), literal_text(node.args["replacement"])
    )


def _regexp_extract(c: Compiler, node: Any) -> Any:
    group = node.args.get("group")
    return c.text(node.this).re_extract(
        literal_text(node.expression), int(literal_text(group)) if group is not None else 0
    )


def _regexp_matches(c: Compiler, node: Any) -> Any:
    return c.text(node.this).re_search(literal_text(node.expression))


def _split_part(c: Compiler, node: Any) -> Any:
    import ibis

    number = int(literal_text(node.args["part_index"]))
    separator = literal_text(node.args["delimiter"])
    if number < 1 or not separator:
        raise c.error(node, "parts count from 1, between separators that are not empty",
                      "write split_part(text, '-', 1)")  # fmt: skip
    text = c.text(node.this)
    part = ibis.coalesce(text.split(separator)[number - 1], "")
    return ibis.cases((text.notnull(), part), else_=ibis.null())


def _concat(c: Compiler, node: Any) -> Any:
    import ibis

    texts = [
        ibis.coalesce(value if value.type().is_string() else value.cast("string"), "")
        for value in (c.value(each) for each in node.expressions)
    ]
    return texts[0].concat(*texts[1:]) if len(texts) > 1 else texts[0]


def _several(name: str) -> Callable[[Compiler, Any], Any]:
    """coalesce, greatest, least: over values of one type."""

    def handler(c: Compiler, node: Any) -> Any:
        import ibis

        values = c.alike(node.this, *node.expressions)
        return getattr(ibis, name)(*values) if len(values) > 1 else values[0]

    return handler


def _nullif(c: Compiler, node: Any) -> Any:
    value, other = c.alike(node.this, node.expression)
    return value if other.type().is_null() else value.nullif(other)


def _round(c: Compiler, node: Any) -> Any:
    decimals = node.args.get("decimals")
    digits = int(literal_text(decimals)) if decimals is not None else 0
    value = c.number(node.this)
    if value.type().is_decimal():
        kept = min(max(digits, 0), value.type().scale or 0)
        if digits < 0:
            return value.cast("float64").round(digits).cast(value.type().copy(scale=0))
        return value if kept == value.type().scale else value.round(kept)
    rounded = value.round(digits) if digits else value.round()
    return rounded.cast("int64") if value.type().is_integer() else rounded.cast("float64")


def _whole(method: str) -> Callable[[Compiler, Any], Any]:
    def handler(c: Compiler, node: Any) -> Any:
        value = c.number(node.this)
        result = getattr(value, method)()
        return result if not value.type().is_floating() else result.cast("float64")

    return handler


def _float(method: str) -> Callable[[Compiler, Any], Any]:
    """A function that is computed in floating point, whatever it is given."""

    def handler(c: Compiler, node: Any) -> Any:
        return getattr(c.number(node.this).cast("float64"), method)()

    return handler


def _log(c: Compiler, node: Any) -> Any:
    if node.expression is None:
        return _float("log10")(c, node)
    if literal_text(node.this) != "10":
        raise c.error(node, "log is to base 10", "write log(x), or ln(x) / ln(base)")
    return c.number(node.expression).cast("float64").log10()


def _sign(c: Compiler, node: Any) -> Any:
    return c.number(node.this).cast("float64").sign().cast("int64")


def _part(name: str) -> Callable[[Compiler, Any], Any]:
    def handler(c: Compiler, node: Any) -> Any:
        return _date_part(c, node, name, c.moment(node.this))

    return handler


def _extract(c: Compiler, node: Any) -> Any:
    return _date_part(c, node, str(node.this.name).lower(), c.moment(node.expression))


def _date_part(c: Compiler, node: Any, name: str, value: Any) -> Any:
    if name in ("dayofweek", "dow"):
        return ((value.day_of_week.index() + 1) % 7).cast("int64")
    if name not in UNITS:
        raise c.error(node, f"{name!r} is not a part of a date", f"parts: {', '.join(UNITS)}")
    if name not in DAY_UNITS and value.type().is_date():
        value = value.cast("timestamp")
    part = value.week_of_year() if name == "week" else getattr(value, name)()
    return part.cast("int64")


def _truncate(c: Compiler, node: Any) -> Any:
    unit = unit_of(c.expression.text, node.args["unit"])
    value = c.moment(node.this)
    truncated = value.cast("timestamp").truncate(UNITS[unit])
    return truncated.cast("date") if value.type().is_date() else truncated


def _date_diff(c: Compiler, node: Any) -> Any:
    unit = unit_of(c.expression.text, node.args.get("unit"))
    end, start = c.moment(node.this), c.moment(node.expression)
    if unit not in DAY_UNITS or end.type().is_timestamp() or start.type().is_timestamp():
        end, start = end.cast("timestamp"), start.cast("timestamp")
    return end.delta(start, unit=unit)


def _date_add(c: Compiler, node: Any) -> Any:
    if node.expression.key != "interval":
        raise c.error(node, "date_add needs an interval", "write date_add(date, interval 1 month)")
    return shifted(c, node.this, node.expression)


def _interval(c: Compiler, node: Any) -> Any:
    raise c.error(node, "an interval stands alone", "add it to a date: date + interval 1 month")


def _make_date(c: Compiler, node: Any) -> Any:
    import ibis

    return ibis.date(*(c.number(node.args[part]) for part in ("year", "month", "day")))


FUNCTION_HANDLERS: dict[str, Callable[[Compiler, Any], Any]] = {
    "Coalesce": _several("coalesce"), "Greatest": _several("greatest"), "Least": _several("least"),
    "Nullif": _nullif, "Lower": _texts("lower"), "Upper": _texts("upper"), "Trim": _trim,
    "Length": _length, "Substring": _substring, "Left": _left, "Right": _right, "Pad": _pad,
    "Replace": _replace, "RegexpReplace": _regexp_replace, "RegexpExtract": _regexp_extract,
    "RegexpLike": _regexp_matches, "SplitPart": _split_part, "Concat": _concat,
    "StartsWith": _texts("startswith"), "EndsWith": _texts("endswith"),
    "Contains": _texts("contains"), "Round": _round, "Floor": _whole("floor"),
    "Ceil": _whole("ceil"), "Abs": lambda c, node: c.number(node.this).abs(),
    "Sqrt": _float("sqrt"), "Ln": _float("ln"), "Log": _log, "Sign": _sign,
    **{name: _part(name.lower()) for name in
       ("Year", "Quarter", "Month", "Week", "Day", "DayOfWeek", "Hour", "Minute")},
    "Extract": _extract, "TimestampTrunc": _truncate, "DateTrunc": _truncate,
    "DateDiff": _date_diff, "DateAdd": _date_add, "Interval": _interval,
    "DateFromParts": _make_date,
}  # fmt: skip
