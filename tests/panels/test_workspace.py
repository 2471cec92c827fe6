"""Drafts are edited, undone, saved whole, and never over what somebody else has saved."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from workbench import durable
from workbench.config import Settings
from workbench.errors import ConfigError, EditRefused, NotFound, SpecConflict, SpecError
from workbench.panels.workspace import Draft, Workspace
from workbench.spec.editing import Insert, Remove, Set

TEXT = """\
# what shops sold
dataset: ventas  # the name
source: {path: inbox/*.csv}
transforms:
  - trim: {columns: all}
key: [id]
"""


@pytest.fixture
def workspace(settings: Settings) -> Workspace:
    (settings.specs / "datasets" / "ventas.yml").write_text(TEXT)
    return Workspace(settings)


def file(workspace: Workspace) -> Path:
    return workspace.settings.specs / "datasets" / "ventas.yml"


def test_a_draft_is_edited_undone_redone_and_saved(workspace: Workspace) -> None:
    draft = workspace.draft("ventas")
    assert not draft.dirty and draft.spec is not None and draft.changed_lines == ()
    draft.apply(Insert(("transforms",), 1, {"drop": {"columns": ["x"]}}), Set(("title",), "Sales"))
    assert draft.changed_lines == (6, 8)
    assert draft.spec.title == "Sales"
    assert draft.undo() and draft.text == TEXT and not draft.dirty and not draft.can_undo
    assert draft.redo() and not draft.redo()
    draft.save()
    assert file(workspace).read_text() == draft.text and not draft.dirty
    assert draft.text.startswith("# what shops sold\ndataset: ventas  # the name\n")
    assert draft.undo() and draft.dirty, "what was saved can be undone, too"
    assert workspace.draft("ventas") is draft


def test_typing_is_one_step_to_undo(workspace: Workspace) -> None:
    draft = workspace.draft("ventas")
    for end in ("t", "ti", "tit"):
        draft.replace_text(TEXT + end, joins=True)
    draft.replace_text(TEXT + "title: x\n")
    assert draft.undo() and draft.text == TEXT + "tit"
    assert draft.undo() and draft.text == TEXT and not draft.undo()
    for value in ("t", "ti", "tit"):
        draft.apply(Set(("title",), value), joins=True)
    assert draft.undo() and draft.text == TEXT, "so is a value that is typed in a form"


def test_a_broken_text_tells_line_and_column_and_keeps_the_last_good_spec(
    workspace: Workspace,
) -> None:
    draft = workspace.draft("ventas")
    draft.replace_text(TEXT.replace("trim", "trin"))
    (problem,) = draft.problems
    assert (problem.file, problem.line, problem.column) == ("specs/datasets/ventas.yml", 5, 5)
    assert draft.spec is None and draft.last_good is not None
    draft.replace_text(TEXT + "targets: [{connection: nowhere}]\n")
    assert [each.line for each in draft.problems] == [7], "other files are looked at, too"
    draft.replace_text(TEXT + "a: [\n")
    assert draft.problems[0].line == 8, "where the bracket should have been closed"
    with pytest.raises(SpecError):
        draft.apply(Set(("title",), "x"))
    with pytest.raises(SpecError):
        draft.save()
    assert file(workspace).read_text() == TEXT
    draft.save(faulty=True)
    assert file(workspace).read_text() == TEXT + "a: [\n"


def test_a_spec_that_changed_on_disk_is_a_conflict_and_nothing_is_written(
    workspace: Workspace,
) -> None:
    draft = workspace.draft("ventas")
    draft.apply(Set(("title",), "mine"))
    theirs = TEXT + "title: theirs\n"
    file(workspace).write_text(theirs)
    assert draft.outdated
    with pytest.raises(SpecConflict) as caught:
        draft.save()
    conflict = caught.value
    assert (conflict.mine, conflict.theirs, conflict.base) == (draft.text, theirs, TEXT)
    assert file(workspace).read_text() == theirs
    draft.rebase()
    draft.save()
    assert file(workspace).read_text() == TEXT + "title: mine\n"


def test_theirs_can_be_taken_and_mine_had_back(workspace: Workspace) -> None:
    draft = workspace.draft("ventas")
    draft.apply(Set(("title",), "mine"))
    file(workspace).write_text(TEXT + "title: theirs\n")
    draft.reload()
    assert draft.text == TEXT + "title: theirs\n" and not draft.dirty
    assert draft.undo() and draft.text == TEXT + "title: mine\n" and draft.dirty


def test_a_spec_that_was_removed_is_a_conflict_too(workspace: Workspace) -> None:
    draft = workspace.draft("ventas")
    draft.apply(Set(("title",), "mine"))
    file(workspace).unlink()
    with pytest.raises(SpecConflict) as caught:
        draft.save()
    assert caught.value.theirs is None
    draft.save(overwrite=True)
    assert file(workspace).read_text() == TEXT + "title: mine\n"


def test_what_was_saved_with_the_same_text_is_no_conflict(workspace: Workspace) -> None:
    draft = workspace.draft("ventas")
    draft.apply(Set(("title",), "ours"))
    file(workspace).write_text(draft.text)
    draft.save()
    assert not draft.dirty


def test_a_draft_without_changes_follows_the_file(workspace: Workspace) -> None:
    assert workspace.draft("ventas").spec is not None
    file(workspace).write_text(TEXT.replace("[id]", "[id, day]"))
    assert workspace.draft("ventas").spec.key == ("id", "day")  # type: ignore[union-attr]
    workspace.draft("ventas").apply(Remove(("key",)))
    file(workspace).write_text(TEXT)
    assert workspace.draft("ventas").outdated, "one with changes waits for a decision"


def test_a_full_disk_leaves_the_old_file_and_the_draft(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = workspace.draft("ventas")
    draft.apply(Set(("title",), "mine"))

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", fail)
    with pytest.raises(Exception, match="no space"):
        draft.save()
    monkeypatch.undo()
    assert file(workspace).read_text() == TEXT and draft.dirty
    assert [each.name for each in file(workspace).parent.iterdir()] == ["ventas.yml"]
    draft.save()
    assert file(workspace).read_text() == draft.text


def test_line_breaks_mark_permissions_and_links_of_the_file_stay(settings: Settings) -> None:
    real = settings.project / "elsewhere.yml"
    real.write_bytes(("\ufeff" + TEXT).replace("\n", "\r\n").encode())
    real.chmod(0o640)
    link = settings.specs / "datasets" / "ventas.yml"
    link.symlink_to(real)
    draft = Workspace(settings).draft("ventas")
    draft.apply(Set(("title",), "ñ"))
    draft.save()
    assert real.read_bytes() == ("\ufeff" + TEXT + "title: ñ\n").replace("\n", "\r\n").encode()
    assert link.is_symlink() and real.stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_no_text_is_not_opened_for_editing(workspace: Workspace) -> None:
    file(workspace).write_bytes(TEXT.encode() + b"title: \xf1\n")
    with pytest.raises(SpecError, match="UTF-8"):
        workspace.draft("ventas")


def _save(settings: Settings, title: str, ready: object, answers: object) -> None:
    draft = Workspace(settings).draft("ventas")
    draft.apply(Set(("title",), title))
    ready.wait()  # type: ignore[attr-defined]
    try:
        draft.save()
        answers.put((title, "saved"))  # type: ignore[attr-defined]
    except SpecConflict:
        answers.put((title, "conflict"))  # type: ignore[attr-defined]


def test_of_two_that_save_at_the_same_moment_one_sees_a_conflict(workspace: Workspace) -> None:
    context = multiprocessing.get_context("spawn")
    answers, ready = context.Queue(), context.Barrier(2)
    both = [
        context.Process(target=_save, args=(workspace.settings, title, ready, answers))
        for title in ("one", "two")
    ]
    for each in both:
        each.start()
    told = dict(answers.get(timeout=90) for _ in both)
    for each in both:
        each.join(timeout=90)
    assert sorted(told.values()) == ["conflict", "saved"]
    (winner,) = (title for title, what in told.items() if what == "saved")
    assert file(workspace).read_text().endswith(f"title: {winner}\n")


def test_a_new_dataset_is_a_draft_until_it_is_saved(workspace: Workspace) -> None:
    text = "dataset: nuevo\nsource: {path: inbox/n.csv}\n"
    draft = workspace.new("nuevo", text)
    assert draft.dirty and draft.spec is not None and not draft.path.exists()
    assert workspace.draft("nuevo") is draft and "nuevo" in workspace.datasets()
    draft.save()
    assert draft.path.read_text() == text
    assert workspace.project().dataset("nuevo").source.path == ("inbox/n.csv",)
    for name in ("nuevo", "ventas", "Not a name", "../up"):
        with pytest.raises(ConfigError):
            workspace.new(name, text)


def test_the_project_stays_as_it_was_while_a_spec_is_broken(workspace: Workspace) -> None:
    good = workspace.project()
    assert workspace.project() is not None and not workspace.problems
    file(workspace).write_text("dataset: ventas\nsource: [\n")
    assert workspace.project() == good
    assert [each.line for each in workspace.problems] == [3]
    assert workspace.draft("ventas").problems, "the broken one can still be opened and mended"
    file(workspace).write_text(TEXT)
    assert workspace.project().dataset("ventas") and not workspace.problems


def test_a_project_that_never_was_good_says_why(workspace: Workspace) -> None:
    file(workspace).write_text("dataset: ventas\n")
    with pytest.raises(SpecError):
        workspace.project()
    with pytest.raises(NotFound, match="did you mean"):
        workspace.draft("venta")


def test_panels_hear_of_each_other_until_they_stop_listening(workspace: Workspace) -> None:
    heard: list[object] = []
    off = workspace.on("dataset", lambda **data: heard.append(data))
    workspace.on("draft", lambda **data: heard.append(data))
    workspace.on("draft", lambda **_: 1 / 0)
    workspace.on("draft", lambda **data: heard.append("still told"))
    workspace.open("ventas")
    assert heard == [{"dataset": "ventas"}]
    workspace.draft("ventas").apply(Set(("title",), "x"))
    assert heard[1:] == [{"dataset": "ventas"}, "still told"]
    off()
    workspace.dataset = ""
    assert len(heard) == 3


def test_the_state_of_a_draft_is_plain(workspace: Workspace) -> None:
    draft: Draft = workspace.draft("ventas")
    draft.replace_text(TEXT.replace("trim", "trin"))
    state = draft.state()
    assert state["dirty"] and state["can_undo"] and state["changed_lines"] == [5]
    assert state["problems"][0]["line"] == 5 and "trim" in state["problems"][0]["message"]


def test_an_edit_that_is_refused_changes_nothing(workspace: Workspace) -> None:
    draft = workspace.draft("ventas")
    with pytest.raises(EditRefused):
        draft.apply(Set(("title",), "x"), Remove(("nothing",)))
    assert draft.text == TEXT and not draft.can_undo


def test_records_are_opened_once_and_closed(workspace: Workspace) -> None:
    records = workspace.records()
    assert workspace.records() is records
    workspace.close()
    assert workspace.records() is not records
    workspace.close()
    assert os.path.exists(workspace.settings.path("records.db"))
