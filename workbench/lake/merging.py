"""What a publish does to the rows of a layer, computed by DuckDB over Parquet files.

Only files that hold a changed row are written anew. Small files are swept up on the way, so that
daily publishes do not leave a thousand of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import KeyViolation
from workbench.lake.delta import DataFile
from workbench.lake.parquet import Files, rows_if_canonical
from workbench.lake.relations import parquet_columns, read, same, select
from workbench.model.dataset import PROVENANCE, ROW, SOURCE, Column
from workbench.model.keys import check_keys, repeated_keys
from workbench.model.ledger import LoadLedger
from workbench.model.sql import identifier, identifiers

if TYPE_CHECKING:
    import duckdb

# names of our own: DuckDB takes an alias "r" and a received column "r" for one another
_FILE = "__file"
_NEW = "__new"
_OLD = "__old"
_SMALL_BYTES = 8 << 20
_SMALL_FILES = 16


class Merging:
    """One publish: a candidate, the rows that are there, and the files that will replace them.

    ``columns`` are those of the layer afterwards. After one of ``merge``, ``append``, ``replace``
    the result is in ``files.written`` and ``removed``, and the ledger is returned.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        name: str,
        folder: Path,
        columns: Sequence[Column],
        candidate: Sequence[Path],
        present: Sequence[Column],
        existing: Sequence[DataFile],
        files: Files,
    ) -> None:
        self.connection = connection
        self.name = name
        self.folder = folder
        self.columns = tuple(columns)
        self.names = [column.name for column in columns]
        self.candidate = tuple(candidate)
        self.present = [column.name for column in present]
        self.existing = tuple(existing)
        self.files = files
        self.removed: list[DataFile] = []
        self.before = sum(file.rows for file in existing)
        self._view("incoming", self.candidate, self.present)
        self.existing_names = self._existing("existing", self.existing)
        self.count = int(self._rows("SELECT count(*) FROM incoming")[0][0])

    def check_key(self, key: Sequence[str]) -> None:
        """Raise ``KeyViolation`` if the candidate has null or duplicate keys."""
        check_keys(self._rows, "incoming", key, self.present, self.name)

    def merge(self, key: Sequence[str], compare: Sequence[str]) -> LoadLedger:
        """Upsert by ``key``; a row is updated when a column of ``compare`` differs, null-safe.

        A column that the layer has and the candidate has not keeps its values.
        """
        self.check_key(key)
        if not self.existing:
            self._add_candidate()
            return self._ledger(inserted=self.count)
        self._check_existing_key(key)
        compared = [name for name in (compare or self._comparable(key)) if name in self.present]
        differs = " OR ".join(
            f"{_OLD}.{identifier(name)} IS DISTINCT FROM {_NEW}.{identifier(name)}"
            for name in compared
        )
        chosen = ", ".join(
            f"{_OLD if name not in self.present else _NEW}.{identifier(name)}"
            for name in self.names
        )
        # new and changed rows, and the files that the changed ones come from
        self.connection.execute(
            f"CREATE TEMP TABLE fresh AS SELECT {chosen}, {_OLD}.{_FILE} AS {_FILE}"
            f" FROM incoming {_NEW} LEFT JOIN existing {_OLD} ON {same(key, _OLD, _NEW)}"
            f" WHERE {_OLD}.{_FILE} IS NULL OR {differs or 'false'}"
        )
        touched = dict(self._rows(f"SELECT {_FILE}, count(*) FROM fresh GROUP BY ALL"))
        inserted = touched.pop(None, 0)
        updated = sum(touched.values())
        if inserted or updated:
            self._remove(touched)
            query = f"SELECT {identifiers(self.names)} FROM fresh"
            if updated < sum(file.rows for file in self.removed):
                query += (
                    f" UNION ALL SELECT {identifiers(self.names)} FROM touched {_OLD} WHERE NOT"
                    f" EXISTS (SELECT 1 FROM fresh {_NEW} WHERE {same(key, _OLD, _NEW)})"
                )
            self._write(query)
        return self._ledger(
            inserted=inserted, updated=updated, unchanged=self.count - inserted - updated
        )

    def append(self, *, by_row: bool) -> LoadLedger:
        """Add the candidate; earlier rows of the same source (or source row) make way for it."""
        identity = (SOURCE, ROW) if by_row else (SOURCE,)
        touched: dict[str, int] = {}
        known = set(self.present) & set(self.existing_names)
        if self.count and set(identity) <= known:
            self.connection.execute(
                "CREATE TEMP TABLE replaced AS"
                f" SELECT DISTINCT {identifiers(identity)} FROM incoming"
            )
            earlier = f"SELECT 1 FROM replaced {_NEW} WHERE {same(identity, _OLD, _NEW)}"
            touched = dict(
                self._rows(
                    f"SELECT {_FILE}, count(*) FROM existing {_OLD}"
                    f" WHERE EXISTS ({earlier}) GROUP BY ALL"
                )
            )
        if self.count:
            self._add_candidate()
            self._remove(touched)
        if self.removed:
            kept = f"NOT EXISTS ({earlier})" if touched else "true"
            self._write(f"SELECT {identifiers(self.names)} FROM touched {_OLD} WHERE {kept}")
        return self._ledger(inserted=self.count, deleted=sum(touched.values()))

    def replace(self) -> LoadLedger:
        """The candidate becomes the whole table."""
        self.removed = list(self.existing)
        self._add_candidate()
        return self._ledger(inserted=self.count, deleted=self.before)

    def _remove(self, touched: Collection[str]) -> None:
        """Files with replaced rows, and small ones if many, make way; the view has their rows."""
        small = {file.path for file in self.existing if file.size < _SMALL_BYTES}
        sweep = small if len(small) > _SMALL_FILES else set()
        self.removed = [
            file
            for file in self.existing
            if file.path in sweep or str(self.folder / file.path) in touched
        ]
        self._existing("touched", self.removed)

    def _add_candidate(self) -> None:
        """The candidate's rows as files of the layer: copied as they are where that will do."""
        rest = []
        for path in self.candidate:
            rows = rows_if_canonical(path, self.columns)
            if rows is None:
                rest.append(path)
            else:
                self.files.take(path, rows)
        if rest:
            self._view("rest", rest, self.present)
            self._write(f"SELECT {identifiers(self.names)} FROM rest")

    def _write(self, query: str) -> None:
        self.files.copy(self.connection, query)

    def _view(self, name: str, paths: Sequence[Path], present: Sequence[str]) -> None:
        """A view of files with the columns of the layer, and the file of each row."""
        chosen = select(self.columns, present)
        origin = (
            f"{_FILE} FROM {read(paths, _FILE)}"
            if paths
            else f"CAST(NULL AS VARCHAR) AS {_FILE} WHERE false"
        )
        self.connection.execute(f"CREATE TEMP VIEW {name} AS SELECT {chosen}, {origin}")

    def _existing(self, name: str, files: Sequence[DataFile]) -> list[str]:
        """A view of files of the layer; the names of the columns that they have."""
        paths = [self.folder / file.path for file in files]
        present = [c.name for c in parquet_columns(self.connection, paths, self.name)]
        self._view(name, paths, present)
        return present

    def _comparable(self, key: Sequence[str]) -> list[str]:
        return [name for name in self.names if name not in (*key, *PROVENANCE)]

    def _check_existing_key(self, key: Sequence[str]) -> None:
        """The published rows may have another key: a merge by this one would double rows."""
        known = set(key) <= set(self.existing_names)
        if not known or self._rows(f"{repeated_keys('existing', key)} LIMIT 1"):
            raise KeyViolation(
                f"the key ({', '.join(key)}) does not tell the published rows apart",
                where=self.name,
                remedy="the key has changed: run the dataset with --full to replay it",
            )

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def _ledger(
        self, *, inserted: int = 0, updated: int = 0, unchanged: int = 0, deleted: int = 0
    ) -> LoadLedger:
        after = (
            self.before
            + sum(file.rows for file in self.files.written)
            - sum(file.rows for file in self.removed)
        )
        return LoadLedger(
            name=self.name,
            candidate=self.count,
            inserted=inserted,
            updated=updated,
            unchanged=unchanged,
            before=self.before,
            deleted=deleted,
            after=after,
        )
