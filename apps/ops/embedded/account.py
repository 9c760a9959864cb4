"""The system user that PostgreSQL runs as when we are root, because it refuses to be root itself."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.ops.embedded.errors import AccountMissingError

ACCOUNT_NAME = "understudy-db"


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)


def find_account(data: Path) -> Account | None:
    """The account to run PostgreSQL as; None stands for ourselves, which is right for everybody but root.

    Data that exist keep their owner, be it the ordinary user who first started here.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(uid=data.stat().st_uid, gid=data.stat().st_gid)
    known = _lookup() or _create()
    return Account(uid=known.pw_uid, gid=known.pw_gid)


def _lookup() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd:
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        made = subprocess.run(  # noqa: S603 — fixed words
            ["useradd", *options, ACCOUNT_NAME],  # noqa: S607 — wherever the system keeps it
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise AccountMissingError(ACCOUNT_NAME, f"{error}.") from None
    known = _lookup()  # also there when a start beside this one made it first and ours failed
    if known is None:
        raise AccountMissingError(ACCOUNT_NAME, made.stderr.strip())
    return known
