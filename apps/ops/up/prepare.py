"""What has to be done before the service starts: tables, static files, an admin and an editor who can log in.

Run as `python -m apps.ops.up.prepare ADMIN_LOGIN_PATH EDITOR_LOGIN_PATH`, in a process of its own because it needs
Django. Each step finds out in milliseconds that there is nothing to do, so that a second start is quick.
"""

import hashlib
import json
import os
import secrets
import sys
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from apps.ops.embedded import passwords

ADMIN = "admin"
EDITOR = "editor"
#: What an editor works on.
EDITED = ("page", "content")


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    try:
        connection.ensure_connection()
    except OperationalError as error:
        sys.stderr.write(f"The database does not answer: {error}See that it runs and that DATABASE_URL is right.\n")
        return 1
    migrate()
    collect_static_files()
    admin_path, editor_path = map(Path, sys.argv[1:])
    keep_admin_login(admin_path)
    keep_editor_login(editor_path)
    return 0


def migrate() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def collect_static_files() -> None:
    """Collect again only when a file changed, appeared or went, or the way they are kept did."""
    target = Path(settings.STATIC_ROOT)
    note = target.with_name(f"{target.name}.fingerprint")
    fingerprint = _fingerprint()
    if not target.is_dir() or not note.exists() or note.read_text() != fingerprint:
        call_command("collectstatic", verbosity=0, interactive=False, clear=target.is_dir())
        note.write_text(fingerprint)


def keep_admin_login(path: Path) -> None:
    """A user is made only where there is no superuser at all: not beside somebody's own, and not with a password the
    file does not know."""
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        _keep_true(path)
    else:
        users.create_superuser(ADMIN, password=_new_password(path, ADMIN))


def keep_editor_login(path: Path) -> None:
    """For the demonstration: somebody who may work on pages and nothing else. Somebody else's account of that name is
    left alone."""
    users = get_user_model().objects
    if not settings.DEMO_DATA or users.filter(username=EDITOR).exists():
        _keep_true(path)
        return
    editor = users.create_user(EDITOR, password=_new_password(path, EDITOR), is_staff=True)
    permissions = apps.get_model("auth", "Permission").objects
    editor.user_permissions.set(permissions.filter(content_type__app_label="pages", content_type__model__in=EDITED))


def _new_password(path: Path, user: str) -> str:
    password = secrets.token_urlsafe(12)
    passwords.write_private(path, json.dumps({"user": user, "password": password}))
    return password


def _keep_true(path: Path) -> None:
    """After this the file exists exactly if what stands in it logs in."""
    if not path.exists():
        return
    login = json.loads(path.read_text())
    user = get_user_model().objects.filter(username=login["user"], is_active=True).first()
    if user is None or not user.check_password(login["password"]):
        path.unlink()


def _fingerprint() -> str:
    seen = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            facts = Path(storage.path(path)).stat()
            seen.update(f"{path} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return seen.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
