"""The service as its operator sees it: its address, its database, and who may log in."""

from typing import Any

import psycopg2
import requests
from django.contrib.auth.hashers import make_password

from tests.support.processes import wait_until

PASSWORD = "correct horse battery staple"


class Site:
    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.url = f"http://127.0.0.1:{environment['PORT']}"

    def wait_until_it_answers(self) -> None:
        wait_until(self._answers, 30, "the web process answers")

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/health/live/", timeout=5).ok
        except requests.ConnectionError:
            return False

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Every row of a statement that is committed at once."""
        connection = psycopg2.connect(self.environment["DATABASE_URL"])
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def make_user(self, name: str, *permissions: str) -> str:
        """Somebody who may enter the admin, with these permissions; one who is there already keeps theirs."""
        self.rows(
            "INSERT INTO auth_user (username, password, is_superuser, is_staff, is_active, date_joined,"
            " first_name, last_name, email) VALUES (%s, %s, false, true, true, now(), '', '', '')"
            " ON CONFLICT DO NOTHING",
            name,
            make_password(PASSWORD),
        )
        self.rows(
            "INSERT INTO auth_user_user_permissions (user_id, permission_id)"
            " SELECT u.id, p.id FROM auth_user u, auth_permission p WHERE u.username = %s AND p.codename = ANY (%s)"
            " ON CONFLICT DO NOTHING",
            name,
            list(permissions),
        )
        return name
