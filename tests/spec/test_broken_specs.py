"""Every fault of a folder of broken specs is told at once, with place, message and remedy.

The files in ``broken/specs`` say in their first lines what is wrong with them:
``#! LINE:COLUMN message → remedy``. An ellipsis stands for anything.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from workbench.config import Settings
from workbench.errors import Problem, SpecError
from workbench.spec.loader import load_project

BROKEN = Path(__file__).parent / "broken"
FILES = sorted(path.relative_to(BROKEN).as_posix() for path in BROKEN.rglob("*.yml"))


@cache
def problems() -> tuple[Problem, ...]:
    with pytest.raises(SpecError) as caught:
        load_project(Settings(project=BROKEN, home=BROKEN / "home", environ={}))
    return tuple(caught.value.problems)


@pytest.mark.parametrize("file", FILES)
def test_each_fault_has_its_place_message_and_remedy(file: str) -> None:
    lines = (BROKEN / file).read_text(encoding="utf-8").splitlines()
    expected = [line.removeprefix("#! ") for line in lines if line.startswith("#! ")]
    found = [
        f"{each.line}:{each.column} {each.message} → {each.remedy}"
        for each in problems()
        if each.file == file
    ]
    for told, pattern in zip(found, expected, strict=False):
        assert re.fullmatch(re.escape(pattern).replace("…", ".*"), told), f"{told}\n!= {pattern}"
    assert len(found) == len(expected), found


def test_the_folder_has_faults_in_most_files_and_some_without() -> None:
    faulty = {problem.file for problem in problems()}
    assert faulty <= set(FILES)
    assert len(faulty) > 35
    assert "specs/datasets/good.yml" not in faulty


def test_no_problem_shows_a_secret_and_all_have_a_remedy() -> None:
    secrets = ("HUNTER2-CANARY", "4711471147")
    written = "".join((BROKEN / file).read_text(encoding="utf-8") for file in FILES)
    assert all(secret in written for secret in secrets)  # else this test proves nothing
    text = "\n".join(str(problem) for problem in problems())
    assert not any(secret in text for secret in secrets)
    assert all(problem.remedy for problem in problems())


def test_the_error_is_all_problems_and_exits_with_two() -> None:
    error = SpecError(problems())
    assert str(error).count("\n  → ") == len(problems())
    assert error.exit_code == 2
    assert error.to_record()["message"] == str(error)
