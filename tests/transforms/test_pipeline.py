"""The pipeline: plans, ledgers that always balance, refused rows, and faults that are noticed."""

from __future__ import annotations

import gc
import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import StorageFull, TransformError
from workbench.model.dataset import Column
from workbench.model.ledger import LedgerImbalance
from workbench.registry import find, names
from workbench.transforms.core import pipeline
from workbench.transforms.core.context import Applied, Context

ROWS = [{"id": str(n), "enero": f"1.00{n},5", "febrero": "x" if n == 3 else ""} for n in range(5)]
MONEY = {"type": "decimal(18,2)", "decimal": ",", "thousands": "."}
STEPS = [
    ("trim", {}),
    ("melt", {"keep": "id", "names_to": "mes", "values_to": "monto", "drop_nulls": True}),
    ("type_cast", {"columns": {"monto": MONEY}}),
    ("deduplicate", {"keys": ["id", "mes"]}),
    ("rename", {"columns": {"monto": "pesos"}}),
]  # fmt: skip


def steps(use):
    return [use(name, **options) for name, options in STEPS]


def test_rows_refused_carry_what_is_needed_to_mend_them(run, use):
    result = run(ROWS, *steps(use))
    assert len(result.rows) == 5
    assert result.refused == [
        {
            "_source": "in.csv", "_row": 5, "_run": "run", "step": "3 type_cast",
            "reasons": ["monto: 'x' does not read as decimal(18,2) with decimal mark ',' and "
                        "thousands mark '.'"],
            "values": {"id": "3", "mes": "febrero", "monto": "x"},
        }
    ]  # fmt: skip
    assert [(each["name"], each["rows_in"], each["rows_out"]) for each in result.ledgers] == [
        ("1 trim", 5, 5), ("2 melt", 5, 6), ("3 type_cast", 6, 5), ("4 deduplicate", 5, 5),
        ("5 rename", 5, 5),
    ]  # fmt: skip


def test_the_first_refusal_counts(run, use):
    rows = [{"a": "x", "b": "y"}, {"a": "1", "b": "y"}, {"a": "1", "b": "2"}]
    result = run(
        rows,
        use("type_cast", columns={"a": "integer"}),
        use("type_cast", columns={"b": "integer"}),
        use("fill_down", columns="a"),
        use("type_cast", columns={"b": {"type": "boolean", "true_values": ["1"]}}),
    )
    assert [(row["_row"], row["step"]) for row in result.refused] == [
        (2, "1 type_cast"), (3, "2 type_cast"), (4, "4 type_cast")
    ]  # fmt: skip
    assert [ledger.quarantined for ledger in result.outcome.ledgers] == [1, 1, 0, 1]


def test_disabled_transforms_do_nothing_but_count_as_numbers(run, use):
    result = run(
        [{"a": "x"}],
        use("drop", columns="zzz", enabled=False),
        use("type_cast", columns={"a": "integer"}),
    )
    assert [each["name"] for each in result.ledgers] == ["2 type_cast"]


def test_no_transforms_at_all(run):
    result = run(ROWS)
    assert result.rows == ROWS
    assert result.ledgers == []
    assert result.edges == {("target.bronze", name, name, "direct") for name in ROWS[0]}


def test_the_plan_needs_no_rows_and_tells_columns_after_each_step(use):
    received = [
        Column(name="id"),
        Column(name="enero", original="Enero"),
        Column(name="c", original="x"),
    ]
    context = pipeline.planning_context("d", lambda name: (), received)
    uses = [*steps(use), use("drop", columns="id", enabled=False)]
    after = pipeline.columns_after(received, uses, context)
    assert len(after) == len(uses)
    assert [column.original for column in after[0]] == [None, "Enero", "x"]
    assert [(column.name, column.type) for column in after[-1]] == [
        ("id", "text"), ("mes", "text"), ("pesos", "decimal(18,2)")
    ]  # fmt: skip
    edges = pipeline.lineage(received, uses, context)
    assert ("d.bronze", "enero", "pesos") in {
        (edge.source, edge.source_column, edge.target_column) for edge in edges
    }


