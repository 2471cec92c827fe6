"""One Delta table: opened as a handle, changed only by compare-and-swap through that handle.

The publish protocol, each point of it measured with deltalake 1.6:

- a commit is made through the handle that was read, with ``max_commit_retries=0``: when another
  took the version meanwhile it fails, and is a ``VersionConflict`` (writing by path would retry
  and win silently; see ``tests/lake/test_publish_protocol.py``);
- the run is an application transaction of its commit, so that a retry finds out that it landed;
- the fence is an application transaction too, so that a stopped holder is refused.

Parquet files are written before, by us; a commit names the files added and removed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import CommitProperties, DeltaTable, Field, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction, RemoveAction

from workbench.durable import full_disk_named, sync
from workbench.errors import FenceRefused, LakeError, VersionConflict
from workbench.model.dataset import Column
from workbench.model.types import parse_type

_FENCE = "workbench.fence"
_NOTE = "workbench"
_TYPE = "workbench.type"
_ORIGINAL = "workbench.original"
_COMMENT = "comment"

#: SQL names versions for as long as it likes; vacuum alone decides which can still be read.
_CONFIGURATION = {"delta.enableExpiredLogCleanup": "false"}

_DELTA = {
    "text": "string",
    "integer": "long",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp_ntz",
    "time": "string",  # Delta has no time of day; the field's metadata says that it is one
}
_LOGICAL = {name: logical for logical, name in _DELTA.items() if logical != "time"}


@dataclass(frozen=True)
class DataFile:
    """A Parquet file of a table; ``path`` is relative to the table's folder."""

    path: str
    rows: int
    size: int


def open_table(folder: Path, version: int | None = None) -> DeltaTable | None:
    """A handle on the newest (or a given) version; ``None`` where there is no table."""
    try:
        return DeltaTable(folder, version=version)
    except TableNotFoundError:
        return None
    except DeltaError as error:
        at = "" if version is None else f" at version {version}"
        raise LakeError(
            f"the table cannot be opened{at}: {error}",
            where=str(folder),
            remedy="old versions are gone once the retention has passed; run the dataset again",
        ) from error


def create(folder: Path, columns: Sequence[Column]) -> DeltaTable:
    """A handle on a new, empty table; on the table another made in the same moment, if so."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with full_disk_named(folder):
            return DeltaTable.create(folder, schema(columns), configuration=_CONFIGURATION)
    except DeltaError as error:
        table = open_table(folder)
        if table is None:
            raise LakeError(f"the table cannot be made: {error}", where=str(folder)) from error
        return table


def schema(columns: Iterable[Column]) -> Schema:
    """The Delta schema of columns; original header and description are kept with each field."""
    return Schema([_field(column) for column in columns])


def _field(column: Column) -> Field:
    kind = parse_type(column.type)
    metadata = {_TYPE: str(kind)}
    if column.original is not None:
        metadata[_ORIGINAL] = column.original
    if column.description:
        metadata[_COMMENT] = column.description
    name = str(kind) if kind.name == "decimal" else _DELTA[kind.name]
    return Field(column.name, PrimitiveType(name), nullable=True, metadata=metadata)


def columns(table: DeltaTable) -> tuple[Column, ...]:
    """The columns of a handle's version."""
    found = []
    for field in table.schema().fields:
        physical = str(getattr(field.type, "type", field.type))
        kind = field.metadata.get(_TYPE) or _LOGICAL.get(physical, physical)
        found.append(
            Column(
                name=field.name,
                type=kind,
                original=field.metadata.get(_ORIGINAL),
                description=field.metadata.get(_COMMENT, ""),
            )
        )
    return tuple(found)


def files(table: DeltaTable) -> tuple[DataFile, ...]:
    """The active Parquet files of a handle's version, by path."""
    actions = table.get_add_actions(flatten=True)
    names = actions.schema.names
    paths, sizes, rows = (
        actions.column(names.index(name)).to_pylist()
        for name in ("path", "size_bytes", "num_records")
    )
    return tuple(
        sorted(
            (
                DataFile(unquote(p), int(r), int(s))
                for p, s, r in zip(paths, sizes, rows, strict=True)
            ),
            key=lambda file: file.path,
        )
    )


def check_fence(table: DeltaTable, fence: int) -> None:
    """Raise ``FenceRefused`` if a newer holder has fenced this table."""
    newest = table.transaction_version(_FENCE) or 0
    if newest > fence:
        raise FenceRefused(
            f"a newer attempt (fence {newest}) took this dataset over; this one has fence {fence}",
            where=str(table.table_uri),
            remedy="nothing to do: the newer attempt publishes",
        )


