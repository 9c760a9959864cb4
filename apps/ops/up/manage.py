"""`make manage`: a command of `manage.py` beside a running `make up`, with the environment of its web and worker."""

import json
import os
import sys

from apps.ops.up.environment import Environment
from project.config import BASE_DIR, ConfigError

NOT_RUNNING = "No `make up` is running on {folder}. Start it first, or name another folder: make manage DATA_DIR=var2"


def main() -> None:
    try:
        environment = Environment()
        kept = json.loads(environment.kept_path.read_text())
    except ConfigError as error:
        sys.exit(str(error))
    except FileNotFoundError:
        sys.exit(NOT_RUNNING.format(folder=environment.config.data_dir))
    command = [sys.executable, str(BASE_DIR / "manage.py"), *sys.argv[1:]]
    os.execve(sys.executable, command, {**os.environ, **kept})  # noqa: S606 — our own command line


if __name__ == "__main__":
    main()
