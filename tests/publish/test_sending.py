"""A site arrives in a folder, a store and a branch; only what differs travels."""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.config import Settings
from workbench.errors import ConfigError, WorkbenchError
from workbench.publish.sending import Sent, send
from workbench.publish.sending.folder import MARK, order


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    for name in ("index.html", "es/index.html", "assets/portal.js", "data/lineage.jsonld"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name} – ñ")
    (folder / ".published.json").write_text("not sent")
    return folder


def counts(sent: Sent) -> tuple[int, int, int]:
    return sent.written, sent.removed, sent.kept


def change(site: Path) -> None:
    """One page changes, one goes, one comes."""
    (site / "index.html").write_text("other")
    (site / "es" / "index.html").unlink()
    (site / "new.html").write_text("new")


def test_a_folder_becomes_the_site(site: Path, tmp_path: Path, settings: Settings) -> None:
    target = tmp_path / "public"
    assert counts(send(site, str(target), settings=settings)) == (4, 0, 0)
    assert counts(send(site, str(target), settings=settings)) == (0, 0, 4)
    change(site)
    assert counts(send(site, str(target), settings=settings)) == (2, 1, 2)
    assert (target / "new.html").read_text() == "new"
    assert not (target / "es").exists()
    assert not (target / ".published.json").exists()


def test_a_folder_with_other_files_is_refused(
    site: Path, tmp_path: Path, settings: Settings
) -> None:
    target = tmp_path / "public_html"
    target.mkdir()
    (target / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="files that are not of a portal"):
        send(site, str(target), settings=settings)
    assert (target / "thesis.txt").read_text() == "mine"
    (target / MARK).touch()
    send(site, str(target), settings=settings)
    assert not (target / "thesis.txt").exists()


@pytest.mark.parametrize("place", [".", "..", "inside"])
def test_a_site_is_not_sent_into_itself(site: Path, settings: Settings, place: str) -> None:
    with pytest.raises(ConfigError, match="into itself"):
        send(site, str(site / place), settings=settings)


@pytest.mark.parametrize("where", ["ftp://a/b", "https://a/b", "s3://", "s3://user@b/c"])
def test_other_addresses_are_refused(site: Path, settings: Settings, where: str) -> None:
    with pytest.raises(ConfigError, match="--to"):
        send(site, where, settings=settings)


def test_pages_come_last() -> None:
    names = ["index.html", "assets/portal.js", "a.html", "data/x.json"]
    assert sorted(names, key=order) == ["assets/portal.js", "data/x.json", "a.html", "index.html"]


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.invalid", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def repository(settings: Settings) -> Path:
    if not shutil.which("git"):
        pytest.skip("missing: git")
    project = settings.project
    git(project, "init", "-q", "-b", "main")
    (project / "work.txt").write_text("under way")
    git(project, "add", "work.txt")
    return project


def test_a_branch_becomes_the_site_and_the_checkout_stays(
    site: Path, repository: Path, settings: Settings
) -> None:
    git(repository, "commit", "-q", "-m", "first")
    (repository / "work.txt").write_text("changed, not committed")
    (repository / "staged.txt").write_text("staged")
    git(repository, "add", "staged.txt")
    before = git(repository, "status", "--porcelain"), git(repository, "rev-parse", "HEAD")
    assert counts(send(site, "git:portal", settings=settings)) == (5, 0, 0)
    assert counts(send(site, "git:portal", settings=settings)) == (0, 0, 5)
    assert git(repository, "rev-list", "--count", "portal") == "1"
    change(site)
    assert counts(send(site, "git:portal", settings=settings)) == (2, 1, 3)
    assert git(repository, "rev-list", "--count", "portal") == "2"
    listed = git(repository, "ls-tree", "-r", "--name-only", "portal").split("\n")
    assert set(listed) == {
        ".nojekyll", "assets/portal.js", "data/lineage.jsonld", "index.html", "new.html",
    }  # fmt: skip
    assert git(repository, "show", "portal:index.html") == "other"
    assert (
        git(repository, "status", "--porcelain"),
        git(repository, "rev-parse", "HEAD"),
    ) == before


def test_a_repository_without_commits_will_do(
    site: Path, repository: Path, settings: Settings
) -> None:
    assert counts(send(site, "git:portal", settings=settings)) == (5, 0, 0)


@pytest.mark.parametrize(
    ("branch", "said"), [("main", "is checked out"), ("a..b", "cannot be the name"), ("-x", "name")]
)
def test_branches_that_are_in_use_or_impossible_are_refused(
    site: Path, repository: Path, settings: Settings, branch: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        send(site, f"git:{branch}", settings=settings)


def test_without_a_repository_it_says_so(site: Path, settings: Settings) -> None:
    if not shutil.which("git"):
        pytest.skip("missing: git")
    with pytest.raises(ConfigError, match="in no git repository"):
        send(site, "git:portal", settings=settings)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of moto's server, which speaks S3 on this machine only."""
    try:
        from moto.server import ThreadedMotoServer
    except ImportError:
        pytest.skip("optional: moto is not installed; with moto[server] stores are tested")
    import pyarrow.fs as fs

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    store = fs.S3FileSystem(
        endpoint_override=f"{host}:{port}", scheme="http", allow_bucket_creation=True,
        region="us-east-1",
    )  # fmt: skip
    store.create_dir("portal")
    yield "portal"
    server.stop()


def test_a_bucket_gets_what_differs(site: Path, bucket: str, settings: Settings) -> None:
    import pyarrow.fs as fs

    where = f"s3://{bucket}/team/site"
    assert counts(send(site, where, settings=settings)) == (4, 0, 0)
    assert counts(send(site, where, settings=settings)) == (0, 0, 4)
    change(site)
    assert counts(send(site, where, settings=settings)) == (2, 1, 2)
    from workbench.publish.sending.s3 import _options

    store = fs.S3FileSystem(**_options())
    found = store.get_file_info(fs.FileSelector(f"{bucket}/team/site", recursive=True))
    names = {info.path.partition("site/")[2] for info in found if info.type == fs.FileType.File}
    assert names == {
        ".workbench-site.json", "assets/portal.js", "data/lineage.jsonld", "index.html", "new.html",
    }  # fmt: skip
    address = f"{os.environ['AWS_ENDPOINT_URL']}/{bucket}/team/site/index.html"
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.read() == b"other"
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_store_that_refuses_is_named(site: Path, bucket: str, settings: Settings) -> None:
    with pytest.raises(WorkbenchError, match="the store refused") as caught:
        send(site, "s3://no-such-bucket/x", settings=settings)
    assert "AWS_ENDPOINT_URL" in (caught.value.remedy or "")
