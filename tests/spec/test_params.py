"""Parameters: typed literals, never code, never another path."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from workbench.errors import ConfigError, SpecError
from workbench.spec.loader import parse_dataset
from workbench.spec.params import ParamSpec, bind_values


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("text", " a; drop table x --", " a; drop table x --"),
        ("text", 5, "5"),
        ("integer", " 42 ", 42), ("integer", "-7", -7), ("integer", 7, 7),
        ("decimal", "0.10", Decimal("0.10")), ("decimal", 1, Decimal(1)),
        ("number", "1.5", 1.5), ("number", 2, 2.0),
        ("boolean", "TRUE", True), ("boolean", False, False),
        ("date", "2024-02-29", dt.date(2024, 2, 29)),
        ("timestamp", "2024-01-31 08:00:00", dt.datetime(2024, 1, 31, 8)),
    ],
)  # fmt: skip
def test_values_are_read_as_their_type(kind: Any, given: Any, value: Any) -> None:
    read = ParamSpec(type=kind).value(given)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("integer", "4.0"), ("integer", "1e3"), ("integer", "0x10"), ("integer", "1_000"),
        ("integer", ""), ("integer", "9" * 19), ("integer", True), ("integer", "٣"),
        ("decimal", "NaN"), ("decimal", "Infinity"), ("decimal", "1,5"), ("number", "inf"),
        ("boolean", "yes"), ("boolean", "1"), ("date", "31/01/2024"), ("date", "2023-02-29"),
        ("timestamp", "yesterday"),
    ],
)  # fmt: skip
def test_what_does_not_read_as_its_type_is_refused(kind: Any, given: Any) -> None:
    with pytest.raises(ValueError, match=f"does not read as {kind}; write it like "):
        ParamSpec(type=kind).value(given)


def test_a_default_must_fit_its_type() -> None:
    with pytest.raises(SpecError) as caught:
        parse_dataset(
            "dataset: a\nparams:\n  day: {type: date, default: tomorrow}\nsource: {path: a.csv}\n"
        )
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (3, 8)
    assert problem.message == "'tomorrow' does not read as date"
    assert problem.remedy == "write it like 2024-01-31"


def test_unquoted_dates_in_yaml_are_dates_too() -> None:
    text = "dataset: a\nparams: {day: {type: date, default: 2024-01-31}}\nsource: {path: a.csv}\n"
    assert parse_dataset(text).values == {"day": dt.date(2024, 1, 31)}


def test_missing_unknown_and_misread_values_name_place_and_remedy() -> None:
    declared = {"year": ParamSpec(type="integer"), "note": ParamSpec(default="x")}
    assert bind_values(declared, {"year": "1"}, where="f.yml") == {"year": 1, "note": "x"}
    for given, message, remedy in [
        ({}, "'year' is not given and has no default", "--param year=VALUE"),
        ({"yaer": 1}, "unknown parameter 'yaer'; did you mean 'year'?", "year, note"),
        ({"year": "MM"}, "parameter 'year': 'MM' does not read as integer", "--param year="),
    ]:
        with pytest.raises(ConfigError) as caught:
            bind_values(declared, given, where="f.yml")
        assert message in caught.value.message
        assert caught.value.where == "f.yml"
        assert remedy in str(caught.value.remedy)


SPEC = 'dataset: a\nparams: {part: {}}\nsource: {path: "inbox/${param:part}/a_${param:part}.csv"}\n'


def test_every_place_is_replaced() -> None:
    assert parse_dataset(SPEC).bind({"part": "ñ 1"}).source.path == ("inbox/ñ 1/a_ñ 1.csv",)


@pytest.mark.parametrize(
    "value",
    ["../../etc/passwd", "..", "a/b", "a\\b", "*", "a?", "[ab]", "{a,b}", "a\nb",
     "${param:part}"],
)  # fmt: skip
def test_a_value_cannot_lead_elsewhere(value: str) -> None:
    with pytest.raises(ConfigError, match="cannot stand in the source"):
        parse_dataset(SPEC).bind({"part": value})


@pytest.mark.parametrize(
    ("value", "said"), [("a\0b", "control character"), ("\x1b[31m", "control character"),
                        ("x" * 10_001, "at most 10,000")],
)  # fmt: skip
def test_a_value_is_a_short_text(value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_dataset(SPEC).bind({"part": value})


def test_only_declared_parameters_may_be_referred_to() -> None:
    with pytest.raises(SpecError) as caught:
        parse_dataset(SPEC.replace("{part: {}}", "{prat: {}}"))
    assert {problem.message for problem in caught.value.problems} == {
        "unknown parameter 'part'; did you mean 'prat'?"
    }
