"""One module a layer that is measured: the task, declared as its users would, and `send`, which sends it.

They are imported by the senders, and by the workers of those that are not ours.
"""
