"""The IPython shell in which the cells of a child run.

It behaves as the one of ``ipykernel`` does, without ZeroMQ: what is displayed, returned and
raised goes to ``emit`` as messages of the Jupyter protocol.
"""

from __future__ import annotations

import builtins
import getpass
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from IPython.core import page
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell, InteractiveShellABC
from IPython.utils.process import system  # type: ignore[attr-defined]
from traitlets.config import Config

Emit = Callable[[str, dict[str, Any]], None]


def _discard(kind: str, content: dict[str, Any]) -> None:
    """Where messages go before a child has a channel."""


class Publisher(DisplayPublisher):
    """Sends what ``display()`` shows."""

    emit: Emit = staticmethod(_discard)

    def publish(  # type: ignore[override]
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Send a bundle of representations, or update those shown under the same id."""
        kind = "update_display_data" if update else "display_data"
        self.emit(kind, {"data": data, "metadata": metadata or {}, "transient": transient or {}})

    def clear_output(self, wait: bool = False) -> None:
        """Clear what the cell has shown; with ``wait`` only when it shows something else."""
        self.emit("clear_output", {"wait": wait})


class Hook(DisplayHook):
    """Sends the value of a cell's last expression."""

    emit: Emit = staticmethod(_discard)
    _content: dict[str, Any] | None = None

    def start_displayhook(self) -> None:
        """Begin a message."""
        self._content = {"data": {}, "metadata": {}, "execution_count": None}

    def write_output_prompt(self) -> None:
        """The number goes into the message."""
        if self._content is not None:
            self._content["execution_count"] = self.prompt_count

    def write_format_data(
        self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None
    ) -> None:
        """The representations go into the message."""
        if self._content is not None:
            self._content |= {"data": format_dict, "metadata": md_dict or {}}

    def finish_displayhook(self) -> None:
        """Send the message."""
        content, self._content = self._content, None
        if content and content["data"]:
            self.emit("execute_result", content)


class KernelShell(InteractiveShell):
    """A shell without a terminal, without history and without files of its own."""

    emit: Emit = staticmethod(_discard)
    last_error: dict[str, Any] | None = None

    @classmethod
    def build(cls) -> KernelShell:
        """The shell of this process; made in the zygote, used in the children."""
        config = Config()
        config.HistoryManager.enabled = False
        config.HistoryManager.hist_file = ":memory:"
        return cls.instance(config=config, display_pub_class=Publisher, displayhook_class=Hook)

    def warm_up(self) -> None:
        """Have made what shows values and tracebacks, and leave no other trace."""
        if self.display_formatter is not None:
            self.display_formatter.format(self)  # type: ignore[no-untyped-call]
        source = "async def _warm_up():\n    1 / 0\nawait _warm_up()"
        self.run_cell(source, store_history=False)  # type: ignore[no-untyped-call]
        self.last_error = None
        self.user_ns.pop("_warm_up", None)
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            sys.__dict__.pop(name, None)

    def connect(self, emit: Emit) -> None:
        """Send messages to ``emit`` from now on, and refuse what needs a person."""
        self.emit = emit
        self.displayhook.emit = emit  # type: ignore[attr-defined]
        self.display_pub.emit = emit  # type: ignore[attr-defined]
        sys.modules["__main__"] = self.user_module
        builtins.input = _refusal("raw_input")
        getpass.getpass = _refusal("getpass")
        self.init_environment()

    def init_ipython_dir(self, ipython_dir: Any) -> None:
        """No configuration is read: a run depends on its notebook only."""
        self.ipython_dir = ""

    def init_profile_dir(self, profile_dir: Any) -> None:
        """No profile, hence no folder in the user's home."""

    def init_hooks(self) -> None:
        """Help (``name?``) opens a pager in a front end; here nobody would read it."""
        super().init_hooks()  # type: ignore[no-untyped-call]
        ignore = page.as_hook(lambda *_, **__: None)  # type: ignore[no-untyped-call]
        self.set_hook("show_in_pager", ignore, 99)  # type: ignore[no-untyped-call]

    def init_environment(self) -> None:
        """As in a kernel: colours, and pagers that do not wait."""
        os.environ.update(
            TERM="xterm-color",
            CLICOLOR="1",
            FORCE_COLOR="1",
            CLICOLOR_FORCE="1",
            PAGER="cat",
            GIT_PAGER="cat",
        )

    def init_virtualenv(self) -> None:
        """The interpreter is the zygote's."""

    def enable_gui(self, gui: Any = None) -> None:
        """There is no event loop of a window system."""

    def ask_exit(self) -> None:
        """``exit`` and ``quit``: nothing after it would run, so it is an error."""
        raise SystemExit

    def set_next_input(self, text: str, replace: bool = False) -> None:
        """There is nobody to edit it."""

    def system_piped(self, cmd: str) -> None:
        """``!command``: what it writes is shown as it comes."""
        if cmd.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")
        self.user_ns["_exit_code"] = system(
            self.var_expand(cmd, depth=1)  # type: ignore[no-untyped-call]
        )

    system = system_piped

    def _showtraceback(
        self, etype: type[BaseException], evalue: BaseException | None, stb: list[str]
    ) -> None:
        content = {"ename": etype.__name__, "evalue": str(evalue), "traceback": stb}
        self.last_error = {**content, "record": _record(evalue)}
        self.emit("error", content)


def told(error: BaseException | None) -> dict[str, Any] | None:
    """An error that no traceback was shown of: its name, its words, what it says about itself."""
    if error is None:
        return None
    content = {"ename": type(error).__name__, "evalue": str(error), "traceback": []}
    return {**content, "record": _record(error)}


def _record(error: BaseException | None) -> dict[str, Any] | None:
    """What an error of the workbench says about itself; a full disk is one in any disguise."""
    from workbench.errors import WorkbenchError, as_storage_error, is_transient

    if error is None:
        return None
    if isinstance(error, WorkbenchError):
        return error.to_record()
    full = as_storage_error(error, where="notebook")
    if full:
        return full.to_record()
    return {"transient": is_transient(error)}


def _refusal(what: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise StdinNotImplementedError(
            f"{what} was called, but this frontend does not support input requests."
        )

    return refuse


InteractiveShellABC.register(KernelShell)
