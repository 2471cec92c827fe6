"""What a publish does to the rows of a layer, computed by DuckDB over Parquet files.

Only files that hold a changed row are written anew. Small files are swept up on the way, so that
daily publishes do not leave a thousand of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import KeyViolation, LakeError
from workbench.lake.delta import DataFile
from workbench.lake.parquet import GROUP_ROWS, Files, arrow_schema, rows_if_canonical
from workbench.model.dataset import PROVENANCE, ROW, SOURCE, Column
from workbench.model.ledger import LoadLedger
from workbench.model.sql import duckdb_type, identifier, identifiers, literal, logical_type

if TYPE_CHECKING:
    import duckdb

# aliases and names of our own; DuckDB takes alias "r" and a column "r" for one another
_FILE = "__file"
_CHANGED = "__changed"
_ROW = "__row"
_NEW = "__new"
_OLD = "__old"
_MATCH = "__match"
_SMALL_BYTES = 8 << 20
_SMALL_FILES = 16


@contextmanager
def engine(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB that spills to ``spill`` and fetches no extensions."""
    import duckdb

    spill.mkdir(parents=True, exist_ok=True)
    config = {
        "temp_directory": str(spill),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    with duckdb.connect(config=config) as connection:
        yield connection


def parquet_columns(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], where: str
) -> tuple[Column, ...]:
    """Names and logical types of the columns of Parquet files; nested types are refused."""
    if not paths:
        return ()
    found = connection.execute(f"DESCRIBE SELECT * FROM {_read(paths)}").fetchall()
    columns = []
    for name, physical, *_ in found:
        kind = logical_type(physical)
        if kind is None:
            raise LakeError(
                f"column {name!r} is {physical}, which is not a type of a table",
                where=where,
                remedy="cast it to text, or select its parts, in the transforms",
            )
        columns.append(Column(name=name, type=kind))
    return tuple(columns)


def select(columns: Sequence[Column], available: Sequence[str], alias: str = "") -> str:
    """The select list that yields ``columns`` as a layer keeps them; absent ones are null."""
    terms = []
    for column in columns:
        target = duckdb_type(column.type)
        value = f"{alias}{identifier(column.name)}" if column.name in available else "NULL"
        value = f"CAST({value} AS {target})"
        if target == "TIME":
            value = f"CAST({value} AS VARCHAR)"
        terms.append(f"{value} AS {identifier(column.name)}")
    return ", ".join(terms)


