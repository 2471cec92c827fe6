"""Specs, parameters and expressions that are made to do harm."""

from __future__ import annotations

from tests.hostile.case import Case, Loads, Refused
from tests.hostile.texts import csv

GOOD = csv("1,ana", "2,ben")
SPEC = "SpecError"
_HEAD = 'source: {path: "inbox/*"}\n'
_LOAD = "targets:\n  - {connection: warehouse}\n"


def yaml(text: str, *words: str) -> Case:
    """A spec that is refused with its file."""
    return Case(Refused(SPEC, ("d.yml", *words)), GOOD, spec=_HEAD + text)


YAML = {
    "aliases": yaml("title: &x a\ndescription: *x\n", "&x"),
    "a_bomb_of_aliases": yaml(
        "tags: &a [x, x, x]\n"
        + "".join(
            f"t{n}: &b{n} [{', '.join(['*a' if n == 0 else f'*b{n - 1}'] * 9)}]\n" for n in range(9)
        ),
        "anchors",
    ),
    "a_tag_that_runs_python": yaml(
        'title: !!python/object/apply:os.system ["touch CANARY"]\n',
        "!!python/object/apply:os.system",
    ),
    "a_tag_that_makes_objects": yaml("title: !!python/name:os.system x\n", "tags"),
    "keys_twice": yaml("title: a\ntitle: b\n", "'title' is here twice", "d.yml:4"),
    "merge_keys": yaml("retry: {<<: {count: 1}}\n", "merge keys"),
    "depth": yaml("tags: " + "[" * 5000 + "]" * 5000 + "\n", "nested"),
    "a_huge_integer": yaml(f"timeout: {10**400}\n", "timeout"),
    "a_number_that_is_no_number": yaml("timeout: .inf\n", "timeout"),
    "a_hidden_direction": yaml("title: a\u202eb\n", "U+202E"),
    "a_nul": yaml('title: "a\\0b"\n', "NUL"),
    "a_size": Case(
        Refused(SPEC, ("d.yml", "larger than")), GOOD, spec=_HEAD + "# " + "x" * 2_000_000
    ),
    "bytes_that_are_no_text": Case(
        Refused(SPEC, ("d.yml:2", "UTF-8")), GOOD, spec=b"dataset: d\ntitle: \xff\xfe\n"
    ),
    "nothing_at_all": Case(Refused(SPEC, ("d.yml",)), GOOD, spec=b""),
    "a_name_that_climbs_out": Case(
        Refused(SPEC, ("d.yml:1", "usable name")), GOOD, spec="dataset: ../../x\n" + _HEAD
    ),
    "a_table_that_is_sql": yaml("targets: [{table: 'd\"; DROP TABLE d; --'}]\n", "usable name"),
    "a_key_that_is_sql": Case(
        Refused("SchemaChanged", ('id"; DROP',)), GOOD, more="key: ['id\"; DROP TABLE d; --']\n"
    ),
    "a_parameter_whose_name_is_code": yaml(
        'params: {"x\\nimport os": {default: "1"}}\n', "usable name"
    ),
    "an_unknown_key_of_markup": yaml("<script>alert(1)</script>: 1\n", "unknown key"),
    "a_secret_where_none_belongs": Case(
        Loads(count=2), GOOD, more="title: ${file:SECRET}\ndescription: ${env:HOME}\n"
    ),
}


def expression(text: str, *words: str) -> Case:
    """A filter that is refused with the place in the spec."""
    quoted = text.replace("'", "''")
    return Case(
        Refused(SPEC, ("d.yml:", *words)),
        GOOD,
        more=f"transforms:\n  - filter: {{where: '{quoted}'}}\n",
    )


EXPRESSIONS = {
    "a_dunder": expression("id.__class__ = 1", "qualified"),
    "a_way_to_the_builtins": expression("().__class__.__bases__[0].__subclasses__()"),
    "a_call_of_eval": expression('eval(\'__import__("os").system("touch CANARY")\')', "eval"),
    "a_reader_of_files": expression("read_text('SECRET') = 'x'", "read_text"),
    "a_reader_of_the_environment": expression("getenv('HOME') = 'x'", "getenv"),
    "a_query": expression("id in (select name from read_csv('SECRET'))", "query"),
    "a_second_statement": expression("id = '1'; drop table d", "';'"),
    "a_copy": expression("copy d to 'CANARY'"),
    "a_comment_that_never_ends": expression("id = 1 /* "),
    "depth_in_an_expression": expression("(" * 3000 + "id" + ")" * 3000, "nested deeper"),
    "negations_without_end": expression("not " * 2000 + "id = 1", "nested deeper"),
    "a_literal_of_ten_thousand_digits": expression(f"id = {'9' * 10_001}", "longer than"),
    "a_literal_of_a_thousand_digits": Case(
        Refused("ExpressionError", ("transform", "literal")),
        GOOD,
        more=f"transforms:\n  - filter: {{where: id = {'9' * 1000}}}\n",
    ),
    "an_escape_from_a_text": Case(
        Loads(()), GOOD, more="transforms:\n  - filter: {where: 'id = ''x'''' or 1=1 --'''}\n"
    ),
    "a_macro": expression("columns('.*') = 1", "columns"),
    "an_attack_on_the_dialect": expression("id = $$ x $$"),
}

_PARAM = "params: {p: {default: none}}\n"
_FILTER = _PARAM + "transforms:\n  - filter: {where: id = :p}\n"


def param(value: object, expect: Loads | Refused, *, more: str = _FILTER) -> Case:
    return Case(expect, GOOD, more=more, params={"p": value})


PARAMETERS = {
    "a_value_that_is_sql": param("1' OR '1'='1", Loads(())),
    "a_value_that_ends_the_statement": param("'; COPY d TO 'CANARY'; --", Loads(())),
    "a_value_that_is_python": param("__import__('os').system('touch CANARY')", Loads(())),
    "a_value_that_is_a_reference": param("${file:SECRET}", Loads(())),
    "a_value_with_line_ends_and_nul": param("1\n2\x00", Refused("ConfigError", ("p",))),
    "a_value_of_ten_megabytes": param("x" * 10_000_000, Refused("ConfigError", ("p",))),
    "a_parameter_name_with_a_line_end": Case(
        Refused("ConfigError", ("x\\nimport os",)), GOOD, params={"x\nimport os": "1"}
    ),
    "a_name_that_is_not_declared": Case(
        Refused("ConfigError", ("zzz",)), GOOD, params={"zzz": "1"}
    ),
    "a_path_that_climbs_out": Case(
        Refused("ConfigError", ("p",)),
        GOOD,
        params={"p": "../../../../../secret.txt"},
        spec='params: {p: {default: d.csv}}\nsource: {path: "inbox/${param:p}"}\n' + _LOAD,
    ),
    "a_path_that_is_a_pattern": Case(
        Refused("ConfigError", ("p",)),
        GOOD,
        params={"p": "*"},
        spec='params: {p: {default: d.csv}}\nsource: {path: "inbox/${param:p}"}\n' + _LOAD,
    ),
}
