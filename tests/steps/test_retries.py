"""A run that is retried goes on from the last step whose result stands."""

from __future__ import annotations

import pytest

from tests.steps.road import Road
from workbench.config import Settings
from workbench.errors import DestinationError, SpecError
from workbench.model.status import Status
from workbench.records.versions import list_versions
from workbench.steps.context import StepContext

SALES = """\
source: {path: "inbox/*.csv"}
transforms:
  - type_cast: {columns: {amount: integer}}
key: [id]
targets:
  - {connection: warehouse}
retry: {count: 0}
"""
VERBS = ["ingest", "transform", "validate", "materialize"]


class Failing:
    """Notes which verbs are called, and has one of them fail once."""

    def __init__(self, verb: str) -> None:
        self.called: list[str] = []
        self._verb = verb

    def __call__(self, context: StepContext) -> None:
        verb = context.step.verb
        self.called.append(verb)
        if verb == self._verb:
            self._verb = ""
            raise DestinationError("broken on purpose", remedy="retry")


@pytest.mark.parametrize("verb", VERBS)
def test_a_retried_run_goes_on_from_where_it_was(settings: Settings, verb: str) -> None:
    road = Road(settings)
    road.spec("sales", SALES)
    road.file("a.csv", "id,amount\n1,10\n2,20\n")
    road.before = failing = Failing(verb)
    failed = road.run("sales")
    at = VERBS.index(verb)
    assert failed.status == Status.FAILED
    assert failing.called == VERBS[: at + 1]
    before = {step.verb: step for step in failed.steps}
    published = list_versions(road.records, "sales")
    assert len(published) == (1 if verb == "materialize" else 0)

    failing.called.clear()
    done = road.retry(failed)
    assert done.status == Status.SUCCESS, done.error
    assert failing.called == VERBS[at:]
    for step in done.steps:
        if VERBS.index(step.verb) < at:
            assert step == before[step.verb], "what had succeeded is as it was"
    if published:
        assert list_versions(road.records, "sales") == published, "nothing was published anew"
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [("1", 10), ("2", 20)]


def test_a_new_run_begins_at_the_beginning(settings: Settings) -> None:
    """The control: what is left out above is left out by the retry."""
    road = Road(settings)
    road.spec("sales", SALES)
    road.file("a.csv", "id,amount\n1,10\n")
    road.before = failing = Failing("materialize")
    assert road.run("sales").status == Status.FAILED
    failing.called.clear()
    assert road.run("sales").status == Status.SUCCESS
    assert failing.called == VERBS


def test_a_spec_that_is_broken_meanwhile_stops_no_other_dataset(settings: Settings) -> None:
    road = Road(settings)
    road.spec("sales", SALES)
    road.file("a.csv", "id,amount\n1,10\n")

    def break_another(context: StepContext) -> None:
        road.spec("half_written", "source: {path: [\n")

    road.before = break_another
    run = road.run("sales")
    assert run.status == Status.SUCCESS, run.error
    with pytest.raises(SpecError, match="half_written"):
        road.run("sales")  # who plans by hand is told


def test_a_spec_that_is_broken_meanwhile_stops_its_own_run_and_says_where(
    settings: Settings,
) -> None:
    road = Road(settings)
    road.spec("sales", SALES)
    road.file("a.csv", "id,amount\n1,10\n")

    def break_it(context: StepContext) -> None:
        if context.step.verb == "ingest":
            road.spec("sales", SALES + "kee: [id]\n")

    road.before = break_it
    run = road.run("sales")
    assert run.status == Status.FAILED
    assert "sales.yml:9:1: unknown key 'kee'" in str(run.error)
