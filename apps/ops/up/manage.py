"""`make manage`: a command of `manage.py` beside a running `make up`, with the environment of its web and worker."""

import json
import os
import sys

from apps.ops.up.environment import Environment
from apps.ops.up.lock import Lock
from project.config import BASE_DIR, ConfigError

NOT_RUNNING = "No `make up` is running on {folder}. Start it first, or name another folder: make manage DATA_DIR=var2"


def main() -> None:
    try:
        environment = Environment()
    except ConfigError as error:
        sys.exit(str(error))
    folder = environment.config.data_dir
    try:
        kept = json.loads(environment.kept_path.read_text()) if Lock(folder / "up.lock").is_held() else None
    except FileNotFoundError:
        kept = None
    if kept is None:
        sys.exit(NOT_RUNNING.format(folder=folder))
    command = [sys.executable, str(BASE_DIR / "manage.py"), *sys.argv[1:]]
    os.execve(sys.executable, command, {**os.environ, **kept})  # noqa: S606 — our own command line


if __name__ == "__main__":
    main()
