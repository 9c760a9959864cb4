"""The admin as it is served: whole, and by nobody else."""

import pytest

from tests.browser.site import Site
from tests.browser.window import Window


def test_the_admin_is_served_whole_and_asks_nobody_else_for_anything(window: Window, site: Site) -> None:
    window.log_in(site.make_user("visitor", "view_file"))

    assert window.one("#user-tools strong").text == "VISITOR"
    assert window.complaints() == []
    assert {f"http://{host}" for host in window.hosts()} == {site.url}
    window.photograph("index")


ENDS = """
INSERT INTO tasks_invocation (id, queue, actor, payload, priority, status, due_at, created_at, started_at, finished_at,
    attempt, retries, deaths, worker, ends_as, error, traceback)
SELECT gen_random_uuid()::text, 'default', 'probes.slow', '{}', 0, (ARRAY['dead', 'failed', 'succeeded'])[1 + n % 3],
    at, at, at - n * interval '1 s', at, 1, 0, 0, '', '', '', ''
FROM (SELECT n, now() - n * n * interval '2 min' AS at FROM generate_series(1, 24) AS n) AS ends
"""
VIEWS = """
INSERT INTO tasks_measure (measure, labels, bucket, amount, changed_at)
SELECT 'hourly_events', json_build_object('hour', to_char(now() AT TIME ZONE 'UTC' - n * interval '1 h',
    'YYYY-MM-DD"T"HH24'), 'tally', 'pages.views')::text, '', round(100 + 900 * abs(sin(n))), now()
FROM generate_series(0, 23) AS n ON CONFLICT DO NOTHING
"""


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_state_of_things_is_shown_in_either_mode_and_asks_nobody_else(
    window: Window, site: Site, mode: str
) -> None:
    site.rows(ENDS.replace("%", "%%"))
    site.rows(VIEWS)
    window.prefer(mode)
    window.log_in(site.make_user("watcher", "view_invocation", "view_workerprocess", "view_file"))

    shown = window.one("#overview").text
    assert "dead letter" in shown
    assert "probes.slow" in shown
    assert len(window.all("#overview .bar")) == 3 * 24
    assert window.complaints() == []
    assert {f"http://{host}" for host in window.hosts()} == {site.url}
    window.photograph(f"overview-{mode}")
