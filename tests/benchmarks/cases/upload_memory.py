"""What a huge upload does to the memory of the web process."""

import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from apps.ops.embedded.ports import LOOPBACK
from tests.benchmarks import sites
from tests.benchmarks.answers import AnswerReader
from tests.benchmarks.benchmark import Benchmark, Turns
from tests.benchmarks.figures import Figure, column
from tests.benchmarks.layers.commands import OURS
from tests.benchmarks.memory import forget_peak, peak_mib
from tests.benchmarks.sites import Served, Site

MEBIBYTE = 1024 * 1024
BLOCK = os.urandom(MEBIBYTE)
ANSWER_SECONDS = 120.0


class UploadMemory(Benchmark):
    """The highest resident memory during the upload less that before it, after a small upload that loads all code."""

    name = "upload_memory"
    summary = "growth of the web process during an upload of 1 GiB"
    contestants: ClassVar = (OURS,)

    def turn(self, contestant: str) -> Mapping[str, float]:  # noqa: ARG002 — there is but one
        self.ground.clean()
        with sites.serve(self.ground, Site()) as served:
            _upload(served, 1)
            before = forget_peak(served.process.pid)
            _upload(served, self._mebibytes())
            grown = peak_mib(served.process.pid) - before
        shutil.rmtree(Path(os.environ["DATA_DIR"]) / "media")
        return {"mib": grown}

    def figures(self, turns: Turns) -> list[Figure]:
        what = f"growth of the web process at an upload of {self._mebibytes()} MiB"
        return [Figure(what=what, unit="MiB", ours=column(turns[OURS], "mib"), better="lower", reach=20.0)]

    def _mebibytes(self) -> int:
        return self.effort.size(full=1024, quick=128)


def _upload(served: Served, mebibytes: int) -> None:
    before, after = sites.upload_head(mebibytes * MEBIBYTE)
    with socket.create_connection((LOOPBACK, served.port), timeout=ANSWER_SECONDS) as client:
        client.sendall(before)
        for _ in range(mebibytes):
            client.sendall(BLOCK)
        client.sendall(after)
        reader, status = AnswerReader(), 0
        while not status:
            status = reader.feed(client.recv(65536))
    assert status == 201, f"the upload was answered with {status}:\n{served.process.output}"
