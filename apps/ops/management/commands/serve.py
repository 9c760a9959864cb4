"""`manage.py serve`: the web process."""

import logging
import os
import signal
import socket
import tempfile
import threading
from functools import partial
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.module_loading import import_string

from apps.ops import reporting
from apps.ops.metrics import requests
from apps.ops.metrics.folders import MetricsFolder
from apps.ops.server import bodies, sockets
from apps.ops.server.adjustments import Adjustments
from apps.ops.server.database_watch import DatabaseWatch
from apps.ops.server.limits import body_limits
from apps.ops.server.pool import STOP_SIGNALS, Pool
from apps.ops.server.server import Server
from apps.ops.server.wsgi import Application, with_forwarded_headers, without_body_on_head, without_nul

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Serve HTTP until SIGTERM or Ctrl-C; requests under way then get SHUTDOWN_GRACE_SECONDS to end. "
        "Set by environment: HOST, PORT, WEB_PROCESSES, WEB_THREADS, MAX_UPLOAD_BYTES, MAX_DEALS_BYTES, "
        "REQUEST_TIMEOUT, TRUSTED_PROXY."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        config = settings.CONFIG
        try:
            listening = sockets.listen(config.host, config.port)
        except sockets.CannotListenError as error:
            raise CommandError(str(error)) from error
        serve = partial(_serve, _application(config.trusted_proxy), listening)
        if config.web_processes == 1:
            serve(parent_gone=None)
            return
        metrics_folder = MetricsFolder()
        requests.share_among_processes(metrics_folder.path)
        connections.close_all()  # what a check has opened must not be shared
        try:
            Pool(
                size=config.web_processes,
                sockets=listening,
                serve=lambda parent_gone: serve(parent_gone=parent_gone),
                grace_seconds=config.shutdown_grace_seconds,
            ).run()
        finally:
            metrics_folder.remove()


def _serve(application: Application, listening: list[socket.socket], *, parent_gone: int | None) -> None:
    """Serve in this process until a stop signal, or until the pipe from its parent ends."""
    server = Server(application, listening, _adjustments())

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 — a signal handler's signature
        server.stop()

    # A platform may send several, to every process of a group: one more changes nothing.
    for number in STOP_SIGNALS:
        signal.signal(number, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    if parent_gone is not None:
        threading.Thread(target=_stop_with, args=[parent_gone, server], name="parent-watch", daemon=True).start()
    DatabaseWatch().start()
    logger.info("serving", extra={"action": "serve", "addresses": server.addresses, "pid": os.getpid()})
    server.run(settings.CONFIG.shutdown_grace_seconds)
    reporting.flush()


def _stop_with(parent_gone: int, server: Server) -> None:
    """Nobody would stop this process, nor start it again, so it ends as if told to."""
    os.read(parent_gone, 1)
    server.stop()


def _application(trusted_proxy: str) -> Application:
    application = import_string(settings.WSGI_APPLICATION)
    # Around all that answers: what is refused on the way has a body as well.
    return without_body_on_head(with_forwarded_headers(without_nul(bodies.readable(application)), trusted_proxy))


def _adjustments() -> Adjustments:
    spool_dir = settings.FILE_UPLOAD_TEMP_DIR
    spool_dir.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(spool_dir)  # where Waitress puts bodies: /tmp may be memory
    return Adjustments(
        threads=settings.CONFIG.web_threads,
        request_timeout_seconds=settings.CONFIG.request_timeout,
        body_limits=body_limits(max_upload_bytes=settings.MAX_UPLOAD_BYTES, max_deals_bytes=settings.MAX_DEALS_BYTES),
        spool_dir=spool_dir,
    )
