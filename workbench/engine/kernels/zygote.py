"""The program of a zygote: ``python -m workbench.engine.kernels.zygote FD MODULE…``.

``FD`` is a socket on which requests arrive, one datagram each, carrying two descriptors: a
**status** socket, on which the request itself is read and on which the start and the end of the
child are reported, and a **channel**, which becomes the child's. Nothing runs here but imports
and forks, and there is one thread only.

A child is ended when the status socket is closed by the other side, so that it never outlives
the executor; it ends by itself with its zygote. Whatever a child leaves running is ended with it:
what is left of its process group, and, since orphans are adopted here, what left the group too.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
from dataclasses import dataclass

from workbench.engine.kernels import child, frames, preload, processes
from workbench.engine.kernels.shell import KernelShell

#: How the program is started; the descriptor and the modules follow.
_COMMAND = [sys.executable, "-P", "-m", "workbench.engine.kernels.zygote"]

#: Seconds without a request or a child after which one of the later modules is imported, and
#: after which the next one is.
IDLE, NEXT = 2.0, 0.2
#: How long a request may take to arrive once it is announced, in seconds.
PATIENCE = 5.0


@dataclass
class _Run:
    pid: int
    mark: str
    status: socket.socket


class Server:
    """Forks children on request and sees them to their end."""

    def __init__(
        self, control: socket.socket, shell: KernelShell, now: list[str], later: list[str]
    ) -> None:
        self._control = control
        self._shell = shell
        self._now = now
        self._later = later
        self._missed: list[str] = []
        self._runs: dict[int, _Run] = {}
        self._own = preload.own_files()
        self._poll = select.poll()
        self._wake_read, self._wake_write = os.pipe()
        self._missed_read, self._missed_write = os.pipe()
        for end in (self._wake_read, self._wake_write, self._missed_read, self._missed_write):
            os.set_blocking(end, False)

    def serve(self) -> None:
        """Serve until nobody is left who could ask, and the last child has ended."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        self._poll.register(self._wake_read, select.POLLIN)
        self._poll.register(self._missed_read, select.POLLIN)
        self._poll.register(self._control, select.POLLIN)
        is_open, pause = True, IDLE
        while is_open or self._runs:
            if self._missed and not self._runs:
                self._import_later(self._missed)
                self._missed = []
            is_idle = bool(self._later) and not self._runs
            events = self._poll.poll(pause * 1000 if is_idle else None)
            pause = IDLE if events else NEXT
            if is_idle and not events:
                self._import_later(self._later[:1])
            for descriptor, _ in events:
                if descriptor == self._wake_read:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake_read, 4096)
                    self._reap()
                elif descriptor == self._missed_read:
                    self._note_missed()
                elif descriptor == self._control.fileno():
                    is_open = self._accept()
                else:
                    self._abandon(descriptor)

    def _import_later(self, modules: list[str]) -> None:
        """Import some of the later modules; requests that come meanwhile wait in the socket."""
        self._later = [name for name in self._later if name not in modules]
        import_or_restart(self._control, modules, [*self._now, preload.LATER, *self._later])
        self._own = preload.own_files() | self._own
        preload.settle()

    def _accept(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._control, 16, 2)
        if not data:
            self._poll.unregister(self._control)
            return False
        status, channel = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        try:
            status.settimeout(PATIENCE)
            request = frames.receive(status)
            status.settimeout(None)
        except (OSError, ValueError, frames.BadFrame):
            request = None
        if request is None:
            status.close()
        elif stale := preload.changed(self._own):
            with contextlib.suppress(OSError):
                status.sendall(frames.encode({"stale": stale}))
            status.close()
        else:
            self._fork(request, status, channel)
        channel.close()
        return True

    def _fork(self, request: frames.Message, status: socket.socket, channel: socket.socket) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                self._leave(status)
                child.serve(channel, request, self._shell, parent, self._tell_missed)
            finally:
                os._exit(child.BROKEN)
        run = _Run(pid, str(request["mark"]), status)
        self._runs[pid] = run
        self._poll.register(status, select.POLLHUP)
        self._tell(run, {"started": pid})

    def _leave(self, status: socket.socket) -> None:
        """In a child: let go of all that is the zygote's."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._control.close()
        status.close()
        for run in self._runs.values():
            run.status.close()
        for end in (self._wake_read, self._wake_write, self._missed_read):
            os.close(end)

    def _tell_missed(self) -> None:
        """In a child whose cells have run: say which of the later modules they had to import."""
        missed = [name for name in self._later if name in sys.modules]
        if missed:
            os.write(self._missed_write, "".join(f"{name}\n" for name in missed).encode())

    def _note_missed(self) -> None:
        """What one notebook had to import, the next will find imported, however busy it is here."""
        told = os.read(self._missed_read, 4096).decode().split()
        self._missed += [name for name in self._later if name in told and name not in self._missed]

    def _abandon(self, descriptor: int) -> None:
        """The executor is gone: end the child it asked for; reaping it does the rest."""
        self._poll.unregister(descriptor)
        for run in self._runs.values():
            if run.status.fileno() == descriptor:
                processes.signal_group(run.pid, signal.SIGKILL)

    def _reap(self) -> None:
        for pid, run in list(self._runs.items()):
            ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                continue
            # until it is reaped, no other group can have its number
            processes.signal_group(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            del self._runs[pid]
            self._end_orphans(run.mark)
            self._tell(run, {"exit": os.waitstatus_to_exitcode(status)})
            with contextlib.suppress(KeyError):
                self._poll.unregister(run.status)
            run.status.close()
        for pid in self._orphans():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)

    def _end_orphans(self, mark: str) -> None:
        """End what the run left behind; ending one may make orphans of its children."""
        others = {run.mark for run in self._runs.values()}
        ended = True
        while ended:
            ended = False
            for pid in self._orphans():
                found = processes.mark_of(pid, processes.KERNEL_MARK)
                if found == mark or (found is None and not others):
                    processes.signal_group(pid, signal.SIGKILL)
                    with contextlib.suppress(ChildProcessError):
                        os.waitpid(pid, 0)
                    ended = True

    def _orphans(self) -> list[int]:
        return [pid for pid in processes.children(os.getpid()) if pid not in self._runs]

    @staticmethod
    def _tell(run: _Run, message: frames.Message) -> None:
        with contextlib.suppress(OSError):
            run.status.sendall(frames.encode(message))


def import_or_restart(control: socket.socket, modules: list[str], everything: list[str]) -> None:
    """Import modules; where one starts threads, begin anew without it among ``everything``."""
    try:
        preload.import_all(modules)
    except preload.StartsThreads as found:
        print(f"{found.pattern} starts threads: not preloaded", file=sys.stderr, flush=True)
        rest = [pattern for pattern in everything if pattern != found.pattern]
        os.set_inheritable(control.fileno(), True)
        os.execv(sys.executable, [*_COMMAND, str(control.fileno()), *rest])  # noqa: S606


def main(arguments: list[str]) -> int:
    """Import the modules, then serve."""
    control = socket.socket(fileno=int(arguments[0]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    processes.adopt_orphans()
    shell = KernelShell.build()
    modules = arguments[1:]
    cut = modules.index(preload.LATER) if preload.LATER in modules else len(modules)
    now, later = modules[:cut], modules[cut + 1 :]
    import_or_restart(control, now, [*now, preload.LATER, *later])
    shell.warm_up()
    preload.settle()
    sys.stdout.flush()
    sys.stderr.flush()
    Server(control, shell, now, later).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
