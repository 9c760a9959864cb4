"""What one web process withstands at each endpoint, and whose processor time a request takes."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import psutil
import requests

from tests.benchmarks import deals_file, pages_data, sites
from tests.benchmarks.benchmark import Benchmark, Turns
from tests.benchmarks.cases.upload import CONTENT
from tests.benchmarks.figures import Figure, column
from tests.benchmarks.sites import Served, Site
from tests.support.processes import MANAGE, ChildProcess, wait_until

DEALS = "/api/v1/deals/"
CONTENTS = 15
PAGES = 10_000
ROLES = ("web", "PostgreSQL", "Redis", "worker")


class Endpoints(Benchmark):
    """One web process, one worker process, PostgreSQL and Valkey on one machine, and the 16 clients on it as well."""

    name = "endpoints"
    summary = "requests a second at each endpoint over 16 connections, and the processor time of a request"
    contestants: ClassVar = ("GET a page", "GET pages", "GET deals", "GET files", "POST a file")

    def prepare(self) -> None:
        page = pages_data.fill(pages=PAGES, contents=CONTENTS)
        path = self.ground.folder / "deals.csv"
        deals_file.write(path, 10_000)
        with sites.serve(self.ground, Site()) as served:
            files = {"deals": path.open("rb")}
            requests.post(f"http://127.0.0.1:{served.port}{DEALS}", files=files, timeout=60).raise_for_status()
        self._requests = {
            "GET a page": (sites.get(f"/api/v1/pages/{page}/"), 200),
            "GET pages": (sites.get("/api/v1/pages/"), 200),
            "GET deals": (sites.get(DEALS), 200),
            "GET files": (sites.get("/api/v1/files/?limit=20"), 200),
            "POST a file": (sites.upload(CONTENT), 201),
        }

    def turn(self, contestant: str) -> Mapping[str, float]:
        request, status = self._requests[contestant]
        seconds = self.effort.size(full=8.0, quick=2.0)
        worker = self.ground.start([*MANAGE, "worker"])
        with sites.serve(self.ground, Site()) as served:
            sites.load(served, request, seconds=0.3, expected_status=status)
            wait_until(self._is_idle, 60, "the worker runs and has nothing to do")
            before = self._spent(served, worker)
            measured = sites.load(served, request, seconds=seconds, expected_status=status)
            spent = {role: now - before[role] for role, now in self._spent(served, worker).items()}
        worker.terminate(60)
        answered = measured["per_second"] * seconds
        return {**measured, **{role: 1e6 * spent[role] / answered for role in ROLES}}

    def figures(self, turns: Turns) -> list[Figure]:
        figures = []
        for endpoint in self.contestants:
            rows = turns[endpoint]
            figures += [
                Figure(what=f"{endpoint}", unit="requests/s", ours=column(rows, "per_second"), better="higher"),
                Figure(what=f"{endpoint}: median", unit="ms", ours=column(rows, "p50_ms"), better="lower"),
                Figure(what=f"{endpoint}: p99", unit="ms", ours=column(rows, "p99_ms"), better="lower"),
            ]
            for role in ROLES:
                what = f"{endpoint}: processor time of {role}"
                figures.append(Figure(what=what, unit="µs a request", ours=column(rows, role), better="lower"))
        return figures

    def _is_idle(self) -> bool:
        streams = self.ground.redis.scan_iter("understudy:tally:*")
        (waiting,) = self.ground.query(
            "SELECT count(*) FROM tasks_invocation WHERE status IN ('queued', 'running', 'ending')"
        )
        (leases,) = self.ground.query("SELECT count(*) FROM tasks_workerprocess")
        return bool(leases) and not waiting and not any(self.ground.redis.xlen(stream) for stream in streams)

    def _spent(self, served: Served, worker: ChildProcess) -> dict[str, float]:
        """Seconds of the processor by role, so far."""
        postgres, redis = self.ground.server_processes()
        return {
            "web": _seconds(served.process.processes()),
            "PostgreSQL": _seconds([postgres, *postgres.children()]),
            "Redis": _seconds([redis]),
            "worker": _seconds(worker.processes()),
        }


def _seconds(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        try:
            times: Any = process.cpu_times()
        except psutil.NoSuchProcess:  # a backend whose client has gone
            continue
        total += times.user + times.system
    return total
