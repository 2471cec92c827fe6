"""From specs and what was observed to a plan.

Pure: whoever calls supplies an ``Observer`` that looks at files, layers and targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from workbench import __version__
from workbench.errors import SourceError, SourceMissing, TransformError
from workbench.model.dataset import PROVENANCE, Column
from workbench.model.plan import Plan, PlannedTarget, PlannedTransform, PlanStep
from workbench.registry import find
from workbench.spec.loader import Project
from workbench.spec.models import DatasetSpec, TargetSpec
from workbench.transforms.core import pipeline


class Observer(Protocol):
    """What a plan needs to know of the world."""

    def source_columns(self, spec: DatasetSpec) -> tuple[Column, ...]:
        """The columns as received: the head of the newest file. ``SourceMissing`` if none."""

    def published_columns(self, dataset: str) -> tuple[Column, ...] | None:
        """The columns of the published version, ``None`` if nothing was published yet."""

    def walked(
        self,
        spec: DatasetSpec,
        received: tuple[Column, ...],
        upstream: Mapping[str, tuple[Column, ...]],
    ) -> tuple[PlannedTransform, ...] | None:
        """What an earlier plan found for the same transforms over the same columns, if one did."""

    def target(
        self, spec: DatasetSpec, target: TargetSpec, columns: tuple[Column, ...]
    ) -> tuple[str, tuple[str, ...]]:
        """The type of the target's connection, and in words what would change there."""


def target_name(spec: DatasetSpec, target: TargetSpec) -> str:
    """The name of a target: ``connection.table``, with the schema between where it is given."""
    parts = (target.connection, target.schema_, target.table or spec.dataset)
    return ".".join(part for part in parts if part)


def build_plan(
    project: Project,
    datasets: Iterable[str],
    observer: Observer,
    *,
    params: Mapping[str, Any] | None = None,
    upstream: bool = True,
    strict: bool = True,
    workflow: str | None = None,
) -> Plan:
    """The steps for ``datasets``, upstream datasets first.

    ``strict`` raises where a source cannot be observed or does not fit its transforms (what
    ``workbench plan`` wants); without it the plan notes this, and the step that meets it fails
    and is recorded.
    """
    asked = tuple(dict.fromkeys(datasets))
    order: list[str] = []
    for name in asked:
        for dataset in (*(project.upstreams(name) if upstream else ()), name):
            if dataset not in order:
                order.append(dataset)
    steps: list[PlanStep] = []
    known: dict[str, tuple[Column, ...]] = {}
    for name in order:
        given = {k: v for k, v in (params or {}).items() if not k.startswith("_")}
        spec = project.dataset(name).bind(given if name in asked else {})
        planned = _Builder(project, spec, observer, known, strict).steps(order)
        steps.extend(planned)
    return Plan(
        workflow=workflow or "+".join(asked),
        datasets=asked,
        steps=tuple(steps),
        specs={name: project.dataset(name).hash for name in order},
        params=dict(params or {}),
        version=__version__,
    )


