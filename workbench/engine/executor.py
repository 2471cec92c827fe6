"""Executes a notebook: the only user of papermill (with its two engines beside it)."""

from __future__ import annotations

import ast
import contextlib
import keyword
import os
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.engine.kernels import Zygote, preload, processes
from workbench.errors import (
    Cancelled,
    EngineError,
    KernelDied,
    NotebookFailed,
    NotebookTimeout,
    OutOfMemory,
    WorkbenchError,
)

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from workbench.engine.executor_engine import Conduct

#: Seconds between two saves while a notebook runs.
SAVE_EVERY = 5.0

#: A notebook that imports one of these talks to a front end, which only a stock kernel can do.
_WIDGETS = re.compile(
    r"^\s*(?:import|from)\s+(?:ipywidgets|anywidget|tqdm\.notebook|workbench\.panels)\b",
    re.MULTILINE,
)

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def get_ready() -> None:
    """Import what executing a notebook needs: half a second that the first one does not wait."""
    preload.leave_out_grammar()
    for name in (
        "nbformat.v4",
        "papermill.engines",
        "workbench.engine.executor_stock",
        "workbench.engine.kernels.saving",
    ):
        import_module(name)


@dataclass(frozen=True)
class Execution:
    """How the execution of a notebook ended.

    ``error`` is a record: ``type``, ``message``, ``where``, ``remedy``, ``transient``, and
    ``cell`` (the number in ``In [n]``) with ``traceback`` where a cell had begun. ``seconds`` is
    wall time. ``notebook`` is the executed notebook, saved in every case.
    """

    status: Literal["finished", "failed", "timeout", "cancelled", "died", "out_of_memory"]
    notebook: Path
    seconds: float
    error: dict[str, Any] | None = None


def execute_notebook(
    source: Path,
    target: Path,
    parameters: Mapping[str, Any],
    *,
    kernel: Zygote | None = None,
    timeout: float | None = None,
    cell_timeout: float | None = None,
    memory_limit: int | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    on_event: Callable[[dict[str, Any]], None] = lambda event: None,
    secrets: Collection[str] = (),
) -> Execution:
    """Execute ``source`` with ``parameters`` and save it as ``target``, also when it fails.

    ``kernel`` is the zygote whose child runs the cells; without it, or for a notebook with
    widgets or of another language, a stock kernel does. ``timeout`` and ``cell_timeout`` are
    seconds, ``memory_limit`` is bytes, of the kernel and all that it starts. ``environ`` is added
    to this process's environment. ``cancelled`` is asked several times a second. ``on_event`` is
    called when a cell begins. Each of ``secrets`` is taken out of all that is saved or returned.

    Raises ``EngineError`` if the notebook cannot be read, a parameter is not declared in its
    ``parameters`` cell, or the working folder is missing; ``KernelDied`` if no kernel can be
    started; ``StorageFull`` if it cannot be saved. All that happens in cells is in ``status``.
    """
    began = time.monotonic()
    preload.leave_out_grammar()
    if kernel is not None:
        kernel.start()
    from papermill import execute_notebook as run_papermill
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillExecutionError

    from workbench.engine import executor_engine, executor_stock
    from workbench.engine.kernels import saving
    from workbench.scrubbing import Scrubber

    notebook = _read(source)
    _check_parameters(source, notebook, parameters)
    folder = (cwd or Path.cwd()).resolve()
    if not folder.is_dir():
        raise EngineError("the working folder does not exist", where=str(folder))
    scrubber = Scrubber(secrets)
    saved_at = began

    def save_now_and_then(current: NotebookNode) -> None:
        nonlocal saved_at
        if time.monotonic() - saved_at > SAVE_EVERY:
            saving.save(current, target, scrubber)
            saved_at = time.monotonic()

    conduct = executor_engine.Conduct(
        kernel=kernel,
        environ={**os.environ, **(environ or {})},
        cwd=folder,
        timeout=timeout,
        cell_timeout=cell_timeout,
        memory_limit=memory_limit,
        cancelled=cancelled,
        on_event=on_event,
        save=save_now_and_then,
    )
    is_stock = kernel is None or not processes.can_fork() or _needs_front_end(notebook)
    papermill_engines.register("workbench", executor_engine.ZygoteEngine)
    papermill_engines.register("workbench-stock", executor_stock.StockEngine)
    # an error was noted by the engine, and papermill has marked the cell
    with contextlib.suppress(PapermillExecutionError):
        conduct.notebook = run_papermill(
            # papermill formats the path with the parameters
            str(source).replace("{", "{{").replace("}", "}}"),
            None,
            dict(parameters),
            engine_name="workbench-stock" if is_stock else "workbench",
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            progress_bar=False,
            conduct=conduct,
        )
    error = scrubber.value(_error(conduct, source))
    notebook = _finish(conduct, source, target, error)
    saving.save(notebook, target, scrubber)
    return Execution(conduct.status, target, time.monotonic() - began, error)


