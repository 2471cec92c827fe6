"""Values that are code, markup, formulas, or no values at all; and patterns that never end."""

from __future__ import annotations

from tests.hostile.case import Case, Loads, Refused
from tests.hostile.texts import csv

HTML = "<script>alert(1)</script><img src=x onerror=alert(2)>"
CAST = "transforms:\n  - type_cast: {columns: {COLUMNS}, on_error: quarantine}\n"
#: Refuses every row, so that all of them are exported.
REFUSE = """\
expectations:
  - expect_column_values_to_be_null: {column: name, severity: quarantine}
"""


def cast(columns: str) -> str:
    return CAST.replace("{COLUMNS}", "{" + columns + "}")


CODE = {
    "values_that_drop_tables": Case(
        Loads((("1", "'); DROP TABLE d; --"), ("2", "x' OR '1'='1"))),
        csv("1,'); DROP TABLE d; --", "2,x' OR '1'='1"),
    ),
    "values_that_drop_tables_and_are_refused": Case(
        Loads((), refused=2),
        csv("1,'); DROP TABLE d; --", "2,\"'; COPY d TO 'CANARY'; --\""),
        more=REFUSE,
    ),
    "values_that_are_markup": Case(Loads(((("1"), HTML),)), csv(f'1,"{HTML}"')),
    "refused_values_that_are_markup": Case(Loads((), refused=1), csv(f'1,"{HTML}"'), more=REFUSE),
    "refused_values_that_are_formulas": Case(
        Loads((), refused=7),
        csv(
            "=1,=cmd|' /C touch CANARY'!A0",
            "2,+1+1",
            "3,-2+3",
            "4,@SUM(A1)",
            '5,"\t=1"',
            '6,"\r=1"',
            "7,'=1",
        ),
        options="header: 1",
        more=REFUSE,
    ),
    "values_that_are_templates": Case(
        Loads((("1", "${env:HOME} ${file:SECRET} {{7*7}} %(x)s {0} $HOME `id`"),)),
        csv("1,${env:HOME} ${file:SECRET} {{7*7}} %(x)s {0} $HOME `id`"),
    ),
    "values_that_are_python": Case(
        Loads((("1", "__import__('os').system('touch CANARY')"),)),
        csv("1,__import__('os').system('touch CANARY')"),
    ),
    "values_that_turn_text_round": Case(
        Loads((), refused=1), csv("1,a\u202eb\u2066c\u200f"), more=REFUSE
    ),
    "values_that_command_a_terminal": Case(
        Loads((), refused=60),
        csv("1,\x1b]0;owned\x07\x1b[2Jx\x9b31m", *(f"{n},nothing of note" for n in range(59))),
        more=REFUSE,
    ),
    "values_that_are_plotly_markup": Case(
        Loads((("1", "<b><a href='javascript:alert(1)'>x</a>"),)),
        csv("1,<b><a href='javascript:alert(1)'>x</a>"),
    ),
}

NUMBERS = {
    "integers_beyond_all_bounds": Case(
        Loads((("9223372036854775807", "a"),), refused=3),
        csv("9223372036854775807,a", "9223372036854775808,b", f"{10**400},c", f"-{10**30},d"),
        more=cast("id: integer"),
    ),
    "numbers_that_are_none": Case(
        Loads((("1.5", "a"),), refused=6),
        csv("1.5,a", "NaN,b", "inf,c", "-Infinity,d", "1e999,e", "0x10,f", "1_000,g"),
        more=cast("id: number"),
    ),
    "decimals_of_fifty_digits": Case(
        Loads((("1.50", "a"),), refused=2),
        csv("1.50,a", f"{'9' * 50}.1,b", "1.505,c"),
        more=cast("id: 'decimal(18,2)'"),
    ),
    "days_that_never_were": Case(
        Loads((("2024-02-29", "a"),), refused=6),
        csv(
            "2024-02-29,a",
            "2023-02-29,b",
            "0000-00-00,c",
            "9999-99-99,d",
            "99999-01-01,e",
            "2024-13-01,f",
            "-0001-01-01,g",
        ),
        more=cast("id: date"),
    ),
    "digits_of_other_scripts": Case(
        Loads((("1", "a"),), refused=2), csv("1,a", "٣,b", "１,c"), more=cast("id: integer")
    ),
    "keys_that_come_twice": Case(
        Refused("KeyViolation", ("id", "1")), csv("1,a", "1,b"), more="key: [id]\n"
    ),
    "keys_that_are_nothing": Case(
        Refused("KeyViolation", ("id",)), csv(",a", ",b"), more="key: [id]\n"
    ),
    "keys_that_differ_by_case_and_space": Case(
        Loads(count=4), csv("a,1", "A,2", "a ,3", "á,4"), more="key: [id]\n"
    ),
}

_AS = "a" * 4_000 + "!"
_EVIL = "(a+)+$"

PATTERNS = {
    "a_pattern_that_backtracks_in_a_check": Case(
        Loads((), refused=1),
        csv(f"1,{_AS}"),
        more="expectations:\n  - expect_column_values_to_match_regex:\n"
        f"      {{column: name, regex: '^{_EVIL}', severity: quarantine}}\n",
    ),
    "a_pattern_that_backtracks_in_an_expression": Case(
        Loads(()),
        csv(f"1,{_AS}"),
        more=f"transforms:\n  - filter: {{where: \"regexp_matches(name, '^{_EVIL}')\"}}\n",
    ),
    "a_pattern_that_backtracks_in_a_replacement": Case(
        Loads((("1", _AS),)),
        csv(f"1,{_AS}"),
        more=f"transforms:\n  - replace_values: {{columns: name, pattern: '^{_EVIL}', with: x}}\n",
    ),
    "a_pattern_that_backtracks_on_names": Case(
        Refused("SourceError", ("a" * 40, "does not match")),
        csv("1,a"),
        file="a" * 200 + "!.csv",
        options=f"values_from_name: '(?P<x>{_EVIL})'",
    ),
    "a_pattern_that_backtracks_on_headers": Case(
        Refused("SchemaChanged", ("no column matches",)),
        csv("1,2", head="id," + "a" * 300 + "!"),
        more=f"transforms:\n  - drop: {{columns: {{pattern: '^x?{_EVIL}_'}}}}\n",
    ),
    "a_pattern_that_backtracks_on_footers": Case(
        Loads(count=1), csv(f"1,{_AS}"), options=f"footer: {{match: '^1,{_EVIL}'}}"
    ),
    "a_pattern_that_backtracks_in_a_melt": Case(
        Refused("SchemaChanged", ("does not match",)),
        csv("1,2", head="id," + "a" * 300 + "!"),
        more="transforms:\n  - melt:\n      {keep: [id], names_to: n, values_to: v, "
        "names_pattern: '^(?:a+)+($)'}\n",
    ),
    "a_pattern_with_look_around": Case(
        Refused("SpecError", ("d.yml:2", "look-around")),
        csv("1,a"),
        options="values_from_name: '(?P<x>(?=a)+)'",
    ),
}
