"""What loading a dataset's published version into its targets would do, before anything is done.

Each target is looked at by the dry run of its destination. The plan has a fingerprint: who
confirms it confirms this version, these specs and these tables, and nothing that came after.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Literal

from pydantic import computed_field

from workbench.config import Settings
from workbench.destinations.loading.dry_run import Forecast
from workbench.errors import DestinationError, SourceMissing
from workbench.lake.layers import DeltaLayer
from workbench.model.dataset import PROVENANCE, Column
from workbench.model.ledger import LoadLedger
from workbench.model.plan import Plan
from workbench.model.value import Value
from workbench.plan.loads import only_loads
from workbench.records.store import Records
from workbench.records.versions import DatasetVersion, published_version
from workbench.spec.loader import Project
from workbench.spec.models import DatasetSpec, TargetSpec
from workbench.steps.loading import TargetLoading
from workbench.steps.planning import make_plan, open_destination

#: Called with how many targets were looked at, of how many, and the next one's name.
Progress = Callable[[int, int, str], None]


class PlannedLoad(Value):
    """What would happen to one target.

    ``holds`` is the version that it holds (``None``: none, by the records), ``done`` that it is
    this one; ``drifted`` that it should be, and that the rows are others: somebody changed them.
    ``ledger`` has the rows to be inserted, updated, left and deleted; it is ``None`` where the
    load would be refused (``refusal``) or the target cannot be looked at now (``unavailable``
    says why). The rest is as in ``Forecast``.
    """

    target: str
    connection: str
    type: str
    db_schema: str | None
    table: str
    strategy: str
    key: tuple[str, ...]
    location: str = ""
    holds: int | None = None
    done: bool = False
    state: str = ""
    before: int = 0
    ledger: LoadLedger | None = None
    kept: int | None = None
    statements: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    refusal: str = ""
    unavailable: str = ""
    remedy: str = ""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def drifted(self) -> bool:
        """Whether the target is said to hold the version and has other rows."""
        if not self.done or self.ledger is None:
            return False
        counts = self.ledger
        if counts.deleted and self.kept is None:
            return False  # without a key nobody knows
        return counts.inserted + counts.updated + counts.deleted != 2 * (self.kept or 0)


class LoadPlan(Value):
    """What loading a version would do. ``rebuild``: what makes the version has changed since it
    was published, so that a run makes it anew first and the numbers are those of the old one."""

    dataset: str
    spec_hash: str
    version: int
    rows: int | None
    published_at: datetime
    columns: tuple[Column, ...]
    rebuild: bool
    loads: tuple[PlannedLoad, ...]

    @property
    def fingerprint(self) -> str:
        """What is confirmed: the version, the spec, and what was found in the targets."""
        about = {
            "spec": self.spec_hash,
            "version": self.version,
            "rebuild": self.rebuild,
            "loads": [
                load.model_dump(mode="json", exclude={"location", "remedy"}) for load in self.loads
            ],
        }
        text = json.dumps(about, sort_keys=True, default=str)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def ready(self, targets: Collection[str] | None = None) -> tuple[PlannedLoad, ...]:
        """The loads that can be done, of these targets (default: of all that lack the version)."""
        return tuple(
            load
            for load in self.loads
            if load.ledger is not None
            and (load.target in targets if targets is not None else not load.done)
        )


class Moved(Value):
    """Something that differs between two plans of a dataset: ``what``, and of which target."""

    what: Literal["spec", "version", "targets", "table", "rows"]
    target: str = ""
    before: str = ""
    now: str = ""


def plan_loads(
    settings: Settings,
    project: Project,
    records: Records,
    spec: DatasetSpec,
    *,
    progress: Progress = lambda done, total, name: None,
) -> LoadPlan:
    """Look at every target of a spec, which need not be saved. Touches nothing.

    Raises ``SourceMissing`` where nothing was published yet.
    """
    version = published_version(records, spec.dataset)
    if version is None:
        raise SourceMissing(
            f"the dataset {spec.dataset!r} was never published, so there is nothing to load",
            where=spec.file or spec.dataset,
            remedy=f"run it first: workbench run {spec.dataset}",
        )
    bound = spec.bind({}) if not _needs_values(spec) else spec
    loads = []
    for number, target in enumerate(spec.targets):
        progress(number, len(spec.targets), target.table)
        loads.append(_planned(settings, project, records, spec, target, version))
    progress(len(spec.targets), len(spec.targets), "")
    return LoadPlan(
        dataset=spec.dataset,
        spec_hash=spec.hash,
        version=version.ref.version or 0,
        rows=version.ref.rows,
        published_at=version.published_at,
        columns=tuple(each for each in version.ref.columns if each.name not in PROVENANCE),
        rebuild=version.transform_hash not in ("", bound.transform_hash),
        loads=tuple(loads),
    )


def moved(before: LoadPlan, now: LoadPlan) -> tuple[Moved, ...]:
    """What came between two plans."""
    found: list[Moved] = []
    if before.spec_hash != now.spec_hash:
        found.append(Moved(what="spec"))
    if before.version != now.version:
        found.append(Moved(what="version", before=str(before.version), now=str(now.version)))
    earlier = {load.target: load for load in before.loads}
    if earlier.keys() != {load.target for load in now.loads}:
        found.append(Moved(what="targets"))
    for load in now.loads:
        old = earlier.get(load.target)
        if old is None:
            continue
        if old.state != load.state or old.unavailable != load.unavailable:
            rows = (str(old.before), str(load.before))
            found.append(Moved(what="table", target=load.target, before=rows[0], now=rows[1]))
        elif old.ledger != load.ledger:
            found.append(Moved(what="rows", target=load.target))
    return tuple(found)


def plan_run(
    settings: Settings,
    project: Project,
    records: Records,
    planned: LoadPlan,
    targets: Collection[str] | None = None,
) -> Plan:
    """The plan of the run that does what was confirmed: the loads alone, or, where the version
    must be made anew, the whole dataset. Raises ``DestinationError`` if there is none to do."""
    ready = planned.ready(targets)
    if not ready:
        raise DestinationError(
            "there is nothing that can be loaded",
            where=planned.dataset,
            remedy="choose a target that lacks this version, or mend what the plan refuses",
        )
    expected = {load.target: {"version": planned.version, "state": load.state} for load in ready}
    whole = make_plan(
        settings,
        project,
        records,
        [planned.dataset],
        params={} if planned.rebuild else {"_loads": expected},
        upstream=False,
    )
    return whole if planned.rebuild else only_loads(whole, planned.dataset, list(expected))


def _planned(
    settings: Settings,
    project: Project,
    records: Records,
    spec: DatasetSpec,
    target: TargetSpec,
    version: DatasetVersion,
) -> PlannedLoad:
    layer = DeltaLayer(settings, spec.dataset, version.ref.layer)
    loading = TargetLoading(records, spec, target, version.ref, layer)
    connection = project.connection(target.connection)
    about: dict[str, Any] = {
        "target": loading.name,
        "connection": target.connection,
        "type": connection.type,
        "db_schema": target.schema_,
        "table": target.table,
        "strategy": target.strategy,
        "key": spec.key,
        "holds": loading.last.version if loading.last else None,
        "done": loading.is_done,
    }
    try:
        destination = open_destination(project, settings, target.connection)
        about["location"] = destination.location
        if loading.last and destination.inspect(target.schema_, target.table) is None:
            loading.last = None  # somebody removed the table
            about |= {"holds": None, "done": False}
        found: Forecast = destination.dry_run(loading.request(destination))
    except DestinationError as error:
        return PlannedLoad(**about, unavailable=error.message, remedy=error.remedy or "")
    return PlannedLoad(
        **about,
        state=found.state,
        before=found.before,
        ledger=found.ledger,
        kept=found.kept,
        statements=found.statements,
        changes=found.changes,
        refusal=found.refusal,
        remedy=found.remedy,
    )


def _needs_values(spec: DatasetSpec) -> bool:
    return any(param.default is None for param in spec.params.values())
