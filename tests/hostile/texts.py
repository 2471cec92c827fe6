"""Text files that are wrong, strange, endless or made to do harm."""

from __future__ import annotations

from tests.hostile.case import Case, Loads, Refused

GOOD = "id,name\n1,ana\n2,ñandú\n"
ROWS = (("1", "ana"), ("2", "ñandú"))
UNREADABLE, EMPTY = "SourceUnreadable", "SourceEmpty"


def csv(*rows: str, head: str = "id,name") -> bytes:
    return ("\n".join([head, *rows]) + "\n").encode()


def long_utf8_then_latin1() -> bytes:
    return ("id,name\n" + "1,ñandú y más\n" * 30_000).encode() + b"2,\xf1and\xfa\n"


ENCODINGS = {
    "latin_1": Case(Loads(ROWS), GOOD.encode("latin-1")),
    "cp1252_with_its_own_signs": Case(
        Loads((("1", "5 € “x”"), ("2", "ñandú"))), "id,name\n1,5 € “x”\n2,ñandú\n".encode("cp1252")
    ),
    "utf_8_with_mark": Case(Loads(ROWS), GOOD.encode("utf-8-sig")),
    "utf_16_with_mark": Case(Loads(ROWS), GOOD.encode("utf-16")),
    "utf_16_big_endian_without_mark": Case(Loads(ROWS), GOOD.encode("utf-16-be")),
    "utf_16_of_an_odd_length": Case(
        Refused(UNREADABLE, ("d.csv", "utf-16", "middle of a character")),
        GOOD.encode("utf-16")[:-1],
    ),
    "utf_16_with_half_a_pair": Case(
        Refused(UNREADABLE, ("d.csv", "utf-16")), "id,name\n1,x".encode("utf-16") + b"\x00\xd8a\x00"
    ),
    "utf_32": Case(Loads(ROWS), GOOD.encode("utf-32")),
    "utf_8_with_a_broken_byte": Case(
        Refused(UNREADABLE, ("d.csv", "0xff", "line 203")),
        ("id,name\n" + "1,ñandú, más\n".replace(", más", " más") * 201).encode() + b"2,rota\xff\n",
    ),
    "utf_8_then_latin_1": Case(
        Refused(UNREADABLE, ("d.csv", "0xf1", "line 30,002")), long_utf8_then_latin1
    ),
    "overlong_utf_8": Case(
        Refused(UNREADABLE, ("d.csv", "line 2")),
        b"id,name\n1,\xc0\xaf\n",
        options="encoding: utf-8",
    ),
    "surrogates_in_utf_8": Case(
        Refused(UNREADABLE, ("d.csv", "line 2")),
        b"id,name\n1,\xed\xa0\x80\n",
        options="encoding: utf-8",
    ),
    "an_encoding_that_is_none": Case(
        Refused("SpecError", ("d.yml:2", "rot13")), GOOD.encode(), options="encoding: rot13"
    ),
}

