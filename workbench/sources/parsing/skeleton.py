"""``workbench detect FILE``: what was found out about a file, and a ready spec for it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from workbench.model.dataset import ROW, SOURCE
from workbench.sources.files import Options, is_workbook, read
from workbench.sources.parsing.finding import Parsed
from workbench.sources.parsing.headers import safe_name
from workbench.sources.parsing.kinds import ColumnGuess
from workbench.sources.parsing.kinds import guess as guess_column
from workbench.sources.parsing.options import FooterOptions
from workbench.sources.parsing.suggest import Wide, common_type, find_key, find_wide
from workbench.sources.parsing.yaml_text import list_yaml, text_yaml, value_yaml

_WORTH_SAYING = ("encoding", "delimiter", "quote", "decimal", "thousands", "sheet", "header")
_WIDTH = 100


def detect_file(path: Path) -> dict[str, Any]:
    """Everything detected about a file, as plain values for JSON."""
    parsed = read(path, path.name, Options(path=(str(path),)))
    return {
        "file": path.name,
        "format": "excel" if _is_workbook(path) else "csv",
        "bytes": path.stat().st_size,
        **parsed.detected,
        "ledger": parsed.ledger.model_dump(mode="json"),
        "unparseable": parsed.unparseable.slice(0, 10).to_pylist(),
        "warnings": list(parsed.warnings),
    }


def spec_text(path: Path, project: Path, *, name: str | None = None) -> str:
    """A commented YAML spec of a dataset made from this file; it loads and runs as it is."""
    parsed = read(path, path.name, Options(path=(str(path),)))
    return _Skeleton(path, project, name, parsed).text()


def _is_workbook(path: Path) -> bool:
    with path.open("rb") as file:
        return is_workbook(file.read(16), Options(path=(str(path),)))


class _Skeleton:
    def __init__(self, path: Path, project: Path, name: str | None, parsed: Parsed) -> None:
        self.path = path.resolve()
        self.project = project
        self.name = name or safe_name(re.sub(r"[\d_.-]+$", "", path.stem)) or safe_name(path.stem)
        self.parsed = parsed
        self.properties: dict[str, dict[str, Any]] = parsed.detected["properties"]
        self.guesses = [ColumnGuess.model_validate(one) for one in parsed.detected["columns"]]
        self.blank = [
            guess for guess in self.guesses
            if not guess.original and not _filled(parsed, guess.name)
        ]  # fmt: skip
        self.kept = [guess for guess in self.guesses if guess not in self.blank]
        self.wide = find_wide(self.kept)
        self.key, self.whole = find_key(parsed.table, self.kept, self.wide)
        if self.wide and self.key:
            self.key = (*self.key, self._names_to(self.wide))
        self.lines: list[str] = []

    def text(self) -> str:
        """The spec."""
        self._identity()
        self._source()
        self._transforms()
        self._key()
        self._columns()
        self._expectations()
        self._target()
        return "\n".join(line.rstrip() for line in self.lines) + "\n"

    def _say(self, text: str = "") -> None:
        self.lines.append(text)

    def _comment(self, text: str, indent: int = 0) -> None:
        """A comment, broken into lines."""
        words = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).split()
        line = ""
        for word in words:
            if line and len(line) + len(word) + indent + 3 > _WIDTH:
                self._say(f"{' ' * indent}# {line}")
                line = ""
            line = f"{line} {word}".strip()
        self._say(f"{' ' * indent}# {line}")

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

    def _source(self) -> None:
        path = self.path
        shown = path.relative_to(self.project) if path.is_relative_to(self.project) else path
        self._say("source:")
        self._say(f"  path: {text_yaml(_escaped(shown.as_posix()))}")
        series = re.sub(r"\d[\d_.-]*", "*", path.stem)
        if series != path.stem and len(series) > 1:
            whole = (shown.parent / f"{series}{path.suffix}").as_posix()
            self._comment(f"path: {text_yaml(whole)}   for all files of the series", 2)
        for key in _WORTH_SAYING:
            found = self.properties.get(key)
            if found is None or found["value"] in (None, [], ""):
                continue
            value = found["value"]
            if key == "quote" and value == '"':
                continue
            self._comment(f"{key}: {found['confidence']:.0%} sure; {found['evidence']}", 2)
            if key == "encoding" and found["evidence"].startswith("only ASCII"):
                continue
            if key == "header" and value == "none":
                names = list_yaml(guess.name for guess in self.guesses)
                self._say(f"  header: {{names: [{names}]}}")
                if self.parsed.ledger.preamble:
                    self._say(f"  preamble: {self.parsed.ledger.preamble}")
            else:
                self._say(f"  {key}: {value_yaml(value)}")
        self._footer()
        self._nulls()
        if self.parsed.ledger.unparseable:
            reason = self.parsed.unparseable.column("reason")[0].as_py()
            self._comment(
                f"{self.parsed.ledger.unparseable} records are unparseable ({reason}, for one) and "
                "go to quarantine; other policies are, for instance,", 2,
            )  # fmt: skip
            self._comment("ragged: {short: pad, long: merge, merge_into: COLUMN}", 2)
        self._say()

    def _footer(self) -> None:
        texts = self.parsed.detected["footer"]
        if not texts:
            return
        found = self.properties["footer"]
        self._comment(f"footer: {found['confidence']:.0%} sure; {found['evidence']}", 2)
        patterns = list(dict.fromkeys(_pattern_of(text) for text in texts))
        footer: dict[str, Any] = {"match": patterns}
        options = Options(path=(str(self.path),), footer=FooterOptions(match=tuple(patterns)))
        if read(self.path, self.path.name, options).ledger != self.parsed.ledger:
            footer = {"rows": len(texts)}
        self._say(f"  footer: {value_yaml(footer)}")

    def _nulls(self) -> None:
        found = self.properties["null_values"]
        if found["value"]:
            self._comment(f"Null markers, detected: {found['evidence']}. To state them for all "
                          f"columns: null_values: {value_yaml(found['value'])}", 2)  # fmt: skip
        odd: dict[str, list[str]] = {}
        for guess in self.guesses:
            for text in guess.suspects:
                odd.setdefault(text, []).append(guess.name)
        for text, names in odd.items():
            self._comment(
                f"{text} comes up often in {', '.join(names[:3])}{' …' if names[3:] else ''}: if "
                f"it means nothing, state null_values: [{text_yaml(text)}]", 2,
            )  # fmt: skip

    def _transforms(self) -> None:
        self._say("transforms:")
        start = len(self.lines)
        if any(guess.padded for guess in self.guesses):
            self._say("  - trim: {columns: all}")
        if self.blank:
            names = list_yaml(guess.name for guess in self.blank)
            self._comment("columns without header and values", 2)
            self._say(f"  - drop: {{columns: [{names}]}}")
        if self.wide:
            self._melt(self.wide)
        self._casts()
        if len(self.lines) == start:
            self.lines[-1] = "transforms: []"
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
            self._comment("the fewest columns that identify each row of this file")
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


def _pattern_of(text: str) -> str:
    """A pattern for footer lines such as this one: their start, up to the first figures."""
    start = re.match(r"[^\w]*[^\W\d_][^\d;,\t|]*", text)
    return f"^{re.escape((start.group() if start else text)[:60])}"


def _escaped(path: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", path)
