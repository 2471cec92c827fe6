"""``detect``, ``validate`` and ``schema``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from workbench.cli.options import AS_JSON
from workbench.config import Settings
from workbench.errors import Problem, SpecError


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="The dataset's name; default: from the file's name.")
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="OPTION=VALUE",
    help="State how FILE is read instead of detecting it, such as delimiter=; or header=3.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Write the spec here instead.")
@AS_JSON
def detect(
    file: Path, name: str | None, given: tuple[str, ...], output: Path | None, as_json: bool
) -> None:
    """Look at FILE and print a ready, commented spec for it."""
    from workbench.durable import write
    from workbench.sources.parsing.skeleton import detect_file, spec_text
    from workbench.steps.receiving.detecting import reading_of

    settings = Settings()
    options = reading_of(dict(_option(each) for each in given))
    if as_json:
        detection = detect_file(file, options)
        click.echo(json.dumps(detection, indent=2, ensure_ascii=False, default=str))
        return
    text = spec_text(file, settings.project, name=name, options=options)
    if output is None:
        click.echo(text, nl=False)
    elif output.exists():
        raise click.UsageError(f"{output} exists; nothing was written")
    else:
        write(output, text)
        click.echo(f"wrote {output}")


def _option(text: str) -> tuple[str, object]:
    """An option of reading as the source of a spec has it: ``header=3``, ``delimiter=;``."""
    import yaml

    key, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text!r} is no option: give OPTION=VALUE, such as header=3")
    try:
        return key.strip(), yaml.safe_load(value) if value[:1] in "{[0123456789" else value
    except yaml.YAMLError:
        return key.strip(), value


@click.command()
@AS_JSON
def validate(as_json: bool) -> None:
    """Check every spec of the project and report every error at once."""
    from workbench.spec.loader import Project, load_project
    from workbench.spec.portal import Glossary, check_terms, load_glossary, load_portal

    settings = Settings()
    problems: list[Problem] = []
    project = None
    for load in (load_project, load_portal, load_glossary):
        try:
            found = load(settings)
        except SpecError as error:
            problems += error.problems
        else:
            if isinstance(found, Glossary):
                problems += check_terms(settings, found)
            project = found if isinstance(found, Project) else project
    if problems or project is None:
        refused = SpecError(problems)
        if not as_json:
            raise refused
        click.echo(
            json.dumps(
                [
                    {
                        "file": p.file,
                        "line": p.line,
                        "column": p.column,
                        "message": p.message,
                        "remedy": p.remedy,
                    }
                    for p in refused.problems
                ],
                indent=2,
            )
        )
        raise SystemExit(refused.exit_code)
    if as_json:
        click.echo("[]")
    else:
        click.echo(
            f"{len(project.datasets)} datasets and {len(project.connections)} connections are valid"
        )


@click.command()
@click.argument("kind", type=click.Choice(["dataset", "connection"]), default="dataset")
def schema(kind: Literal["dataset", "connection"]) -> None:
    """Print the JSON Schema of dataset or connection specs, for editors."""
    from workbench.spec.schema import json_schema

    click.echo(json.dumps(json_schema(kind), indent=2, ensure_ascii=False))
