"""What is computed anew when something changes, what is kept, and what happens at a fault."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.engine.acting import until
from tests.steps.road import Road
from workbench.errors import Cancelled, CastFailed, ExpressionError, NotFound, SourceMissing
from workbench.steps.preview import Engine, Preview
from workbench.steps.preview.inputs import SAMPLE_ROWS
from workbench.transforms.core import pipeline


@pytest.fixture
def advanced(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The transforms of each walk over rows, as they happen."""
    walks: list[list[str]] = []
    real = pipeline.advance

    def spy(stage, transforms, context, **options):  # type: ignore[no-untyped-def]
        walks.append([use.name for use in transforms])
        return real(stage, transforms, context, **options)

    monkeypatch.setattr(pipeline, "advance", spy)
    return walks


def test_a_change_is_computed_from_there_on(
    messy: Callable[..., Preview], advanced: list[list[str]]
) -> None:
    messy().view()
    assert [name for walk in advanced for name in walk] == [
        "trim", "filter", "map_categories", "type_cast", "derive", "deduplicate",
    ]  # fmt: skip
    for factor in (3, 4):
        advanced.clear()
        messy("amount * 2", f"amount * {factor}").view()
    # the rows before the change were kept at the first one
    assert advanced == [["derive", "deduplicate"]]
    advanced.clear()
    messy(
        "amount * 2",
        "amount * 4",
    ).view()
    assert advanced == []


def test_a_changed_check_leaves_the_rows_alone(
    messy: Callable[..., Preview], advanced: list[list[str]]
) -> None:
    messy().view()
    advanced.clear()
    preview = messy("min_value: 0,", "min_value: 8,")
    assert preview.checks().checks[0].failing == 2
    assert advanced == []


def test_a_disabled_transform_costs_nothing_and_changes_nothing(
    messy: Callable[..., Preview], advanced: list[list[str]]
) -> None:
    off = messy("derive: {columns", "derive: {enabled: false, columns")
    view = off.view()
    assert [step.rows for step in view.steps] == [7, 7, 6, 5, 4, 4, 3]
    assert not view.steps[5].enabled and view.steps[5].ledger is None
    assert "twice" not in [column.name for column in view.columns]


def test_rows_that_were_let_go_are_computed_again(
    road: Road, messy: Callable[..., Preview]
) -> None:
    messy()
    small = Engine(road.settings, records=lambda: road.records, most_cells=1)
    try:
        preview = Preview(small, road.settings.specs.joinpath("datasets/sales.yml").read_text())
        first = [preview.window(number).cells for number in range(7)]
        assert not small.kept
        assert [preview.window(number).cells for number in range(7)] == first
        with small.reading() as cursor:
            until(lambda: not cursor.sql("FROM duckdb_tables()").fetchall())
    finally:
        small.close()


def test_only_what_is_shown_is_kept(messy: Callable[..., Preview], engine: Engine) -> None:
    """Tables on the way (before deduplicate, of refused rows) go when the rows are there."""
    messy().view()
    for factor in (3, 4, 5):
        messy("amount * 2", f"amount * {factor}").view()
    wanted = {name for kept in engine.kept.values() for name in kept.names}

    def tables() -> set[str]:
        with engine.reading() as cursor:
            return {
                name for (name,) in cursor.sql("SELECT table_name FROM duckdb_tables()").fetchall()
            }

    until(lambda: tables() == wanted)
    # received, with its markers or not, before the edited transform, and after each edit
    assert len(wanted) <= len(engine.kept) + 1
    for kept in engine.kept.values():
        with engine.reading() as cursor:
            assert cursor.sql(f"SELECT count(*) FROM {kept.view}").fetchall() == [(kept.rows,)]


def test_provenance_that_all_rows_share_is_no_row_s_own(
    messy: Callable[..., Preview], engine: Engine
) -> None:
    found = messy().window(limit=3)
    assert set(found.sources) == {"sales.csv"}
    with engine.reading() as cursor:
        for kept in engine.kept.values():
            [table, *_] = kept.names
            (sql,) = cursor.sql(
                f"SELECT sql FROM duckdb_tables() WHERE table_name = '{table}'"
            ).fetchone() or ("",)
            assert "_source VARCHAR GENERATED ALWAYS AS('sales.csv')" in sql


def test_random_edits_give_what_a_fresh_engine_gives(
    road: Road, messy: Callable[..., Preview]
) -> None:
    """The same rows, whatever was kept before: a model test."""
    random.seed(11)
    edits = [
        ("amount * 2", "amount * 5"),
        ("keep: last", "keep: first"),
        ("<> 'void'", "<> 'ok'"),
        ("insensitive: true", "insensitive: false"),
        ("enabled: true", "enabled: false"),
        ("other: quarantine", 'other: "null"'),
    ]
    for _ in range(5):
        edit = random.choice(edits[:4] + edits[5:])
        kept = messy(*edit)
        fresh = Engine(road.settings, records=lambda: road.records)
        try:
            alone = Preview(fresh, kept.spec)
            number = random.randrange(7)
            assert kept.window(number).cells == alone.window(number).cells, (edit, number)
            assert kept.view().steps == alone.view().steps, edit
        finally:
            fresh.close()


