"""Calls from a panel's front to its kernel side: answered on threads, by id.

The front sends ``{"call": id, "name": name, "arguments": {…}}`` and buffers; it gets any number of
``{"progress": id, …}`` and then one ``{"answer": id, "value": …}`` or ``{"answer": id, "error":
{…}}``. It may send ``{"cancel": id}`` meanwhile.
"""

from __future__ import annotations

import inspect
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NotRequired, TypeVar, cast, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from workbench.errors import Cancelled, SpecError, WorkbenchError
from workbench.publish.messages.sentences import translated

F = TypeVar("F", bound=Callable[..., Any])

log = logging.getLogger(__name__)

#: Progress is sent no more often than this (seconds).
_OFTEN = 0.05
#: Threads that answer calls of all panels of a kernel.
_THREADS = 8


def answers(name: str, *, latest: bool = False) -> Callable[[F], F]:
    """Let a method answer the calls of a name: ``method(self, call, **arguments)``.

    It returns a JSON-able value, or a pair of one and a list of binary buffers. The arguments are
    data: they are checked against the method's annotations. With ``latest`` a newer call of the
    name cancels the older one (for what follows typing).
    """

    def mark(method: F) -> F:
        vars(method)["answer"] = Answer(name, method, latest)
        return method

    return mark


class Answer:
    """A method that answers calls."""

    def __init__(self, name: str, method: Callable[..., Any], latest: bool) -> None:
        self.name = name
        self.method = method
        self.latest = latest

    def arguments(self, given: object) -> dict[str, Any]:
        """The arguments as the method's annotations want them.

        Raises ``WrongArguments``, which names what is wrong but not the values.
        """
        try:
            checked: dict[str, Any] = self._adapter.validate_python(given)
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, fault['loc'])) or 'arguments'}: {fault['msg']}"
                for fault in error.errors(include_url=False, include_input=False)
            )
            raise WrongArguments(f"{self.name} was called wrongly: {faults}") from None
        return checked

    @cached_property
    def _adapter(self) -> TypeAdapter[dict[str, Any]]:
        """Made on first use, when every name of the method's module is there."""
        parameters = list(inspect.signature(self.method).parameters.values())[2:]

        def annotated() -> None: ...

        annotated.__annotations__ = {each.name: each.annotation for each in parameters}
        hints = get_type_hints(annotated, self.method.__globals__, include_extras=True)
        fields = {
            each.name: hints[each.name]
            if each.default is inspect.Parameter.empty
            else NotRequired[hints[each.name]]
            for each in parameters
        }
        made = TypedDict(self.name, fields)  # type: ignore[misc]
        shape = cast(Any, made)
        shape.__pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
        return TypeAdapter(shape)


class WrongArguments(WorkbenchError):
    """What the front sent does not fit the method that answers."""


def find_answers(cls: type) -> dict[str, Answer]:
    """The answering methods of a class, by the name of the call."""
    methods = [method for base in reversed(cls.__mro__) for method in vars(base).values()]
    found = [vars(each)["answer"] for each in methods if "answer" in getattr(each, "__dict__", ())]
    return {answer.name: answer for answer in found if isinstance(answer, Answer)}


