"""Runs: a live list with logs, two runs side by side, and refused rows to be mended."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from workbench.errors import ConfigError, SpecError
from workbench.panels.panel import Call, answers
from workbench.panels.run_calls import Limit, RunCalls, RunId
from workbench.records.quarantine import QuarantineStatus, count_rows
from workbench.spec.loader import Project
from workbench.steps.comparing import Kind, compare_rows, compare_runs
from workbench.steps.correcting import (
    Mended,
    correct_lines,
    count_by_reason,
    dismiss_lines,
    page_of_lines,
    reopen_lines,
)

Offset = Annotated[int, Field(ge=0)]
RowIds = Annotated[list[str], Field(max_length=100_000)]


class Runs(RunCalls):
    """Runs as they go on: watch, cancel, retry, compare; mend the rows that they refused."""

    name = "runs"

    @answers("compare", latest=True)
    def compare(self, call: Call, *, left: RunId, right: RunId, dataset: str = "") -> Any:
        """Two runs of a dataset side by side."""
        found = compare_runs(
            self.workspace.settings,
            self.workspace.records(),
            left,
            right,
            dataset or None,
            project=self._specs(),
        )
        return found.model_dump(mode="json")

    @answers("different_rows", latest=True)
    def different_rows(
        self,
        call: Call,
        *,
        left: RunId,
        right: RunId,
        dataset: str,
        kind: Kind,
        offset: Offset = 0,
        limit: Limit = 50,
    ) -> Any:
        """A page of the rows that two runs published differently."""
        page = compare_rows(
            self.workspace.settings,
            self.workspace.records(),
            left,
            right,
            dataset,
            kind=kind,
            offset=offset,
            limit=limit,
            project=self._specs(),
        )
        return page.model_dump(mode="json")

    @answers("quarantine")
    def quarantine(self, call: Call, *, dataset: str, status: QuarantineStatus = "open") -> Any:
        """How many rows were refused, by dataset; those of one dataset by reason and by state."""
        records = self.workspace.records()
        states: tuple[QuarantineStatus, ...] = ("open", "resubmitted", "dismissed", "superseded")
        by_state = {state: count_rows(records, dataset, status=state) for state in states}
        reasons = count_by_reason(records, dataset, status=status) if dataset else ()
        return {
            "datasets": count_rows(records),
            "states": {state: counts.get(dataset, 0) for state, counts in by_state.items()},
            "reasons": [reason.model_dump(mode="json") for reason in reasons],
        }

    @answers("lines", latest=True)
    def lines(
        self,
        call: Call,
        *,
        dataset: str,
        status: QuarantineStatus = "open",
        reason: list[str] = [],  # noqa: B006  (never changed)
        offset: Offset = 0,
        limit: Limit = 50,
    ) -> Any:
        """A page of received rows of which something was refused."""
        page = page_of_lines(
            self.workspace.settings,
            self.workspace.records(),
            dataset,
            status=status,
            reason=reason,
            offset=offset,
            limit=limit,
        )
        return page.model_dump(mode="json")

    @answers("resubmit")
    def resubmit(self, call: Call, *, dataset: str, rows: list[Mended]) -> dict[str, Any]:
        """Send mended rows again: a run ingests them as a file of corrections."""
        self.workspace.project().dataset(dataset)
        settings, records = self.workspace.settings, self.workspace.records()
        params = correct_lines(settings, records, dataset, rows)
        return self.begin((dataset,), params, upstream=False)

    @answers("dismiss")
    def dismiss(self, call: Call, *, dataset: str, ids: RowIds) -> dict[str, int]:
        """Close rows without mending them; how many were open still."""
        closed = dismiss_lines(self.workspace.records(), dataset, ids)
        self._watch.wake()
        return {"rows": closed}

    @answers("reopen")
    def reopen(self, call: Call, *, dataset: str, ids: RowIds) -> dict[str, int]:
        """Open dismissed rows again; how many were."""
        opened = reopen_lines(self.workspace.records(), dataset, ids)
        self._watch.wake()
        return {"rows": opened}

    def _specs(self) -> Project | None:
        """The specs; runs can be compared while somebody is in the middle of mending them."""
        try:
            return self.workspace.project()
        except (SpecError, ConfigError):
            return None