@pytest.mark.parametrize(
    ("old", "new", "number", "error", "words"),
    [
        ("columns: {twice", "columns: {id", 5, None, ""),
        ("amount * 2", "amount * wrong", 5, ExpressionError, "wrong"),
        ('decimal: ","}', 'decimal: "."}', None, None, ""),
        ('%d/%m/%Y"}}}', '%d/%m/%Y"}}, on_error: stop}', 4, CastFailed, "cannot be used"),
    ],
)
def test_a_fault_is_at_its_transform_and_what_is_before_it_is_shown(
    messy: Callable[..., Preview], old: str, new: str, number: int | None,
    error: type[Exception] | None, words: str,
) -> None:  # fmt: skip
    preview = messy(old, new)
    view = preview.view()
    faults = [step.number for step in view.steps if step.fault]
    if error is None or number is None:
        assert faults == []
        return
    assert faults == [number]
    assert [step.rows is None for step in view.steps] == [n >= number for n in range(7)]
    fault = view.steps[number].fault
    assert fault is not None and words in fault.message
    assert preview.window(number - 1).total == view.steps[number - 1].rows
    with pytest.raises(error):
        preview.window()


def test_a_key_that_is_not_there_is_said(messy: Callable[..., Preview]) -> None:
    fault = messy("key: [id]", "key: [idd]").view().fault
    assert fault is not None and "idd" in fault.message


def test_a_sample_is_the_head_and_says_so(road: Road, engine: Engine) -> None:
    rows = SAMPLE_ROWS + 500
    road.file("n.csv", "n\n" + "".join(f"{n}\n" for n in range(rows)))
    spec = 'dataset: n\nsource: {path: "inbox/n.csv"}\n'
    sample, whole = Preview(engine, spec), Preview(engine, spec, scope="whole")
    assert (sample.view().scope, sample.is_whole) == ("sample", False)
    assert (sample.window().total, sample.view().input.whole_rows) == (SAMPLE_ROWS, rows)
    assert (whole.view().scope, whole.window().total) == ("whole", rows)
    assert sample.key != whole.key


def test_only_the_head_of_a_large_text_is_read(
    road: Road, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.steps.preview import inputs

    monkeypatch.setattr(inputs, "_LARGE", 1_000)
    monkeypatch.setattr(inputs, "_HEAD", 500)
    road.file("n.csv", "n;text\n" + "".join(f"{n};ä{n}\n" for n in range(1_000)))
    spec = 'dataset: n\nsource: {path: "inbox/n.csv"}\n'
    view = Preview(engine, spec).view()
    assert view.scope == "sample" and view.input.whole_rows is None
    assert 20 < view.input.rows < 100
    assert Preview(engine, spec, scope="whole").view().input.rows == 1_000


def test_a_short_file_is_whole_even_as_a_sample(messy: Callable[..., Preview]) -> None:
    assert messy().is_whole


def test_files_of_a_dataset_can_be_chosen(road: Road, engine: Engine) -> None:
    spec = 'source: {path: "inbox/*.csv"}\n'
    road.spec("n", spec)
    text = f"dataset: n\n{spec}"
    with pytest.raises(SourceMissing, match="no file matches"):
        Preview(engine, text)
    road.file("a.csv", "n\n1\n")
    road.run("n")
    (road.settings.project / "inbox" / "a.csv").unlink()
    received = Preview(engine, text).view().input
    assert (received.file, received.rows) == ("a.csv", 1)  # from RAW
    road.file("b.csv", "n\n1\n2\n")
    assert Preview(engine, text).view().input.file == "b.csv"
    assert Preview(engine, text, file="a.csv").view().input.rows == 1
    assert Preview(engine, text, file=received.sha256).view().input.file == "a.csv"
    with pytest.raises(NotFound, match=r"did you mean 'a\.csv'"):
        Preview(engine, text, file="a.cvs")


def test_a_file_that_changes_is_previewed_anew(road: Road, engine: Engine) -> None:
    text = 'dataset: n\nsource: {path: "inbox/n.csv"}\n'
    road.file("n.csv", "n\n1\n")
    assert Preview(engine, text).window().total == 1
    road.file("n.csv", "n\n1\n2\n")
    assert Preview(engine, text).window().total == 2


def test_a_preview_that_nobody_waits_for_stops(messy: Callable[..., Preview]) -> None:
    asked = iter([False, True])
    preview = messy(cancelled=lambda: next(asked, True))
    with pytest.raises(Cancelled):
        preview.view()
    assert messy().view().steps[-1].rows == 3
