-- Return claimed invocations that were not run, or not to their end, to the front of their queue: no retry and no
-- death is counted. What was called off meanwhile (see cancel.sql) ends instead. Fenced as in complete.sql.
UPDATE tasks_invocation AS invocation
SET status = CASE WHEN ends_as = 'cancelled' THEN 'ending' ELSE 'queued' END,
    due_at = CASE WHEN ends_as = 'cancelled' THEN clock_timestamp() ELSE due_at END
FROM unnest(%(ids)s::text[], %(attempts)s::int[]) AS returned (id, attempt)
WHERE invocation.id = returned.id AND invocation.attempt = returned.attempt
    AND invocation.worker = %(worker)s AND invocation.status = 'running'
RETURNING invocation.queue
