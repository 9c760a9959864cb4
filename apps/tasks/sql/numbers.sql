-- How many invocations are in the states that have an index of their own; counting each ends at %(most)s.
SELECT
    (SELECT count(*) FROM (SELECT 1 FROM tasks_invocation WHERE status = 'scheduled' LIMIT %(most)s) AS found),
    (SELECT count(*) FROM (SELECT 1 FROM tasks_invocation WHERE status = 'running' LIMIT %(most)s) AS found),
    (SELECT count(*) FROM (SELECT 1 FROM tasks_invocation WHERE status = 'ending' LIMIT %(most)s) AS found),
    (SELECT count(*) FROM (SELECT 1 FROM tasks_invocation WHERE status = 'dead' LIMIT %(most)s) AS found),
    (SELECT coalesce(max(extract(epoch FROM now() - started_at)), 0)::float8 FROM (
        SELECT started_at FROM tasks_invocation WHERE status = 'running' LIMIT %(most)s
    ) AS found)
