"""What a thread does for a request: calls Django, or answers what never got so far."""

import json

from waitress.task import ErrorTask, WSGITask

from apps.common import problems, request_ids
from apps.ops.metrics import requests
from apps.ops.server import refusals


class RequestTask(WSGITask):  # type: ignore[misc]
    """A request for Django. While the server stops, its answer says that the connection ends with it."""

    #: An answer that never has a body (204, 304) has no length either; for Waitress that is a reason to close.
    _ends_by_itself = False

    def build_response_header(self) -> bytes:
        if self.channel.server.stopping:
            self.set_close_on_finish()
        asked_to_close = self.request.headers.get("CONNECTION", "").lower() == "close"
        self._ends_by_itself = not self.has_body and self.version == "1.1" and not asked_to_close
        header: bytes = super().build_response_header()
        return header

    def set_close_on_finish(self) -> None:
        if not self._ends_by_itself:
            super().set_close_on_finish()


class RefusalTask(ErrorTask):  # type: ignore[misc]
    """A request that was refused. Its connection is closed, after the client had the time to read why."""

    def execute(self) -> None:
        problem = refusals.problem_of(self.request.error)
        requests.count_refused(problem.status)
        body = json.dumps(problem.body()).encode()
        self.status = f"{problem.status} {problem.title}"
        self.response_headers += [
            ("Content-Type", problems.CONTENT_TYPE),
            (request_ids.HEADER, self._request_id()),
            *problem.headers.items(),
        ]
        self.content_length = len(body)
        self.set_close_on_finish()
        self.channel.refused = True
        self.write(b"" if getattr(self.request, "command", "") == "HEAD" else body)

    def _request_id(self) -> str:
        headers = getattr(self.request, "headers", {})  # there are none when they could not be read
        return request_ids.id_for(headers.get("X_REQUEST_ID"))
