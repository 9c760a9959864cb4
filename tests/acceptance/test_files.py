"""Files through real processes: a web server, a worker, Redis that goes away."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from apps.ops.embedded.redis import RedisServer
from tests import factories
from tests.support.processes import MANAGE, ChildProcess, wait_until

pytestmark = pytest.mark.slow

StartProcess = Callable[..., ChildProcess]
LARGE_BYTES = 32 * 1024 * 1024  # more than the sockets between two processes hold


class Service:
    """The web server of an environment, as its clients see it."""

    def __init__(self, environment: dict[str, str], start_process: StartProcess) -> None:
        self.url = f"http://127.0.0.1:{environment['PORT']}"
        self.media = Path(environment["DATA_DIR"]) / "media"
        self.environment = environment
        self._start_process = start_process

    def start_web(self) -> ChildProcess:
        web = self._start_process([*MANAGE, "serve"], env=self.environment)
        wait_until(self._answers, 20, f"an answer of {web.command}: {web.output}")
        return web

    def start_worker(self) -> ChildProcess:
        return self._start_process([*MANAGE, "worker"], env=self.environment)

    def upload(self, content: bytes, name: str = "note.txt") -> dict[str, Any]:
        answer = requests.post(f"{self.url}/api/v1/upload/", files={"file": (name, content)}, timeout=20)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def wait_for_status(self, file: dict[str, Any], status: str, deadline_seconds: float = 20) -> dict[str, Any]:
        def reached() -> Any:
            shown = requests.get(file["url"], timeout=5).json()
            return shown if shown["status"] == status else None

        return wait_until(reached, deadline_seconds, f"{file['name']} is {status}")

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/health/live/", timeout=5).ok
        except requests.ConnectionError:
            return False


@pytest.fixture
def service(service_environment: dict[str, str], start_process: StartProcess) -> Service:
    service = Service({**service_environment, "WEB_THREADS": "2"}, start_process)
    service.start_web()
    return service


def test_an_uploaded_image_is_processed_by_the_worker_and_can_be_had_again_and_deleted(service: Service) -> None:
    service.start_worker()
    content = factories.png_bytes(600, 300)

    file = service.wait_for_status(service.upload(content, "photo.png"), "processed")

    assert (file["result"]["width"], file["result"]["height"]) == (600, 300)
    assert requests.get(file["file"], timeout=5).content == content
    part = requests.get(file["file"], headers={"Range": "bytes=1-3"}, timeout=5)
    assert (part.status_code, part.content) == (206, b"PNG")
    assert requests.get(f"{file['url']}thumbnail/", timeout=5).headers["Content-Type"] == "image/webp"
    assert requests.delete(file["url"], timeout=5).status_code == 204
    assert not [path for path in service.media.rglob("*") if path.is_file()]


def test_an_upload_while_redis_is_down_is_processed_once_it_is_back(service: Service, own_redis: RedisServer) -> None:
    service.start_worker()
    service.wait_for_status(service.upload(b"before\n"), "processed")
    own_redis.stop()

    started = time.monotonic()
    file = service.upload(b"while it is down\n")
    took_seconds = time.monotonic() - started
    own_redis.start()

    assert took_seconds < 5
    service.wait_for_status(file, "processed", 10)


def test_a_file_whose_task_fails_for_good_is_failed_with_a_sentence(service: Service) -> None:
    file = service.upload(b"lost\n")
    for stored in (service.media / "files").rglob("*"):
        if stored.is_file():
            stored.unlink()

    service.start_worker()

    failed = service.wait_for_status(file, "failed", 60)
    assert failed["error"]["code"] == "processing_failed"
    assert str(service.media) not in failed["error"]["detail"]


def test_clients_that_download_slowly_keep_no_thread_from_the_others(service: Service) -> None:
    file = service.upload(bytes(LARGE_BYTES), "large.bin")
    idle = [requests.get(file["file"], stream=True, timeout=20) for _ in range(4)]  # threads: 2

    answer = requests.get(f"{service.url}/api/v1/files/", timeout=5)

    assert answer.status_code == 200
    assert sum(len(block) for block in idle[0].iter_content(65536)) == LARGE_BYTES
    for download in idle:
        download.close()
