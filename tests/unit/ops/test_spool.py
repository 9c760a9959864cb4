"""What waits to be sent comes out as it went in, and takes no more room than it needs."""

import os
import random
import resource
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.ops.server.spool import BLOCK_BYTES, MEMORY_BYTES, Spool


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spool]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    one = Spool()
    yield one
    one.close()


@pytest.fixture
def file_bytes(spool: Spool) -> Callable[[], int]:
    return lambda: os.fstat(spool._file).st_size if spool._file >= 0 else 0


def read(spool: Spool, most_bytes: int) -> bytes:
    got = spool.get(most_bytes)
    if got:
        spool.skip(len(got), True)
    return got


@pytest.mark.parametrize("seed", range(20))
def test_it_comes_out_in_order_however_it_is_written_and_read(spool: Spool, seed: int) -> None:
    dice = random.Random(seed)
    written, got = bytearray(), bytearray()
    for _ in range(600):
        if dice.random() < 0.5 + 0.1 * (seed % 3 - 1):
            block = dice.randbytes(dice.randint(1, BLOCK_BYTES))
            spool.append(block)
            written += block
        else:
            got += read(spool, dice.choice([1, 1000, BLOCK_BYTES, 10**6]))
        assert len(spool) == len(written) - len(got)
    while len(spool):
        got += read(spool, 10**6)
    assert got == written


def test_its_file_is_no_longer_than_what_waits(spool: Spool, file_bytes: Callable[[], int]) -> None:
    waiting = MEMORY_BYTES + 10 * BLOCK_BYTES
    for _ in range(waiting // BLOCK_BYTES):
        spool.append(b"x" * BLOCK_BYTES)
    for _ in range(1000):
        read(spool, BLOCK_BYTES)
        spool.append(b"x" * BLOCK_BYTES)
        assert file_bytes() <= waiting
    while len(spool):
        read(spool, BLOCK_BYTES)
    assert spool._file < 0


def test_little_that_waits_needs_no_file(spool: Spool) -> None:
    for _ in range(1000):
        spool.append(b"x" * BLOCK_BYTES)
        read(spool, BLOCK_BYTES)
    for _ in range(MEMORY_BYTES // BLOCK_BYTES):
        spool.append(b"x" * BLOCK_BYTES)
    assert spool._file < 0


def test_what_cannot_be_stored_leaves_it_as_it_was(spool: Spool) -> None:
    blocks = [random.Random(number).randbytes(BLOCK_BYTES) for number in range(MEMORY_BYTES // BLOCK_BYTES + 3)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * BLOCK_BYTES + 100, hard))
    try:
        for block in blocks[:-1]:
            spool.append(block)
        with pytest.raises(OSError, match="File too large"):
            spool.append(blocks[-1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    spool.append(blocks[-1])
    got = b"".join(iter(lambda: read(spool, BLOCK_BYTES), b""))
    assert got == b"".join(blocks)
