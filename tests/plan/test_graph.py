"""The graph of a project: nodes, edges and kinds."""

from __future__ import annotations

from workbench.config import Settings
from workbench.plan.graph import EDGE_KINDS, NODE_KINDS, Graph, dataset_graph, step_graph
from workbench.spec.loader import Project, load_project


def project_of(settings: Settings, **specs: str) -> Project:
    for name, text in specs.items():
        path = settings.specs / "datasets" / f"{name}.yml"
        path.write_text(f"dataset: {name}\n{text}", encoding="utf-8")
    return load_project(settings)


def three(settings: Settings) -> Project:
    return project_of(
        settings,
        zones='source: {path: "inbox/zones.csv"}\n',
        sales='source: {path: "inbox/sales.csv"}\ntargets: [{connection: warehouse}]\n',
        report="""source: {dataset: sales}
transforms:
  - lookup: {dataset: zones, on: zone}
  - join: {dataset: zones, on: zone, prefix: other_}
  - join: {dataset: zones, on: zone, prefix: third_}
  - join: {dataset: absent, on: zone, enabled: false}
""",
    )


def edges_of(graph: Graph) -> set[tuple[str, str, str]]:
    return {(edge.kind, edge.source, edge.target) for edge in graph.edges}


def test_datasets_with_what_they_are_made_from_and_where_they_go(settings: Settings) -> None:
    graph = dataset_graph(three(settings))
    assert edges_of(graph) == {
        ("ingest", "source:inbox/zones.csv", "dataset:zones"),
        ("ingest", "source:inbox/sales.csv", "dataset:sales"),
        ("load", "dataset:sales", "target:warehouse.sales"),
        ("source", "dataset:sales", "dataset:report"),
        ("lookup", "dataset:zones", "dataset:report"),
        ("join", "dataset:zones", "dataset:report"),
    }
    layers = {node.name: node.layer for node in graph.nodes if node.kind == "dataset"}
    assert layers == {"zones": "silver", "sales": "silver", "report": "gold"}
    assert len({edge.id for edge in graph.edges}) == len(graph.edges)


def test_steps_follow_each_other_as_in_plans(settings: Settings) -> None:
    project = three(settings)
    graph = step_graph(project)
    needs: dict[str, set[str]] = {node.id: set() for node in graph.nodes}
    for edge in graph.edges:
        needs[edge.target].add(edge.source)
    assert needs["step:report.transform"] == {"step:sales.validate", "step:zones.validate"}
    assert needs["step:sales.transform"] == {"step:sales.ingest"}
    assert needs["step:sales.materialize.warehouse.sales"] == {"step:sales.validate"}
    assert "step:report.ingest" not in needs


def test_every_node_and_edge_is_of_a_known_kind_between_its_kinds(settings: Settings) -> None:
    project = three(settings)
    kinds = {kind.name: kind for kind in EDGE_KINDS}
    known = {kind.name for kind in NODE_KINDS}
    for graph in (dataset_graph(project), step_graph(project)):
        nodes = {node.id: node for node in graph.nodes}
        assert {node.kind for node in graph.nodes} <= known
        for edge in graph.edges:
            kind = kinds[edge.kind]
            assert nodes[edge.source].kind == kind.from_kind
            assert nodes[edge.target].kind == kind.to_kind


def test_files_of_several_datasets_are_one_source(settings: Settings) -> None:
    source = 'source: {path: "inbox/all.csv"}\n'
    graph = dataset_graph(project_of(settings, one=source, two=source))
    assert [node.id for node in graph.nodes if node.kind == "source"] == ["source:inbox/all.csv"]


def test_downstream_datasets_come_in_an_order_that_can_be_walked(settings: Settings) -> None:
    project = project_of(
        settings,
        a="source: {dataset: m}\n",
        m="source: {dataset: z}\n",
        z='source: {path: "inbox/z.csv"}\n',
        other='source: {path: "inbox/o.csv"}\n',
    )
    assert project.downstreams("z") == ("m", "a")
    assert project.with_downstreams(["m", "other"]) == ("m", "a", "other")
    assert project.downstreams("a") == ()
