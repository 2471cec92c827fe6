"""What a project says about its portal, and the words that its datasets share.

``specs/portal.yml`` and ``specs/glossary.yml`` may both be missing.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from workbench.config import Settings
from workbench.errors import Problem, SpecError
from workbench.model.value import Options
from workbench.spec.loader import spec_files
from workbench.spec.parts import ColumnName, Identifier
from workbench.spec.problems import did_you_mean, listed, validate
from workbench.spec.yaml_source import Source, read_file, read_text


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise PydanticCustomError(
            "fault",
            "{message}",
            {
                "message": f"{text!r} is not a web address",
                "remedy": "begin with https:// or http://",
            },
        )
    if parts.username or parts.password:
        raise PydanticCustomError(
            "fault",
            "{message}",
            {
                "message": "the address holds a user or a password, which every reader would see",
                "remedy": "leave them out; whoever opens the tool signs in there",
            },
        )
    return text


Address = Annotated[str, AfterValidator(_address)]


class Audience(Options):
    """Who may see what. What is not listed is left out of every page, file and index.

    Without ``datasets`` and ``tags`` an audience sees all datasets.
    """

    datasets: tuple[Identifier, ...] = Field(default=(), description="datasets that it sees")
    tags: tuple[str, ...] = Field(default=(), description="it sees datasets with one of these tags")
    hide_columns: tuple[str, ...] = Field(
        default=(), description="columns that it does not see: column, or dataset.column"
    )
    samples: bool = Field(default=True, description="whether it sees sample rows")
    notebooks: bool = Field(default=False, description="whether it sees executed notebooks")
    specs: bool = Field(default=False, description="whether it sees the text of specs")
    title: str = Field(default="", description="the portal's title for this audience")


class Tool(Options):
    """A link of the tools hub."""

    title: str = Field(description="what it is called", min_length=1)
    url: Address = Field(description="where it is")
    description: str = Field(default="", description="what it is for")
    kind: Literal["jupyter", "api", "database", "docs", "other"] = Field(
        default="other", description="its place in the hub"
    )


class PortalSpec(Options):
    """``specs/portal.yml``: title, tools, audiences, and how much is shown."""

    title: str = Field(default="Data Workbench", description="the portal's title", min_length=1)
    description: str = Field(default="", description="a sentence for the home page")
    language: Literal["en", "es"] = Field(
        default="en", description="the language in which panels open in JupyterLab"
    )
    runs: int = Field(
        default=1000, ge=1, le=100_000, description="how many runs have pages, newest first"
    )
    sample_rows: int = Field(default=8, ge=0, le=50, description="rows of a dataset's sample")
    tools: tuple[Tool, ...] = Field(default=(), description="links of the tools hub")
    audiences: dict[Identifier, Audience] = Field(
        default_factory=dict, description="who may see what, by name"
    )


class Term(Options):
    """A word that means the same in every dataset."""

    name: str = Field(min_length=1, description="the word as it is written")
    definition: str = Field(default="", description="what it means")
    synonyms: tuple[str, ...] = Field(default=(), description="other words for it")
    owner: str = Field(default="", description="who answers for the definition")


class Glossary(Options):
    """``specs/glossary.yml``."""

    terms: dict[ColumnName, Term] = Field(default_factory=dict)


def load_portal(settings: Settings) -> PortalSpec:
    """What the project says about its portal. Raises ``SpecError`` with file and line."""
    return _load(settings, "portal.yml", PortalSpec) or PortalSpec()


def load_glossary(settings: Settings) -> Glossary:
    """The project's glossary, empty without one. Raises ``SpecError`` with file and line."""
    return _load(settings, "glossary.yml", Glossary) or Glossary()


def read_glossary(text: str, file: str = "specs/glossary.yml") -> tuple[Glossary, list[Problem]]:
    """The glossary that a text is, as far as it can be read, and its problems."""
    problems: list[Problem] = []
    try:
        source = read_text(text, file)
    except SpecError as error:
        return Glossary(), list(error.problems)
    if source.data is None:
        return Glossary(), []
    found = validate(Glossary, source.data, source, (), problems)
    return found or Glossary(), problems


def check_terms(settings: Settings, glossary: Glossary) -> list[Problem]:
    """Columns of the project's datasets that stand for a term which the glossary has not."""
    problems: list[Problem] = []
    known = glossary.terms
    for path in spec_files(settings, "datasets"):
        try:
            source = read_file(path, path.relative_to(settings.project).as_posix())
        except SpecError:
            continue  # whoever reads the datasets tells it
        columns = source.data.get("columns") if isinstance(source.data, dict) else None
        for name, column in columns.items() if isinstance(columns, dict) else ():
            term = column.get("term") if isinstance(column, dict) else None
            if not isinstance(term, str) or term in known:
                continue
            remedy = listed("terms", known, term) if known else "write it: terms: {…: {name: …}}"
            problems.append(
                source.problem(
                    ("columns", name, "term"),
                    f"specs/glossary.yml has no term {term!r}{did_you_mean(term, known)}",
                    remedy,
                )
            )
    return problems


def _load(settings: Settings, name: str, model: type[Any]) -> Any:
    path = settings.specs / name
    if not path.is_file():
        return None
    source: Source = read_file(path, f"specs/{name}")
    if source.data is None:
        return None
    problems: list[Problem] = []
    found = validate(model, source.data, source, (), problems)
    if problems:
        raise SpecError(problems)
    return found
