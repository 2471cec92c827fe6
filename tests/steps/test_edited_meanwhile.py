"""A spec that is edited while a run of it is under way: no row stays as the spec before made it."""

from __future__ import annotations

import pytest

from tests.steps.road import Road, result
from workbench import steps
from workbench.model.result import StepResult
from workbench.model.run import Run
from workbench.model.status import Status
from workbench.spec.loader import load_project
from workbench.steps.context import StepContext

SPEC = """
source: {path: "inbox/prices_*.csv"}
transforms:
  - type_cast: {columns: {amount: integer}}
  - filter: {where: amount >= 100}
key: [id]
expectations:
  - expect_column_values_to_be_between: {column: amount, max_value: 900, severity: quarantine}
targets:
  - {connection: warehouse}
"""
FIRST = "id,kind,amount\na,x,100\nb,x,200\n"
SECOND = "id,kind,amount\na,x,50\nc,y,300\nc,z,950\n"


def edited_after_transform(
    road: Road, patch: pytest.MonkeyPatch, text: str, *, is_careful: bool = True
) -> Run:
    """Run the dataset; its spec becomes ``text`` between transform and validate."""
    real = steps.transform

    def transform(context: StepContext) -> StepResult:
        made = real(context)
        road.spec("prices", text)
        if not is_careful:  # as if the rows had been made by the spec as it is now
            spec = load_project(road.settings).dataset("prices")
            now = made.handover | {"made_by": spec.transform_hash}
            made = made.model_copy(update={"handover": now})
        return made

    with patch.context() as once:
        once.setattr(steps, "transform", transform)
        return road.run("prices")


@pytest.mark.parametrize("is_careful", [True, False])
def test_rows_that_a_spec_before_made_are_made_anew(
    road: Road, monkeypatch: pytest.MonkeyPatch, is_careful: bool
) -> None:
    road.spec("prices", SPEC)
    road.file("prices_1.csv", FIRST)
    assert road.run("prices").status == Status.SUCCESS
    road.file("prices_2.csv", SECOND)
    run = edited_after_transform(
        road, monkeypatch, SPEC.replace(">= 100", ">= 0"), is_careful=is_careful
    )
    assert run.status == Status.SUCCESS, run.error
    assert road.query("SELECT id, amount FROM prices ORDER BY id") == [
        ("a", 100), ("b", 200), ("c", 300),
    ]  # fmt: skip
    again = road.run("prices")
    assert again.status == Status.SUCCESS, again.error
    found = road.query("SELECT id, amount FROM prices ORDER BY id")
    assert (found == [("a", 50), ("b", 200), ("c", 300)]) is is_careful
    if is_careful:
        assert result(again, "transform").handover["replay"]
        assert result(road.run("prices"), "transform").skipped


def test_another_key_counts_for_the_next_run(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = SPEC.split("targets:")[0]  # a table that was loaded keeps its key
    road.spec("prices", spec)
    road.file("prices_1.csv", FIRST)
    assert road.run("prices").status == Status.SUCCESS
    road.file("prices_2.csv", "id,kind,amount\na,z,150\n")
    run = edited_after_transform(road, monkeypatch, spec.replace("key: [id]", "key: [id, kind]"))
    assert result(run, "validate").outputs[0].rows == 2  # as they were transformed: one row an id
    again = road.run("prices")
    assert again.status == Status.SUCCESS, again.error
    assert result(again, "validate").outputs[0].rows == 3


def test_a_check_that_fails_as_before_says_what_an_edit_needs(road: Road) -> None:
    stop = SPEC.replace("severity: quarantine", "severity: stop")
    road.spec("prices", stop)
    road.file("prices_1.csv", "id,kind,amount\na,x,100\nb,x,950\n")
    failed = road.run("prices")
    assert failed.error is not None
    assert "workbench run prices" not in str(failed.error["remedy"])
    road.spec("prices", stop.replace("amount >= 100", "amount between 100 and 900"))
    again = road.retry(failed)
    assert again.error is not None
    assert "have them made anew: workbench run prices" in again.error["remedy"]
    done = road.run("prices")
    assert done.status == Status.SUCCESS, done.error
    assert road.query("SELECT id FROM prices") == [("a",)]
