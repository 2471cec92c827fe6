"""JSON Schemas for editors accept what the loader accepts and refuse the obvious faults."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from workbench.errors import SpecError
from workbench.publish.reference_examples import EXAMPLES
from workbench.quality import catalog
from workbench.registry import names
from workbench.spec.loader import parse_dataset
from workbench.spec.schema import json_schema
from workbench.spec.yaml_source import read_file, read_text

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDERS = ("specs", "tests/real/specs", "tests/bench/specs")
SPECS = [path for folder in FOLDERS for path in sorted((REPOSITORY / folder).glob("*/*.yml"))]
BROKEN = Path(__file__).parent / "broken" / "specs"

VALIDATORS = {
    "datasets": Draft202012Validator(json_schema("dataset")),
    "connections": Draft202012Validator(json_schema("connection")),
}


def faults(text: str, folder: str = "datasets") -> list[str]:
    return [error.message for error in VALIDATORS[folder].iter_errors(read_text(text, "x").data)]


@pytest.mark.parametrize("kind", ["dataset", "connection"])
def test_the_schema_is_a_schema(kind: Any) -> None:
    schema = json_schema(kind)
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"].endswith("2020-12/schema")
    text = json.dumps(schema)
    assert all(name in schema.get("$defs", {}) for name in _references(schema))
    assert "``" not in text
    assert "workbench." not in text  # no names of modules


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_specs_that_load_are_accepted(path: Path) -> None:
    data = read_file(path, path.name).data
    assert [error.message for error in VALIDATORS[path.parent.name].iter_errors(data)] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: ".".join(example))
def test_examples_of_the_reference_are_accepted(example: tuple[str, str]) -> None:
    for part in EXAMPLES[example].split("\n---\n"):
        data = read_text(part, "x").data
        folder = "connections" if example[0] == "destinations" else "datasets"
        if example[0] == "sources":
            data = {"dataset": "a"} | data
        elif example[0] == "transforms":
            data = {"dataset": "a", "source": {"path": "a.csv"}, "transforms": data}
        assert [error.message for error in VALIDATORS[folder].iter_errors(data)] == []


#: Broken only by what no schema can say: columns, other files, expressions, repetition, time.
BEYOND = {
    "circle_1", "circle_2", "circle_3", "circle_self", "expressions", "fine", "gold_merge", "good",
    "join_unknown", "keys", "merge_without_key", "schedule_fields", "schedule_never",
    "source_unknown", "strategies", "target_taken", "target_unknown", "twin_1", "twin_2", "two",
    "bad_reference", "secret_in_url", "yaml_alias", "yaml_twice", "yaml_bracket",
}  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(BROKEN.rglob("*.yml")) if path.stem not in BEYOND],
    ids=lambda path: path.stem,
)
def test_broken_specs_are_refused(path: Path) -> None:
    data = read_file(path, path.name).data
    assert list(VALIDATORS[path.parent.name].iter_errors(data))


BASE = "dataset: a\nsource: {path: a.csv}\n"


@pytest.mark.parametrize(
    "more",
    [
        "transforms: [trim]", "transforms: [{trim: }]", "transforms:", "expectations:", "targets:",
        "transforms: [filter: {where: a > 1, enabled: false}]",
        "transforms: [type_cast: {columns: {a: date, b: {type: 'decimal(18, 2)'}}}]",
        "transforms: [aggregate: {measures: {n: count(*), s: {function: sum, column: a}}}]",
        "transforms: [drop: {columns: {except: [a]}}, drop: {columns: all}]",
        "expectations: [expect_table_row_count_to_equal: {value: 3, severity: warn}]",
        "expectations: [expect_column_values_to_be_between: {column: a, min_value: 2024-01-01}]",
        "params: {y: {type: integer, default: 2024}, z: {}}",
        "columns: {Año: {description: d, type: 'decimal(18,2)'}}",
        "timeout: 0.5\ncell_timeout: 9\nmemory: 1.5 GiB",
        "retry: {count: 0}\nschema_policy: refuse\nupdate: append",
    ],
)  # fmt: skip
def test_what_is_right_is_accepted_by_both(more: str) -> None:
    parse_dataset(BASE + more)
    assert faults(BASE + more) == []


@pytest.mark.parametrize(
    "more",
    [
        "transfroms: []", "transforms: [trimm]", "transforms: [filter]",
        "transforms: [{trim: {}, drop: {columns: a}}]", "transforms: [{}]",
        "transforms: [trim: {colums: all}]", "transforms: [trim: {enabled: nope}]",
        "transforms: {trim: {}}", "transforms: [type_cast: {columns: {a: integr}}]",
        "transforms: [aggregate: {measures: {n: all of them}}]",
        "expectations: [expect_column_values_to_be_nul: {column: a}]",
        "expectations: [expect_table_row_count_to_equal: {value: 3, severity: quarantine}]",
        "expectations: [expect_column_values_to_be_null: {column: a, severity: error}]",
        "expectations: [expect_column_values_to_be_null: {}]",
        "expectations: [unexpected_rows_expectation: {unexpected_rows_query: select 1}]",
        "targets: [{conection: warehouse}]", "targets: [{strategy: upser}]", "targets: [warehouse]",
        "params: {Year: {}}", "params: {y: {type: int}}", "key: id", "timeout: 0",
        "memory: plenty", "memory: 4", "memory: 1kb", "cell_timeout: -1",
        "columns: {a: {type: intger}}", "schedule: {timezone: UTC}", "retry: {count: 100}",
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_both(more: str) -> None:
    assert faults(BASE) == []
    with pytest.raises(SpecError):
        parse_dataset(BASE + more)
    assert faults(BASE + more)


def test_editors_can_complete_and_explain_everything() -> None:
    schema = json_schema("dataset")
    items = {key: _mapping(schema["properties"][key]) for key in ("transforms", "expectations")}
    assert set(items["transforms"]) == set(names("transforms"))
    assert set(items["expectations"]) == set(catalog.MODELS)
    for name, options in items["transforms"].items():
        assert "enabled" in options["properties"], name
    for name, options in items["expectations"].items():
        severities = options["properties"]["severity"]["enum"]
        assert ("quarantine" in severities) == catalog.can_quarantine(name), name
    sources = schema["properties"]["source"]["anyOf"]
    assert {each["properties"]["type"]["const"] for each in sources} == set(names("sources"))
    connections = json_schema("connection")
    assert set(connections["properties"]["type"]["enum"]) == set(names("destinations"))
    unexplained = [*_unexplained(schema), *_unexplained(connections)]
    assert unexplained == []
    assert _unexplained({"anyOf": [{"properties": {"a": {}}}]}) == ["/anyOf/a"]  # it would tell


def test_connections() -> None:
    base = "connection: a\ntype: postgres\ndatabase: d\n"
    assert faults(base + "port: 5432\nsslmode: ${env:MODE}\n", "connections") == []
    assert faults(base + "port: ${env:PORT}\npassword: ${file:pw}\n", "connections") == []
    assert faults(base + "password: hunter2\n", "connections")
    assert faults(base + "port: high\n", "connections")
    assert faults(base + "hots: x\n", "connections")
    assert faults("connection: a\ntype: parquet\n", "connections")  # without its path
    assert faults("connection: a\ntype: duckdb\nhost: x\n", "connections")


def test_a_schema_is_made_anew_each_time() -> None:
    before = copy.deepcopy(json_schema("dataset"))
    json_schema("dataset")["properties"].clear()
    assert json_schema("dataset") == before


def _mapping(items: dict[str, Any]) -> dict[str, Any]:
    inner = items["items"]
    found: dict[str, Any] = inner.get("anyOf", [inner])[0]["properties"]
    return found


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(_references(each) for each in value.values()))
    return set().union(*(_references(each) for each in value)) if isinstance(value, list) else set()


def _unexplained(schema: Any, path: str = "") -> list[str]:
    """Properties that no description tells what they are."""
    if isinstance(schema, list):
        return [each for item in schema for each in _unexplained(item, path)]
    if not isinstance(schema, dict):
        return []
    missing = []
    for key, each in schema.items():
        if key == "properties":
            missing += [
                f"{path}/{name}" for name, inner in each.items()
                if not inner.get("description") and "$ref" not in inner
            ]  # fmt: skip
        missing += _unexplained(each, f"{path}/{key}")
    return missing
