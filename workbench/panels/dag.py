"""The graph of datasets and steps: live, and edited by connecting and deleting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from workbench.errors import EditRefused, NotFound, WorkbenchError
from workbench.model.dataset import PROVENANCE
from workbench.panels.panel import Call, answers
from workbench.panels.run_calls import RunCalls
from workbench.panels.workspace import Draft, Workspace
from workbench.plan.graph import dataset_graph, step_graph
from workbench.records.runs import last_plan
from workbench.records.versions import published_version
from workbench.spec import edits_graph
from workbench.spec.edits import Edit
from workbench.spec.yaml_source import read_text
from workbench.steps.graphing import graph_states

Name = Annotated[str, Field(min_length=1, max_length=255)]
Names = Annotated[list[Name], Field(max_length=1000)]
#: How many graph edits can be undone.
_MOST_UNDO = 100


class Dag(RunCalls):
    """Datasets and their steps as a graph: what runs, what waits for what; edges are edited."""

    name = "dag"

    def __init__(
        self,
        dataset: str | None = None,
        *,
        workspace: Workspace | None = None,
        language: str | None = None,
    ) -> None:
        super().__init__(dataset, workspace=workspace, language=language)
        #: Graph edits done here, the last one last: (dataset, text before, text after or deleted).
        self._done: list[tuple[str, str, str | None]] = []
        self._offs.append(self.workspace.on("draft", self._tell_draft))

    @answers("graph")
    def graph(self, call: Call, *, level: Literal["datasets", "steps"] = "datasets") -> Any:
        """The graph as the saved specs have it, and the state of its nodes."""
        project = self.workspace.project()
        found = dataset_graph(project) if level == "datasets" else step_graph(project)
        content = found.model_dump(mode="json")
        content["connections"] = sorted(project.connections)
        content["problems"] = [vars(problem) for problem in self.workspace.problems]
        content["undo"] = len(self._done)
        return content | self._states()

    @answers("states", latest=True)
    def states(self, call: Call) -> Any:
        """The state of the graph's nodes."""
        return self._states()

    @answers("columns")
    def columns(self, call: Call, *, dataset: Name) -> dict[str, Any]:
        """What is known of the columns of a dataset: after each transform, and as published.

        ``after`` has one list more than there are transforms: the first is before all of them.
        """
        records = self.workspace.records()
        project = self.workspace.project()
        spec = project.dataset(dataset)
        plan = last_plan(records, dataset)
        steps = {step.id: step for step in plan.steps} if plan else {}
        transform, ingest = steps.get(f"{dataset}.transform"), steps.get(f"{dataset}.ingest")
        if spec.layer == "silver":
            received = [column.name for column in ingest.columns] if ingest else []
        else:
            received = self._published(str(spec.source.dataset))
        walked = [[c.name for c in each.columns] for each in transform.transforms] \
            if transform else []  # fmt: skip
        return {
            "published": self._published(dataset) or list(spec.columns),
            "after": [received, *walked],
            "transforms": [use.name for use in spec.transforms],
            "key": list(spec.key),
        }

    @answers("read_from")
    def read_from(self, call: Call, *, dataset: Name, upstream: Name) -> dict[str, Any]:
        """Let a dataset be made from another: that becomes its source."""
        project = self.workspace.project()
        return self._edit(dataset, *edits_graph.read_from(project, dataset, upstream))

    @answers("join_with")
    def join_with(
        self,
        call: Call,
        *,
        dataset: Name,
        upstream: Name,
        kind: edits_graph.JoinKind,
        on: dict[Name, Name],
        columns: Names = [],  # noqa: B006  (never changed)
        prefix: str = "",
        position: Annotated[int, Field(ge=0)] | None = None,
    ) -> dict[str, Any]:
        """Add a join or lookup of another dataset to a dataset's transforms."""
        edits = edits_graph.join_with(
            self.workspace.project(),
            dataset,
            upstream,
            kind,
            on,
            columns,
            prefix=prefix,
            position=position,
        )
        return self._edit(dataset, *edits)

    @answers("load_into")
    def load_into(
        self, call: Call, *, dataset: Name, connection: Name, table: str = ""
    ) -> dict[str, Any]:
        """Add a target to a dataset."""
        project = self.workspace.project()
        return self._edit(dataset, *edits_graph.load_into(project, dataset, connection, table))

    @answers("disconnect")
    def disconnect(self, call: Call, *, dataset: Name, kind: Name, other: Name) -> dict[str, Any]:
        """Take an edge away: joins or lookups of another dataset, or a target."""
        spec = self.workspace.project().dataset(dataset)
        draft = self.workspace.draft(dataset)
        data = read_text(draft.text, draft.file).data
        return self._edit(dataset, *edits_graph.disconnect(data, spec, kind, other))

    @answers("new_dataset")
    def new_dataset(self, call: Call, *, dataset: Name, upstream: Name) -> dict[str, Any]:
        """Make a dataset that is made from another one."""
        text = edits_graph.new_dataset(self.workspace.project(), dataset, upstream)
        draft = self.workspace.new(dataset, text)
        try:
            draft.save()
        except WorkbenchError:
            self.workspace.discard(draft)
            raise
        return {"saved": True, "file": draft.file, "undo": len(self._done)}

    @answers("spec_text")
    def spec_text(self, call: Call, *, dataset: Name) -> dict[str, str]:
        """The text of a dataset's spec as it is saved, to be shown before it is deleted."""
        spec = self.workspace.project().dataset(dataset)
        return {"text": spec.text, "file": spec.file}

    @answers("delete_dataset")
    def delete_dataset(self, call: Call, *, dataset: Name, seen: str) -> dict[str, Any]:
        """Delete the spec of a dataset, if it still says what was ``seen``."""
        project = self.workspace.project()
        file = edits_graph.delete_spec(self.workspace.settings, project, dataset, seen)
        self._note(dataset, seen, None)
        self.tell("graph")
        return {"saved": True, "file": file, "undo": len(self._done)}

    @answers("undo")
    def undo(self, call: Call) -> dict[str, Any]:
        """Take the last graph edit of this panel back, and save that.

        Refused when the spec was edited since: that edit is undone where it was made.
        """
        if not self._done:
            raise NotFound("there is no edit of the graph to undo")
        dataset, before, after = self._done[-1]
        if after is None:
            draft = self.workspace.new(dataset, before)
            draft.save()
        else:
            draft = self.workspace.draft(dataset)
            if draft.dirty or draft.text != after:
                raise EditRefused(
                    "the spec was edited since; taking this back would undo that, too",
                    where=draft.file,
                    remedy="undo the later edits in the Rules panel first, or edit the spec there",
                )
            self._save(draft, lambda: draft.replace_text(before))
        self._done.pop()
        self.tell("graph")
        return {"saved": True, "file": draft.file, "undo": len(self._done)}

    def _edit(self, dataset: str, *edits: Edit) -> dict[str, Any]:
        """Edit a spec and save it; beside edits that somebody has not saved yet, only edit it."""
        draft = self.workspace.draft(dataset)
        if draft.dirty:
            draft.apply(*edits)
            return {"saved": False, "file": draft.file, "undo": len(self._done)}
        before = draft.text
        self._save(draft, lambda: draft.apply(*edits))
        self._note(dataset, before, draft.text)
        return {"saved": True, "file": draft.file, "undo": len(self._done)}

    def _save(self, draft: Draft, change: Callable[[], None]) -> None:
        """Change a draft and save it; if that is refused, the draft is as before."""
        change()
        try:
            draft.save()
        except WorkbenchError:
            draft.undo()
            raise

    def _published(self, dataset: str) -> list[str]:
        version = published_version(self.workspace.records(), dataset)
        columns = version.ref.columns if version else ()
        return [column.name for column in columns if column.name not in PROVENANCE]

    def _note(self, dataset: str, before: str, after: str | None) -> None:
        self._done.append((dataset, before, after))
        del self._done[:-_MOST_UNDO]

    def _states(self) -> dict[str, Any]:
        records = self.workspace.records()
        states = graph_states(self.workspace.project(), records)
        return {
            "states": {name: state.model_dump(mode="json") for name, state in states.items()},
            "live": self._watch.is_live,
            "now": records.now().isoformat(),
        }

    def _tell_draft(self, **_: Any) -> None:
        self.tell("graph")
