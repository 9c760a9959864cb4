"""Celery's source distribution, which holds its tests: one version, known by its hash, from pip's package index.

Nothing of it is committed. The archive is kept in the user's cache folder, and its hash is checked at each use.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "5.7.0"
SHA256 = "6a5dfcf6662287204f009a02002b9e66c83d4105e47ebabdc7079108772fc6f0"
ARCHIVE = f"celery-{VERSION}.tar.gz"


class IndexUnreachableError(Exception):
    """The package index did not give Celery's source distribution."""


def unpack(folder: Path) -> Path:
    """Unpack Celery's sources below `folder`; answers where `celery/` and `t/` lie.

    Raises IndexUnreachableError when they have to be fetched and cannot be.
    """
    with tarfile.open(archive()) as opened:
        opened.extractall(folder, filter="data")
    return folder / f"celery-{VERSION}"


def archive() -> Path:
    """The archive in the cache, fetched if it is not there."""
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "understudy" / ARCHIVE
    if not cached.exists():
        cached.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cached.parent) as folder:
            _download(Path(folder)).replace(cached)
    found = hashlib.sha256(cached.read_bytes()).hexdigest()
    assert found == SHA256, f"{cached} has the hash {found}, not {SHA256}: remove it"
    return cached


def pip() -> list[str]:
    """The environment's own; where it was made without one, the system's pip works on it."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    return ["pip", "--python", sys.executable]


def _download(folder: Path) -> Path:
    """By pip, so that whatever index, proxy or certificate is configured is used. It checks the hash before anything
    of the archive is run."""
    wanted = folder / "wanted.txt"
    wanted.write_text(f"celery=={VERSION} --hash=sha256:{SHA256}\n")
    options = ["--no-deps", "--no-binary", "celery", "--require-hashes", "--dest", str(folder)]
    ended = subprocess.run(
        [*pip(), "download", "--disable-pip-version-check", *options, "-r", str(wanted)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert "DO NOT MATCH THE HASHES" not in ended.stderr, ended.stderr
    if ended.returncode != 0:
        raise IndexUnreachableError(ended.stderr.strip() or ended.stdout.strip())
    return folder / ARCHIVE
