"""The example project: what its README says of the two deliveries is what comes of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.steps.road import Road
from workbench.config import Settings
from workbench.model.ledger import LoadLedger
from workbench.model.run import Run
from workbench.model.status import Status
from workbench.records import quarantine

SPECS = Path(__file__).resolve().parents[2] / "specs"


@pytest.fixture
def example(tmp_path: Path) -> Road:
    project = tmp_path / "project"
    shutil.copytree(SPECS, project / "specs", ignore=shutil.ignore_patterns("corrections"))
    return Road(Settings(project=project, home=tmp_path / "home", environ={}))


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


def test_two_deliveries(example: Road) -> None:
    first = loads(example.run("presupuesto_ejecucion", "ventas_por_region"))
    assert first["presupuesto_ejecucion"] == (124, 0, 0)  # 42 lines, 3 months, 2 empty cells
    assert first["ventas"] == (213, 0, 0)  # 105 and 109 lines, one of them sent twice
    assert first["clientes"] == (24, 0, 0)
    assert first["productos"] == (18, 0, 0)
    assert quarantine.count_rows(example.records) == {}

    shutil.copytree(
        SPECS / "data" / "corrections", example.settings.specs / "data", dirs_exist_ok=True
    )
    second = loads(example.run("presupuesto_ejecucion", "ventas_por_region"))
    assert second["presupuesto_ejecucion"] == (40, 4, 120)
    assert second["ventas"] == (88, 5, 101)  # 86 lines of a new week and two of the last one
    assert second["clientes"] == (1, 2, 22)
    assert quarantine.count_rows(example.records) == {"presupuesto_ejecucion": 3, "ventas": 3}


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
