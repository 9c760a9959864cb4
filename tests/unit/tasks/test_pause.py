"""How long a process that cannot live is left alone before it is started again."""

import time

import pytest

from apps.tasks import pause as pause_module
from apps.tasks.pause import Pause
from tests.support.clocks import HandClock


@pytest.fixture
def clock(monkeypatch):
    clock = HandClock()
    monkeypatch.setattr(pause_module, "time", clock)
    return clock


def seconds_of(pause, clock):
    began = clock.now
    while not pause.is_over():
        clock.now += 0.1
    return round(clock.now - began, 1)


def test_each_short_life_in_a_row_doubles_it_up_to_the_longest(clock):
    pause = Pause()
    seconds = []
    for _ in range(6):
        pause.follow(short_life=True)
        seconds.append(seconds_of(pause, clock))

    assert seconds == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0]


def test_after_a_long_life_there_is_none_and_the_next_short_one_is_the_first(clock):
    pause = Pause()
    for short_life in (True, True, False):
        pause.follow(short_life=short_life)
    assert pause.is_over()

    pause.follow(short_life=True)

    assert seconds_of(pause, clock) == pytest.approx(Pause.FIRST_SECONDS)


def test_a_crash_loop_of_days_is_no_number_too_large():
    pause = Pause()
    for _ in range(100_000):
        pause.follow(short_life=True)

    assert not pause.is_over()
    assert pause._over_at <= time.monotonic() + Pause.LONGEST_SECONDS
