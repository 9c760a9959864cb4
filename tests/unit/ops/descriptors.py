"""Which files a process has open, those without a name in any folder included."""

import os
from contextlib import suppress
from pathlib import Path


def open_below(folder: Path, pid: int | None = None) -> list[str]:
    """What the process, this one if none is given, has open below the folder."""
    names = []
    for descriptor in Path(f"/proc/{pid or os.getpid()}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            names.append(str(descriptor.readlink()))
    return [name for name in names if name.startswith(f"{folder}/")]
