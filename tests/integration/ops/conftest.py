"""What tests of operations share: rows of the ledger, and a database that is away."""

import pytest
from django.db import connection

from tests.integration.tasks.conftest import claim, insert, worker

__all__ = ["claim", "insert", "worker"]


@pytest.fixture
def absent_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections go to a port where nobody listens."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
