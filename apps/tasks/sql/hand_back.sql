-- Return claimed invocations that were not run, or not to their end, to the front of their queue: no retry and no
-- death is counted. Fenced as in complete.sql.
UPDATE tasks_invocation AS invocation
SET status = 'queued'
FROM unnest(%(ids)s::text[], %(attempts)s::int[]) AS returned (id, attempt)
WHERE invocation.id = returned.id AND invocation.attempt = returned.attempt
    AND invocation.worker = %(worker)s AND invocation.status = 'running'
RETURNING invocation.queue
