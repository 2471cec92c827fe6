"""What is received is bad: one clear message, what was published stays, and a retry mends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.faults.project import GOOD, SALES, Shell, fault, is_clear
from tests.steps.road import Road
from workbench import errors
from workbench.model.status import Status


@dataclass(frozen=True)
class Bad:
    """A delivery that is bad in one way: how it is told, and at which step."""

    content: bytes
    kind: type[errors.WorkbenchError]
    words: tuple[str, ...]
    step: str = "ingest"
    options: str = ""
    code: int = 1
    where: str = "b.csv"
    encoding: str = "utf-8"
    preamble: str = ""

    def good(self, text: str) -> str:
        """A text as the spec expects it."""
        return self.preamble + text


BAD = {
    "empty file": Bad(b"", errors.SourceEmpty, ("b.csv", "empty")),
    "binary": Bad(b"\x80\x81\xff\xfe\x00\x01id", errors.SourceUnreadable, ("b.csv", "binary")),
    "not in the encoding of the spec": Bad(
        b"id,amount\n\xf1,3\n",
        errors.SourceUnreadable,
        ("b.csv", "utf-8", "0xf1", "line 2"),
        options=", encoding: utf-8",
    ),
    "cut in half": Bad(
        b"\xff\xfei\0d\0,\0a\0m\0o\0u\0n\0t\0\n\0" + b"3\0,\0" + b"\x00\xd8" + b"3\0\n\0",
        errors.SourceUnreadable,
        ("b.csv",),
        options=", encoding: utf-16",
        encoding="utf-16",
    ),
    "header elsewhere": Bad(
        b"3,30\n",
        errors.HeaderMissing,
        ("b.csv", "header", "line 3"),
        options=", header: {line: 3}",
        preamble="Sales\n\n",
    ),
    "a column that vanished": Bad(
        b"id,quantity\n3,30\n", errors.SchemaChanged, ("b.csv", "amount", "type_cast")
    ),
    "the key vanished": Bad(b"amount\n30\n", errors.SchemaChanged, ("b.csv", "id")),
    "a cast that fails": Bad(
        b"id,amount\n3,thirty\n",
        errors.CastFailed,
        ("b.csv row 2", "thirty", "amount"),
        step="transform",
        where="sales",
    ),
    "a key twice": Bad(
        b"id,amount\n3,30\n3,31\n", errors.KeyViolation, ("id", "3"), step="validate", where="sales"
    ),
    "a check that stops": Bad(
        b"id,amount\n3,-30\n",
        errors.ChecksFailed,
        ("amount", "-30", "between"),
        step="validate",
        where="sales",
        code=3,
    ),
}  # fmt: skip


@pytest.fixture(params=BAD.values(), ids=BAD.keys())
def bad(request: pytest.FixtureRequest, road: Road) -> Bad:
    """A project that has published two rows, and then received something bad."""
    found: Bad = request.param
    road.spec("sales", SALES.replace('*.csv"', f'*.csv"{found.options}'))
    road.file("a.csv", found.good(GOOD), found.encoding)
    assert road.run("sales").status == Status.SUCCESS
    (road.settings.project / "inbox" / "b.csv").write_bytes(found.content)
    return found


def test_a_bad_delivery_is_told_and_a_retry_mends_it(bad: Bad, road: Road, shell: Shell) -> None:
    is_clear(shell("run", "sales"), *bad.words, code=bad.code)
    failed = shell.last()
    fault(failed, bad.kind, where=bad.where)
    assert failed.status == Status.FAILED
    assert [s.verb for s in failed.steps if s.status == Status.FAILED] == [bad.step]
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [("1", 10), ("2", 20)]

    road.file("b.csv", bad.good("id,amount\n3,30\n"), bad.encoding)
    again = "retry" if bad.step == "ingest" else "run"
    said = shell(again, failed.id if again == "retry" else "sales")
    assert said.code == 0, said.text
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [
        ("1", 10), ("2", 20), ("3", 30),
    ]  # fmt: skip


def test_a_missing_file_is_told_and_a_retry_finds_it(road: Road, shell: Shell) -> None:
    road.spec("sales", SALES)
    is_clear(shell("run", "sales"), "inbox", "no file matches 'inbox/*.csv'")
    fault(shell.last(), errors.SourceMissing, where="inbox")
    road.file("a.csv", GOOD)
    assert shell("retry", shell.last().id).code == 0
    assert road.query("SELECT count(*) FROM sales") == [(2,)]


def test_a_missing_folder_is_told(road: Road, shell: Shell) -> None:
    road.spec("sales", SALES.replace("inbox/", "outbox/"))
    is_clear(shell("run", "sales"), "outbox", "folder")


def test_a_file_without_rows_is_said_and_changes_nothing(road: Road, shell: Shell) -> None:
    road.spec("sales", SALES)
    road.file("a.csv", GOOD)
    assert shell("run", "sales").code == 0
    road.file("b.csv", "id,amount\n")
    said = shell("run", "sales")
    assert said.code == 0
    assert "warning: b.csv: no data rows" in said.text
    assert road.query("SELECT count(*) FROM sales") == [(2,)]


def test_what_is_refused_is_the_delivery_not_the_road(road: Road, shell: Shell) -> None:
    """The negative control: the same project takes a good delivery."""
    road.spec("sales", SALES)
    road.file("a.csv", GOOD)
    road.file("b.csv", "id,amount\n3,30\n")
    assert shell("run", "sales").code == 0
    assert road.query("SELECT count(*) FROM sales") == [(3,)]


@pytest.mark.parametrize("step", ["transform", "validate"])
def test_a_retry_does_what_the_mended_spec_says(step: str, road: Road, shell: Shell) -> None:
    cause: dict[str, Callable[[str], str]] = {
        "transform": lambda text: text.replace("on_error: stop", "on_error: quarantine"),
        "validate": lambda text: text.replace("min_value: 0}", "min_value: -99}"),
    }
    road.spec("sales", SALES)
    road.file("a.csv", "id,amount\n1,10\n2," + ("x\n" if step == "transform" else "-5\n"))
    assert shell("run", "sales").code in (1, 3)
    road.spec("sales", cause[step](SALES))
    said = shell("retry", shell.last().id)
    assert said.code == 0, said.text
    assert len(road.query("SELECT * FROM sales")) == (1 if step == "transform" else 2)


def test_a_wrong_spec_is_told_with_its_place_and_runs_nothing(road: Road, shell: Shell) -> None:
    road.spec("sales", SALES)
    road.file("a.csv", GOOD)
    assert shell("run", "sales").code == 0
    before = shell.last().id
    road.spec("sales", SALES.replace("type_cast", "type_kast").replace("key: [id]", "keys: [id]"))
    for command in (("run", "sales"), ("plan", "sales"), ("validate",)):
        said = shell(*command)
        assert said.code == 2, said.text
        assert "specs/datasets/sales.yml:4:5" in said.text and "type_cast" in said.text
        assert "specs/datasets/sales.yml:5:1" in said.text and "'key'" in said.text
        assert "Traceback" not in said.text
    assert shell.last().id == before
    assert road.query("SELECT count(*) FROM sales") == [(2,)]
    road.spec("sales", SALES)
    assert shell("run", "sales").code == 0


def test_a_spec_that_is_no_yaml_is_told_with_its_place(road: Road, shell: Shell) -> None:
    road.spec("sales", "source: {path: [\n")
    said = shell("run", "sales")
    assert said.code == 2
    assert "specs/datasets/sales.yml:" in said.text and "Traceback" not in said.text


def test_an_unknown_dataset_is_told_with_what_is_near(road: Road, shell: Shell) -> None:
    road.spec("sales", SALES)
    is_clear(shell("run", "salse"), "salse", "sales", code=2)


def test_a_spec_that_breaks_between_steps_stops_the_run(road: Road, shell: Shell) -> None:
    road.spec("sales", SALES)
    road.file("a.csv", GOOD)

    def breaks(context: object) -> None:
        road.spec("sales", SALES.replace("type_cast", "type_kast"))

    road.before = breaks
    said = shell("run", "sales")
    assert said.code == 2 and "specs/datasets/sales.yml:4:5" in said.text, said.text
    road.before = lambda context: None
    road.spec("sales", SALES)
    assert shell("retry", shell.last().id).code == 0
    assert road.query("SELECT count(*) FROM sales") == [(2,)]
