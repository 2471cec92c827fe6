"""A YAML source to a ``DatasetSpec``: every part is checked, and every fault is a problem."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from workbench.errors import ConfigError, ExpressionError, Problem
from workbench.model.value import Options
from workbench.registry import Kind, expectation_catalog, find, names
from workbench.spec.models import DatasetSpec, ExpectationUse, TargetSpec, TransformUse
from workbench.spec.params import references
from workbench.spec.paths import path_of_option, path_of_text, value_at
from workbench.spec.problems import describe, did_you_mean, listed, validate
from workbench.spec.yaml_source import Keys, Source

_PIECES = ("source", "transforms", "expectations", "targets")


@dataclass
class Draft:
    """A dataset spec as far as it could be read.

    ``spec`` is partial where ``broken`` names top-level keys that hold faults: such keys are left
    out of it, and checks that need them are left out too. ``uses`` are references to other
    datasets, with the path where each stands.
    """

    source: Source
    name: str
    spec: DatasetSpec | None
    broken: set[str] = field(default_factory=set)
    uses: list[tuple[Keys, str]] = field(default_factory=list)


def read_dataset(source: Source, problems: list[Problem]) -> Draft | None:
    """The dataset that a YAML source describes; faults are added to ``problems``."""
    data = source.data
    if data is None:
        problems.append(
            source.problem((), "the file is empty",
                           "write 'dataset: NAME' and 'source: {path: …}', or let "
                           "'workbench detect FILE' write a spec")
        )  # fmt: skip
        return None
    if not isinstance(data, dict):
        problems.append(
            source.problem((), f"a dataset spec is a mapping, but this is {describe(data)}",
                           "begin with 'dataset: NAME'")
        )  # fmt: skip
        return None
    return _Reader(source, problems).read()


class _Reader:
    def __init__(self, source: Source, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        self.data: dict[str, Any] = source.data
        self.uses: list[tuple[Keys, str]] = []
        self.params = self.data.get("params")
        self.declared = set(self.params) if isinstance(self.params, dict) else set()

    def read(self) -> Draft:
        plain = {key: each for key, each in self.data.items() if key not in _PIECES}
        broken: set[str] = set()
        pieces: dict[str, Any] = {}
        source_type = ""
        if "source" in self.data:
            before = len(self.problems)
            source_type, options = self._source(self.data["source"])
            pieces["source"] = options if options is not None else Options()
            if len(self.problems) > before:
                broken.add("source")
        for key, reader in (
            ("transforms", self._transform), ("expectations", self._expectation),
            ("targets", self._target),
        ):  # fmt: skip
            before = len(self.problems)
            if key in self.data:
                pieces[key] = self._items(key, reader)
            if len(self.problems) > before:
                broken.add(key)
        before = len(self.problems)
        spec = validate(DatasetSpec, plain | pieces, self.source, (), self.problems)
        name = self.data.get("dataset")
        if spec is None:
            bad = {key for key in plain if self._is_bad(key, self.problems[before:])}
            broken |= bad | ({"source"} if "source" not in pieces else set())
            partial = {key: each for key, each in plain.items() if key not in bad}
            stand_in = {"dataset": "unnamed", "source": Options()}
            spec = validate(DatasetSpec, stand_in | partial | pieces, self.source, (), [])
        if spec is not None:
            spec._file, spec._text = self.source.file, self.source.text
            spec._source_type = source_type
        return Draft(self.source, name if isinstance(name, str) else "", spec, broken, self.uses)

    def _is_bad(self, key: str, found: list[Problem]) -> bool:
        """Whether one of the problems found stands within the value of a top-level key."""
        marks = {
            mark
            for keys, place in self.source.places.items()
            if keys[:1] == (key,)
            for mark in (place.key, place.value)
        }
        return any((problem.line, problem.column) in marks for problem in found)

    def _items(self, key: str, reader: Any) -> list[Any]:
        items = self.data[key]
        if items is None:
            return []
        if not isinstance(items, list):
            self._fail((key,), f"{key!r} should be a list, but is {describe(items)}",
                       "begin each of its items with '- '")  # fmt: skip
            return []
        read = [reader((key, index), item) for index, item in enumerate(items)]
        return [each for each in read if each is not None]

    def _source(self, given: Any) -> tuple[str, Options | None]:
        keys: Keys = ("source",)
        if isinstance(given, str):
            self._fail(keys, f"'source' should be a mapping, but is {describe(given)}",
                       f"write 'source: {{path: {given}}}'")  # fmt: skip
            return "", None
        if not isinstance(given, dict):
            self._fail(keys, f"'source' should be a mapping, but is {describe(given)}",
                       "write 'source: {path: FILE}'")  # fmt: skip
            return "", None
        known = names("sources")
        kind = given.get("type")
        if kind is None:
            kind = "files" if "path" in given else "dataset" if "dataset" in given else None
        if kind is None:
            self._fail(keys, "the source has neither a type nor a path",
                       "write 'path: FILE', 'dataset: NAME' or 'type: …' "
                       f"({listed('types', known)})", at="key")  # fmt: skip
            return "", None
        module = self._module("sources", kind, (*keys, "type"), "source type")
        if module is None:
            return "", None
        options = {key: each for key, each in given.items() if key != "type"}
        if "type" in module.Options.model_fields:
            options["type"] = kind
        for path, name in references(options):
            self._check_param(name, self.source.problem((*keys, *path), ""))
        return str(kind), self._options(module.Options, options, keys)

    def _transform(self, keys: Keys, item: Any) -> TransformUse | None:
        name, options, inner = self._one(keys, item, "transform")
        if name is None:
            return None
        module = self._module("transforms", name, inner, "transform")
        enabled = self._enabled(inner, options) if module else None
        if module is None or enabled is None:
            return None
        read = self._options(module.Options, options, inner, used=enabled)
        return TransformUse(name=name, options=read, enabled=enabled) if read else None

    def _expectation(self, keys: Keys, item: Any) -> ExpectationUse | None:
        name, kwargs, inner = self._one(keys, item, "expectation")
        if name is None:
            return None
        catalog = expectation_catalog()
        if name in catalog.UNAVAILABLE:
            self._fail(inner, f"{name} runs SQL of its own, which specs cannot",
                       catalog.UNAVAILABLE[name], at="key")  # fmt: skip
            return None
        if name not in catalog.MODELS:
            self._fail(inner, f"unknown expectation {name!r}{did_you_mean(name, catalog.MODELS)}",
                       listed("known", catalog.MODELS, name), at="key")  # fmt: skip
            return None
        before = len(self.problems)
        enabled = self._enabled(inner, kwargs)
        severity = {"severity": kwargs.pop("severity")} if "severity" in kwargs else {}
        use = validate(ExpectationUse, {"name": name, "kwargs": kwargs, **severity},
                       self.source, inner, self.problems)  # fmt: skip
        if use and use.severity == "quarantine" and not catalog.can_quarantine(name):
            self._fail((*inner, "severity"), f"{name} cannot quarantine rows",
                       "use stop or warn: it judges the table as a whole")  # fmt: skip
        if validate(catalog.MODELS[name], kwargs, self.source, inner, self.problems):
            for option in sorted(catalog.EXPRESSIONS & kwargs.keys()):
                if kwargs[option] is not None:
                    self._expression((*inner, option), kwargs[option], within=kwargs[option])
        return use if enabled and len(self.problems) == before else None

    def _enabled(self, keys: Keys, options: dict[str, Any]) -> bool | None:
        value = options.pop("enabled", True)
        if isinstance(value, bool):
            return value
        message = f"'enabled' should be true or false, but is {describe(value)}"
        self._fail((*keys, "enabled"), message, "write true or false")
        return None

    def _target(self, keys: Keys, item: Any) -> TargetSpec | None:
        described = "one within another" if isinstance(item, dict) else describe(item)
        nested = isinstance(item, dict) and any(isinstance(each, dict) for each in item.values())
        if nested or not isinstance(item, dict):
            self._fail(keys, f"a target is a plain mapping, and this is {described}",
                       "write '- {connection: warehouse, table: NAME}'")  # fmt: skip
            return None
        return validate(TargetSpec, item, self.source, keys, self.problems)

    def _one(self, keys: Keys, item: Any, what: str) -> tuple[str | None, dict[str, Any], Keys]:
        """Name, options and path of an item that is a name, or a mapping from name to options."""
        if isinstance(item, str):
            return item, {}, keys
        if not isinstance(item, dict) or not item:
            self._fail(keys, f"this {what} is {describe(item) if item else 'empty'}",
                       f"write '- NAME: {{option: value}}', NAME being a known {what}")  # fmt: skip
            return None, {}, keys
        name, *others = item
        options = item[name]
        if others:
            remedy = f"one {what} an item; begin the next with '- '"
            if options is None:
                remedy = f"indent the options of {name!r} deeper than {name!r} itself"
            elif others == ["enabled"] or others == ["severity"]:
                remedy = f"move {others[0]!r} among the options of {name!r}"
            self._fail((*keys, others[0]), f"{others[0]!r} stands beside the {what} {name!r}",
                       remedy, at="key")  # fmt: skip
            return None, {}, keys
        if options is not None and not isinstance(options, dict):
            first = self._first_option(what, name)
            self._fail((*keys, name), f"the options of {name!r} should be a mapping, but are "
                       f"{describe(options)}", f"write '- {name}: {{{first}: …}}'")  # fmt: skip
            return None, {}, keys
        return str(name), dict(options or {}), (*keys, name)

    def _first_option(self, what: str, name: str) -> str:
        """The option that a user most likely meant by a value without a name."""
        models = expectation_catalog().MODELS
        if what == "transform" and name in names("transforms"):
            models = {name: find("transforms", name).Options}
        fields = models[name].model_fields if name in models else {}
        return next((key for key, each in fields.items() if each.is_required()), "option")

    def _module(self, kind: Kind, name: Any, keys: Keys, what: str) -> ModuleType | None:
        known = names(kind)
        at = "value" if kind == "sources" else "key"
        if name not in known:
            near = did_you_mean(str(name), known)
            self._fail(keys, f"unknown {what} {str(name)!r}{near}", listed("known", known), at=at)
            return None
        try:
            return find(kind, name)
        except ImportError as error:
            self._fail(keys, f"the {what} {name!r} cannot be used here: {error}",
                       "install the library that it needs", at=at)  # fmt: skip
        except ConfigError as error:
            self._fail(keys, error.message, error.remedy or "mend the extension", at=at)
        return None

    def _options(
        self, model: type[BaseModel], data: dict[str, Any], keys: Keys, *, used: bool = True
    ) -> Any:
        options = validate(model, data, self.source, keys, self.problems)
        if options is None:
            return None
        if used and hasattr(options, "datasets"):
            for name in options.datasets():
                self.uses.append(((*keys, *path_of_text(data, name)), name))
        before = len(self.problems)
        if hasattr(options, "expressions"):
            for option, text in options.expressions().items():
                path = path_of_option(data, option)
                self._expression((*keys, *path), text, within=value_at(data, path))
        return options if len(self.problems) == before else None

    def _expression(self, path: Keys, text: str, *, within: Any) -> None:
        """Check an expression; ``within`` is the text in the file that it is a part of."""
        from workbench.spec.expressions import parse

        before = max(within.find(text), 0) if isinstance(within, str) else 0

        def place(line: int, column: int) -> tuple[int, int]:
            return self.source.within(path, line, column + (before if line == 1 else 0))

        try:
            expression = parse(text)
        except ExpressionError as error:
            where = place(error.line, error.column)
            self.problems.append(Problem(self.source.file, *where, error.message, error.remedy))
            return
        for name, line, column in expression.param_places:
            self._check_param(name, Problem(self.source.file, *place(line, column), ""))

    def _check_param(self, name: str, at: Problem) -> None:
        if name not in self.declared:
            near = did_you_mean(name, self.declared)
            self.problems.append(
                Problem(at.file, at.line, at.column, f"unknown parameter {name!r}{near}",
                        f"declare it: 'params: {{{name or 'name'}: {{type: integer}}}}'; "
                        + listed("declared", self.declared))
            )  # fmt: skip

    def _fail(self, keys: Keys, message: str, remedy: str, *, at: str = "value") -> None:
        self.problems.append(self.source.problem(keys, message, remedy, at=at))
