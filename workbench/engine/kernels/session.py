"""The executor's end of one running child."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import time
from collections.abc import Callable

from workbench.engine.kernels import frames, processes

#: Seconds that a child gets to end by itself, once told to stop.
GRACE = 5.0


class Session:
    """A child that runs cells. ``exit`` is its exit code once it has ended, as
    ``subprocess`` has it: negative for a signal. It is also set, to -9, when its zygote ended.
    ``stale`` names the file that changed since the zygote imported it: there is no child then."""

    def __init__(self, status: socket.socket, channel: socket.socket, mark: str) -> None:
        self.mark = mark
        self.pid: int | None = None
        self.exit: int | None = None
        self.stale: str | None = None
        self._status = status
        self._channel = channel
        self._reports = frames.Decoder()
        self._messages = frames.Decoder()
        self._poll = select.poll()
        self._poll.register(status, select.POLLIN)
        self._poll.register(channel, select.POLLIN)

    def wait_for_start(self, is_wanted: Callable[[], bool]) -> None:
        """Wait until the child is there, its zygote has ended, or nobody wants it any more."""
        while self.pid is None and self.exit is None and self.stale is None and is_wanted():
            self.receive(0.5)

    def execute(self, source: str, cell_id: str | None) -> None:
        """Ask for a cell to be run; its messages end with one that has ``done``."""
        self._send({"cell": source, "id": cell_id})

    def receive(self, timeout: float) -> list[frames.Message]:
        """The messages that have come, waiting ``timeout`` seconds at most for the first.

        After the child's end all that it still sent is returned before ``exit`` is set.
        """
        ready = {descriptor for descriptor, _ in self._poll.poll(timeout * 1000)}
        messages: list[frames.Message] = []
        if self._channel.fileno() in ready:
            messages = self._read(self._channel, self._messages)
        if not messages and self._status.fileno() in ready:
            for report in self._read(self._status, self._reports, last=True):
                if "started" in report:
                    self.pid = report["started"]
                elif "stale" in report:
                    self.stale = report["stale"]
                else:
                    messages += self._rest()
                    self.exit = report["exit"]
        return messages

    def interrupt(self) -> None:
        """Interrupt the cell, as Ctrl-C does."""
        if self.pid is not None and self.exit is None:
            processes.signal_group(self.pid, signal.SIGINT)

    def kill(self) -> None:
        """End the child and all that it started."""
        if self.pid is not None and self.exit is None:
            processes.signal_group(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """See the child to its end and let go of it; a cell that still runs may end first."""
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + GRACE
        while self.pid is not None and self.exit is None:
            if time.monotonic() > deadline:
                self.kill()
                deadline = time.monotonic() + GRACE
            self.receive(0.2)
        if self._zygote_is_gone:
            processes.end_marked(processes.KERNEL_MARK, self.mark)
        self._status.close()
        self._channel.close()

    _zygote_is_gone = False

    def _send(self, message: frames.Message) -> None:
        try:
            self._channel.sendall(frames.encode(message))
        except OSError:
            # the child has ended, which its zygote reports
            return

    def _read(
        self, sock: socket.socket, decoder: frames.Decoder, last: bool = False
    ) -> list[frames.Message]:
        try:
            data = sock.recv(1 << 20)
        except OSError:
            data = b""
        if data:
            try:
                return decoder.feed(data)
            except (frames.BadFrame, ValueError):
                # a cell wrote into the channel: nothing that comes from it means anything now
                self.kill()
                data = b""
        self._poll.unregister(sock)
        if last and self.exit is None:
            self._zygote_is_gone = True
            return [{"exit": -int(signal.SIGKILL)}]
        return []

    def _rest(self) -> list[frames.Message]:
        """What the child sent before it ended; what it forked may still hold the channel."""
        messages: list[frames.Message] = []
        self._channel.setblocking(False)
        try:
            while data := self._channel.recv(1 << 20):
                messages += self._messages.feed(data)
        except OSError:
            pass
        self._channel.setblocking(True)
        return messages
