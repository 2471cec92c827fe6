"""``graph``: what is made from what, and how it stands."""

from __future__ import annotations

import json

import click

from workbench.cli.options import AS_JSON
from workbench.config import Settings


@click.command()
@click.option("--steps", "by_step", is_flag=True, help="The steps of datasets, not the datasets.")
@AS_JSON
def graph(by_step: bool, as_json: bool) -> None:
    """Show what is made from what, in an order that can be walked, with the state of each."""
    from workbench.cli.text import table
    from workbench.plan.graph import dataset_graph, step_graph
    from workbench.records.store import open_records
    from workbench.spec.loader import load_project
    from workbench.steps.graphing import NodeState, graph_states

    settings = Settings()
    project = load_project(settings)
    found = (step_graph if by_step else dataset_graph)(project)
    states = graph_states(project, open_records(settings))
    if as_json:
        content = found.model_dump(mode="json")
        content["states"] = {name: state.model_dump(mode="json") for name, state in states.items()}
        click.echo(json.dumps(content, ensure_ascii=False))
        return
    names = {node.id: f"{node.dataset}.{node.name}" if by_step else node.name
             for node in found.nodes}  # fmt: skip
    rows = []
    for node in found.nodes:
        state = states.get(node.id, NodeState())
        needs = [
            f"{edge.kind} {names[edge.source]}" for edge in found.edges if edge.target == node.id
        ]
        rows.append(
            (
                node.kind,
                names[node.id],
                node.layer or node.detail,
                ", ".join(needs),
                state.status.value if state.status else None,
                f"{state.met}/{state.needs}" if state.needs else None,
                state.rows,
            )
        )
    if rows:
        click.echo(table(("kind", "name", "is", "made from", "last run", "needs", "rows"), rows))
    else:
        click.echo("no datasets yet; `workbench detect FILE` prints a spec to start from")
