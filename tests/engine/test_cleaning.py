"""What nobody needs goes when it is old; what was received, is published or is needed stays."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from tests.steps.road import Road
from workbench.cli.cleaning import clean as command
from workbench.config import Retention, Settings
from workbench.engine import cleaning, scheduler
from workbench.engine.cleaning import Cleaned, clean
from workbench.engine.stopping import Stopping
from workbench.errors import Busy, ConfigError, DestinationError, NotFound, TransformError
from workbench.lake import delta
from workbench.lake.layers import DeltaLayer
from workbench.model.plan import Plan
from workbench.model.run import Run
from workbench.model.status import Status
from workbench.records import retention, schema, slots, workers
from workbench.records.batches import known_files
from workbench.records.runs import create_run, get_run, list_runs
from workbench.records.schema_data import dataset_versions
from workbench.records.versions import published_version
from workbench.steps.context import StepContext

OLD = timedelta(days=400)

SALES = """\
source: {path: "inbox/*.csv"}
transforms:
  - type_cast: {columns: {amount: integer}}
key: [id]
expectations:
  - expect_column_values_to_be_between: {column: amount, min_value: 0, severity: quarantine}
targets:
  - {connection: warehouse}
retry: {count: 0}
"""


@pytest.fixture
def road(settings: Settings) -> Road:
    made = Road(settings)
    made.spec("sales", SALES)
    return made


def deliver(road: Road, *amounts: int) -> Run:
    """A file with one row for each amount, and a run that takes it."""
    rows = "".join(f"{number},{amount}\n" for number, amount in enumerate(amounts))
    road.file("a.csv", f"id,amount\n{rows}")
    return road.run("sales")


def age(road: Road, by: timedelta = OLD) -> None:
    """Let all that is recorded, and all files of the home, have happened earlier."""
    columns: list[tuple[sa.Table, tuple[str, ...]]] = [
        (schema.runs, ("created_at", "started_at", "finished_at")),
        (schema.workers, ("started_at", "heartbeat_at", "stopped_at")),
        (schema.slots, ("slot",)),
        (dataset_versions, ("published_at",)),
    ]
    with road.records.begin() as connection:
        for table, names in columns:
            for row in connection.execute(sa.select(table)).all():
                moved = {
                    name: getattr(row, name) - by for name in names if getattr(row, name)
                }
                keys = [key == getattr(row, key.name) for key in table.primary_key.columns]
                connection.execute(sa.update(table).where(*keys).values(**moved))
    then = time.time() - by.total_seconds()
    for place, folders, names in os.walk(road.settings.home):
        for name in (*folders, *names):
            os.utime(Path(place, name), (then, then), follow_symlinks=False)


def state(settings: Settings) -> dict[str, Any]:
    """Every file below the home and everything in the records."""
    files = {
        str(path): path.read_bytes()
        for path in sorted(settings.home.rglob("*"))
        if path.is_file() and path.name not in ("clean.lock", "records.db")
    }
    with sqlite3.connect(settings.path("records.db")) as connection:
        return {**files, "records": list(connection.iterdump())}


def raw(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.path("raw").rglob("*") if path.is_file())


def test_nothing_that_is_young_is_removed(road: Road) -> None:
    deliver(road, 1)
    deliver(road, 2)
    road.spec("sales", SALES.replace("amount: integer", "amount: date, id: nothing"))
    before = state(road.settings)
    assert clean(road.records, road.settings).is_empty
    assert state(road.settings) == before


def test_what_is_old_goes_and_what_is_needed_stays(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = time.time() - OLD.total_seconds()
    with monkeypatch.context() as patch:
        patch.setattr(delta, "time", SimpleNamespace(time=lambda: long_ago))
        made = [deliver(road, amount, 7) for amount in range(5)]
    orphan = road.settings.path("lake", "sales", "silver", "run-of-a-loser.parquet")
    orphan.write_bytes(b"never committed")
    (road.settings.path("runs", made[0].id)).mkdir(parents=True)
    road.settings.path("runs", made[0].id, "a.ipynb").write_text("{}")
    with road.records.begin() as connection:
        slots.take(connection, "sales", road.records.now(), made[0].id)
    received = raw(road.settings)
    age(road)

    before = state(road.settings)
    foretold = clean(road.records, road.settings, dry_run=True)
    assert state(road.settings) == before, "a rehearsal changes nothing"
    done = clean(road.records, road.settings)
    assert done == foretold
    # what successful runs staged went with their success
    assert (done.runs, done.slots, done.notebooks, done.staged) == (4, 1, 1, 0)
    assert done.layer_files >= 5 and done.workers >= 5 and done.bytes > 1000
    assert not orphan.exists()
    assert clean(road.records, road.settings).is_empty, "once is enough"

    assert [run.id for run in list_runs(road.records)] == [made[-1].id]
    assert raw(road.settings) == received
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [("0", 4), ("1", 7)]
    version = published_version(road.records, "sales")
    assert version is not None
    assert get_run(road.records, version.run_id).steps
    layer = DeltaLayer(road.settings, "sales", "silver")
    assert layer.fingerprint(version.ref.version) == version.ref.fingerprint
    with pytest.raises(NotFound):
        get_run(road.records, made[0].id)

    # what was once received is known, corrections come, and everything can be done again
    assert road.run("sales").status == Status.SUCCESS
    assert deliver(road, 9, 7).status == Status.SUCCESS
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [("0", 9), ("1", 7)]
    assert len(known_files(road.records, "sales")) == 6
    assert road.run("sales", _full=True).status == Status.SUCCESS
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [("0", 9), ("1", 7)]


def test_a_version_that_was_just_replaced_can_still_be_read(road: Road) -> None:
    deliver(road, 1)
    age(road)
    layer = DeltaLayer(road.settings, "sales", "silver")
    first = published_version(road.records, "sales")
    assert first is not None
    deliver(road, 2)  # a reader may have opened the version before
    clean(road.records, road.settings)
    assert layer.fingerprint(first.ref.version) == first.ref.fingerprint


@pytest.mark.parametrize("guarded", [True, False], ids=["", "control"])
def test_what_the_pointer_names_stays_also_when_something_newer_was_never_recorded(
    road: Road, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    monkeypatch.setattr(delta, "time", SimpleNamespace(time=lambda: 1e9))  # long ago
    deliver(road, 1)
    layer = DeltaLayer(road.settings, "sales", "silver")
    version = published_version(road.records, "sales")
    assert version is not None
    # a run that replaced everything died before it was recorded
    layer.publish(
        [Path(path) for path in layer.files()], mode="append", run_id="dies", fence=10**12
    )
    age(road)
    if not guarded:
        monkeypatch.setattr(retention, "versions_in_use", lambda *_: [])
    clean(road.records, road.settings)
    if guarded:
        assert layer.fingerprint(version.ref.version) == version.ref.fingerprint
    else:
        with pytest.raises(Exception, match="parquet"):
            layer.fingerprint(version.ref.version)


class Fails:
    """Has one verb fail."""

    def __init__(self, verb: str) -> None:
        self.verb = verb

    def __call__(self, context: StepContext) -> None:
        if context.step.verb == self.verb:
            raise DestinationError("broken on purpose", remedy="mend it")


def test_what_a_failed_run_staged_serves_its_retry_until_it_is_old(road: Road) -> None:
    road.before = Fails("validate")
    failed = deliver(road, 1)
    assert failed.status == Status.FAILED
    age(road, timedelta(days=6))
    assert clean(road.records, road.settings).staged == 0
    age(road, timedelta(days=2))
    assert clean(road.records, road.settings).staged == 1
    road.before = lambda context: None
    late = road.retry(failed)
    assert late.error is not None
    assert "what the transform step staged is gone" in late.error["message"]
    assert late.error["remedy"] == "run the dataset again: workbench run sales"
    assert road.run("sales").status == Status.SUCCESS
    assert road.query("SELECT count(*) FROM sales") == [(1,)]


def test_the_run_of_a_batch_that_waits_to_be_published_stays(road: Road) -> None:
    road.before = Fails("transform")
    failed = deliver(road, 1)
    road.before = lambda context: None
    road.spec("other", SALES.replace("inbox/*", "inbox/a"))
    road.run("other")
    age(road)
    clean(road.records, road.settings)
    assert get_run(road.records, failed.id).status == Status.FAILED
    (road.settings.project / "inbox" / "a.csv").unlink()
    assert road.run("sales").status == Status.SUCCESS
    assert road.query("SELECT count(*) FROM sales") == [(1,)]


def test_a_run_with_refused_rows_stays_until_they_are_settled(road: Road) -> None:
    from workbench.steps.mending import dismiss_rows

    refusing = deliver(road, 1, -1)
    road.file("b.csv", "id,amount\n8,8\n")
    road.run("sales")
    age(road)
    clean(road.records, road.settings)
    assert get_run(road.records, refusing.id)
    dismiss_rows(road.records, "sales")
    assert clean(road.records, road.settings).runs == 1


def test_what_is_at_work_is_left_alone(road: Road) -> None:
    deliver(road, 1)
    plan = get_run(road.records, list_runs(road.records)[0].id).plan
    at_work = create_run(road.records, plan)
    assert at_work is not None
    staging = road.settings.path("staging", at_work.id, "sales")
    staging.mkdir(parents=True)
    (staging / "candidate.parquet").write_bytes(b"x")
    orphan = road.settings.path("lake", "sales", "silver", f"{at_work.id}-new.parquet")
    orphan.write_bytes(b"about to be committed")
    age(road)
    done = clean(road.records, road.settings)
    assert (staging / "candidate.parquet").exists() and orphan.exists()
    assert done.layer_files == 0
    assert get_run(road.records, at_work.id).status == Status.PENDING


def test_living_processes_stay(road: Road) -> None:
    alive = workers.register(road.records, "worker")
    stopped = workers.register(road.records, "worker")
    workers.stop(road.records, stopped)
    age(road)
    assert clean(road.records, road.settings).workers == 1
    assert [row.id for row in workers.list_workers(road.records)] == [alive]


def test_half_written_files_and_long_logs(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    home = road.settings.home
    asides = [
        "raw/ab/.abc.0123.part",
        "docs/.a.html.0123.part",
        "lake/sales/silver/_delta_log/_commit_0123.json.tmp",
        "staging/spill/duckdb_temp_storage-0.tmp",
    ]
    for name in (*asides, "raw/ab/abc", "docs/.hidden", "logs/worker-1.log"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(b"x" * 100)
    assert clean(road.records, road.settings).is_empty, "somebody may be writing them"
    for path in home.rglob("*"):
        os.utime(path, (0, 0))
    monkeypatch.setattr(cleaning, "_LOG", 50)
    monkeypatch.setattr(cleaning, "_LOG_KEPT", 10)
    with (home / "logs/worker-1.log").open("ab") as log:
        done = clean(road.records, road.settings)
        log.write(b"and on")
    assert (done.half_written, done.logs) == (4, 1)
    assert not any((home / name).exists() for name in asides)
    assert (home / "raw/ab/abc").exists() and (home / "docs/.hidden").exists()
    assert (home / "logs/worker-1.log").read_bytes() == b"xxxxxxxxxxand on"


def test_two_do_not_clean_at_once(road: Road) -> None:
    with road.settings.path("clean.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Busy, match="is cleaning"):
            clean(road.records, road.settings)
    assert clean(road.records, road.settings).is_empty


def test_the_command_says_what_it_removes(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in road.settings.environ().items():
        monkeypatch.setenv(name, value)
    assert CliRunner().invoke(command, []).output == "nothing to remove\n"
    deliver(road, 1)
    deliver(road, 2)
    age(road)
    said = CliRunner().invoke(command, ["--dry-run"]).output
    assert "1 records of runs" in said and "would be removed" in said
    told = json.loads(CliRunner().invoke(command, ["--json"]).output)
    assert told["runs"] == 1
    assert set(told) == set(Cleaned.model_fields)


@pytest.mark.parametrize("days", ["0", "-1", "many", "1e9", "nan"])
def test_a_setting_that_is_no_number_of_days_is_refused(tmp_path: Path, days: str) -> None:
    with pytest.raises(ConfigError, match="WORKBENCH_KEEP_RUNS"):
        Settings(tmp_path, environ={"WORKBENCH_KEEP_RUNS": days})
    good = Settings(tmp_path, environ={"WORKBENCH_KEEP_RUNS": "0.5"})
    assert good.keep == Retention(runs=0.5)


def test_the_scheduler_has_it_done(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "FIRST_CLEAN", 0.0)
    monkeypatch.setattr(scheduler, "CLEAN", 0.0)
    monkeypatch.setattr(scheduler, "TICK", 0.01)
    done = tmp_path / "done"
    code = "import os, sys; open(sys.argv[1], 'a').write(os.environ['WORKBENCH_HOME'] + '\\n')"
    stopping = Stopping()

    def plan(records: object, name: str) -> Plan:
        raise TransformError("nothing is scheduled")

    thread = threading.Thread(
        target=scheduler.run_scheduler,
        args=(settings, dict, plan),
        kwargs={"stopping": stopping, "cleaner": (sys.executable, "-c", code, str(done))},
    )
    thread.start()
    try:
        give_up = time.monotonic() + 60
        while not done.exists() or done.read_text().count("\n") < 2:
            assert time.monotonic() < give_up
            time.sleep(0.05)
    finally:
        stopping.ask()
        thread.join(20)
    assert set(done.read_text().split()) == {str(settings.home)}
