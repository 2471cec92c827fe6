"""Observes files, layers and targets for a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench import __version__
from workbench.config import Settings
from workbench.errors import ConfigError, DestinationError, SourceMissing
from workbench.model.dataset import PROVENANCE, Column
from workbench.model.plan import Plan, PlannedTransform
from workbench.plan.build import build_plan, describe
from workbench.records import batches
from workbench.records.catalog import CatalogEntry, sync_datasets
from workbench.records.runs import last_plan
from workbench.records.store import Records
from workbench.records.versions import DatasetVersion, published_version
from workbench.registry import find
from workbench.scrubbing import Scrubber
from workbench.spec.loader import Project
from workbench.spec.models import DatasetSpec, TargetSpec


class ProjectObserver:
    """Looks at what a plan needs to know. Reads heads of files and catalogs, changes nothing.

    Without ``look``, targets are not opened: a run finds out when it loads.
    """

    def __init__(
        self, settings: Settings, project: Project, records: Records, *, look: bool = True
    ) -> None:
        self.settings = settings
        self.project = project
        self.records = records
        self.look = look

    def source_columns(self, spec: DatasetSpec) -> tuple[Column, ...]:
        """The columns of the newest file; of the last one ingested where none is left."""
        try:
            observed: tuple[Column, ...] = find("sources", spec.source_type).observe(
                spec.source, self.settings
            )
        except SourceMissing:
            earlier = [
                file
                for file in batches.known_files(self.records, spec.dataset)
                if not file.correction
            ]
            if not earlier:
                raise
            return earlier[-1].columns
        return observed

    def published_columns(self, dataset: str) -> tuple[Column, ...] | None:
        """The data columns of the published version."""
        version = published_version(self.records, dataset)
        if version is None:
            return None
        return tuple(column for column in version.ref.columns if column.name not in PROVENANCE)

    def walked(
        self,
        spec: DatasetSpec,
        received: tuple[Column, ...],
        upstream: Mapping[str, tuple[Column, ...]],
    ) -> tuple[PlannedTransform, ...] | None:
        """The transforms of the dataset's last plan, if nothing that they rest on has changed.

        Walking them anew gives the same, at the price of importing the engine. With ``look``, the
        price is paid.
        """
        if self.look or spec.params:
            return None
        plan = last_plan(self.records, spec.dataset)
        if plan is None or plan.version != __version__:
            return None
        steps = {step.id: step for step in plan.steps}
        transform = steps.get(f"{spec.dataset}.transform")
        ingest = steps.get(f"{spec.dataset}.ingest", transform)
        same = (
            transform is not None
            and ingest is not None
            and not (transform.notes or ingest.notes)
            and plan.specs.get(spec.dataset) == spec.hash
            and (spec.layer == "gold" or ingest.columns == received)
            and all(
                (known := steps.get(f"{name}.validate")) is not None and known.columns == columns
                for name, columns in upstream.items()
            )
        )
        return transform.transforms if same and transform else None

    def target(
        self, spec: DatasetSpec, target: TargetSpec, columns: tuple[Column, ...]
    ) -> tuple[str, tuple[str, ...]]:
        """The type of the connection, and what would be created or altered."""
        connection = self.project.connection(target.connection)
        if not self.look or not columns:
            return connection.type, ()
        try:
            destination = open_destination(self.project, self.settings, target.connection)
            return connection.type, tuple(
                destination.changes(target.schema_, target.table, columns, spec.key)
            )
        except DestinationError as error:
            return connection.type, (f"cannot be looked at now: {error.message}",)


def open_destination(project: Project, settings: Settings, connection: str) -> Any:
    """The destination of a connection, with its secrets resolved."""
    found = project.connection(connection)
    module = find("destinations", found.type)
    return module.Destination(found.resolve(settings), settings)


def make_plan(
    settings: Settings,
    project: Project,
    records: Records,
    datasets: Iterable[str],
    *,
    params: Mapping[str, Any] | None = None,
    upstream: bool = True,
    strict: bool = False,
    workflow: str | None = None,
) -> Plan:
    """The plan for datasets, from what files, layers and targets look like now.

    Raises ``ConfigError`` for a parameter that holds a secret: parameters are recorded and shown.
    """
    _refuse_secrets(project, params or {})
    observer = ProjectObserver(settings, project, records, look=strict)
    return build_plan(
        project,
        datasets,
        observer,
        params=params,
        upstream=upstream,
        strict=strict,
        workflow=workflow,
    )


def final_columns(
    settings: Settings,
    project: Project,
    records: Records,
    spec: DatasetSpec,
    version: DatasetVersion | None = None,
) -> tuple[Column, ...]:
    """The columns of a dataset after its transforms: of the published version where it was made
    by this spec, else as they are planned from the head of its source."""
    if version is not None and version.transform_hash in ("", spec.transform_hash):
        return tuple(column for column in version.ref.columns if column.name not in PROVENANCE)
    plan = make_plan(settings, project, records, [spec.dataset], upstream=False)
    return plan.step(f"{spec.dataset}.validate").columns


def _refuse_secrets(project: Project, params: Mapping[str, Any]) -> None:
    scrubber = Scrubber(project.secrets())
    for name, value in params.items():
        if scrubber.text(str(value)) != str(value):
            raise ConfigError(
                f"the parameter {name!r} holds a secret of a connection",
                where="parameters of the run",
                remedy="parameters are recorded and shown; name the secret in a connection only",
            )


def sync_catalog(records: Records, project: Project) -> int:
    """Bring the catalog up to date with the specs; how many datasets changed.

    A dataset whose spec has a fault stays as it was.
    """
    return sync_datasets(
        records,
        (
            (
                CatalogEntry(
                    name=spec.dataset,
                    title=spec.title,
                    description=spec.description,
                    owner=spec.owner,
                    tags=spec.tags,
                    layer=spec.layer,
                    spec_hash=spec.hash,
                    spec_path=spec.file,
                    columns=describe(
                        (
                            Column(name=name, type=column.type or "text")
                            for name, column in spec.columns.items()
                        ),
                        spec,
                    ),
                ),
                spec.text,
            )
            for spec in project.datasets.values()
        ),
        complete=not project.faults,
    )
