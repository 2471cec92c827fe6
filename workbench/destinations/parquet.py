"""Destination ``parquet``: a folder of Parquet files for each table.

::

    <path>/<schema>/<table>/versions/000007-<run>/data.parquet, load.json, loads.parquet
    <path>/<schema>/<table>/current -> versions/000007-<run>

A load writes a new version aside and then replaces ``current`` in one step: readers of
``current/data.parquet`` see the whole old or the whole new table.
"""

from __future__ import annotations

import fcntl
import json
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field

from workbench.config import Settings
from workbench.destinations.loading import dry_run, load, tables
from workbench.destinations.loading.capabilities import Capabilities
from workbench.destinations.loading.dry_run import Forecast
from workbench.destinations.loading.duckdb_session import DuckDBSession
from workbench.destinations.loading.request import LoadRequest, TableState
from workbench.destinations.loading.session import qualified
from workbench.durable import full_disk_named, link, remove_folder, sync, write
from workbench.errors import DestinationError, FenceRefused, TargetUnavailable
from workbench.model.dataset import Column
from workbench.model.ledger import LoadLedger
from workbench.model.sql import literal
from workbench.model.value import Options as Base

_SCHEMA = "main"
_NAP = 0.05
_NAME = re.compile(r"[^\x00-\x1f/\\.][^\x00-\x1f/\\]{0,199}")
_VERSION = re.compile(r"(\d{6,})-.+")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")

CAPABILITIES = Capabilities(
    title="Parquet",
    primary_keys=False,
    alters_keys=True,
    concurrent_writers=True,
    reasons={
        "primary_keys": "files have no constraints; each load checks the key itself",
    },
)


class Options(Base):
    """A folder for tables as Parquet files."""

    type: Literal["parquet"] = Field(default="parquet", description="a folder of Parquet files")
    path: str = Field(min_length=1, description="the folder, relative to the project")
    keep: int = Field(
        default=3, ge=1, le=1000, description="how many versions of each table are kept"
    )
    wait: float = Field(
        default=30.0, ge=0, le=3600, description="seconds to wait for another load of the table"
    )


class _Session(DuckDBSession):
    """The table in memory, without an index: its key is in ``load.json``.

    Every strategy refuses keys that would double, so that an index would only cost time.
    """

    table = ""
    key: tuple[str, ...] = ()

    def inspect(self, schema: str, table: str) -> TableState | None:
        state = super().inspect(schema, table)
        if state is None or table != self.table:
            return state
        return replace(state, primary_key=self.key)


