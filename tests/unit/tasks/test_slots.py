"""How much a worker process claims."""

import threading

from apps.tasks.slots import Slots


def test_every_idle_thread_is_a_slot():
    slots = Slots(8)

    assert slots.reserve(0) == 8
    assert slots.reserve(0) == 0


def test_a_slot_that_was_not_filled_can_be_reserved_again():
    slots = Slots(8)
    slots.reserve(0)

    slots.release(3)

    assert slots.reserve(0) == 3


def test_long_tasks_are_not_claimed_ahead():
    slots = Slots(2)
    slots.reserve(0)
    for _ in range(50):
        slots.finish(5.0)
        slots.reserve(0)

    slots.finish(5.0)

    assert slots.reserve(0) == 1


def test_short_tasks_are_claimed_ahead_up_to_a_bound():
    slots = Slots(8)
    slots.reserve(0)
    for _ in range(200):
        slots.finish(0.0001)
        slots.release(-1)

    reserved = slots.reserve(0)

    assert reserved == Slots.MOST_AHEAD
    assert slots.reserve(0) == 0


def test_a_solo_worker_holds_one_claim_however_short_its_tasks_are():
    slots = Slots(1, hold_ahead=False)
    for _ in range(200):
        slots.reserve(0)
        slots.finish(0.0001)

    assert slots.reserve(0) == 1
    assert slots.reserve(0) == 0


def test_a_waiting_consumer_gets_the_slot_that_comes_free():
    slots = Slots(1)
    slots.reserve(0)
    threading.Timer(0.05, slots.finish, [1.0]).start()

    assert slots.reserve(5) == 1