class _Builder:
    """Plans the steps of one dataset; ``known`` holds the columns of those planned before."""

    def __init__(
        self,
        project: Project,
        spec: DatasetSpec,
        observer: Observer,
        known: dict[str, tuple[Column, ...]],
        strict: bool,
    ) -> None:
        self.project = project
        self.spec = spec
        self.observer = observer
        self.known = known
        self.strict = strict

    def steps(self, order: list[str]) -> list[PlanStep]:
        spec, name = self.spec, self.spec.dataset
        planned: list[PlanStep] = []
        upstreams = [other for other in self.project.direct_upstreams(name) if other in order]
        needs = tuple(f"{other}.validate" for other in upstreams)
        notes: list[str] = []
        received = self._received(notes)
        transforms = self._transforms(received, notes)
        common: dict[str, Any] = {"dataset": name, "retry": spec.retry, "timeout": spec.timeout}
        if spec.layer == "silver":
            base = f"{name} (bronze)"
            planned.append(
                PlanStep(
                    id=f"{name}.ingest",
                    verb="ingest",
                    inputs=tuple(getattr(spec.source, "path", ())) or (spec.source_type,),
                    outputs=(f"{name} (RAW)", base),
                    columns=received or (),
                    notes=tuple(notes),
                    **common,
                )
            )
            needs = (f"{name}.ingest", *needs)
            inputs = (base, *(f"{other} (published)" for other in upstreams))
        else:
            inputs = tuple(f"{other} (published)" for other in upstreams)
        columns = transforms[-1].columns if transforms else (received or ())
        columns = describe(columns, spec)
        self.known[name] = columns
        planned.append(
            PlanStep(
                id=f"{name}.transform",
                verb="transform",
                needs=needs,
                inputs=inputs,
                outputs=(f"{name} (candidate)",),
                columns=columns,
                transforms=transforms,
                notes=tuple(notes) if spec.layer == "gold" else (),
                **common,
            )
        )
        planned.append(
            PlanStep(
                id=f"{name}.validate",
                verb="validate",
                needs=(f"{name}.transform",),
                inputs=(f"{name} (candidate)",),
                outputs=(f"{name} ({spec.layer}, {spec.update_mode})", f"{name} (quarantine)"),
                columns=columns,
                checks=tuple(_check_words(use) for use in spec.expectations),
                **common,
            )
        )
        for target in spec.targets:
            full = target_name(spec, target)
            kind, changes = self.observer.target(spec, target, columns)
            planned.append(
                PlanStep(
                    id=f"{name}.materialize.{full}",
                    verb="materialize",
                    needs=(f"{name}.validate",),
                    inputs=(f"{name} ({spec.layer})",),
                    outputs=(full,),
                    columns=columns,
                    target=PlannedTarget(
                        name=full,
                        connection=target.connection,
                        type=kind,
                        table=target.table or name,
                        strategy=target.strategy,
                        key=spec.key,
                        changes=changes,
                    ),
                    **common,
                )
            )
        return planned

    def _received(self, notes: list[str]) -> tuple[Column, ...] | None:
        """What the first transform is given; ``None`` if that is not known yet."""
        try:
            if self.spec.layer == "gold":
                return self._dataset_columns(self.spec.source.dataset)
            return self.observer.source_columns(self.spec)
        except SourceError as error:  # the ingest step meets it, and can be retried
            if self.strict:
                raise
            notes.append(f"columns are not known yet: {error.message}")
            return None

    @property
    def _source(self) -> str:
        """What the rows come from, as lineage names it."""
        if self.spec.layer == "gold":
            return str(self.spec.source.dataset)
        return f"{self.spec.dataset}.bronze"

    def _dataset_columns(self, dataset: str) -> tuple[Column, ...]:
        columns = self.known.get(dataset) or self.observer.published_columns(dataset)
        if columns is None:
            raise SourceMissing(
                f"the dataset {dataset!r} was never published",
                where=f"dataset {self.spec.dataset}",
                remedy=f"run it first: workbench run {dataset}",
            )
        return columns

    def _transforms(
        self, received: tuple[Column, ...] | None, notes: list[str]
    ) -> tuple[PlannedTransform, ...]:
        uses = [use for use in self.spec.transforms if use.enabled]
        if not received:
            return ()
        try:
            upstream = {
                name: self._dataset_columns(name)
                for name in self.project.direct_upstreams(self.spec.dataset)
            }
            walked = self.observer.walked(self.spec, received, upstream)
            if walked is not None:
                return walked
            planning = pipeline.planning_context(
                self.spec.dataset,
                self._dataset_columns,
                received,
                params=self.spec.values,
                source=self._source,
            )
            after = pipeline.columns_after(received, uses, planning) if uses else []
            check_key(after[-1] if after else received, self.spec)
        except (TransformError, SourceMissing) as error:
            if self.strict:
                raise
            notes.append(str(error))
            return ()
        return tuple(
            PlannedTransform(
                name=use.name,
                summary=find("transforms", use.name).summary(use.options),
                columns=columns,
            )
            for use, columns in zip(uses, after, strict=True)
        )


def check_key(columns: Sequence[Column], spec: DatasetSpec) -> None:
    """Raise ``TransformError`` unless the final columns hold the key and those compared."""
    names = [column.name for column in columns if column.name not in PROVENANCE]
    for what, wanted in (("key", spec.key), ("compare", spec.compare)):
        missing = [name for name in wanted if name not in names]
        if missing:
            raise TransformError(
                f"{what} names columns that are not there: {', '.join(missing)}",
                where=f"dataset {spec.dataset}",
                remedy=f"columns after the transforms: {', '.join(names)}",
            )


def describe(columns: Iterable[Column], spec: DatasetSpec) -> tuple[Column, ...]:
    """The columns with the descriptions of the spec, and keys not nullable."""
    return tuple(
        column.model_copy(
            update={
                "description": spec.columns[column.name].description
                if column.name in spec.columns
                else column.description,
                "nullable": column.name not in spec.key,
            }
        )
        for column in columns
    )


def _check_words(use: Any) -> str:
    arguments = ", ".join(f"{name}={value!r}" for name, value in use.kwargs.items())
    return f"{use.name}({arguments}) → {use.severity}"
