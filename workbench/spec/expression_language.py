"""What expressions may say: functions, node types, literals, units and types, as tables."""

from __future__ import annotations

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

OTHER_NAMES = {
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
LITERALS: dict[str, tuple[str, ...]] = {
    "RegexpReplace": ("expression", "replacement", "modifiers"), "RegexpLike": ("expression",),
    "RegexpExtract": ("expression", "group"), "SplitPart": ("delimiter", "part_index"),
    "Pad": ("expression", "fill_pattern"), "Trim": ("expression",), "Round": ("decimals",),
    "Substring": ("start", "length"), "Left": ("expression",), "Right": ("expression",),
    "Escape": ("expression",), "Interval": ("this",),
}  # fmt: skip
COUNTS = {"group", "part_index", "decimals", "start", "length"}
TYPES = {
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

CONSTRUCTS = {
    "Star": "the star", "Lambda": "a lambda", "Window": "a window (OVER)", "Array": "a list",
    "Struct": "a struct", "Bracket": "an index in [ ]", "Dot": "a dotted name", "Tuple": "a tuple",
    "JSONExtract": "an arrow (->)", "BitwiseAnd": "&", "BitwiseOr": "|", "BitwiseXor": "xor",
    "BitwiseNot": "~", "BitwiseLeftShift": "<<", "BitwiseRightShift": ">>", "SimilarTo":
    "SIMILAR TO", "RegexpFullMatch": "the operator ~", "Glob": "GLOB", "Collate": "COLLATE",
    "ByteString": "an escaped text (E'…')", "Kwarg": "a named argument", "Any": "ANY",
    "Distinct": "DISTINCT", "AtTimeZone": "AT TIME ZONE", "Ordered": "ORDER BY",
    "PropertyEQ": "a named argument", "Slice": "a slice", "HexString": "a hexadecimal number",
}  # fmt: skip
