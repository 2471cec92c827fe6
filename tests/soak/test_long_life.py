"""The judges of a long life see growth, losses and doubles; nothing else runs here."""

from __future__ import annotations

import random
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.soak import plot, world
from tests.soak.sampling import LIMITS, SLOWNESS, Limit, Series, judge, slope
from tests.steps.road import Road
from workbench.config import Settings
from workbench.model.status import Status

SECONDS = 1200.0


def series(growth: float, noise: float = 3.0) -> Series:
    """All series that are judged, growing by this much over the time, with noise and outliers."""
    draw = random.Random(1)
    return {
        name: [
            (t, 100 + growth * t / SECONDS + draw.gauss(0, noise) + (80 if t % 170 == 0 else 0))
            for t in range(5, int(SECONDS), 5)
        ]
        for name in LIMITS
    }


def test_what_stays_is_flat_and_what_grows_is_not() -> None:
    assert all(one.is_flat for one in judge(series(0), SECONDS))
    grown = {one.name: one.is_flat for one in judge(series(60), SECONDS)}
    assert not any(grown.values()), grown
    assert all(one.is_flat for one in judge(series(-60), SECONDS))


def test_a_machine_that_gets_slower_is_not_taken_for_growth() -> None:
    draw = random.Random(2)
    times = [float(t) for t in range(30, 1200, 30)]
    slow = {t: 2 + 4 * (t > 700) + draw.random() for t in times}
    made = series(0) | {
        SLOWNESS: list(slow.items()),
        "run latency": [(t, 1 + 1.2 * slow[t] + draw.gauss(0, 0.2)) for t in times],
    }
    verdict = {one.name: one for one in judge(made, SECONDS)}
    assert verdict["run latency"].is_flat
    made["run latency"] = [(t, value + 6 * t / SECONDS) for t, value in made["run latency"]]
    verdict = {one.name: one for one in judge(made, SECONDS)}
    assert not verdict["run latency"].is_flat, "what the machine does not explain is growth"


def test_what_was_not_measured_is_not_flat() -> None:
    assert not any(one.is_flat for one in judge({}, SECONDS))


def test_the_slope_is_not_moved_by_outliers() -> None:
    points = [(float(t), 2.0 * t + (1000 if t % 10 == 0 else 0)) for t in range(100)]
    assert slope(points) == pytest.approx(2.0, abs=0.2)
    assert slope([]) == slope([(1.0, 1.0)]) == 0.0
    assert Limit(0.1, 1, "") == Limit(0.1, 1, "")


def test_the_plot_is_a_picture_with_words() -> None:
    text = plot.svg(series(0), SECONDS, [(10.0, "kill: worker"), (500.0, "edit")], 0.3)
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    words = "".join(root.itertext())
    for title, _, _ in plot.PANELS:
        assert title in words
    assert len(text) < 120_000


@pytest.fixture
def lived(settings: Settings) -> tuple[world.World, Road]:
    """A world after some deliveries, in this process."""
    made = world.World(settings, 5)
    made.write_specs(scheduled=False)
    road = Road(settings)
    for dataset in ("sales", "events", "prices", "stock", "sales", "events", "stock"):
        made.deliver(dataset)
        assert road.run(dataset).status == Status.SUCCESS
    made.edits = 2
    made.edit()
    assert road.run("prices").status == Status.SUCCESS
    assert road.run("summary").status == Status.SUCCESS
    return made, road


@pytest.mark.long
def test_the_oracle_and_the_replay_give_what_is_published(
    lived: tuple[world.World, Road], tmp_path: Path
) -> None:
    made, road = lived
    wanted = world.expected(made, road.records)
    assert all(wanted.values())
    settings = road.settings

    def seen(name: str) -> world.Rows:
        return world.published(settings, road.records, name)

    assert world.differences(wanted, seen, "published") == []
    assert world.differences(wanted, lambda n: world.loaded(settings, n), "target") == []
    again = world.replayed(made, road.records, tmp_path / "replay")
    assert world.differences(wanted, again.__getitem__, "replayed") == []
    # the controls: a row that is lost, one that is doubled, one that is another
    for change in (lambda rows: rows[1:], lambda rows: [*rows, rows[-1]],
                   lambda rows: [*rows[:-1], ("x", *rows[-1][1:])]):  # fmt: skip
        (said,) = world.differences(
            wanted, lambda n, change=change: change(seen(n)) if n == "sales" else seen(n), "changed"
        )
        assert said.startswith("changed sales: ")
