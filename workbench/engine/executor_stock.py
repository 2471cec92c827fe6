"""The papermill engine ``workbench-stock``: a kernel of Jupyter, within the same limits.

For notebooks with widgets or of other languages, and for systems that cannot fork a zygote. A
thread watches the limits, since papermill's client waits without looking.
"""

from __future__ import annotations

import itertools
import secrets
import signal
import subprocess
import threading
import time
from typing import Any

from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager

from workbench.engine.executor_engine import GRACE, LOOK, Conduct, Watch, tell_cell
from workbench.engine.kernels import processes


class StockEngine(Engine):  # type: ignore[misc]
    """Runs a notebook in a kernel of its own."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, *, conduct: Conduct, **_: Any
    ) -> None:
        """Run the cells in order, up to the first that fails."""
        conduct.notebook = nb_man.nb
        watch = Watch(conduct)

        numbers = itertools.count(1)

        def begin(cell: Any, cell_index: int) -> None:
            tell_cell(conduct, cell_index)

        def execute(cell: Any, cell_index: int) -> None:
            conduct.cell = cell
            cell.execution_count = next(numbers)
            watch.begin_cell()

        def fail(cell: Any, cell_index: int, execute_reply: dict[str, Any]) -> None:
            if "raises-exception" not in cell.metadata.get("tags", ()):
                conduct.fail(execute_reply["content"], cell)

        client = PapermillNotebookClient(
            nb_man,
            kernel_name=kernel_name,
            on_cell_start=begin,
            on_cell_execute=execute,
            on_cell_error=fail,
            on_cell_executed=lambda **_: conduct.save(nb_man.nb),
        )
        mark = secrets.token_hex(16)
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(client, conduct, watch, ended), daemon=True)
        watcher.start()
        try:
            client.execute(
                env={**conduct.environ, processes.KERNEL_MARK: mark},
                cwd=str(conduct.cwd),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except DeadKernelError:
            conduct.die(None)
        finally:
            ended.set()
            watcher.join()
            processes.end_marked(processes.KERNEL_MARK, mark)
        if conduct.status != "finished" and conduct.cell is not None:
            nb_man.cell_exception(conduct.cell)


def _watch(
    client: PapermillNotebookClient, conduct: Conduct, watch: Watch, ended: threading.Event
) -> None:
    """Interrupt the kernel when a limit is reached, and kill it if that does not help."""
    interrupted_at: float | None = None
    while not ended.wait(LOOK):
        provisioner = client.km.provisioner if client.km else None
        pid = provisioner.pid if provisioner else None
        if not pid:
            continue
        if interrupted_at is None:
            if limit := watch.look(pid):
                conduct.stop(*limit)
                interrupted_at = time.monotonic()
                is_late = limit[0] == "out_of_memory"
                processes.signal_group(pid, signal.SIGKILL if is_late else signal.SIGINT)
        elif time.monotonic() - interrupted_at > GRACE:
            processes.signal_group(pid, signal.SIGKILL)
