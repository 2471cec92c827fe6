"""Promise 9: the records survive writers that are killed at any time, on SQLite and PostgreSQL."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.engine.acting import until
from tests.engine.recording import any_settings, plan_of, steps_of  # noqa: F401
from tests.faults import boundaries
from tests.faults.nursery import Child, Killed, Nursery
from tests.faults.trials import Trials
from tests.faults.writing import is_sound, survey, write
from workbench.config import Settings
from workbench.errors import RecordsError
from workbench.model.status import Status
from workbench.records import locks, store
from workbench.records.runs import cancel_run, create_run, get_run, list_runs, lock_run
from workbench.records.store import Records, open_records

pytestmark = pytest.mark.timeout(3600)

WRITERS = 8


def test_eight_writers_that_are_killed(
    any_settings: Settings,  # noqa: F811
    nursery: Nursery,
    trials: Trials,
) -> None:
    """From outside at random instants, or at a boundary; another takes the place at once."""

    def trial(seed: int, folder: Path) -> None:
        chance = random.Random(seed)
        acknowledged = folder / "acknowledged"
        records = open_records(any_settings)
        sites = nursery.call(survey, any_settings, acknowledged)
        crowd: list[tuple[Child, float]] = []
        end = time.monotonic() + trials.size(small=2, full=20)
        number = seed * 1_000_000
        while time.monotonic() < end:
            while len(crowd) < WRITERS:
                number += 1
                point = boundaries.choose(chance, sites) if chance.random() < 0.5 else None
                child = nursery.child(write, any_settings, number, 2.0, acknowledged, kill=point)
                crowd.append((child, time.monotonic() + chance.uniform(0.05, 1.5)))
            for child, deadline in crowd:
                if time.monotonic() > deadline:
                    child.kill()
            trials.count(kills=sum(child.ended and child.wait() is Killed for child, _ in crowd))
            crowd = [each for each in crowd if not each[0].ended]
            if records.is_sqlite and sqlite3.sqlite_version_info < store.SAFE_WAL:
                assert not any_settings.path("records.db-wal").exists()
            time.sleep(0.01)
        for child, _ in crowd:
            child.kill()
            child.wait()
        trials.count(**is_sound(records, acknowledged))
        records.close()

    trials.run(trial, small=1, full=3)


def test_torn_transactions_are_noticed(nursery: Nursery, tmp_path: Path) -> None:
    """The negative control: each statement for itself; killed between two of them."""
    settings = Settings(project=tmp_path, home=tmp_path / "home", environ={})
    records = open_records(settings)
    noted = tmp_path / "acknowledged"
    sites = nursery.call(survey, settings, noted)
    [many] = [s for s in sites if "do_executemany" in _source(s) and s.endswith("c_call")]
    assert nursery.child(write, settings, 1, 2.0, noted, kill=(many, 2)).wait() is Killed
    is_sound(records, noted)  # with transactions, all is well
    torn = nursery.child(write, settings, 2, 2.0, noted, kill=(many, 2), broken="transactions")
    assert torn.wait() is Killed
    with pytest.raises(AssertionError, match="is torn"):
        is_sound(records, noted)


def _source(site: boundaries.Site) -> str:
    """The name of the function in which a boundary lies."""
    import ast

    import sqlalchemy.engine.default as engine

    if "sqlalchemy" not in site:
        return ""
    line = int(site.rpartition(" ")[0].rpartition(":")[2])
    names = [
        node.name
        for node in ast.walk(ast.parse(Path(engine.__file__).read_text()))
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return names[-1] if names else ""


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 7, 0), "truncate"),
        ((3, 40, 1), "truncate"),
        ((3, 51, 2), "truncate"),
        ((3, 51, 3), "wal"),
        ((3, 52, 0), "wal"),
    ],
)
def test_no_write_ahead_log_is_shared_before_that_is_safe(
    version: tuple[int, int, int], mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever journal the file had before."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    settings = Settings(tmp_path, environ={})
    for before in ("none", "WAL", "DELETE"):
        if before != "none":
            other = sqlite3.connect(settings.path("records.db"))
            other.execute(f"PRAGMA journal_mode={before}")
            other.close()
        records = open_records(settings)
        assert create_run(records, plan_of(steps_of("a")))
        for engine in (records._reader, records._writer):
            with engine.connect() as connection:
                assert connection.scalar(sa.text("PRAGMA journal_mode")) == mode
        assert settings.path("records.db-wal").exists() == (mode == "wal")
        records.close()


def test_nothing_else_asks_for_a_write_ahead_log() -> None:
    package = Path(store.__file__).parents[1]
    found = [
        path.name
        for path in package.rglob("*.py")
        if "journal_mode" in path.read_text(encoding="utf-8").lower()
    ]
    assert found == ["store.py"]


def test_postgres_ends_who_stands_still_in_a_transaction(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_IDLE", "-c idle_in_transaction_session_timeout=300ms")
    url = postgres_url + ("&" if "?" in postgres_url else "?") + "options=-c%20work_mem%3D5MB"
    settings = Settings(tmp_path, environ={"DATABASE_URL": url})
    records, other = open_records(settings), open_records(settings)
    assert records.value(sa.text("SHOW work_mem")) == "5MB", "what the URL says holds, too"
    run = create_run(records, plan_of(steps_of("a")))
    assert run is not None
    with pytest.raises(RecordsError), records.begin() as connection:
        lock_run(connection, run.id)
        cancel_run(other, run.id)  # waits, and is not kept waiting for ever
        lock_run(connection, run.id)
    assert get_run(other, run.id).status == Status.PENDING
    records.close()
    other.close()


HOLD = """
import sqlite3, sys
opened = sqlite3.connect(sys.argv[1], isolation_level=None)
opened.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
input()  # WHO
"""


def hold(records: Records, who: str) -> subprocess.Popen[str]:
    """A process that has the records locked and stands still."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.replace("WHO", who), str(records.url.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    process.send_signal(signal.SIGSTOP)
    until(lambda: (locks.holder(Path(str(records.url.database))) or process).pid == process.pid)
    return process


def test_one_of_ours_that_stands_still_with_the_lock_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SUSPICIOUS", 0.3)
    settings = Settings(tmp_path, environ={})
    records = open_records(settings)
    process = hold(records, "workbench")
    assert create_run(records, plan_of(steps_of("a")))
    assert process.wait(10) == -signal.SIGKILL
    assert len(list_runs(records)) == 1


def test_another_that_stands_still_with_the_lock_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SUSPICIOUS", 0.1)
    settings = Settings(tmp_path, environ={})
    open_records(settings).close()
    records = Records(settings.records_url, patience=0.5)
    process = hold(records, "somebody")
    with pytest.raises(
        RecordsError, match=f"by process {process.pid} .*which stands still"
    ) as told:
        create_run(records, plan_of(steps_of("a")))
    assert told.value.remedy == f"wake it up or end it: kill -CONT {process.pid}"
    assert process.poll() is None
    process.kill()
    process.wait()
    assert create_run(records, plan_of(steps_of("a")))
