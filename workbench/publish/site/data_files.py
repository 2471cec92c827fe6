"""The files that pages load besides themselves: bundle, indexes, texts, lineage; and exports."""

from __future__ import annotations

from pathlib import Path

from workbench.publish import assets
from workbench.publish.messages import LANGUAGES
from workbench.publish.site import exports, files, indexes
from workbench.publish.site.units import Site


def names(figures: bool) -> set[str]:
    """Their paths from the root of the site; Plotly is among them where there are ``figures``."""
    found = {f"search-{lang}.js" for lang in LANGUAGES}
    found |= {f"messages-{lang}.js" for lang in LANGUAGES}
    found |= {"lineage.js", *assets.BUNDLE}
    if figures:
        found.add(assets.PLOTLY)
    return {f"assets/{name}" for name in found} | {f"data/{name}" for name in exports.NAMES}


def write(site: Site, folder: Path, *, figures: bool) -> None:
    """Write those that differ."""
    for name, source in assets.front().items():
        if name != assets.PLOTLY or figures:
            files.copy_if_changed(source, folder / "assets" / name)
    for lang in LANGUAGES:
        found = indexes.search(site.world, site.docs, lang)
        text = assets.javascript("PORTAL_SEARCH", found)
        files.write_if_changed(folder / "assets" / f"search-{lang}.js", text)
        text = assets.javascript("PORTAL_MESSAGES", indexes.messages(lang))
        files.write_if_changed(folder / "assets" / f"messages-{lang}.js", text)
    text = assets.javascript("PORTAL_LINEAGE", indexes.lineage(site.lineage))
    files.write_if_changed(folder / "assets" / "lineage.js", text)
    for name, content in exports.files(site.world).items():
        files.write_if_changed(folder / "data" / name, content)
