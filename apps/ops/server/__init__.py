"""The web server: Waitress, with the answers and the limits that the HTTP contract asks for.

A request passes `sockets` (listening) → `server` (accepts, stops) → `channel` (one connection, its `pace`) → `parser`
(refuses early, by `limits`) → `lanes` (which thread) → `tasks` (answers there) → `wsgi` (forwarded headers) → Django.
The parts of Waitress that are subclassed are `HTTPChannel`, `HTTPRequestParser`, `WSGITask`, `ErrorTask`,
`TcpWSGIServer` and `Adjustments`.
"""
