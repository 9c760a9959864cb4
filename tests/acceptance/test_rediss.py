"""Redis behind TLS with a certificate that nobody has signed, as platforms give it: all that speaks Redis does so.

The embedded Valkey is built without TLS, so what ends the encryption here is a proxy of a few lines in front of it.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.ops.embedded.redis import RedisServer
from tests.acceptance.test_files import Service, StartProcess
from tests.support import processes
from tests.support.processes import MANAGE, wait_until


def write_certificate(path: Path) -> None:
    """Key and certificate of a host that nobody asks for, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somewhere.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(pem))


class TlsProxy:
    """Takes TLS connections, and passes what is in them to a port."""

    def __init__(self, certificate: Path, target_port: int) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=[client], daemon=True).start()

    def _pass(self, plain: socket.socket) -> None:
        with (
            suppress(OSError),
            self._context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection(("127.0.0.1", self._target_port)) as target,
        ):
            threading.Thread(target=self._copy, args=[target, client], daemon=True).start()
            self._copy(client, target)

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while block := source.recv(65536):
                target.sendall(block)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def address(own_redis: RedisServer, tmp_path: Path) -> Iterator[str]:
    write_certificate(tmp_path / "certificate.pem")
    proxy = TlsProxy(tmp_path / "certificate.pem", own_redis.port)
    yield f"rediss://:{own_redis.password}@127.0.0.1:{proxy.port}/0"
    proxy.close()


def test_tasks_views_throttles_and_health_work_behind_a_certificate_of_nobodys(
    service_environment: dict[str, str], start_process: StartProcess, address: str, own_redis: RedisServer
) -> None:
    with pytest.raises(redis.ConnectionError, match="certificate"):  # it is such a one
        redis.Redis.from_url(address).ping()
    processes.run([*MANAGE, "migrate", "pages", "0003"], env=service_environment)
    processes.run([*MANAGE, "migrate"], env={**service_environment, "DEMO_DATA": "1"})
    service = Service({**service_environment, "REDIS_URL": address, "THROTTLE_READ": "1000/hour"}, start_process)
    service.start_web()
    worker = service.start_worker()
    service.wait_for_status(service.upload(b"name,price\nruby,1\n", "gems.csv"), "processed")
    assert requests.get(f"{service.url}/health/ready/", timeout=20).json()["parts"]["redis"] == "ok"
    assert "understudy_redis_up 1.0" in requests.get(f"{service.url}/metrics", timeout=20).text
    page = requests.get(f"{service.url}/api/v1/pages/", timeout=20).json()["results"][0]["url"]
    assert requests.get(page, timeout=20).ok
    with redis.Redis.from_url(own_redis.url()) as client:
        wait_until(lambda: client.keys("understudy:cache*throttle*"), 10, "requests are counted in Redis")
        commands = client.info("commandstats")
    assert commands["cmdstat_zadd"]["calls"] >= 1  # the bell was rung
    assert commands["cmdstat_bzpopmin"]["calls"] >= 1  # and heard
    assert commands["cmdstat_xadd"]["calls"] >= 1  # the view was counted
    assert "ledger_away" not in worker.output
