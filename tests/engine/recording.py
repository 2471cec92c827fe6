"""Fixtures and plans for tests that need records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.config import Settings
from workbench.model.plan import Plan, PlannedTarget, PlanStep, Retry
from workbench.records.store import Records, open_records

QUICK = Retry(count=2, delay=0.01, backoff=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a fresh project whose records are kept in each kind of database."""
    environ = {}
    if request.param == "postgresql":
        environ["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    (tmp_path / "specs").mkdir()
    return Settings(project=tmp_path, home=tmp_path / "home", environ=environ)


@pytest.fixture
def records(any_settings: Settings) -> Iterator[Records]:
    """Fresh records."""
    opened = open_records(any_settings)
    yield opened
    opened.close()


def steps_of(
    dataset: str, *needs: str, retry: Retry = QUICK, table: str | None = None
) -> tuple[PlanStep, ...]:
    """Ingest, transform and materialize of a dataset; ``needs`` are those of its transform."""
    target = PlannedTarget(
        name=f"warehouse.{table or dataset}",
        connection="warehouse",
        type="duckdb",
        table=table or dataset,
        strategy="upsert",
    )
    first, second = f"{dataset}.ingest", f"{dataset}.transform"
    return (
        PlanStep(id=first, dataset=dataset, verb="ingest", retry=retry),
        PlanStep(id=second, dataset=dataset, verb="transform", needs=(first, *needs), retry=retry),
        PlanStep(
            id=f"{dataset}.materialize.{target.name}",
            dataset=dataset,
            verb="materialize",
            needs=(second,),
            target=target,
            retry=retry,
        ),
    )


def plan_of(*steps: tuple[PlanStep, ...], workflow: str = "work") -> Plan:
    """A plan of the steps of some datasets."""
    flat = tuple(step for group in steps for step in group)
    return Plan(
        workflow=workflow,
        datasets=tuple(dict.fromkeys(step.dataset for step in flat)),
        steps=flat,
    )