BYTES = {
    "nothing": Case(Refused(EMPTY, ("d.csv", "0 bytes"))),
    "only_white_space": Case(Refused(EMPTY, ("d.csv", "blank")), b" \r\n\t\n\n  \n"),
    "a_header_and_nothing_else": Case(Loads((), columns=("id", "name")), b"id,name\n"),
    "a_nul_in_a_cell": Case(Loads((("2", "b"),), refused=1), b"id,name\n1,a\x00b\n2,b\n"),
    "mostly_nuls": Case(Refused(UNREADABLE, ("d.csv", "binary")), b"id,name\n" + b"\x00" * 5000),
    "all_bytes": Case(Refused(UNREADABLE, ("d.csv", "binary")), bytes(range(256)) * 50),
    "a_pdf": Case(Refused(UNREADABLE, ("d.csv", "PDF")), b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    "a_gzip_archive": Case(Refused(UNREADABLE, ("d.csv", "gzip")), b"\x1f\x8b\x08\x00" + b"x" * 99),
    "a_database": Case(
        Refused(UNREADABLE, ("d.csv", "SQLite")), b"SQLite format 3\x00" + b"\x00" * 99
    ),
    "a_program": Case(
        Refused(UNREADABLE, ("d.csv", "binary")), b"\x7fELF\x02\x01\x01" + b"\x00" * 500
    ),
    "a_huge_file_of_nothing": Case(
        Refused(UNREADABLE, ("d.csv", "8.6 GB")), build=lambda box: _sparse(box, 8 << 30)
    ),
}


def _sparse(box: object, size: int) -> None:
    path = box.project / "inbox" / "d.csv"  # type: ignore[attr-defined]
    with path.open("wb") as file:
        file.truncate(size)


SHAPES = {
    "ragged": Case(Loads((("1", "a"), ("4", "d")), refused=2), csv("1,a", "2", "3,c,x,y", "4,d")),
    "an_endless_line": Case(
        Refused(UNREADABLE, ("d.csv",)), lambda: b"id,name\n1," + b"x" * (60 << 20)
    ),
    "a_single_line_without_end": Case(
        Refused(UNREADABLE, ("d.csv", "header")), lambda: b"x" * (40 << 20)
    ),
    "a_quote_that_never_closes": Case(
        Loads(count=1999), csv("1,a", '2,"b', *(f"{n},x" for n in range(3, 2000)))
    ),
    "twenty_thousand_columns": Case(
        Refused(UNREADABLE, ("d.csv:1", "20,000 columns")),
        lambda: "\n".join(
            ",".join(f"{head}{n}" for n in range(20_000)) for head in ("c", "a", "b", "x")
        ).encode(),
    ),
    "a_million_delimiters": Case(
        Loads((), refused=1), lambda: b"id,name\n1,a" + b"," * 1_000_000 + b"x\n"
    ),
    "a_hundred_thousand_blank_lines": Case(
        Loads((("1", "a"), ("2", "b"))), b"id,name\n1,a\n" + b"\n" * 100_000 + b"2,b\n"
    ),
    "line_ends_of_three_kinds": Case(Loads(count=3), b"id,name\r\n1,a\r2,b\n3,c\r\n"),
    "separators_that_are_no_line_ends": Case(
        Loads((("1", "a\u2028b\u0085c\x0bd"), ("2", "x"))), csv("1,a\u2028b\u0085c\x0bd", "2,x")
    ),
    "line_ends_in_quotes": Case(Loads((("1", "a\nb"), ("2", "c"))), csv('1,"a\nb"', "2,c")),
    "a_cell_of_five_million_letters": Case(
        Loads(count=2), lambda: csv("1," + "y" * 5_000_000, "2,b")
    ),
    "two_hundred_thousand_quotes": Case(Loads(count=1), lambda: csv('1,"' + '""' * 100_000 + '"')),
}

HEADERS = {
    "headers_that_are_twins": Case(
        Loads((("1", "2", "3", "4"),), columns=("id", "id_2", "id_3", "id_4")),
        csv("1,2,3,4", head="id,ID,Id, id "),
    ),
    "headers_that_are_nothing": Case(
        Loads((("1", "2", "3"),), columns=("id", "column_2", "column_3")),
        csv("1,2,3", head="id,,"),
        options="header: 1",
    ),
    "a_header_that_drops_tables": Case(
        Loads((("1", "2"),), columns=("id", "drop_table_d")),
        csv("1,2", head='id,"""; DROP TABLE d; --"'),
    ),
    "a_header_with_line_ends_and_quotes": Case(
        Loads((("1", "2"),), columns=("id", "a_b_c")),
        csv("1,2", head='id,"a\n""b""\'c"'),
    ),
    "a_header_of_markup": Case(
        Loads((("1", "2"),), columns=("id", "script_alert_1_script")),
        csv("1,2", head="id,<script>alert(1)</script>"),
    ),
    "a_header_that_turns_text_round": Case(
        Loads((("1", "2"),), columns=("id", "namegpj")),
        csv("1,2", head="id,name\u202egpj"),
    ),
    "a_header_of_ten_thousand_letters": Case(
        Loads((("1", "2"),), columns=("id", "h" * 63)), csv("1,2", head="id," + "h" * 10_000)
    ),
    "headers_with_the_names_of_provenance": Case(
        Loads((("1", "2", "3"),), columns=("source", "row", "run")),
        csv("1,2,3", head="_source,_row,_run"),
    ),
    "headers_that_are_words_of_sql": Case(
        Loads((("1", "2", "3", "4"),), columns=("select", "from", "order", "null")),
        csv("1,2,3,4", head="select,from,order,null"),
    ),
    "headers_that_look_alike": Case(
        Loads((("1", "2", "3"),), columns=("a", "a_2", "column_3")), csv("1,2,3", head="a,ａ,😀")
    ),
    "a_header_that_is_a_formula": Case(
        Loads((("1", "2"),), columns=("id", "cmd_c_touch_canary_a0")),
        csv("1,2", head="id,=cmd|'/C touch canary'!A0"),
    ),
}
