"""Asks the web server whether it is ready."""

import http.client

from apps.ops.up.environment import Environment


class Readiness:
    """`GET /health/ready/`, as a client that is allowed in; the last answer is kept for an error message."""

    def __init__(self, environment: Environment) -> None:
        address = environment.base_url.removeprefix("http://").rstrip("/")
        self.url = f"{environment.base_url}health/ready/"
        self.last_answer = "none"
        self._address = address
        first_host = environment.config.allowed_hosts[0].lstrip(".")
        self._headers = {} if first_host == "*" else {"Host": first_host}

    def is_reached(self) -> bool:
        connection = http.client.HTTPConnection(self._address, timeout=5)
        try:
            connection.request("GET", "/health/ready/", headers=self._headers)
            answer = connection.getresponse()
            self.last_answer = f"{answer.status} {answer.read(500).decode(errors='replace')}"
        except (OSError, http.client.HTTPException) as error:
            self.last_answer = str(error)
            return False
        finally:
            connection.close()
        return answer.status == http.client.OK
