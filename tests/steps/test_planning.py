"""Plans of real projects, and what they need not find out twice."""

from __future__ import annotations

import pytest

from tests.steps.road import Road
from workbench.model.plan import Plan
from workbench.spec.loader import load_project
from workbench.steps.planning import make_plan
from workbench.transforms.core import pipeline

SALES = """\
source: {path: "inbox/*.csv"}
transforms:
  - type_cast: {columns: {amount: integer}}
key: [id]
"""
TOTALS = """\
source: {type: dataset, dataset: sales}
transforms:
  - aggregate: {group_by: [shop], measures: {amount: sum(amount)}}
key: [shop]
"""


class Walks:
    """Counts the walks over transforms."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = pipeline.columns_after

        def counting(*given: object) -> object:
            self.count += 1
            return real(*given)  # type: ignore[arg-type]

        patch.setattr(pipeline, "columns_after", counting)


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> Walks:
    return Walks(monkeypatch)


def plan(road: Road, *names: str, strict: bool = False) -> Plan:
    return make_plan(road.settings, load_project(road.settings), road.records, names, strict=strict)


@pytest.fixture
def sold(road: Road) -> Road:
    road.spec("sales", SALES)
    road.spec("totals", TOTALS)
    road.file("a.csv", "id,shop,amount\n1,x,10\n")
    assert road.run("totals").status == "SUCCESS"
    return road


def test_what_the_last_plan_found_is_found_again_without_a_walk(sold: Road, walks: Walks) -> None:
    again = plan(sold, "totals")
    assert walks.count == 0
    strict = plan(sold, "totals", strict=True)
    assert walks.count == 2, "asked for a plan, everything is looked at"
    for quick, thorough in zip(again.steps, strict.steps, strict=True):
        assert quick.transforms == thorough.transforms
        assert quick.columns == thorough.columns


@pytest.mark.parametrize(
    ("change", "walked"),
    [
        (lambda road: road.file("b.csv", "id,shop,amount,more\n1,x,10,y\n"), {"sales", "totals"}),
        (lambda road: road.spec("sales", SALES.replace("integer", "number")), {"sales", "totals"}),
        (lambda road: road.spec("totals", TOTALS.replace("sum(", "max(")), {"totals"}),
    ],
    ids=["columns", "spec", "spec of gold"],
)
def test_what_changed_is_walked(sold: Road, walks: Walks, change: object, walked: set[str]) -> None:
    change(sold)  # type: ignore[operator]
    found = plan(sold, "totals")
    assert walks.count == len(walked)
    thorough = plan(sold, "totals", strict=True)
    assert [step.transforms for step in found.steps] == [step.transforms for step in thorough.steps]


def test_another_version_of_the_workbench_walks(
    sold: Road, walks: Walks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.steps.planning.__version__", "99")
    plan(sold, "totals")
    assert walks.count == 2
