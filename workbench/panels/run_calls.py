"""What the panels of runs and of the graph both answer: runs, steps, logs; start, retry, cancel."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from workbench.engine.opening import open_copy
from workbench.engine.starting import start_again, start_run, stop_run
from workbench.engine.step_log import read_log
from workbench.errors import NotFound
from workbench.model.status import Status
from workbench.panels.live import watch
from workbench.panels.panel import Call, Panel, answers
from workbench.panels.workspace import Workspace
from workbench.publish.messages import Language, panel_texts
from workbench.records.attempts import list_attempts
from workbench.records.overview import list_overview
from workbench.records.quarantine import count_rows
from workbench.records.runs import get_run, get_step
from workbench.records.workers import list_workers
from workbench.steps.planning import make_plan, sync_catalog

Around = Literal["only", "upstream", "downstream", "both"]
Limit = Annotated[int, Field(ge=1, le=200)]
RunId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]


class RunCalls(Panel):
    """A panel that shows runs and starts them; it hears of changes as the event ``runs``."""

    def __init__(
        self,
        dataset: str | None = None,
        *,
        workspace: Workspace | None = None,
        language: str | None = None,
    ) -> None:
        super().__init__(dataset, workspace=workspace, language=language)
        self.texts = self._said(self.language)
        self._offs.append(self.workspace.on("runs", self._tell_runs))
        self._watch = watch(self.workspace)

    @answers("runs")
    def runs(
        self,
        call: Call,
        *,
        status: list[Status] = [],  # noqa: B006  (never changed)
        dataset: str = "",
        ids: list[RunId] | None = None,
        before: tuple[datetime, str] | None = None,
        limit: Limit = 30,
    ) -> dict[str, Any]:
        """A page of runs, newest first, and what is there to do them."""
        records = self.workspace.records()
        found = list_overview(
            records,
            status=status,
            dataset=dataset or None,
            ids=ids,
            before=before,
            limit=limit + 1,
        )
        return {
            "runs": [run.model_dump(mode="json") for run in found[:limit]],
            "more": len(found) > limit,
            "workers": len(list_workers(records, kind="worker")),
            "quarantined": count_rows(records),
            "live": self._watch.is_live,
            "now": records.now().isoformat(),
        }

    @answers("run")
    def run(self, call: Call, *, run: RunId) -> dict[str, Any]:
        """One run whole: what its steps did, checked and refused, and their attempts."""
        records = self.workspace.records()
        found = get_run(records, run)
        content: dict[str, Any] = {
            "error": found.error,
            "params": {k: v for k, v in found.params.items() if not k.startswith("_")},
            "full": bool(found.params.get("_full")),
            "steps": {},
        }
        for step in found.steps:
            result = step.result
            content["steps"][step.step_id] = {
                "error": step.error,
                "skipped": result.skipped if result else None,
                "warnings": list(result.warnings) if result else [],
                "ledgers": [
                    {
                        "kind": ledger.kind,
                        "name": ledger.name,
                        "terms": ledger.model_dump(exclude={"kind", "name", "notes"}),
                    }
                    for ledger in (result.ledgers if result else ())
                ],
                "checks": [
                    {
                        "expectation": check.expectation,
                        "kwargs": check.kwargs,
                        "severity": check.severity,
                        "success": check.success,
                        "error": check.error,
                        "unexpected": check.result.get("unexpected_count"),
                    }
                    for check in (result.checks if result else ())
                ],
                "refused": {
                    reason: rows
                    for batch in (result.quarantine if result else ())
                    for reason, rows in batch.reasons.items()
                },
            }
        content["attempts"] = [
            {
                "step_id": attempt["step_id"],
                "number": attempt["number"],
                "status": attempt["status"],
                "worker": attempt["worker"],
                "started_at": attempt["started_at"].isoformat(),
                "finished_at": ended.isoformat() if (ended := attempt["finished_at"]) else None,
                "error": (attempt["error"] or {}).get("message"),
            }
            for attempt in list_attempts(records, found.id)
        ]
        return content

    @answers("log")
    def log(self, call: Call, *, run: RunId, step: str, attempt: int | None = None) -> Any:
        """What a step has said so far, and where its notebook is."""
        found = get_step(self.workspace.records(), run, step)
        return read_log(self.workspace.settings, found, attempt).model_dump(mode="json")

    @answers("open_notebook")
    def open_notebook(self, call: Call, *, run: RunId, step: str, root: str) -> dict[str, str]:
        """Copy the executed notebook of a step beside this one; its path for JupyterLab.

        ``root`` is the folder that JupyterLab shows.
        """
        found = get_step(self.workspace.records(), run, step)
        path = open_copy(self.workspace.settings, found, Path.cwd(), Path(root))
        return {"path": path}

    @answers("planned")
    def planned(self, call: Call, *, dataset: str, around: Around = "upstream") -> dict[str, Any]:
        """The datasets that a run of this one would do, in their order."""
        asked, upstream = self._asked(dataset, around)
        project = self.workspace.project()
        order: dict[str, None] = {}
        for name in asked:
            order.update(dict.fromkeys(project.upstreams(name) if upstream else ()))
            order[name] = None
        return {
            "datasets": list(order),
            "workers": len(list_workers(self.workspace.records(), kind="worker")),
        }

    @answers("start")
    def start(
        self, call: Call, *, dataset: str, around: Around = "upstream", full: bool = False
    ) -> dict[str, Any]:
        """Start a run: of this dataset, of what it is made from, of what is made from it."""
        asked, upstream = self._asked(dataset, around)
        return self.begin(asked, {"_full": True} if full else {}, upstream=upstream)

    @answers("retry")
    def retry(self, call: Call, *, run: RunId) -> dict[str, Any]:
        """Do again what failed in a run."""
        started = start_again(self.workspace.settings, self.workspace.records(), run)
        self._watch.wake()
        return started.model_dump(mode="json")

    @answers("cancel")
    def cancel(self, call: Call, *, run: RunId) -> dict[str, Any]:
        """Ask for a run to end."""
        status = stop_run(self.workspace.settings, self.workspace.records(), run)
        self._watch.wake()
        return {"status": status.value, "ended": status.is_final}

    def begin(
        self, datasets: tuple[str, ...], params: dict[str, Any], *, upstream: bool
    ) -> dict[str, Any]:
        """Plan a run from the specs as they are saved, and have it done."""
        settings, records = self.workspace.settings, self.workspace.records()
        project = self.workspace.project()
        sync_catalog(records, project)
        plan = make_plan(settings, project, records, datasets, params=params, upstream=upstream)
        started = start_run(settings, records, plan)
        self._watch.wake()
        return started.model_dump(mode="json")

    def _asked(self, dataset: str, around: Around) -> tuple[tuple[str, ...], bool]:
        if not dataset:
            raise NotFound("no dataset was chosen", remedy="choose one, then run it")
        project = self.workspace.project()
        project.dataset(dataset)
        downstream = around in ("downstream", "both")
        asked = project.with_downstreams([dataset]) if downstream else (dataset,)
        return asked, around in ("upstream", "both")

    def _speak(self, change: Any) -> None:
        self.texts = self._said(change["new"])

    def _said(self, language: Language) -> dict[str, str]:
        """The panel's texts, and those about runs, which all such panels show."""
        return panel_texts("runs", language) | panel_texts(self.name, language)

    def _tell_runs(self, **change: Any) -> None:
        self.tell("runs", **change)
