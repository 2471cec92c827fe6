"""The context of one step: what a notebook opens first and saves into last."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import Settings
from workbench.durable import full_disk_named
from workbench.errors import ConfigError, LakeError, SourceMissing, WorkbenchError
from workbench.lake.layers import DeltaLayer
from workbench.model.dataset import DatasetRef, Layer
from workbench.model.plan import PlanStep, Verb
from workbench.model.result import StepResult, without_secrets
from workbench.model.run import Run
from workbench.records import attempts, runs, versions
from workbench.records.store import Records, open_records
from workbench.records.versions import DatasetVersion
from workbench.scrubbing import Scrubber
from workbench.spec.loader import Project, ProjectReader
from workbench.spec.models import DatasetSpec

if TYPE_CHECKING:
    import duckdb
    from sqlalchemy import Connection

#: Memory that a step's engine may use before it spills to disk.
_MEMORY = "1GB"

#: The specs of the projects that were opened: a zygote hands what it has read to all its children.
_specs: dict[tuple[Path, Path], ProjectReader] = {}


def read_ahead() -> None:
    """Read the specs of this environment's project, so that steps read only those that change."""
    with suppress(WorkbenchError):  # the step that needs them says what is wrong
        _project(Settings())


def _project(settings: Settings) -> Project:
    reader = _specs.setdefault((settings.project, settings.home), ProjectReader(settings))
    return reader.project(tolerant=True)


def open_step(verb: Verb, run: str = "", step: str = "", attempt: int = 0) -> StepContext:
    """The context of an attempt at a step of a recorded run.

    Opened by hand without ids, the verb is tried on the bundled sample, in a folder that goes
    away with the kernel; the verbs before it are done first.
    """
    if not run:
        from workbench.steps.sample import open_sample

        return open_sample(verb)
    settings = Settings()
    records = open_records(settings)
    project = _project(settings)
    return StepContext(settings, records, project, run, step, attempt, verb)


class StepContext:
    """Everything that a verb needs for one attempt at one step.

    ``also`` collects what must be recorded in the same transaction as the result.
    """

    def __init__(
        self,
        settings: Settings,
        records: Records,
        project: Project,
        run_id: str,
        step_id: str,
        attempt: int,
        verb: Verb,
    ) -> None:
        self.settings = settings
        self.records = records
        self.project = project
        self.run: Run = runs.get_run(records, run_id)
        self.step: PlanStep = self.run.plan.step(step_id)
        self.attempt = attempt
        self.started = time.perf_counter()
        self._also: list[Callable[[Connection], None]] = []
        if self.step.verb != verb:
            raise ConfigError(
                f"the step {step_id!r} is to {self.step.verb}, and this notebook is to {verb}",
                where=f"run {run_id}",
                remedy="open the notebook of the step's own verb",
            )

    @property
    def run_id(self) -> str:
        """The run that this step belongs to."""
        return self.run.id

    @cached_property
    def fence(self) -> int:
        """The number that lets targets refuse older attempts."""
        return runs.get_step(self.records, self.run.id, self.step.id).fence

    @cached_property
    def spec(self) -> DatasetSpec:
        """The spec of the dataset, with the run's parameters bound."""
        name = self.step.dataset
        given = self.run.params if name in self.run.plan.datasets else {}
        return self.project.dataset(name).bind(
            {key: value for key, value in given.items() if not key.startswith("_")}
        )

    @property
    def takes_over(self) -> bool:
        """Whether an earlier attempt may still be about: it must be fenced off before work."""
        return self.attempt > 1

    @property
    def full(self) -> bool:
        """Whether the run was asked to do everything again from bronze."""
        return bool(self.run.params.get("_full"))

    @property
    def staging(self) -> Path:
        """A folder for what this run stages of this dataset."""
        folder = self.settings.path("staging", self.run.id, self.step.dataset)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def layer(self, layer: Layer | None = None, dataset: str | None = None) -> DeltaLayer:
        """A layer of a dataset; by default the one that this dataset publishes."""
        name = dataset or self.step.dataset
        return DeltaLayer(self.settings, name, layer or self.project.dataset(name).layer)

    def published(self, dataset: str | None = None) -> DatasetVersion | None:
        """The version of a dataset that readers see."""
        return versions.published_version(self.records, dataset or self.step.dataset)

    def require_published(self, dataset: str) -> DatasetRef:
        """The published version of an upstream dataset; ``SourceMissing`` if there is none."""
        version = self.published(dataset)
        if version is None:
            raise SourceMissing(
                f"the dataset {dataset!r} was never published",
                where=f"dataset {self.step.dataset}",
                remedy=f"run it first: workbench run {dataset}",
            )
        return version.ref

    def result_of(self, verb: Verb) -> StepResult:
        """The result of an earlier step of this dataset in this run."""
        for step in runs.get_run(self.records, self.run.id).steps:
            if step.dataset == self.step.dataset and step.verb == verb and step.result:
                return step.result
        raise LakeError(
            f"the {verb} step of this run has no result",
            where=f"run {self.run.id}, dataset {self.step.dataset}",
            remedy=f"run the dataset again: workbench run {self.step.dataset}",
        )

    def moved(self, what: str) -> ConfigError:
        """The error for a spec that changed between the plan and this step."""
        return ConfigError(
            what,
            where=f"{self.spec.file or self.step.dataset}, step {self.step.id}",
            remedy=f"start a new run: workbench run {self.step.dataset}",
        )

    def staged(self, name: str) -> Path:
        """A file that an earlier step staged; ``LakeError`` if it is gone."""
        path = self.staging / name
        if not path.is_file():
            raise LakeError(
                "what the transform step staged is gone",
                where=str(path),
                remedy=f"run the dataset again: workbench run {self.step.dataset}",
            )
        return path

    @contextmanager
    def engine(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A DuckDB in memory that spills into the staging folder."""
        import duckdb

        connection = duckdb.connect(":memory:")
        try:
            connection.execute("SET memory_limit = $1", [_MEMORY])
            connection.execute("SET temp_directory = $1", [str(self.staging / "spill")])
            connection.execute("SET preserve_insertion_order = false")
            with full_disk_named(self.staging):
                yield connection
        finally:
            connection.close()

    def also(self, write: Callable[[Connection], None]) -> None:
        """Have ``write`` called within the transaction that records the result."""
        self._also.append(write)

    def save(self, result: StepResult) -> None:
        """Record the result; the step is SUCCESS with this, and only with this."""
        elapsed = {"seconds": round(time.perf_counter() - self.started, 4)}
        result = self._told(result).model_copy(update={"metrics": elapsed | result.metrics})

        def write(connection: Connection) -> None:
            for each in self._also:
                each(connection)

        attempts.finish_step(
            self.records, self.run.id, self.step.id, self.attempt, result, also=write
        )

    def note_failure(self, error: WorkbenchError, result: StepResult | None = None) -> None:
        """Keep what a verb found out before it raises ``error``: its checks and counts."""
        if result is not None:
            told = self._told(result)
            attempts.note_result(self.records, self.run.id, self.step.id, self.attempt, told)
        record = Scrubber(self.project.secrets()).value(error.to_record())
        attempts.note_error(self.records, self.run.id, self.step.id, self.attempt, record)

    def _told(self, result: StepResult) -> StepResult:
        """The result as it is recorded: its words and samples without secrets."""
        secrets = self.project.secrets()
        return without_secrets(result, Scrubber(secrets).value) if secrets else result

    def now(self) -> Any:
        """The time by the clock of the records."""
        return self.records.now()
