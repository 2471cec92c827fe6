"""Opening, migrating and writing the records, by many processes at once."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.engine.recording import plan_of, steps_of
from workbench.config import Settings
from workbench.errors import NotFound, RecordsError
from workbench.records import migrate
from workbench.records.runs import create_run, get_run, list_runs
from workbench.records.schema import HEAD, metadata, metrics, runs
from workbench.records.store import Records, open_records

FORK = multiprocessing.get_context("fork")


def open_and_create(settings: Settings, ready: Any, answers: Any) -> None:
    ready.wait(30)
    try:
        records = open_records(settings)
        run = create_run(records, plan_of(steps_of("a")))
        answers.put(run.id if run else None)
    except BaseException as error:
        answers.put(f"error: {error}")


def write_for(settings: Settings, seconds: float, answers: Any) -> None:
    records = open_records(settings)
    done, longest = 0, 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        with records.begin() as connection:
            connection.execute(sa.update(runs).values(priority=runs.c.priority + 1))
        records.rows(sa.select(runs))
        longest = max(longest, time.monotonic() - began)
        done += 1
    answers.put((done, longest))


@contextmanager
def _held(records: Records, seconds: float) -> Iterator[None]:
    """Another connection has SQLite's file for itself, as during a commit, for this long."""
    blocker = sqlite3.connect(
        records.url.database or "", isolation_level=None, check_same_thread=False
    )
    blocker.execute("BEGIN EXCLUSIVE")
    end = threading.Timer(seconds, blocker.rollback)
    end.start()
    try:
        yield
    finally:
        end.join()
        blocker.close()


def test_eight_processes_open_new_records_at_once(any_settings: Settings) -> None:
    ready, answers = FORK.Event(), FORK.Queue()
    crowd = [
        FORK.Process(target=open_and_create, args=(any_settings, ready, answers)) for _ in range(8)
    ]
    for process in crowd:
        process.start()
    ready.set()
    found = [answers.get(timeout=60) for _ in crowd]
    for process in crowd:
        process.join(10)
    assert not [answer for answer in found if str(answer).startswith("error")]
    records = open_records(any_settings)
    assert {run.id for run in list_runs(records)} == set(found)
    assert records.value(sa.text("SELECT version_num FROM alembic_version")) == HEAD


def test_six_writers_none_starves(any_settings: Settings) -> None:
    records = open_records(any_settings)
    run = create_run(records, plan_of(steps_of("a")))
    assert run
    answers = FORK.Queue()
    crowd = [FORK.Process(target=write_for, args=(any_settings, 1.0, answers)) for _ in range(6)]
    for process in crowd:
        process.start()
    found = [answers.get(timeout=60) for _ in crowd]
    for process in crowd:
        process.join(10)
    assert get_run(records, run.id).priority == sum(done for done, _ in found)  # none lost
    assert max(longest for _, longest in found) < 3, found
    if records.is_sqlite:
        assert records.value(sa.text("PRAGMA integrity_check")) == "ok"


def test_migrations_build_the_same_tables(any_settings: Settings, records: Records) -> None:
    from alembic import command
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with records.begin() as connection:
        metadata.drop_all(connection)
        connection.execute(sa.text("DROP TABLE alembic_version"))
    with records.begin() as connection:
        config = migrate.config(connection)
        assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
        command.upgrade(config, "head")
    with records.begin() as connection:
        assert migrate.current(connection) == HEAD
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
    assert create_run(open_records(any_settings), plan_of(steps_of("a")))


def test_older_records_are_migrated_and_keep_their_content(
    any_settings: Settings, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    with records.begin() as connection:
        metadata.drop_all(connection)
        connection.execute(sa.text("DROP TABLE alembic_version"))
    with records.begin() as connection:
        command.upgrade(migrate.config(connection), "0001")
    row = {
        "id": "0123456789ab",
        "workflow": "w",
        "status": "SUCCESS",
        "trigger": "MANUAL",
        "triggered_by": "someone",
        "plan": plan_of(steps_of("a")).model_dump(mode="json"),
        "priority": 0,
        "params": {},
        "created_at": datetime(2024, 5, 1, tzinfo=UTC),
        "cancel_requested": False,
    }
    with records.begin() as connection:
        connection.execute(sa.insert(runs).values(row))
    run = get_run(open_records(any_settings), "0123456789ab")
    assert run.plan.workflow == "work"
    assert records.value(sa.select(runs.c.environment)) is None
    assert records.value(sa.text("SELECT version_num FROM alembic_version")) == HEAD


def test_records_of_a_newer_version_are_refused(any_settings: Settings, records: Records) -> None:
    with records.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RecordsError, match="newer version") as caught:
        open_records(any_settings)
    assert "9999" in caught.value.message


