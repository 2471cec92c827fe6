"""Publishes the portal: from records to a Quarto project, and from there to a site.

What was published last is compared with what there is now, unit by unit; only what differs is
loaded, written and rendered. Several publishers of one folder take turns.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from workbench.config import Settings
from workbench.errors import SpecError
from workbench.publish import embedded, remembered
from workbench.publish.collect import audience as audiences
from workbench.publish.collect import snapshot as snapshots
from workbench.publish.collect import specs
from workbench.publish.collect.configuration import configuration, read
from workbench.publish.collect.facts import SpecFacts
from workbench.publish.collect.sample import Read
from workbench.publish.collect.sampler import read_rows
from workbench.publish.collect.stamp import stamp
from workbench.publish.markdown import Page
from workbench.publish.pages.writer import World
from workbench.publish.site import data_docs, data_files, docs, files, places, quarto, shell, state
from workbench.publish.site.places import SITE, project_folder
from workbench.publish.site.published import Published
from workbench.publish.site.state import State
from workbench.publish.site.units import Site
from workbench.records.store import Records, open_records

Tell = Callable[[str], None]


def publish(
    settings: Settings,
    *,
    audience: str | None = None,
    renderer: str | None = None,
    full: bool = False,
    tell: Tell = lambda line: None,
    read_rows: Read = read_rows,
) -> Published:
    """Bring the portal up to date with the records.

    ``renderer`` is auto, embedded or quarto; without one the settings decide. ``full`` makes
    every page again. ``read_rows`` reads sample rows. Raises ``SpecError`` for a faulty
    ``portal.yml`` or ``glossary.yml``, ``ConfigError`` for an unknown audience, and
    ``BundleMissing``.
    """
    began = time.perf_counter()
    folder = project_folder(settings, audience)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        if full:
            state.forget(folder)
        records = open_records(settings)
        try:
            chosen = renderer or settings.renderer
            done = _Publication(
                settings, records, audience, chosen, folder, tell, full, read_rows
            ).run()
        finally:
            records.close()
    return replace(done, seconds=time.perf_counter() - began)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass
class _Publication:
    """One publication of one folder."""

    settings: Settings
    records: Records
    audience: str | None
    renderer: str
    folder: Path
    tell: Tell
    full: bool
    read_rows: Read

    def run(self) -> Published:
        self.last = state.load(self.folder)
        self.specs, self.figures = self.last.specs, self.last.figures
        self.unbuilt = self.last.unbuilt
        self.template = places.template(self.settings)
        self.quarto = quarto.find() if self.renderer != "embedded" else None
        if self.renderer == "quarto" and self.quarto is None:
            raise quarto.QuartoMissing()
        warnings = self._sync()
        # looked at before the records are read: what is written meanwhile is seen the next time
        self.database = places.database_stamp(self.settings)
        self.outside = places.outside_stamp(self.settings, self.audience)
        self.program = places.program_stamp(self.settings, self.quarto)
        now = state.fingerprint(stamp(self.records), self.outside, self.program)
        there = set(state.walk(self.folder))
        if now == self.last.stamp and there >= set(self.last.files):
            extra = files.remove_others(self.folder, there, self.last.files)
            self._save(now, self.last.units, self.last.files)
            return self._done(0, len(extra), bool(extra), warnings)
        remembered.load(self.folder, self.program)
        site = self._site()
        fingerprints = site.fingerprints()
        lost = {
            path for path in self.last.paths if not there >= {f"{path}.qmd", f"{SITE}/{path}.html"}
        }
        due = [
            key
            for key, found in fingerprints.items()
            if key == "overview"
            or key not in self.last.units
            or self.last.units[key][0] != found
            or lost.intersection(self.last.units[key][1])
        ]
        units = {key: unit for key, unit in self.last.units.items() if key in fingerprints}
        self._project()
        everything = self.full or self.program != self.last.program
        rendered = self._render(site, due, fingerprints, units, everything, there)
        self.figures = [key for key in self.figures if key in units]
        for place, source in docs.pictures(self.template).items():
            files.copy_if_changed(source, self.folder / place)  # where Quarto looks for it
            files.copy_if_changed(source, self.folder / SITE / place)
        data_files.write(site, self.folder / SITE, figures=bool(self.figures))
        data_docs.write(self.settings, self.checked, self.folder / SITE)
        paths = {path for _, some in units.values() for path in some}
        kept = self._files(paths, bool(self.figures))
        there = set(state.walk(self.folder))
        if self.quarto:
            kept |= quarto.made_beside(there, SITE)
        removed = files.remove_others(self.folder, there, kept)
        remembered.save(self.folder, self.program)
        self._save(now, units, sorted(there & kept))
        return self._done(rendered, len(removed), True, warnings)

    def _save(self, now: str, units: dict[str, tuple[str, list[str]]], written: list[str]) -> None:
        """Keep what was published, unless that is known already."""
        made = State(
            stamp=now,
            program=self.program,
            outside=self.outside,
            database=self.database,
            files=written,
            units=units,
            specs=self.specs,
            figures=sorted(self.figures),
            unbuilt=self.unbuilt,
        )
        if made != self.last:
            state.save(self.folder, made)
            self.last = made

    def _done(self, rendered: int, removed: int, changed: bool, warnings: list[str]) -> Published:
        return Published(
            site=str(self.folder / SITE),
            audience=self.audience,
            renderer="quarto" if self.quarto else "embedded",
            pages=len(self.last.paths),
            rendered=rendered,
            removed=removed,
            changed=changed,
            seconds=0.0,
            warnings=tuple(warnings),
            unbuilt=self.last.unbuilt,
        )

    # What there is

    def _sync(self) -> list[str]:
        """Bring the catalog up to date when specs have changed since: masks must not lag."""
        self.specs_stamp = places.specs_stamp(self.settings)
        if self.last.specs.get("stamp") == self.specs_stamp or not self.settings.specs.is_dir():
            return []
        from workbench.spec.loader import load_project
        from workbench.steps.planning import sync_catalog

        try:
            sync_catalog(self.records, load_project(self.settings))
        except SpecError as error:
            return [f"specs have errors, so the portal shows them as they last were: {error}"]
        return []

    def _site(self) -> Site:
        known = dict(self.last.specs.get("read") or {})
        said = self.last.specs.get("configuration")
        if said is None or self.last.specs.get("stamp") != self.specs_stamp:
            said = read(self.settings)
        portal = configuration(said)
        chosen = audiences.audience(portal, self.audience)
        self.specs = {"stamp": self.specs_stamp, "read": {}, "configuration": said}

        def read_spec(name: str, hash_: str, text: str) -> SpecFacts:
            kept = known.get(hash_)
            facts = specs.from_json(hash_, kept) if kept else specs.spec_facts(hash_, text, name)
            self.specs["read"][hash_] = kept or specs.to_json(facts)
            return facts

        snapshot = snapshots.take(self.records, read_spec, most_runs=portal.runs)
        snapshot, terms, guard = audiences.restrict(snapshot, portal.terms, chosen, self.audience)
        self.checked, self.unbuilt = data_docs.take(self.settings, snapshot, guard)
        written = docs.read(self.template)
        title = chosen.title or (portal.title if guard.allows(portal.title) else "")
        if guard:
            portal = replace(
                portal,
                description=guard.text(portal.description),
                tools=tuple(tool for tool in portal.tools if guard.allows(asdict(tool))),
            )
        world = World(
            snapshot=snapshot,
            portal=portal,
            glossary=terms,
            title=title or "Data Workbench",
            docs=tuple((doc.path, doc.title) for doc in written),
            data_docs=data_docs.links(self.checked),
            notebooks=chosen.notebooks and not guard,
            specs=chosen.specs and not guard,
        )
        return Site(
            self.settings, self.records, world, guard, written, chosen.samples, self.read_rows
        )

    # What is written

    def _project(self) -> None:
        """Copy the project's own files."""
        for name in places.PROJECT:
            files.write_if_changed(self.folder / name, (self.template / name).read_bytes())
        self.page_template = (self.template / "_template.html").read_text(encoding="utf-8")

    def _render(
        self,
        site: Site,
        due: list[str],
        fingerprints: dict[str, str],
        units: dict[str, tuple[str, list[str]]],
        everything: bool,
        there: set[str],
    ) -> int:
        """Write the pages of units that are due, and render those that differ."""
        waiting: list[str] = []
        rendered = 0
        for key, pages in site.pages(fingerprints if everything else due):
            units[key] = (fingerprints[key], [shell.location(page) for page in pages])
            self.figures = [each for each in self.figures if each != key]
            if any(page.figures for page in pages):
                self.figures.append(key)
            for page in pages:
                if self._write(page, site.world.title, everything, there, waiting):
                    rendered += 1
                    if rendered % 500 == 0:
                        self.tell(f"{rendered} pages")
        if self.quarto and waiting:
            quarto.render(self.quarto, self.folder, waiting, self.tell)
        return rendered

    def _write(
        self, page: Page, title: str, everything: bool, there: set[str], waiting: list[str]
    ) -> bool:
        path = shell.location(page)
        text = shell.qmd(page, title)
        written = files.write_if_changed(self.folder / f"{path}.qmd", text)
        if not (written or everything or f"{SITE}/{path}.html" not in there):
            return False
        if self.quarto:
            waiting.append(f"{path}.qmd")
        else:
            html = embedded.render(text, self.page_template, f"{path}.qmd")
            files.replace_file(self.folder / SITE / f"{path}.html", html)
        return True

    def _files(self, paths: set[str], figures: bool) -> set[str]:
        """The files of pages and of what stands beside them."""
        found = {f"{path}.qmd" for path in paths} | set(places.PROJECT)
        found |= {f"{SITE}/{path}.html" for path in paths}
        for place in docs.pictures(self.template):
            found |= {place, f"{SITE}/{place}"}
        names = data_files.names(figures) | data_docs.names(self.checked)
        return found | {f"{SITE}/{name}" for name in names}
