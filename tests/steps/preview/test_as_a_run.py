"""A preview gives what a run gives: rows, ledgers, refusals and checks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from tests.conftest import REPOSITORY
from tests.steps.road import Road, result
from workbench.model.run import Run
from workbench.model.sql import identifiers
from workbench.spec.loader import load_project
from workbench.steps.context import StepContext
from workbench.steps.preview import Engine, Preview
from workbench.steps.preview.kept import PREVIEW
from workbench.transforms.core import pipeline


def run_and_keep(road: Road, name: str, **options: Any) -> tuple[Run, list[tuple[Any, ...]]]:
    """Run a dataset; also the rows that it staged, without the name of the run."""
    rows: list[tuple[Any, ...]] = []

    def look(context: StepContext) -> None:
        if context.step.verb == "validate" and context.step.dataset == name:
            ref = context.result_of("transform").outputs[0]
            columns = ["_source", "_row", *(column.name for column in ref.columns)]
            with duckdb.connect() as connection:
                rows.extend(
                    connection.execute(
                        f"SELECT {identifiers(columns)} FROM read_parquet($1)", [ref.uri]
                    ).fetchall()
                )

    road.before = look
    run = road.run(name, **options)
    return run, sorted(rows, key=repr)


def previewed(preview: Preview) -> list[tuple[Any, ...]]:
    """The final rows of a preview as it would stage them."""
    preview.checks()
    candidate, _ = preview.walk.reach(len(preview.spec.transforms)).parts["candidate"]
    with preview.engine.reading() as cursor:
        names = [n for n in cursor.sql(f"FROM {candidate}").columns if n != "_run"]
        return sorted(
            cursor.sql(f"SELECT {identifiers(names)} FROM {candidate}").fetchall(), key=repr
        )


def agree(preview: Preview, done: tuple[Run, list[tuple[Any, ...]]], name: str) -> None:
    """Everything that both say is the same."""
    run, staged = done
    view, transformed = preview.view(), result(run, "transform", name)
    assert [step.ledger for step in view.steps if step.ledger] == list(transformed.ledgers)
    assert [(c.name, c.type) for c in view.columns] == [
        (c.name, c.type) for c in transformed.outputs[0].columns
    ]
    assert previewed(preview) == staged
    validated = result(run, "validate", name)
    assert [
        (c.name, c.success, c.failing, c.error) for c in preview.checks(everything=True).checks
    ] == [
        (c.expectation, c.success, c.result.get("unexpected_count"), c.error)
        for c in validated.checks
    ]
    edges = {edge for edge in transformed.lineage if edge.target_column and edge.source_column}
    assert set(view.lineage) == {edge for edge in edges}


@pytest.mark.parametrize("name", ["presupuesto_ejecucion", "ventas", "clientes", "productos"])
def test_the_sample_datasets_are_previewed_as_they_run(
    road: Road, engine: Engine, name: str
) -> None:
    project = road.settings.project
    shutil.rmtree(project / "specs")
    shutil.copytree(REPOSITORY / "specs", project / "specs")
    spec = load_project(road.settings).dataset(name)
    preview = Preview(engine, spec, scope="whole")
    newest = preview.view().input.file
    for path in project.glob(spec.source.path[0]):
        if path.name != newest:
            path.unlink()
    agree(preview, run_and_keep(road, name, upstream=False), name)


def test_a_dataset_made_from_datasets_is_previewed_as_it_runs(road: Road, engine: Engine) -> None:
    project = road.settings.project
    shutil.rmtree(project / "specs")
    shutil.copytree(REPOSITORY / "specs", project / "specs")
    done = run_and_keep(road, "ventas_por_region")
    spec = load_project(road.settings).dataset("ventas_por_region")
    preview = Preview(engine, spec, scope="whole")
    assert preview.view().input.sha256.startswith("ventas@")
    agree(preview, done, "ventas_por_region")


def test_refusals_and_failing_rows_are_those_of_a_run(
    road: Road, messy: Callable[..., Preview]
) -> None:
    preview = messy()
    done = run_and_keep(road, "sales")
    agree(preview, done, "sales")
    run = done[0]
    refused = {reason for step in preview.view().steps for reason, _ in step.reasons}
    batch = result(run, "validate").quarantine[0].reasons
    assert refused < set(batch)
    check = preview.checks().checks[0]
    assert {f"{check.words} ({check.name})"} == set(batch) - refused


def test_step_by_step_gives_what_all_at_once_gives(messy: Callable[..., Preview]) -> None:
    at_once = messy()
    at_once.view()
    whole = at_once.window().cells
    slowly = messy()
    slowly.engine.kept.clear()
    slowly.engine.told.clear()
    windows = [slowly.window(number) for number in range(7)]
    assert windows[-1].cells == whole
    assert (
        [window.total for window in windows]
        == [step.rows for step in at_once.view().steps]
        == [7, 7, 6, 5, 4, 4, 3]
    )


def test_a_preview_says_that_it_is_none_of_a_run(messy: Callable[..., Preview]) -> None:
    preview = messy()
    kept = preview.walk.received
    with preview.engine.reading() as cursor:
        assert cursor.sql(f"SELECT DISTINCT _run FROM {kept.view}").fetchall() == [(PREVIEW,)]


def test_lineage_is_that_of_the_pipeline(messy: Callable[..., Preview]) -> None:
    preview = messy()
    walk = preview.walk
    columns = walk.received.stage.columns
    edges = pipeline.lineage(columns, walk.transforms, walk.others.context(columns))
    assert set(preview.view().lineage) == {edge for edge in edges if edge.target_column}
    assert json.loads(preview.view().model_dump_json())["lineage"]


@pytest.mark.parametrize("then", ["", "  - deduplicate: {keys: [a]}\n"])
def test_what_the_engine_refuses_is_said_by_both(road: Road, engine: Engine, then: str) -> None:
    spec = (
        'source: {path: "inbox/*.csv"}\ntransforms:\n  - type_cast: {columns: {a: integer}}\n'
        f'  - filter: {{where: "a > 0"}}\n  - derive: {{columns: {{c: a * a}}}}\n{then}key: [a]\n'
    )
    road.spec("squares", spec)
    road.file("a.csv", f"a;b\n1;x\n1;y\n{2**62};z\n")
    error = next(step.error for step in road.run("squares").steps if step.error)
    fault = Preview(engine, f"dataset: squares\n{spec}").view().steps[3].fault
    assert fault is not None and fault.message.startswith("the engine refuses it: ")
    assert (error["message"], error["where"]) == (fault.message, "dataset squares")


def test_a_column_called_rowid_is_one_like_others(road: Road, engine: Engine) -> None:
    spec = (
        'source: {path: "inbox/*.csv", null_values: [NA]}\ntransforms:\n'
        "  - type_cast: {columns: {k: integer}}\n  - deduplicate: {keys: [k], keep: last}\n"
        "key: [k]\nexpectations:\n  - expect_column_values_to_not_be_null: {column: rowid}\n"
    )
    road.spec("rows", spec)
    road.file("a.csv", "rowid;k\n7;1\nNA;1\n7;2\n")
    preview = Preview(engine, f"dataset: rows\n{spec}")
    agree(preview, run_and_keep(road, "rows"), "rows")
    assert preview.window(limit=5).cells == ((None, 1), ("7", 2))
    assert preview.window(0, limit=5, raw=True).positions == (0, 1, 2)
    assert preview.window(0, limit=5, raw=True).cells[1] == ("NA", "1")
