"""Materialize: where a dataset goes, by which key and strategy, and what that would change."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from workbench.destinations.loading.capabilities import FEATURES
from workbench.engine.starting import start_run
from workbench.errors import ConfigError, SourceMissing, SpecError, WorkbenchError
from workbench.panels.conflicts import save
from workbench.panels.draft import Draft
from workbench.panels.panel import Call, answers
from workbench.panels.run_calls import RunCalls
from workbench.records.versions import published_version
from workbench.registry import find, names
from workbench.spec.edits_targets import (
    FIELDS,
    TargetField,
    add_target,
    remove_target,
    set_key,
    set_target,
    targets_in,
)
from workbench.spec.loader import Project
from workbench.spec.models import DatasetSpec
from workbench.spec.yaml_source import read_text
from workbench.steps.load_plan import LoadPlan, moved, plan_loads, plan_run
from workbench.steps.planning import final_columns, sync_catalog

Index = Annotated[int, Field(ge=0, le=10_000)]


class Materialize(RunCalls):
    """Choose key, strategy and targets; see the plan against the real targets; confirm; watch."""

    name = "materialize"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._plans: dict[str, LoadPlan] = {}
        self._offs.append(self.workspace.on("draft", self._tell_draft))

    @answers("state")
    def state(self, call: Call) -> dict[str, Any]:
        """What is written in the draft, what may be chosen, and what each kind can do."""
        draft = self._draft()
        project = self.workspace.project()
        return {
            **self._written(draft),
            "connections": [
                {"name": each.name, "type": each.type, "title": each.title}
                for each in project.connections.values()
            ],
            "kinds": [_kind(name) for name in names("destinations")],
            "columns": [
                {"name": column.name, "type": column.type} for column in self._columns(draft)
            ],
        }

    @answers("set_key")
    def set_key(self, call: Call, *, columns: list[str]) -> dict[str, Any]:
        """Make these columns the key, in this order."""
        return self._edit(lambda data: set_key(data, columns))

    @answers("set_target")
    def set_target(
        self, call: Call, *, index: Index, field: TargetField, value: str | list[str] | bool | None
    ) -> dict[str, Any]:
        """Write a field of a target."""
        return self._edit(lambda data: set_target(data, index, field, value))

    @answers("add_target")
    def add_target(self, call: Call, *, connection: str) -> dict[str, Any]:
        """A further target; its table has a name of its own where the dataset's is taken."""
        draft = self._draft()
        taken = {
            each.get("table") or self.dataset
            for each in targets_in(_data(draft))
            if each.get("connection", "warehouse") == connection
        }
        table = next(
            (name for name in ("", *(f"{self.dataset}_{n}" for n in range(2, 100)))
             if (name or self.dataset) not in taken),
            "",
        )  # fmt: skip
        return self._edit(lambda data: add_target(data, connection, table))

    @answers("remove_target")
    def remove_target(self, call: Call, *, index: Index) -> dict[str, Any]:
        """Take a target away."""
        return self._edit(lambda data: remove_target(data, index))

    @answers("undo")
    def undo(self, call: Call) -> dict[str, Any]:
        """One step back."""
        draft = self._draft()
        draft.undo()
        return self._written(draft)

    @answers("redo")
    def redo(self, call: Call) -> dict[str, Any]:
        """One undone step again."""
        draft = self._draft()
        draft.redo()
        return self._written(draft)

    @answers("save")
    def save(self, call: Call, *, overwrite: bool = False) -> dict[str, Any]:
        """Write the spec; where somebody else has written it since, the two are shown instead."""
        draft = self._draft()
        conflict = save(draft, overwrite=overwrite)
        return {**self._written(draft), "conflict": conflict}

    @answers("reload")
    def reload(self, call: Call) -> dict[str, Any]:
        """Take the spec as it is on disk."""
        draft = self._draft()
        draft.reload()
        return self._written(draft)

    @answers("plan", latest=True)
    def plan(self, call: Call) -> dict[str, Any]:
        """What loading would do, for the draft as it is; why there is nothing to load yet."""
        try:
            planned = self._plan(call, self._spec(self._draft()))
        except SourceMissing as error:
            return {"unpublished": error.message}
        self._plans = {planned.fingerprint: planned}
        return _shown(planned)

    @answers("load")
    def load(self, call: Call, *, fingerprint: str, targets: list[str]) -> dict[str, Any]:
        """Do what was planned: save the spec, look again, and start the run if nothing moved.

        Else the answer has what moved and the new plan, or the conflict with another's spec.
        """
        before = self._plans.get(fingerprint)
        if before is None:
            raise ConfigError(
                "this plan is not known any more", remedy="look at the targets again, then confirm"
            )
        draft = self._draft()
        if draft.dirty and (conflict := save(draft)):
            return {"conflict": conflict}
        settings, records = self.workspace.settings, self.workspace.records()
        project = self._saved()
        now = self._plan(call, project.dataset(self.dataset))
        self._plans = {now.fingerprint: now}
        if now.fingerprint != fingerprint:
            found = [each.model_dump() for each in moved(before, now)]
            return {"moved": found, "plan": _shown(now)}
        sync_catalog(records, project)
        run = plan_run(settings, project, records, now, targets)
        started = start_run(settings, records, run)
        self._watch.wake()
        return {"started": started.model_dump(mode="json")}

    # What the calls have in common

    def _draft(self) -> Draft:
        if not self.dataset:
            raise ConfigError("no dataset was chosen", remedy="choose one above")
        return self.workspace.draft(self.dataset)

    def _spec(self, draft: Draft) -> DatasetSpec:
        if draft.spec is None:
            raise SpecError(draft.problems)
        return draft.spec

    def _saved(self) -> Project:
        """The specs as saved; raises ``SpecError`` while they hold faults: no run would start."""
        project = self.workspace.project()
        if self.workspace.problems:
            raise SpecError(self.workspace.problems)
        return project

    def _plan(self, call: Call, spec: DatasetSpec) -> LoadPlan:
        def progress(done: int, total: int, name: str) -> None:
            call.stop_if_cancelled()
            call.progress(done, total, name)

        return plan_loads(
            self.workspace.settings,
            self.workspace.project(),
            self.workspace.records(),
            spec,
            progress=progress,
        )

    def _edit(self, edits: Any) -> dict[str, Any]:
        draft = self._draft()
        draft.apply(*edits(_data(draft)))
        return self._written(draft)

    def _written(self, draft: Draft) -> dict[str, Any]:
        """The draft's state without its text, and what it says of key and targets."""
        state = draft.state()
        del state["text"]
        spec = draft.spec or draft.last_good
        data = _data(draft)
        key = data.get("key") if isinstance(data, dict) else None
        filled = spec.targets if spec else ()
        written = targets_in(data)
        whole = len(filled) == len(written)
        return {
            **state,
            "dataset": self.dataset,
            "key": [str(each) for each in key] if isinstance(key, list) else [],
            "update": spec.update_mode if spec else None,
            "targets": [
                {
                    "written": {name: target[name] for name in FIELDS if name in target},
                    "strategy": filled[at].strategy if whole else target.get("strategy"),
                    "connection": str(target.get("connection", "warehouse")),
                    "table": str(target.get("table") or self.dataset),
                }
                for at, target in enumerate(written)
            ],
        }

    def _columns(self, draft: Draft) -> list[Any]:
        """The columns that a key may name: of the published version, else as they are planned."""
        records = self.workspace.records()
        version = published_version(records, self.dataset)
        spec = draft.spec or draft.last_good
        if spec is None:
            return []
        project = self.workspace.project()
        with_draft = replace(project, datasets={**project.datasets, self.dataset: spec})
        try:
            return list(final_columns(self.workspace.settings, with_draft, records, spec, version))
        except WorkbenchError:  # the plan of a run says why; a key can be typed in the YAML
            return []

    def _tell_draft(self, dataset: str = "", **_: Any) -> None:
        if dataset == self.dataset:
            self.tell("draft")


def _data(draft: Draft) -> Any:
    """The draft's text as data; raises ``SpecError`` if it is no YAML."""
    return read_text(draft.text.removeprefix("\ufeff"), draft.file).data


def _shown(planned: LoadPlan) -> dict[str, Any]:
    return planned.model_dump(mode="json") | {"fingerprint": planned.fingerprint}


def _kind(name: str) -> dict[str, Any]:
    """What a kind of destination can do, and why not the rest."""
    can = find("destinations", name).CAPABILITIES
    return {
        "type": name,
        "title": can.title,
        "features": {
            each: {"can": can.supports(each), "reason": can.reason(each)} for each in FEATURES
        },
    }
