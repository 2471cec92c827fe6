"""The example project: what its README says of the two deliveries is what comes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.publish.conftest import Portal
from workbench.model.ledger import LoadLedger
from workbench.model.run import Run
from workbench.model.status import Status
from workbench.records import quarantine
from workbench.records.runs import get_run, list_runs
from workbench.records.store import Records, open_records

SPECS = Path(__file__).resolve().parents[2] / "specs"


@pytest.fixture
def records(portal: Portal) -> Iterator[Records]:
    """The records of both deliveries, which the portal of the tests shows, too."""
    records = open_records(portal.settings)
    yield records
    records.close()


def loads(run: Run) -> dict[str, tuple[int, int, int]]:
    """Inserted, updated and unchanged rows of each target."""
    assert run.status == Status.SUCCESS, run.error
    return {
        step.dataset: (ledger.inserted, ledger.updated, ledger.unchanged)
        for step in run.steps
        if step.verb == "materialize" and step.result
        for ledger in step.result.ledgers
        if isinstance(ledger, LoadLedger)
    }


def test_two_deliveries(records: Records) -> None:
    _, second, first = (get_run(records, run.id) for run in list_runs(records))
    loaded = loads(first)
    assert loaded["presupuesto_ejecucion"] == (124, 0, 0)  # 42 lines, 3 months, 2 empty cells
    assert loaded["ventas"] == (213, 0, 0)  # 105 and 109 lines, one of them sent twice
    assert loaded["clientes"] == (24, 0, 0)
    assert loaded["productos"] == (18, 0, 0)

    loaded = loads(second)
    assert loaded["presupuesto_ejecucion"] == (40, 4, 120)
    assert loaded["ventas"] == (88, 5, 101)  # 86 lines of a new week and two of the last one
    assert loaded["clientes"] == (1, 2, 22)
    refused = quarantine.count_rows(records)
    assert refused == {"presupuesto_ejecucion": 3, "ventas": 3}
    for dataset in refused:
        rows = quarantine.list_rows(records, dataset)
        assert {row.run_id for row in rows} == {second.id}


def test_every_spec_is_described() -> None:
    glossary = yaml.safe_load((SPECS / "glossary.yml").read_text(encoding="utf-8"))["terms"]
    for path in (SPECS / "datasets").glob("*.yml"):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert spec["dataset"] == path.stem
        assert spec["title"], path
        assert spec["description"], path
        assert spec["owner"], path
        for name, column in spec["columns"].items():
            assert column["description"], f"{path.stem}.{name}"
            assert column.get("term") in {None, *glossary}, json.dumps(column)
