"""Removes stored bytes that no row knows: what crashes between storing bytes and writing their row leave behind."""

import logging
from collections.abc import Callable
from datetime import timedelta

from apps.common import storage

logger = logging.getLogger(__name__)

AGE = timedelta(hours=1)  # nothing leaves bytes unwritten and without a row for so long
SWEEP_BATCH = 500
MOST_ORPHANS = 20

#: Which of these stored names belong to a row.
KnownNames = Callable[[list[str]], set[str]]


def sweep(folder: str, known_names: KnownNames) -> None:
    """Remove what lies below `folder`, is old enough and has no row."""
    stored, orphans = 0, []
    for names in storage.stored_names(folder):
        stored += len(names)
        orphans += _orphans(names, known_names)
    if len(orphans) > MOST_ORPHANS and len(orphans) > stored / 2:
        # Crashes leave a few. So many mean a database that is not these bytes' own: a wrong address, say.
        extra = {"action": "sweep_refused", "folder": folder, "orphans": len(orphans), "stored": stored}
        logger.error("most stored files have no row; none is removed", extra=extra)
        return
    for name in orphans:
        logger.warning("bytes without a row removed", extra={"action": "orphan_removed", "stored_name": name})
        storage.remove([name])


def _orphans(names: list[str], known_names: KnownNames) -> list[str]:
    """Those without a row that are old enough; only their age is looked at, which is a request each on S3."""
    orphans = []
    for start in range(0, len(names), SWEEP_BATCH):
        batch = names[start : start + SWEEP_BATCH]
        known = known_names(batch)
        orphans += [name for name in batch if name not in known and storage.is_older(name, AGE)]
    return orphans
