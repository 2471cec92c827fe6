"""Dates, times and truth values read from text."""

from __future__ import annotations

import datetime as dt

import pytest

BAD = "refused"


def test_dates_by_format(check):
    day = dt.date(2008, 1, 1)
    check(
        [("01/01/2008", day), ("1/1/2008", day), ("1/01/08", BAD), ("01/01/208", BAD),
         ("31/02/2008", BAD), ("29/02/2008", dt.date(2008, 2, 29)), ("2008-01-01", BAD),
         ("13/13/2008", BAD), ("1/1/2008x", BAD), ("epoch", BAD), ("infinity", BAD),
         ("-infinity", BAD), (" 01/01/2008 ", day), ("", None), (None, None),
         ("01/01/1900", dt.date(1900, 1, 1))],
        type="date", format="%d/%m/%Y",
    )  # fmt: skip


def test_two_digit_years_and_several_formats_in_order(check):
    check(
        [("1/01/08", dt.date(2008, 1, 1)), ("03/22/2020", dt.date(2020, 3, 22)),
         ("01/02/2020", dt.date(2020, 1, 2)), ("22/03/2020", BAD)],
        type="date", format=["%d/%m/%y", "%m/%d/%Y"],
    )  # fmt: skip


def test_iso_by_default(check):
    check([("2020-02-29", dt.date(2020, 2, 29)), ("29/02/2020", BAD)], type="date")
    check(
        [("2020-01-02 03:04:05", dt.datetime(2020, 1, 2, 3, 4, 5)),
         ("2020-01-02T03:04:05.250", dt.datetime(2020, 1, 2, 3, 4, 5, 250000)),
         ("2020-01-02", dt.datetime(2020, 1, 2)), ("2020-01-02 25:00", BAD)],
        type="timestamp",
    )  # fmt: skip
    check(
        [("03:04", dt.time(3, 4)), ("03:04:05", dt.time(3, 4, 5)), ("24:00", BAD)],
          type="time")  # fmt: skip


def test_a_date_loses_no_time_of_day(check):
    check(
        [("1996-07-04 00:00:00.000", dt.date(1996, 7, 4)), ("1996-07-04 10:00:00.000", BAD)],
        type="date", format="%Y-%m-%d %H:%M:%S.%f",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "form", "cases"),
    [
        ("es", "%d de %B de %Y", [("3 de enero de 2024", dt.date(2024, 1, 3)),
                                  ("30 DE SETIEMBRE DE 2024", dt.date(2024, 9, 30)),
                                  ("3 de january de 2024", BAD), ("3 de 01 de 2024", BAD)]),
        ("es", "%d-%b-%y", [("12-ago-20", dt.date(2020, 8, 12)),
                            ("1-Sept.-20", dt.date(2020, 9, 1)),
                            ("12-aug-20", BAD), ("12-agosto-20", dt.date(2020, 8, 12))]),
        ("pt", "%d %B %Y", [("1 março 2021", dt.date(2021, 3, 1)),
                            ("15 Fev 2021", dt.date(2021, 2, 15)), ("31 fev 2021", BAD)]),
        ("en", "%b %d %Y", [("Jun 12 1998", dt.date(1998, 6, 12)), ("ene 12 1998", BAD)]),
    ],
)  # fmt: skip
def test_names_of_months(check, locale, form, cases):
    check(cases, type="date", format=form, locale=locale)


def test_booleans(check):
    check(
        [("true", True), ("SÍ", True), ("si", True), ("0", False), ("Falso", False), ("2", BAD),
         ("", None), (" yes ", True)],
        type="boolean",
    )  # fmt: skip
    check(
        [("x", True), ("-", False), ("true", BAD)],
          type="boolean", true_values=["X"], false_values=["-"])  # fmt: skip
