"""Rules: the transforms and expectations of a dataset as forms, beside the YAML that they are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from workbench.errors import ConfigError, EditRefused, SpecConflict, WorkbenchError
from workbench.panels.draft import Draft
from workbench.panels.panel import Call, Panel, answers
from workbench.publish.messages import Language, worded
from workbench.spec.editing import Edit, Insert, Move, Remove, RenameKey, Set
from workbench.spec.expression_language import FUNCTIONS
from workbench.spec.outline import RuleList, outline
from workbench.spec.schema import json_schema

Path = tuple[Annotated[str | int, Field(union_mode="left_to_right")], ...]
Scope = Literal["sample", "whole"]


class Change(BaseModel):
    """An edit as the front sends it: its kind, and what the edit of that kind takes."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["set", "insert", "remove", "move", "rename"]
    path: Path
    value: Any = None
    index: int = 0
    to: int = 0
    key: str = ""

    def edit(self) -> Edit:
        """The edit of ``spec/editing.py``."""
        match self.kind:
            case "set":
                return Set(self.path, self.value)
            case "insert":
                return Insert(self.path, self.index, self.value)
            case "remove":
                return Remove(self.path)
            case "move":
                return Move(self.path, self.index, self.to)
            case "rename":
                return RenameKey(self.path, self.key)


