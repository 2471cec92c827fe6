"""Bronze, silver and gold: one Delta table for each dataset and layer.

Published versions are immutable. What a run publishes rests on the version that it names as its
base, and becomes visible as a whole or not at all; ``delta`` has the protocol.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import LakeError, VersionConflict
from workbench.lake import delta, merging, relations
from workbench.lake.parquet import Files, arrow_schema, one_table, prefix
from workbench.lake.reading import LayerReader
from workbench.model.dataset import PROVENANCE, ROW, RUN, SOURCE, Column, DatasetRef
from workbench.model.ledger import LoadLedger

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

Mode = Literal["merge", "append", "replace"]
Base = int | Literal["latest"] | None

_PROVENANCE_TYPES = {SOURCE: "text", ROW: "integer", RUN: "text"}


@dataclass(frozen=True)
class Published:
    """A published version, and what was done to the rows. ``landed``: it was there already."""

    ref: DatasetRef
    ledger: LoadLedger
    landed: bool = False


class DeltaLayer(LayerReader):
    """One layer of a dataset below ``<home>/lake/<dataset>/<layer>``.

    ``base`` of a change says which version it rests on: a number, ``None`` for "nothing has been
    published", or ``"latest"``. Whatever was committed after the base, and was never recorded
    (its run died in between), is taken back first by the holder of the newest fence.
    """

    # -- bronze --------------------------------------------------------------------------------

    def append(
        self,
        table: pa.Table | Iterable[pa.Table],
        *,
        run_id: str,
        columns: Sequence[Column],
        fence: int = 0,
        base_version: Base = "latest",
        note: dict[str, Any] | None = None,
    ) -> DatasetRef:
        """Add one run's batch; appending again for the same run replaces its batch.

        ``columns`` are those received; provenance columns are added to them, and columns that the
        layer does not know yet are added to the layer.
        """
        handle = self._at_base(base_version, fence) or delta.create(self.folder, self._all(columns))
        delta.add_columns(handle, self._all(columns))
        earlier = [f for f in delta.files(handle) if f.path.startswith(prefix(run_id))]
        return self._write_batch(handle, table, delta.columns(handle), run_id, fence, note, earlier)

    def replace(
        self,
        table: pa.Table | Iterable[pa.Table],
        *,
        run_id: str,
        columns: Sequence[Column],
        fence: int = 0,
        base_version: Base = "latest",
        note: dict[str, Any] | None = None,
    ) -> DatasetRef:
        """Make one run's batch the whole layer, with these columns only (bronze is rebuilt)."""
        chosen = self._all(columns)
        handle = self._at_base(base_version, fence) or delta.create(self.folder, chosen)
        return self._write_batch(handle, table, chosen, run_id, fence, note, None)

    def _write_batch(
        self,
        handle: DeltaTable,
        table: pa.Table | Iterable[pa.Table],
        columns: Sequence[Column],
        run_id: str,
        fence: int,
        note: dict[str, Any] | None,
        earlier: list[delta.DataFile] | None,
    ) -> DatasetRef:
        tables = [table] if hasattr(table, "schema") else table
        schema = arrow_schema(columns)
        with self._files(run_id) as files:
            files.write((one_table(part, schema) for part in tables), schema)
            version = delta.commit(
                handle,
                run_id=run_id,
                fence=fence,
                note=note or {},
                add=files.offer(),
                remove=earlier or (),
                overwrite=delta.schema(columns) if earlier is None else None,
            )
        return self.ref(version)

    # -- silver and gold -----------------------------------------------------------------------

    def publish(
        self,
        candidate: Sequence[Path],
        *,
        mode: Mode,
        run_id: str,
        key: Sequence[str] = (),
        compare: Sequence[str] = (),
        columns: Sequence[Column] = (),
        fence: int = 0,
        base_version: Base = "latest",
        replace_rows: bool = False,
        note: dict[str, Any] | None = None,
    ) -> Published:
        """Publish staged Parquet files as the next version.

        - ``merge``: upsert by ``key``; a row whose ``compare`` columns (default: all but key and
          provenance) did not change is not written.
        - ``append``: the rows are added; earlier rows of the same ``_source`` make way for them,
          with ``replace_rows`` only earlier rows of the same ``_source`` and ``_row``.
        - ``replace``: the candidate is the whole next version.

        ``columns`` gives descriptions (and the columns, where there are no files). The same run
        publishing again on the same base returns what it published. Raises ``KeyViolation``,
        ``VersionConflict``, ``FenceRefused``, ``StorageFull``; nothing has changed then.
        """
        found = delta.open_table(self.folder)
        if found is not None:
            delta.check_fence(found, fence)
            done = self._landed(found, run_id, base_version)
            if done is not None:
                return done
        with relations.engine(self.spill) as connection:
            present = relations.parquet_columns(connection, candidate, self.name) or tuple(columns)
            handle = self._at_base(base_version, fence)
            known = () if handle is None or mode == "replace" else delta.columns(handle)
            after = self._columns_after(known, present, columns)
            if handle is None:
                handle = delta.create(self.folder, after)
            with self._files(run_id) as files:
                merge = merging.Merging(
                    connection,
                    name=self.name,
                    folder=self.folder,
                    columns=after,
                    candidate=candidate,
                    present=present,
                    existing=delta.files(handle),
                    files=files,
                )
                if mode == "merge":
                    ledger = merge.merge(key, compare)
                else:
                    if key:
                        merge.check_key(key)
                    ledger = (
                        merge.replace() if mode == "replace" else merge.append(by_row=replace_rows)
                    )
                ledger.check()
                kept = [file for file in delta.files(handle) if file not in merge.removed]
                mark = self._fingerprint(connection, after, [*kept, *files.written])
                there = {column.name for column in delta.columns(handle)}
                missing = [column for column in after if column.name not in there]
                if missing and mode != "replace":
                    delta.add_columns(handle, missing)
                version = delta.commit(
                    handle,
                    run_id=run_id,
                    fence=fence,
                    note={
                        **(note or {}),
                        "base": base_version,
                        "ledger": ledger.model_dump(mode="json"),
                        "fingerprint": mark,
                    },
                    add=files.offer(),
                    remove=() if mode == "replace" else merge.removed,
                    overwrite=delta.schema(after) if mode == "replace" else None,
                )
        ref = self._ref(version, [*kept, *files.written], after)
        return Published(ref.model_copy(update={"fingerprint": mark}), ledger)

    def _landed(self, table: DeltaTable, run_id: str, base: Base) -> Published | None:
        """What this run published before, if it published on the same base."""
        done = delta.landed(table, run_id)
        if done is None or "ledger" not in done[1]:
            return None
        version, note = done
        if base not in ("latest", note["base"], version):
            return None
        ref = self.ref(version).model_copy(update={"fingerprint": note["fingerprint"]})
        return Published(ref, LoadLedger.model_validate(note["ledger"]), landed=True)

    def _columns_after(
        self, known: Sequence[Column], present: Sequence[Column], described: Sequence[Column]
    ) -> list[Column]:
        """The columns after a publish: those known, then the new ones."""
        words = {column.name: column for column in described}
        types = {column.name: column.type for column in known}
        after = list(known)
        for column in present:
            if column.name not in types:
                more = words.get(column.name)
                about = more and {"description": more.description, "original": more.original}
                after.append(column.model_copy(update=about or {}))
            elif types[column.name] != column.type:
                raise LakeError(
                    f"column {column.name!r} is {types[column.name]} in the published version and"
                    f" {column.type} in the candidate",
                    where=self.name,
                    remedy="cast it in the transforms, or run the dataset with --full to replay it",
                )
        return after

    # -- upkeep --------------------------------------------------------------------------------

    def fence_commit(self, fence: int, run_id: str | None = None) -> int | None:
        """Take the table over: an empty commit, after which a stopped holder is refused."""
        handle = delta.open_table(self.folder)
        if handle is None:
            return None
        delta.check_fence(handle, fence)
        return delta.commit(handle, run_id=None, fence=fence, note={"fenced_by": run_id})

    def vacuum(
        self, retain_hours: float, keep_versions: Sequence[int] = (), *, dry_run: bool = False
    ) -> list[str]:
        """Remove files older than this that no version in use needs, orphans of losers included.

        ``keep_versions`` stay readable whatever their age. The paths removed; with ``dry_run``
        those that would be.
        """
        handle = delta.open_table(self.folder)
        if handle is None:
            return []
        newest = int(handle.version())
        return delta.vacuum(
            handle, math.ceil(retain_hours), sorted({*keep_versions, newest}), dry_run=dry_run
        )

    # -- inside --------------------------------------------------------------------------------

    def _at_base(self, base: Base, fence: int) -> DeltaTable | None:
        """A handle whose content is that of ``base``; ``None`` where there is no table."""
        handle = delta.open_table(self.folder)
        if handle is None:
            if base is None or base == "latest":
                return None
            raise LakeError(
                f"version {base} was published, but the table is gone",
                where=str(self.folder),
                remedy=f"restore the lake, or replay: workbench run {self.dataset} --full",
            )
        delta.check_fence(handle, fence)
        if base == "latest":
            return handle
        version = 0 if base is None else base  # version 0 is the empty table
        if int(handle.version()) == version:
            return handle
        if delta.files(self._existing(version)) != delta.files(handle):
            if not fence:  # without a fence, whoever published since may be alive
                raise VersionConflict(
                    f"something was published after version {version}",
                    where=str(self.folder),
                    remedy="retry the run: it works on the newer version then",
                )
            delta.restore(handle, version)
        return handle

    def _all(self, columns: Sequence[Column]) -> list[Column]:
        """Provenance columns first, then those received."""
        own = [c for c in columns if c.name not in PROVENANCE]
        return [*(Column(name=n, type=t) for n, t in _PROVENANCE_TYPES.items()), *own]

    @contextmanager
    def _files(self, run_id: str) -> Iterator[Files]:
        files = Files(self.folder, run_id)
        try:
            yield files
        except BaseException as error:
            if not files.offered or isinstance(error, VersionConflict):
                files.discard()  # else the commit may have landed; what is orphaned, vacuum finds
            raise
