"""Executed notebooks for people to open: as copies, so that the record stays as it was."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from workbench.config import Settings
from workbench.durable import writing
from workbench.engine.step_log import notebook_of
from workbench.errors import ConfigError, NotFound
from workbench.model.run import StepRun

#: The folder beside the notebook that is open, in which copies are put.
FOLDER = "executed"


def open_copy(settings: Settings, step: StepRun, here: Path, root: Path) -> str:
    """Copy the executed notebook of a step into ``here``; its path below ``root``, with ``/``.

    ``root`` is the folder that JupyterLab shows; it never opens files outside of it or hidden
    ones, as those in the home folder are. Raises ``NotFound`` when the notebook is gone, and
    ``ConfigError`` when ``here`` is not below ``root``.
    """
    source = notebook_of(settings, step)
    if source is None:
        raise NotFound(
            f"the executed notebook of {step.step_id} is not there",
            where=f"run {step.run_id}",
            remedy="it is kept for some weeks (WORKBENCH_KEEP_NOTEBOOKS); run the dataset again",
        )
    name = re.sub(r"[^\w.-]", "_", step.step_id)[:150]
    again = f".{step.attempt}" if step.attempt > 1 else ""
    target = here.resolve() / FOLDER / f"{name}.{step.run_id}{again}.ipynb"
    below = root.expanduser().resolve()
    if not target.is_relative_to(below):
        raise ConfigError(
            "the notebook cannot be opened from here",
            where=str(source),
            remedy=f"JupyterLab shows the folder {below}; open it there, or in an editor",
        )
    target.parent.mkdir(exist_ok=True)
    with writing(target) as file, source.open("rb") as content:
        shutil.copyfileobj(content, file)
    return target.relative_to(below).as_posix()
