"""What the pages say of the example project is what its records say."""

from __future__ import annotations

import json
import re

from tests.publish.conftest import Portal
from tests.publish.links import Page
from workbench.records.quarantine import count_rows
from workbench.records.runs import list_runs
from workbench.records.store import open_records
from workbench.records.versions import published_version


def section(html: str, anchor: str) -> str:
    """The text of a section of a page."""
    part = html.split(f'<div id="{anchor}" class="wb-section">')[1]
    return Page(part.split('class="wb-section">')[0]).text


def test_home_shows_the_state_of_every_dataset(portal: Portal) -> None:
    records = open_records(portal.settings)
    html = portal.read("index.html")
    state = section(html, "state")
    for name in ("ventas", "clientes", "productos", "ventas_por_region", "presupuesto_ejecucion"):
        version = published_version(records, name)
        assert version is not None
        assert name in state
        assert str(version.ref.rows) in state
    attention = section(html, "attention")
    refused = count_rows(records)
    records.close()
    assert refused == {"ventas": 3, "presupuesto_ejecucion": 3}
    assert "3 rows in quarantine" in attention
    assert "branches" in attention
    assert "clientes" not in attention
    assert "published with 301 rows (+88)" in section(html, "changes")
    assert "On time" in state  # presupuesto_ejecucion has a schedule


def test_freshness_can_be_judged_when_the_page_is_read(portal: Portal) -> None:
    html = portal.read("datasets/presupuesto_ejecucion.html")
    found = re.findall(r'data-due="([\dTZ:-]+)" data-period="(\d+)"', html)
    assert found
    assert int(found[0][1]) >= 86400


def test_a_dataset_shows_schema_profile_checks_sample_and_lineage(portal: Portal) -> None:
    html = portal.read("datasets/ventas.html")
    schema = section(html, "schema")
    for said in (
        "precio_unitario",
        "Price of a unit in euros",
        "decimal(18,2)",
        "derived",
        "Cód. cliente",
    ):
        assert said in schema, said
    assert "<svg" in html.split('id="schema"')[1].split('id="checks"')[0]
    checks = section(html, "checks")
    assert "Checks in the last 2 runs, oldest first" in checks
    for outcome in ("All 3 held", "1 of 3 failed"):  # the chart's twin
        assert outcome in checks, outcome
    assert 'href="../glossary/index.html#term-precio"' in html
    assert "Units" not in section(html, "sample")
    assert len(re.findall("<tr>", html.split('id="sample"')[1].split('id="lineage"')[0])) == 9
    assert "1 of 3 failed" in Page(html).text
    assert "ventas_2025-W11.csv" in section(html, "quarantine")
    assert "ventas_por_region" in section(html, "lineage")
    assert "warehouse.ventas" in section(html, "targets")
    assert "values_from_name" in section(html, "spec")
    assert len(html) <= 300_000


def test_a_run_shows_what_it_did_and_what_it_was_made_from(portal: Portal) -> None:
    records = open_records(portal.settings)
    newest = next(run for run in list_runs(records) if run.workflow != "branches")
    records.close()
    html = portal.read(f"runs/{newest.id}.html")
    ledger = section(html, "ledger")
    assert "Balances" in ledger
    assert "Does not balance" not in ledger
    assert html.count("<svg") > 5
    made_from = section(html, "made-from")
    for said in ("duckdb", "great-expectations", "Workbench", "ejecucion_2025-04.csv"):
        assert said in made_from, said
    raw = portal.settings.path("raw")
    hashes = {path.name[:16] for path in raw.rglob("*") if path.is_file()}
    assert any(hash_ in made_from for hash_ in hashes)
    assert "wb-callout--warn" in html
    assert "checks held" in section(html, "checks")


def test_a_failed_run_says_why(portal: Portal) -> None:
    records = open_records(portal.settings)
    failed = next(run for run in list_runs(records) if run.status == "FAILED")
    records.close()
    html = portal.read(f"runs/{failed.id}.html")
    assert "wb-callout--bad" in html
    assert "soon" in Page(html).text
    assert "Failed" in Page(html).text


def test_glossary_and_columns_refer_to_each_other(portal: Portal) -> None:
    html = portal.read("glossary/index.html")
    assert 'href="../datasets/ventas.html#column-precio_unitario"' in html
    assert 'id="term-precio"' in html
    assert "Units times price" in Page(html).text


def test_tools_come_from_the_configuration(portal: Portal) -> None:
    assert 'href="http://localhost:8888/lab"' in portal.read("tools/index.html")


def test_search_finds_everything(portal: Portal) -> None:
    for lang in ("en", "es"):
        text = (portal.site / "assets" / f"search-{lang}.js").read_text("utf-8")
        index = json.loads(text.partition("=")[2].rstrip().removesuffix(";"))
        kinds = [index["kinds"][entry[0]] for entry in index["entries"]]
        assert set(kinds) == set(index["kinds"])
        root = portal.site if lang == "en" else portal.site / lang
        for _, title, url, _, _ in index["entries"]:
            path, _, anchor = url.partition("#")
            page = (root / path).read_text("utf-8")
            assert title
            assert not anchor or f'id="{anchor}"' in page, url


def test_lineage_in_open_formats(portal: Portal) -> None:
    catalog = json.loads((portal.site / "data" / "lineage.jsonld").read_text("utf-8"))
    found = {entry["dct:identifier"]: entry for entry in catalog["dcat:dataset"]}
    derived = found["ventas_por_region"]["prov:wasDerivedFrom"]
    assert {entry["@id"].rpartition(":")[2] for entry in derived} == {
        "ventas",
        "clientes",
        "productos",
    }
    assert found["ventas"]["dct:publisher"]["schema:name"] == "Sales office"
    events = json.loads((portal.site / "data" / "openlineage.json").read_text("utf-8"))
    by_job = {event["job"]["name"]: event for event in events}
    assert by_job["branches"]["eventType"] == "FAIL"
    event = by_job["ventas_por_region"]
    assert event["eventType"] == "COMPLETE"
    assert {each["name"] for each in event["inputs"]} == {"ventas", "clientes", "productos"}
    fields = event["outputs"][0]["facets"]["columnLineage"]["fields"]
    (source,) = fields["monto"]["inputFields"]
    assert (source["name"], source["field"]) == ("ventas", "monto")
    assert source["transformations"] == [{"type": "DIRECT", "subtype": "AGGREGATION"}]


def test_the_lineage_graph_has_a_twin(portal: Portal) -> None:
    html = portal.read("lineage/index.html")
    assert "data-explorer" in html
    assert html.count('class="wb-edge ') >= 8
    assert "monto → monto (aggregated)" in Page(html).text