def scan(columns: Sequence[Column], paths: Sequence[Path]) -> str:
    """A SELECT over the files of a layer that yields each column in its logical type."""
    none = ", ".join(
        f"CAST(NULL AS {'VARCHAR' if column.type == 'time' else duckdb_type(column.type)})"
        f" AS {identifier(column.name)}"
        for column in columns
    )
    # files from before a column was added do not have it; the empty relation has all of them
    origin = f"SELECT {none} WHERE false"
    if paths:
        origin += f" UNION ALL BY NAME SELECT * FROM {_read(paths)}"
    chosen = ", ".join(
        f"CAST({identifier(column.name)} AS {duckdb_type(column.type)})"
        f" AS {identifier(column.name)}"
        for column in columns
    )
    return f"SELECT {chosen} FROM ({origin})"


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
        self.count = self._number("SELECT count(*) FROM incoming")

    def check_key(self, key: Sequence[str]) -> None:
        """Refuse null and duplicate keys in the candidate: they would lose or double rows."""
        self._check_key_columns(key)
        seen = [name for name in (SOURCE, ROW) if name in self.present and name not in key]
        nulls = " OR ".join(f"{identifier(name)} IS NULL" for name in key)
        shown = identifiers([*key, *seen])
        rows = self.connection.execute(
            f"SELECT {shown} FROM incoming WHERE {nulls} LIMIT 5"
        ).fetchall()
        if rows:
            count = self._number(f"SELECT count(*) FROM incoming WHERE {nulls}")
            raise self._violation("a null key", count, key, [*key, *seen], rows)
        keys = identifiers(key)
        repeated = f"SELECT {keys} FROM incoming GROUP BY {keys} HAVING count(*) > 1"
        if self.connection.execute(f"{repeated} LIMIT 1").fetchone():
            count = self._number(
                "SELECT sum(n) FROM (SELECT count(*) AS n FROM incoming"
                f" GROUP BY {keys} HAVING count(*) > 1)"
            )
            rows = self.connection.execute(
                f"SELECT {shown} FROM incoming JOIN ({repeated}) USING ({keys})"
                f" ORDER BY {shown} LIMIT 5"
            ).fetchall()
            raise self._violation("a key that occurs twice", count, key, [*key, *seen], rows)

    def merge(self, key: Sequence[str], compare: Sequence[str]) -> LoadLedger:
        """Upsert by ``key``; a row is updated when a column of ``compare`` differs, null-safe."""
        self.check_key(key)
        compared = [name for name in (compare or self._comparable(key)) if name in self.present]
        self._materialize_matches(key, compared)
        matched, updated = self._numbers(
            f"SELECT count(*), count(*) FILTER (WHERE {_CHANGED}) FROM matched"
        )
        inserted = self.count - matched
        if inserted or updated:
            touched = {
                str(name)
                for (name,) in self.connection.execute(
                    f"SELECT DISTINCT {_FILE} FROM matched WHERE {_CHANGED}"
                ).fetchall()
            }
            on = _same(key, _MATCH, _ROW)
            settled = f"NOT EXISTS (SELECT 1 FROM matched {_MATCH} WHERE NOT {_CHANGED} AND {on})"
            self._rewrite(
                touched,
                kept=f"NOT EXISTS (SELECT 1 FROM matched {_MATCH} WHERE {_CHANGED} AND {on})",
                new=settled if matched > updated else "true",
                key=key,
            )
        return self._ledger(inserted=inserted, updated=updated, unchanged=matched - updated)

    def append(self, *, by_row: bool) -> LoadLedger:
        """Add the candidate; earlier rows of the same source (or source row) make way for it."""
        identity = (SOURCE, ROW) if by_row else (SOURCE,)
        comparable = set(identity) <= set(self.present) & set(self.existing_names)
        touched: set[str] = set()
        deleted = 0
        kept = "true"
        if comparable and self.existing and self.count:
            keys = identifiers(identity)
            self.connection.execute(
                f"CREATE TEMP TABLE replaced AS SELECT DISTINCT {keys} FROM incoming"
            )
            on = _same(identity, _MATCH, _ROW)
            for name, count in self.connection.execute(
                f"SELECT {_FILE}, count(*) FROM existing {_ROW}"
                f" WHERE EXISTS (SELECT 1 FROM replaced {_MATCH} WHERE {on}) GROUP BY ALL"
            ).fetchall():
                touched.add(str(name))
                deleted += count
            kept = f"NOT EXISTS (SELECT 1 FROM replaced {_MATCH} WHERE {on})"
        if self.count:
            self._rewrite(touched, kept=kept, new="true")
        return self._ledger(inserted=self.count, deleted=deleted)

    def replace(self) -> LoadLedger:
        """The candidate becomes the whole table."""
        self.removed = list(self.existing)
        self._add_candidate()
        return self._ledger(inserted=self.count, deleted=self.before)

    def _materialize_matches(self, key: Sequence[str], compared: Sequence[str]) -> None:
        differs = " OR ".join(
            f"{_ROW}.{identifier(name)} IS DISTINCT FROM {_NEW}.{identifier(name)}" for name in compared
        )
        self.connection.execute(
            f"CREATE TEMP TABLE matched AS SELECT {identifiers(key, f'{_NEW}.')}, {_ROW}.{_FILE},"
            f" {differs or 'false'} AS {_CHANGED}"
            f" FROM incoming {_NEW} JOIN existing {_ROW} ON {_same(key, _ROW, _NEW)}"
        )

    def _rewrite(
        self, touched: set[str], *, kept: str, new: str, key: Sequence[str] = ()
    ) -> None:
        """Write the kept rows of touched files and the new rows; those files are then removed."""
        small = [file for file in self.existing if file.size < _SMALL_BYTES]
        sweep = {file.path for file in small} if len(small) > _SMALL_FILES else set()
        self.removed = [
            file
            for file in self.existing
            if file.path in sweep or str(self.folder / file.path) in touched
        ]
        if not self.removed and new == "true":
            self._add_candidate()
            return
        self._existing("touched", self.removed)
        absent = [n for n in self.names if n in self.existing_names and n not in self.present]
        fresh = f"SELECT {identifiers(self.names, f'{_ROW}.')} FROM incoming {_ROW} WHERE {new}"
        if absent and key:  # a column that the candidate does not have keeps its values
            terms = [f"{_OLD if n in absent else _ROW}.{identifier(n)}" for n in self.names]
            fresh = (
                f"SELECT {', '.join(terms)} FROM incoming {_ROW} LEFT JOIN existing {_OLD}"
                f" ON {_same(key, _OLD, _ROW)} WHERE {new}"
            )
        self._write(
            f"SELECT {identifiers(self.names, f'{_ROW}.')} FROM touched {_ROW} WHERE {kept}"
            f" UNION ALL {fresh}"
        )

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
        reader = self.connection.execute(query).to_arrow_reader(GROUP_ROWS)
        self.files.write(reader, arrow_schema(self.columns))

    def _view(self, name: str, paths: Sequence[Path], present: Sequence[str]) -> None:
        """A view of files with the columns of the layer, and the file of each row."""
        chosen = select(self.columns, present)
        origin = f"{_FILE} FROM {_read(paths, _FILE)}" if paths else f"CAST(NULL AS VARCHAR) AS {_FILE} WHERE false"
        self.connection.execute(f"CREATE TEMP VIEW {name} AS SELECT {chosen}, {origin}")

    def _existing(self, name: str, files: Sequence[DataFile]) -> list[str]:
        """A view of files of the layer; the names of the columns that they have."""
        paths = [self.folder / file.path for file in files]
        present = [c.name for c in parquet_columns(self.connection, paths, self.name)]
        self._view(name, paths, present)
        return present

    def _comparable(self, key: Sequence[str]) -> list[str]:
        return [name for name in self.names if name not in (*key, *PROVENANCE)]

    def _check_key_columns(self, key: Sequence[str]) -> None:
        missing = [name for name in key if name not in self.present]
        if missing:
            raise LakeError(
                f"the key names columns that are not there: {', '.join(missing)}",
                where=self.name,
                remedy=f"name columns of the dataset in key: {', '.join(self.present)}",
            )

    def _violation(
        self,
        what: str,
        count: int,
        key: Sequence[str],
        shown: Sequence[str],
        rows: Sequence[Sequence[Any]],
    ) -> KeyViolation:
        examples = "; ".join(
            ", ".join(f"{name}={value!s}" for name, value in zip(shown, row, strict=True))
            for row in rows
        )
        return KeyViolation(
            f"{count} rows have {what} ({', '.join(key)}), for example: {examples}",
            where=self.name,
            remedy="deduplicate in the transforms, quarantine such rows by an expectation,"
            " or name a key that tells rows apart",
        )

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

    def _number(self, query: str) -> int:
        return self._numbers(query)[0]

    def _numbers(self, query: str) -> tuple[int, ...]:
        row = self.connection.execute(query).fetchone()
        return tuple(int(value or 0) for value in row or ())


def _read(paths: Sequence[Path], file_column: str | None = None) -> str:
    listed = ", ".join(literal(str(path)) for path in paths)
    named = f"filename = {literal(file_column)}, " if file_column else ""
    return f"read_parquet([{listed}], {named}union_by_name = true, hive_partitioning = false)"


def _same(names: Sequence[str], left: str, right: str) -> str:
    return " AND ".join(f"{left}.{identifier(n)} = {right}.{identifier(n)}" for n in names)
