"""The embedded warehouse: one writer or many readers, and tables that others made."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from tests.destinations.requests import COLUMNS, KEY, request, row
from workbench.config import Settings
from workbench.destinations.duckdb import Destination, Options
from workbench.errors import DestinationError, KeyViolation, TargetUnavailable


@pytest.fixture
def warehouse(settings: Settings) -> Destination:
    return Destination(Options(wait=0.3), settings)


@contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the file open."""
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        process.communicate("\n")


def test_a_file_open_elsewhere_is_named_and_waited_for(
    warehouse: Destination, settings: Settings
) -> None:
    warehouse.load(request([row("a", 1)]))
    with held(warehouse.path) as process:
        with pytest.raises(TargetUnavailable, match=f"process {process.pid}") as caught:
            warehouse.load(request([row("a", 2)], "run-2"))
        assert "workbench.read()" in (caught.value.remedy or "")
        patient = Destination(Options(wait=30), settings)
        done: list[object] = []
        waiting = threading.Thread(
            target=lambda: done.append(patient.load(request([row("a", 2)], "run-2")))
        )
        waiting.start()
        time.sleep(0.3)
        assert not done
    waiting.join(timeout=30)
    assert done


def test_it_holds_the_file_only_while_it_loads(warehouse: Destination) -> None:
    warehouse.load(request([row("a", 1)]))
    with held(warehouse.path):
        pass  # opened for writing by another process


def test_asking_makes_no_file(warehouse: Destination) -> None:
    warehouse.check()
    warehouse.changes(None, "budget", COLUMNS, KEY)
    assert warehouse.inspect(None, "budget") is None
    assert not warehouse.path.exists()


def test_a_path_that_cannot_be(settings: Settings) -> None:
    with pytest.raises(DestinationError, match="folder of the DuckDB file is not there"):
        Destination(Options(path="nowhere/x.duckdb"), settings).check()
    (settings.project / "no.duckdb").write_text("not a database, but long enough to look like it")
    with pytest.raises(DestinationError, match=r"no\.duckdb"):
        Destination(Options(path="no.duckdb"), settings).check()


def test_tables_that_others_made(warehouse: Destination) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(
            "CREATE TABLE budget (program VARCHAR, month SMALLINT, amount DECIMAL(18,2),"
            " note VARCHAR, theirs INTEGER DEFAULT 7)"
        )
        connection.execute("INSERT INTO budget VALUES ('a', 1, 1, NULL, 1), ('a', 1, 2, NULL, 2)")
    with pytest.raises(KeyViolation, match=r"same key .*a, 1"):
        warehouse.load(request([row("b", 1)]))
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("DELETE FROM budget WHERE amount = 2")
    ledger = warehouse.load(request([row("a", 1, "5.00"), row("b", 100_000)]))
    assert (ledger.updated, ledger.inserted) == (1, 1)
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        found = connection.execute("SELECT * FROM budget ORDER BY program").fetchall()
    assert [(r[0], r[1], r[4]) for r in found] == [("a", 1, 1), ("b", 100_000, 7)]


def test_schemas_are_made(warehouse: Destination) -> None:
    warehouse.load(request([row("a", 1)], schema="finanzas"))
    state = warehouse.inspect("finanzas", "budget")
    assert state is not None and state.rows == 1
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        loads = connection.execute(
            "SELECT target, run_id, strategy FROM finanzas._workbench_loads"
        ).fetchall()
    assert loads == [("finanzas.budget", "run-1", "upsert")]


def test_a_killed_load_leaves_the_old_rows(warehouse: Destination, settings: Settings) -> None:
    warehouse.load(request([row("a", 1)]))
    code = (
        "import os, sys\n"
        "from tests.destinations.requests import request, row\n"
        "from workbench.config import Settings\n"
        "from workbench.destinations.duckdb import Destination, Options\n"
        "from workbench.destinations.loading import load\n"
        "load._record = lambda *_: os._exit(9)\n"
        "settings = Settings(project=sys.argv[1], home=sys.argv[2], environ={})\n"
        "Destination(Options(), settings).load(request([row('b', 2)], 'run-2'))\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, str(settings.project), str(settings.home)],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert process.returncode == 9
    state = warehouse.inspect(None, "budget")
    assert state is not None and state.rows == 1
    assert warehouse.load(request([row("b", 2)], "run-2")).after == 2


_WIDE = """
import resource, sys
import pyarrow as pa
from workbench.config import Settings
from workbench.destinations import duckdb
from workbench.destinations.loading.request import LoadRequest
from workbench.model.dataset import Column

duckdb._WIDE = int(sys.argv[2])
names = [f"c{n}" for n in range(3000)]
ledger = duckdb.Destination(duckdb.Options(path=sys.argv[1]), Settings(environ={})).load(
    LoadRequest(
        table="wide",
        columns=tuple(Column(name=name, type="text") for name in names),
        strategy="truncate_insert",
        candidate=pa.table({name: ["x", "y"] for name in names}),
        run_id="r",
    )
)
assert ledger.after == 2
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.long
def test_a_wide_table_is_closed_in_little_memory(tmp_path: Path) -> None:
    """Also the negative control: as a narrow one it would take more than the bound."""
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-c", _WIDE, str(tmp_path / f"{wide}.duckdb"), wide],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for wide in ("1000", "4000")
    ]
    assert peaks[0] < 800 < peaks[1]