def commit(
    table: DeltaTable,
    *,
    run_id: str | None,
    fence: int,
    note: dict[str, Any],
    add: Sequence[DataFile] = (),
    remove: Sequence[DataFile] = (),
    overwrite: Schema | None = None,
) -> int:
    """Commit added and removed files through ``table``; the new version.

    With ``overwrite`` every other file is removed and the schema replaced. Without files it is an
    empty commit, which still takes the version. Raises ``VersionConflict`` when another commit
    came between, and then nothing has changed.
    """
    now = int(time.time() * 1000)
    actions: list[AddAction | RemoveAction] = [
        AddAction(file.path, file.size, {}, now, True, json.dumps({"numRecords": file.rows}))
        for file in add
    ]
    actions += [RemoveAction(file.path, True, now, file.size, {}) for file in remove]
    transactions = [Transaction(_FENCE, fence)] if fence else []
    if run_id is not None:
        transactions.append(Transaction(run_id, (table.transaction_version(run_id) or 0) + 1))
    _swap(
        table,
        lambda: table.create_write_transaction(
            actions,
            "append" if overwrite is None else "overwrite",
            table.schema() if overwrite is None else overwrite,
            commit_properties=CommitProperties(
                custom_metadata={_NOTE: json.dumps({"run": run_id, **note})},
                max_commit_retries=0,
                app_transactions=transactions,
            ),
        ),
    )
    return _settled(table, int(table.version()) + 1)


def add_columns(table: DeltaTable, wanted: Iterable[Column]) -> None:
    """Add those columns that are missing through ``table``, which then stands at that version.

    A commit of its own: if the run dies after it, empty columns are all that is left of it.
    """
    known = {field.name for field in table.schema().fields}
    new = [column for column in wanted if column.name not in known]
    if not new:
        return
    _swap(
        table,
        lambda: table.alter.add_columns(
            [_field(column) for column in new],
            commit_properties=CommitProperties(max_commit_retries=0),
        ),
    )
    _settled(table, int(table.version()))


def restore(table: DeltaTable, version: int) -> None:
    """Make the content of ``version`` current again, through ``table``."""
    _swap(
        table,
        lambda: table.restore(version, commit_properties=CommitProperties(max_commit_retries=0)),
    )
    _settled(table, int(table.version()))


def vacuum(
    table: DeltaTable, hours: int, keep_versions: Sequence[int], *, dry_run: bool
) -> list[str]:
    """Remove files older than this that none of the versions has; their paths."""
    try:
        removed = table.vacuum(
            retention_hours=hours,
            dry_run=dry_run,
            enforce_retention_duration=False,
            full=True,
            keep_versions=list(keep_versions),
        )
    except DeltaError as error:
        raise LakeError(
            f"old files cannot be removed: {error}",
            where=str(_folder(table)),
            remedy="nothing was lost; see whether the folder can be written",
        ) from error
    return [str(path) for path in removed]


def landed(table: DeltaTable, run_id: str) -> tuple[int, dict[str, Any]] | None:
    """Version and note of the newest commit of this run, if it has landed."""
    if table.transaction_version(run_id) is None:
        return None
    for entry in table.history():
        note = json.loads(entry.get(_NOTE) or "{}")
        if note.get("run") == run_id:
            return int(entry["version"]), note
    return None


def notes_since(table: DeltaTable, version: int) -> list[dict[str, Any]]:
    """The notes of the commits after ``version``, the newest first."""
    newer = int(table.version()) - version
    entries = table.history(newer) if newer > 0 else []
    return [json.loads(entry.get(_NOTE) or "{}") for entry in entries]


def _swap(table: DeltaTable, change: Any) -> None:
    folder = _folder(table)
    try:
        with full_disk_named(folder):
            change()
    except CommitFailedError as error:
        raise VersionConflict(
            f"another run published after version {table.version()} was read",
            where=str(folder),
            remedy="retry the run: it works on the newer version then",
        ) from error


def _settled(table: DeltaTable, version: int) -> int:
    """Flush the log entry of ``version`` to the disk before anybody is told of it."""
    log = _folder(table) / "_delta_log"
    sync(log / f"{version:020d}.json")
    sync(log)
    return version


def _folder(table: DeltaTable) -> Path:
    return Path(unquote(str(table.table_uri).removeprefix("file://")))
