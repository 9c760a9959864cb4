-- How many invocations are in the states that have an index of their own; counting each ends at %(most)s, in the
-- index's order, as in backlog.sql.
SELECT
    (SELECT count(*) FROM (SELECT 1 FROM tasks_invocation WHERE status = 'scheduled' ORDER BY queue, due_at LIMIT %(most)s) AS found),
    (SELECT count(*) FROM (SELECT 1 FROM tasks_invocation WHERE status = 'running' ORDER BY worker LIMIT %(most)s) AS found),
    (SELECT count(*) FROM (SELECT 1 FROM tasks_invocation WHERE status = 'ending' ORDER BY due_at LIMIT %(most)s) AS found),
    (SELECT count(*) FROM (SELECT 1 FROM tasks_invocation WHERE status = 'dead' ORDER BY finished_at LIMIT %(most)s) AS found),
    (SELECT coalesce(max(extract(epoch FROM now() - started_at)), 0)::float8 FROM (
        SELECT started_at FROM tasks_invocation WHERE status = 'running' ORDER BY worker LIMIT %(most)s
    ) AS found)
