"""Dramatiq's time limits, in processes that are forked after the broker was made."""

from dramatiq import Broker
from dramatiq import middleware as dramatiq_middleware


class TimeLimit(dramatiq_middleware.TimeLimit):
    """Makes the watching thread in the process that it watches: the one that Dramatiq makes with the middleware can
    not be started behind a fork on Python 3.13, and no limit would be kept."""

    def after_process_boot(self, broker: Broker) -> None:
        dramatiq_middleware.TimeLimit.__init__(self, time_limit=self.time_limit)
        super().after_process_boot(broker)  # type: ignore[no-untyped-call]
