"""A real PostgreSQL and a real Valkey out of Python wheels, for machines that have neither.

Nothing here knows Django, so that the servers can run before the settings are read.
"""