def _read(source: Path) -> NotebookNode:
    import nbformat

    try:
        text = source.read_text(encoding="utf-8")
        notebook: NotebookNode = nbformat.reads(text, as_version=4)
    except OSError as error:
        raise EngineError(
            f"the notebook cannot be read: {error.strerror}", where=str(source)
        ) from error
    except Exception as error:
        raise EngineError(
            f"this is not a notebook: {str(error).splitlines()[0]}", where=str(source)
        ) from error
    return notebook


def _check_parameters(source: Path, notebook: NotebookNode, parameters: Mapping[str, Any]) -> None:
    """papermill writes names into code as they are: only declared identifiers may pass."""
    declared = _declared(notebook)
    for name in parameters:
        if not (name.isidentifier() and not keyword.iskeyword(name) and name in declared):
            raise EngineError(
                f"{name!r} is not a parameter of this notebook",
                where=str(source),
                remedy=f"its cell tagged 'parameters' declares {', '.join(sorted(declared))}"
                if declared
                else "give it a cell tagged 'parameters' that assigns the parameters",
            )


def _declared(notebook: NotebookNode) -> set[str]:
    for cell in notebook.cells:
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", ()):
            try:
                tree = ast.parse(cell.source)
            except SyntaxError:
                return set()
            targets: list[ast.expr] = []
            for node in tree.body:
                if isinstance(node, ast.Assign):
                    targets += node.targets
                elif isinstance(node, ast.AnnAssign):
                    targets.append(node.target)
            return {target.id for target in targets if isinstance(target, ast.Name)}
    return set()


def _needs_front_end(notebook: NotebookNode) -> bool:
    if notebook.metadata.get("kernelspec", {}).get("name", "python3") != "python3":
        return True
    return any(cell.cell_type == "code" and _WIDGETS.search(cell.source) for cell in notebook.cells)


def _error(conduct: Conduct, source: Path) -> dict[str, Any] | None:
    """The record of what went wrong; an error of the workbench speaks for itself."""
    if conduct.status == "finished":
        return None
    number = conduct.cell.execution_count if conduct.cell is not None else None
    where = f"{source.name}, In [{number}]" if number else source.name
    raised = conduct.raised or {}
    about = raised.get("record") or {}
    if conduct.status == "failed":
        name = raised.get("ename", "Exception")
        remedy = _SPECIAL.get(name, _REMEDIES["failed"])
        failed = NotebookFailed(_in_words(raised), where=where, remedy=remedy)
        record = {**failed.to_record(), "type": name, **about}
        record["where"] = record["where"] or where
    else:
        kind = _ERRORS[conduct.status]
        record = kind(conduct.reason, where=where, remedy=_REMEDIES[conduct.status]).to_record() | {
            "transient": kind.transient or conduct.passing
        }
    trace = "\n".join(raised.get("traceback") or ())
    return {**record, "cell": number, "traceback": _COLOURS.sub("", trace)}


def _in_words(raised: Mapping[str, Any]) -> str:
    name, value = raised.get("ename", ""), raised.get("evalue", "")
    if name == "SystemExit":
        return f"the notebook ended itself (exit code {value or 0}) before its last cell"
    return f"{name}: {value}" if value else str(name)


_ERRORS: dict[str, type[WorkbenchError]] = {
    "timeout": NotebookTimeout,
    "cancelled": Cancelled,
    "died": KernelDied,
    "out_of_memory": OutOfMemory,
}

_REMEDIES = {
    "failed": "see the traceback in the executed notebook",
    "timeout": "give the step more time (`timeout` in the spec), or find out what it waits for",
    "cancelled": "retry the run when you want it",
    "died": "retry the run; if it dies again, run the notebook by hand",
    "out_of_memory": "give the step more (`memory` in the spec, or WORKBENCH_MEMORY), or have it "
    "take less at a time",
}

#: Remedies of errors that are known by their name.
_SPECIAL = {
    "StdinNotImplementedError": "nobody is there to answer: make it a parameter of the notebook",
}


def _finish(
    conduct: Conduct, source: Path, target: Path, error: dict[str, Any] | None
) -> NotebookNode:
    """The notebook as it is saved: with its paths, and with an error that no cell could show."""
    from nbformat.v4 import new_output

    notebook = conduct.notebook
    notebook.metadata.papermill["input_path"] = str(source)
    notebook.metadata.papermill["output_path"] = str(target)
    if error and conduct.cell is not None and conduct.status != "failed":
        shown = [output for output in conduct.cell.outputs if output.output_type == "error"]
        if not shown:
            trace = [f"{error['type']}: {error['message']}", f"→ {error['remedy']}"]
            conduct.cell.outputs.append(
                new_output("error", ename=error["type"], evalue=error["message"], traceback=trace)
            )
        for output in shown:
            output.ename, output.evalue = error["type"], error["message"]
    return notebook
