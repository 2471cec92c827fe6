"""What a run was made from: parameters, inputs by hash, versions of specs, code and packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.publish import markdown, markup
from workbench.publish.collect.runs import RunDetails
from workbench.publish.markup import Markup, Th
from workbench.publish.messages import formats
from workbench.publish.pages.writer import Writer


def made_from(w: Writer, details: RunDetails) -> list[str]:
    """Parameters, versions and inputs: what would make the same run again."""
    run, environment = details.facts, details.environment
    params = {name: value for name, value in run.params.items() if not name.startswith("_")}
    packages = environment.get("packages") or {}
    facts = markup.facts(
        [
            (w.t("trigger"), w.word("trigger", run.trigger)),
            (w.t("by"), markup.bdi(run.by)),
            (w.t("slot"), w.when(run.slot) if run.slot else None),
            (w.t("params"), _params(params) if params else w.t("params.none")),
            (w.t("version.workbench"), environment.get("workbench")),
            (w.t("version.python"), environment.get("python")),
            (w.t("version.system"), environment.get("system")),
            (w.t("version.commit"), markup.code(environment["commit"])
             if environment.get("commit") else None),
        ]
    )  # fmt: skip
    blocks = [markdown.html(facts)]
    inputs = _inputs(details)
    if inputs:
        columns = [
            Th(w.t("dataset")), Th(w.t("input")), Th(w.t("version.head")), Th(w.t("hash")),
            Th(w.t("rows"), "number"), Th(w.t("size"), "bytes"),
        ]  # fmt: skip
        rows = [
            (w.dataset_link(dataset), markup.bdi(name), version,
             markup.code(digest[:16]) if digest else "–", w.num(count), _size(w, size))
            for dataset, name, version, digest, count, size in inputs
        ]  # fmt: skip
        table = markup.table(f"{run.id}-inputs", w.t("inputs"), columns, rows)
        blocks += [markdown.heading(3, w.t("inputs")), markdown.html(table)]
    if details.specs:
        anchor = "spec" if w.world.specs else ""
        hashes = [
            (w.dataset_link(name, anchor), markup.code(hash_[:16]))
            for name, hash_ in sorted(details.specs.items())
        ]
        columns = [Th(w.t("dataset")), Th(w.t("hash"))]
        table = markup.table(f"{run.id}-specs", w.t("specs"), columns, hashes)
        blocks += [markdown.heading(3, w.t("specs")), markdown.html(table)]
    if packages:
        versions = [(markup.code(name), version) for name, version in sorted(packages.items())]
        columns = [Th(w.t("package")), Th(w.t("version.head"))]
        table = markup.table(f"{run.id}-packages", w.t("packages"), columns, versions)
        blocks += [markdown.heading(3, w.t("packages")), markdown.html(table)]
    return blocks


def _params(params: Mapping[str, Any]) -> Markup:
    return markup.join((markup.code(f"{name}={value}") for name, value in params.items()), " ")


def _size(w: Writer, size: int | None) -> Markup:
    return markup.num(size, None if size is None else formats.size(size, w.lang))


def _inputs(
    details: RunDetails,
) -> Sequence[tuple[str, str, str, str | None, int | None, int | None]]:
    """Received files by the hash of their content, and versions of datasets by fingerprint."""
    found: list[tuple[str, str, str, str | None, int | None, int | None]] = [
        (each.dataset, each.name, "–", each.sha256, None, each.bytes) for each in details.received
    ]
    for step in details.steps:
        for ref in step.result.get("inputs", ()):
            if ref.get("layer") == "raw" or step.facts.verb != "transform":
                continue
            version = "–" if ref.get("version") is None else f"v{ref['version']}"
            name = f"{ref.get('dataset')} ({ref.get('layer')})"
            found.append(
                (step.facts.dataset, name, version, ref.get("fingerprint"), ref.get("rows"), None)
            )
    return list(dict.fromkeys(found))
