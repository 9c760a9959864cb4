"""Signals: who is told of what."""

from apps.tasks.celery import signals


def name_of(number):
    """A text of its own at each call, as that of a module which has been imported and of a task are two."""
    return ".".join(["test.signals.task", str(number)])


def test_who_connects_to_a_tasks_name_is_told_although_the_text_that_it_gave_is_gone():
    told = []

    def note(sender, **_named):
        told.append(sender)

    for number in range(10):
        signals.after_task_publish.connect(note, sender=name_of(number))
    for number in range(10):
        assert signals.after_task_publish.has_listeners(name_of(number))
        signals.after_task_publish.send(name_of(number))
        signals.after_task_publish.disconnect(note, sender=name_of(number))
        signals.after_task_publish.send(name_of(number))

    assert told == [name_of(number) for number in range(10)]


def test_who_connects_to_another_name_is_not_told():
    told = []

    def note(**named):
        told.append(named)

    signals.after_task_publish.connect(note, sender=name_of("one"))
    signals.after_task_publish.send(name_of("another"))
    signals.after_task_publish.disconnect(note, sender=name_of("one"))

    assert told == []