def test_errors_in_a_plan_name_transform_and_column(use):
    context = pipeline.planning_context("d", lambda name: (), ())
    uses = [use("trim"), use("drop", columns=["Idd"])]
    with pytest.raises(TransformError) as caught:
        pipeline.columns_after([Column(name="id"), Column(name="x")], uses, context)
    assert str(caught.value).splitlines() == [
        "dataset d, transform 2 drop: there is no column 'Idd'; did you mean 'id'?",
        "  → columns at this point: id, x",
    ]


VALUES = st.sampled_from([None, "", "1", "2", " 1", "x", "1,5", "ñ-b", "a-b-c"])
TABLES = st.lists(st.fixed_dictionaries({name: VALUES for name in "abc"}), max_size=8)
OTHER = [{"key": "1", "more": "u"}, {"key": "2", "more": "v"}, {"key": "2", "more": "w"}]


def _choices(columns):
    """Transforms that may fit these columns."""
    name = st.sampled_from([column.name for column in columns])
    one_of = {
        "trim": {},
        "deduplicate": {
            "keys": name,
            "keep": st.sampled_from(["first", "last", "none"]),
            "null_keys": st.sampled_from(["keep", "equal"]),
        },
        "aggregate": {"group_by": name, "measures": st.just({"total": "count(*)"})},
    }
    texts = [column.name for column in columns if column.type == "text"]
    if texts:
        text = st.sampled_from(texts)
        on = st.dictionaries(text, st.just("key"), min_size=1, max_size=1)
        one_of |= {
            "type_cast": {
                "columns": st.dictionaries(text, st.just("integer"), min_size=1),
                "on_error": st.sampled_from(["quarantine", "keep"]),
            },
            "map_categories": {
                "column": text,
                "mapping": st.just({"x": "1"}),
                "other": st.just("quarantine"),
            },
            "split": {"column": text, "separator": st.just("-"), "into": st.just(["p1", "p2"])},
            "lookup": {
                "dataset": st.just("other"),
                "on": on,
                "unmatched": st.sampled_from(["keep", "filter", "quarantine"]),
                "ambiguous": st.just("quarantine"),
            },
            "join": {
                "dataset": st.just("other"),
                "on": on,
                "how": st.sampled_from(["left", "inner"]),
            },
            "filter": {"where": text.map(lambda each: f"{each} <> '1'")},
        }
    if len(texts) > 1:
        one_of["melt"] = {"columns": st.just(texts[:2]), "drop_nulls": st.booleans()}
    return [
        st.tuples(st.just(each), st.fixed_dictionaries(options)) for each, options in one_of.items()
    ]


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whatever_is_done_every_row_is_accounted_for(run, use, data):
    rows = data.draw(TABLES)
    columns = tuple(Column(name=name) for name in "abc")
    others = {"other": (Column(name="key"), Column(name="more"))}
    uses, current = [], columns
    for _ in range(data.draw(st.integers(1, 5))):
        name, options = data.draw(st.one_of(_choices(current)))
        attempt = [*uses, use(name, **options)]
        try:
            context = pipeline.planning_context("d", others.__getitem__, columns)
            current = pipeline.columns_after(columns, attempt, context)[-1]
        except TransformError:
            continue  # a name is taken, or a type does not fit
        uses = attempt
    # the fixture checks each ledger, that they follow each other, and the rows that came out
    result = run(rows, *uses, datasets={"other": OTHER}, like="abc")
    gone = sum(
        each.filtered + each.deduplicated + each.collapsed for each in result.outcome.ledgers
    )
    found = {*result.numbers, *(row["_row"] for row in result.refused)}
    if not gone and None not in found:
        assert found == set(range(2, len(rows) + 2))


