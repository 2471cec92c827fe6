"""Turns the messages of a child into the outputs of a notebook's cells."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import output_from_msg

from workbench.engine.kernels.frames import Message

#: What a cell may write, in characters. The rest is dropped, which the output says.
MAX_TEXT = 8 * 1024 * 1024

#: Text longer than this is tidied while it grows, so that a progress bar stays small.
_LONG = 1 << 16

_CUT = "\n… cut here: the cell wrote more than {} MiB\n"


class Outputs:
    """Outputs of all cells of a notebook, in the order of their messages.

    Pieces of one stream are joined; what a carriage return overwrites is dropped, so that a
    progress bar leaves its last state.
    """

    def __init__(self) -> None:
        self._cell: NotebookNode = NotebookNode(outputs=[])
        self._shown: dict[str, list[NotebookNode]] = {}
        self._clear_first = False
        self._size = 0

    def begin(self, cell: NotebookNode) -> None:
        """What comes from now on belongs to ``cell``."""
        cell.outputs = []
        self._cell = cell
        self._clear_first = False
        self._size = 0

    def add(self, message: Message) -> None:
        """Take in one message of a child."""
        kind, content = message["msg_type"], message["content"]
        if kind == "clear_output":
            self._clear_first = bool(content["wait"])
            if not self._clear_first:
                self._clear()
            return
        if kind == "update_display_data":
            self._update(content)
            return
        if self._clear_first:
            self._clear_first = False
            self._clear()
        if kind == "stream":
            self._write(content["name"], content["text"])
            return
        output = output_from_msg({"header": {"msg_type": kind}, **message})
        if identity := (content.get("transient") or {}).get("display_id"):
            self._update(content)
            self._shown.setdefault(identity, []).append(output)
        self._cell.outputs.append(output)

    def finish(self) -> None:
        """The cell has ended."""
        for output in self._cell.outputs:
            if output.output_type == "stream":
                output.text = tidy(output.text)

    def _write(self, name: str, text: str) -> None:
        room = MAX_TEXT - self._size
        if room <= 0:
            return
        self._size += len(text)
        if len(text) > room:
            text = text[:room] + _CUT.format(MAX_TEXT >> 20)
        last = self._cell.outputs[-1] if self._cell.outputs else None
        if last is None or last.output_type != "stream" or last.name != name:
            last = NotebookNode(output_type="stream", name=name, text="")
            self._cell.outputs.append(last)
        last.text += text
        if "\r" in text and len(last.text) > _LONG:
            self._size -= len(last.text)
            last.text = tidy(last.text)
            self._size += len(last.text)

    def _clear(self) -> None:
        gone = {id(output) for output in self._cell.outputs}
        for identity, outputs in self._shown.items():
            self._shown[identity] = [one for one in outputs if id(one) not in gone]
        self._cell.outputs = []

    def _update(self, content: dict[str, Any]) -> None:
        identity = (content.get("transient") or {}).get("display_id")
        for output in self._shown.get(identity or "", ()):
            output.data = NotebookNode(content["data"])
            output.metadata = NotebookNode(content["metadata"])


def tidy(text: str) -> str:
    """``text`` without what carriage returns have overwritten.

    >>> tidy("10%\\r50%\\r100%\\ndone")
    '100%\\ndone'
    """
    if "\r" not in text:
        return text
    lines = []
    for line in text.split("\n"):
        body = line.rstrip("\r")
        lines.append(body.rpartition("\r")[2] + line[len(body) :])
    return "\n".join(lines)
