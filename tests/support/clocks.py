"""A clock that a test moves by hand, in place of a module's `time`."""


class HandClock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now
