"""Tables of connections are taken as they are: DuckDB, PostgreSQL, Parquet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pytest

from tests.postgres import postgres_server, postgres_url
from workbench.config import Settings
from workbench.errors import Cancelled, ConfigError, DestinationError, NotFound, WorkbenchError
from workbench.spec.connections import Connection
from workbench.steps.receiving import tables
from workbench.steps.receiving.tables import take
from workbench.steps.receiving.uploads import Uploads

__all__ = ["postgres_server", "postgres_url"]  # fixtures

HOSTILE = 'x"; DROP TABLE ventas; --'
ROWS = [
    ["id", "nota", HOSTILE],
    ["1", 'dijo "sí", y\nsalió', "1.50"],
    ["2", "", ""],
]


def fill(execute: object, quote_name: str) -> None:
    """A table with hostile names and values, and one of the workbench's own."""
    assert callable(execute)
    name = quote_name.replace('"', '""')
    execute(f'CREATE TABLE "ventas" (id INTEGER, nota VARCHAR, "{name}" DECIMAL(10,2))')
    execute("INSERT INTO ventas VALUES (1, 'dijo \"sí\", y\nsalió', 1.5), (2, NULL, NULL)")
    execute("CREATE TABLE _workbench_loads (id INTEGER)")


def connection(settings: Settings, kind: str, **options: str) -> Connection:
    return Connection(name="there", type=kind, options=options, project=settings.project)


@pytest.fixture(params=["duckdb", "parquet", "postgres"])
def filled(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Connection:
    """A connection of each kind with the table ``ventas``."""
    if request.param == "postgres":
        import psycopg

        url = request.getfixturevalue("postgres_url")
        with psycopg.connect(url) as session:
            fill(session.execute, HOSTILE)
        return connection(settings, "postgres", url=url)
    path = tmp_path / "there.duckdb"
    with duckdb.connect(str(path)) as session:
        fill(session.execute, HOSTILE)
        if request.param == "duckdb":
            return connection(settings, "duckdb", path=str(path))
        folder = tmp_path / "lake"
        version = folder / "ventas" / "versions" / "000001-r"
        version.mkdir(parents=True)
        session.execute(f"COPY ventas TO '{version}/data.parquet'")
    (folder / "ventas" / "current").symlink_to("versions/000001-r")
    return connection(settings, "parquet", path=str(folder))


def test_a_table_is_listed_and_taken(
    settings: Settings, uploads: Uploads, filled: Connection
) -> None:
    (table,) = tables.tables(settings, filled)
    assert table.name == "ventas"
    upload = take(settings, uploads, filled, table.schema, "ventas")
    assert (upload.name, upload.complete) == ("ventas.csv", True)
    text = uploads.content(upload.id).read_text("utf-8")
    assert list(csv.reader(io.StringIO(text))) == ROWS
    assert tables.tables(settings, filled) == [table]  # nothing was written or dropped


def test_parquet_tables_as_the_destination_keeps_them(settings: Settings, uploads: Uploads) -> None:
    """With a schema and without one."""
    for name in ("ventas", "zona/clientes"):
        version = settings.project / "out" / name / "versions" / "000001-r"
        version.mkdir(parents=True)
        duckdb.sql("SELECT 1 AS id").write_parquet(str(version / "data.parquet"))
        (version.parents[1] / "current").symlink_to("versions/000001-r")
    there = connection(settings, "parquet", path="out")
    found = [(one.schema, one.name) for one in tables.tables(settings, there)]
    assert found == [("main", "ventas"), ("zona", "clientes")]
    for schema, name in found:
        upload = take(settings, uploads, there, schema, name)
        assert uploads.content(upload.id).read_text() == "id\n1\n"


@pytest.mark.parametrize("name", ["nothing", "_workbench_loads", HOSTILE, "../ventas"])
def test_only_listed_tables_are_taken(
    settings: Settings, uploads: Uploads, filled: Connection, name: str
) -> None:
    with pytest.raises(NotFound):
        take(settings, uploads, filled, "main", name)
    assert uploads.all() == []


def test_a_large_table_comes_in_blocks_and_can_be_stopped(
    settings: Settings, uploads: Uploads, tmp_path: Path
) -> None:
    path = tmp_path / "there.duckdb"
    with duckdb.connect(str(path)) as session:
        session.execute("CREATE TABLE many AS SELECT range AS id FROM range(100000)")
    there = connection(settings, "duckdb", path=str(path))
    told: list[int] = []
    upload = take(
        settings, uploads, there, "main", "many", progress=lambda rows, _: told.append(rows)
    )
    assert told == [20_000, 40_000, 60_000, 80_000, 100_000]
    assert uploads.content(upload.id).read_text().count("\n") == 100_001

    def stop() -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        take(settings, uploads, there, "main", "many", stop=stop)
    assert len(uploads.all()) == 1


def test_what_cannot_be_reached_is_told_without_secrets(settings: Settings) -> None:
    secret = settings.project / "secret.txt"
    secret.write_text("4711geheim")
    there = connection(
        settings, "postgres", host="127.0.0.1", database="x", user="u",
        password="${file:secret.txt}", connect_timeout="2",
    )  # fmt: skip
    with pytest.raises((WorkbenchError, ConfigError)) as caught:
        tables.tables(settings, there)
    assert "4711geheim" not in str(caught.value)


def test_a_file_that_is_no_database_is_told(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "there.duckdb"
    path.write_text("not a database, " * 1000)
    with pytest.raises(DestinationError, match="cannot be read"):
        tables.tables(settings, connection(settings, "duckdb", path=str(path)))
    with pytest.raises(NotFound, match="nothing was loaded"):
        tables.tables(settings, connection(settings, "duckdb", path=str(tmp_path / "none")))
