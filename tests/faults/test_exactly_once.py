"""Promise 3: exactly once per run and target, whatever is interrupted, and where."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.faults import boundaries
from tests.faults.loading import KINDS, STRATEGIES, Place, Story, load, place_in, points, survey
from tests.faults.nursery import Killed, Nursery
from tests.faults.project import APPEND, GOOD, MORE
from tests.faults.trials import Trials
from tests.faults.walking import Project, finish, walk
from tests.faults.walking import survey as survey_run
from tests.steps.road import Road
from workbench import errors
from workbench.config import Settings
from workbench.destinations import duckdb as duckdb_destination
from workbench.model.result import StepResult
from workbench.model.status import Status
from workbench.records.runs import list_runs
from workbench.steps.context import StepContext

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """One kind of target after the other."""
    return str(request.param)


def test_killed_at_any_statement(
    kind: str, nursery: Nursery, trials: Trials, request: pytest.FixtureRequest
) -> None:
    """Each strategy; the process dies at a boundary, and the next attempt does the load."""

    def trial(seed: int, folder: Path) -> None:
        for strategy in STRATEGIES:
            place = place_in(folder / strategy, kind, request.getfixturevalue)
            story = Story(place, strategy, seed, nursery)
            size = trials.size(small=1, full=40, scaled=True)
            tables = [f"t{n}_{strategy}" for n in range(size)]
            story.begin([*tables, f"s_{strategy}"])
            sites = nursery.call(survey, place, story.load(f"s_{strategy}", 1))
            chosen = points(sites)
            story.chance.shuffle(chosen)
            for name, point in zip(tables, chosen, strict=False):
                killed = nursery.child(load, place, story.load(name, 1), *point).wait()
                assert killed is Killed, point
                try:
                    story.is_done(name, nursery.call(load, place, story.load(name, 2)))
                except AssertionError as error:
                    error.add_note(f"{kind}, {strategy}, killed at {point}")
                    raise
                trials.count(kills=1)
            trials.note(**{f"boundaries of {kind} {strategy}": len(points(sites))})

    trials.run(trial, small=1, full=1)


def test_the_connection_drops_at_any_statement(
    nursery: Nursery, trials: Trials, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """PostgreSQL ends the session, also right after COMMIT: the error says that it may pass."""
    import psycopg

    def drop(url: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE application_name = 'workbench' AND datname = current_database()"
            )

    def trial(seed: int, folder: Path) -> None:
        strategy = STRATEGIES[seed % 4]
        place = place_in(folder, "postgres", request.getfixturevalue)
        story = Story(place, strategy, seed, nursery)
        names = [f"d{seed}_{n}" for n in range(trials.size(small=2, full=20))]
        story.begin([*names, f"e{seed}"])
        sites = nursery.call(survey, place, story.load(f"e{seed}", 1))
        chosen = [p for p in points(sites) if "postgres" in p[0]]
        last = [site for site in sites if "destinations/postgres.py" in site][-3:]
        commit = [(site, 1) for site in last]  # the last are those around the commit
        story.chance.shuffle(chosen)
        for name, point in zip(names, [*commit, *chosen], strict=False):
            victim = nursery.child(load, place, story.load(name, 1), *point, stop=True)
            assert victim.until_stopped()
            drop(place.url)
            victim.wake()
            done = victim.wait()
            if isinstance(done, str):
                assert done == "TargetUnavailable", (done, point)
                done = nursery.call(load, place, story.load(name, 2))
            story.is_done(name, done)
            trials.count(drops=1)

    trials.run(trial, small=1, full=8)


TARGETS = """targets:
  - {{connection: warehouse, strategy: {0}}}
  - {{connection: house, strategy: {1}}}
  - {{connection: team, strategy: {2}}}
