"""``workbench detect FILE``: what was found out about a file, and a ready spec for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from workbench.model.dataset import ROW, SOURCE
from workbench.model.value import Value
from workbench.sources.parsing.finding import Parsed
from workbench.sources.parsing.headers import safe_name
from workbench.sources.parsing.kinds import ColumnGuess
from workbench.sources.parsing.kinds import guess as guess_column
from workbench.sources.parsing.looking import Look, described, look
from workbench.sources.parsing.options import ReadOptions
from workbench.sources.parsing.skeleton_source import SourceSection
from workbench.sources.parsing.suggest import Wide, common_type, find_key, find_wide
from workbench.sources.parsing.yaml_text import Lines, list_yaml, text_yaml
from workbench.spec.parts import TypeText


class TypeChoice(Value):
    """The type that somebody chose for a column, and how its values are written."""

    type: TypeText
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'"] | None = None
    format: str | None = None


def detect_file(path: Path, options: ReadOptions | None = None) -> dict[str, Any]:
    """Everything detected about a file, as plain values for JSON."""
    return described(look(path, path.name, options or ReadOptions()), path.name)


def spec_text(
    path: Path,
    project: Path,
    *,
    name: str | None = None,
    place: Path | None = None,
    pattern: str | None = None,
    options: ReadOptions | None = None,
    types: Mapping[str, TypeChoice] | None = None,
) -> str:
    """A commented YAML spec of a dataset made from this file; it loads and runs as it is.

    ``place`` is where the file will be if it is not there yet, ``pattern`` the path that the spec
    states for it and those that follow; ``options`` and ``types`` are what somebody knows better
    than the detection.
    """
    reading = options or ReadOptions()
    seen = look(path, (place or path).name, reading)
    return _Skeleton(path, project, name, seen, place or path, pattern, reading, types or {}).text()


class _Skeleton:
    def __init__(
        self,
        content: Path,
        project: Path,
        name: str | None,
        seen: Look,
        place: Path,
        pattern: str | None,
        options: ReadOptions,
        types: Mapping[str, TypeChoice],
    ) -> None:
        self.content = content
        self.path = path = place.resolve()
        self.pattern = pattern
        self.options = options
        self.project = project
        self.name = name or safe_name(re.sub(r"[\d_.-]+$", "", path.stem)) or safe_name(path.stem)
        self.partial = seen.partial
        self.parsed = parsed = seen.parsed
        self.properties: dict[str, dict[str, Any]] = parsed.detected["properties"]
        guesses = [ColumnGuess.model_validate(one) for one in parsed.detected["columns"]]
        self.guesses = [_chosen(one, types.get(one.name)) for one in guesses]
        self.blank = [
            guess for guess in self.guesses
            if not guess.original and not _filled(parsed, guess.name)
        ]  # fmt: skip
        self.kept = [guess for guess in self.guesses if guess not in self.blank]
        self.wide = find_wide(self.kept)
        self.key, self.whole = find_key(parsed.table, self.kept, self.wide)
        if self.wide and self.key:
            self.key = (*self.key, self._names_to(self.wide))
        self.lines = Lines()

    def text(self) -> str:
        """The spec."""
        inside = self.path.is_relative_to(self.project)
        shown = self.path.relative_to(self.project) if inside else self.path
        self._identity()
        source = SourceSection(
            self.lines, self.content, shown, self.pattern, self.options, self.parsed
        )
        source.say()
        self._transforms()
        self._key()
        self._columns()
        self._expectations()
        self._target()
        return self.lines.text()

    def _say(self, text: str = "") -> None:
        self.lines.say(text)

    def _comment(self, text: str, indent: int = 0) -> None:
        self.lines.comment(text, indent)

    def _identity(self) -> None:
        ledger = self.parsed.ledger
        self._comment(
            f"Written by `workbench detect` from {self.path.name}: {ledger.records} records = "
            f"{ledger.preamble} preamble + {ledger.header} header + {ledger.blank} blank + "
            f"{ledger.footer} footer + {ledger.parsed} parsed + {ledger.unparseable} unparseable."
        )
        for warning in self.parsed.warnings:
            self._comment(f"Note: {warning}")
        self._say(f"dataset: {text_yaml(self.name)}")
        self._say(f"title: {text_yaml(self.name.replace('_', ' ').capitalize())}")
        self._say('description: ""            # what one row is')
        self._say('owner: ""')
        self._say()

    def _transforms(self) -> None:
        self._say("transforms:")
        start = len(self.lines.lines)
        if any(guess.padded for guess in self.guesses):
            self._say("  - trim: {columns: all}")
        if self.blank:
            names = list_yaml(guess.name for guess in self.blank)
            self._comment("columns without header and values", 2)
            self._say(f"  - drop: {{columns: [{names}]}}")
        if self.wide:
            self._melt(self.wide)
        self._casts()
        if len(self.lines.lines) == start:
            self.lines.lines[-1] = "transforms: []"
        self._say()

    def _melt(self, wide: Wide) -> None:
        self._comment(f"{len(wide.columns)} columns are named by {wide.what}s: one row for each", 2)
        pattern = wide.pattern(guess.name for guess in self.guesses)
        names = list_yaml(guess.name for guess in wide.columns)
        self._say("  - melt:")
        self._say(f"      columns: {{pattern: {text_yaml(pattern)}}}" if pattern
                  else f"      columns: [{names}]")  # fmt: skip
        self._say(f"      names_to: {self._names_to(wide)}")
        self._say(f"      values_to: {self._values_to(wide)}")

    def _names_to(self, wide: Wide) -> str:
        return self._free(wide.what)

    def _values_to(self, wide: Wide) -> str:
        return self._free("value")

    def _free(self, name: str) -> str:
        taken = {guess.name for guess in self.guesses}
        while name in taken:
            name = f"{name}_of_column"
        return name

    def _casts(self) -> None:
        melted = set(self.wide.columns) if self.wide else set()
        casts = [guess for guess in self.kept if guess not in melted]
        if self.wide:
            headers = [guess.original or "" for guess in self.wide.columns]
            casts.append(guess_column(self._names_to(self.wide), None, headers))
            whole = common_type(self.wide.columns)
            casts.append(whole.model_copy(update={"name": self._values_to(self.wide)}))
        casts = [guess for guess in casts if guess.type != "text"]
        if not casts:
            return
        self._comment("values that do not read as their type go to quarantine, as received", 2)
        self._say("  - type_cast:")
        self._say("      columns:")
        for guess in casts:
            if guess.ambiguous:
                self._comment(f"not sure: {guess.ambiguous}", 8)
            self._say(f"        {text_yaml(guess.name)}: {_cast(guess)}")
        self._say("      on_error: quarantine")

    def _key(self) -> None:
        if self.key and self.whole:
            seen = "what was looked at" if self.partial else "this file"
            self._comment(f"the fewest columns that identify each row of {seen}")
            self._say(f"key: [{list_yaml(self.key)}]")
        elif self.key:
            self._comment(f"{', '.join(self.key)} identify each row, but hold nulls, which a key "
                          "may not; derive values for them to use it as key")  # fmt: skip
        else:
            self._comment("no few columns identify each row; without a key, files are appended")
        self._say()

    def _columns(self) -> None:
        melted = set(self.wide.columns) if self.wide else set()
        shown = [guess for guess in self.kept if guess not in melted]
        self._say("columns:" if shown else "columns: {}")
        for guess in shown:
            header = f" {guess.original!r};" if guess.original else ""
            self._say(f'  {text_yaml(guess.name)}: {{description: ""}}')
            self._comment(f"{header} {guess.evidence}".strip(), 4)
        self._say()

    def _expectations(self) -> None:
        if not (self.key and self.whole):
            return
        self._say("expectations:")
        for name in self.key:
            self._say(f"  - expect_column_values_to_not_be_null: {{column: {text_yaml(name)}}}")
        if len(self.key) == 1:
            self._say(
                f"  - expect_column_values_to_be_unique: {{column: {text_yaml(self.key[0])}}}"
            )
        else:
            names = list_yaml(self.key)
            self._say(f"  - expect_compound_columns_to_be_unique: {{column_list: [{names}]}}")
        self._say()

    def _target(self) -> None:
        strategy = "upsert" if self.key and self.whole else "append"
        self._say("targets:")
        self._say(
            f"  - {{connection: warehouse, table: {text_yaml(self.name)}, strategy: {strategy}}}"
        )


def _chosen(guess: ColumnGuess, choice: TypeChoice | None) -> ColumnGuess:
    """A column with the type that somebody chose for it."""
    if choice is None:
        return guess
    return guess.model_copy(
        update={
            **choice.model_dump(), "confidence": 1.0, "ambiguous": None,
            "evidence": f"{choice.type}, chosen by hand",
        }
    )  # fmt: skip


def _filled(parsed: Parsed, name: str) -> bool:
    return name in (SOURCE, ROW) or parsed.table.column(name).null_count < parsed.table.num_rows


def _cast(guess: ColumnGuess) -> str:
    options = []
    if guess.decimal and guess.decimal != ".":
        options.append(f"decimal: {text_yaml(guess.decimal)}")
    if guess.thousands:
        options.append(f"thousands: {text_yaml(guess.thousands)}")
    # ISO dates need no format
    if guess.format and not guess.format.startswith("%Y-%m-%d"):
        options.append(f"format: {text_yaml(guess.format)}")
    kind = text_yaml(guess.type) if "(" in guess.type else guess.type
    return f"{{{', '.join([f'type: {kind}', *options])}}}" if options else kind
