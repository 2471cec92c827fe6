"""The specs that a step opens are those that stand in the project at that moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.config import Settings
from workbench.errors import NotFound, SpecError
from workbench.spec import loader
from workbench.steps import context

SPEC = "dataset: a\ntitle: {0}\nsource: {{path: a.csv}}\n"


def title(settings: Settings) -> str | None:
    return context._project(settings).dataset("a").title


def test_specs_that_did_not_change_are_read_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.environ().items():
        monkeypatch.setenv(name, value)
    path = settings.specs / "datasets/a.yml"
    path.write_text(SPEC.format("First"))
    context.read_ahead()
    read: list[Path] = []
    known = loader.read_file

    def reading(path: Path, shown: str) -> loader.Source:
        read.append(path)
        return known(path, shown)

    monkeypatch.setattr(loader, "read_file", reading)
    assert title(settings) == "First"
    assert read == []
    path.write_text(SPEC.format("Second one"))
    assert title(settings) == "Second one"
    assert read == [path]
    path.write_text(SPEC.format("[broken"))
    with pytest.raises(SpecError):
        title(settings)
    path.unlink()
    with pytest.raises(NotFound):
        title(settings)


def test_reading_ahead_says_nothing_of_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_PROJECT", str(tmp_path / "nowhere"))
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    context.read_ahead()
