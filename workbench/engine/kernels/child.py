"""What a child of a zygote does: make itself independent, then run cells until it is told to stop.

The executor sends ``{"cell": source, "id": id}`` and gets the messages of the cell, then
``{"done": …}``. The end of the channel is the end of the child.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import random
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from IPython.core.async_helpers import _asyncio_runner

from workbench.engine.kernels import frames, preload, processes
from workbench.engine.kernels.shell import KernelShell
from workbench.engine.kernels.streams import Streams

#: Exit code of a child that failed outside of any cell.
BROKEN = 70


class Channel:
    """The child's end of the channel; messages of several threads do not mix."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._lock = threading.Lock()
        self._owner = os.getpid()
        os.register_at_fork(after_in_child=sock.close)

    def send(self, message: frames.Message) -> None:
        """Send a message, unless this process was forked by a cell."""
        if os.getpid() != self._owner:
            return
        data = frames.encode(message)
        if len(data) > frames.MAX_BYTES:
            said = f"… left out: an output of {len(data) >> 20} MiB\n"
            content = {"name": "stderr", "text": said}
            data = frames.encode({"msg_type": "stream", "content": content})
        with self._lock:
            self._socket.sendall(data)

    def receive(self) -> frames.Message | None:
        """Wait for the next message; ``None`` when the executor has closed, or is gone."""
        try:
            return frames.receive(self._socket)
        except ConnectionError:
            return None


def serve(
    sock: socket.socket,
    request: frames.Message,
    shell: KernelShell,
    parent: int,
    farewell: Callable[[], None],
) -> NoReturn:
    """Run as the child that ``request`` describes, and call ``farewell`` last; does not return."""
    _isolate(request, parent)
    channel = Channel(sock)
    streams = Streams(
        lambda name, text: channel.send(
            {"msg_type": "stream", "content": {"name": name, "text": text}}
        )
    )

    def emit(kind: str, content: dict[str, Any]) -> None:
        streams.flush()
        channel.send({"msg_type": kind, "content": content})

    shell.connect(emit)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    while message := channel.receive():
        reply = _run_cell(shell, loop, message)
        streams.finish_cell()
        channel.send({"done": reply})
    # what the cells registered, not what the preloaded libraries did: the memory is theirs no more
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    streams.finish_cell()
    farewell()
    os._exit(0)


def _isolate(request: frames.Message, parent: int) -> None:
    os.setsid()
    processes.die_with_parent(parent)
    environ: dict[str, str] = request["environ"]
    processes.stamp(processes.KERNEL_MARK, request["mark"])
    processes.stamp(processes.RUN_MARK, environ.get(processes.RUN_MARK, ""))
    os.environ.clear()
    os.environ.update(environ)
    os.environ[processes.KERNEL_MARK] = request["mark"]
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    os.environ.setdefault("PLOTLY_RENDERER", preload.ENVIRON["PLOTLY_RENDERER"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.chdir(request["cwd"])
    sys.argv = [""]
    _find_modules_beside()
    atexit._clear()
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()


def _find_modules_beside() -> None:
    """Modules in the working folder come after the standard library's, as in a stock kernel."""
    place = next((n for n, path in enumerate(sys.path) if path.endswith("-packages")), 0)
    sys.path.insert(place, "")


def _run_cell(
    shell: KernelShell, loop: asyncio.AbstractEventLoop, message: frames.Message
) -> dict[str, Any]:
    shell.last_error = None
    task = loop.create_task(_execute(shell, message["cell"], message.get("id")))
    with contextlib.suppress(BaseException):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            loop.run_until_complete(task)
        except KeyboardInterrupt:
            # it came while a cell awaited something: the cell ends, and says where it was
            task.cancel()
            loop.run_until_complete(task)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    result = task.result() if task.done() and not task.cancelled() else None
    failed = result is None or not result.success or shell.last_error is not None
    return {
        "status": "error" if failed else "ok",
        "error": shell.last_error,
    }


async def _execute(shell: KernelShell, source: str, cell_id: str | None) -> Any:
    try:
        transformed = shell.transform_cell(source)  # type: ignore[no-untyped-call]
        problem = None
    except Exception:
        transformed = source
        problem = sys.exc_info()
    if shell.loop_runner is not _asyncio_runner or not shell.should_run_async(
        source, transformed_cell=transformed, preprocessing_exc_tuple=problem
    ):
        return shell.run_cell(  # type: ignore[no-untyped-call]
            source, store_history=True, cell_id=cell_id
        )
    result = None
    try:
        result = await shell.run_cell_async(
            source,
            store_history=True,
            transformed_cell=transformed,
            preprocessing_exc_tuple=problem,
            cell_id=cell_id,
        )
    finally:
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)
    return result
