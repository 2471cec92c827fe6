"""The committed reference says what the models say, and everything that they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from workbench import registry
from workbench.config import Settings
from workbench.publish import reference
from workbench.publish.reference_examples import EXAMPLES
from workbench.quality import catalog
from workbench.spec.loader import load_project
from workbench.spec.models import DatasetSpec

COMMITTED = Path(__file__).resolve().parents[2] / "portal" / "docs" / "spec-reference.md"


def test_the_committed_reference_is_up_to_date() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == reference.text(), (
        "run: python -m workbench.publish.reference portal/docs/spec-reference.md"
    )


def test_everything_that_a_spec_can_say_is_there() -> None:
    text = reference.text()
    for kind in ("sources", "transforms", "destinations"):
        for name in registry.names(kind):
            assert f"### {name}\n" in text
            for field in registry.find(kind, name).Options.model_json_schema()["properties"]:
                assert f"| `{field}` |" in text, f"{name}.{field}"
    for field in DatasetSpec.model_json_schema()["properties"]:
        assert f"| `{field}` |" in text
    for name in catalog.MODELS:
        assert f"#### {name}\n" in text


def test_every_field_says_what_it_means() -> None:
    silent = [
        line for line in reference.text().splitlines() if re.fullmatch(r"\| `\w+` \|.*\|  \|", line)
    ]
    assert silent == []


EXTENSIONS = [(kind, name) for kind in get_args(registry.Kind) for name in registry.names(kind)]


@pytest.mark.parametrize(("kind", "name"), EXTENSIONS)
def test_every_extension_has_an_example_that_loads(
    kind: str, name: str, settings: Settings
) -> None:
    example = EXAMPLES[kind, name]
    for number, text in enumerate(example.split("\n---\n")):
        spec = f"dataset: example_{number}\n"
        if kind == "sources":
            spec += text
        elif kind == "transforms":
            spec += "source: {path: inbox/a.csv}\ntransforms:\n" + text
        else:
            spec = text
        folder = "connections" if kind == "destinations" else "datasets"
        (settings.specs / folder / f"{number}.yml").write_text(spec, encoding="utf-8")
    for other in ("sales", "lines", "customers", "products"):
        (settings.specs / "datasets" / f"{other}.yml").write_text(
            f"dataset: {other}\nsource: {{path: inbox/{other}.csv}}\n", encoding="utf-8"
        )
    load_project(settings)


def test_links_lead_somewhere() -> None:
    text = reference.text()
    headings = {
        reference.anchor(line.lstrip("# ")) for line in text.splitlines() if line.startswith("#")
    }
    linked = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert linked
    assert linked <= headings


@pytest.mark.parametrize(
    ("docstring", "markdown"),
    [
        ("One ``word``.", "One `word`."),
        ("Example::\n\n    - trim: {columns: all}\n\nMore.",
         "Example:\n\n```yaml\n- trim: {columns: all}\n```\n\nMore."),
        (None, ""),
    ],
)  # fmt: skip
def test_docstrings_become_markdown(docstring: str | None, markdown: str) -> None:
    assert reference.prose(docstring) == markdown
