"""Values of masked columns are nowhere: canaries are searched in every file that is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.publish.site import NotebookRoad
from workbench.config import Settings
from workbench.model.lineage import EdgeKind
from workbench.publish.collect import masking
from workbench.publish.collect.facts import EdgeFacts, SpecFacts
from workbench.publish.collect.specs import from_json, spec_facts, to_json
from workbench.publish.site import build, places

#: Values that only the masked column has, also in rows that are refused.
CANARIES = ("Zaragoza-17", "Quetzal-99", "Xylophon-42", "Wombat-7")

SPEC = """
title: People
owner: Staff office
source: {path: inbox/people.csv}
transforms:
  - derive: {columns: {initial: "upper(name)"}}
  - type_cast: {columns: {age: integer, born: date}, on_error: quarantine}
key: [id]
columns:
  name: {description: Full name, MASK}
  initial: {MASK}
  born: {MASK}
expectations:
  - expect_column_values_to_match_regex: {column: name, regex: "^[A-Z]", severity: quarantine}
  - expect_column_values_to_be_in_set: {column: initial, value_set: [A], severity: warn}
  - expect_row_condition_to_hold: {condition: "length(name) > 8", severity: warn}
"""
ROWS = (
    "id,name,age,born\n"
    f"1,{CANARIES[0]},30,2001-01-01\n"
    f"2,{CANARIES[1]},31,2002-02-02\n"
    f"3,x{CANARIES[2]},32,2003-03-03\n"
    f"4,{CANARIES[3]},33,soon-{CANARIES[3]}\n"
)
GOLD = """
title: People by age
owner: Staff office
source: {dataset: people}
transforms:
  - aggregate: {group_by: [age], measures: {first_name: min(name), people: count(*)}}
"""


def published(settings: Settings, mask: str) -> tuple[NotebookRoad, str]:
    """Publish the people; everything that can be read, as one text."""
    road = NotebookRoad(settings)
    road.spec("people", SPEC.replace("MASK", mask))
    road.spec("by_age", GOLD)
    road.file("people.csv", ROWS)
    run = road.run("by_age")
    assert run.status == "SUCCESS", run.error
    build.publish(settings, renderer="embedded")
    return road, everything(places.project_folder(settings))


def everything(folder: Path) -> str:
    """All files that readers get, and the sources that they are made of."""
    return "\n".join(
        path.read_text("utf-8", errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "plotly.min.js"
    )


def test_values_of_masked_columns_are_nowhere(settings: Settings, built: None) -> None:
    _, text = published(settings, "mask: true")
    for canary in CANARIES:
        assert canary not in text
        assert canary.upper() not in text
    assert "2001-01-01" not in text
    assert "•••" in text
    assert "masked" in text
    people = (places.site_folder(settings) / "datasets" / "people.html").read_text()
    assert "name" in people
    assert "30" in people  # what is not masked is shown


def test_without_a_mask_the_canaries_are_found(settings: Settings, built: None) -> None:
    _, text = published(settings, "mask: false")
    assert all(canary in text for canary in CANARIES)


def test_a_mask_that_is_added_works_without_a_run(settings: Settings, built: None) -> None:
    road, text = published(settings, "mask: false")
    assert CANARIES[0] in text
    road.spec("people", SPEC.replace("MASK", "mask: true"))
    build.publish(settings, renderer="embedded")
    text = everything(places.project_folder(settings))
    assert not [canary for canary in CANARIES if canary in text or canary.upper() in text]


def test_columns_can_be_left_out_of_the_sample(settings: Settings, built: None) -> None:
    road = NotebookRoad(settings)
    spec = SPEC.replace("{description: Full name, MASK}", "{sample: false}").replace("{MASK}", "{}")
    road.spec("people", spec)
    road.file("people.csv", ROWS)
    road.run("people")
    build.publish(settings, renderer="embedded")
    page = (places.site_folder(settings) / "datasets" / "people.html").read_text()
    sample = page.split('id="sample"')[1].split('id="lineage"')[0]
    assert "<th" in sample
    assert CANARIES[0] not in sample
    assert "2001-01-01" in sample


def edge(source: str, target: str, kind: EdgeKind = "direct") -> EdgeFacts:
    (a, b), (c, d) = source.split("."), target.split(".")
    return EdgeFacts(a, c, b, d, kind)


def test_masks_follow_the_lineage() -> None:
    specs = {
        "a": SpecFacts("1", masked=("secret",)),
        "b": SpecFacts("2"),
        "c": SpecFacts("3", unmasked=("open",)),
    }
    edges = [
        edge("a.secret", "b.copy"),
        edge("b.copy", "c.derived", "derived"),
        edge("b.copy", "c.open", "aggregated"),
        edge("a.secret", "b.rows", "filter"),
        edge("a.plain", "b.plain"),
    ]
    found = masking.spread(specs, edges)
    assert found == {"a": {"secret"}, "b": {"copy"}, "c": {"derived"}}


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("name: 'Zoe' does not read as date", "name: ••• does not read as date"),
        ("2 rows have a null key (name), for example: name=Zoe, _row=3", "for example •••"),
        ("name=Zoe Miller, age=3", "name=•••, age=3"),
        ("age: 'x' does not read", "age: 'x' does not read"),
        ("surname: 'x' does not read", "surname: 'x' does not read"),
    ],
)
def test_messages_lose_their_values(message: str, shown: str) -> None:
    masked = masking.text(message, {"name"})
    assert shown in masked
    assert "Zoe" not in masked


def test_facts_of_a_spec_are_kept_as_they_were_read() -> None:
    facts = spec_facts("1", f"dataset: people\n{SPEC.replace('MASK', 'mask: true')}", "people")
    assert facts.masked == ("name", "initial", "born")
    assert from_json("1", to_json(facts)) == facts
