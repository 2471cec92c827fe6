"""How the rows of two published versions differ: counted and paged by the engine.

Rows are matched by the key; where there is none, or it does not tell rows apart, they are compared
as a whole, each as often as it occurs. Null equals null, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from workbench.config import Settings
from workbench.errors import LakeError
from workbench.lake.layers import DeltaLayer
from workbench.lake.relations import engine
from workbench.model.dataset import PROVENANCE
from workbench.model.keys import repeated_keys
from workbench.model.sql import identifier
from workbench.model.value import Value
from workbench.records.versions import DatasetVersion

if TYPE_CHECKING:
    import duckdb

Kind = Literal["added", "removed", "changed"]
#: Most rows of one page.
PAGE = 500
#: The row is in both versions.
_BOTH = "(l.here AND r.here)"


class RowDifferences(Value):
    """Counts of rows; ``cells`` counts changed cells by column, where rows are matched by key.

    ``by_key`` false: rows are compared as a whole, so none is ``changed``; ``why`` says why.
    ``gone`` says which version cannot be read any more; then all else is empty.
    """

    by_key: bool = False
    key: tuple[str, ...] = ()
    why: str | None = None
    columns: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0
    cells: dict[str, int] = Field(default_factory=dict)
    gone: str | None = None


class DifferentRow(Value):
    """A row that differs: its cells as text on the left and right, in the order of ``columns``.

    ``left`` is ``None`` for an added row and ``right`` for a removed one; ``changed`` has the
    places of the cells that differ. ``times``: how often more it occurs, compared as a whole.
    """

    left: tuple[str | None, ...] | None
    right: tuple[str | None, ...] | None
    changed: tuple[int, ...] = ()
    times: int = 1


class DifferentRows(Value):
    """A page of rows that differ in one way, and how many there are in all."""

    kind: Kind
    columns: tuple[str, ...]
    rows: tuple[DifferentRow, ...]
    total: int


def count_differences(
    settings: Settings, left: DatasetVersion, right: DatasetVersion, key: Sequence[str] = ()
) -> RowDifferences:
    """How many rows were added, removed and changed from ``left`` to ``right``, and where."""
    gone = missing_version(settings, left) or missing_version(settings, right)
    if gone:
        return RowDifferences(gone=gone)
    with _both(settings, left, right, key) as both:
        return both.counts()


def page_of_differences(
    settings: Settings,
    left: DatasetVersion,
    right: DatasetVersion,
    key: Sequence[str] = (),
    *,
    kind: Kind,
    offset: int = 0,
    limit: int = 50,
) -> DifferentRows:
    """Rows that differ in one way, in the order of the key. Raises ``LakeError`` when one of the
    versions cannot be read any more."""
    for version in (left, right):
        gone = missing_version(settings, version)
        if gone:
            raise LakeError(
                gone,
                where=f"dataset {version.ref.dataset}",
                remedy="compare newer runs, or keep versions longer: WORKBENCH_KEEP_VERSIONS=DAYS",
            )
    with _both(settings, left, right, key) as both:
        return both.page(kind, max(0, offset), max(1, min(limit, PAGE)))


def missing_version(settings: Settings, version: DatasetVersion) -> str | None:
    """In words, that a version cannot be read any more; ``None`` when it can."""
    ref = version.ref
    layer = DeltaLayer(settings, ref.dataset, ref.layer)
    try:
        files = layer.files(ref.version)
    except LakeError:
        files = [""]
    if all(Path(file).is_file() for file in files):
        return None
    published = version.published_at.strftime("%Y-%m-%d %H:%M")
    return (
        f"version {ref.version} of {ref.dataset} ({ref.layer}, published {published} UTC) is gone:"
        " its files were removed once its retention had passed"
    )


@contextmanager
def _both(
    settings: Settings, left: DatasetVersion, right: DatasetVersion, key: Sequence[str]
) -> Iterator[_Both]:
    with engine(settings.path("staging", "spill")) as connection:
        scans = [
            DeltaLayer(settings, version.ref.dataset, version.ref.layer).scan(version.ref.version)
            for version in (left, right)
        ]
        yield _Both(connection, (left, right), scans, key)


class _Both:
    """The two versions as tables ``l`` and ``r``, whose columns ``c0``, ``c1`` … are those that
    both have, the key first: no name of the data stands beside one of ours."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        versions: tuple[DatasetVersion, DatasetVersion],
        scans: Sequence[str],
        key: Sequence[str],
    ) -> None:
        self.connection = connection
        left, right = (
            {c.name: c.type for c in version.ref.columns if c.name not in PROVENANCE}
            for version in versions
        )
        known = [name for name in right if name in left]
        self.columns = [*(n for n in key if n in known), *(n for n in known if n not in key)]
        for side, scan in zip(("l", "r"), scans, strict=True):
            # where a type changed, values are compared by what they read as
            chosen = ", ".join(
                f"CAST({identifier(name)} AS VARCHAR) AS c{number}"
                if left[name] != right[name]
                else f"{identifier(name)} AS c{number}"
                for number, name in enumerate(self.columns)
            )
            chosen = chosen or "NULL AS c0"
            connection.execute(f"CREATE TEMP VIEW {side} AS SELECT {chosen} FROM ({scan})")
        self.why = self._why_not_by_key(key, known)
        self.key = 0 if self.why else len(key)
        self.all = [f"c{number}" for number in range(len(self.columns))]

    def counts(self) -> RowDifferences:
        """All counts in one pass."""
        if not self.columns:
            return RowDifferences(why="the two versions have no column in common")
        if not self.key:
            added, removed, same = self._row(
                "SELECT sum(greatest(r - l, 0)), sum(greatest(l - r, 0)), sum(least(l, r))"
                f" FROM ({self._multiset()})"
            )
            return RowDifferences(
                why=self.why,
                columns=tuple(self.columns),
                added=added,
                removed=removed,
                unchanged=same,
            )
        differs = [_differs(name) for name in self.all[self.key :]]
        some = " OR ".join(differs) or "FALSE"
        cells = "".join(f", count(*) FILTER ({_BOTH} AND {each})" for each in differs)
        added, removed, changed, same, *by_cell = self._row(
            "SELECT count(*) FILTER (l.here IS NULL), count(*) FILTER (r.here IS NULL),"
            f" count(*) FILTER ({_BOTH} AND ({some})), count(*) FILTER ({_BOTH} AND NOT ({some}))"
            f"{cells} FROM {self._joined()}"
        )
        rest = zip(self.columns[self.key :], by_cell, strict=True)
        return RowDifferences(
            by_key=True,
            key=tuple(self.columns[: self.key]),
            columns=tuple(self.columns),
            added=added,
            removed=removed,
            changed=changed,
            unchanged=same,
            cells={name: count for name, count in rest if count},
        )

    def page(self, kind: Kind, offset: int, limit: int) -> DifferentRows:
        """A page of rows that differ in this way."""
        if not self.columns:
            return DifferentRows(kind=kind, columns=(), rows=(), total=0)
        found = self._by_key(kind) if self.key else self._as_a_whole(kind)
        (total,) = self._row(f"SELECT sum(times) FROM ({found})")
        rows = self.connection.execute(
            f"SELECT * EXCLUDE (place) FROM ({found}) ORDER BY place LIMIT $1 OFFSET $2",
            [limit, offset],
        ).fetchall()
        return DifferentRows(
            kind=kind,
            columns=tuple(self.columns),
            rows=tuple(self._different(kind, row) for row in rows),
            total=total,
        )

    def _different(self, kind: Kind, row: tuple[object, ...]) -> DifferentRow:
        width = len(self.columns)
        texts = tuple(None if value is None else str(value) for value in row[: 2 * width])
        marks = row[2 * width : 3 * width]
        return DifferentRow(
            left=None if kind == "added" else texts[:width],
            right=None if kind == "removed" else texts[width:],
            changed=tuple(n for n, mark in enumerate(marks) if mark) if kind == "changed" else (),
            times=int(str(row[-1])),
        )

    def _by_key(self, kind: Kind) -> str:
        key, rest = self.all[: self.key], self.all[self.key :]
        some = " OR ".join(_differs(name) for name in rest) or "FALSE"
        where = {
            "added": "l.here IS NULL",
            "removed": "r.here IS NULL",
            "changed": f"{_BOTH} AND ({some})",
        }[kind]
        texts = [f"CAST({side}.{name} AS VARCHAR)" for side in ("l", "r") for name in self.all]
        marks = [*("FALSE" for _ in key), *map(_differs, rest)]
        place = ", ".join(f"coalesce(r.{name}, l.{name})" for name in key)
        return (
            f"SELECT {', '.join([*texts, *marks])}, row({place}) AS place, 1 AS times"
            f" FROM {self._joined()} WHERE {where}"
        )

    def _as_a_whole(self, kind: Kind) -> str:
        more = {"added": "r - l", "removed": "l - r", "changed": "0"}[kind]
        texts = [f"CAST({name} AS VARCHAR)" for name in self.all] * 2
        marks = ["FALSE" for _ in self.all]
        return (
            f"SELECT {', '.join([*texts, *marks])}, row({', '.join(self.all)}) AS place,"
            f" {more} AS times FROM ({self._multiset()}) WHERE {more} > 0"
        )

    def _joined(self) -> str:
        key = self.all[: self.key]
        on = " AND ".join(f"l.{name} IS NOT DISTINCT FROM r.{name}" for name in key)
        return (
            "(SELECT TRUE AS here, * FROM l) AS l FULL JOIN"
            f" (SELECT TRUE AS here, * FROM r) AS r ON {on}"
        )

    def _multiset(self) -> str:
        """Every row with how often it occurs on the left (``l``) and right (``r``)."""
        return (
            f"SELECT {', '.join(self.all)}, CAST(sum(l) AS BIGINT) AS l,"
            " CAST(sum(r) AS BIGINT) AS r FROM (SELECT *, 1 AS l, 0 AS r FROM l"
            " UNION ALL SELECT *, 0 AS l, 1 AS r FROM r) AS both_sides GROUP BY ALL"
        )

    def _why_not_by_key(self, key: Sequence[str], known: Sequence[str]) -> str | None:
        if not key:
            return "the dataset has no key"
        missing = [name for name in key if name not in known]
        if missing:
            return f"the key names {', '.join(missing)}, which is not in both versions"
        names = [f"c{number}" for number in range(len(key))]
        for side, words in (("l", "first"), ("r", "second")):
            if self.connection.execute(f"{repeated_keys(side, names)} LIMIT 1").fetchone():
                return f"the key ({', '.join(key)}) is not unique in the {words} version"
        return None

    def _row(self, sql: str) -> tuple[int, ...]:
        row = self.connection.execute(sql).fetchone()
        return tuple(int(value or 0) for value in row or ())


def _differs(name: str) -> str:
    return f"l.{name} IS DISTINCT FROM r.{name}"
