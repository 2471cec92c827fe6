"""What expressions may say, and where a fault in them is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ExpressionError
from workbench.spec.expression_ibis import HANDLERS
from workbench.spec.expression_language import LITERALS, NODES
from workbench.spec.expressions import MAX_LENGTH, parse


@pytest.mark.parametrize(
    ("text", "columns", "params"),
    [
        ("amount > 0 and month in ('enero', 'febrero')", ("amount", "month"), ()),
        ("año = :year", ("año",), ("year",)),
        (':from <= "fecha de pago" and "fecha de pago" < :to', ("fecha de pago",), ("from", "to")),
        ("b + a + b", ("b", "a"), ()),
        ("1 + 1", (), ()),
        ("a -- a comment\n > 1 /* another */", ("a",), ()),
        ("date > date '2024-01-31'", ("date",), ()),
        ("key = value", ("key", "value"), ()),
    ],
)
def test_columns_and_parameters_are_told_in_order(
    text: str, columns: tuple[str, ...], params: tuple[str, ...]
) -> None:
    expression = parse(text)
    assert expression.columns == columns
    assert expression.params == params
    assert expression.text == text


def test_parameters_have_places() -> None:
    places = parse("a = :x\n  and b = :long_name and d = dt::date").param_places
    assert places == (("x", 1, 5), ("long_name", 2, 11))


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "empty"),
        ("   ", 1, 1, "empty"),
        ("coalesc(a, b)", 1, 1, "unknown function 'coalesc'; did you mean 'coalesce'?"),
        ("a\n  + foo(b)", 2, 5, "unknown function 'foo'"),
        ("strptime(a, '%Y')", 1, 1, "did you mean 'try_cast'?"),
        ("sum(a)", 1, 1, "'sum' sums up many rows"),
        ("a > 1 and count(*) > 2", 1, 11, "'count' sums up many rows"),
        ("sum(a) over ()", 1, 1, "OVER"),
        ("a in (select 1)", 1, 14, "a query within an expression"),
        ("(select max(x) from t)", 1, 9, "a query within an expression"),
        ("exists(select 1)", 1, 1, "a query within an expression"),
        ("*", 1, 1, "the star"),
        ("t.a > 1", 1, 1, "a qualified name"),
        ("1 + a.b.c", 1, 5, "a qualified name"),
        ("x -> x + 1", 1, 1, "an arrow"),
        ("[1, 2]", 1, 2, "a list"),
        ("a[1]", 1, 1, "an index"),
        ("a b", 1, 3, "cannot be read at 'b'"),
        ("a = 1; drop table x", 1, 6, "';' is not part of an expression"),
        ("drop table x", 1, 1, "cannot be read at 'drop'"),
        ("select 1", 1, 1, "cannot be read at 'select'"),
        ("copy t to 'x'", 1, 6, "cannot be read"),
        ("a +\n", 1, 3, "cannot be read"),
        ("((a)", 1, 4, "cannot be read"),
        ("a = 'it", 1, 5, "what begins with ' does not end"),
        ('"a > 1', 1, 1, 'what begins with " does not end'),
        ("a = ?", 1, 5, "'?' is not a parameter"),
        ("a = $p", 1, 5, "'$' is not a parameter"),
        ("a = : and b", 1, 5, "':' without the name"),
        ("random() > 0.5", 1, 1, "unknown function 'random'"),
        ("a > current_date", 1, 5, "unknown function 'current_date'"),
        ("read_csv('/etc/passwd')", 1, 1, "unknown function 'read_csv'"),
        ("getenv('HOME')", 1, 1, "unknown function 'getenv'"),
        ("a ~ 'x'", 1, 1, "the operator ~"),
        ("a & 1 = 1", 1, 1, "& is not part"),
        ("cast(a as foo)", 1, 1, "unknown type 'foo'"),
        ("cast(a as integer[])", 1, 1, "unknown type"),
        ("a::decimal(50,2)", 1, 1, "a decimal has 1 to 38 digits"),
        ("d + interval (a) day", 1, 15, "interval needs a literal"),
        ("d + interval 1 fortnight", 1, 5, "unknown unit of time 'fortnight'"),
        ("date_trunc('monht', d)", 1, 1, "unknown unit of time 'monht'; did you mean 'month'?"),
        ("regexp_matches(a, b)", 1, 19, "regexp_matches needs a literal"),
        ("round(a, 2, 3)", 1, 1, "round does not take"),
        ("length(a, b)", 1, 1, "length does not take"),
        ("columns('x')", 1, 1, "unknown function 'columns'"),
        ("a = any([1])", 1, 10, "ANY"),
        ("x" * (MAX_LENGTH + 1), 1, 1, "longer than 10,000"),
        ("(" * 4000 + "a" + ")" * 4000, 1, 65, "nested deeper"),
        ("not " * 2000 + "a", 1, None, "nested deeper"),
        ("- " * 2000 + "a", 1, None, "nested deeper"),
        ("case when a then " * 100 + "1" + " end" * 100, 1, None, "nested deeper"),
        (" + ".join(["a"] * 200), 1, 1, "nested deeper"),
    ],
)
def test_what_is_refused_is_named_with_its_place(
    text: str, line: int, column: int | None, message: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    error = caught.value
    assert message in error.message
    assert error.line == line
    assert column is None or error.column == column
    assert error.remedy


def test_unknown_columns_are_refused_where_columns_are_known() -> None:
    with pytest.raises(ExpressionError) as e:
        parse("amount > 1 and\n amuont < 2", ["amount", "month"])
    assert e.value.message == "unknown column 'amuont'; did you mean 'amount'?"
    assert (e.value.line, e.value.column) == (2, 2)
    assert e.value.remedy == "columns: amount, month"


def test_every_node_that_is_allowed_can_be_translated() -> None:
    parts = {"Identifier", "Var", "DataType", "DataTypeParam"}  # read by the nodes around them
    assert set(NODES) - parts == set(HANDLERS)
    assert set(LITERALS) <= set(NODES)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="abd()'\"+-*/=<>:,;.$?[]{}| \n\t1ñ0_%é\\", max_size=60))
def test_whatever_is_written_it_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        assert error.line >= 1
        assert error.column >= 1