@pytest.mark.parametrize("rowwise", [True, False])
@pytest.mark.parametrize("spoil", [lambda t: t.limit(2), lambda t: t.union(t)])
def test_a_transform_that_loses_or_doubles_rows_is_noticed(run, use, monkeypatch, rowwise, spoil):
    def apply(table, options, context):
        spoiled = table if context.symbolic else spoil(table)
        return Applied(spoiled, {n: spoiled[n] for n in ROWS[0]} if rowwise else None)

    broken = SimpleNamespace(apply=apply, ROWWISE=rowwise)
    monkeypatch.setattr(
        pipeline, "find", lambda kind, name: broken if name == "trim" else find(kind, name)
    )
    with pytest.raises(LedgerImbalance, match="where the ledger says 5"):
        run(ROWS, use("trim"))
    with pytest.raises(LedgerImbalance):
        run(ROWS, use("trim"), use("type_cast", columns={"id": "integer"}), use("deduplicate"))
    with pytest.raises(LedgerImbalance):
        run(ROWS, use("type_cast", columns={"id": "integer"}), use("trim"), use("deduplicate"))


def test_a_full_disk_is_said_to_be_one(run, use, monkeypatch):
    def fail(table):
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageFull):
        run(ROWS, use("type_cast", columns={"id": "integer"}), materialize=fail)


def test_a_full_disk_is_named_by_the_file_that_did_not_fit(run, use, backend):
    def spill(table):
        table.to_parquet("/dev/full")

    with pytest.raises(StorageFull) as caught:
        run(ROWS, use("type_cast", columns={"id": "integer"}), materialize=spill)
    assert caught.value.where == "dataset target, file /dev/full"


def test_tables_may_be_kept_elsewhere(run, use, backend, tmp_path):
    def to_parquet(table):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.parquet"
        table.to_parquet(path)
        return backend.read_parquet(path)

    kept = run(ROWS, *steps(use), materialize=to_parquet)
    assert kept.rows == run(ROWS, *steps(use)).rows
    assert list(tmp_path.iterdir())


def test_kept_tables_live_as_long_as_the_outcome_and_no_longer(table, backend, use):
    def kept():
        gc.collect()
        return sum(name.startswith("ibis_cached") for name in backend.list_tables())

    rows = [{"_source": "a", "_row": n, "_run": "r"} | row for n, row in enumerate(ROWS)]
    before = kept()
    outcome = pipeline.run(table(rows), steps(use), Context("d"))
    assert kept() > before
    assert outcome.table.count().execute() == 5
    assert outcome.quarantined.count().execute() == 1
    del outcome
    assert kept() == before


def test_rows_without_provenance_are_transformed_too(table, use):
    outcome = pipeline.run(table(ROWS), steps(use), Context("d", source="upstream"))
    assert "_row" not in outcome.table.columns
    assert outcome.quarantined.to_pyarrow().to_pylist()[0]["_row"] is None
    assert {edge.source for edge in outcome.lineage} == {"upstream"}


def test_options_and_summaries_do_not_import_engines():
    code = (
        "import sys; from workbench.registry import find, names\n"
        "modules = [find('transforms', name) for name in names('transforms')]\n"
        "assert all(m.Options.__doc__ and m.apply and m.summary for m in modules)\n"
        "print(sorted({'ibis', 'duckdb', 'sqlglot', 'pyarrow', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", names("transforms"))
def test_every_option_is_described(name):
    def check(schema, where):
        for key, field in schema.get("properties", {}).items():
            said = field.get("description") or field.get("title") in ("Column", "Columns")
            assert said or "$ref" in str(field), f"{where}.{key} has no description"

    schema = find("transforms", name).Options.model_json_schema()
    check(schema, name)
    for part, each in schema.get("$defs", {}).items():
        check(each, f"{name}.{part}")


def test_an_engine_error_is_ours(run, use):
    with pytest.raises(TransformError, match="engine refuses it") as caught:
        run(
            [{"x": 2**62}] * 4, use("aggregate", measures={"s": {"function": "sum", "column": "x"}})
        )
    assert caught.value.where == "dataset target, transform 1 aggregate"
