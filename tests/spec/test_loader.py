"""Projects are read whole: all faults at once, names with the nearest one, order of upstreams."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.config import Settings
from workbench.errors import ConfigError, NotFound, SpecError
from workbench.spec.loader import load_dataset, load_project, parse_dataset

REPOSITORY = Path(__file__).resolve().parents[2]


def write(settings: Settings, **datasets: str) -> None:
    for name, text in datasets.items():
        path = settings.specs / "datasets" / f"{name}.yml"
        path.write_text(f"dataset: {name}\n{text}", encoding="utf-8")


def diamond(settings: Settings) -> None:
    write(
        settings,
        d="source: {dataset: b}\ntransforms: [join: {dataset: c, on: [id]}]\n",
        b="source: {dataset: a}\n",
        c="source: {path: c.csv}\ntransforms: [lookup: {dataset: a, on: [id]}]\n",
        a="source: {path: a.csv}\n",
        alone="source: {path: x.csv}\n",
    )


def test_the_example_project_loads() -> None:
    project = load_project(Settings(project=REPOSITORY, environ={}))
    assert project.upstreams("ventas_por_region") == ("ventas", "clientes", "productos")
    assert project.dataset("ventas").source_type == "files"
    assert project.dataset("ventas_por_region").layer == "gold"
    assert set(project.texts) == set(project.hashes) == set(project.datasets)
    assert project.texts["ventas"] == (REPOSITORY / "specs/datasets/ventas.yml").read_text("utf-8")


def test_upstreams_come_before_what_needs_them(settings: Settings) -> None:
    diamond(settings)
    project = load_project(settings)
    assert project.upstreams("d") == ("a", "b", "c")
    assert project.direct_upstreams("d") == ("b", "c")
    assert project.upstreams("alone") == ()


def test_a_disabled_transform_needs_nothing(settings: Settings) -> None:
    write(
        settings,
        a="source: {path: a.csv}\ntransforms: [join: {dataset: b, on: [id], enabled: false}]\n",
        b="source: {dataset: a}\n",  # with the join enabled this were a circle
    )
    assert load_project(settings).upstreams("a") == ()
    write(settings, a="source: {path: a.csv}\ntransforms: [join: {dataset: b, on: [id]}]\n")
    with pytest.raises(SpecError, match="in a circle: a → b → a"):
        load_project(settings)


def test_a_long_chain_is_walked(settings: Settings) -> None:
    write(settings, n0="source: {path: a.csv}\n")
    write(settings, **{f"n{i}": f"source: {{dataset: n{i - 1}}}\n" for i in range(1, 150)})
    assert load_project(settings).upstreams("n149") == tuple(f"n{i}" for i in range(149))


def test_unknown_names_are_answered_by_the_nearest(settings: Settings) -> None:
    diamond(settings)
    project = load_project(settings)
    with pytest.raises(NotFound, match=r"no dataset 'alnoe'; did you mean 'alone'\?") as caught:
        project.dataset("alnoe")
    assert "specs/datasets/" in str(caught.value.remedy)
    assert caught.value.exit_code == 2
    with pytest.raises(NotFound, match=r"no connection 'warehous'; did you mean 'warehouse'\?"):
        project.connection("warehous")
    with pytest.raises(NotFound):
        project.upstreams("nothing")


def test_all_faults_of_all_files_are_told_at_once(settings: Settings) -> None:
    write(settings, one="source: {paht: a.csv}\n", two="source: [\n", three="key: 5\n")
    (settings.specs / "connections" / "c.yml").write_text("connection: c\ntype: duckdbb\n")
    with pytest.raises(SpecError) as caught:
        load_project(settings)
    files = {problem.file for problem in caught.value.problems}
    assert files == {
        "specs/connections/c.yml", "specs/datasets/one.yml", "specs/datasets/two.yml",
        "specs/datasets/three.yml",
    }  # fmt: skip


def test_a_target_may_name_a_connection_that_is_itself_broken(settings: Settings) -> None:
    write(settings, a="source: {path: a.csv}\ntargets: [{connection: c}]\n")
    (settings.specs / "connections" / "c.yml").write_text("connection: c\ntype: duckdb\nwat: 1\n")
    with pytest.raises(SpecError) as caught:
        load_project(settings)
    assert [problem.file for problem in caught.value.problems] == ["specs/connections/c.yml"]


def test_a_tolerant_reader_goes_on_without_what_is_broken(settings: Settings) -> None:
    diamond(settings)
    write(settings, a="source: {path: 1}\n")
    (settings.specs / "datasets" / "torn.yml").write_text("dataset: [", encoding="utf-8")
    with pytest.raises(SpecError):
        load_project(settings)
    project = load_project(settings, tolerant=True)
    assert set(project.datasets) == {"alone"}
    assert set(project.faults) == {"a", "b", "c", "d", "torn"}
    assert project.in_order() == ("alone",)
    for name in ("a", "d"):
        with pytest.raises(SpecError, match=r"a\.yml:2"):
            project.dataset(name)
    with pytest.raises(SpecError, match=r"torn\.yml"):
        project.dataset("torn")


def test_two_specs_of_one_name_are_both_left_out(settings: Settings) -> None:
    write(settings, a="source: {path: a.csv}\n", b="source: {path: b.csv}\n")
    copy = settings.specs / "datasets" / "0_copy.yml"
    copy.write_text("dataset: a\nsource: {path: other.csv}\n", encoding="utf-8")
    assert set(load_project(settings, tolerant=True).datasets) == {"b"}


def test_a_broken_connection_is_tolerated_by_nobody(settings: Settings) -> None:
    # its secrets would not be known, and so could not be scrubbed
    write(settings, a="source: {path: a.csv}\n")
    folder = settings.specs / "connections"
    folder.mkdir(exist_ok=True)
    (folder / "x.yml").write_text("connection: x\ntype: nothing\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"x\.yml"):
        load_project(settings, tolerant=True)


def test_which_files_are_read(settings: Settings) -> None:
    folder = settings.specs / "datasets"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "a.yaml").write_text("dataset: a\nsource: {path: a.csv}\n")
    (folder / ".b.yml").write_text("not a spec")
    (folder / "c.txt").write_text("not a spec")
    (folder / "d.yml.bak").write_text("not a spec")
    assert list(load_project(settings).datasets) == ["a"]
    assert load_project(settings).dataset("a").file == "specs/datasets/deep/er/a.yaml"


def test_an_empty_project_has_a_warehouse(settings: Settings) -> None:
    project = load_project(settings)
    assert project.datasets == {}
    assert list(project.connections) == ["warehouse"]


def test_a_folder_without_specs_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder specs/") as caught:
        load_project(Settings(project=tmp_path, environ={}))
    assert "WORKBENCH_PROJECT" in str(caught.value.remedy)


def test_one_spec_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("dataset: a\nsource: {dataset: elsewhere}\ntargets: [{connection: there}]\n")
    assert load_dataset(path).dataset == "a"
    with pytest.raises(SpecError, match=r"(?m)^spec\.yml:1:1: unknown key 'datast'"):
        parse_dataset("datast: a\n")
    with pytest.raises(SpecError, match="the file is empty"):
        parse_dataset("")


LOADED = """
import json, sys
from workbench.config import Settings
from workbench.spec.loader import load_project
load_project(Settings(project=sys.argv[1], environ={}))
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
HEAVY = {
    *("ibis", "duckdb", "polars", "pyarrow", "pandas", "numpy", "deltalake", "sqlalchemy"),
    *("great_expectations", "adbc_driver_manager", "psycopg", "papermill", "redis", "rq"),
}
ALL_PARTS = """
source: {path: a.csv, header: {line: 1}}
transforms:
  - trim
  - select: {columns: all}
  - rename: {columns: {a: b}}
  - drop: {columns: {pattern: x}}
  - melt: {columns: [m, n], names_to: k, values_to: v}
  - map_categories: {column: k, mapping: {m: '1'}}
  - type_cast: {columns: {v: integer}}
  - deduplicate: {keys: [b]}
  - fill_down: {columns: [b]}
  - replace_values: {columns: [b], values: {x: y}}
  - split: {column: b, separator: "-", into: [c, d]}
  - lookup: {dataset: other, on: [c]}
key: [b]
expectations:
  - expect_column_values_to_not_be_null: {column: b, severity: quarantine}
  - expect_column_values_to_be_increasing: {column: v}
targets: [{connection: warehouse}, {connection: pg, table: t}]
schedule: {cron: "0 6 * * *"}
"""


