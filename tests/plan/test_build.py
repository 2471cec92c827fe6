"""Plans: what will happen, from specs and what was observed. No files, no databases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from workbench.config import Settings
from workbench.errors import SourceMissing, TransformError
from workbench.model.dataset import Column
from workbench.model.plan import Plan, PlannedTransform
from workbench.plan.build import build_plan
from workbench.spec.loader import load_project
from workbench.spec.models import DatasetSpec, TargetSpec

SALES = """
dataset: sales
source: {path: "inbox/*.csv"}
transforms:
  - rename: {columns: {monto: amount}}
  - type_cast: {columns: {amount: "decimal(18,2)"}}
key: [id]
columns: {amount: {description: What was paid}}
expectations:
  - expect_column_values_to_not_be_null: {column: amount, severity: warn}
targets: [{}]
"""
COPY = """
dataset: copy
source: {type: dataset, dataset: sales}
transforms:
  - drop: {columns: [id]}
"""


class Seen:
    """An observer that has seen these source columns; nothing is published."""

    def __init__(self, **sources: list[str]) -> None:
        self.sources = sources

    def source_columns(self, spec: DatasetSpec) -> tuple[Column, ...]:
        if spec.dataset not in self.sources:
            raise SourceMissing("no file matches 'inbox/*.csv'", where="inbox")
        return tuple(Column(name=name) for name in self.sources[spec.dataset])

    def published_columns(self, dataset: str) -> tuple[Column, ...] | None:
        return None

    def walked(
        self,
        spec: DatasetSpec,
        received: tuple[Column, ...],
        upstream: Mapping[str, tuple[Column, ...]],
    ) -> tuple[PlannedTransform, ...] | None:
        return None

    def target(
        self, spec: DatasetSpec, target: TargetSpec, columns: tuple[Column, ...]
    ) -> tuple[str, tuple[str, ...]]:
        return "duckdb", (f"create table {target.table} ({len(columns)} columns)",)


def plan(settings: Settings, seen: Seen, *names: str, strict: bool = True) -> Plan:
    for name, text in (("sales", SALES), ("copy", COPY)):
        Path(settings.specs / "datasets" / f"{name}.yml").write_text(text)
    return build_plan(load_project(settings), names, seen, strict=strict)


def test_steps_stand_in_an_order_in_which_they_can_be_done(settings: Settings) -> None:
    planned = plan(settings, Seen(sales=["id", "monto"]), "copy")
    done: set[str] = set()
    for step in planned.steps:
        assert set(step.needs) <= done, step.id
        done.add(step.id)
    assert [step.id for step in planned.steps] == [
        "sales.ingest",
        "sales.transform",
        "sales.validate",
        "sales.materialize.warehouse.sales",
        "copy.transform",
        "copy.validate",
    ]


def test_columns_are_shown_after_each_transform(settings: Settings) -> None:
    planned = plan(settings, Seen(sales=["id", "monto"]), "sales")
    transforms = planned.step("sales.transform").transforms
    assert [[f"{c.name} {c.type}" for c in each.columns] for each in transforms] == [
        ["id text", "amount text"],
        ["id text", "amount decimal(18,2)"],
    ]
    described = {c.name: c for c in planned.step("sales.validate").columns}
    assert described["amount"].description == "What was paid"
    assert not described["id"].nullable


def test_gold_is_planned_from_the_columns_planned_upstream(settings: Settings) -> None:
    planned = plan(settings, Seen(sales=["id", "monto"]), "copy")
    assert [c.name for c in planned.step("copy.validate").columns] == ["amount"]


def test_a_source_that_does_not_fit_is_an_error_or_a_note(settings: Settings) -> None:
    seen = Seen(sales=["id", "amont"])
    with pytest.raises(TransformError, match="monto"):
        plan(settings, seen, "sales")
    noted = plan(settings, seen, "sales", strict=False)
    assert "monto" in noted.step("sales.ingest").notes[0]


def test_a_missing_file_is_an_error_or_a_note(settings: Settings) -> None:
    with pytest.raises(SourceMissing):
        plan(settings, Seen(), "sales")
    noted = plan(settings, Seen(), "sales", strict=False)
    assert "no file" in noted.step("sales.ingest").notes[0]


def test_targets_say_what_would_change(settings: Settings) -> None:
    planned = plan(settings, Seen(sales=["id", "monto"]), "sales")
    target = planned.steps[-1].target
    assert target is not None
    assert (target.strategy, target.key) == ("upsert", ("id",))
    assert target.changes == ("create table sales (2 columns)",)


def test_a_plan_travels_as_json(settings: Settings) -> None:
    planned = plan(settings, Seen(sales=["id", "monto"]), "copy")
    assert Plan.model_validate_json(planned.model_dump_json()) == planned
