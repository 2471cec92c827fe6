"""Sends a site to a branch of the project's git repository, such as one that a host shows.

The checkout, the index and the branch that somebody works on are not touched: the commit is made
from an index of its own. It is not pushed; that is for whoever may.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import ConfigError, WorkbenchError
from workbench.publish.sending import Sent
from workbench.publish.site.state import walk

_AUTHOR = {
    "GIT_AUTHOR_NAME": "Data Workbench",
    "GIT_AUTHOR_EMAIL": "portal@workbench.invalid",
    "GIT_COMMITTER_NAME": "Data Workbench",
    "GIT_COMMITTER_EMAIL": "portal@workbench.invalid",
}


class GitFailed(WorkbenchError):
    """git refused."""


def send(site: Path, branch: str, project: Path) -> Sent:
    """Commit the site as the whole content of a branch; without changes nothing is committed."""
    repository = _repository(project)
    _check_branch(branch, repository)
    ref = f"refs/heads/{branch}"
    parent = _optional(["rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"], repository)
    with tempfile.TemporaryDirectory(prefix="workbench-index-") as folder:
        environ = {"GIT_INDEX_FILE": str(Path(folder, "index")), "GIT_WORK_TREE": str(site)}
        git_dir = _git(["rev-parse", "--absolute-git-dir"], repository).strip()
        environ["GIT_DIR"] = git_dir
        names = sorted(walk(site))
        # hosts that run Jekyll would leave out what begins with an underscore
        listed = "".join(f"{name}\0" for name in names)
        _git(["update-index", "--add", "-z", "--stdin"], site, environ, stdin=listed)
        blob = _git(["hash-object", "-w", "--stdin"], site, environ, stdin="").strip()
        _git(["update-index", "--add", "--cacheinfo", f"100644,{blob},.nojekyll"], site, environ)
        tree = _git(["write-tree"], site, environ).strip()
        before = _tree(parent, repository)
        after = _tree(tree, repository)
        written = sum(before.get(name) != hash_ for name, hash_ in after.items())
        removed = len(before.keys() - after.keys())
        if parent is None or written or removed:
            parents = ["-p", parent] if parent else []
            message = "The portal as published"
            commit = _git(
                ["commit-tree", tree, *parents, "-m", message], repository, dict(_AUTHOR)
            ).strip()
            # only if nobody else has moved the branch meanwhile
            _git(["update-ref", ref, commit, parent or "0" * len(commit)], repository)
    return Sent(
        where=f"branch {branch} of {repository}",
        written=written,
        removed=removed,
        kept=len(after) - written,
    )


def _repository(project: Path) -> Path:
    try:
        return Path(_git(["rev-parse", "--show-toplevel"], project).strip())
    except FileNotFoundError as error:
        raise GitFailed("git cannot be found", where="PATH", remedy="install git") from error
    except GitFailed as error:
        raise ConfigError(
            "the project is in no git repository",
            where=str(project),
            remedy="git init, or publish --to a folder",
        ) from error


def _check_branch(branch: str, repository: Path) -> None:
    if _optional(["check-ref-format", "--branch", branch], repository) is None:
        raise ConfigError(
            f"{branch!r} cannot be the name of a branch", where="--to", remedy="git:portal"
        )
    current = _optional(["symbolic-ref", "--quiet", "HEAD"], repository)
    worktrees = _git(["worktree", "list", "--porcelain"], repository)
    if f"refs/heads/{branch}" in (current, *worktrees.replace("branch ", "").split("\n")):
        raise ConfigError(
            f"the branch {branch!r} is checked out, and its files would be replaced by the site",
            where="--to",
            remedy="give a branch of its own, such as git:portal",
        )


def _tree(commit: str | None, repository: Path) -> dict[str, str]:
    """Hashes of a tree's files by path."""
    if commit is None:
        return {}
    lines = _git(["ls-tree", "-r", "-z", commit], repository).split("\0")
    found = {}
    for line in lines:
        head, _, name = line.partition("\t")
        if name:
            found[name] = head.split()[2]
    return found


def _optional(arguments: Sequence[str], folder: Path) -> str | None:
    try:
        return _git(arguments, folder).strip()
    except GitFailed:
        return None


def _git(
    arguments: Sequence[str],
    folder: Path,
    environ: dict[str, str] | None = None,
    stdin: str | None = None,
) -> str:
    done = subprocess.run(
        ["git", "-c", "core.quotePath=false", "-c", "core.autocrlf=false", *arguments],
        cwd=folder,
        env={**os.environ, **(environ or {})},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise GitFailed(
            f"git {arguments[0]}: {done.stderr.strip()[:300]}",
            where=str(folder),
            remedy="try the command by hand in the project's folder",
        )
    return done.stdout
