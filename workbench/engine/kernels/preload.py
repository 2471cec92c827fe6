"""What a zygote imports before the first notebook asks for it, and when that is out of date."""

from __future__ import annotations

import gc
import hashlib
import importlib
import os
import pkgutil
import sys
import sysconfig
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from workbench import registry
from workbench.engine.kernels import processes
from workbench.errors import ConfigError

#: For a cold run in the foreground: what every step needs.
LIGHT = (
    "numpy",
    "pyarrow",
    "pyarrow.csv",
    "pyarrow.parquet",
    "duckdb",
    "deltalake",
    "sqlglot",
    "ibis",
    "ibis.backends.duckdb",
    "ibis.backends.duckdb.converter",
    "ibis.expr.types.groupby",
    "fastexcel",
    "workbench.spec.*",
    "workbench.sources.*",
    "workbench.transforms.*",
    "workbench.quality.*",
    "workbench.lake.*",
    "workbench.destinations.*",
    *(
        f"workbench.steps.{name}"
        for name in ("verbs.*", "context", "display", "flow", "planning", "reading", "standing_in")
    ),
)
#: What follows is imported while there is nothing to do.
LATER = "--later"
#: For workers, which live long: also what a step seldom needs.
FULL = (
    *LIGHT,
    LATER,
    "workbench.steps.context:read_ahead",
    "polars",
    "pyarrow.dataset",
    "pandas",
    "plotly.graph_objects",
    "scipy.stats",
    "great_expectations",
)

SETS: dict[str, tuple[str, ...]] = {"full": FULL, "light": LIGHT, "none": ()}


#: Folders in the package whose files are not imported.
_NO_CODE = frozenset({"__pycache__", "node_modules"})

#: Threads of libraries that sleep until they are given work, and hold nothing while they sleep.
IDLE_THREADS = frozenset({"polars-ooc-clea"})

#: Read by libraries when they are imported. The allocators of Arrow and of Rust libraries would
#: start threads that give memory back; figures need no script of their own in every notebook.
ENVIRON = {
    "PLOTLY_RENDERER": "plotly_mimetype",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "_RJEM_MALLOC_CONF": "background_thread:false,dirty_decay_ms:500,muzzy_decay_ms:-1",
    "OPENBLAS_NUM_THREADS": "1",
}


class StartsThreads(Exception):
    """A module starts threads when it is imported: a fork would lose them and may hang."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self.pattern = pattern


def names(preload: str | Sequence[str]) -> tuple[str, ...]:
    """The modules of a named set, or the given ones."""
    if isinstance(preload, str):
        if preload not in SETS:
            raise ConfigError(
                f"unknown preload set {preload!r}",
                remedy=f"use one of {', '.join(SETS)}, or a list of modules",
            )
        return SETS[preload]
    return tuple(preload)


def import_all(patterns: Iterable[str]) -> list[str]:
    """Import modules and return those that could be imported.

    ``package.*`` is all modules of a package, ``module:function`` calls a function of a module.
    One that fails is left out: a notebook that needs it will meet the error itself. Raises
    ``StartsThreads`` at the first that leaves the process with more than one thread.
    """
    # whatever was there: a process that has imported polars hands on settings of its own
    os.environ.update(ENVIRON)
    leave_out_grammar()
    done = []
    for pattern in patterns:
        for name in _expand(pattern):
            module, _, function = name.partition(":")
            try:
                imported = importlib.import_module(module)
                if function:
                    getattr(imported, function)()
            except Exception:  # noqa: S112
                continue
            if not _is_quiet():
                raise StartsThreads(pattern)
            done.append(name)
    return done


def leave_out_grammar() -> None:
    """Have jsonschema do without ``rfc3987_syntax``, whose grammar takes over a second to compile.

    Great Expectations and papermill both reach it; it serves checks of formats that none needs.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def settle() -> None:
    """Make what is imported as cheap to fork as can be: no garbage, and no counting through it.

    What extensions are installed is looked up once here, rather than by every notebook.
    """
    for kind in get_args(registry.Kind):
        registry.names(kind)
    gc.collect()
    gc.freeze()


def fingerprint() -> str:
    """Of the workbench's code and of the Python environment; about a millisecond."""
    digest = hashlib.blake2b(digest_size=16)
    package = Path(__file__).resolve().parents[2]
    for path, stat in sorted(_files(package)):
        digest.update(f"{path}\0{stat.st_mtime_ns}\0{stat.st_size}\0".encode())
    for folder in sys.path:
        if folder.endswith("-packages"):
            digest.update(f"{folder}\0{_mtime(folder)}\0".encode())
    digest.update(f"{sys.executable}\0{_mtime(sys.executable)}".encode())
    return digest.hexdigest()


def own_files() -> dict[str, tuple[int, int]]:
    """The files of imported modules that :func:`fingerprint` does not look at, with their stamps.

    Those of the project, of packages installed for editing, and of whatever else stands on the
    search path beside what is installed.
    """
    covered = (
        str(Path(__file__).resolve().parents[2]) + os.sep,
        *(os.path.join(folder, "") for folder in sys.path if folder.endswith("-packages")),
        *(os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib")),
    )
    found = {}
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and not path.startswith(covered):
            found[path] = _stamp(path)
    return found


def changed(files: Mapping[str, tuple[int, int]]) -> str | None:
    """The first of these files that is not as it was."""
    return next((path for path, stamp in files.items() if _stamp(path) != stamp), None)


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _is_quiet() -> bool:
    """Whether there is a single thread left, apart from those known to sleep."""
    for attempt in range(300):  # three seconds, for a machine that is busy
        if not set(processes.threads()[1:]) - IDLE_THREADS:
            return True
        if attempt == 0 and (duckdb := sys.modules.get("duckdb")):
            # importing it opens a connection, which has threads; when used it opens another
            duckdb.default_connection().close()
        time.sleep(0.01)
    return False


def _expand(pattern: str) -> list[str]:
    if not pattern.endswith(".*"):
        return [pattern]
    package = importlib.import_module(pattern.removesuffix(".*"))
    found = pkgutil.walk_packages(package.__path__, package.__name__ + ".", lambda name: None)
    return [module.name for module in found]


def _files(folder: Path | str) -> Iterable[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NO_CODE:
                    yield from _files(entry.path)
            elif entry.name.endswith(".py"):
                yield entry.path, entry.stat()


def _mtime(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
