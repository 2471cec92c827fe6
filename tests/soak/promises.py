"""The promises, the tests that break them, and how long each test may go on in ``make soak``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """What is promised, and the tests in ``tests/faults`` with their minutes.

    The tests know their full counts themselves; a test that runs out of its minutes says so.
    """

    number: int
    name: str
    words: str
    tests: tuple[tuple[str, float], ...]

    @property
    def module(self) -> str:
        """The module of the tests, relative to the repository."""
        return f"tests/faults/test_{self.name}.py"


PROMISES = (
    Promise(
        1,
        "atomic_publish",
        "readers see the whole old or the whole new version",
        (("test_killed_at_any_boundary", 30), ("test_killed_at_any_instant", 6)),
    ),
    Promise(
        2,
        "disk_full",
        "a full disk: FAILED with the reason, the old version readable, success once there is room",
        (("test_a_full_disk", 5),),
    ),
    Promise(
        3,
        "exactly_once",
        "exactly once per run and target, whatever is interrupted",
        (
            ("test_killed_at_any_statement", 8),
            ("test_the_connection_drops_at_any_statement", 3),
            ("test_runs_killed_anywhere_load_once", 8),
        ),
    ),
    Promise(
        4,
        "death_seen",
        "a death is seen within 15 s; who is stopped for a while is not condemned",
        (
            ("test_whoever_dies_is_seen_and_who_stands_still_is_not_condemned", 16),
        ),
    ),
    Promise(
        5,
        "no_orphans",
        "5 s after any ancestor dies nothing of a run lives; runs leave nothing behind",
        (("test_nothing_outlives_its_ancestor", 4), ("test_runs_leave_nothing_behind", 3)),
    ),
    Promise(
        6,
        "one_writer",
        "a holder that was stopped, taken over and woken up publishes nothing",
        (
            ("test_a_stopped_holder_that_wakes_up_is_refused", 6),
            ("test_woken_up_before_the_fence_one_effect_stands", 4),
            ("test_a_stopped_run_is_taken_over", 8),
        ),
    ),
    Promise(
        7,
        "one_run_per_slot",
        "one run per slot; missed slots follow the catch-up policy",
        (("test_four_schedulers_with_wrong_clocks", 4), ("test_missed_slots_follow_the_policy", 2)),
    ),
    Promise(
        8,
        "redis_lost",
        "Redis killed and restarted empty: nothing lost, nothing twice",
        (("test_killed_and_restarted_empty", 6),),
    ),
    Promise(
        9,
        "metadata_store",
        "the records survive writers that are killed, on SQLite and PostgreSQL",
        (("test_eight_writers_that_are_killed", 4),),
    ),
    Promise(
        10,
        "secrets",
        "secrets are found in nothing that is kept or said",
        (("test_any_secret_in_records_of_any_kind", 4),),
    ),
    Promise(
        11,
        "back_pressure",
        "5,000 runs at once: memory flat, the line kept, `status` in 100 ms, a stop goes on",
        (("test_a_crowd_is_worked_off_in_line", 12),),
    ),
)
