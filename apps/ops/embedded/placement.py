"""Where PostgreSQL's folder lies, and its programs, so that its system user reaches both.

The rule: no folder that existed before is made more open. As an ordinary user there is nothing to decide. As
root PostgreSQL is another user, to whom everything below a private folder (a home with mode 0700, say) is out
of reach; what it needs is then kept below /var/lib/understudy.
"""

import secrets
import shutil
import stat
from pathlib import Path

from apps.ops.embedded import passwords

SYSTEM_FOLDER = Path("/var/lib/understudy")


def is_reachable(path: Path) -> bool:
    """Whether every folder above lets everybody pass. The folder itself is not looked at."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def find_home(wanted: Path) -> Path:
    """The folder to use in place of `wanted`: itself if it is in use or can be reached, else one elsewhere."""
    wanted.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    if wanted.exists() or is_reachable(wanted):
        return wanted
    token_path = wanted.with_name(f"{wanted.name}-elsewhere")
    home = SYSTEM_FOLDER / passwords.read_or_create(token_path)
    if not _claim(home, wanted):
        # `wanted` was copied together with its token, and the original is still there: begin afresh.
        token_path.unlink()
        home = SYSTEM_FOLDER / passwords.read_or_create(token_path)
        _claim(home, wanted)
    return home


def _claim(home: Path, wanted: Path) -> bool:
    """Note whose folder this is. False if it belongs to another one that still exists."""
    SYSTEM_FOLDER.mkdir(mode=0o711, parents=True, exist_ok=True)
    note = home.with_suffix(".belongs-to")
    owner = Path(note.read_text()) if note.exists() else wanted.resolve()
    token_path = owner.with_name(f"{owner.name}-elsewhere")
    if owner != wanted.resolve() and token_path.exists() and token_path.read_text() == home.name:
        return False
    passwords.write_private(note, str(wanted.resolve()))
    return True


def reachable_programs(installed: Path, version: str, home: Path) -> Path:
    """The folder of PostgreSQL's programs; a copy below `home` where the installed ones cannot be reached."""
    if is_reachable(installed / "bin" / "postgres"):
        return installed
    package = installed.parent
    copy = home / f"programs-{version}"
    if not copy.exists():
        # The programs find their libraries in the folder beside the package's: the copy has that shape.
        draft = home / f"programs-{secrets.token_hex(4)}.draft"
        _copy_readable(installed, draft / package.name / installed.name)
        _copy_readable(package.with_name(f"{package.name}.libs"), draft / f"{package.name}.libs")
        draft.chmod(0o755)
        (draft / package.name).chmod(0o755)
        draft.rename(copy)
    return copy / package.name / installed.name


def _copy_readable(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IRGRP | stat.S_IROTH | (stat.S_IXGRP | stat.S_IXOTH if mode & stat.S_IXUSR else 0))