def test_new_records_are_opened_without_alembic(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from workbench.config import Settings;"
        "from workbench.records.store import open_records;"
        f"open_records(Settings({str(tmp_path)!r}, environ={{}}));"
        "print('alembic' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout == "False\n", answer.stderr


def test_an_error_rolls_everything_back(records: Records) -> None:
    run = create_run(records, plan_of(steps_of("a")))
    assert run
    with pytest.raises(ZeroDivisionError), records.begin() as connection:
        connection.execute(sa.update(runs).values(priority=7))
        raise ZeroDivisionError
    assert get_run(records, run.id).priority == 0
    with records.begin() as connection:  # and the next transaction is not in its way
        connection.execute(sa.update(runs).values(priority=1))


def test_foreign_keys_hold(records: Records) -> None:
    with pytest.raises(sa.exc.IntegrityError), records.begin() as connection:
        connection.execute(
            sa.insert(metrics).values(run_id="nobody", step_id="s", name="n", value=1.0)
        )


def test_reading_does_not_wait_for_a_writer(any_settings: Settings, records: Records) -> None:
    create_run(records, plan_of(steps_of("a")))
    other = open_records(any_settings)
    with records.begin() as connection:
        connection.execute(sa.update(runs).values(priority=7))
        began = time.monotonic()
        assert other.value(sa.select(runs.c.priority)) == 0
        assert time.monotonic() - began < 1


def test_who_made_the_tables_waits_for_another_who_commits(tmp_path: Path) -> None:
    records = open_records(Settings(tmp_path, environ={}))
    with _held(records, 0.3):
        assert records.rows(sa.select(runs)) == []
    control = Records(f"sqlite:///{tmp_path / 'control.db'}")  # reads on as it saw the empty file
    with control._reader.connect() as connection:
        assert migrate.current(connection) is None
    with control.begin() as connection:
        migrate.bring_up(connection, control.where)
    with _held(control, 0.3), pytest.raises(RecordsError, match="no such table"):
        control.rows(sa.select(runs))


def test_a_locked_database_is_told_after_patience(tmp_path: Path) -> None:
    settings = Settings(tmp_path, environ={})
    open_records(settings).close()
    blocker = sqlite3.connect(settings.path("records.db"), isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    impatient = Records(settings.records_url, patience=0.2)
    with pytest.raises(RecordsError, match="locked"), impatient.begin():
        pass
    blocker.rollback()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://user:pw@host/db", "cannot be kept in 'mysql'"),
        ("postgresql://user:secret@127.0.0.1:1/none", "cannot be used"),
    ],
)
def test_an_unusable_database_url_is_told(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(RecordsError) as caught:
        open_records(Settings(tmp_path, environ={"DATABASE_URL": url}))
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.remedy


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    settings = Settings(tmp_path, environ={})
    settings.home.mkdir()
    settings.path("records.db").write_bytes(
        b"not a database, but long enough to look like one" * 99
    )
    with pytest.raises(RecordsError, match="not a database"):
        open_records(settings)


def test_runs_are_found_by_the_start_of_their_id(records: Records) -> None:
    made = [create_run(records, plan_of(steps_of("a"))) for _ in range(20)]
    for run in made:
        assert run
        assert get_run(records, run.id[:11]).id == run.id
    with pytest.raises(NotFound, match="there is no run"):
        get_run(records, "zz")
    with pytest.raises(NotFound, match="there is no run"):
        get_run(records, "%")
    with pytest.raises(NotFound, match="several runs"):
        get_run(records, "")
