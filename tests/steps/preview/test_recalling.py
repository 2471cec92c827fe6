"""The SQL of transforms is remembered, and only used again where it means the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.steps.road import Road
from workbench.steps.preview import Engine, Preview, recalling
from workbench.transforms import type_cast

DATES = "a;b\n12;2024-01-31\n007;2024-02-01\n"
DOUBLED = "a;b\n1;x\n2;x\n"


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One entry for each time that casts are written over rows."""
    times: list[bool] = []
    real = type_cast.apply

    def spy(table: Any, options: Any, context: Any) -> Any:
        if not context.symbolic:
            times.append(True)
        return real(table, options, context)

    monkeypatch.setattr(type_cast, "apply", spy)
    return times


def columns(
    road: Road, engine: Engine, transforms: str, more: str = "", text: str = DATES
) -> list[tuple[Any, ...]]:
    """The rows of a small file after ``transforms``."""
    road.file("a.csv", text)
    preview = Preview(
        engine, f'dataset: d\nsource: {{path: "inbox/a.csv"}}\n{more}\ntransforms:\n{transforms}'
    )
    assert preview.view().fault is None
    return [tuple(cells) for cells in preview.window(limit=10).cells]


def test_what_comes_after_an_edit_is_not_written_anew(
    messy: Callable[..., Preview], applied: list[bool]
) -> None:
    messy().view()
    assert len(applied) == 1
    shown = messy("north: N,", "north: North,").window(limit=10)
    assert len(applied) == 1
    assert "North" in [cell for cells in shown.cells for cell in cells]


@pytest.mark.parametrize("is_careful", [True, False])
def test_a_table_of_other_types_is_another_table(
    road: Road, engine: Engine, monkeypatch: pytest.MonkeyPatch, is_careful: bool
) -> None:
    if not is_careful:  # then it goes wrong, so that the test would see it
        real = recalling._key
        monkeypatch.setattr(recalling, "_key", lambda schema, *rest: real({}, *rest))
    second = "  - rename: {columns: {b: c}}\n"
    as_text = columns(road, engine, "  - trim: {}\n" + second)
    assert [row[0] for row in as_text] == ["12", "007"]
    cast = "  - type_cast: {columns: {a: integer}}\n"
    given = [row[0] for row in columns(road, engine, cast + second)]
    assert (given == [12, 7]) is is_careful


@pytest.mark.parametrize("is_careful", [True, False])
def test_a_query_of_other_options_is_another_query(
    road: Road, engine: Engine, monkeypatch: pytest.MonkeyPatch, is_careful: bool
) -> None:
    if not is_careful:  # then it goes wrong, so that the test would see it
        monkeypatch.setattr(recalling, "_key", lambda schema, what, *_: what)
    trim = "  - trim: {}\n"
    first = columns(road, engine, trim + "  - deduplicate: {keys: [b], keep: first}\n", "", DOUBLED)
    assert [row[0] for row in first] == ["1"]
    last = columns(road, engine, trim + "  - deduplicate: {keys: [b], keep: last}\n", "", DOUBLED)
    assert ([row[0] for row in last] == ["2"]) is is_careful


def test_a_parameter_of_another_type_is_another_parameter(road: Road, engine: Engine) -> None:
    derive = "  - derive: {columns: {c: ':since'}}\n  - derive: {columns: {d: year(c)}}\n"
    given = 'params: {since: {type: %s, default: "2024-01-31"}}'
    assert columns(road, engine, derive.split("\n")[0], given % "text")[0][2:] == ("2024-01-31",)
    assert columns(road, engine, derive, given % "date")[0][2:] == ("2024-01-31", 2024)


def test_views_go_when_the_rows_are_computed(messy: Callable[..., Preview], engine: Engine) -> None:
    messy().view()
    messy("amount * 2", "amount * 3").view()
    messy("amount * 2", "amount * region").view()  # refused
    with engine.reading() as cursor:
        names = [name for (name,) in cursor.sql("SELECT view_name FROM duckdb_views()").fetchall()]
    assert not [name for name in names if name.startswith("step_")]
