"""The web server: Waitress, with the answers and the limits that the HTTP contract asks for.

A request passes `sockets` (listening) → `server` (accepts, stops) → `channel` (one connection, its `pace`) → `parser`
(refuses early, by `limits`) → `lanes` (which thread) → `tasks` (answers there) → `wsgi` and `bodies` (what Django never
sees) → Django; its answer goes back through the channel's `spool`. `database_watch` looks on. The parts of Waitress
that are subclassed are `HTTPChannel`, `HTTPRequestParser`, `WSGITask`, `ErrorTask`, `TcpWSGIServer`, `Adjustments`.
"""
