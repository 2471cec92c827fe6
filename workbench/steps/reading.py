"""Reading published tables, in notebooks and in the shell, without locking anyone out.

Tables are views over the Parquet files of published versions, in a DuckDB of the reader's own: no
file is held, and a version stays readable until its retention has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.config import Settings
from workbench.errors import ConfigError, NotFound
from workbench.lake.layers import DeltaLayer
from workbench.model.dataset import PROVENANCE
from workbench.model.sql import identifier, identifiers, literal
from workbench.records.store import open_records
from workbench.records.versions import DatasetVersion, published_datasets, published_version
from workbench.registry import unknown

if TYPE_CHECKING:
    import duckdb
    import polars


def connect(
    *, provenance: bool = False, settings: Settings | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with every published dataset as a view of its name.

    ``provenance`` adds the columns ``_source``, ``_row`` and ``_run``. The views show the versions
    published at this moment; connect again to see later ones.
    """
    import duckdb

    settings = settings or Settings()
    records = open_records(settings)
    try:
        connection = duckdb.connect(":memory:")
        for name in published_datasets(records):
            version = published_version(records, name)
            if version is not None:
                connection.execute(
                    f"CREATE VIEW {identifier(name)} AS {_select(settings, version, provenance)}"
                )
    finally:
        records.close()
    return connection


def read(
    dataset: str,
    columns: Sequence[str] | None = None,
    *,
    provenance: bool = False,
    settings: Settings | None = None,
) -> polars.DataFrame:
    """The published table of a dataset as a polars frame, all columns or those given.

    Raises ``NotFound`` when there is no such dataset, or nothing of it is published yet.
    """
    import duckdb

    settings = settings or Settings()
    records = open_records(settings)
    try:
        version = published_version(records, dataset)
        known = published_datasets(records)
    finally:
        records.close()
    if version is None:
        raise NotFound(
            unknown("published dataset", dataset, known),
            remedy=f"publish it first: workbench run {dataset}",
        )
    names = [column.name for column in version.ref.columns]
    for name in columns or ():
        if name not in names:
            raise NotFound(unknown("column", name, tuple(names)), where=f"dataset {dataset}")
    wanted = "*" if columns is None else identifiers(columns)
    with duckdb.connect(":memory:") as connection:
        return connection.sql(
            f"SELECT {wanted} FROM ({_select(settings, version, provenance)})"
        ).pl()


def query(sql: str, *, settings: Settings | None = None) -> duckdb.DuckDBPyRelation:
    """The answer to one SELECT over the published datasets; everything else is refused.

    Files and other databases are out of reach of the question.
    """
    import duckdb

    connection = connect(settings=settings)
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise ConfigError(_first_lines(error), where="query") from error
    reading = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
    if len(statements) != 1 or statements[0].type not in reading:
        raise ConfigError(
            "one SELECT is expected; nothing was run",
            where="query",
            remedy="published tables are read-only: they change by runs alone",
        )
    settings = settings or Settings()
    connection.execute(f"SET allowed_directories = [{literal(str(settings.path('lake')) + '/')}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    try:
        return connection.sql(sql)
    except duckdb.Error as error:
        raise ConfigError(
            _first_lines(error),
            where="query",
            remedy="see the datasets and their columns: workbench datasets",
        ) from error


def _select(settings: Settings, version: DatasetVersion, provenance: bool) -> str:
    ref = version.ref
    layer = DeltaLayer(settings, ref.dataset, ref.layer)
    names: list[Any] = [
        column.name for column in ref.columns if provenance or column.name not in PROVENANCE
    ]
    return f"SELECT {identifiers(names)} FROM ({layer.scan(ref.version)})"


def _first_lines(error: Exception) -> str:
    return "\n".join(str(error).strip().splitlines()[:4])
