"""Catalog: find datasets, columns and terms; say what they mean, in the specs and the glossary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import yaml
from pydantic import Field, StrictBool

from workbench.errors import EditRefused, NotFound, Problem, SpecError
from workbench.panels.conflicts import save
from workbench.panels.draft import Draft
from workbench.panels.panel import Call, Panel, answers
from workbench.panels.workspace import Workspace
from workbench.spec.edits import Edit
from workbench.spec.edits_catalog import (
    ColumnField,
    DatasetField,
    TermField,
    add_term,
    describe_column,
    describe_dataset,
    describe_term,
    remove_term,
    terms_in,
)
from workbench.spec.loader import Project
from workbench.spec.models import DatasetSpec
from workbench.spec.portal import read_glossary
from workbench.spec.problems import did_you_mean, listed
from workbench.spec.yaml_source import read_text
from workbench.steps.cataloguing import CatalogDataset, catalog_dataset, search_entries, uses_of

Word = Annotated[str, Field(max_length=20_000)]
Said = Word | list[Word] | StrictBool | None
Key = Annotated[str, Field(min_length=1, max_length=255)]

GLOSSARY = "specs/glossary.yml"
_HEADER = "# Words that mean the same in every dataset. A column refers to one with `term:`.\n"

_glossaries: WeakKeyDictionary[Workspace, Draft] = WeakKeyDictionary()


class Catalog(Panel):
    """What there is and what it means; what is written goes to specs and glossary, losslessly."""

    name = "catalog"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._offs.append(self.workspace.on("draft", self._tell_draft))

    @answers("overview")
    def overview(self, call: Call) -> dict[str, Any]:
        """All that can be searched, how much of each dataset is described, and what is unsaved."""
        glossary = self._glossary()
        words, problems = read_glossary(glossary.text)
        found = self._all()
        uses = uses_of(found)
        return {
            "search": search_entries(found, words),
            "datasets": [
                {
                    "name": each.name,
                    "title": each.title,
                    "layer": each.layer,
                    "said": each.said[0],
                    "total": each.said[1],
                }
                for each in found
            ],
            "terms": [
                {
                    "key": key,
                    **term.model_dump(mode="json"),
                    "uses": [list(use) for use in uses.get(key, ())],
                }
                for key, term in words.terms.items()
            ],
            "unknown": {
                key: [list(use) for use in some]
                for key, some in uses.items()
                if key not in words.terms
            },
            "problems": [vars(problem) for problem in problems],
            "unsaved": self._unsaved(),
        }

    @answers("dataset_facts")
    def dataset_facts(self, call: Call, *, dataset: str) -> dict[str, Any]:
        """A dataset with its columns and their figures, as its draft describes it."""
        draft = self.workspace.draft(dataset)
        spec = self._spec(draft)
        found = catalog_dataset(self.workspace.records(), self._project(), spec, profiled=True)
        state = draft.state()
        del state["text"]
        return {**found.model_dump(mode="json"), "said": list(found.said), "draft": state}

    @answers("describe")
    def describe(
        self, call: Call, *, dataset: str, field: DatasetField, value: Said
    ) -> dict[str, Any]:
        """Say something about a dataset."""
        self._edit(self.workspace.draft(dataset), lambda data: describe_dataset(data, field, value))
        return self.dataset_facts(call, dataset=dataset)

    @answers("describe_column")
    def describe_column(
        self, call: Call, *, dataset: str, column: Key, field: ColumnField, value: Said
    ) -> dict[str, Any]:
        """Say something about a column, or which term it stands for."""
        if field == "term" and value:
            self._known_term(str(value))
        draft = self.workspace.draft(dataset)
        self._edit(draft, lambda data: describe_column(data, column, field, value))
        return self.dataset_facts(call, dataset=dataset)

    @answers("describe_term")
    def describe_term(
        self, call: Call, *, key: Key, field: TermField, value: Said
    ) -> dict[str, Any]:
        """Say something about a term."""
        self._edit(self._glossary(), lambda data: describe_term(data, key, field, value))
        return self.overview(call)

    @answers("add_term")
    def add_term(self, call: Call, *, key: Key, word: Key) -> dict[str, Any]:
        """A further term of the glossary; the first one makes the file."""
        draft = self._glossary()
        if terms_in(_data(draft)):
            self._edit(draft, lambda data: add_term(data, key, word))
        else:
            written = yaml.safe_dump(
                {"terms": {key: {"name": word}}}, allow_unicode=True, sort_keys=False
            )
            kept = "".join(
                line for line in draft.text.splitlines(keepends=True) if line.startswith("#")
            )
            draft.replace_text((kept or _HEADER) + written)
        return self.overview(call)

    @answers("remove_term")
    def remove_term(self, call: Call, *, key: Key) -> dict[str, Any]:
        """Take a term away that no column stands for."""
        uses = uses_of(self._all()).get(key, [])
        if uses:
            shown = ", ".join(f"{dataset}.{column}" for dataset, column in uses[:5])
            raise EditRefused(
                f"columns stand for the term {key!r}: {shown}" + (", …" if uses[5:] else ""),
                remedy="unlink them first",
            )
        self._edit(self._glossary(), lambda data: remove_term(data, key))
        return self.overview(call)

    @answers("undo")
    def undo(self, call: Call, *, file: str, redo: bool = False) -> dict[str, Any]:
        """One step back in a file, or one undone step again."""
        draft = self._named(file)
        draft.redo() if redo else draft.undo()
        return self.overview(call)

    @answers("save")
    def save(self, call: Call, *, overwrite: list[str] = []) -> dict[str, Any]:  # noqa: B006
        """Write all that is unsaved; files that others have written since come as conflicts."""
        conflicts, saved = [], []
        for file in self._unsaved():
            conflict = save(self._named(file), overwrite=file in overwrite)
            if conflict:
                conflicts.append(conflict)
            else:
                saved.append(file)
        return {"saved": saved, "conflicts": conflicts, "overview": self.overview(call)}

    @answers("reload")
    def reload(self, call: Call, *, file: str) -> dict[str, Any]:
        """Take a file as it is on disk."""
        self._named(file).reload()
        return self.overview(call)

    # What the calls have in common

    def _all(self) -> list[CatalogDataset]:
        records, project = self.workspace.records(), self._project()
        return [catalog_dataset(records, project, spec) for spec in project.datasets.values()]

    def _project(self) -> Project:
        """The specs as they are saved, with what is written in drafts."""
        project = self.workspace.project()
        drafts = {
            name: spec
            for name, draft in self.workspace.drafts().items()
            if (spec := draft.spec or draft.last_good) is not None and name in project.datasets
        }
        return Project(
            project.root, {**project.datasets, **drafts}, project.connections, project.needs
        )

    def _spec(self, draft: Draft) -> DatasetSpec:
        spec = draft.spec or draft.last_good
        if spec is None:
            raise SpecError(draft.problems)
        return spec

    def _known_term(self, key: str) -> None:
        known = read_glossary(self._glossary().text)[0].terms
        if key not in known:
            raise NotFound(
                f"the glossary has no term {key!r}{did_you_mean(key, known)}",
                remedy=listed("terms", known, key) if known else "add it first",
            )

    def _glossary(self) -> Draft:
        draft = _glossaries.get(self.workspace)
        if draft is None:
            path = self.workspace.settings.specs / "glossary.yml"
            draft = Draft(path, GLOSSARY, _examine_glossary, self._told_glossary)
            draft = _glossaries.setdefault(self.workspace, draft)
        draft.refresh()
        return draft

    def _told_glossary(self, draft: Draft) -> None:
        self.workspace.emit("draft", dataset="")

    def _named(self, file: str) -> Draft:
        if file == GLOSSARY:
            return self._glossary()
        for draft in self.workspace.drafts().values():
            if draft.file == file:
                return draft
        raise NotFound(f"{file} is not being edited")

    def _unsaved(self) -> list[str]:
        drafts = [*self.workspace.drafts().values(), self._glossary()]
        return sorted(draft.file for draft in drafts if draft.dirty and draft.text)

    def _edit(self, draft: Draft, edits: Callable[[Any], list[Edit]]) -> None:
        draft.apply(*edits(_data(draft)))

    def _tell_draft(self, **_: Any) -> None:
        self.tell("draft")


def _examine_glossary(text: str, file: str) -> tuple[tuple[Problem, ...], None]:
    return tuple(read_glossary(text, file)[1]), None


def _data(draft: Draft) -> Any:
    return read_text(draft.text.removeprefix("\ufeff"), draft.file).data
