"""``publish`` and ``portal``."""

from __future__ import annotations

import gc
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.options import AS_JSON
from workbench.config import Settings

if TYPE_CHECKING:
    from workbench.publish.site.published import Published
    from workbench.publish.site.unchanged import Unchanged

_RENDERERS = click.Choice(["auto", "embedded", "quarto"])


@click.command()
@click.option("--audience", help="Publish what this audience of specs/portal.yml may see.")
@click.option("--to", "where", help="Also send it to a FOLDER, s3://BUCKET/PREFIX or git:BRANCH.")
@click.option(
    "--renderer", type=_RENDERERS,
    help="auto: Quarto where QUARTO_PATH or PATH has it, else our own. Default: "
    "WORKBENCH_RENDERER, else auto.",
)  # fmt: skip
@click.option("--full", is_flag=True, help="Make every page again.")
@click.option("--if-requested", is_flag=True, hidden=True)
@AS_JSON
def publish(
    audience: str | None,
    where: str | None,
    renderer: str | None,
    full: bool,
    if_requested: bool,
    as_json: bool,
) -> None:
    """Bring the portal up to date with the records; only what has changed is made again."""
    settings = Settings()
    if if_requested:
        from workbench.engine.kernels.processes import give_way
        from workbench.publish.site.requests import serve_requests

        give_way(5)
        serve_requests(settings)
        return

    if not full and where is None:
        from workbench.publish.site.unchanged import unchanged

        found = unchanged(settings, audience, renderer or settings.renderer)
        if found is not None:
            _tell_unchanged(found, audience, as_json)
            return

    def tell(line: str) -> None:
        if not as_json and sys.stderr.isatty():
            click.echo(f"  {line}", err=True)

    from workbench.publish.collect.sampler import Sampler

    # thousands of pages are made of small texts, which the collector would go through in vain
    gc.set_threshold(100_000, 50, 50)
    with Sampler() as read_rows:  # it gets ready while the rest is imported
        from workbench.publish.site.build import publish as build

        done = build(
            settings, audience=audience, renderer=renderer, full=full, tell=tell,
            read_rows=read_rows,
        )  # fmt: skip
    sent = None
    if where is not None:
        from workbench.publish.sending import send

        sent = send(Path(done.site), where, settings=settings)
    if as_json:
        shown = asdict(done) | {"sent": asdict(sent) if sent else None}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    for warning in done.warnings:
        click.secho(f"warning: {warning}", fg="yellow", err=True)
    click.echo(_summary(done))
    _tell_unbuilt(done.unbuilt)
    if sent is not None:
        click.echo(f"sent to {sent.where}: {sent.written} written, {sent.removed} removed")
    click.echo(f"open {done.home.as_uri()}")


def _tell_unchanged(found: Unchanged, audience: str | None, as_json: bool) -> None:
    if as_json:
        shown: dict[str, object] = {
            "site": str(found.site), "audience": audience, "renderer": found.renderer,
            "pages": found.pages, "rendered": 0, "removed": 0, "changed": False, "seconds": 0.0,
            "warnings": [], "unbuilt": found.unbuilt, "sent": None,
        }  # fmt: skip
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    click.echo(f"nothing changed: {found.pages} pages")
    _tell_unbuilt(found.unbuilt)
    click.echo(f"open {(found.site / 'index.html').as_uri()}")


def _tell_unbuilt(pages: int) -> None:
    if pages:
        click.echo(f"{pages} pages of Data Docs are not built yet: workbench docs builds them")


def _summary(done: Published) -> str:
    if not done.changed:
        return f"nothing changed: {done.pages} pages ({done.seconds:.2f} s)"
    removed = f", {done.removed} files removed" if done.removed else ""
    return f"{done.rendered} of {done.pages} pages made{removed} ({done.seconds:.2f} s)"


@click.command()
@click.option("--audience", help="The portal of this audience.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="An address of this machine.")
@click.option("--watch", is_flag=True, help="Publish again whenever something happens.")
def portal(audience: str | None, port: int, host: str, watch: bool) -> None:
    """Publish the portal and serve it on this machine; Ctrl-C ends it."""
    from workbench.publish.serving import serve

    serve(Settings(), audience=audience, host=host, port=port, watch=watch, tell=click.echo)
