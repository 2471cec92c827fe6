"""The scripts of portal and panels: unit tests, size, texts, what they may not do."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import MISSING, REPOSITORY
from workbench.publish import assets
from workbench.spec.schema import json_schema

FRONT = REPOSITORY / "workbench" / "front"
SOURCES = sorted((FRONT / "src").rglob("*.ts")) + sorted((FRONT / "src").rglob("*.tsx"))
PORTAL = sorted((FRONT / "src" / "portal").rglob("*.ts"))
CATALOGUES = sorted((REPOSITORY / "workbench" / "publish" / "messages").glob("*/portal.json"))
PANELS = sorted(path.parent.name for path in (FRONT / "src" / "panels").glob("*/index.ts*"))

#: What each panel may weigh, compressed; all together 700 kB.
WEIGHTS = {"dag": 130_000, "preview": 260_000, "rules": 280_000}
LIGHT = 25_000

#: Ways by which data would become markup or code.
FORBIDDEN = re.compile(
    r"\.(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
    r"|dangerouslySetInnerHTML|createContextualFragment|DOMParser|setHTMLUnsafe"
)


def test_the_unit_tests_of_the_scripts_pass(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"  # the forms of all rules are walked by it
    schema.write_text(json.dumps(json_schema("dataset")), encoding="utf-8")
    if not (FRONT / "node_modules").is_dir():
        pytest.skip(f"{MISSING}node modules (make install)")
    done = subprocess.run(
        [REPOSITORY / ".ci" / "front", "test"],
        env={**os.environ, "WORKBENCH_SCHEMA": str(schema)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Tests\S*\s.*\d+ passed", done.stdout)


def test_the_bundle_is_small() -> None:
    try:
        files = assets.front()
    except assets.BundleMissing:
        pytest.skip(f"{MISSING}the portal's bundle (make install)")
    sizes = {name: len(gzip.compress(path.read_bytes())) for name, path in files.items()}
    assert sizes["portal.js"] <= 60_000
    assert sizes["portal.css"] <= 20_000
    assert sizes["theme.js"] <= 1_000
    assert "minisearch" in files["licences.txt"].read_text("utf-8")


def test_the_bundles_of_panels_are_small() -> None:
    try:
        files = {name: assets.panel(name) for name in PANELS}
    except assets.BundleMissing:
        pytest.skip(f"{MISSING}the panels' bundles (make install)")
    sizes = {name: len(gzip.compress(file.script.encode())) for name, file in files.items()}
    heavy = {name: size for name, size in sizes.items() if size > WEIGHTS.get(name, LIGHT)}
    assert heavy == {}
    style = len(gzip.compress(next(iter(files.values())).style.encode()))
    assert sum(sizes.values()) + style <= 700_000


def test_the_panels_bring_the_licences_of_what_is_in_them() -> None:
    licences = assets.dist() / "panels" / "licences.txt"
    if not licences.is_file():
        pytest.skip(f"{MISSING}the panels' bundles (make install)")
    assert licences.read_text("utf-8").startswith("Third-party software in the panels")


def english() -> dict[str, str]:
    """The texts of the scripts, as their source has them."""
    source = (FRONT / "src" / "portal" / "messages.ts").read_text("utf-8")
    block = source.split("export const ENGLISH = {", 1)[1].split("} as const;", 1)[0]
    return {key: json.loads(text) for key, text in re.findall(r'"([\w.]+)": ("[^"]*")', block)}


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parent.name)
def test_every_text_of_the_scripts_is_in_every_catalogue(catalogue: Path) -> None:
    texts = json.loads(catalogue.read_text("utf-8"))
    for key, text in english().items():
        assert key in texts, key
        assert set(re.findall(r"\{\w+\}", texts[key])) == set(re.findall(r"\{\w+\}", text)), key


def test_every_text_that_is_asked_for_exists() -> None:
    known = english()
    assert len(known) > 80
    for path in PORTAL:
        source = path.read_text("utf-8")
        for key in re.findall(r'\bsay\(\s*"([\w.]+)"', source):
            assert key in known, f"{path.name}: {key}"
        for stem in re.findall(r'\bcount\(\s*"([\w.]+)"', source):
            assert f"{stem}.one" in known and f"{stem}.other" in known, f"{path.name}: {stem}"


def test_no_script_makes_markup_or_code_of_data() -> None:
    assert FORBIDDEN.search('item.innerHTML = "x"')  # the check can fail
    found = [path.name for path in SOURCES if FORBIDDEN.search(path.read_text("utf-8"))]
    assert found == []


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((FRONT / "package-lock.json").read_text("utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_building_says_what_to_do_without_npm(tmp_path: Path) -> None:
    """A machine without Node, and without a way to fetch it."""
    copy = tmp_path / "repository"
    (copy / ".ci").mkdir(parents=True)
    shutil.copy(REPOSITORY / ".ci" / "front", copy / ".ci" / "front")
    (copy / "workbench" / "front").mkdir(parents=True)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "env"):
        tools.joinpath(name).symlink_to(shutil.which(name) or name)
    done = subprocess.run(
        [copy / ".ci" / "front"],
        env={"PATH": str(tools), "PYTHON": "/bin/false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "install Node" in done.stderr
