"""Preview: what a draft makes of a file, before anything is run."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from workbench.errors import ConfigError, WorkbenchError
from workbench.panels.calls import submit
from workbench.panels.panel import Call, Panel, answers
from workbench.spec.models import DatasetSpec
from workbench.steps.preview.model import Filter, Sort
from workbench.steps.preview.preview import Preview as Service
from workbench.steps.preview.rows import LAST

Scope = Literal["sample", "whole"]

#: Seconds that rows may have taken last time for those of the next draft to be begun unasked.
_QUICK = 1.0
#: Previews that calls of the front may still speak of.
_MOST = 8


class View(BaseModel):
    """Which rows, in which order: what both grids ask with."""

    model_config = ConfigDict(extra="forbid")

    revision: str
    step: int = LAST
    raw: bool = False
    sort: tuple[Sort, ...] = ()
    filters: tuple[Filter, ...] = ()
    failing: int | None = None

    def options(self) -> dict[str, Any]:
        """What every question about rows takes."""
        return {
            "sort": self.sort,
            "filters": self.filters,
            "failing": self.failing,
            "raw": self.raw,
        }


class Look(View):
    """Rows that the front will ask for as soon as it has the timeline."""

    revision: str = ""
    offset: int = 0
    limit: int = 100


class Preview(Panel):
    """RAW beside tidy, with the timeline of transforms; follows the draft that other panels edit.

    ``file`` is a file of the dataset (default: the newest), ``whole`` whether all of it is shown.
    """

    name = "preview"

    def __init__(
        self, dataset: str | None = None, *, file: str | None = None, whole: bool = True,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(dataset, **options)
        self._file = file
        self._whole = whole
        self._previews: OrderedDict[str, Service] = OrderedDict()
        self._opened: tuple[str | None, Scope] | None = None
        self._ahead = Call()
        self._lock = threading.Lock()
        for event in ("draft", "received", "rule"):
            self._offs.append(self.workspace.on(event, self._heard(event)))

    # -- what is previewed -----------------------------------------------------------------------

    @answers("files")
    def files(self, call: Call) -> dict[str, Any]:
        """The files of the dataset, newest first, and what the cell asked for."""
        found = Service.files(self.workspace.engine, self._spec()[0]) if self.dataset else ()
        return {
            "files": [each.model_dump(mode="json") for each in found],
            "file": self._file,
            "whole": self._whole,
        }

    @answers("open", latest=True)
    def open_preview(
        self,
        call: Call,
        *,
        file: str | None = None,
        scope: Scope = "sample",
        look: Look | None = None,
    ) -> dict[str, Any]:
        """The timeline and the checks of the draft as it is now; its revision, to ask for rows.

        The rows of ``look`` come along, ``None`` if they cannot be had: who asks for them is told.
        """
        spec, faulty = self._spec()
        made = Service(self.workspace.engine, spec, file=file, scope=scope).until(
            lambda: call.cancelled
        )
        view = made.view()
        self._opened = (file, scope) if view.seconds <= _QUICK else None
        revision = f"{made.key}-{spec.hash[:12]}-{scope}"
        with self._lock:
            self._previews[revision] = made.until(lambda: False)
            self._previews.move_to_end(revision)
            while len(self._previews) > _MOST:
                self._previews.popitem(last=False)
        call.stop_if_cancelled()
        stopped = any(step.fault for step in view.steps)
        checks = None if stopped else made.checks().model_dump(mode="json")
        rows = None
        if look is not None and not stopped:
            with suppress(WorkbenchError):
                rows = _window(made, look, look.offset, look.limit)
        return {
            "revision": revision,
            "view": view.model_dump(mode="json", exclude={"input": {"detected"}}),
            "checks": checks,
            "faulty": faulty,
            "rows": rows,
        }

    @answers("check_everything", latest=True)
    def check_everything(self, call: Call, *, revision: str) -> dict[str, Any]:
        """How many rows fail which expectation, also those that only Great Expectations knows."""
        return self._preview(call, revision).checks(everything=True).model_dump(mode="json")

    # -- rows ------------------------------------------------------------------------------------

    @answers("window")
    def window(self, call: Call, *, view: View, offset: int, limit: int) -> dict[str, Any]:
        """Rows, with the checks that they fail."""
        return _window(self._preview(call, view.revision), view, offset, limit)

    @answers("locate", latest=True)
    def locate(self, call: Call, *, view: View, row: int) -> int | None:
        """The offset of the first row that descends from a row of the file."""
        return self._preview(call, view.revision).locate(row, view.step, **view.options())

    @answers("find", latest=True)
    def find(
        self, call: Call, *, view: View, text: str, after: int = -1, backwards: bool = False
    ) -> list[Any] | None:
        """Offset and column of the next cell that contains a text."""
        found = self._preview(call, view.revision).find(
            text, view.step, after=after, backwards=backwards, **view.options()
        )
        return None if found is None else list(found)

    # -- figures ---------------------------------------------------------------------------------

    @answers("statistics")
    def statistics(
        self, call: Call, *, revision: str, column: str, step: int, raw: bool = False
    ) -> dict[str, Any]:
        """A column at a glance."""
        found = self._preview(call, revision).statistics(column, step, raw=raw)
        return found.model_dump(mode="json")

    @answers("detail", latest=True)
    def detail(self, call: Call, *, revision: str, step: int) -> dict[str, Any]:
        """Examples of what a transform did."""
        return self._preview(call, revision).detail(step).model_dump(mode="json")

    # -- within ----------------------------------------------------------------------------------

    def _spec(self) -> tuple[DatasetSpec, bool]:
        """The draft's spec; while it has faults the last good one, and that this is so."""
        if not self.dataset:
            raise ConfigError("no dataset is chosen", remedy="choose one at the top of the panel")
        draft = self.workspace.draft(self.dataset)
        spec = draft.spec or draft.last_good
        if spec is None:
            raise ConfigError(
                "the spec has faults, so its rows cannot be shown",
                where=draft.file,
                remedy="mend them in the Rules panel, or in the file",
            )
        return spec, draft.spec is None

    def _preview(self, call: Call, revision: str) -> Service:
        with self._lock:
            found = self._previews.get(revision)
        if found is None:
            raise ConfigError(
                "the preview has moved on", remedy="open it again: choose the dataset anew"
            )
        return found.until(lambda: call.cancelled)

    def _heard(self, event: str) -> Any:
        def tell(dataset: str = "", **data: Any) -> None:
            if dataset in ("", self.dataset):
                self.tell(event, dataset=dataset, **data)
                if event == "draft":
                    self._begin_ahead()

        return tell

    def _begin_ahead(self) -> None:
        """The draft has changed, so the front will ask for its rows: they are begun with now."""
        self._ahead.cancel()
        ahead = self._ahead = Call()
        if self._opened is not None:
            file, scope = self._opened
            submit(lambda: self._compute_ahead(ahead, file, scope))

    def _compute_ahead(self, ahead: Call, file: str | None, scope: Scope) -> None:
        with suppress(WorkbenchError):  # who asks is told
            spec, _ = self._spec()
            made = Service(self.workspace.engine, spec, file=file, scope=scope)
            made.until(lambda: ahead.cancelled).view()


def _window(preview: Service, view: View, offset: int, limit: int) -> dict[str, Any]:
    found = preview.window(view.step, offset=offset, limit=limit, **view.options())
    return found.model_dump(mode="json", exclude={"columns"})
