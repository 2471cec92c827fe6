"""The catalog: models for all, found without an engine, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from workbench.quality import catalog, row_groups, rows, rules


def test_importing_the_catalog_imports_no_engine() -> None:
    heavy = ("duckdb", "ibis", "great_expectations", "pandas", "pyarrow", "sqlglot")
    code = f"import sys, workbench.quality.catalog; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_compiled_name_has_its_compiler() -> None:
    assert set(rows.COMPILERS) | set(row_groups.COMPILERS) == set(catalog.ROWS)
    assert set(rules.COMPILERS) == set(catalog.COMPILED)


def test_every_argument_says_what_it_means() -> None:
    for name, model in catalog.MODELS.items():
        assert model.__doc__, name
        for field, schema in model.model_json_schema()["properties"].items():
            assert schema.get("description") or "$ref" in schema, f"{name}.{field}"


@pytest.mark.parametrize(
    ("pattern", "fine"),
    [
        (r"^\d{4}-\d{2}$", True),
        (r"[(?=]", True),
        (r"\(?=x", True),
        (r"(?i)abc|\\1", True),
        (r"(?:a|b)(?P<year>\d)", True),
        (r"a(?!b)", False),
        (r"(?<=a)b", False),
        (r"(a)\1", False),
        (r"(?P<x>a)(?P=x)", False),
        ("[", False),
    ],
)
def test_regular_expressions_that_sql_can_do(pattern: str, fine: bool) -> None:
    model = catalog.model("expect_column_values_to_match_regex")
    given: Mapping[str, Any] = {"column": "a", "regex": pattern}
    if fine:
        model.model_validate(given)
    else:
        with pytest.raises(ValueError, match=r"regular expression|look-around"):
            model.model_validate(given)


def test_values_keep_their_types() -> None:
    """``1``, ``"1"``, ``true`` and ``1.0`` are different values in YAML and stay so."""
    model = catalog.model("expect_column_values_to_be_in_set")
    values = model.model_validate({"column": "a", "value_set": [1, "1", True, 1.5, "2024-01-01"]})
    assert [type(value) for value in values.value_set] == [int, str, bool, float, str]  # type: ignore[attr-defined]


def test_columns_that_an_expectation_reads() -> None:
    name = "expect_column_pair_values_to_be_equal"
    arguments = catalog.model(name).model_validate({"column_A": "a", "column_B": "b"})
    assert catalog.columns(name, arguments) == ("a", "b")
    name = "expect_table_columns_to_match_ordered_list"
    assert catalog.columns(name, catalog.model(name).model_validate({"column_list": ["a"]})) == ()
