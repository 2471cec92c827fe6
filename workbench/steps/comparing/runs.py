"""Compares two runs of a dataset: what each read, did, checked and published."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from workbench.config import Settings
from workbench.errors import NotFound
from workbench.model.dataset import PROVENANCE, Column
from workbench.model.ledger import Ledger
from workbench.model.result import CheckResult, StepResult
from workbench.model.run import Run, StepRun
from workbench.records.runs import get_run
from workbench.records.store import Records
from workbench.records.versions import DatasetVersion, list_versions
from workbench.spec.loader import Project
from workbench.steps.comparing.rows import (
    DifferentRows,
    Kind,
    RowDifferences,
    count_differences,
    page_of_differences,
)
from workbench.steps.comparing.values import (
    CheckPair,
    ColumnPair,
    Comparison,
    LedgerPair,
    Side,
    StepPair,
)

T = TypeVar("T")


def compare_runs(
    settings: Settings,
    records: Records,
    left: str,
    right: str,
    dataset: str | None = None,
    *,
    project: Project | None = None,
) -> Comparison:
    """Two runs of a dataset side by side, and the rows of the versions that they published.

    Rows are matched by the key that the spec in ``project`` has now. Without ``dataset`` it is the
    last one that both runs have. Raises ``NotFound`` when they have none in common.
    """
    runs = (get_run(records, left), get_run(records, right))
    chosen, others = _common(runs, dataset)
    found = tuple(version_after(records, run, chosen) for run in runs)
    sides = [_side(run, chosen, version) for run, version in zip(runs, found, strict=True)]
    steps = [{s.step_id: s for s in run.steps if s.dataset == chosen} for run in runs]
    results = [[s.result for s in each.values() if s.result is not None] for each in steps]
    data, no_data = _data(settings, found, key_of(project, chosen))
    return Comparison(
        dataset=chosen,
        left=sides[0],
        right=sides[1],
        same_spec=sides[0].spec_hash == sides[1].spec_hash,
        steps=tuple(_step(*pair) for pair in _pairs(steps[0], steps[1])),
        ledgers=tuple(_ledgers(*results)),
        checks=tuple(_checks(*results)),
        columns=_columns(found),
        data=data,
        no_data=no_data,
        others=others,
    )


def compare_rows(
    settings: Settings,
    records: Records,
    left: str,
    right: str,
    dataset: str,
    *,
    kind: Kind,
    offset: int = 0,
    limit: int = 50,
    project: Project | None = None,
) -> DifferentRows:
    """A page of the rows that two runs published differently.

    Raises ``NotFound`` when one of them saw no version, ``LakeError`` when a version is gone.
    """
    found = [version_after(records, get_run(records, run), dataset) for run in (left, right)]
    one, other = found
    if one is None or other is None:
        raise NotFound(f"nothing of {dataset!r} was published yet when the run ended")
    key = key_of(project, dataset)
    return page_of_differences(settings, one, other, key, kind=kind, offset=offset, limit=limit)


def key_of(project: Project | None, dataset: str) -> tuple[str, ...]:
    """The key of a dataset by its spec as it is now; none where the spec is gone."""
    spec = project.datasets.get(dataset) if project else None
    return spec.key if spec else ()


def version_after(records: Records, run: Run, dataset: str) -> DatasetVersion | None:
    """What readers saw of a dataset once this run had ended: its own version, or an earlier one."""
    versions = list_versions(records, dataset)
    own = next((version for version in versions if version.run_id == run.id), None)
    if own is not None or run.finished_at is None:
        return own
    ended = run.finished_at
    return next((version for version in versions if version.published_at <= ended), None)


def _common(runs: tuple[Run, Run], dataset: str | None) -> tuple[str, tuple[str, ...]]:
    names = [list(dict.fromkeys(step.dataset for step in run.steps)) for run in runs]
    both = [name for name in names[0] if name in names[1]]
    if dataset is not None and dataset not in both:
        raise NotFound(
            f"the runs {runs[0].id} and {runs[1].id} have no steps of {dataset!r} in common",
            remedy=f"they share: {', '.join(both)}" if both else "choose two runs of one dataset",
        )
    if not both:
        raise NotFound(
            f"the runs {runs[0].id} and {runs[1].id} have no dataset in common",
            where=f"{', '.join(names[0]) or 'no dataset'} / {', '.join(names[1]) or 'no dataset'}",
            remedy="choose two runs of one dataset; list them with `workbench runs --dataset NAME`",
        )
    chosen = dataset or both[-1]
    return chosen, tuple(name for name in both if name != chosen)


def _side(run: Run, dataset: str, version: DatasetVersion | None) -> Side:
    done = [s for s in run.steps if s.dataset == dataset]
    spent = [seconds for step in done if (seconds := _seconds(step)) is not None]
    return Side(
        run_id=run.id,
        status=run.status,
        created_at=run.created_at,
        seconds=sum(spent) if spent else None,
        version=version.ref.version if version else None,
        layer=version.ref.layer if version else None,
        own=version is not None and version.run_id == run.id,
        rows=version.ref.rows if version else None,
        spec_hash=run.plan.specs.get(dataset, ""),
    )


def _seconds(step: StepRun | None) -> float | None:
    if step is None or step.started_at is None or step.finished_at is None:
        return None
    return (step.finished_at - step.started_at).total_seconds()


def _step(step_id: str, left: StepRun | None, right: StepRun | None) -> StepPair:
    some = left or right
    return StepPair(
        step_id=step_id,
        verb=some.verb if some else "",
        status=(left.status if left else None, right.status if right else None),
        seconds=(_seconds(left), _seconds(right)),
    )


def _ledgers(left: Sequence[StepResult], right: Sequence[StepResult]) -> Iterable[LedgerPair]:
    """Ledgers of the same step, kind and name belong together; repeated ones by their order."""
    for (verb, kind, name, _), one, other in _pairs(_numbered(left), _numbered(right)):
        terms = [_terms(one), _terms(other)]
        names = dict.fromkeys([*terms[0], *terms[1]])
        shown = {term: (terms[0].get(term), terms[1].get(term)) for term in names}
        yield LedgerPair(
            verb=verb,
            kind=kind,
            name=name,
            terms={term: counts for term, counts in shown.items() if any(counts)},
        )


def _numbered(results: Sequence[StepResult]) -> dict[tuple[str, str, str, int], Ledger]:
    found: dict[tuple[str, str, str, int], Ledger] = {}
    for result in results:
        for ledger in result.ledgers:
            number = 0
            while (key := (result.verb, ledger.kind, ledger.name, number)) in found:
                number += 1
            found[key] = ledger
    return found


def _terms(ledger: Ledger | None) -> dict[str, int]:
    return {} if ledger is None else ledger.model_dump(exclude={"kind", "name", "notes"})


def _checks(left: Sequence[StepResult], right: Sequence[StepResult]) -> Iterable[CheckPair]:
    for _, one, other in _pairs(_by_rule(left), _by_rule(right)):
        some = one or other
        if some is not None:
            yield CheckPair(
                expectation=some.expectation,
                kwargs=some.kwargs,
                success=_of(one, other, lambda check: check.success),
                unexpected=_of(one, other, lambda check: check.result.get("unexpected_count")),
                error=_of(one, other, lambda check: check.error),
                severity=_of(one, other, lambda check: check.severity),
            )


def _by_rule(results: Sequence[StepResult]) -> dict[tuple[str, int], CheckResult]:
    found: dict[tuple[str, int], CheckResult] = {}
    for check in (check for result in results for check in result.checks):
        rule = json.dumps([check.expectation, check.kwargs], sort_keys=True, default=str)
        number = 0
        while (rule, number) in found:
            number += 1
        found[rule, number] = check
    return found


def _of(
    left: CheckResult | None, right: CheckResult | None, read: Callable[[CheckResult], Any]
) -> tuple[Any, Any]:
    return (None if left is None else read(left), None if right is None else read(right))


def _pairs(left: dict[Any, T], right: dict[Any, T]) -> Iterable[tuple[Any, T | None, T | None]]:
    for key in dict.fromkeys([*left, *right]):
        yield key, left.get(key), right.get(key)


def _columns(found: Sequence[DatasetVersion | None]) -> tuple[ColumnPair, ...]:
    if found[0] is None or found[1] is None:
        return ()
    types = [{c.name: c.type for c in _data_columns(v.ref.columns)} for v in found if v]
    names = dict.fromkeys([*types[0], *types[1]])
    pairs = ((name, (types[0].get(name), types[1].get(name))) for name in names)
    return tuple(ColumnPair(name=n, types=both) for n, both in pairs if both[0] != both[1])


def _data_columns(columns: Iterable[Column]) -> list[Column]:
    return [column for column in columns if column.name not in PROVENANCE]


def _data(
    settings: Settings, found: Sequence[DatasetVersion | None], key: Sequence[str]
) -> tuple[RowDifferences | None, str | None]:
    left, right = found
    if left is None or right is None:
        return None, "nothing was published yet when the run ended"
    if (left.ref.layer, left.ref.version) == (right.ref.layer, right.ref.version):
        return None, f"both runs saw the same version {left.ref.version}: no row differs"
    return count_differences(settings, left, right, key), None