"""
REPLACING = ("truncate_insert", "delete_insert", "upsert")


def test_runs_killed_anywhere_load_once(
    nursery: Nursery, trials: Trials, postgres_url: str
) -> None:
    """The whole road into three targets, against a serial replay; the dead run is retried, or
    another takes over."""
    import psycopg

    environ = {"TEAM_URL": postgres_url}
    os.environ.update(environ)

    def rows() -> list[Any]:
        with psycopg.connect(postgres_url) as connection:
            return connection.execute("SELECT id, amount, batch FROM sales").fetchall()

    def campaign(seed: int, folder: Path) -> None:
        keyed = seed % 4 != 0
        turn = seed % 3
        strategies = [REPLACING[(turn + n) % 3] for n in range(3)] if keyed else ["append"] * 3
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            for name in ("sales", "_workbench_loads", "_workbench_fences"):
                connection.execute(f"DROP TABLE IF EXISTS {name}")
        project = Project(folder, seed, keyed=keyed, targets=TARGETS.format(*strategies))
        connections = project.settings.specs / "connections"
        (connections / "house.yml").write_text("connection: house\ntype: parquet\npath: house\n")
        (connections / "team.yml").write_text(
            "connection: team\ntype: postgres\nurl: ${env:TEAM_URL}\n"
        )
        project.deliver()
        assert nursery.call(walk, project.settings, environ=environ) == "SUCCESS"
        project.deliver()
        sites = nursery.call(survey_run, project.settings, environ=environ)
        for kill in range(trials.size(small=2, full=20)):
            project.deliver()
            point = boundaries.choose(project.chance, sites)
            ended = nursery.child(walk, project.settings, *point, environ=environ).wait()
            trials.count(kills=int(ended is Killed))
            runs = list_runs(project.road.records, limit=1)
            again = runs[0].id if kill % 2 and ended is Killed and runs else None
            done = nursery.call(finish, project.settings, environ=environ, retry=again)
            assert done == "SUCCESS", (done, point)
            project.is_complete(project.warehouse, project.folder, rows)

    trials.run(campaign, small=1, full=10)


def test_without_the_note_in_the_target_a_load_is_doubled(nursery: Nursery, tmp_path: Path) -> None:
    """The negative control: killed after the commit, the next attempt does it once more."""
    place = Place("duckdb", Settings(project=tmp_path, home=tmp_path / "home", environ={}))
    story = Story(place, "append", 1, nursery)
    story.begin(["t", "s"])
    sites = nursery.call(survey, place, story.load("s", 1))
    last = [site for site in sites if "destinations/duckdb.py" in site][-1]  # after the commit
    assert nursery.child(load, place, story.load("t", 1), last).wait() is Killed
    done = nursery.call(load, place, story.load("t", 2), broken="the note in the target")
    with pytest.raises(AssertionError):
        story.is_done("t", done)


class Dies(BaseException):
    """The process ends between the load and its record."""


def dies_after(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run until the load is done, and lose what would have recorded it."""
    save = StepContext.save

    def dies(context: StepContext, result: StepResult) -> None:
        if context.step.verb == "materialize":
            raise Dies
        save(context, result)

    with monkeypatch.context() as patch:
        patch.setattr(StepContext, "save", dies)
        with pytest.raises(Dies):
            road.run("sales")


@pytest.mark.parametrize("kind", ["duckdb", "parquet", "postgres"])
def test_a_load_that_was_not_recorded_is_not_done_again(
    kind: str, road: Road, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Without a key, so that a row that comes twice shows."""
    house = road.settings.project / "house.duckdb"
    options = {
        "duckdb": "path: house.duckdb", "parquet": "path: house", "postgres": "url: ${env:TEAM_URL}"
    }  # fmt: skip
    if kind == "postgres":
        monkeypatch.setenv("TEAM_URL", request.getfixturevalue("postgres_url"))
    (road.settings.specs / "connections" / "team.yml").write_text(
        f"connection: team\ntype: {kind}\n{options[kind]}"
    )
    road.spec("sales", APPEND.replace("connection: warehouse", "connection: team"))
    road.file("a.csv", GOOD)
    dies_after(road, monkeypatch)
    first = list_runs(road.records)[0]

    def rows() -> list[Any]:
        if kind == "postgres":
            import psycopg

            with psycopg.connect(os.environ["TEAM_URL"]) as opened:
                return opened.execute("SELECT count(*), sum(amount) FROM sales").fetchall()
        with duckdb.connect() as opened:
            if kind == "duckdb":
                opened.execute(f"ATTACH '{house}' AS house (READ_ONLY)")
                source = "house.sales"
            else:
                source = f"'{road.settings.project}/house/sales/current/data.parquet'"
            return opened.execute(f"SELECT count(*), sum(amount) FROM {source}").fetchall()

    assert rows() == [(2, 30)]
    road.file("b.csv", MORE)  # another run publishes more, and its load goes the same way
    dies_after(road, monkeypatch)
    assert rows() == [(4, 81)]
    road.file("c.csv", "id,amount\n4,40\n")
    assert road.run("sales").status == Status.SUCCESS
    assert rows() == [(5, 121)]
    assert road.retry(first).status == Status.SUCCESS
    assert rows() == [(5, 121)]


def test_without_the_note_in_the_target_rows_would_double(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above."""
    road.spec("sales", APPEND)
    road.file("a.csv", GOOD)
    dies_after(road, monkeypatch)
    road.file("b.csv", MORE)
    monkeypatch.setattr(duckdb_destination.Destination, "landed", lambda *_: {})
    assert road.run("sales").status == Status.SUCCESS
    with duckdb.connect(str(road.settings.path("warehouse.duckdb")), read_only=True) as opened:
        assert opened.execute("SELECT count(*) FROM sales").fetchall() == [(6,)]


def test_a_retry_loads_what_was_published_since(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run loaded an older version; that it loaded before does not mean it has this one."""
    road.spec("sales", APPEND)
    road.file("a.csv", GOOD)
    dies_after(road, monkeypatch)
    first = list_runs(road.records)[0]
    road.file("b.csv", MORE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb_destination.Destination, "load", _is_down)
        assert road.run("sales").status == Status.FAILED
    assert road.retry(first).status == Status.SUCCESS
    with duckdb.connect(str(road.settings.path("warehouse.duckdb")), read_only=True) as opened:
        assert opened.execute("SELECT count(*), sum(amount) FROM sales").fetchall() == [(4, 81)]


def _is_down(*_: Any) -> None:
    raise errors.DestinationError("it is down", where="here", remedy="wait")
