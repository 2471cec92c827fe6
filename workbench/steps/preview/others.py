"""What a spec meets beside its own file: the published rows of other datasets, and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.errors import SourceMissing
from workbench.lake.layers import DeltaLayer
from workbench.model.dataset import PROVENANCE, Column
from workbench.model.sql import identifier, identifiers
from workbench.records.versions import DatasetVersion, published_version
from workbench.spec.models import DatasetSpec
from workbench.transforms.core import pipeline
from workbench.transforms.core.context import Context

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from workbench.steps.preview.builder import Builder
    from workbench.steps.preview.engine import Engine


class Others:
    """The other datasets that a spec reads, at the versions that are published now."""

    def __init__(self, engine: Engine, spec: DatasetSpec) -> None:
        self.engine = engine
        self.spec = spec
        self._versions: dict[str, DatasetVersion] = {}
        self._published: dict[str, str] = {}

    def version(self, dataset: str) -> DatasetVersion:
        """The published version of another dataset; ``SourceMissing`` if there is none."""
        if dataset not in self._versions:
            records = self.engine.records()
            found = published_version(records, dataset) if records else None
            if found is None:
                raise SourceMissing(
                    f"the dataset {dataset!r} was never published",
                    where=f"dataset {self.spec.dataset}",
                    remedy=f"run it first: workbench run {dataset}",
                )
            self._versions[dataset] = found
        return self._versions[dataset]

    def view_of(self, dataset: str, builder: Builder) -> str:
        """A view of the published rows of a dataset, without provenance."""
        if dataset not in self._published:
            ref = self.version(dataset).ref
            layer = DeltaLayer(self.engine.settings, dataset, ref.layer)
            names = [column.name for column in ref.columns if column.name not in PROVENANCE]
            view = self.engine.name("published")
            builder.connection.execute(
                f"CREATE VIEW {identifier(view)} AS "
                f"SELECT {identifiers(names)} FROM ({layer.scan(ref.version)})"
            )
            self._published[dataset] = view
        return self._published[dataset]

    def context(self, columns: Sequence[Column], builder: Builder | None = None) -> Context:
        gold = self.spec.layer == "gold"

        def resolve(name: str) -> ir.Table:
            if builder is None:
                return pipeline.unbound(
                    [c for c in self.version(name).ref.columns if c.name not in PROVENANCE], name
                )
            return builder.backend.table(self.view_of(name, builder))

        return Context(
            dataset=self.spec.dataset,
            resolve=resolve,
            params=self.spec.values,
            originals={c.name: c.original for c in columns if c.original is not None},
            source=self.spec.source.dataset if gold else f"{self.spec.dataset}.bronze",
            materialize=builder.materialize if builder else None,
            symbolic=builder is None,
            recall=builder.recall if builder else None,
        )
