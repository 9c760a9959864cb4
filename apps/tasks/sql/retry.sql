-- Send an attempt that ended in an error round again after a delay, with other arguments, in another queue or with
-- another priority where they are given. Fenced as in complete.sql.
UPDATE tasks_invocation
SET status = CASE WHEN %(delay_ms)s > 0 THEN 'scheduled' ELSE 'queued' END,
    due_at = clock_timestamp() + %(delay_ms)s * interval '1 millisecond',
    retries = retries + 1, error = %(error)s, traceback = %(traceback)s,
    result = %(result)s, state = NULL, meta = NULL,
    payload = coalesce(%(payload)s, payload),
    queue = coalesce(%(queue)s, queue), priority = coalesce(%(priority)s, priority)
WHERE id = %(id)s AND attempt = %(attempt)s AND worker = %(worker)s AND status = 'running'
RETURNING queue
