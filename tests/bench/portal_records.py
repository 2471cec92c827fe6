"""Records of many runs for the portal to publish, with notebooks as steps leave them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from tests.publish.site import notebook_of
from workbench.config import Settings
from workbench.engine.notebooks import executed_path
from workbench.model.dataset import Column, DatasetRef
from workbench.model.ledger import LoadLedger, ParseLedger, TransformLedger
from workbench.model.lineage import LineageEdge
from workbench.model.plan import Plan, PlanStep, Verb
from workbench.model.result import CheckResult, ColumnProfile, QuarantineBatch, StepResult
from workbench.model.run import Run
from workbench.model.status import Status
from workbench.records import results
from workbench.records.catalog import CatalogEntry, sync_datasets
from workbench.records.loads import TargetLoad, record_load
from workbench.records.quarantine import add_rows
from workbench.records.runs import create_run, get_run
from workbench.records.schema import attempts, runs, step_runs
from workbench.records.store import Records
from workbench.records.versions import publish_version

START = datetime(2025, 1, 1, tzinfo=UTC)
VERBS: tuple[Verb, ...] = ("ingest", "transform", "validate", "materialize")
COLUMNS = tuple(f"column_{number:02d}" for number in range(20))


def name(number: int) -> str:
    """The name of a dataset."""
    return f"dataset_{number:03d}"


def catalog(records: Records, datasets: int) -> None:
    """Describe the datasets; every fifth one is made from the two before it."""
    entries = []
    for number in range(datasets):
        columns = "".join(
            f"  {column}: {{description: What column {n} of it means}}\n"
            for n, column in enumerate(COLUMNS)
        )
        text = (
            f"dataset: {name(number)}\ntitle: Dataset {number}\nowner: Team {number % 7}\n"
            f"source: {{path: 'inbox/{name(number)}_*.csv'}}\nkey: [column_00]\n"
            f"columns:\n{columns}targets:\n  - {{connection: warehouse}}\n"
            "schedule: {cron: '0 6 * * *'}\n"
        )
        entry = CatalogEntry(
            name=name(number),
            title=f"Dataset {number}",
            description="What one row of it is, in a sentence.",
            owner=f"Team {number % 7}",
            tags=(f"tag{number % 5}",),
            layer="gold" if number % 5 == 4 else "silver",
            spec_hash=f"{number:032x}",
            spec_path=f"specs/datasets/{name(number)}.yml",
            columns=_columns(),
        )
        entries.append((entry, text))
    sync_datasets(records, entries)


def _columns() -> tuple[Column, ...]:
    types = ("text", "integer", "decimal(18,2)", "date")
    return tuple(
        Column(name=column, type=types[n % 4], original=f"Column No. {n}")
        for n, column in enumerate(COLUMNS)
    )


def add_run(settings: Settings, records: Records, number: int, datasets: int) -> Run:
    """Record run ``number`` of a dataset as done, with its notebooks."""
    dataset = name(number % datasets)
    steps = tuple(
        PlanStep(
            id=f"{dataset}.{verb}",
            dataset=dataset,
            verb=verb,
            needs=(f"{dataset}.{VERBS[place - 1]}",) if place else (),
        )
        for place, verb in enumerate(VERBS)
    )
    plan = Plan(
        workflow=dataset,
        datasets=(dataset,),
        steps=steps,
        specs={dataset: f"{number % datasets:032x}"},
    )
    created = create_run(records, plan, by="scheduler")
    assert created is not None
    moment = START + timedelta(minutes=17 * number)
    made = _results(created.id, number, datasets)
    with records.begin() as connection:
        for place, result in enumerate(made):
            began = moment + timedelta(seconds=3 * place)
            ended = began + timedelta(seconds=2.5)
            step = step_runs.c.run_id == created.id, step_runs.c.position == place
            results.store(connection, created.id, steps[place].id, result)
            path = executed_path(settings, created.steps[place].model_copy(update={"attempt": 1}))
            connection.execute(
                sa.update(step_runs)
                .where(*step)
                .values(
                    status=Status.SUCCESS, attempt=1, queued_at=began, started_at=began,
                    finished_at=ended, worker="worker-1", notebook=str(path),
                    result=result.model_dump(mode="json"),
                )
            )  # fmt: skip
            connection.execute(
                sa.insert(attempts).values(
                    run_id=created.id, step_id=steps[place].id, number=1, worker="worker-1",
                    status=Status.SUCCESS, started_at=began, heartbeat_at=ended, finished_at=ended,
                )
            )  # fmt: skip
            path.parent.mkdir(parents=True, exist_ok=True)
            content = notebook_of(settings, created.steps[place], result, None)
            path.write_text(json.dumps(content), encoding="utf-8")
        finished = moment + timedelta(seconds=12)
        connection.execute(
            sa.update(runs)
            .where(runs.c.id == created.id)
            .values(
                status=Status.SUCCESS, created_at=moment, started_at=moment, finished_at=finished
            )
        )
        ref = DatasetRef(
            dataset=dataset, layer=_layer(number, datasets),
            uri=str(settings.path("lake", dataset)), format="delta", version=number,
            columns=_columns(), rows=10_000 + number,
        )  # fmt: skip
        publish_version(connection, ref, created.id, now=finished)
        if number % 7 == 0:
            reasons = ("column_01 is missing",)
            refused = [(f"{created.id}-{n}", "in.csv", n, reasons) for n in range(3)]
            add_rows(
                connection, dataset, created.id, "validate", "q.parquet", refused, now=finished
            )
        record_load(
            connection,
            TargetLoad(
                target=f"warehouse.{dataset}", dataset=dataset, version=number, run_id=created.id,
                strategy="upsert", fence=number + 1, ledger=_load(number), loaded_at=finished,
            ),
        )  # fmt: skip
    return get_run(records, created.id)


def _layer(number: int, datasets: int) -> str:
    return "gold" if number % datasets % 5 == 4 else "silver"


def _load(number: int) -> LoadLedger:
    rows = 10_000 + number
    return LoadLedger(
        name="main.table", candidate=rows, inserted=100, unchanged=rows - 100, before=rows - 100,
        after=rows,
    )  # fmt: skip


def _results(run_id: str, number: int, datasets: int) -> tuple[StepResult, ...]:
    dataset = name(number % datasets)
    rows = 10_000 + number
    ref = DatasetRef(dataset=dataset, layer="silver", uri="lake", format="delta", rows=rows)
    checks = tuple(
        CheckResult(
            expectation="expect_column_values_to_be_between",
            kwargs={"column": column, "min_value": 0, "max_value": 100 + n},
            severity="warn",
            success=(number + n) % 9 != 0,
            result={
                "element_count": rows, "unexpected_count": 3, "unexpected_percent": 0.03,
                "partial_unexpected_list": [-1, -2, -3],
            },
        )
        for n, column in enumerate(COLUMNS[:8])
    )  # fmt: skip
    profiles = tuple(
        ColumnProfile(
            column=column, type="DOUBLE", rows=rows, nulls=n * 10, distinct=500, minimum="0",
            maximum="100", mean=49.5, top=tuple((f"value {k}", 100 - k) for k in range(5)),
            histogram=tuple((k * 5.0, k * 5.0 + 5, 50 + k) for k in range(20)) if n % 2 else (),
        )
        for n, column in enumerate(COLUMNS)
    )  # fmt: skip
    place = number % datasets
    sources = [name(place - 1), name(place - 2)] if place % 5 == 4 else [f"{dataset}.bronze"]
    lineage = tuple(
        LineageEdge(source=source, target=dataset, source_column=column, target_column=column)
        for source in sources
        for column in COLUMNS
    )
    return (
        StepResult(
            verb="ingest", dataset=dataset, outputs=(ref,),
            ledgers=(ParseLedger(name="in.csv", records=rows + 1, header=1, parsed=rows),),
            lineage=(LineageEdge(source="raw:in.csv", target=f"{dataset}.bronze"),),
        ),
        StepResult(
            verb="transform", dataset=dataset, outputs=(ref,), lineage=lineage,
            ledgers=tuple(
                TransformLedger(name=f"{n} {what}", rows_in=rows, rows_out=rows)
                for n, what in enumerate(("rename", "type_cast", "derive", "filter"), 1)
            ),
        ),
        StepResult(
            verb="validate", dataset=dataset, outputs=(ref,), checks=checks, profiles=profiles,
            ledgers=(
                TransformLedger(name="checks", rows_in=rows + 3, rows_out=rows, quarantined=3),
            ),
            quarantine=(
                QuarantineBatch(
                    dataset=dataset, uri="q.parquet", rows=3, reasons={"column_01 is missing": 3}
                ),
            ),
        ),
        StepResult(
            verb="materialize", dataset=dataset, ledgers=(_load(number),),
            lineage=(LineageEdge(source=dataset, target=f"target:warehouse.{dataset}"),),
        ),
    )  # fmt: skip


def many(settings: Settings, records: Records, *, runs: int, datasets: int) -> None:
    """Record many runs."""
    catalog(records, datasets)
    for number in range(runs):
        add_run(settings, records, number, datasets)


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
