"""Edits of the graph as edits of the specs; what cannot be said is refused."""

from __future__ import annotations

import pytest

from workbench.config import Settings
from workbench.errors import ConfigError, EditRefused, NotFound, SpecConflict
from workbench.spec import edits_graph
from workbench.spec.editing import apply
from workbench.spec.loader import Project, load_project
from workbench.spec.yaml_source import read_text

SALES = 'dataset: sales\nsource: {path: "inbox/sales.csv"}\n'
ZONES = 'dataset: zones\nsource: {path: "inbox/zones.csv"}\n'
REPORT = """dataset: report
source: {dataset: sales}  # weekly

transforms:
  # the names of zones
  - lookup: {dataset: zones, on: zone}
  - trim: {}
  - join: {dataset: zones, on: {zone: id}, prefix: z_}

targets:
  - {connection: warehouse, table: reports}
"""


def project_of(settings: Settings, *texts: str) -> Project:
    for text in texts or (SALES, ZONES, REPORT):
        name = text.split()[1]
        (settings.specs / "datasets" / f"{name}.yml").write_text(text, encoding="utf-8")
    return load_project(settings)


def saved(settings: Settings, text: str) -> Project:
    return project_of(settings, text)


def test_a_dataset_is_made_from_another(settings: Settings) -> None:
    project = project_of(settings)
    text = apply(ZONES, *edits_graph.read_from(project, "zones", "sales"))
    assert saved(settings, text).needs["zones"] == ("sales",)
    text = apply(REPORT, *edits_graph.read_from(project, "report", "zones"))
    assert "# weekly" in text and "source: {dataset: zones}" in text


def test_a_join_is_put_in_its_place_and_nothing_else_changes(settings: Settings) -> None:
    project = project_of(settings)
    edits = edits_graph.join_with(
        project, "report", "sales", "join", {"zone": "zone"}, ["amount"], position=1
    )
    text = apply(REPORT, *edits)
    names = [use.name for use in saved(settings, text).dataset("report").transforms]
    assert names == ["lookup", "join", "trim", "join"]
    lines = text.splitlines()
    assert [line for line in REPORT.splitlines() if line not in lines] == []
    last = edits_graph.join_with(project, "zones", "sales", "lookup", {"id": "zone"}, prefix="s_")
    use = saved(settings, apply(ZONES, *last)).dataset("zones").transforms[0]
    assert use.options.model_dump()["on"] == {"id": "zone"}


def test_a_target_is_added(settings: Settings) -> None:
    project = project_of(settings)
    text = apply(SALES, *edits_graph.load_into(project, "sales", "warehouse"))
    assert saved(settings, text).dataset("sales").targets[0].table == "sales"
    with pytest.raises(NotFound, match="nowhere"):
        edits_graph.load_into(project, "sales", "nowhere")


@pytest.mark.parametrize("upstream", ["sales", "report"])
def test_circles_are_refused(settings: Settings, upstream: str) -> None:
    project = project_of(settings)
    with pytest.raises(EditRefused, match="circle"):
        edits_graph.read_from(project, "sales", upstream)
    with pytest.raises(EditRefused, match="circle"):
        edits_graph.join_with(project, "sales", upstream, "join", {"a": "a"})
    assert edits_graph.read_from(project, "zones", "sales")  # the control


def test_edges_are_taken_away(settings: Settings) -> None:
    project = project_of(settings)
    spec, data = project.dataset("report"), read_text(REPORT, "report.yml").data
    for kind, left in (("lookup", ["trim", "join"]), ("join", ["lookup", "trim"])):
        text = apply(REPORT, *edits_graph.disconnect(data, spec, kind, "zones"))
        assert [use.name for use in saved(settings, text).dataset("report").transforms] == left
    edits = edits_graph.disconnect(data, spec, "load", "warehouse.reports")
    text = apply(REPORT, *edits)
    assert saved(settings, text).dataset("report").targets == ()
    assert "targets" not in text
    with pytest.raises(NotFound, match="no join of 'sales'"):
        edits_graph.disconnect(data, spec, "join", "sales")
    with pytest.raises(EditRefused, match="without a source") as caught:
        edits_graph.disconnect(data, spec, "source", "sales")
    assert caught.value.remedy and "delete the dataset" in caught.value.remedy


def test_what_a_join_needs_is_asked_for(settings: Settings) -> None:
    project = project_of(settings)
    with pytest.raises(EditRefused, match="which columns must be equal"):
        edits_graph.join_with(project, "report", "sales", "join", {})
    with pytest.raises(EditRefused, match="no place 9"):
        edits_graph.join_with(project, "report", "sales", "join", {"a": "a"}, position=8)
    with pytest.raises(NotFound, match="slaes"):
        edits_graph.join_with(project, "report", "slaes", "join", {"a": "a"})


def test_a_new_dataset_is_made_from_another(settings: Settings) -> None:
    project = project_of(settings)
    made = saved(settings, edits_graph.new_dataset(project, "weekly", "sales"))
    assert made.needs["weekly"] == ("sales",) and made.dataset("weekly").layer == "gold"
    with pytest.raises(EditRefused, match="already"):
        edits_graph.new_dataset(project, "zones", "sales")


def test_a_spec_is_deleted_only_as_it_was_seen_and_if_nobody_needs_it(settings: Settings) -> None:
    project = project_of(settings)
    with pytest.raises(ConfigError, match="report needs 'zones'"):
        edits_graph.delete_spec(settings, project, "zones", ZONES)
    path = settings.specs / "datasets" / "report.yml"
    path.write_text(REPORT + "owner: somebody\n", encoding="utf-8")
    with pytest.raises(SpecConflict):
        edits_graph.delete_spec(settings, project, "report", REPORT)
    assert path.exists()
    path.write_text(REPORT, encoding="utf-8")
    gone = edits_graph.delete_spec(settings, project, "report", REPORT)
    assert gone == "specs/datasets/report.yml"
    assert not path.exists()
    with pytest.raises(NotFound, match="gone already"):
        edits_graph.delete_spec(settings, project, "report", REPORT)
