"""A small town of datasets with some history, for the panels that show runs and the graph."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.lab.conftest import Lab
from tests.steps.road import Road
from workbench.config import Settings
from workbench.model.run import Run

HOSTILE = "<img src=x onerror=alert(1)>"

SALES = f"""title: "{HOSTILE}"
source: {{path: "inbox/sales.csv"}}
transforms:
  - type_cast: {{columns: {{amount: integer, day: {{type: date, format: "%Y-%m-%d"}}}},
                on_error: quarantine}}
key: [id]
expectations:
  - expect_column_values_to_be_between: {{column: amount, max_value: 1000, severity: quarantine}}
  - expect_column_values_to_not_be_null: {{column: zone, severity: warn}}
targets: [{{connection: warehouse}}]
"""
ZONES = 'source: {path: "inbox/zones.csv"}\nkey: [zone]\n'
REPORT = """source: {dataset: sales}
transforms:
  - lookup: {dataset: zones, on: zone, columns: [name]}
  - derive: {columns: {name: "coalesce(name, 'unknown')"}}
  - aggregate: {group_by: [name], measures: {amount: sum(amount)}}
key: [name]
"""


@dataclass
class Town:
    """The project, and its runs: two of sales, one of the report, and one that failed."""

    road: Road
    first: Run
    second: Run
    report: Run
    failed: Run


def build(lab: Lab) -> Town:
    """Write the specs and files, and run them in this process."""
    road = Road(Settings(project=lab.project, home=lab.home, environ={}))
    for name, text in (("sales", SALES), ("zones", ZONES), ("report", REPORT)):
        road.spec(name, text)
    road.file("zones.csv", "zone,name\nn,North\ns,South\n")
    rows = "".join(f"{n},{n * 7},2024-01-{n % 28 + 1:02},{'n' if n % 2 else 's'}\n"
                   for n in range(1, 60))  # fmt: skip
    road.file("sales.csv", f"id,amount,day,zone\n{rows}x1,two,2024-01-01,n\nx2,5000,2024-01-02,s\n"
              f"{HOSTILE},12,yesterday,n\n")  # fmt: skip
    first = road.run("sales", "zones")
    changed = rows.replace("\n7,49,", "\n7,50,").replace("1,7,", "1,8,", 1)
    road.file("sales.csv", f"id,amount,day,zone\n{changed}x1,two,2024-01-01,n\n"
              f"x2,5000,2024-01-02,s\n{HOSTILE},12,yesterday,n\n99,3,2024-02-01,\n")  # fmt: skip
    second = road.run("sales")
    report = road.run("report")
    for run in (first, second, report):
        assert run.status == "SUCCESS", run.error
    zones = (lab.project / "inbox" / "zones.csv").read_text()
    road.file("zones.csv", "")
    failed = road.run("zones")
    assert failed.status == "FAILED"
    road.file("zones.csv", zones)
    return Town(road, first, second, report, failed)