class Rules(Panel):
    """The rules of a dataset, edited as forms and as YAML; nothing is written before "save".

    Shares the draft of the workspace with the other panels: what one changes, all show.
    """

    name = "rules"

    def __init__(self, dataset: str | None = None, **options: Any) -> None:
        super().__init__(dataset, **options)
        self._outlines: dict[str, tuple[str, list[dict[str, Any]]]] = {}
        self._working = threading.local()
        self._offs.append(self.workspace.on("draft", self._changed))

    # -- the draft -----------------------------------------------------------------------------

    @answers("open")
    def open_draft(self, call: Call, *, dataset: str) -> dict[str, Any]:
        """The spec of a dataset, as rules and as text."""
        return self._state(dataset, self._draft(dataset))

    @answers("schema")
    def schema(self, call: Call) -> dict[str, Any]:
        """The JSON Schema of specs, and the names that it cannot know."""
        project: Any = None
        with suppress(WorkbenchError):  # the problems are shown with the spec that has them
            project = self.workspace.project()
        return {
            "schema": worded(json_schema("dataset"), cast(Language, self.language)),
            "datasets": list(self.workspace.datasets()),
            "connections": sorted(project.connections) if project else ["warehouse"],
            "functions": [
                {"name": name, "usage": usage, "meaning": meaning}
                for name, (usage, meaning) in sorted(FUNCTIONS.items())
            ],
        }

    @answers("edit")
    def edit(
        self, call: Call, *, dataset: str, changes: list[Change], base: str | None = None,
        joins: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Edits of the form, together one step to undo; ``base`` is the file that it shows.

        ``joins`` makes one step of a value that is typed on.
        """
        if base is not None and self._draft(dataset).base_hash != base:
            raise EditRefused(
                "the file changed on disk, so the rule may be another one now",
                remedy="look at it again, then edit it",
            )
        return self._do(
            dataset, lambda draft: draft.apply(*(change.edit() for change in changes), joins=joins)
        )

    @answers("write")
    def write(
        self, call: Call, *, dataset: str, text: str, joins: bool = False, base: str | None = None
    ) -> dict[str, Any]:
        """The text as it was typed, over the file ``base``; over another one it is a conflict."""
        draft = self._draft(dataset)
        if base is not None and draft.base_hash != base:
            told = {"mine": text, "theirs": draft.text, "base": ""}
            return self._state(dataset, draft) | {"conflict": told}
        return self._do(dataset, lambda draft: draft.replace_text(text, joins=joins))

    @answers("undo")
    def undo(self, call: Call, *, dataset: str) -> dict[str, Any]:
        """One step back."""
        return self._do(dataset, lambda draft: draft.undo())

    @answers("redo")
    def redo(self, call: Call, *, dataset: str) -> dict[str, Any]:
        """One step forth."""
        return self._do(dataset, lambda draft: draft.redo())

    @answers("save")
    def save(
        self, call: Call, *, dataset: str, overwrite: bool = False, faulty: bool = False
    ) -> dict[str, Any]:
        """Write the file; where it changed meanwhile, both texts come back and nothing is done."""
        draft = self._draft(dataset)
        try:
            self._quietly(lambda: draft.save(overwrite=overwrite, faulty=faulty))
        except SpecConflict as conflict:
            told = {"mine": conflict.mine, "theirs": conflict.theirs, "base": conflict.base}
            return self._state(dataset, draft) | {"conflict": told}
        return self._state(dataset, draft)

    @answers("take_theirs")
    def take_theirs(self, call: Call, *, dataset: str) -> dict[str, Any]:
        """What is on disk, in the place of what was edited here."""
        return self._do(dataset, lambda draft: draft.reload())

    @answers("keep_mine")
    def keep_mine(self, call: Call, *, dataset: str, text: str | None = None) -> dict[str, Any]:
        """What was edited here (or ``text``, merged by hand), as edits of what is on disk now."""

        def keep(draft: Draft) -> None:
            draft.rebase()
            if text is not None:
                draft.replace_text(text)

        return self._do(dataset, keep)

    # -- what the rows say ---------------------------------------------------------------------

    @answers("look", latest=True)
    def look(self, call: Call, *, dataset: str, scope: Scope = "sample") -> dict[str, Any]:
        """Columns and rows after each transform, and how many rows fail each expectation."""
        from workbench.steps.preview.asking import look

        return look(self._preview(call, dataset, scope), call.stop_if_cancelled)

    @answers("chosen", latest=True)
    def chosen(self, call: Call, *, dataset: str, selection: Any, step: int) -> list[str]:
        """Which columns a selection means before a transform."""
        from workbench.steps.preview.asking import chosen

        return chosen(selection, self._preview(call, dataset).columns(step))

    @answers("distinct", latest=True)
    def distinct(
        self,
        call: Call,
        *,
        dataset: str,
        column: str,
        step: int,
        search: str = "",
        scope: Scope = "sample",
    ) -> dict[str, Any]:
        """The values of a column before a transform, most frequent first."""
        found = self._preview(call, dataset, scope).distinct(column, step, limit=500, search=search)
        values: dict[str, Any] = found.model_dump(mode="json")
        return values

    @answers("try_cast", latest=True)
    def try_cast(
        self, call: Call, *, dataset: str, cast: dict[str, Any], column: str = "", step: int = 0,
        texts: list[str] | None = None, scope: Scope = "sample",
    ) -> dict[str, Any]:  # fmt: skip
        """What a cast makes of a column's values, or of typed samples."""
        from workbench.steps.preview.asking import try_texts

        if texts is not None:
            trial = try_texts(self.workspace.engine, texts, cast)
        else:
            trial = self._preview(call, dataset, scope).try_cast(column, cast, step)
        return trial.model_dump(mode="json")

    @answers("suggest")
    def suggest(self, call: Call, *, dataset: str, scope: Scope = "sample") -> dict[str, Any]:
        """Expectations that the rows suggest, with their evidence."""
        from workbench.steps.preview.asking import suggestions

        preview = self._preview(call, dataset, scope)
        found = suggestions(preview)
        return {
            "scope": "whole" if preview.is_whole else "sample",
            "suggestions": [each.model_dump(mode="json") for each in found],
        }

    @answers("point")
    def point(
        self, call: Call, *, dataset: str, list: RuleList, index: int, number: int | None
    ) -> None:
        """Tell the other panels which rule is looked at, so that they can mark its cells."""
        self.workspace.emit("rule", dataset=dataset, list=list, index=index, number=number)

    # -- within --------------------------------------------------------------------------------

    def _draft(self, dataset: str) -> Draft:
        if not dataset:
            raise ConfigError("no dataset is chosen", remedy="choose one at the top of the panel")
        return self.workspace.draft(dataset)

    def _do(self, dataset: str, act: Callable[[Draft], object]) -> dict[str, Any]:
        draft = self._draft(dataset)
        self._quietly(lambda: act(draft))
        return self._state(dataset, draft)

    def _quietly(self, act: Callable[[], object]) -> None:
        """Do what this panel's own front asked for: it gets the answer, and no event beside it."""
        self._working.on = True
        try:
            act()
        finally:
            self._working.on = False

    def _changed(self, dataset: str = "", **_: Any) -> None:
        if dataset == self.dataset and not getattr(self._working, "on", False):
            self.tell("draft", dataset=dataset)

    def _preview(self, call: Call, dataset: str, scope: Scope = "sample") -> Any:
        from workbench.steps.preview import Preview

        draft = self._draft(dataset)
        spec = draft.spec or draft.last_good
        if spec is None:
            raise ConfigError(
                "the spec has problems, so its rows cannot be shown",
                where=draft.file, remedy="mend what is marked in the YAML",
            )  # fmt: skip
        return Preview(self.workspace.engine, spec, scope=scope, cancelled=lambda: call.cancelled)

    def _state(self, dataset: str, draft: Draft) -> dict[str, Any]:
        """The draft, and its rules: while the text is no YAML, those that it had last."""
        state = draft.state()
        readable = draft.partial is not None
        if draft.partial is not None:
            rules = [each.model_dump(mode="json") for each in outline(draft.partial.source)]
            data = draft.partial.source.data
            self._outlines[draft.file] = (draft.text, rules)
            columns = data.get("columns")
            known = [*columns] if isinstance(columns, dict) else []
        else:
            rules = self._outlines.get(draft.file, ("", []))[1]
            known = []
        return state | {
            "dataset": dataset,
            "rules": rules,
            "readable": readable,
            "base": draft.base_hash,
            "known_columns": known,
            "valid": draft.spec is not None,
        }