class Call:
    """One call from the front.

    ``buffers`` are the bytes that came with it; ``cancelled`` is true once the front gave it up
    (then its answer is not waited for).
    """

    def __init__(
        self,
        id: str = "",
        name: str = "",
        buffers: Sequence[memoryview] = (),
        send: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self.id = id
        self.name = name
        self.buffers = list(buffers)
        self._send = send
        self._given_up = threading.Event()
        self._told = 0.0

    @property
    def cancelled(self) -> bool:
        """Whether the front gave the call up."""
        return self._given_up.is_set()

    def cancel(self) -> None:
        """Give the call up."""
        self._given_up.set()

    def stop_if_cancelled(self) -> None:
        """Raise ``Cancelled`` if the front gave the call up."""
        if self.cancelled:
            raise Cancelled("this was cancelled")

    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """Tell the front how far this is; too frequent words are left out."""
        now = time.monotonic()
        if self._send and (now - self._told >= _OFTEN or done == total):
            self._told = now
            self._send({"progress": self.id, "done": done, "total": total, "text": text})


class Caller:
    """Answers the calls that one panel gets."""

    def __init__(
        self, owner: object, send: Callable[[dict[str, Any], Sequence[bytes]], None]
    ) -> None:
        self._owner = owner
        self._send = send
        self._answers = find_answers(type(owner))
        self._running: dict[str, Call] = {}
        self._lock = threading.Lock()

    def receive(self, content: Mapping[str, Any], buffers: Sequence[memoryview]) -> None:
        """Take a message of the front; returns at once."""
        if "cancel" in content:
            with self._lock:
                given_up = self._running.get(str(content["cancel"]))
            if given_up:
                given_up.cancel()
            return
        if "call" not in content:
            return
        call = Call(
            str(content["call"]),
            str(content.get("name")),
            buffers,
            lambda message: self._send(message, ()),
        )
        answer = self._answers.get(call.name)
        with self._lock:
            if answer and answer.latest:
                for other in self._running.values():
                    if other.name == call.name:
                        other.cancel()
            self._running[call.id] = call
        arguments = content.get("arguments") or {}
        submit(lambda: self._answer(call, answer, arguments))

    def close(self) -> None:
        """Give up every call that runs."""
        with self._lock:
            for call in self._running.values():
                call.cancel()

    def _answer(self, call: Call, answer: Answer | None, arguments: Any) -> None:
        buffers: Sequence[bytes] = ()
        try:
            value = self._value(call, answer, arguments)
            if isinstance(value, tuple):
                value, buffers = value
            message = {"answer": call.id, "value": value}
        except Exception as error:
            message = {"answer": call.id, "error": self._told(error, call)}
        finally:
            call.buffers.clear()
            with self._lock:
                self._running.pop(call.id, None)
        try:
            self._send(message, buffers)
        except (TypeError, ValueError) as error:  # a value that JSON has not: our own fault
            self._send({"answer": call.id, "error": self._told(error, call)}, ())

    def _told(self, error: Exception, call: Call) -> dict[str, Any]:
        """An error as the front shows it, in the panel's language as far as it is known in it."""
        told = described(error, call)
        for name in ("message", "remedy"):
            if told.get(name):
                told[name] = translated(told[name], getattr(self._owner, "language", "en"))
        return told

    def _value(self, call: Call, answer: Answer | None, arguments: Any) -> Any:
        if answer is None:
            raise WorkbenchError(
                f"this panel knows no call {call.name!r}",
                remedy="run the notebook's cell again, with panel and kernel of one version",
            )
        call.stop_if_cancelled()
        return answer.method(self._owner, call, **answer.arguments(arguments))


def described(error: Exception, call: Call) -> dict[str, Any]:
    """An error as plain values for the front; one that was not foreseen comes without its values.

    Its traceback goes to the log of the kernel.
    """
    if isinstance(error, Cancelled) and call.cancelled:
        return {"message": error.message, "cancelled": True, "problems": []}
    if isinstance(error, WorkbenchError):
        problems = [vars(problem) for problem in getattr(error, "problems", ())]
        told = {
            "type": type(error).__name__,
            "message": error.message,
            "where": error.where,
            "remedy": error.remedy,
            "problems": problems,
        }
        if isinstance(error, SpecError) and len(problems) == 1:
            told["message"] = problems[0]["message"]
        return told
    log.exception("the call %r failed", call.name, exc_info=error)
    return {
        "message": f"{call.name} failed with {type(error).__name__}",
        "remedy": "the kernel's log has the details (View → Show Log Console)",
        "problems": [],
    }


class _Pool:
    """A few threads that answer calls, and do not keep a kernel from ending.

    The executor of the standard library waits for its threads when the process ends.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0

    def submit(self, work: Callable[[], None]) -> None:
        """Do ``work`` as soon as a thread is free."""
        with self._lock:
            if self._idle:
                self._idle -= 1
            elif self._threads < self._most:
                self._threads += 1
                number = self._threads
                threading.Thread(target=self._work, name=f"panel-{number}", daemon=True).start()
        self._waiting.put(work)

    def _work(self) -> None:
        while True:
            work = self._waiting.get()
            try:
                work()
            except Exception:
                log.exception("an answer could not be sent")
            with self._lock:
                self._idle += 1


_pool = _Pool(_THREADS)


def submit(work: Callable[[], None]) -> None:
    """Do ``work`` on one of the threads that answer calls; what it raises is logged."""
    _pool.submit(work)
