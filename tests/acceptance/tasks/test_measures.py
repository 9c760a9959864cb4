"""What real workers have measured arrives where it is asked for, whatever became of them."""

from apps.tasks import measures
from tests.support.processes import wait_until
from tests.support.service import Service


def amount(service: Service, measure: str, bucket: str = "", labels: str = "") -> float:
    return float(
        service.ledger.one(
            "SELECT coalesce(sum(amount), 0) FROM tasks_measure WHERE measure = %s AND bucket = %s AND labels LIKE %s",
            [measure, bucket, f"%{labels}%"],
        )
    )


def test_attempts_and_ends_of_all_processes_are_added_up(service: Service) -> None:
    worker = service.start_worker_at_work(processes=2, threads=2)
    caller = service.caller()
    done = caller.send_many("rest", [[0.02]] * 30).ids
    failing = caller.send("fail", 1)
    service.ledger.wait_for_status([*done, failing], "succeeded", 30)
    worker.stop()
    worker.process.wait()
    assert amount(service, "invocations", labels='rest", "outcome": "succeeded"') == len(done)
    assert amount(service, "attempt_seconds", "sum", "rest") >= 0.02 * len(done)
    assert amount(service, "attempt_seconds", "+Inf", "rest") == 0
    assert amount(service, "invocations", labels='fail", "outcome": "succeeded"') == 1
    ends = [amount(service, "attempt_seconds", end, 'fail", "outcome": "retried"') for end in measures.BUCKET_NAMES]
    assert sum(ends) == 1


def test_a_killed_process_and_the_end_of_its_suspect_are_told_while_the_worker_runs(service: Service) -> None:
    worker = service.start_worker_at_work(processes=1, threads=1)
    doomed = service.caller().send("kill_own_process", "signal")
    service.ledger.wait_for_status([doomed], "dead", 30)
    wait_until(lambda: amount(service, "taken_back") == 3, 15, "three deaths are told")
    wait_until(lambda: amount(service, "invocations", labels='"dead"') == 1, 15, "the end is told")
    worker.stop()
    worker.process.wait()
    assert amount(service, "taken_back") == 3  # the children have not told again what their parent had in memory
