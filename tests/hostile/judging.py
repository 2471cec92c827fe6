"""Judges what came of a case: every protection has its own sentence here, and its own control."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.hostile.case import Case, Refused, Sandbox
from workbench import errors
from workbench.lake.corrections import _NUMBER as NUMBER

#: No case may need more memory than this, in bytes.
MOST_MEMORY = 1 << 30
#: Tags that our tables, figures and Data Docs consist of.
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "footer",
        "nav",
        "section",
    ),
    *("h1", "h2", "h3", "p", "a", "b", "strong", "em", "small", "code", "pre", "span", "div", "br"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "ul", "ol", "li", "dl", "dt", "dd"),
    *("details", "summary"),
}
_GIBBERISH = ("Traceback", "object at 0x", "<class ", 'File "')
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: What a file must not be named by, below the sandbox, except for project and home.
_OURS = {"a", "secret.txt"}


@dataclass
class Seen:
    """What came of a case: the child's words, its outputs, and how it ended."""

    outcome: dict[str, Any] | None
    outputs: list[dict[str, Any]] = field(default_factory=list)
    ended: str = ""


def judge(case: Case, seen: Seen, sandbox: Sandbox) -> list[str]:
    """In words, what is wrong; nothing if all is well."""
    if seen.outcome is None:
        return [f"the process did not tell what came of it: {seen.ended}"]
    return [
        *_outcome(case, seen.outcome, sandbox),
        *_memory(seen.outcome),
        *_files(sandbox),
        *_secret(seen, sandbox),
        *_markup(_pages(seen, sandbox)),
        *_terminal(seen.outcome),
        *_export(seen.outcome),
    ]


def _outcome(case: Case, outcome: dict[str, Any], sandbox: Sandbox) -> Iterator[str]:
    error, expect = outcome["error"], case.expect
    if isinstance(expect, Refused):
        if error is None:
            yield f"it was loaded: {str(outcome['rows'])[:200]}"
        else:
            yield from _clear(error, expect)
        return
    if error is not None:
        yield f"it was refused: {json.dumps(error, ensure_ascii=False)[:600]}"
        return
    rows, count = outcome["rows"], outcome.get("count", 0)
    if expect.rows is not None:
        text = json.dumps(expect.rows).encode()
        wanted = json.loads(sandbox.filled(text))
        if rows != wanted:
            yield f"rows {str(rows)[:300]}, expected {str(wanted)[:300]}"
    if expect.count is not None and count != expect.count:
        yield f"{count} rows, expected {expect.count}"
    if expect.columns is not None and outcome["columns"] != list(expect.columns):
        yield f"columns {outcome['columns']}, expected {list(expect.columns)}"
    if outcome["refused"] != expect.refused:
        yield f"{outcome['refused']} rows were refused, expected {expect.refused}"
    if outcome.get("loaded", 0) != count:
        yield f"{outcome.get('loaded')} rows in the target, {count} published"


def _clear(error: dict[str, Any], expect: Refused) -> Iterator[str]:
    """One clear error: of its type, naming the place, with a remedy, in plain words."""
    shown = json.dumps(error, ensure_ascii=False)[:600]
    kind = getattr(errors, str(error["type"]), None)
    if not (isinstance(kind, type) and issubclass(kind, errors.WorkbenchError)):
        yield f"this error is none of ours: {shown}"
    if error["type"] != expect.kind:
        yield f"{error['type']}, expected {expect.kind}: {shown}"
    told = f"{error.get('where') or ''} {error['message']}"
    for word in expect.words:
        if word not in told:
            yield f"{word!r} is not said: {shown}"
    if not error.get("remedy") and "→" not in error["message"]:
        yield f"no remedy: {shown}"
    if len(told) > 4000:
        yield f"an error of {len(told)} characters"
    yield from (f"{word!r} is said: {shown}" for word in _GIBBERISH if word in told)


def _memory(outcome: dict[str, Any]) -> Iterator[str]:
    if outcome["peak"] > MOST_MEMORY:
        yield f"{outcome['peak'] >> 20} MiB of memory were needed"


def _files(sandbox: Sandbox) -> Iterator[str]:
    """Nothing was written but in the home folder, and no hidden code ran."""
    if sandbox.canary.exists():
        yield "hidden code was run"
    for path in (Path("/tmp/hostile-canary"), Path("/tmp/canary")):
        if path.exists():
            yield f"{path} was written"
    allowed = {sandbox.home, sandbox.project / "specs", sandbox.project / "inbox"}
    for folder in (sandbox.root, *sandbox.project.parents, sandbox.project):
        if folder.is_relative_to(sandbox.root):
            for path in folder.iterdir():
                above = any(one.is_relative_to(path) for one in allowed)
                if path not in allowed and not above and path.name not in _OURS:
                    yield f"{path.relative_to(sandbox.root)} was written"


def _secret(seen: Seen, sandbox: Sandbox) -> Iterator[str]:
    """No input made anybody read a file that is not its own."""
    secret = sandbox.secret.read_text(encoding="utf-8").split()[1]
    if secret in json.dumps([seen.outcome, seen.outputs]):
        yield "a file beyond the inbox was read"


def _pages(seen: Seen, sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """All HTML that anybody may be shown: of notebooks, and of Data Docs."""
    for number, output in enumerate(seen.outputs):
        data = output.get("data", {})
        for kind in ("text/html", "text/markdown", "image/svg+xml", "text/latex"):
            if kind in data:
                yield f"output {number} ({kind})", str(data[kind])
        # plotly draws its texts as markup
        for kind, value in data.items():
            if "plotly" in kind:
                for text in _texts(value):
                    yield f"figure {number}", text
    for path in sorted((sandbox.home / "docs").rglob("*.html")):
        yield path.name, path.read_text(encoding="utf-8")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.bad.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or "script:" in (value or "").lower():
                self.bad.append(f"{name}={value}")
            if name in ("href", "src") and re.match(r"\s*([a-z]+:|//)", value or "", re.I):
                self.bad.append(f"{name}={value}")


def _markup(pages: Iterable[tuple[str, str]]) -> Iterator[str]:
    for where, text in pages:
        tags = _Tags()
        tags.feed(text)
        if tags.bad:
            yield f"{where} shows data as markup: {', '.join(tags.bad[:5])}"
        if found := re.search("[\u202a-\u202e\u2066-\u2069]", text):
            yield f"{where} turns text round (U+{ord(found[0]):04X})"


def _terminal(outcome: dict[str, Any]) -> Iterator[str]:
    if found := _CONTROL.search(outcome.get("text", "").replace("\n", "")):
        yield f"the terminal is sent U+{ord(found[0]):04X}"


def _export(outcome: dict[str, Any]) -> Iterator[str]:
    """No cell of the exported file is a formula for a spreadsheet."""
    for row in outcome.get("export", ()):
        for cell in row:
            if re.match(r"[=+\-@\t\r]", cell) and not NUMBER.fullmatch(cell):
                yield f"the export holds the formula {cell!r}"
