"""Reading one layer of a dataset: versions, files, columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.config import Settings
from workbench.errors import LakeError
from workbench.lake import delta, relations
from workbench.lake.parquet import prefix
from workbench.model.dataset import Column, DatasetRef, Layer

if TYPE_CHECKING:
    import duckdb
    from deltalake import DeltaTable


class LayerReader:
    """What can be asked of one layer of a dataset, below ``<home>/lake/<dataset>/<layer>``."""

    def __init__(self, settings: Settings, dataset: str, layer: Layer) -> None:
        self.dataset = dataset
        self.layer: Layer = layer
        self.name = f"{dataset}.{layer}"
        self.folder = settings.path("lake", dataset, layer)
        self.spill = settings.path("staging", "spill")

    def version(self) -> int | None:
        """The newest version; ``None`` if there is no table."""
        table = delta.open_table(self.folder)
        return None if table is None else int(table.version())

    def ref(self, version: int | None = None) -> DatasetRef:
        """A version (default: the newest) as a value. Raises ``LakeError`` if there is none."""
        table = self._existing(version)
        return self._ref(int(table.version()), delta.files(table), delta.columns(table))

    def files(self, version: int | None = None, run_id: str | None = None) -> list[str]:
        """Paths of the Parquet files of a version; of one run's batch only, in bronze."""
        return [str(path) for path in self._paths(self._existing(version), run_id)]

    def schema(self, version: int | None = None) -> tuple[Column, ...]:
        """The columns of a version, with original headers and descriptions."""
        return delta.columns(self._existing(version))

    def scan(self, version: int | None = None, run_id: str | None = None) -> str:
        """A DuckDB SELECT over a version: every column, in its logical type, in order."""
        table = self._existing(version)
        return relations.scan(delta.columns(table), self._paths(table, run_id))

    def replaced_since(self, version: int) -> bool:
        """Whether any row that ``version`` had has made way for another one since."""
        notes = delta.notes_since(self._existing(None), version)
        return any(note.get("ledger", {}).get("deleted", 0) for note in notes)

    def fingerprint(self, version: int | None = None) -> str:
        """Hash of the content of a version, whatever the order of rows; ``_run`` is left out."""
        table = self._existing(version)
        with relations.engine(self.spill) as connection:
            return self._fingerprint(connection, delta.columns(table), delta.files(table))

    def _paths(self, table: DeltaTable, run_id: str | None) -> list[Path]:
        start = "" if run_id is None else prefix(run_id)
        chosen = [file.path for file in delta.files(table) if file.path.startswith(start)]
        return [self.folder / path for path in chosen]

    def _existing(self, version: int | None) -> DeltaTable:
        table = delta.open_table(self.folder, version)
        if table is None:
            raise LakeError(
                f"the {self.layer} layer is empty",
                where=f"dataset {self.dataset}",
                remedy=f"run it first: workbench run {self.dataset}",
            )
        return table

    def _ref(
        self,
        version: int,
        files: Sequence[delta.DataFile],
        columns: Sequence[Column],
    ) -> DatasetRef:
        return DatasetRef(
            dataset=self.dataset,
            layer=self.layer,
            uri=str(self.folder),
            format="delta",
            version=version,
            columns=tuple(columns),
            rows=sum(file.rows for file in files),
        )

    def _fingerprint(
        self,
        connection: duckdb.DuckDBPyConnection,
        columns: Sequence[Column],
        files: Sequence[delta.DataFile],
    ) -> str:
        paths = [self.folder / file.path for file in files]
        return relations.fingerprint(connection, columns, paths)