def modules(settings: Settings) -> set[str]:
    """The top-level modules that loading the project imports, in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(settings.project)],
        capture_output=True, text=True, cwd=REPOSITORY, check=True,
    )  # fmt: skip
    return set(json.loads(done.stdout))


def test_loading_imports_no_engine(settings: Settings) -> None:
    write(settings, a=ALL_PARTS, other="source: {path: o.csv}\n")
    connection = "connection: pg\ntype: postgres\nurl: ${env:PG}\n"
    (settings.specs / "connections" / "pg.yml").write_text(connection)
    assert not modules(settings) & (HEAVY | {"sqlglot"})

    expression = "source: {path: e.csv}\ntransforms: [filter: {where: amount > 0}]\n"
    write(settings, e=expression)
    found = modules(settings)
    assert "sqlglot" in found  # it is the expression that needs it, and the test would see it
    assert not found & HEAVY


def test_what_a_kind_of_destination_cannot_do_is_told_where_it_is_asked_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from workbench.destinations import parquet

    limited = replace(
        parquet.CAPABILITIES,
        strategies=("append", "truncate_insert"),
        schemas=False,
        reasons={
            **parquet.CAPABILITIES.reasons,
            "upsert": "files are written whole",
            "delete_insert": "files are written whole",
            "schemas": "a folder is a table",
        },
    )
    long = "ñ" * 40
    for name, text in {
        "connections/files.yml": "connection: files\ntype: parquet\npath: out\n",
        "connections/db.yml": "connection: db\ntype: postgres\ndatabase: x\n",
        "datasets/a.yml": (
            "dataset: a\nsource: {path: a.csv}\nkey: [id]\n"
            f"columns:\n  id: {{}}\n  {long}: {{}}\n"
            "targets:\n  - {connection: files, schema: sales}\n  - {connection: db}\n"
        ),
    }.items():
        path = settings.specs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_project(settings)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (6, 3)
    assert "80 bytes, and PostgreSQL (db) takes 63" in problem.message

    monkeypatch.setattr(parquet, "CAPABILITIES", limited)
    with pytest.raises(SpecError) as caught:
        load_project(settings)
    told = [(each.line, each.message) for each in caught.value.problems]
    assert told[1:] == [
        (8, "Parquet cannot 'upsert': files are written whole"),
        (8, "Parquet has no schemas: a folder is a table"),
    ]


def test_an_expectation_that_is_off_is_read_and_left_out() -> None:
    text = """\
dataset: d
source: {path: d.csv}
expectations:
  - expect_column_values_to_be_unique: {column: a, enabled: false}
  - expect_column_values_to_not_be_null: {column: a, enabled: true}
"""
    assert [use.name for use in parse_dataset(text).expectations] == [
        "expect_column_values_to_not_be_null"
    ]
    without = text.replace(
        "  - expect_column_values_to_be_unique: {column: a, enabled: false}\n", ""
    )
    assert parse_dataset(text).hash == parse_dataset(without).hash
    for wrong in ("{column: a, enabled: 'no'}", "{colum: a, enabled: false}"):
        with pytest.raises(SpecError):
            parse_dataset(text.replace("{column: a, enabled: false}", wrong))
