"""Nothing that was accepted needs anything to stay up."""

from collections.abc import Callable

from apps.ops.embedded.postgres import PostgresServer
from apps.ops.embedded.redis import RedisServer
from tests.support.service import Service


def test_a_countdown_survives_the_restart_of_worker_redis_and_postgresql(
    own_postgres: PostgresServer, service: Service, own_redis: RedisServer, figure: Callable[[str], None]
) -> None:
    worker = service.start_worker_at_work()
    sent = service.caller().send_many("record_atomically", [["delayed"]], delay_seconds=3)
    worker.kill_all()
    own_redis.stop()
    own_postgres.stop()
    own_postgres.start()
    own_redis.start()
    service.start_worker()
    (invocation,) = sent.ids
    start = service.wait_for_start(invocation)
    service.ledger.wait_for_status([invocation], "succeeded", 5)

    due_at = sent.sent_at[0] + 3
    assert start.at >= due_at
    assert start.at < due_at + 5
    assert len(service.starts_of(invocation)) == len(service.ledger.effects()) == 1
    figure(f"started {start.at - due_at:.3f} s after it was due, everything restarted in between")
