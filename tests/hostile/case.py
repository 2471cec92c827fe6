"""What a hostile case is: what is delivered, how the spec reads it, and how that must end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: The spec that most cases come with; ``{options}`` are options of the source.
SPEC = 'source: {{path: "inbox/*"{options}}}\n{more}targets:\n  - {{connection: warehouse}}\n'


@dataclass(frozen=True)
class Loads:
    """The rows that must be published (as text, in the order of the file), or only how many."""

    rows: tuple[tuple[Any, ...], ...] | None = None
    count: int | None = None
    columns: tuple[str, ...] | None = None
    refused: int = 0


@dataclass(frozen=True)
class Refused:
    """The one error that must come: its type, and words that its place or message must have."""

    kind: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One hostile input. ``content`` is that of ``inbox/<file>``, or ``build`` writes everything.

    ``canary`` stands for the path of a file that code hidden in the input would make.
    """

    expect: Loads | Refused
    content: bytes | Callable[[], bytes] = b""
    file: str | bytes = "d.csv"
    options: str = ""
    more: str = ""
    spec: str | bytes | None = None
    params: dict[str, Any] = field(default_factory=dict)
    build: Callable[[Sandbox], None] | None = None


@dataclass(frozen=True)
class Sandbox:
    """Folders of one case. The project lies deep, so that what climbs out of it is seen."""

    root: Path

    @property
    def project(self) -> Path:
        return self.root / "a" / "b" / "c" / "project"

    @property
    def home(self) -> Path:
        return self.root / "a" / "b" / "c" / "home"

    @property
    def canary(self) -> Path:
        """What hidden code would write, were it run."""
        return self.root / "canary"

    @property
    def secret(self) -> Path:
        """A file that no input may make anybody read."""
        return self.root / "secret.txt"

    def prepare(self, case: Case) -> None:
        """Write the project of a case."""
        for folder in ("specs/datasets", "specs/connections", "inbox"):
            (self.project / folder).mkdir(parents=True)
        self.home.mkdir(parents=True)
        self.secret.write_text("id\nthe-secret-of-the-sandbox\n", encoding="utf-8")
        text = case.spec
        if text is None:
            text = SPEC.format(options=f", {case.options}" if case.options else "", more=case.more)
        if isinstance(text, str):
            text = ("" if text.startswith("dataset:") else "dataset: d\n") + text
            text = self.filled(text.encode("utf-8", "surrogateescape"))
        (self.project / "specs" / "datasets" / "d.yml").write_bytes(text)
        if case.build is not None:
            case.build(self)
            return
        content = case.content() if callable(case.content) else case.content
        name = case.file.encode() if isinstance(case.file, str) else case.file
        path = bytes(self.project / "inbox") + b"/" + name
        with open(path, "wb") as file:
            file.write(self.filled(content))

    def filled(self, content: bytes) -> bytes:
        """Put the true places of canary and secret where a case names them."""
        return content.replace(b"CANARY", bytes(self.canary)).replace(b"SECRET", bytes(self.secret))