class Destination:
    """Keeps tables as versions of Parquet files."""

    def __init__(self, options: Options, settings: Settings) -> None:
        self.options = options
        self.path = settings.project / options.path
        self._spill = settings.path("staging", "spill")

    @property
    def capabilities(self) -> Capabilities:
        """What this destination can do."""
        return CAPABILITIES

    @property
    def location(self) -> str:
        """Where it is, for messages."""
        return str(self.path)

    def check(self) -> None:
        """Raise ``DestinationError`` if the path is not a folder and cannot become one."""
        nearest = next(p for p in (self.path, *self.path.parents) if p.exists())
        if not nearest.is_dir():
            raise DestinationError(
                f"{nearest} is a file, not a folder",
                where=self.location,
                remedy="correct the path of the connection",
            )

    def has(self, schema: str | None, table: str) -> bool:
        """Whether there is such a table."""
        return (self._folder(schema, table) / "current").exists()

    def inspect(self, schema: str | None, table: str) -> TableState | None:
        """The table as it is, with its rows counted; ``None`` if there is none."""
        with self._session(schema, table) as session:
            return load.inspect(session, schema, table)

    def changes(
        self, schema: str | None, table: str, columns: Sequence[Column], key: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """What a load would create or alter, in sentences. Touches nothing."""
        with self._session(schema, table) as session:
            return load.changes(session, schema, table, columns, key)

    def dry_run(self, request: LoadRequest) -> Forecast:
        """What a load would do, by the rows that are there; see ``dry_run``. Touches nothing.

        The statements would be those of a database in memory, so there are none.
        """
        folder = self._folder(request.schema, request.table)
        with self._session(request.schema, request.table) as session:
            keyed = replace(request, key=request.key or session.key)
            found = dry_run.dry_run(session, keyed)
        versions = folder / "versions"
        number = max(_numbers(versions), default=0) + 1 if versions.is_dir() else 1
        version = f"write version {number} of {folder.name}/ and make it the current one"
        return replace(found, statements=(), changes=(*found.changes, version))

    def load(self, request: LoadRequest) -> LoadLedger:
        """Write the next version of a table; see ``LoadRequest``."""
        folder = self._folder(request.schema, request.table)
        with self._alone(folder), full_disk_named(folder):
            self._raise_fence(folder, request.fence)
            with self._session(request.schema, request.table) as session:
                if (folder / "current").exists():
                    done = load.recorded_ledger(session, request)
                    if done is not None:
                        return done
                keyed = replace(request, key=request.key or session.key)
                ledger = load.load(session, keyed)
                self._publish(session, folder, keyed, ledger)
        return ledger

    def landed(self, schema: str | None, table: str) -> dict[str, int]:
        """The runs that loaded a table, and the dataset version that each loaded last."""
        with self._session(schema, table) as session:
            return load.landed(session, schema, table)

    def raise_fence(self, schema: str | None, table: str, fence: int) -> None:
        """Take a table over: attempts with a lower fence are refused from now on."""
        folder = self._folder(schema, table)
        with self._alone(folder):
            self._raise_fence(folder, fence)

    @contextmanager
    def _session(self, schema: str | None, table: str) -> Iterator[_Session]:
        """The current version of a table in a DuckDB of its own; nothing here is kept."""
        import duckdb

        current = self._folder(schema, table) / "current"
        schema = schema or _SCHEMA
        self._spill.mkdir(parents=True, exist_ok=True)
        try:
            with duckdb.connect(config={"temp_directory": str(self._spill)}) as connection:
                session = _Session(connection, _SCHEMA, CAPABILITIES)
                if current.exists():
                    about = json.loads((current / "load.json").read_text())
                    columns = [Column.model_validate(column) for column in about["columns"]]
                    load.control_tables(session, schema)
                    tables.prepare(session, schema, table, columns, (), about["description"])
                    session.table, session.key = table, tuple(about["key"])
                    for name, file in ((table, "data.parquet"), (load.LOADS, "loads.parquet")):
                        connection.execute(
                            f"INSERT INTO {qualified(schema, name)} BY NAME"
                            f" FROM read_parquet({literal(str(current / file))})"
                        )
                yield session
        except duckdb.Error as error:
            raise DestinationError(
                str(error), where=str(current.parent), remedy="see the message of DuckDB above"
            ) from error

    def _publish(
        self, session: _Session, folder: Path, request: LoadRequest, ledger: LoadLedger
    ) -> None:
        """Write the table of the session as the next version, and make it the current one."""
        schema = request.schema or _SCHEMA
        state = session.inspect(schema, request.table)
        if state is None:
            raise DestinationError("the table is gone", where=str(folder))
        versions = folder / "versions"
        for left in (*versions.glob(".*"), *folder.glob(".current.*")):
            # of a load that was killed; nobody else is here
            left.unlink() if left.is_symlink() else remove_folder(left)
        aside = versions / f".{uuid.uuid4().hex}"
        aside.mkdir(parents=True)
        try:
            for name, file in ((request.table, "data.parquet"), (load.LOADS, "loads.parquet")):
                path = aside / file
                session.execute(
                    f"COPY {qualified(schema, name)} TO {literal(str(path))}"
                    " (FORMAT parquet, COMPRESSION zstd)"
                )
                sync(path)
            about = {
                "table": f"{schema}.{request.table}",
                "description": request.description,
                "key": list(request.key),
                "columns": [column.model_dump(mode="json") for column in state.columns],
                "run": request.run_id,
                "dataset_version": request.version,
                "strategy": request.strategy,
                "ledger": ledger.model_dump(mode="json"),
            }
            write(aside / "load.json", json.dumps(about, indent=2, ensure_ascii=False))
            number = max(_numbers(versions), default=0) + 1
            name = f"{number:06d}-{_UNSAFE.sub('_', request.run_id)[:80]}"
            aside.rename(versions / name)
            sync(versions)
        finally:
            remove_folder(aside)
        link(folder / "current", f"versions/{name}")
        for old in sorted(_numbers(versions).items())[: -self.options.keep]:
            remove_folder(old[1])

    def _raise_fence(self, folder: Path, fence: int) -> None:
        path = folder / "fence.json"
        newest = json.loads(path.read_text())["fence"] if path.exists() else 0
        if newest > fence:
            raise FenceRefused(
                f"a newer attempt (fence {newest}) took this table over;"
                f" this one has fence {fence}",
                where=str(folder),
                remedy="nothing to do: the newer attempt loads it",
            )
        if newest < fence:
            write(path, json.dumps({"fence": fence}))

    def _folder(self, schema: str | None, table: str) -> Path:
        for name in (schema or _SCHEMA, table):
            if not _NAME.fullmatch(name):
                raise DestinationError(
                    f"{name!r} cannot be the name of a folder",
                    where=self.location,
                    remedy="name the table with letters, digits, - and _",
                )
        return self.path.joinpath(*([schema] if schema else []), table)

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        """Hold the lock of a table; another process that loads it is waited for."""
        folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + self.options.wait
        with (folder / ".lock").open("w") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise TargetUnavailable(
                            "another process is loading this table",
                            where=str(folder),
                            remedy="retry when it has finished",
                        ) from None
                time.sleep(_NAP)
            yield


def _numbers(versions: Path) -> dict[int, Path]:
    """The versions of a table, by number."""
    found = {}
    for path in versions.iterdir():
        match = _VERSION.fullmatch(path.name)
        if match:
            found[int(match[1])] = path
    return found
