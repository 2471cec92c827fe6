"""A published portal to test: the example project, run in this process, with its notebooks.

The verbs run for real; in place of a kernel, the notebook of each step is put together from what
the step displays. Nothing here needs Node: without the built bundle, stand-ins are published.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.steps.road import Road
from workbench.config import Settings
from workbench.engine.execution import Outcome
from workbench.engine.notebooks import executed_path
from workbench.model.result import StepResult
from workbench.model.run import Run, StepRun
from workbench.publish import assets
from workbench.publish.site import build
from workbench.records.runs import get_step
from workbench.steps import display

SPECS = Path(__file__).resolve().parents[2] / "specs"
#: A spec that is refused, so that there is a run that fails.
BROKEN = """
title: Branches
owner: Sales office
source: {path: inbox/branches.csv}
transforms:
  - type_cast: {columns: {opened: date}, on_error: stop}
"""


class NotebookRoad(Road):
    """A road whose steps leave notebooks behind, as the engine's do."""

    def _execute(
        self, run: Run, step: StepRun, settings: Settings, *, cancelled: Callable[[], bool]
    ) -> Outcome:
        outcome = super()._execute(run, step, settings, cancelled=cancelled)
        done = get_step(self.records, run.id, step.step_id)
        path = executed_path(settings, step)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook_of(settings, step, done.result, outcome.error)))
        return outcome.model_copy(update={"notebook": str(path)})


def notebook_of(
    settings: Settings, step: StepRun, result: StepResult | None, error: dict[str, Any] | None
) -> dict[str, Any]:
    """The notebook that a step would have left: the one shipped, with outputs."""
    content = json.loads((settings.notebooks / f"{step.verb}.ipynb").read_text("utf-8"))
    parts = [part for each in display.PARTS for part in each(result)] if result else []
    shown = [part._repr_mimebundle_() for part in parts]
    for number, cell in enumerate(content["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            continue
        cell["execution_count"] = number
        if source.startswith("steps.show"):
            cell["outputs"] = [{"output_type": "display_data", "data": data} for data in shown]
        elif error and source.startswith("result ="):
            traceback = [f"\x1b[31m{error['type']}\x1b[0m", str(error["message"])]
            cell["outputs"] = [
                {
                    "output_type": "error",
                    "ename": error["type"],
                    "evalue": error["message"],
                    "traceback": traceback,
                }
            ]
    return dict(content)


@dataclass(frozen=True)
class Example:
    """The example project after two deliveries and a run that failed."""

    road: NotebookRoad
    runs: tuple[Run, ...]

    @property
    def settings(self) -> Settings:
        return self.road.settings


def example(folder: Path) -> Example:
    """Run the example project below ``folder``."""
    project = folder / "project"
    shutil.copytree(SPECS, project / "specs", ignore=shutil.ignore_patterns("corrections"))
    road = NotebookRoad(Settings(project=project, home=folder / "home", environ={}))
    names = ("presupuesto_ejecucion", "ventas_por_region")
    first = road.run(*names)
    shutil.copytree(SPECS / "data" / "corrections", project / "specs" / "data", dirs_exist_ok=True)
    second = road.run(*names)
    road.file("branches.csv", "branch,opened\nNorth,2024-01-31\nSouth,soon\n")
    road.spec("branches", BROKEN)
    return Example(road, (first, second, road.run("branches")))


@contextmanager
def bundle() -> Iterator[None]:
    """The built bundle; where Node is missing, files of the same names."""
    try:
        assets.front()
        yield
        return
    except assets.BundleMissing:
        pass
    folder = Path(assets.__file__).parents[1] / "front" / "dist"
    with pytest.MonkeyPatch.context() as patch, _stand_ins(folder) as files:
        patch.setattr(assets, "front", lambda: files)
        yield


@contextmanager
def _stand_ins(built: Path) -> Iterator[dict[str, Path]]:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        files = {}
        for each in assets.BUNDLE:
            files[each] = built / each if (built / each).is_file() else Path(name, each)
            if not files[each].is_file():
                files[each].write_text("/* not built */\n")
        yield files | {assets.PLOTLY: assets.plotly()}


def published_site(folder: Path) -> Path:
    """The site of the example project, in both languages."""
    made = example(folder)
    with bundle():
        done = build.publish(made.settings, renderer="embedded")
    made.road.records.close()
    return Path(done.site)
