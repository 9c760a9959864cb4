"""`make up`: everything the service needs, started and kept running on one machine, without Django's settings.

`run` is the order of a start and a stop; `supervisor` keeps parts running; `parts` are the processes;
`environment` is what they are told; `prepare` runs once per start, in a process of its own, with Django.
"""
