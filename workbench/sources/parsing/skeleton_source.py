"""The section ``source`` of a spec that is written for a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.sources.files import read
from workbench.sources.parsing.finding import Parsed
from workbench.sources.parsing.kinds import ColumnGuess
from workbench.sources.parsing.options import FooterOptions, ReadOptions
from workbench.sources.parsing.yaml_text import Lines, list_yaml, text_yaml, value_yaml

_WORTH_SAYING = ("encoding", "delimiter", "quote", "decimal", "thousands", "sheet", "header")


class SourceSection:
    """Where the file is (``place``, as the spec says it) and how it is read."""

    def __init__(
        self,
        lines: Lines,
        content: Path,
        place: Path,
        pattern: str | None,
        options: ReadOptions,
        parsed: Parsed,
    ) -> None:
        self.lines = lines
        self.content = content
        self.place = place
        self.pattern = pattern
        self.options = options
        self.parsed = parsed
        self.found: dict[str, dict[str, Any]] = parsed.detected["properties"]
        self.guesses = [ColumnGuess.model_validate(one) for one in parsed.detected["columns"]]

    def say(self) -> None:
        """Write it."""
        path = self.place
        self.lines.say("source:")
        self.lines.say(f"  path: {text_yaml(self.pattern or _escaped(path.as_posix()))}")
        series = re.sub(r"\d[\d_.-]*", "*", path.stem)
        if series != path.stem and len(series) > 1 and not self.pattern:
            whole = (path.parent / f"{series}{path.suffix}").as_posix()
            self.lines.comment(f"path: {text_yaml(whole)}   for all files of the series", 2)
        for key in _WORTH_SAYING:
            found = self.found.get(key)
            if found is None or found["value"] in (None, [], ""):
                continue
            value = found["value"]
            if key == "quote" and value == '"':
                continue
            if key == "header" and value != "none" and not value["rows"]:
                value = "none"
            self.lines.comment(f"{key}: {_reason(found)}", 2)
            if key == "encoding" and found["evidence"].startswith("only ASCII"):
                continue
            if key == "header" and value == "none":
                names = list_yaml(guess.name for guess in self.guesses)
                self.lines.say(f"  header: {{names: [{names}]}}")
                if self.parsed.ledger.preamble:
                    self.lines.say(f"  preamble: {self.parsed.ledger.preamble}")
            else:
                self.lines.say(f"  {key}: {value_yaml(value)}")
        self._footer()
        self._nulls()
        if self.parsed.ledger.unparseable:
            reason = self.parsed.unparseable.column("reason")[0].as_py()
            self.lines.comment(
                f"{self.parsed.ledger.unparseable} records are unparseable ({reason}, for one) and "
                "go to quarantine; other policies are, for instance,", 2,
            )  # fmt: skip
            self.lines.comment("ragged: {short: pad, long: merge, merge_into: COLUMN}", 2)
        self.lines.say()

    def _footer(self) -> None:
        texts = self.parsed.detected["footer"]
        found = self.found.get("footer")
        if found is None or not (texts or found["given"]):
            return
        self.lines.comment(f"footer: {_reason(found)}", 2)
        if self.options.footer and self.options.footer.rows is not None:
            self.lines.say(f"  footer: {self.options.footer.rows or 'none'}")
            return
        patterns = list(dict.fromkeys(_pattern_of(text) for text in texts))
        footer: dict[str, Any] = {"match": patterns}
        matching = FooterOptions(match=tuple(patterns))
        options = self.options.model_copy(update={"footer": matching})
        if read(self.content, self.place.name, options).ledger != self.parsed.ledger:
            footer = {"rows": len(texts)}
        self.lines.say(f"  footer: {value_yaml(footer)}")

    def _nulls(self) -> None:
        found = self.found["null_values"]
        if found["given"]:
            self.lines.comment(f"null_values: {_reason(found)}", 2)
            self.lines.say(f"  null_values: {value_yaml(found['value'])}")
        elif found["value"]:
            self.lines.comment(
                f"Null markers, detected: {found['evidence']}. To state them for all columns: "
                f"null_values: {value_yaml(found['value'])}", 2,
            )  # fmt: skip
        odd: dict[str, list[str]] = {}
        for guess in self.guesses:
            for text in guess.suspects:
                odd.setdefault(text, []).append(guess.name)
        for text, names in odd.items():
            self.lines.comment(
                f"{text} comes up often in {', '.join(names[:3])}{' …' if names[3:] else ''}: if "
                f"it means nothing, state null_values: [{text_yaml(text)}]", 2,
            )  # fmt: skip


def _reason(found: Mapping[str, Any]) -> str:
    """Why a property is what it is."""
    if found["given"]:
        return "chosen by hand"
    return f"{found['confidence']:.0%} sure; {found['evidence']}"


def _pattern_of(text: str) -> str:
    """A pattern for footer lines such as this one: their start, up to the first figures."""
    start = re.match(r"[^\w]*[^\W\d_][^\d;,\t|]*", text)
    return f"^{re.escape((start.group() if start else text)[:60])}"


def _escaped(path: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", path)
