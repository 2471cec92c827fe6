"""type_cast: numbers by their marks, dates by format, and what becomes of the rest."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from pydantic import ValidationError

from workbench.errors import CastFailed, TransformError
from workbench.registry import find

COMMA = {"decimal": ",", "thousands": "."}
POINT = {"decimal": ".", "thousands": ","}
BAD = "refused"


def test_numbers_with_decimal_comma(check):
    check(
        [
            ("1.131,59", Decimal("1131.59")), ("1131,59", Decimal("1131.59")),
            ("-12", Decimal("-12.00")), ("+7,5", Decimal("7.50")), (",5", Decimal("0.50")),
            ("1.000.000,10", Decimal("1000000.10")), ("0,100", Decimal("0.10")),
            ("1.5", BAD), ("1.23.456", BAD), ("12345.678", BAD), ("1.131.59", BAD),
            ("1,131.59", BAD), ("1,2,3", BAD), ("1,", BAD), (",", BAD), ("-", BAD), ("--1", BAD),
            ("1 131,59", BAD), ("1e", BAD), ("NaN", BAD), ("inf", BAD), ("1_000", BAD),
            ("0x1F", BAD), ("١٢", BAD), ("1,005", BAD), ("99999999999999999,00", BAD),
            ("1\n2", BAD), ("1\n", Decimal("1.00")), ("\u00a0 12 \t", Decimal("12.00")),
            (None, None), ("", None), ("  ", None),
        ],
        type="decimal(18,2)", **COMMA,
    )  # fmt: skip


def test_numbers_with_thousands_comma(check):
    check(
        [("1,404", 1404), ("1404", 1404), ("1371.0", 1371), ("1371.00", 1371), ("1371.5", BAD),
         ("1,40", BAD), ("1,4040", BAD), (",404", BAD), ("1,404,", BAD), ("1,404.0", 1404),
         ("007", 7), ("1E3", 1000), ("1e+05", 100000), ("1.5E3", 1500), ("1.55E1", BAD),
         ("9223372036854775807", 2**63 - 1), ("9223372036854775808", BAD),
         ("-9223372036854775808", -(2**63)), ("1E30", BAD)],
        type="integer", **POINT,
    )  # fmt: skip


def test_without_a_thousands_mark_there_is_none(check):
    check([("1,404", BAD), ("1.404", BAD), ("1404", 1404)], type="integer")


def test_floating_point_numbers_and_e_notation(check):
    check(
        [("2,14E-05", 2.14e-05), ("2,14e-05", 2.14e-05), ("-1,5", -1.5), ("1E400", BAD),
         ("nan", BAD), ("Infinity", BAD), ("0,1", 0.1), ("2.14E-05", BAD)],
        type="number", decimal=",",
    )  # fmt: skip


def test_e_notation_of_decimals_is_exact_or_refused(check):
    check(
        [("2,14E-05", Decimal("0.00002140")), ("2,14E-09", BAD), ("1,5E3", Decimal(1500))],
        type="decimal(18,8)", decimal=",",
    )  # fmt: skip


@pytest.mark.parametrize("mark", [" ", "\u00a0", "\u202f"])
def test_blanks_as_thousands_marks_stand_for_each_other(check, mark):
    check(
        [(f"1{mark}131,59", Decimal("1131.59")), (f"1{mark}13", BAD), ("1131", Decimal(1131))],
        type="decimal", decimal=",", thousands=" ",
    )  # fmt: skip


def test_apostrophes(check):
    check(
        [("1'131.5", 1131.5), ("1’131", 1131.0), ("11'31", BAD)],
          type="number", thousands="'")  # fmt: skip


def test_negative_forms_only_as_declared(check):
    check([("5-", BAD), ("(5)", BAD), ("-5", -5)], type="integer")
    check(
        [("5-", -5), ("-5-", BAD), ("-5", -5), ("(5)", BAD), ("1.234-", -1234)],
          type="integer", negative="trailing", thousands=".", decimal=",")  # fmt: skip
    check(
        [("(5)", -5), ("(5", BAD), ("(-5)", BAD), ("5", 5), ("5-", BAD)],
          type="integer", negative="parentheses")  # fmt: skip


def test_signs_are_stripped_only_as_declared(check):
    check([("$ 5", BAD), ("5%", BAD)], type="integer")
    check(
        [("$ 5", 5), ("-$5", -5), ("$-5", -5), ("5 %", 5), ("USD 5", 5), ("5 USD", 5), ("1$2", BAD),
         ("$", BAD), ("$$5", BAD)],
        type="integer", strip=["$", "%", "USD"],
    )  # fmt: skip


def test_rounding_only_as_declared(check):
    check([("2.5", 3), ("-2.5", -3), ("1371.4", 1371)], type="integer", round=True)
    check(
        [("0,125", Decimal("0.13")), ("99999,125", BAD)],
          type="decimal(5,2)", decimal=",", round=True)  # fmt: skip


def test_null_markers(check):
    check(
        [("-", None), ("-99.9", None), (" - ", None), ("-1", -1.0), ("n/d", BAD)],
          type="number", null_values=["-", "-99.9"])  # fmt: skip


def test_refused_rows_keep_values_and_say_why(run, use):
    rows = [{"id": "a", "amount": "1.5", "day": "2/30/2020"}, {"id": "b", "amount": "1", "day": ""}]
    columns = {
        "amount": {"type": "integer", **COMMA},
        "day": {"type": "date", "format": "%m/%d/%Y"},
    }
    result = run(rows, use("type_cast", columns=columns))
    assert result.rows == [{"id": "b", "amount": 1, "day": None}]
    assert result.refused == [
        {
            "_source": "in.csv", "_row": 2, "_run": "run", "step": "1 type_cast",
            "reasons": [
                "amount: '1.5' does not read as integer with decimal mark ',' and thousands "
                "mark '.'",
                "day: '2/30/2020' does not read as date with format %m/%d/%Y",
            ],
            "values": rows[0],
        }
    ]  # fmt: skip
    assert result.ledgers == [
        {"name": "1 type_cast", "rows_in": 2, "rows_out": 1, "quarantined": 1}
    ]


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("integer", "1.5", "has decimals, which integer cannot hold (round: true would round it)"),
        ("decimal(5,2)", "1.555", "has more than 2 decimals, which decimal(5,2) cannot hold"),
        ("decimal(5,2)", "12345", "is out of range for decimal(5,2)"),
        ("number", "1E999", "is out of range for number"),
        ("boolean", "maybe", "does not read as boolean (known: true, t, yes"),
    ],
)
def test_reasons_tell_kinds_of_failure_apart(run, use, kind, text, reason):
    result = run([{"x": text}], use("type_cast", columns={"x": kind}))
    assert result.refused[0]["reasons"][0].startswith(f"x: '{text}' {reason}")


def test_long_values_are_cut_in_reasons_but_kept_whole(run, use):
    text = "ñ" * 500
    refused = run([{"x": text}], use("type_cast", columns={"x": "integer"})).refused[0]
    assert len(refused["reasons"][0]) < 200
    assert refused["values"] == {"x": text}


def test_kept_values_stand_beside_as_text_and_are_counted(run, use):
    rows = [{"x": "1"}, {"x": "one"}, {"x": None}]
    result = run(
        rows, use("type_cast", columns={"x": "integer"}, on_error="keep"), use("drop", columns="x")
    )
    assert result.rows == [{"x_original": None}, {"x_original": "one"}, {"x_original": None}]
    assert result.ledgers[0] == {
        "name": "1 type_cast", "rows_in": 3, "rows_out": 3, "notes": {"x kept as text": 1}
    }  # fmt: skip
    assert result.refused == []


def test_stop_names_examples_and_place(run, use):
    rows = [{"x": "1"}, {"x": "one"}, {"x": "two"}]
    with pytest.raises(
        CastFailed, match=r"2 rows cannot be used: in.csv row 3: x: 'one'"
    ) as caught:
        run(rows, use("type_cast", columns={"x": "integer"}, on_error="stop"))
    assert caught.value.where == "dataset target, transform 1 type_cast"
    assert run(rows[:1], use("type_cast", columns={"x": "integer"}, on_error="stop")).rows


def test_no_failed_cast_ever_becomes_null(run, use):
    """Whatever is not null before and null after is refused."""
    texts = ["1", "a", "1,5", "1.5", "31/12/2020", "true", "£", "–1", "\u200b", "1 2", "NULL", "."]
    kinds = ("integer", "decimal(9,3)", "number", "boolean", "date", "timestamp", "time")
    columns = {kind.partition("(")[0]: kind for kind in kinds}
    rows = [dict.fromkeys(columns, text) for text in texts]
    result = run(rows, use("type_cast", columns=columns, on_error="keep"))
    for text, row in zip(texts, result.rows, strict=True):
        for name in columns:
            lost = row[name] is None and text.strip("\u200b") != ""
            assert row[f"{name}_original"] == (text if lost else None)
    kept = {
        f"{name} kept as text": sum(row[name] is None for row in result.rows) - 1
        for name in columns
    }
    assert result.last.notes == kept


def test_typed_columns_change_type_without_losing_anything(run, use):
    def other(values, kind, **cast):
        rows = [{"x": value} for value in values]
        result = run(rows, use("type_cast", columns={"x": {"type": kind, **cast}}))
        return dict(zip(result.numbers, result.column("x"), strict=True))

    assert other([1.0, 2.5, 1e30, None], "integer") == {2: 1, 5: None}
    assert other([0.125, 0.25], "decimal(4,2)") == {3: Decimal("0.25")}
    assert other([0.125], "decimal(4,2)", round=True) == {2: Decimal("0.13")}
    assert other([1, 2], "text") == {2: "1", 3: "2"}
    assert other([0, 1, 2], "boolean") == {2: False, 3: True}
    assert other([dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, 5)], "date") == {
        2: dt.date(2020, 1, 1)
    }
    assert other([dt.date(2020, 1, 1)], "date") == {2: dt.date(2020, 1, 1)}
    with pytest.raises(TransformError):
        other([dt.date(2020, 1, 1)], "number")


def test_empty_tables_and_odd_names(run, use):
    result = run([], use("type_cast", columns={'a "b"': "integer"}), like=['a "b"'])
    assert result.types == {'a "b"': "integer"}
    rows = [{'a "b"; --': "x", "_given_x": "1", "x": "2"}]
    columns = {'a "b"; --': "text", "x": "integer"}
    assert run(rows, use("type_cast", columns=columns)).rows == [
        {'a "b"; --': "x", "_given_x": "1", "x": 2}
    ]


@pytest.mark.parametrize(
    ("cast", "message"),
    [
        ("integr", "is not a type; valid are text, integer"),
        ({"type": "integer", "decimal": ",", "thousands": ","}, "are the same"),
        ({"type": "date", "decimal": ","}, "'decimal' means nothing for date"),
        ({"type": "integer", "format": "%d"}, "'format' means nothing for integer"),
        ({"type": "date", "format": "dd/mm/yyyy"}, "write it like %d/%m/%Y"),
        ({"type": "date", "format": "%d/%m/%Q"}, "%Q in the format"),
        ({"type": "timestamp", "format": "%Y-%m-%d %H:%M%z"}, "%z in the format"),
        ({"type": "number", "decimal": "5"}, "cannot be a mark"),
        ({"type": "boolean", "true_values": ["NO"]}, "'no' is both true and false"),
        ({"type": "integer", "formats": "x"}, "Extra inputs"),
    ],
)  # fmt: skip
def test_options_are_checked(cast, message):
    with pytest.raises(ValidationError) as caught:
        find("transforms", "type_cast").Options.model_validate({"columns": {"x": cast}})
    assert message in str(caught.value)


def test_lineage_and_summary(run, use):
    cast = use("type_cast", columns={"x": "integer"})
    result = run([{"x": "1", "y": "a"}], cast)
    assert result.edges == {
        ("target.bronze", "x", "x", "derived"), ("target.bronze", "y", "y", "direct")
    }  # fmt: skip
    assert find("transforms", "type_cast").summary(cast.options) == (
        "read x as integer; on error quarantine"
    )
