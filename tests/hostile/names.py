"""Names of files that are code, markup, commands or no text at all."""

from __future__ import annotations

import os

from tests.hostile.case import Case, Loads, Refused, Sandbox
from tests.hostile.texts import csv
from tests.hostile.values import REFUSE

_ONE = csv("1,ana")
_ROW = (("1", "ana"),)


def named(name: str | bytes) -> Case:
    """A file of this name, all of whose rows are refused, so that the name is shown everywhere."""
    return Case(Loads((), refused=1), _ONE, file=name, more=REFUSE)


def _things_that_are_no_files(box: Sandbox) -> None:
    inbox = box.project / "inbox"
    (inbox / "d.csv").write_bytes(_ONE)
    (inbox / "folder.csv").mkdir()
    os.mkfifo(inbox / "pipe.csv")
    (inbox / "nowhere.csv").symlink_to(box.root / "nowhere")
    (inbox / "~$lock.csv").write_bytes(b"x")
    (inbox / ".hidden.csv").write_bytes(b"x")


NAMES = {
    "a_name_with_a_line_end": named("a\nimport os.csv"),
    "a_name_that_commands_a_terminal": named("\x1b]0;owned\x07\x1b[31m.csv"),
    "a_name_that_is_sql": named("'; DROP TABLE d; --.csv"),
    "a_name_that_is_markup": named("<img src=x onerror=alert(1)>.csv"),
    "a_name_that_turns_text_round": named("a\u202evsc.exe.csv"),
    "a_name_that_is_a_formula": named("=cmd|' C touch canary'!A0.csv"),
    "a_name_like_an_option": named("--help.csv"),
    "a_name_of_255_bytes": named("n" * 251 + ".csv"),
    "a_name_with_wildcards": named("[a]*?{x}.csv"),
    "a_name_of_spaces": named("   .csv"),
    "a_name_that_is_no_text": Case(
        Refused("SourceUnreadable", ("name", "UTF-8")), _ONE, file=b"a\xff\xfe.csv"
    ),
    "things_that_are_no_files": Case(Loads(_ROW), build=_things_that_are_no_files),
}
